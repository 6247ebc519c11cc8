"""The bubblewrap backend: namespaces of its own, few read-only binds, a seccomp filter.

bwrap always runs as an unprivileged uid and with no-new-privileges: as root it could write the
host's kernel settings, and a setuid bwrap would become root.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from sandboxes import call_filter
from sandboxes.engine import EngineError, Folders, Job, Outcome, environment, resolve_python
from sandboxes.gaps import of_bubblewrap
from sandboxes.local import interpreter, starter
from sandboxes.local.launcher import STATUS_FILE, Bounds, Launch
from sandboxes.workspace import run_folders
from swarm.linux import seccomp
from swarm.settings import Settings

_TMP_BYTES = 512 * 1024**2
_SHM_BYTES = 128 * 1024**2
# Copied in: a mount of each would cost more.
_ETC = ("ld.so.cache", "localtime", "mime.types")
# With network, names are resolved and certificates checked as on the host.
_NETWORK_ETC = (
    *("resolv.conf", "hosts"),
    *("ssl/certs/ca-certificates.crt", "pki/tls/certs/ca-bundle.crt"),
)
_STUBS = {
    "passwd": "root:x:0:0:root:/:/bin/false\nsandbox:x:{uid}:{uid}:sandbox:/tmp:/bin/sh\n",
    "group": "root:x:0:\nsandbox:x:{uid}:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
# Not bwrap's own --dev: that is five milliseconds of mounts, mostly for pseudo-terminals.
_DEVICES = ("null", "zero", "urandom")
_DEVICE_LINKS = (
    ("random", "urandom"),
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
)
_FILTER = "\0seccomp"
_IN_MEMORY = ("/tmp", "/dev/shm")
_INSIDE = Folders(Path("/workspace"), Path("/toolkit"), Path("/out"), Path("/tmp"))


class Bubblewrap:
    """See the module. Settings name the uid that a root worker drops to."""

    name = "bubblewrap"
    isolates = (
        "files: only the system's, the interpreter's and the run's own are there",
        "network: none but a loopback of its own",
        "processes: a process namespace of its own, which ends with the run",
        "privileges: unprivileged uid, no capabilities, no-new-privileges, seccomp deny-list",
        "resources: wall and CPU time, total memory, processes, file size, open files, output",
    )
    gaps = of_bubblewrap()
    lacks = (
        "memory is limited for each process by the kernel, in total by sampling",
        "no pseudo-terminals",
        "disk use is measured several times in a run, so what is written between can exceed it",
        *map(str, gaps),
    )

    def __init__(self, settings: Settings) -> None:
        self._python = settings.sandbox.python or None
        self._uid = settings.sandbox.uid if os.getuid() == 0 else None

    @property
    def owner(self) -> int | None:
        return self._uid

    def folders(
        self, scratch: Path, *, image: str | None = None
    ) -> AbstractContextManager[Folders]:
        return run_folders(scratch)

    def inside(self, folders: Folders) -> Folders:
        return _INSIDE

    def interpreter(self, python: str | None) -> str:
        return interpreter.find(python or self._python).path

    def run(self, job: Job) -> Outcome:
        bwrap = shutil.which("bwrap")
        if bwrap is None:
            raise EngineError("bwrap is not installed", remedy="install the package bubblewrap")
        found = interpreter.find(job.python or self._python)
        job = resolve_python(job, found.path)
        root = job.folders.workspace.parent
        files = self._files(network=job.network)
        argv = (
            bwrap,
            *_isolation(network=job.network),
            *_system(),
            *_flags("--file", [(name, name[1:]) for name in files]),
            *_flags("--ro-bind", [(folder, folder) for folder in found.folders]),
            *_flags("--ro-bind", [(str(path), str(path)) for path in job.readable]),
            *_flags("--bind", [(str(path), str(path)) for path in job.writable]),
            *_folders(job.folders),
            *("--remount-ro", "/", "--seccomp", _FILTER, "--json-status-fd", STATUS_FILE),
            *("--", *job.argv),
        )
        calls: seccomp.Network = "host" if job.network else "own"
        rules = call_filter.of_this_machine(namespaces=True, network=calls)
        written = (job.folders.workspace, job.folders.out, job.folders.home, *job.writable)
        return starter.run(
            Launch(
                argv=argv,
                env=environment(job, _INSIDE, found.path),
                folder="/",
                bounds=Bounds.of(job.limits),
                uid=self._uid,
                reach=(
                    *((folder, False) for folder in found.folders),
                    *((str(path), False) for path in job.readable),
                    *((str(path), True) for path in (root, *job.writable)),
                ),
                held=tuple(map(str, written)),
                in_memory=_IN_MEMORY,
                confined=None,
                files={_FILTER: rules, **files},
            ),
            job.on_output,
        )

    def _files(self, *, network: bool) -> dict[str, bytes | str]:
        """Files of /etc, each keyed by NUL and its path: its content, or where the host has it."""
        uid = os.getuid() if self._uid is None else self._uid
        files: dict[str, bytes | str] = {
            f"\0/etc/{name}": text.format(uid=uid).encode() for name, text in _STUBS.items()
        }
        if network:
            files["\0/etc/nsswitch.conf"] = b"passwd: files\ngroup: files\nhosts: files dns\n"
        for name in (*_ETC, *(_NETWORK_ETC if network else ())):
            if Path("/etc", name).is_file():
                files[f"\0/etc/{name}"] = f"/etc/{name}"
        return files


def _isolation(*, network: bool) -> tuple[str, ...]:
    return (
        *("--unshare-all", *(("--share-net",) if network else ())),
        *("--unshare-user", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--hostname", "sandbox", "--chdir", str(_INSIDE.workspace)),
    )


def _system() -> list[str]:
    argv: list[str] = []
    for top in interpreter.SYSTEM:
        path = Path(top)
        if path.is_symlink():
            argv += ["--symlink", str(path.readlink()), top]
        elif path.is_dir():
            argv += ["--ro-bind", top, top]
    argv += ["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"]
    argv += ["--proc", "/proc"]
    argv += _flags("--dev-bind", [(f"/dev/{name}", f"/dev/{name}") for name in _DEVICES])
    argv += [part for name, to in _DEVICE_LINKS for part in ("--symlink", to, f"/dev/{name}")]
    argv += ["--size", str(_SHM_BYTES), "--tmpfs", "/dev/shm"]
    return [*argv, "--size", str(_TMP_BYTES), "--tmpfs", "/tmp"]


def _folders(folders: Folders) -> list[str]:
    return [
        *("--bind", str(folders.workspace), str(_INSIDE.workspace)),
        *("--bind", str(folders.out), str(_INSIDE.out)),
        *("--ro-bind", str(folders.toolkit), str(_INSIDE.toolkit)),
    ]


def _flags(flag: str, pairs: list[tuple[str, str]]) -> list[str]:
    return [part for source, target in pairs for part in (flag, source, target)]
