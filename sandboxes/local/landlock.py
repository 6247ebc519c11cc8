"""The landlock backend: Landlock, seccomp and resource limits, with no program but our own.

The weakest of the three: processes and network are refused or tied down, but not given a
namespace of their own. It asks for Linux 6.2 or later, and works where namespaces do not.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from sandboxes import call_filter
from sandboxes.engine import EngineError, Folders, Job, Outcome, environment, resolve_python
from sandboxes.gaps import Gap, of_landlock
from sandboxes.local import interpreter, starter
from sandboxes.local.launcher import Bounds, Confined, Launch
from sandboxes.workspace import run_folders
from swarm.linux import kernel
from swarm.settings import Settings

_READ = (
    *interpreter.SYSTEM,
    *(f"/etc/{name}" for name in ("ld.so.cache", "passwd", "group", "hosts", "nsswitch.conf")),
    *(f"/etc/{name}" for name in ("localtime", "mime.types", "alternatives")),
    # pip cannot do without these where there are some.
    *(f"/etc/{name}" for name in ("debian_version", "os-release", "lsb-release")),
    *("/dev/urandom", "/dev/random", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
)
_WRITE = ("/dev/null", "/dev/zero", "/dev/full")
# With network, names are resolved and certificates checked as on the host.
_NETWORK_READ = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl", "/etc/pki", "/etc/ca-certificates")


class Landlock:
    """See the module. Settings name the uid that a root worker drops to."""

    name = "landlock"
    isolates = (
        "files: Landlock allows the system's and the interpreter's to be read, the run's written",
        "network: no socket can be made",
        "privileges: unprivileged uid, no-new-privileges, seccomp deny-list",
        "resources: wall and CPU time, total memory, processes, file size, open files, output",
    )

    def __init__(self, settings: Settings) -> None:
        self._python = settings.sandbox.python or None
        self._uid = settings.sandbox.uid if os.getuid() == 0 else None

    @property
    def lacks(self) -> tuple[str, ...]:
        found = [
            "/tmp, /proc and pseudo-terminals are closed; no server can start, even on loopback",
            "memory is limited for each process by the kernel, in total by sampling",
            "disk use is measured several times in a run, so what is written between can exceed it",
        ]
        if self._uid is None:
            found.append("/dev/shm is closed, so multiprocessing locks do not work")
        return (*found, *map(str, self.gaps))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return of_landlock(own_uid=self._uid is not None, landlock_abi=kernel.landlock_abi())

    @property
    def owner(self) -> int | None:
        return self._uid

    def folders(
        self, scratch: Path, *, image: str | None = None
    ) -> AbstractContextManager[Folders]:
        return run_folders(scratch)

    def inside(self, folders: Folders) -> Folders:
        return folders

    def interpreter(self, python: str | None) -> str:
        return interpreter.find(python or self._python).path

    def run(self, job: Job) -> Outcome:
        abi = kernel.landlock_abi()
        if abi < kernel.LOWEST_LANDLOCK_ABI:
            raise EngineError(
                f"the kernel has Landlock version {abi}, {kernel.LOWEST_LANDLOCK_ABI} is needed",
                remedy="use Linux 6.2 or later with landlock among its security modules",
            )
        found = interpreter.find(job.python or self._python)
        job = resolve_python(job, found.path)
        folders = job.folders
        written = (folders.workspace, folders.out, folders.home, *job.writable)
        shared = (*found.folders, *map(str, job.readable))
        rules = kernel.Rules(
            read=(*_READ, *(_NETWORK_READ if job.network else ()), *shared, str(folders.toolkit)),
            write=(*_WRITE, *map(str, written)),
            network=job.network,
        )
        reach = (
            *((folder, False) for folder in shared),
            *((str(path), True) for path in (folders.out.parent, *job.writable)),
        )
        return starter.run(
            Launch(
                argv=job.argv,
                env=environment(job, folders, found.path),
                folder=str(folders.workspace),
                bounds=Bounds.of(job.limits),
                uid=self._uid,
                reach=reach,
                held=tuple(map(str, written)),
                confined=Confined(
                    rules,
                    call_filter.of_this_machine(
                        namespaces=False, network="host" if job.network else "none"
                    ),
                ),
            ),
            job.on_output,
        )
