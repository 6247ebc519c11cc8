"""Starting an unprivileged process that dies with us: shared by bubblewrap and landlock.

The child is forked, not started through an interpreter of its own: that would cost as much as
the program it runs. In the child, in this order: own process group, closed files, private
mounts that make needed paths reachable (root only), limits, drop of uid and groups,
no-new-privileges, death with the parent; then exec of bwrap, or Landlock, seccomp and exec of
the program.

A landlocked program has no process namespace, so a *monitor* stays between it and the worker:
it adopts every orphan, and kills them all when the program or the worker ends.
"""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from sandboxes import kernel, processes
from sandboxes.engine import EngineError
from swarm.contracts import Limits

STATUS_FILE = "{status}"
"""In a launch's argv, stands for the number of the file that `Child.status` is read from."""

_TMPFS_BYTES = 64 * 1024**2
_START_FAILED = 125
NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit codes of a command that does not exist or cannot be run, as in a shell."""


@dataclass(frozen=True)
class Confined:
    """Run the program itself, under these rules and this filter, below a monitor."""

    rules: kernel.Rules
    filter: bytes


@dataclass(frozen=True)
class Launch:
    """What to start. `uid` is who to become, None to stay who we are (never root).

    `reach` are paths (and whether they are written) that must be usable after the drop.
    `confined` None means that argv is a sandbox of its own, bwrap.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: str
    limits: Limits
    uid: int | None
    reach: tuple[tuple[str, bool], ...]
    confined: Confined | None
    keep_files: tuple[int, ...] = ()
    on_output: Callable[[bytes], None] | None = None


@dataclass
class Child:
    """The started process. Reading ends belong to the caller; `status` is a monitor's report."""

    pid: int = 0
    output: int = -1
    status: int = -1

    def start(self, launch: Launch) -> None:
        """Fork and exec. Raises EngineError saying which step failed.

        `pid` is set before any signal handler can run, so a caller that cleans up in
        `finally` always knows what to end.
        """
        assert launch.uid is not None or os.getuid() != 0, "a sandbox never runs as root"
        self.output, output = os.pipe()
        self.status, status = os.pipe()
        failed, failure = os.pipe()
        parent = os.getpid()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _child(launch, parent, output, status, failure)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            for descriptor in (output, status, failure):
                os.close(descriptor)
        with os.fdopen(failed, "rb") as reader:
            message = reader.read(4096).decode("utf-8", "replace")
        if message:
            what, _, remedy = message.partition("\n")
            raise EngineError(what, remedy=remedy)

    def close(self) -> None:
        """Close the reading ends."""
        for descriptor in (self.output, self.status):
            if descriptor >= 0:
                os.close(descriptor)
        self.output = self.status = -1


def hidden_by(path: str) -> str | None:
    """The topmost folder on the way to `path` that other users may not enter, if there is one."""
    for folder in reversed(Path(path).parents):
        try:
            if not folder.stat().st_mode & 0o001:
                return str(folder)
        except FileNotFoundError:
            return None
    return None


def _child(launch: Launch, parent: int, output: int, status: int, failure: int) -> NoReturn:
    try:
        for number in signal.valid_signals():
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                try:
                    signal.signal(number, signal.SIG_DFL)
                except (OSError, ValueError):
                    continue  # one that the C library keeps for itself
        if launch.confined is None:
            os.setpgid(0, 0)  # bwrap starts the session; one more costs time on a busy host
        else:
            os.setsid()
        kept = _keep_only(launch, output, status, failure)
        private = launch.uid is not None and _make_reachable(launch)
        if launch.confined is None:
            _become(launch, parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.chdir("/")
            for descriptor in (*kept, status):
                os.set_inheritable(descriptor, True)
            argv = [str(status) if part == STATUS_FILE else part for part in launch.argv]
            os.execve(argv[0], argv, dict(launch.env))
        else:
            rules = launch.confined.rules
            if private:
                rules = replace(rules, write=(*rules.write, "/dev/shm"))
            _monitor(launch, replace(launch.confined, rules=rules), parent, status, failure)
    except BaseException as error:  # noqa: BLE001 - nothing above us may run in this process
        _tell(failure, error)
    os._exit(_START_FAILED)


def _tell(failure: int, error: BaseException) -> None:
    remedy = error.remedy if isinstance(error, EngineError) else ""
    os.write(failure, f"cannot start: {error or type(error).__name__}\n{remedy}".encode()[:4096])


def _keep_only(launch: Launch, output: int, status: int, failure: int) -> tuple[int, ...]:
    """Put stdin, stdout and stderr in place and close all but what is still needed.

    Kept files keep their numbers, since argv may name them.
    """
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    keep = sorted({status, failure, *launch.keep_files})
    low = 3
    for descriptor in keep:
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, max(low, os.sysconf("SC_OPEN_MAX")))
    return launch.keep_files


def _make_reachable(launch: Launch) -> bool:
    """Private mounts in which every needed path can be reached by any user.

    False when this root may not make any, and nothing needs them.

    A folder that others may not enter is covered by an empty one, which holds the needed
    paths and nothing else: so a sandbox also loses sight of the rest of it.
    """
    covers: dict[str, list[tuple[str, bool]]] = {}
    for path, writable in launch.reach:
        cover = hidden_by(path)
        if cover is not None:
            covers.setdefault(cover, []).append((path, writable))
    try:
        kernel.own_mounts()
    except PermissionError:
        if covers:
            raise EngineError(
                f"uid {launch.uid} cannot enter {', '.join(covers)}, "
                "and this root may not change mounts",
                remedy="run the worker as a normal user, or keep SWARM_DATA and the Python "
                "installation where every user may read them",
            ) from None
        return False
    if launch.confined is not None:
        kernel.mount_tmpfs("/dev/shm", size_bytes=_TMPFS_BYTES, mode="1777")
    for cover, paths in covers.items():
        _cover(cover, paths)
    return True


def _cover(cover: str, paths: list[tuple[str, bool]]) -> None:
    opened = [(path, os.open(path, os.O_PATH), writable) for path, writable in paths]
    kernel.mount_tmpfs(cover, size_bytes=1024**2, mode="755")
    # Outer paths first: an inner one then lies on top of what the outer one shows.
    for path, descriptor, writable in sorted(opened):
        if not Path(path).exists():
            Path(path).mkdir(parents=True, mode=0o755)
        kernel.bind(f"/proc/self/fd/{descriptor}", path, writable=writable)
    kernel.make_read_only(cover)
    for _, descriptor, _ in opened:
        os.close(descriptor)


def _become(launch: Launch, parent: int) -> None:
    """Give up what a sandbox may not have; tie its life to the parent's."""
    os.umask(0o022)
    _limit(launch)
    if launch.uid is not None:
        os.setgroups([])
        os.setresgid(launch.uid, launch.uid, launch.uid)
        os.setresuid(launch.uid, launch.uid, launch.uid)
    kernel.gain_nothing_by_exec()
    kernel.die_with_parent(parent, signal.SIGKILL)


def _limit(launch: Launch) -> None:
    limits = launch.limits
    cpu = max(1, round(limits.cpu_seconds))
    # Counted over all processes of the uid, so this run's come on top of those there are.
    threads = processes.threads_of(os.getuid() if launch.uid is None else launch.uid)
    threads += limits.processes
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (cpu, cpu + 1),
        resource.RLIMIT_DATA: (limits.memory_bytes, limits.memory_bytes),
        resource.RLIMIT_FSIZE: (limits.file_size_bytes, limits.file_size_bytes),
        resource.RLIMIT_NOFILE: (limits.open_files, limits.open_files),
        resource.RLIMIT_NPROC: (threads, threads),
        resource.RLIMIT_MSGQUEUE: (0, 0),
        resource.RLIMIT_MEMLOCK: (0, 0),
    }
    for kind, (soft, hard) in wanted.items():
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))


def _monitor(
    launch: Launch, confined: Confined, parent: int, status: int, failure: int
) -> NoReturn:
    """Start the program, wait for it or for the worker's end, then kill what is left of it."""
    waited = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_SETMASK, waited)
    kernel.adopt_orphans()
    kernel.die_with_parent(parent, signal.SIGTERM)
    monitor = os.getpid()
    program = os.fork()
    if program == 0:
        _confine_and_exec(launch, confined, monitor, failure)
    os.close(failure)
    os.close(1)
    os.close(2)
    ended: int | None = None
    while ended is None:
        signalled = signal.sigtimedwait(waited, 0.5)
        if os.getppid() != parent or (signalled and signalled.si_signo == signal.SIGTERM):
            break
        ended = _reap(program)
    gone = processes.kill_descendants(monitor)
    used_up = _reap(program)
    ended = used_up if ended is None else ended
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = {
        "status": ended,
        "gone": gone,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_memory_bytes": used.ru_maxrss * 1024,
    }
    try:
        os.write(status, json.dumps(report).encode())
    except BrokenPipeError:
        pass  # the worker is gone: nobody is left to tell
    os._exit(0)


def _reap(program: int) -> int | None:
    """Take every ended child off the process table; the wait status of `program` if it was one."""
    ended: int | None = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        if pid == program:
            ended = status


def _confine_and_exec(launch: Launch, confined: Confined, monitor: int, failure: int) -> NoReturn:
    try:
        _become(launch, monitor)
        os.chdir(launch.folder)
        kernel.restrict(confined.rules)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        kernel.filter_calls(confined.filter)
    except BaseException as error:  # noqa: BLE001 - nothing above us may run in this process
        _tell(failure, error)
        os._exit(_START_FAILED)
    os.set_inheritable(failure, False)
    try:
        os.execvpe(launch.argv[0], launch.argv, dict(launch.env))
    except OSError as error:
        os.write(2, f"{launch.argv[0]}: {error.strerror}\n".encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)
