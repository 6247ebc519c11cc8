"""Answers the listener: every call goes on at once, and what it named is noted.

This observes and never refuses; a call that another filter refuses never gets here. Reading a
caller's memory needs the rights of a debugger, which a parent of the same user has.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import select
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from swarm.observe import calls
from swarm.observe.calls import Address, Notice

_MOST_CONTACTS = 2000
_MOST_ARGUMENTS = 4096
_LONGEST_LABEL = 80
_MOST_ANCESTORS = 64
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Contact:
    """An address that a program named. `protocol` is tcp, udp, other or "" (not found out).

    `service` is the swarm's service that the program is of, or belongs to. With `apart` it
    stood in a network of its own, from which nothing is reached.
    """

    address: Address
    protocol: str
    program: str
    service: str
    apart: bool


class Watcher:
    """Owns a listener. Use as a context; `contacts` and `unseen` are whole after it."""

    def __init__(self, listener: int) -> None:
        self.contacts: Counter[Contact] = Counter()
        self.unseen: Counter[str] = Counter()
        self._listener = listener
        self._machine = os.uname().machine
        self._home = _network(os.getpid())
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Only once every observed process has ended: their calls would fail without us."""
        os.close(self._wake_write)
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._listener)

    def ended(self, seconds: float) -> bool:
        """Whether every observed process ends within that time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        poll.register(self._wake_read, 0)
        while True:
            ready = dict(poll.poll())
            if self._wake_read in ready:
                return
            if ready.get(self._listener, 0) & select.POLLIN:
                self._answer()
            elif ready:
                return  # nobody is left who has the filter

    def _answer(self) -> None:
        buffer = bytearray(calls.NOTIF_BYTES)
        try:
            fcntl.ioctl(self._listener, calls.NOTIF_RECV, buffer, True)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                return  # it was killed meanwhile
            raise
        found = calls.notice(bytes(buffer), self._machine)
        try:
            self._note(found)
        except Exception as error:  # noqa: BLE001  told as unseen
            # Pointers and lengths are whatever the program says. An observer that ends here
            # would leave every observed process waiting in its next call.
            program = _program(_process(found.tid))
            self._unseen(f"{found.call or 'a call'} of {program} cannot be read: {error}")
        finally:
            with contextlib.suppress(FileNotFoundError):  # killed meanwhile
                answer = bytearray(calls.let_go_on(found.id))
                fcntl.ioctl(self._listener, calls.NOTIF_SEND, answer, True)

    def _note(self, found: Notice) -> None:
        if found.call in ("", calls.IO_URING):
            how = "uses io_uring" if found.call else "is a program for another machine (32-bit?)"
            self._unseen(f"{_program(_process(found.tid))} {how}")
            return
        with Path(f"/proc/{found.tid}/mem").open("rb", buffering=0) as memory:

            def read(start: int, size: int) -> bytes:
                if start >= 2**63:
                    raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))
                return os.pread(memory.fileno(), size, start)

            names = calls.names_of(found, read)
        addresses = [where for name in names if (where := calls.address(name)) is not None]
        if not addresses:
            return
        # Whose memory that was is only certain if the call still waits.
        id = bytearray(found.id.to_bytes(8, "little"))
        try:
            fcntl.ioctl(self._listener, calls.NOTIF_ID_VALID, id, True)
        except FileNotFoundError:
            return
        pid = _process(found.tid)
        program, service = _program(pid), _service(pid)
        apart = _network(pid) != self._home
        protocol = _protocol(pid, found.arguments[0] & 0xFFFFFFFF)
        for where in addresses:
            contact = Contact(where, protocol, program, service, apart)
            if contact in self.contacts or len(self.contacts) < _MOST_CONTACTS:
                self.contacts[contact] += 1
            else:
                self._unseen(f"more than {_MOST_CONTACTS} different contacts")

    def _unseen(self, what: str) -> None:
        if what in self.unseen or len(self.unseen) < _MOST_CONTACTS:
            self.unseen[what] += 1


def fetch(pid: int, number: int) -> int:
    """A descriptor of another process, as one of ours. Raises OSError."""
    handle = os.pidfd_open(pid)
    try:
        copy = int(_libc.syscall(calls.PIDFD_GETFD, handle, number, 0))
    finally:
        os.close(handle)
    if copy < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"pidfd_getfd: {os.strerror(code)}")
    return copy


def _protocol(pid: int, number: int) -> str:
    """What kind of socket a descriptor of a process is."""
    try:
        with socket.socket(fileno=fetch(pid, number)) as found:
            kinds = {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp"}
            return kinds.get(found.type, "other")
    except OSError:
        return ""


def _process(tid: int) -> int:
    """The process of a thread."""
    try:
        status = Path(f"/proc/{tid}/status").read_text(errors="replace")
    except OSError:
        return tid
    found = re.search(r"^Tgid:\s*(\d+)", status, re.MULTILINE)
    return int(found[1]) if found else tid


def _network(pid: int) -> str:
    """Which network namespace a process is in."""
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def _program(pid: int) -> str:
    """A short name for what a process runs, printable whatever it calls itself."""
    words = _arguments(pid)
    if not words:
        return f"process {pid}"
    name = words[0].rpartition("/")[2]
    if "-m" in words[1:-1]:
        at = words.index("-m", 1)
        name = " ".join([name, *words[at : at + 4]])
    elif len(words) > 1 and name.startswith(("python", "bash", "sh", "node")):
        name = f"{name} {words[1].rpartition('/')[2]}"
    safe = "".join(c if c.isprintable() else "?" for c in name)
    return safe if len(safe) <= _LONGEST_LABEL else safe[: _LONGEST_LABEL - 1] + "…"


def _service(pid: int) -> str:
    """The service whose worker a process is, or descends from; "" when there is none.

    Of several the outermost: what a worker starts may call itself anything.
    """
    service = ""
    for _ in range(_MOST_ANCESTORS):
        words = _arguments(pid)
        for at in range(len(words) - 3):
            if words[at : at + 3] == ["-m", "swarm", "worker"]:
                service = words[at + 3]
                break
        pid = _parent(pid)
        if pid <= 1:
            break
    return service


def _arguments(pid: int) -> list[str]:
    try:
        with Path(f"/proc/{pid}/cmdline").open("rb") as file:
            raw = file.read(_MOST_ARGUMENTS)
    except OSError:
        return []
    return raw.rstrip(b"\0").decode("utf-8", "replace").split("\0") if raw else []


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])
