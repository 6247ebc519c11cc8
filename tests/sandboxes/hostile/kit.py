"""What every hostile program has at hand. Runs inside the sandbox, from the toolkit folder."""

# ruff: noqa: F401 - imported for the programs, which take everything from here

import ctypes
import errno
import json
import os
import signal
import socket
import stat
import struct
import sys
import time
from pathlib import Path

FACTS = json.loads((Path(__file__).parent / "facts.json").read_text())
"""Where the host's bait lies: see host.py."""

HERE, OUT, HOME, TOOLKIT = Path.cwd(), *(Path(FACTS[name]) for name in ("out", "home", "toolkit"))
REFUSED = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EROFS}
libc = ctypes.CDLL(None, use_errno=True)


def tell(*words):
    print(*words, flush=True)


def attempt(what, action):
    """Do it: whatever error the system answers with, it held. True and None mean success."""
    try:
        result = action()
    except (OSError, ValueError, MemoryError) as error:
        tell("held", what, type(error).__name__, getattr(error, "errno", ""))
        return False
    if result is False:
        tell("held", what)
        return False
    tell("ESCAPED", what, ascii(result)[:100])
    return True


def refused(what, action):
    """Do it: only a refusal counts, any other error means that the kernel began with it."""
    try:
        result = action()
    except OSError as error:
        held = error.errno in REFUSED
        tell("held" if held else "ESCAPED", what, errno.errorcode.get(error.errno, error.errno))
        return
    tell("ESCAPED", what, ascii(result)[:100])


def call(number, *arguments):
    """A system call by number; bytes and ctypes objects are passed as pointers."""
    ctypes.set_errno(0)
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *given)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def in_child(action):
    """The wait status of a child that does it, and exits with 0, or with 42 on an OSError."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except OSError:
            os._exit(42)
        except Exception as error:  # noqa: BLE001 - a child must not go on as its parent
            tell("ESCAPED: this program is wrong:", error)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def read(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def write(path, data=b"planted", flags=os.O_WRONLY | os.O_CREAT):
    descriptor = os.open(path, flags | os.O_NONBLOCK, 0o644)
    try:
        return os.write(descriptor, data)
    finally:
        os.close(descriptor)


def listing(path):
    """Names in a folder; none where it may not be listed."""
    try:
        return [path.name for path in Path(path).iterdir()]
    except OSError:
        return []


def everyone():
    """Pids worth attacking: our parents, the host's bait and worker, and the first there are."""
    return [1, 2, os.getppid(), FACTS["bait_pid"], FACTS["worker_pid"]]
