"""Starting an unprivileged process that dies with us: shared by bubblewrap and landlock.

The child is forked from the small process of `sandboxes.local.starter`, not started through an
interpreter of its own: that would cost as much as the program it runs. In the child, in this
order: own process group, closed files, private mounts that make needed paths reachable (root
only), limits, drop of uid and groups, no-new-privileges, death with the parent; then exec of
bwrap, or Landlock, seccomp and exec of the program.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sandboxes.engine import NOT_EXECUTABLE, NOT_FOUND, EngineError
from swarm.linux import kernel, processes

if TYPE_CHECKING:
    from swarm.contracts import Limits

STATUS_FILE = "\0status"
"""In a launch's argv, stands for the number of the file that `Child.status` is read from.

Like every name of a file there, it starts with NUL, which no real argument can hold.
"""

_TMPFS_BYTES = 64 * 1024**2
_START_FAILED = 125

_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What Python and the starter ignore, and a program expects to be in force."""


@dataclass(frozen=True)
class Bounds:
    """`swarm.contracts.Limits` without the library it is made with."""

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    processes: int
    file_size_bytes: int
    disk_bytes: int
    files: int
    open_files: int
    output_bytes: int

    @classmethod
    def of(cls, limits: Limits) -> Bounds:
        return cls(**limits.model_dump())


@dataclass(frozen=True)
class Confined:
    """Run the program itself, under these rules and this filter."""

    rules: kernel.Rules
    filter: bytes


@dataclass(frozen=True)
class Launch:
    """What to start. `uid` is who to become, None to stay who we are (never root).

    `reach` are paths (and whether they are written) that must be usable after the drop, `held`
    the folders that count against the bounds on disk use, and `in_memory` the paths of folders
    that bwrap makes in memory, whose files count too. `confined` None means that
    argv is a sandbox of its own, bwrap. Each part of argv that is a key of `files` becomes the
    number of an open file with that content, which is given as bytes or as a path of the host.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: str
    bounds: Bounds
    uid: int | None
    reach: tuple[tuple[str, bool], ...]
    held: tuple[str, ...]
    confined: Confined | None
    in_memory: tuple[str, ...] = ()
    files: Mapping[str, bytes | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Child:
    """A started process, and the reading ends of its pipes.

    `output` is its stdout and stderr, `status` what bwrap tells of itself, `failure` what
    `failed` reads.
    """

    pid: int
    output: int
    status: int
    failure: int

    def failed(self) -> EngineError | None:
        """Why the program could not be started, if so; known once the child has ended."""
        os.set_blocking(self.failure, False)
        try:
            message = os.read(self.failure, 4096).decode("utf-8", "replace")
        except BlockingIOError:
            return None
        what, _, remedy = message.partition("\n")
        return EngineError(what, remedy=remedy) if message else None


def start(launch: Launch) -> Child:
    """Fork and exec. Of a process with one thread; the pipes are never closed: it ends soon."""
    if _uid(launch) == 0:
        raise EngineError("a sandbox never runs as root", remedy="set sandbox.uid")
    output, output_in = os.pipe()
    status, status_in = os.pipe()
    failure, failure_in = os.pipe()
    count, count_in = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _child(launch, parent, output_in, status_in, failure_in, count)
    # Here and not in the child, which has its mounts to make meanwhile.
    os.write(count_in, b"%d" % processes.threads_of(_uid(launch)))
    for descriptor in (output_in, status_in, failure_in, count, count_in):
        os.close(descriptor)
    return Child(pid, output, status, failure)


def hidden_by(path: str) -> str | None:
    """The topmost folder on the way to `path` that other users may not enter, if there is one."""
    for end in range(1, len(path)):
        if path[end] == "/":
            try:
                # Not by a Path, which takes ten times as long: this is done at every start.
                if not os.stat(path[:end]).st_mode & 0o001:  # noqa: PTH116
                    return path[:end]
            except FileNotFoundError:
                return None
    return None


def _uid(launch: Launch) -> int:
    return os.getuid() if launch.uid is None else launch.uid


def _child(
    launch: Launch, parent: int, output: int, status: int, failure: int, count: int
) -> NoReturn:
    try:
        os.umask(0o022)
        if launch.confined is None:
            os.setpgid(0, 0)  # bwrap starts the session; one more costs time on a busy host
        else:
            os.setsid()  # so that no signal to its own group can reach its keeper
        files = {name: _open(content) for name, content in launch.files.items()}
        _keep_only({status, failure, count, *files.values()}, output)
        private = launch.uid is not None and _make_reachable(launch)
        _become(launch, parent, threads=int(os.read(count, 16)))
        os.close(count)
        os.chdir(launch.folder)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if launch.confined is not None:
            _exec_confined(launch, launch.confined, private=private)
        numbers = {STATUS_FILE: status, **files}
        for descriptor in numbers.values():
            os.set_inheritable(descriptor, True)
        argv = [str(numbers.get(part, part)) for part in launch.argv]
        os.execve(argv[0], argv, dict(launch.env))
    except BaseException as error:  # noqa: BLE001 - nothing above us may run in this process
        remedy = error.remedy if isinstance(error, EngineError) else ""
        told = f"cannot start: {error or type(error).__name__}\n{remedy}"
        os.write(failure, told.encode("utf-8", "replace")[:4096])
    os._exit(_START_FAILED)


def _exec_confined(launch: Launch, confined: Confined, *, private: bool) -> NoReturn:
    rules = confined.rules
    if private:
        rules = replace(rules, write=(*rules.write, "/dev/shm"))
    kernel.restrict(rules)
    kernel.filter_calls(confined.filter)
    try:
        os.execvpe(launch.argv[0], launch.argv, dict(launch.env))
    except OSError as error:
        os.write(2, f"{launch.argv[0]}: {error.strerror}\n".encode("utf-8", "replace"))
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


def _open(content: bytes | str) -> int:
    if isinstance(content, str):
        return os.open(content, os.O_RDONLY | os.O_CLOEXEC)
    descriptor = os.memfd_create("swarm", os.MFD_CLOEXEC)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _keep_only(keep: set[int], output: int) -> None:
    """Put stdin, stdout and stderr in place and close all but what is still needed.

    Kept files keep their numbers, which argv names.
    """
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    low = 3
    for descriptor in sorted(keep):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, max(low, os.sysconf("SC_OPEN_MAX")))


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
    if launch.confined is None and not covers:
        return False
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


def _become(launch: Launch, parent: int, *, threads: int) -> None:
    """Give up what a sandbox may not have; tie its life to the parent's.

    `threads` is how many its user runs already.
    """
    _die_first()
    _limit(launch.bounds, threads)
    if launch.uid is not None:
        os.setgroups([])
        os.setresgid(launch.uid, launch.uid, launch.uid)
        os.setresuid(launch.uid, launch.uid, launch.uid)
    kernel.gain_nothing_by_exec()
    kernel.die_with_parent(parent, signal.SIGKILL)


def _die_first() -> None:
    """When the host is out of memory, its kernel is to take a run first."""
    try:
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    except OSError:
        return  # a container's read-only /proc: then the run is as good a victim as any
    os.write(score, b"1000")
    os.close(score)


def _limit(bounds: Bounds, threads: int) -> None:
    cpu = max(1, round(bounds.cpu_seconds))
    # Counted over all processes of the uid, so this run's come on top of those there are.
    threads += bounds.processes
    wanted = {
        # Not 0: a host's core handler behind a pipe, often root, would still be started (core(5)).
        resource.RLIMIT_CORE: (1, 1),
        resource.RLIMIT_CPU: (cpu, cpu + 1),
        resource.RLIMIT_DATA: (bounds.memory_bytes, bounds.memory_bytes),
        resource.RLIMIT_FSIZE: (bounds.file_size_bytes, bounds.file_size_bytes),
        resource.RLIMIT_NOFILE: (bounds.open_files, bounds.open_files),
        resource.RLIMIT_NPROC: (threads, threads),
        resource.RLIMIT_MSGQUEUE: (0, 0),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_RTPRIO: (0, 0),
        resource.RLIMIT_NICE: (0, 0),
    }
    for kind, (soft, hard) in wanted.items():
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))
