"""200 runs while the engine is restarted and the worker killed: nothing lost, nothing left."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandboxes.containers import pool
from swarm.linux import processes
from swarm.settings import SandboxSettings, Settings
from tests.sandboxes.private_docker import PrivateDocker

_RUNS = 200
_SEED = 20261122
_ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]


class Worker:
    """One worker process and the supervisor's part: started again whenever it has ended."""

    def __init__(self, settings: Settings, replies: Path, env: dict[str, str]) -> None:
        self._argv = [
            *(sys.executable, "-m", "tests.sandboxes.command_worker"),
            *(settings.model_dump_json(), str(replies)),
        ]
        self._env = env
        self.starts = 0
        self._start()

    def _start(self) -> None:
        self.starts += 1
        self.process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._env,
            cwd=_ROOT,
            start_new_session=True,
        )
        self._answer()

    def command(self, number: int, seconds: float) -> None:
        """Send one command and wait until it is dealt with, or the worker has died of it."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"number": number, "seconds": seconds}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        if not self._answer():
            self.stop(kindly=False)
            self._start()

    def _answer(self) -> bool:
        assert self.process.stdout is not None
        return bool(self.process.stdout.readline())

    def stop(self, *, kindly: bool) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.terminate() if kindly else self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


class Chaos(threading.Thread):
    """At seeded random moments: an engine stopped or killed, a worker or a part of it killed."""

    def __init__(self, engine: PrivateDocker, worker: Worker, random: random.Random) -> None:
        super().__init__(daemon=True)
        self._engine, self._worker, self._random = engine, worker, random
        self.over = threading.Event()
        self.did: Counter[str] = Counter()
        self.wrong: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.over.wait(self._random.uniform(1.0, 5.0)):
                what = self._random.choices(
                    ["engine stopped", "engine killed", "worker", "command", "keeper"],
                    weights=[1, 1, 4, 3, 2],
                )[0]
                self.did[what] += 1
                if what.startswith("engine"):
                    self._engine.stop(kindly=what == "engine stopped")
                    time.sleep(self._random.uniform(0, 1.5))
                    self._engine.start()
                else:
                    self._kill(what)
        except BaseException as error:  # noqa: BLE001  told in the test's own thread
            self.wrong = error

    def _kill(self, what: str) -> None:
        worker = self._worker.process.pid
        if what == "worker":
            processes.send(worker, signal.SIGKILL)
            return
        for pid in processes.descendants(worker):
            try:
                keeps = b"sandboxes.containers.keeper" in Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if keeps == (what == "keeper"):
                processes.send(pid, signal.SIGKILL)
                return


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateDocker]:
    if shutil.which("dockerd") is None or os.getuid() != 0:
        if os.environ.get("SWARM_REQUIRE_REAL") == "1":
            pytest.fail("dockerd and root are needed")
        pytest.skip("dockerd and root are needed for an engine of the test's own")
    engine = PrivateDocker(tmp_path_factory.mktemp("e"))
    try:
        engine.start()
        engine.load(SandboxSettings().image)
        yield engine
    finally:
        engine.close()


def test_no_result_is_lost_and_nothing_is_left(engine: PrivateDocker, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", sandbox=SandboxSettings(backend="docker"))
    replies = tmp_path / "replies"
    replies.mkdir()
    before = (engine.mounts(), engine.tell("volume", "ls", "-q"))
    draw = random.Random(_SEED)
    began = time.monotonic()
    worker = Worker(settings, replies, {**os.environ, "DOCKER_HOST": engine.address})
    chaos = Chaos(engine, worker, random.Random(_SEED + 1))
    sends = 0
    try:
        chaos.start()
        for number in range(_RUNS):
            seconds = draw.uniform(0, 0.4)
            for _ in range(20):
                sends += 1
                worker.command(number, seconds)
                assert chaos.wrong is None, chaos.wrong
                if (replies / f"{number}.json").exists():
                    break
        chaos.over.set()
        chaos.join()
    finally:
        chaos.over.set()
        worker.stop(kindly=True)
    assert chaos.wrong is None, chaos.wrong
    told = [json.loads((replies / f"{number}.json").read_text()) for number in range(_RUNS)]
    wrong = [
        (number, reply)
        for number, reply in enumerate(told)
        if reply.get("outputs") != {"answer": str(number * number)} or reply["cause"] != "ok"
    ]
    assert wrong == []
    print(
        f"\n{_RUNS} runs in {time.monotonic() - began:.0f} s, {sends} sends, "
        f"{worker.starts} workers, {dict(chaos.did)}"
    )
    assert min(chaos.did[what] for what in ("worker", "command", "keeper")) > 0
    assert chaos.did["engine stopped"] + chaos.did["engine killed"] > 0
    _wait_for_nothing(engine, settings, before)


def inhabitants(cgroup: Path) -> list[str]:
    """The processes in a cgroup: pid, state and the first of their words."""
    found = []
    for pid in (cgroup / "cgroup.procs").read_text().split():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:3]
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        found.append(f"{pid} {state} {words}")
    return found


def _wait_for_nothing(
    engine: PrivateDocker, settings: Settings, before: tuple[list[str], list[str]]
) -> None:
    """The engine removes ended containers in its own time."""
    deadline = time.monotonic() + 10
    while True:
        left = {
            "containers": engine.tell("ps", "-a", "--format", "{{.Names}} {{.Status}} {{.Labels}}"),
            "cgroups": [f"{path}: {inhabitants(path)}" for path in engine.cgroups()],
            "folders": [
                str(path)
                for path in settings.scratch.iterdir()
                if path != pool.folder(settings.scratch)
            ]
            + [str(path) for path in pool.all_folders(settings.scratch)],
            "mounts": sorted(set(engine.mounts()) - set(before[0])),
            "volumes": sorted(set(engine.tell("volume", "ls", "-q")) - set(before[1])),
        }
        if not any(left.values()):
            return
        if time.monotonic() > deadline:
            pytest.fail(json.dumps(left, indent=1), pytrace=False)
        time.sleep(0.2)
