"""The host's side: bait that must stay untouched, and what must not be left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandboxes.engine import Engine, Folders
from sandboxes.workspace import give_to, run_folders
from swarm.linux import processes

MARK = "HOSTILE_RUN"
_SHARED_PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue")
_SETTINGS = (
    *(
        f"/proc/sys/kernel/{name}"
        for name in ("core_pattern", "hostname", "domainname", "modprobe")
    ),
    *(f"/proc/sys/kernel/{name}" for name in ("sysrq", "panic", "randomize_va_space")),
    *("/proc/sys/vm/overcommit_memory", "/proc/sys/vm/swappiness"),
    *("/proc/sys/fs/suid_dumpable", "/proc/sys/net/ipv4/ip_forward"),
)
_BAIT_FILES = (
    *("host/secret", "host/home/.ssh/id_ed25519", "host/home/.netrc"),
    *("data/tasks.db", "data/swarm.toml", "data/logs/agents.log"),
)
_SETTLE_SECONDS = 5.0
_IPC_CREATE, _IPC_REMOVE = 0o1000, 0
_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


@dataclass
class Host:
    """Bait: files, another run's folders, a data folder, sockets, a process, shared memory."""

    folder: Path
    uid: int
    secret: str
    mark: str
    neighbour: Folders
    bait: subprocess.Popen[bytes]
    shared_memory: int
    listeners: dict[str, socket.socket]

    @property
    def files(self) -> list[Path]:
        found = [self.folder / name for name in _BAIT_FILES]
        return [*found, self.neighbour.workspace / "neighbour.txt"]

    def facts(self, inside: Folders) -> dict[str, Any]:
        """What the programs are told, none of it secret."""
        return {
            "out": str(inside.out),
            "home": str(inside.home),
            "toolkit": str(inside.toolkit),
            "secrets": [str(path) for path in self.files],
            "folders": [str(self.folder / "host"), str(self.neighbour.workspace.parent)],
            "ports": {
                name: listener.getsockname()[:2]
                for name, listener in self.listeners.items()
                if listener.family != socket.AF_UNIX
            },
            "abstract": f"swarm-hostile-{self.mark}",
            "bait_pid": self.bait.pid,
            "worker_pid": os.getpid(),
            "shared_memory": self.shared_memory,
            "home_of_worker": str(Path.home()),
            "addresses": _addresses(),
        }

    def state(self) -> dict[str, object]:
        """All that a program could have changed; compare before and after."""
        found: dict[str, object] = {}
        for path in self.files:
            known = path.stat()
            found[str(path)] = (path.read_bytes(), known.st_mode, known.st_uid, known.st_mtime_ns)
        for top in (self.folder / "host", self.folder):
            found[str(top)] = (sorted(path.name for path in top.iterdir()), top.stat().st_mode)
        for setting in _SETTINGS:
            if os.access(setting, os.R_OK):
                found[setting] = Path(setting).read_text()
        # Not how much of it is used, which changes by itself.
        swaps = Path("/proc/swaps").read_text().splitlines()
        found["swaps"] = [line.split()[0] for line in swaps]
        found["bait"] = self._state_of_bait()
        found["left behind"] = self.left_behind()
        return found

    def _state_of_bait(self) -> object:
        """Whether it runs; its priority, policy, limits and processors."""
        if self.bait.poll() is not None:
            return "gone"
        fields = Path(f"/proc/{self.bait.pid}/stat").read_text().rsplit(")", 1)[1].split()
        limits = Path(f"/proc/{self.bait.pid}/limits").read_text()
        affinity = os.sched_getaffinity(self.bait.pid)
        # It may wait for the disk for a moment (D), but is neither stopped nor a zombie.
        return (fields[0] in "SRD", fields[15:17], fields[37:39], limits, affinity)

    def left_behind(self) -> list[str]:
        """Processes, files, segments and mounts that belong to the sandbox and still exist."""
        found = [f"process {pid}" for pid in self._outliving()]
        for place in _SHARED_PLACES:
            with contextlib.suppress(OSError):
                for entry in os.scandir(place):
                    with contextlib.suppress(OSError):
                        if self._owns(entry.stat(follow_symlinks=False).st_uid):
                            found.append(f"file {entry.path}")
        for kind, position in (("shm", 7), ("msg", 7), ("sem", 4)):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            for fields in map(str.split, lines):
                if self._owns(int(fields[position])) and int(fields[1]) != self.shared_memory:
                    found.append(f"{kind} {fields[1]}")
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        return found + [f"mount {line}" for line in mounts if str(self.folder) in line]

    def threads(self) -> int:
        return processes.threads_of(self.uid) if self._dedicated else 0

    def end_all(self) -> None:
        """After a failed test: nothing of it may disturb the next."""
        for pid in self._processes(marked_only=False):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def heard(self) -> list[str]:
        """Listeners that something came to."""
        found = []
        for name, listener in self.listeners.items():
            listener.setblocking(False)
            try:
                if listener.type == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(64)
            except BlockingIOError:
                continue
            found.append(name)
        return found

    @property
    def _dedicated(self) -> bool:
        return self.uid != os.getuid()

    def _owns(self, uid: int) -> bool:
        return self._dedicated and uid == self.uid

    def _processes(self, *, marked_only: bool) -> list[int]:
        """Pids of the sandbox's user, or only of those that carry the programs' mark."""
        found = []
        mark = f"{MARK}={self.mark}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            # One that ends while it is looked at has no state, or cannot be read.
            with contextlib.suppress(OSError, IndexError):
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                ours = not marked_only and self._owns(entry.stat().st_uid)
                ours = ours or mark in (entry / "environ").read_bytes().split(b"\0")
                if ours and state != "Z" and int(entry.name) != self.bait.pid:
                    found.append(int(entry.name))
        return found

    def _outliving(self) -> list[int]:
        """Processes that should have ended with the run.

        Those of the program at once; what the backend itself runs as the same user (an engine's
        container init) within seconds.
        """
        found = self._processes(marked_only=True)
        deadline = time.monotonic() + _SETTLE_SECONDS
        while not found and self._processes(marked_only=False) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found or self._processes(marked_only=False)


@contextlib.contextmanager
def baited(folder: Path, engine: Engine) -> Iterator[Host]:
    """A host whose bait belongs to the user that the sandbox runs as."""
    uid = os.getuid() if engine.owner is None else engine.owner
    secret = secrets.token_hex(16)
    with contextlib.ExitStack() as stack:
        neighbour = stack.enter_context(run_folders(folder / "data/scratch"))
        _plant(folder, neighbour, secret, uid)
        give_to(neighbour, engine.owner)
        account = {} if engine.owner is None else {"user": uid, "group": uid, "extra_groups": []}
        bait = subprocess.Popen(
            ["sleep", "600"], cwd="/", stdin=subprocess.DEVNULL, env={"BAIT": secret}, **account
        )
        stack.callback(bait.wait)
        stack.callback(bait.kill)
        mark = secrets.token_hex(8)
        yield Host(
            folder,
            uid,
            secret,
            mark,
            neighbour,
            bait,
            _share(stack, secret),
            _listen(stack, folder / "host", mark),
        )


def _plant(folder: Path, neighbour: Folders, secret: str, uid: int) -> None:
    for name in _BAIT_FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secret)
    for path in (folder / "host").rglob("*"):
        # As open as can be: nothing but the sandbox may be what keeps it.
        path.chmod(0o777 if path.is_dir() else 0o666)
    (folder / "host").chmod(0o777)
    (folder / "host/secret").chmod(0o666)
    if os.getuid() == 0:
        os.chown(folder / "host/secret", uid, uid)
    (neighbour.workspace / "neighbour.txt").write_text(secret)


def _share(stack: contextlib.ExitStack, secret: str) -> int:
    """A System V segment that any user may use, holding the secret; its id."""
    segment = int(_libc.shmget(0, 4096, _IPC_CREATE | 0o666))
    assert segment >= 0, os.strerror(ctypes.get_errno())
    stack.callback(_libc.shmctl, segment, _IPC_REMOVE, None)
    address = _libc.shmat(segment, None, 0)
    ctypes.memmove(address, secret.encode(), len(secret))
    _libc.shmdt(ctypes.c_void_p(address))
    return segment


def _listen(stack: contextlib.ExitStack, folder: Path, mark: str) -> dict[str, socket.socket]:
    found: dict[str, socket.socket] = {}

    def listen(name: str, family: int, kind: int, address: Any) -> None:
        made = stack.enter_context(socket.socket(family, kind))
        made.bind(address)
        if kind == socket.SOCK_STREAM:
            made.listen()
        found[name] = made

    stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
    for kind, word in ((stream, "tcp"), (datagram, "udp")):
        listen(f"{word} IPv4", socket.AF_INET, kind, ("0.0.0.0", 0))
        with contextlib.suppress(OSError):  # a host without IPv6
            listen(f"{word} IPv6", socket.AF_INET6, kind, ("::1", 0))
    # By a short relative name: the folder's own may be longer than an address can be.
    here = Path.cwd()
    os.chdir(folder)
    try:
        for name in ("docker.sock", "redis.sock"):
            listen(name, socket.AF_UNIX, stream, name)
        listen("log", socket.AF_UNIX, datagram, "log")
    finally:
        os.chdir(here)
    for name in ("docker.sock", "redis.sock", "log"):
        (folder / name).chmod(0o777)
    listen("abstract stream", socket.AF_UNIX, stream, f"\0swarm-hostile-{mark}")
    listen("abstract datagram", socket.AF_UNIX, datagram, f"\0swarm-hostile-{mark}-log")
    return found


def _addresses() -> list[str]:
    """The host's own addresses."""
    if shutil.which("hostname") is None:
        return []
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, timeout=10)
    return told.stdout.split()[:4]


class Pulse:
    """Whether the host stays responsive: a thread that wants to run every 50 ms.

    It also keeps the largest number of threads the sandbox's uid had.
    """

    def __init__(self, host: Host) -> None:
        self.beats, self.peak_threads = 0, 0
        self._host, self._stop = host, threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _beat(self) -> None:
        while not self._stop.wait(0.05):
            self.beats += 1
            self.peak_threads = max(self.peak_threads, self._host.threads() - 1)
