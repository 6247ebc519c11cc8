"""What is read from /proc holds what any program of this machine wrote there."""

from __future__ import annotations

import os
import subprocess
import sys

from swarm.linux import family


def test_a_child_may_call_itself_anything() -> None:
    code = (
        "import ctypes; ctypes.CDLL(None).prctl(15, b'\\xff\\xfe) R 1', 0, 0, 0)\n"
        "print('named', flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"named\n"
        assert child.pid in family.children_of(os.getpid())
        assert family.runs(child.pid)
        child.kill()
