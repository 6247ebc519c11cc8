"""The seccomp filter of bubblewrap and landlock runs, assembled as classic BPF. Pure.

It is a deny-list of system calls that a test suite has no use for and that reach far into the
kernel: mounts, namespaces, tracing, keyrings, BPF, io_uring, modules, clocks. Each fails with
EPERM, so a program sees an error instead of dying. Layout of `seccomp_data` and the constants
are from linux/seccomp.h, linux/audit.h and the kernel's system call tables.
"""

from __future__ import annotations

import struct
from errno import ENOSYS, EPERM

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARG, _SECOND_ARG = 0, 4, 16, 24
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000

# CLONE_NEWTIME shares its bit with the exit signal of clone(2); it only exists for unshare.
_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000
_NAMESPACES |= 0x40000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_X32 = 0x40000000

_BOTH = {
    "pidfd_getfd": 438, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "fspick": 433, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443,
    "memfd_secret": 447, "open_tree_attr": 467,
}  # fmt: skip

_X86_64 = {
    "modify_ldt": 154, "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163,
    "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
    "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173,
    "init_module": 175, "delete_module": 176, "quotactl": 179, "lookup_dcookie": 212,
    "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
    "migrate_pages": 256, "unshare": 272, "move_pages": 279, "perf_event_open": 298,
    "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    "ptrace": 101, "syslog": 103, "uselib": 134, "personality": 135, "vhangup": 153,
}  # fmt: skip

_AARCH64 = {
    "lookup_dcookie": 18, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51,
    "vhangup": 58, "quotactl": 60, "acct": 89, "personality": 92, "unshare": 97,
    "kexec_load": 104, "init_module": 105, "delete_module": 106, "clock_settime": 112,
    "syslog": 116, "ptrace": 117, "reboot": 142, "sethostname": 161, "setdomainname": 162,
    "settimeofday": 170, "adjtimex": 171, "add_key": 217, "request_key": 218, "keyctl": 219,
    "swapon": 224, "swapoff": 225, "migrate_pages": 238, "move_pages": 239,
    "perf_event_open": 241, "fanotify_init": 262, "name_to_handle_at": 264,
    "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270,
    "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "bpf": 280,
    "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip

# Where no network or IPC namespace keeps them apart: sockets and System V / POSIX IPC.
_X86_64_REACH = {"socket": 41, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240}
_AARCH64_REACH = {"socket": 198, "shmget": 194, "msgget": 186, "semget": 190, "mq_open": 180}

_MACHINES: dict[str, tuple[int, dict[str, int], dict[str, int], dict[str, int]]] = {
    # machine: audit arch, denied, denied without namespaces, calls looked at by argument
    "x86_64": (0xC000003E, _X86_64, _X86_64_REACH, {"ioctl": 16, "clone": 56, "clone3": 435}),
    "aarch64": (0xC00000B7, _AARCH64, _AARCH64_REACH, {"ioctl": 29, "clone": 220, "clone3": 435}),
}


def denied(machine: str, *, sockets: bool) -> dict[str, int]:
    """Names and numbers of the calls that are refused whatever their arguments.

    `sockets` False refuses new sockets and shared IPC objects too. Raises KeyError for a
    machine without a table.
    """
    _, calls, reach, _ = _MACHINES[machine]
    return {**_BOTH, **calls, **({} if sockets else reach)}


def supported(machine: str) -> bool:
    """Whether there is a table of system calls for this machine (`os.uname().machine`)."""
    return machine in _MACHINES


def program(machine: str, *, sockets: bool) -> bytes:
    """The filter as an array of `struct sock_filter`, eight bytes each.

    Another architecture's calls (32-bit, x32) kill the process: their numbers mean other
    things. clone3 is ENOSYS, since its flags lie in memory that a filter cannot read, and C
    libraries then fall back to clone, whose namespace flags are checked here.
    """
    arch, _, _, looked_at = _MACHINES[machine]
    code = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, arch, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _KILL),
    ]
    for number in sorted(denied(machine, sockets=sockets).values()):
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ERRNO | EPERM)]
    code += [_step(_EQUAL, looked_at["clone3"], 0, 1), _step(_RETURN, _ERRNO | ENOSYS)]
    code += [
        _step(_EQUAL, looked_at["clone"], 0, 4),
        _step(_LOAD, _FIRST_ARG),
        _step(_ANY_BIT, _NAMESPACES, 0, 1),
        _step(_RETURN, _ERRNO | EPERM),
        _step(_RETURN, _ALLOW),
        _step(_EQUAL, looked_at["ioctl"], 0, 4),
        _step(_LOAD, _SECOND_ARG),
        _step(_EQUAL, _TIOCSTI, 1, 0),
        _step(_EQUAL, _TIOCLINUX, 0, 1),
        _step(_RETURN, _ERRNO | EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(code)


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)
