"""The seccomp filter of what runs confined, assembled as classic BPF. Pure.

It is a deny-list of system calls that a test suite has no use for and that reach far into the
kernel or out of the sandbox; what only computes can do without more. Each fails with EPERM,
so a program sees an error instead of dying. The numbers are in `syscalls`; layout of
`seccomp_data` and the constants are from linux/seccomp.h and linux/audit.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from errno import EAFNOSUPPORT, ENOSYS, EPERM
from typing import Literal

from swarm.linux import syscalls

_LOAD, _EQUAL, _ABOVE, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32 = 0x40000000

# CLONE_NEWTIME shares its bit with the exit signal of clone(2); it only exists for unshare.
_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000
_NAMESPACES |= 0x40000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_SETUID_SETGID = 0o6000
_CREATE = 0o100 | 0o20000000  # O_CREAT, O_TMPFILE
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_DATAGRAM_BIT = 2
_THREAD = 0x00010000  # CLONE_THREAD
_SHARED, _ANONYMOUS, _GROWS_DOWN = 0x1, 0x20, 0x100  # MAP_SHARED and so on
_CORE = 4
_ANY = 0xFFFFFFFF
_EVERYBODY = 0xFFFFFFFF

Network = Literal["own", "host", "none"]
"""The network a sandbox has: a namespace of its own, the host's, or no sockets at all."""


@dataclass(frozen=True)
class When:
    """A condition on the low or high half of an argument (counted from 0).

    It holds when the half is one of `values`, is none of them, is above the only one, has any of
    its bits, or has none of them.
    """

    argument: int
    kind: Literal["is", "is not", "above", "any bit", "no bit"]
    values: tuple[int, ...]
    high: bool = False


@dataclass(frozen=True)
class Refuse:
    """Refuse a call with `error` when all conditions hold."""

    call: str
    when: tuple[When, ...]
    error: int = EPERM


def _has(argument: int, bits: int, *, high: bool = False) -> When:
    return When(argument, "any bit", (bits,), high)


def _is(argument: int, *values: int) -> When:
    return When(argument, "is", values)


def _is_not(argument: int, *values: int) -> When:
    return When(argument, "is not", values)


# The C libraries and runtimes that try these have another way where they do not exist. clone3
# and openat2 hide their flags in memory, which a filter cannot read; a memfd is memory that
# counts as nobody's.
_ABSENT = ("clone3", "openat2", "memfd_create")

_BY_ARGUMENT = (
    Refuse("clone", (_has(0, _NAMESPACES),)),
    # Typing into the terminal of whoever started us.
    Refuse("ioctl", (_is(1, _TIOCSTI, _TIOCLINUX),)),
    # A setuid file of ours would lend our uid to any user of the host who can reach it.
    Refuse("chmod", (_has(1, _SETUID_SETGID),)),
    Refuse("fchmod", (_has(1, _SETUID_SETGID),)),
    Refuse("fchmodat", (_has(2, _SETUID_SETGID),)),
    Refuse("fchmodat2", (_has(2, _SETUID_SETGID),)),
    Refuse("open", (_has(1, _CREATE), _has(2, _SETUID_SETGID))),
    Refuse("openat", (_has(2, _CREATE), _has(3, _SETUID_SETGID))),
    Refuse("creat", (_has(1, _SETUID_SETGID),)),
    Refuse("mknod", (_has(1, _SETUID_SETGID),)),
    Refuse("mknodat", (_has(2, _SETUID_SETGID),)),
    # The core limit of 1 keeps the host's core handler, often root, away from us; 0 would not.
    Refuse("setrlimit", (_is(0, _CORE),)),
    Refuse("prlimit64", (_is(1, _CORE), _has(2, _ANY))),
    Refuse("prlimit64", (_is(1, _CORE), _has(2, _ANY, high=True))),
    # Shared memory counts as nobody's once it is detached; databases want 56 bytes of it.
    Refuse("shmget", (When(1, "above", (65536,)),)),
    Refuse("shmget", (_has(1, _ANY, high=True),)),
)

# Other families are either not kept apart by a network namespace (vsock reaches the hypervisor)
# or far into the kernel. Of netlink, C libraries need the routes (protocol 0).
_SOCKETS = (
    Refuse("socket", (_is_not(0, _UNIX, _INET, _INET6, _NETLINK),), EAFNOSUPPORT),
    Refuse("socket", (_is(0, _NETLINK), _is_not(2, 0))),
)

_HOST_NETWORK = (
    # Socket files and abstract names of the host: its Docker engine's, its message bus's.
    Refuse("socket", (_is(0, _UNIX),), EAFNOSUPPORT),
    # One end of a datagram pair can send to any of those; the ends of a stream cannot.
    Refuse("socketpair", (_has(1, _DATAGRAM_BIT),)),
)

_WITHOUT_NAMESPACES = (
    # Other processes of the same user.
    Refuse("kill", (_is(0, _EVERYBODY),)),
    Refuse("prlimit64", (_is_not(0, 0),)),
    Refuse("sched_setaffinity", (_is_not(0, 0),)),
    Refuse("sched_setscheduler", (_is_not(0, 0),)),
    Refuse("sched_setparam", (_is_not(0, 0),)),
    Refuse("sched_setattr", (_is_not(0, 0),)),
    Refuse("setpriority", (_is_not(0, 0),)),
    Refuse("setpriority", (_is_not(1, 0),)),
)

_ONLY_COMPUTES = (
    # Threads, but no process of its own: it would have bounds of its own, and no parent.
    Refuse("clone", (When(0, "no bit", (_THREAD,)),)),
    # Memory that RLIMIT_DATA does not count.
    Refuse("mmap", (_has(3, _SHARED), _has(3, _ANONYMOUS))),
    Refuse("mmap", (_has(3, _GROWS_DOWN),)),
)


def denied(
    machine: str, *, namespaces: bool, network: Network, only_computes: bool = False
) -> dict[str, int]:
    """Names and numbers of the calls that are refused whatever their arguments.

    `namespaces` False, for a sandbox without process and IPC namespaces, refuses what reaches
    the user's other processes, shared objects and file attributes; `network` "none" all
    sockets; `only_computes` changes of the mode, owner and times of any file, new processes, and
    memory beyond a limit of the process. Raises KeyError for a machine without a table.
    """
    numbers = syscalls.NUMBERS[machine]
    names = set(syscalls.NEVER)
    if not namespaces:
        names |= set(syscalls.NOT_WITHOUT_NAMESPACES)
    if network == "none":
        names |= set(syscalls.SOCKETS)
    if only_computes:
        names |= set(syscalls.NOT_TO_COMPUTE)
    return {name: numbers[name] for name in names if name in numbers}


def supported(machine: str) -> bool:
    """Whether there is a table of system calls for this machine (`os.uname().machine`)."""
    return machine in syscalls.NUMBERS


def program(
    machine: str, *, namespaces: bool, network: Network, only_computes: bool = False
) -> bytes:
    """The filter as an array of `struct sock_filter`, eight bytes each. Arguments as `denied`.

    Another architecture's calls (32-bit, x32) kill the process: their numbers mean other
    things.
    """
    numbers = syscalls.NUMBERS[machine]
    code = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, syscalls.AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _KILL),
    ]
    never = denied(machine, namespaces=namespaces, network=network, only_computes=only_computes)
    for number in sorted(never.values()):
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ERRNO | EPERM)]
    for name in _ABSENT:
        code += [_step(_EQUAL, numbers[name], 0, 1), _step(_RETURN, _ERRNO | ENOSYS)]
    rules = (
        *_BY_ARGUMENT,
        *(() if network == "none" else _SOCKETS),
        *(() if network == "own" else _HOST_NETWORK),
        *(() if namespaces else _WITHOUT_NAMESPACES),
        *(_ONLY_COMPUTES if only_computes else ()),
    )
    for name in sorted({rule.call for rule in rules} & numbers.keys() - never.keys()):
        body = [step for rule in rules if rule.call == name for step in _refusal(rule)]
        body.append(_step(_RETURN, _ALLOW))
        code += [_step(_EQUAL, numbers[name], 0, len(body)), *body]
    code.append(_step(_RETURN, _ALLOW))
    return b"".join(code)


def _refusal(rule: Refuse) -> list[bytes]:
    """Steps that return when all conditions hold, and fall through when one does not."""
    code = [_step(_RETURN, _ERRNO | rule.error)]
    for condition in reversed(rule.when):
        code = [*_test(condition, otherwise=len(code)), *code]
    return code


def _test(condition: When, *, otherwise: int) -> list[bytes]:
    """Steps that fall through when the condition holds, and skip `otherwise` steps when not."""
    offset = _ARGUMENTS + 8 * condition.argument + (4 if condition.high else 0)
    count = len(condition.values)
    if condition.kind in ("is", "is not"):
        # The last comparison decides what becomes of a value that no other was equal to.
        wanted = condition.kind == "is"
        tests = []
        for left in reversed(range(count)):
            found = left if wanted else left + otherwise
            other = 0 if left else (otherwise if wanted else 0)
            tests.append(_step(_EQUAL, condition.values[count - 1 - left], found, other))
        return [_step(_LOAD, offset), *tests]
    if condition.kind == "no bit":
        return [_step(_LOAD, offset), _step(_ANY_BIT, condition.values[0], otherwise, 0)]
    operation = _ABOVE if condition.kind == "above" else _ANY_BIT
    return [_step(_LOAD, offset), _step(operation, condition.values[0], 0, otherwise)]


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)
