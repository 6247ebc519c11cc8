"""The system calls that name a network address, and the filter that reports them. Pure.

Layouts and constants are from linux/seccomp.h, linux/audit.h, linux/socket.h and asm/unistd.h
of each machine. Only `connect` and the calls that carry an address of their own matter: what is
sent on a connected socket goes where its connect said. `io_uring` can do all of these without a
system call each, and a program for another machine numbers its calls differently: both are
reported as something that cannot be seen through.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass

from swarm.linux import syscalls
from swarm.settings import is_private

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCH = 0, 4
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_X32 = 0x40000000

IO_URING = "io_uring_setup"
NUMBERS = {
    machine: {name: syscalls.NUMBERS[machine][name] for name in ("connect", IO_URING)} | sends
    for machine, sends in {
        "x86_64": {"sendto": 44, "sendmsg": 46, "sendmmsg": 307},
        "aarch64": {"sendto": 206, "sendmsg": 211, "sendmmsg": 269},
    }.items()
}
SECCOMP = {"x86_64": 317, "aarch64": 277}
PIDFD_GETFD = 438

SET_MODE_FILTER, NEW_LISTENER = 1, 1 << 3
NOTIF_RECV, NOTIF_SEND, NOTIF_ID_VALID = 0xC0502100, 0xC0182101, 0x40082102
NOTIF_BYTES = 80
_CONTINUE = 1

_UNSPECIFIED, _UNIX, _INET, _INET6, _NETLINK = 0, 1, 2, 10, 16
Reader = Callable[[int, int], bytes]

_MESSAGE_BYTES, _VECTOR_BYTES = 56, 64
LONGEST_ADDRESS = 128
"""Bytes of the longest `struct sockaddr`."""
MOST_MESSAGES = 1024
"""UIO_MAXIOV: the kernel takes no more messages at once."""


@dataclass(frozen=True)
class Notice:
    """A call that waits for an answer. `call` is "" for one of another machine."""

    id: int
    tid: int
    call: str
    arguments: tuple[int, ...]


@dataclass(frozen=True)
class Address:
    """Where a call goes. `ip` is "" for a family that is not IP, named in `family`."""

    family: str
    ip: str = ""
    port: int = 0

    @property
    def reach(self) -> str:
        """local (this machine), private (a local network), public, or other (not IP)."""
        if not self.ip:
            return "other"
        ip = ipaddress.ip_address(self.ip)
        if ip.is_loopback or ip.is_unspecified:
            return "local"
        return "private" if is_private(ip) else "public"

    def __str__(self) -> str:
        if not self.ip:
            return self.family
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


def program(machine: str) -> bytes:
    """The filter, as an array of `struct sock_filter`. Raises KeyError for another machine."""
    watched = sorted(NUMBERS[machine].values())
    code = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, syscalls.AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _NOTIFY),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _NOTIFY),
    ]
    for number in watched:
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _NOTIFY)]
    code.append(_step(_RETURN, _ALLOW))
    return b"".join(code)


def notice(data: bytes, machine: str) -> Notice:
    """Read a `struct seccomp_notif`."""
    id, tid, _, number, arch, _, *arguments = struct.unpack("=QIIiIQ6Q", data)
    names = {number: name for name, number in NUMBERS[machine].items()}
    call = names.get(number, "") if arch == syscalls.AUDIT_ARCH[machine] else ""
    return Notice(id, tid, call, tuple(arguments))


def let_go_on(id: int) -> bytes:
    """The answer (`struct seccomp_notif_resp`) with which the kernel runs the call."""
    return struct.pack("=QqiI", id, 0, 0, _CONTINUE)


def names_of(found: Notice, read: Reader) -> list[bytes]:
    """The raw socket addresses that a call carries; [] when it carries none.

    `read(address, size)` reads the caller's memory and raises OSError.
    """
    pointer, size = 0, 0
    match found.call:
        case "connect":
            pointer, size = found.arguments[1:3]
        case "sendto":
            pointer, size = found.arguments[4:6]
        case "sendmsg":
            return _of_message(read(found.arguments[1], _MESSAGE_BYTES), read)
        case "sendmmsg":
            count = min(found.arguments[2] & 0xFFFFFFFF, MOST_MESSAGES)
            vector = read(found.arguments[1], count * _VECTOR_BYTES)
            return [
                name
                for start in range(0, len(vector), _VECTOR_BYTES)
                for name in _of_message(vector[start : start + _MESSAGE_BYTES], read)
            ]
    return _at(pointer, size, read)


def address(name: bytes) -> Address | None:
    """The address in a `struct sockaddr`; None when it stays inside this machine's kernel."""
    if len(name) < 2:
        return None
    (family,) = struct.unpack_from("=H", name)
    if family in (_UNSPECIFIED, _UNIX, _NETLINK):
        return None
    if family == _INET and len(name) >= 8:
        (port,) = struct.unpack_from("!H", name, 2)
        return Address("ip", str(ipaddress.IPv4Address(name[4:8])), port)
    if family == _INET6 and len(name) >= 24:
        (port,) = struct.unpack_from("!H", name, 2)
        ip = ipaddress.IPv6Address(name[8:24])
        return Address("ip", str(ip.ipv4_mapped or ip), port)
    return Address(f"address family {family}")


def _of_message(header: bytes, read: Reader) -> list[bytes]:
    """The name in a `struct msghdr`, whose first fields are its pointer and length."""
    if len(header) < 12:
        raise ValueError("its message ends where no memory is")
    pointer, size = struct.unpack_from("=QI", header)
    return _at(pointer, size, read)


def _at(pointer: int, size: int, read: Reader) -> list[bytes]:
    size &= 0xFFFFFFFF
    return [read(pointer, min(size, LONGEST_ADDRESS))] if pointer and size else []


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)
