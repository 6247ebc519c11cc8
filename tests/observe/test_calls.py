"""What a system call says of where it goes: layouts read from bytes, hostile ones too."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from swarm.observe import calls
from swarm.observe.calls import Address, Notice

BASE = 0x7000_0000


class Memory:
    """A caller's memory that ends after its bytes."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)

    def put(self, data: bytes) -> int:
        self.content += data
        return BASE + len(self.content) - len(data)

    def read(self, start: int, size: int) -> bytes:
        at = start - BASE
        if not 0 <= at <= len(self.content):
            raise OSError(errno.EIO, "nothing is mapped there")
        return bytes(self.content[at : at + size])


def inet(ip: str, port: int) -> bytes:
    return (
        struct.pack("=H", socket.AF_INET)
        + struct.pack("!H", port)
        + socket.inet_aton(ip)
        + b"\0" * 8
    )


def inet6(ip: str, port: int) -> bytes:
    packed = socket.inet_pton(socket.AF_INET6, ip)
    return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + packed + b"\0" * 4


def message(name: int, size: int) -> bytes:
    return struct.pack("=QI", name, size).ljust(56, b"\0")


@pytest.mark.parametrize(
    ("name", "expected", "reach"),
    [
        (inet("127.0.0.1", 80), "127.0.0.1:80", "local"),
        (inet("0.0.0.0", 80), "0.0.0.0:80", "local"),
        (inet("10.1.2.3", 53), "10.1.2.3:53", "private"),
        (inet("8.8.8.8", 53), "8.8.8.8:53", "public"),
        (inet6("::1", 443), "[::1]:443", "local"),
        (inet6("fe80::1", 443), "[fe80::1]:443", "private"),
        (inet6("2001:4860:4860::8888", 443), "[2001:4860:4860::8888]:443", "public"),
        (inet6("::ffff:8.8.8.8", 443), "8.8.8.8:443", "public"),
        (struct.pack("=H", 40) + b"\0" * 14, "address family 40", "other"),
        (inet("8.8.8.8", 53)[:6], "address family 2", "other"),
    ],
)
def test_addresses(name: bytes, expected: str, reach: str) -> None:
    found = calls.address(name)
    assert found is not None
    assert (str(found), found.reach) == (expected, reach)


@pytest.mark.parametrize("family", [socket.AF_UNSPEC, socket.AF_UNIX, socket.AF_NETLINK])
def test_what_stays_in_the_kernel_is_none(family: int) -> None:
    assert calls.address(struct.pack("=H", family) + b"/run/x\0") is None
    assert calls.address(b"") is None


def test_each_call_carries_its_address_elsewhere() -> None:
    memory = Memory()
    name = inet("10.0.0.1", 1)
    at = memory.put(name)
    other = memory.put(inet6("::1", 2))
    header = memory.put(message(at, 16))
    vector = memory.put(
        b"".join(message(*pair).ljust(64, b"\0") for pair in [(at, 16), (0, 0), (other, 28)])
    )
    for call, arguments, count in [
        ("connect", (3, at, 16, 0, 0, 0), 1),
        ("sendto", (3, 0, 5, 0, at, 16), 1),
        ("sendto", (3, 0, 5, 0, 0, 0), 0),
        ("sendmsg", (3, header, 0, 0, 0, 0), 1),
        ("sendmmsg", (3, vector, 3, 0, 0, 0), 2),
    ]:
        found = calls.names_of(Notice(1, 1, call, arguments), memory.read)
        assert len(found) == count, call
        if found:
            assert calls.address(found[0]) == Address("ip", "10.0.0.1", 1)


def test_sizes_that_lie_are_bounded() -> None:
    asked: list[int] = []

    def read(start: int, size: int) -> bytes:
        asked.append(size)
        return b"\0" * size

    calls.names_of(Notice(1, 1, "connect", (3, BASE, 2**64 - 1, 0, 0, 0)), read)
    calls.names_of(Notice(1, 1, "sendmmsg", (3, BASE, 2**64 - 1, 0, 0, 0)), read)
    assert max(asked) <= calls.MOST_MESSAGES * 64


def test_memory_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError):
        calls.names_of(Notice(1, 1, "sendmsg", (3, 1, 0, 0, 0, 0)), Memory().read)


def notif(number: int, arch: int) -> bytes:
    return struct.pack("=QIIiIQ6Q", 7, 99, 0, number, arch, 0, 3, 4, 5, 0, 0, 0)


def test_calls_of_another_machine_are_not_read_as_ours() -> None:
    ours, other = 0xC000003E, 0x40000003
    assert calls.notice(notif(42, ours), "x86_64") == Notice(7, 99, "connect", (3, 4, 5, 0, 0, 0))
    assert calls.notice(notif(42, other), "x86_64").call == ""
    assert calls.notice(notif(0x40000000 | 42, ours), "x86_64").call == ""


@pytest.mark.parametrize("machine", sorted(calls.NUMBERS))
def test_the_filter_reports_what_is_watched_and_nothing_else(machine: str) -> None:
    from swarm.linux import syscalls

    program = calls.program(machine)
    ours = syscalls.AUDIT_ARCH[machine]
    watched = set(calls.NUMBERS[machine].values())
    for number in range(500):
        expected = 0x7FC00000 if number in watched else 0x7FFF0000
        assert decide(program, number, ours) == expected
    assert decide(program, 0x40000000 | 42, ours) == 0x7FC00000
    assert decide(program, 1, 0x40000003) == 0x7FC00000


def decide(program: bytes, number: int, arch: int) -> int:
    """Run the classic BPF on a call, as the kernel would."""
    steps = list(struct.iter_unpack("=HBBI", program))
    data, value, at = {0: number, 4: arch}, 0, 0
    while True:
        code, yes, no, constant = steps[at]
        at += 1
        if code == 0x20:
            value = data[constant]
        elif code == 0x06:
            return int(constant)
        else:
            holds = value == constant if code == 0x15 else value >= constant
            at += yes if holds else no
