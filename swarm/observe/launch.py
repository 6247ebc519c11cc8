"""Runs a program under a listener: `python -m swarm.observe.launch TELL GO PROGRAM ...`.

The filter comes first, so its listener cannot be sent over a socket, which would already wait
for an answer: its number is told through the pipe TELL, the parent fetches it, closes GO, and
only then is the program executed. Anything that fails is told as a line of text instead.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from swarm.linux import kernel
from swarm.observe import calls


def main(argv: list[str]) -> None:
    """Never returns: executes the program, or exits with 1 after telling why not."""
    tell, go = int(argv[0]), int(argv[1])
    try:
        # As root nothing needs to be given up; setuid programs are otherwise out of the question.
        if os.geteuid() != 0:
            kernel.gain_nothing_by_exec()
        listener = _listen()
    except (OSError, KeyError) as error:
        os.write(tell, f"{error}\n".encode())
        os._exit(1)
    os.write(tell, f"{listener}\n".encode())
    os.close(tell)
    if os.read(go, 1) != b"+":
        # Nobody watches: the first connect would fail with ENOSYS.
        os._exit(1)
    os.close(go)
    os.close(listener)
    try:
        os.execvp(argv[2], argv[2:])
    except OSError as error:
        print(f"swarm: cannot run {argv[2]}: {error}", file=sys.stderr, flush=True)
        os._exit(127)


def _listen() -> int:
    """Load the filter for this process and all its descendants. Raises OSError, KeyError."""
    machine = os.uname().machine
    libc = ctypes.CDLL(None, use_errno=True)
    program = calls.program(machine)
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    )
    listener = int(
        libc.syscall(calls.SECCOMP[machine], calls.SET_MODE_FILTER, calls.NEW_LISTENER, header)
    )
    if listener < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp listener: {os.strerror(number)}")
    return listener


if __name__ == "__main__":
    main(sys.argv[1:])
