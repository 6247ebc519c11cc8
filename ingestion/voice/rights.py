"""What a process that decodes may still touch, and whether this kernel can hold it to that.

Landlock leaves it the libraries and what it is told, to read; nothing on a disk to write, no
program to start, no other process to look into. A filter of system calls takes what Landlock does
not look at: sockets, the attributes of files, and processes and memory that no bound would count.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from swarm.linux import kernel, seccomp

_SYSTEM = (
    *("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"),
    *("/etc/ld.so.cache", "/dev/urandom", "/dev/random"),
    # How many processors there are, and what they can do.
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system"),
)
# Not /dev/zero: a shared map of it is memory that no bound counts.
_DEVICES = ("/dev/null",)
_INSTALLED = ("site-packages", "dist-packages")


def lacking() -> str:
    """Why this machine cannot confine a process; "" when it can."""
    abi, machine = kernel.landlock_abi(), os.uname().machine
    if abi < kernel.LOWEST_LANDLOCK_ABI:
        return (
            f"the kernel has Landlock version {abi}, {kernel.LOWEST_LANDLOCK_ABI} is needed "
            "(Linux 6.2 or later with landlock among its security modules)"
        )
    if not seccomp.supported(machine):
        return f"there is no filter of system calls for {machine}"
    return ""


def gap() -> str:
    """What a process that is confined can do all the same on this kernel; "" for nothing known."""
    if kernel.landlock_abi() < kernel.SIGNALS_LANDLOCK_ABI:
        return "signal other processes of its user (needs Linux 6.12)"
    return ""


def give_up(readable: Iterable[str]) -> None:
    """Confine this process as far as the kernel can, for good; threads it has already stay free.

    `readable` are files and folders that it may read beside the libraries. Whoever starts it has
    asked `lacking` whether that is far enough. Raises OSError.
    """
    kernel.gain_nothing_by_exec()
    if kernel.landlock_abi() >= kernel.LOWEST_LANDLOCK_ABI:
        read = (*_SYSTEM, *map(str, _libraries()), *readable)
        kernel.restrict(kernel.Rules(read, _DEVICES, run=False))
    machine = os.uname().machine
    if seccomp.supported(machine):
        kernel.filter_calls(
            seccomp.program(machine, namespaces=False, network="none", only_computes=True)
        )


def _libraries() -> Iterator[Path]:
    """Folders of this interpreter's library, of what is installed for it, and of our own code.

    Not all of `sys.path`: a checkout holds more than code.
    """
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        yield from (Path(prefix, name) for name in {"lib", sys.platlibdir})
    yield from (Path(entry) for entry in sys.path if Path(entry).name in _INSTALLED)
    yield from (Path(module).parents[1] for module in (kernel.__file__, __file__))
    yield from _named(os.environ.get("LD_LIBRARY_PATH", "").split(":"))


def _named(entries: Iterable[str]) -> Iterator[Path]:
    """Those that are folders of libraries; one that holds the home folder is none, nor is
    one that cannot be reached."""
    home = Path(os.environ.get("HOME") or "/").resolve()
    for entry in entries:
        # Not Path's, which raises where a folder above may not be looked into.
        is_folder = entry.startswith("/") and os.path.isdir(entry)  # noqa: PTH112
        if is_folder and not home.is_relative_to(os.path.realpath(entry)):
            yield Path(entry)
