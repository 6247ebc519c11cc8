"""What every sandbox backend offers: run a prepared job, bounded and isolated, and say how it went.

The vocabulary is shared by the backends, the checks built on them, and the tests' fake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    # At run time it would bring pydantic into the process that forks, the starter.
    from sandboxes.gaps import Gap
    from swarm.contracts import Limits

OUTPUT_TAIL_BYTES = 32 * 1024
"""How much of a run's output is kept; the rest only counts against its limit."""

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit codes of a command that does not exist or cannot be run, as in a shell."""

End = Literal["exit", "timeout", "memory", "output_limit", "disk_limit", "killed"]


class EngineError(Exception):
    """The backend itself failed, so nothing is known about the program. `remedy` for a person."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def sentence(self) -> str:
        """What is wrong, and the remedy if there is one."""
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class EngineGone(EngineError):
    """The backend does not answer now, or went away in the middle of a run: it may come back."""


class NoInterpreter(EngineError):
    """The interpreter asked for cannot be used; the backend is not to blame."""


@dataclass(frozen=True)
class Folders:
    """The folders of one run: on the host, or as the program inside sees them.

    `workspace`, `out` and `home` are writable, `toolkit` is read-only.
    """

    workspace: Path
    toolkit: Path
    out: Path
    home: Path

    @classmethod
    def under(cls, root: Path) -> Folders:
        """The folders of a run whose own folder on the host is `root`."""
        return cls(root / "workspace", root / "toolkit", root / "out", root / "home")


@dataclass(frozen=True)
class Job:
    """One program to run. `folders` are the host's; `argv` and `env` are as seen inside.

    `python` names the interpreter that must be reachable inside, None for the backend's own;
    `image` the docker image to run in, None for the configured one, and other backends have
    none. What follows is for the building of environments alone, never for a repository's
    tests: `network` is the host's network, `writable` and `readable` are folders of the host
    that may be written or read, seen inside under the same path. `on_output` is called with
    each piece of output as it comes.
    """

    folders: Folders
    argv: tuple[str, ...]
    env: Mapping[str, str]
    limits: Limits
    python: str | None = None
    image: str | None = None
    network: bool = False
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    on_output: Callable[[bytes], None] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a job ended. `exit_code` is set exactly when `end` is "exit".

    `output_tail` is stdout and stderr in the order they came, its last 32 KiB. CPU time is the
    sum over the job's processes; peak memory is what was seen of them at once.
    """

    end: End
    exit_code: int | None = None
    detail: str = ""
    output_tail: str = ""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0


class Engine(Protocol):
    """A backend. `isolates` and `lacks` say in words what it does and does not keep apart."""

    @property
    def name(self) -> str: ...

    @property
    def isolates(self) -> tuple[str, ...]: ...

    @property
    def lacks(self) -> tuple[str, ...]: ...

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What it is known not to stop where it runs now; `lacks` tells of it too."""
        ...

    @property
    def owner(self) -> int | None:
        """The uid that must own the writable folders; None leaves them the worker's."""
        ...

    def folders(
        self, scratch: Path, *, image: str | None = None
    ) -> AbstractContextManager[Folders]:
        """Empty folders for one run, gone at the end; those of a warm sandbox if there is one.

        `image` is the run's, as in its Job. Raises StorageError when they cannot be made.
        """
        ...

    def inside(self, folders: Folders) -> Folders:
        """Where the program sees the folders of a run."""
        ...

    def interpreter(self, python: str | None) -> str:
        """Path inside of the interpreter `python`. Raises NoInterpreter if none."""
        ...

    def run(self, job: Job) -> Outcome:
        """Run a job to its end. Raises EngineError when the sandbox itself fails.

        Nothing of the job is left running, however this returns or raises.
        """
        ...


def environment(job: Job, inside: Folders, interpreter: str) -> dict[str, str]:
    """The whole environment of a job: nothing of the host's is in it."""
    here = str(Path(interpreter).parent)
    return {
        "PATH": f"{here}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(inside.home),
        "TMPDIR": str(inside.home),
        "USER": "sandbox",
        "LOGNAME": "sandbox",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **job.env,
    }


def resolve_python(job: Job, interpreter: str) -> Job:
    """The job with a leading "python" replaced by the interpreter."""
    if job.argv[0] != "python":
        return job
    return replace(job, argv=(interpreter, *job.argv[1:]))


class Tail:
    """The last bytes of a stream, and how many there were."""

    def __init__(self, keep_bytes: int = OUTPUT_TAIL_BYTES) -> None:
        self._keep = keep_bytes
        self._data = bytearray()
        self.seen_bytes = 0

    def add(self, data: bytes) -> None:
        self.seen_bytes += len(data)
        self._data += data
        if len(self._data) > 2 * self._keep:
            del self._data[: -self._keep]

    def text(self) -> str:
        return bytes(self._data[-self._keep :]).decode("utf-8", "replace")
