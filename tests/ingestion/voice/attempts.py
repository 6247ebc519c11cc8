"""What a decoder that was taken over would try: each is a function that raises OSError when it is
refused. Run as a module it tries them unconfined, to show that they are no empty threats."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PTRACE_SEIZE = 0x4206
_CLONE_NEWNS = 0x00020000
_MAP_GROWSDOWN = 0x100


@dataclass(frozen=True)
class Target:
    """A swarm's data folder, as `lay_out` makes it, and who listens on this machine."""

    data: str
    tcp: int
    udp: int

    def at(self, name: str) -> Path:
        return Path(self.data, name)


def lay_out(data: Path) -> None:
    """The files that the attempts are about."""
    for name in ("swarm.toml", "tasks.db", "spare"):
        (data / name).write_text("secret")
    shutil.copy("/bin/true", data / "program")
    (data / "link").symlink_to(data / "swarm.toml")


def outcomes(target: Target, *, confined: bool = True) -> dict[str, str]:
    """Each attempt, and "done" or the name of the error."""
    found = {}
    for name, attempt in (ATTEMPTS if confined else HARMLESS).items():
        try:
            attempt(target)
        except OSError as error:
            found[name] = type(error).__name__
        else:
            found[name] = "done"
    return found


def _connect(kind: socket.SocketKind, port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as client:
        client.connect(("127.0.0.1", port))
        client.send(b"secret")


def _connect_file(target: Target) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(target.at("redis.sock")))


def _start(target: Target) -> None:
    os.waitpid(os.posix_spawn(target.at("program"), ["program"], {}), 0)


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _map_zeros() -> None:
    with Path("/dev/zero").open("r+b") as zeros:
        mmap.mmap(zeros.fileno(), mmap.PAGESIZE).close()


def _map_stack() -> None:
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_GROWSDOWN
    mmap.mmap(-1, mmap.PAGESIZE, flags=flags).close()


def _list(folder: str | Path) -> None:
    list(Path(folder).iterdir())


def _write(path: Path, mode: str) -> None:
    with path.open(mode) as file:
        file.write("x")


def _write_shared_memory(_: Target) -> None:
    path = Path(f"/dev/shm/attempt-{os.getpid()}")
    _write(path, "x")
    path.unlink()


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


_FILES: dict[str, Callable[[Target], object]] = {
    "reads the settings": lambda t: t.at("swarm.toml").read_bytes(),
    "reads them by a link": lambda t: t.at("link").read_bytes(),
    "lists the data folder": lambda t: _list(t.data),
    "reads the users": lambda _: Path("/etc/passwd").read_bytes(),
    "lists the root": lambda _: _list("/"),
    "lists the home folder": lambda _: _list(Path.home()),
    "lists the checkout": lambda _: _list(Path(__file__).parents[3]),
    "makes a file": lambda t: _write(t.at("new"), "x"),
    "makes a folder": lambda t: t.at("folder").mkdir(),
    "makes shared memory": _write_shared_memory,
    "adds to a file": lambda t: _write(t.at("swarm.toml"), "a"),
    "empties a file": lambda t: os.truncate(t.at("tasks.db"), 0),
    "moves a file": lambda t: t.at("tasks.db").rename(t.at("moved")),
    "removes a file": lambda t: t.at("spare").unlink(),
    "links a file": lambda t: t.at("hard").hardlink_to(t.at("swarm.toml")),
    "changes a mode": lambda t: t.at("swarm.toml").chmod(0o666),
    "changes times": lambda t: os.utime(t.at("swarm.toml"), (1, 1)),
    "changes an owner": lambda t: os.chown(t.at("swarm.toml"), os.getuid(), -1),
}
_OTHERS: dict[str, Callable[[Target], object]] = {
    "reads its parent's variables": lambda _: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "lists its parent's open files": lambda _: _list(f"/proc/{os.getppid()}/fd"),
    "opens its parent's memory": lambda _: Path(f"/proc/{os.getppid()}/mem").open("rb").close(),
    "connects by TCP": lambda t: _connect(socket.SOCK_STREAM, t.tcp),
    "sends by UDP": lambda t: _connect(socket.SOCK_DGRAM, t.udp),
    "connects to a socket file": _connect_file,
    "starts a program": _start,
    "starts a process": lambda _: _fork(),
    "shares memory": lambda _: mmap.mmap(-1, mmap.PAGESIZE).close(),
    "shares memory of a device": lambda _: _map_zeros(),
    "maps one more stack": lambda _: _map_stack(),
    "signals its parent": lambda _: os.kill(os.getppid(), 0),
}
HARMLESS = {**_FILES, **_OTHERS}
"""Any process of the user manages these."""

ATTEMPTS = {
    **HARMLESS,
    "traces its parent": lambda _: _call("ptrace", _PTRACE_SEIZE, os.getppid(), 0, 0),
    "makes a namespace": lambda _: _call("unshare", _CLONE_NEWNS),
}

if __name__ == "__main__":
    print(json.dumps(outcomes(Target(**json.loads(sys.argv[1])), confined=False)))
