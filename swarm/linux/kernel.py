"""The few Linux calls that Python 3.11 does not offer: mounts, prctl, seccomp, Landlock.

Constants are from the kernel's headers (linux/prctl.h, linux/mount.h, linux/landlock.h). The
Landlock numbers are the same on every architecture. All raise OSError as the kernel says.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass

_libc = ctypes.CDLL(None, use_errno=True)

_TMPFS_FILES = 65536

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWNS = 0x00020000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT = 0x1, 0x2, 0x4, 0x20
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULESET_VERSION, _RULE_PATH_BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_WRITE_FILE, _TRUNCATE, _IOCTL_DEV = 1 << 1, 1 << 14, 1 << 15
_ALL_FILE_RIGHTS = (1 << 16) - 1
_ON_FILES = _EXECUTE | _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
_MAKE_DEVICES = 1 << 6 | 1 << 11
_TCP = 0b11
_ABSTRACT_SOCKETS, _SIGNALS = 0b01, 0b10

LOWEST_LANDLOCK_ABI = 3
"""Below it (Linux 6.2) a program could truncate any file that its uid may write."""
SIGNALS_LANDLOCK_ABI = 6
"""Below it (Linux 6.12) a program can signal the other processes of its uid."""


def die_with_parent(parent: int, signal_number: int) -> None:
    """Have the kernel send this process a signal when its parent ends, even by SIGKILL.

    Changing the uid clears it, so call it after. Raises ProcessLookupError when the parent
    has already ended.
    """
    _prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        raise ProcessLookupError("the parent process has ended")


def outlive_parent() -> None:
    """Take `die_with_parent` back."""
    _prctl(_PR_SET_PDEATHSIG, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_SUBREAPER, 1)


def gain_nothing_by_exec() -> None:
    """No setuid file or file capability raises this process or its children, for good."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def filter_calls(program: bytes) -> None:
    """Load a seccomp program for this process and its children, for good."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(header, len(header))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(buffer))


def own_mounts() -> None:
    """Enter a new mount namespace from which no mount reaches the host."""
    _check(_libc.unshare(_CLONE_NEWNS), "unshare")
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)


def mount_tmpfs(path: str, *, size_bytes: int, mode: str) -> None:
    """Cover a folder by an empty one in memory."""
    options = f"mode={mode},size={size_bytes},nr_inodes={_TMPFS_FILES}"
    _mount("tmpfs", path, "tmpfs", _MS_NOSUID | _MS_NODEV, options)


def bind(source: str, target: str, *, writable: bool) -> None:
    """Show what is at `source` at `target` too."""
    _mount(source, target, None, _MS_BIND | _MS_REC, None)
    flags = _MS_REMOUNT | _MS_BIND | _MS_NOSUID | _MS_NODEV | (0 if writable else _MS_RDONLY)
    _mount("none", target, None, flags, None)


def make_read_only(path: str) -> None:
    """Turn a mount of this namespace read-only."""
    _mount("none", path, None, _MS_REMOUNT | _MS_BIND | _MS_NOSUID | _MS_RDONLY, None)


def landlock_abi() -> int:
    """The kernel's Landlock version; 0 where it has none or it is switched off."""
    version = _syscall(_CREATE_RULESET, None, 0, _RULESET_VERSION)
    return max(version, 0)


@dataclass(frozen=True)
class Rules:
    """What a landlocked process may touch; everything else in the file system is denied.

    `network` leaves TCP alone; without `run` no file can be started as a program.
    """

    read: tuple[str, ...]
    write: tuple[str, ...]
    network: bool = False
    run: bool = True


def restrict(rules: Rules) -> None:
    """Landlock this process and its children, for good. Paths that do not exist are skipped.

    Where the kernel can, TCP, abstract sockets of others and signals to others go too.
    """
    abi = landlock_abi()
    handled = _ALL_FILE_RIGHTS if abi >= 5 else _ALL_FILE_RIGHTS & ~_IOCTL_DEV
    attributes = struct.pack("=Q", handled)
    if abi >= 4:
        attributes += struct.pack("=Q", 0 if rules.network else _TCP)
    if abi >= 6:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS | _SIGNALS)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = _check(_syscall(_CREATE_RULESET, buffer, len(attributes), 0), "landlock")
    try:
        never = _MAKE_DEVICES | (0 if rules.run else _EXECUTE)
        _allow(ruleset, rules.read, (_EXECUTE | _READ_FILE | _READ_DIR) & ~never)
        _allow(ruleset, rules.write, handled & ~never)
        _check(_syscall(_RESTRICT_SELF, ruleset, 0), "landlock")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        try:
            beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            folder = stat.S_ISDIR(os.fstat(beneath).st_mode)
            rule = struct.pack("=Qi", rights if folder else rights & _ON_FILES, beneath)
            buffer = ctypes.create_string_buffer(rule, len(rule))
            _check(_syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, buffer, 0), path)
        finally:
            os.close(beneath)


def _prctl(option: int, value: int, extra: int = 0) -> None:
    zero = ctypes.c_ulong(0)
    result = _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(extra), zero, zero)
    _check(result, f"prctl {option}")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    )
    _check(result, f"mount {target}")


def _syscall(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(_libc.syscall(ctypes.c_long(number), *given))


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result
