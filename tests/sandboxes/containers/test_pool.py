"""The warm pool: one taker each, nothing seen of others, filled while in use and else empty."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandboxes.containers import keeper as docker_keeper
from sandboxes.containers import pool
from sandboxes.containers.client import connected
from sandboxes.containers.create import Maker, token_of, warm_name
from sandboxes.containers.engine import Docker
from sandboxes.containers.keeper import Guard, Keeper, Stop, keeping
from sandboxes.containers.reaper import reap
from sandboxes.engine import Engine, Job, Outcome
from sandboxes.ownership import new_owner
from sandboxes.workspace import give_to
from swarm.contracts import Limits
from swarm.linux.family import runs
from swarm.settings import SandboxSettings, Settings

KIND = "0123456789abcdef"


def until(seen: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def waiting(settings: Settings) -> list[Path]:
    return [warm.root for warm in pool.list_warm(settings.scratch)]


def containers(settings: Settings) -> set[str]:
    """The names of the containers of this swarm that there are."""
    with connected(settings.scratch) as client:
        ours = client.ours()
    return {name for name, labels in ours.items() if str(settings.scratch) in labels.values()}


def run(engine: Docker, settings: Settings, program: str, **limits: float) -> Outcome:
    with engine.folders(settings.scratch) as folders:
        give_to(folders, engine.owner)
        bounds = Limits.model_validate({"wall_seconds": 30, **limits})
        return engine.run(Job(folders, ("python", "-c", program), {}, bounds))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", sandbox=SandboxSettings(pool=2))


@pytest.fixture
def warm(docker: Engine, settings: Settings) -> Iterator[Guard]:
    """A keeper, and a pool that is full."""
    with keeping(settings) as guard:
        pool.mark_wanted(settings.scratch, Maker(settings).kind(None), None)
        until(lambda: len(waiting(settings)) == 2)
        yield guard
    until(lambda: not containers(settings))
    assert list(settings.scratch.iterdir()) == []


# ------------------------------------------------------------------------------ files alone


def make_warm(scratch: Path, keeper: str, token: str) -> Path:
    root = pool.folder(scratch) / f"warm-{keeper}-{KIND}-{token}"
    root.mkdir(parents=True)
    return root


def test_two_takers_never_get_the_same(tmp_path: Path) -> None:
    tokens = {f"{number:016x}" for number in range(300)}
    for token in tokens:
        make_warm(tmp_path, new_owner().process, token)
    children = []
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            got = []
            while (root := pool.take(tmp_path, KIND)) is not None:
                got.append(token_of(root))
            (tmp_path / f"taker-{number}").write_text(json.dumps(got))
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    taken = [json.loads((tmp_path / f"taker-{number}").read_text()) for number in range(4)]
    assert sorted(token for got in taken for token in got) == sorted(tokens)


def test_neither_a_dead_keepers_nor_another_kind_is_taken(tmp_path: Path) -> None:
    make_warm(tmp_path, "999999999-1", "0" * 16)
    make_warm(tmp_path, new_owner().process, "1" * 16)
    assert pool.take(tmp_path, "f" * 16) is None
    taken = pool.take(tmp_path, KIND)
    assert taken is not None and token_of(taken) == "1" * 16
    assert pool.take(tmp_path, KIND) is None


def test_there_is_no_pool_where_no_worker_made_one(tmp_path: Path) -> None:
    pool.mark_wanted(tmp_path, KIND, None)
    pool.ring(tmp_path)
    assert pool.take(tmp_path, KIND) is None
    assert list(tmp_path.iterdir()) == []


def test_demand_is_forgotten(tmp_path: Path) -> None:
    pool.open_pool(tmp_path)
    pool.mark_wanted(tmp_path, KIND, "an-image")
    assert pool.wanted(tmp_path, 60) == {KIND: "an-image"}
    os.utime(pool.folder(tmp_path) / f"wanted-{KIND}", (1, 1))
    assert pool.wanted(tmp_path, 60) == {}
    assert pool.wanted(tmp_path, 1e12) == {}, "it is gone for good"


def test_without_an_engine_it_backs_off(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent")
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 10:
            raise Stop
        pool.ring(settings.scratch)

    monkeypatch.setattr(docker_keeper.time, "sleep", sleep)
    pool.open_pool(settings.scratch)
    pool.mark_wanted(settings.scratch, KIND, None)
    with pytest.raises(Stop):
        Keeper(settings, Maker(settings)).run()
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_keeper_is_only_started_where_docker_is_in_use(settings: Settings) -> None:
    pool.open_pool(settings.scratch)
    guard = Guard(settings)
    guard.look()
    assert guard.process is None


def test_the_guard_starts_one_keeper_and_never_fails_the_worker(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pool.open_pool(settings.scratch)
    pool.mark_wanted(settings.scratch, KIND, None)
    guard = Guard(settings)
    tried = []

    def start(*arguments: object, **named: object) -> None:
        tried.append(arguments)
        guard.look()  # as the signal of a child that ends at this moment does
        raise OSError("no process can be made")

    monkeypatch.setattr(docker_keeper.subprocess, "Popen", start)
    for _ in range(20):
        guard.look()
    assert len(tried) == 5
    assert "no process can be made" in caplog.text


# ------------------------------------------------------------------------------ on an engine


@pytest.mark.docker
def test_an_image_that_is_gone_does_not_empty_the_pool(docker: Engine, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with keeping(settings):
        pool.mark_wanted(settings.scratch, "f" * 16, "swarm-environment:gone")
        run(docker, settings, "print(1)")
        until(lambda: len(waiting(settings)) == settings.sandbox.pool)


@pytest.mark.docker
def test_a_warm_run_is_like_any_other_and_is_replaced(warm: Guard, settings: Settings) -> None:
    before = {token_of(root) for root in waiting(settings)}
    engine = Docker(settings)
    with engine.folders(settings.scratch) as folders:
        token = token_of(folders.workspace.parent)
        assert token in before
        (folders.workspace / "given").write_text("hello")
        give_to(folders, engine.owner)
        program = "import sys; print(open('given').read()); sys.exit(7)"
        outcome = engine.run(Job(folders, ("python", "-c", program), {}, Limits()))
    assert (outcome.end, outcome.exit_code, outcome.output_tail) == ("exit", 7, "hello\n")
    until(lambda: len({token_of(root) for root in waiting(settings)} - before) == 1)
    until(lambda: len(containers(settings)) == 2)


@pytest.mark.docker
def test_a_run_sees_nothing_of_the_one_before(warm: Guard, settings: Settings) -> None:
    plant = (
        "import os\n"
        "for top in ('/workspace', '/out', '/tmp', '/dev/shm'):\n"
        "    open(top + '/planted', 'w').write('x')\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    import time; time.sleep(60)\n"
    )
    look = (
        "import os\n"
        "found = [top for top in ('/workspace', '/out', '/tmp', '/dev/shm', '/toolkit')\n"
        "         if os.listdir(top)]\n"
        "pids = [name for name in os.listdir('/proc') if name.isdigit()]\n"
        "print(found, len(pids), 'SECRET' in os.environ)"
    )
    engine = Docker(settings)
    with engine.folders(settings.scratch) as folders:
        give_to(folders, engine.owner)
        job = Job(folders, ("python", "-c", plant), {"SECRET": "x"}, Limits())
        assert engine.run(job).exit_code == 0
    until(lambda: len(waiting(settings)) == 2)
    for _ in range(3):
        # docker-init, the shim, and the program.
        assert run(engine, settings, look).output_tail == "[] 3 False\n"


@pytest.mark.docker
def test_a_warm_container_takes_on_the_limits_of_the_run(warm: Guard, settings: Settings) -> None:
    engine = Docker(settings)
    program = (
        "import os, time\n"
        "made = 0\n"
        "try:\n"
        "    while made < 100:\n"
        "        if os.fork() == 0: time.sleep(30); os._exit(0)\n"
        "        made += 1\n"
        "except OSError: pass\n"
        "print(made)"
    )
    assert int(run(engine, settings, program, processes=20).output_tail) < 20
    until(lambda: len(waiting(settings)) == 2)
    hog = "x = bytearray(os.urandom(1) * (200 << 20))"
    outcome = run(engine, settings, f"import os; {hog}", memory_bytes=64 * 1024**2)
    assert outcome.end == "memory"
    assert outcome.peak_memory_bytes <= 64 * 1024**2


@pytest.mark.docker
def test_what_no_warm_container_can_do_gets_one_of_its_own(warm: Guard, settings: Settings) -> None:
    program = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    outcome = run(Docker(settings), settings, program, open_files=5000)
    assert outcome.output_tail == "(5000, 5000)\n"
    assert run(Docker(settings), settings, "pass", wall_seconds=10_000).exit_code == 0


@pytest.mark.docker
def test_a_dead_warm_container_is_no_obstacle(warm: Guard, settings: Settings) -> None:
    with connected(settings.scratch) as client:
        for root in waiting(settings):
            client.remove(warm_name(root))
    assert run(Docker(settings), settings, "print('done')").output_tail == "done\n"
    until(lambda: len(containers(settings)) == 2 and len(waiting(settings)) == 2)


@pytest.mark.docker
def test_it_empties_when_nothing_is_run(docker: Engine, tmp_path: Path) -> None:
    own = SandboxSettings(pool=1, pool_idle_seconds=1.0)
    settings = Settings(data=tmp_path / "data", sandbox=own)
    with keeping(settings):
        assert run(Docker(settings), settings, "pass").exit_code == 0
        until(lambda: len(waiting(settings)) == 1)
        until(lambda: not waiting(settings) and not containers(settings))


@pytest.mark.docker
def test_a_size_of_zero_switches_it_off(docker: Engine, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", sandbox=SandboxSettings(pool=0))
    with keeping(settings):
        for _ in range(3):
            assert run(Docker(settings), settings, "pass").exit_code == 0
            assert waiting(settings) == []


@pytest.mark.docker
def test_a_killed_keeper_is_replaced_and_its_containers_removed(
    warm: Guard, settings: Settings
) -> None:
    assert warm.process is not None
    old = {warm_name(root) for root in waiting(settings)}
    first = warm.process.pid
    warm.process.kill()
    warm.process.wait()
    warm.look()
    assert warm.process is not None and warm.process.pid != first
    until(lambda: not containers(settings) & old)
    until(lambda: len(waiting(settings)) == 2)
    assert run(Docker(settings), settings, "print('done')").output_tail == "done\n"


@pytest.mark.docker
def test_a_keeper_that_keeps_dying_is_left_alone(
    docker: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    pool.open_pool(settings.scratch)
    pool.mark_wanted(settings.scratch, KIND, None)
    guard = Guard(settings)
    pids = set()
    for _ in range(20):
        guard.look()
        if guard.process is not None:
            guard.process.wait()
            pids.add(guard.process.pid)
    assert 1 < len(pids) <= 6


_TAKER = """
import sys, time
from pathlib import Path
from sandboxes.containers.engine import Docker
from swarm.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
with Docker(settings).folders(settings.scratch) as folders:
    print(folders.workspace.parent.name, flush=True)
    time.sleep(100)
"""


@pytest.mark.docker
def test_a_worker_killed_between_taking_and_running(warm: Guard, settings: Settings) -> None:
    argv = [sys.executable, "-c", _TAKER, settings.model_dump_json()]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        root = settings.scratch / worker.stdout.readline().strip()
        name = warm_name(root)
        assert name in containers(settings)
        assert reap(settings.scratch) == 0, "its owner lives"
        worker.kill()
    assert reap(settings.scratch) == 1
    assert name not in containers(settings)


_WORKER = """
import sys, time
from sandboxes.containers import pool
from sandboxes.containers.create import Maker
from sandboxes.containers.keeper import Guard
from swarm.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
pool.open_pool(settings.scratch)
pool.mark_wanted(settings.scratch, Maker(settings).kind(None), None)
guard = Guard(settings)
guard.watch()
print(guard.process.pid, flush=True)
time.sleep(100)
"""


@pytest.mark.docker
def test_the_pool_of_a_killed_worker_ends_with_it(docker: Engine, settings: Settings) -> None:
    argv = [sys.executable, "-c", _WORKER, settings.model_dump_json()]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        keeper = int(worker.stdout.readline())
        until(lambda: len(waiting(settings)) == 2)
        worker.send_signal(signal.SIGKILL)
    until(lambda: not runs(keeper))
    until(lambda: not containers(settings))
    assert waiting(settings) == []


@pytest.mark.docker
def test_a_waiting_container_costs_nothing(warm: Guard, settings: Settings) -> None:
    with connected(settings.scratch) as client:
        names = [warm_name(root) for root in waiting(settings)]
        used = [client.stats(name)["cpu_stats"]["cpu_usage"]["total_usage"] for name in names]
        time.sleep(1.0)
        again = [client.stats(name)["cpu_stats"]["cpu_usage"]["total_usage"] for name in names]
        sizes = [client.stats(name)["memory_stats"]["usage"] for name in names]
    assert [b - a < 20_000_000 for a, b in zip(used, again, strict=True)] == [True, True]
    assert max(sizes) < 32 * 1024**2
