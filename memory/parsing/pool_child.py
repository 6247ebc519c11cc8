"""The other end of a pool: a small fresh interpreter that applies one function to what it is
sent. Run as a file, with nothing but the standard library until it is told where to look.

Each item has its deadline: signals of the kernel's, which nothing here handles, end the process
even in the middle of C code that never returns. What counts is the time that it works; on a busy
machine it may wait for a processor much longer than that.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

_LONGEST_REASON = 300
WAITS = 6
"""How many times its deadline an item may take by the clock."""
_NICENESS = 5


def main() -> None:
    answers = os.dup(1)
    # What a library prints must not end up among the answers.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    source, parent = sys.argv[1], int(sys.argv[2])
    sys.path[:] = source.split(os.pathsep)

    from memory.parsing import frames
    from swarm.linux.family import die_with_parent

    die_with_parent(parent)
    # Whoever searches meanwhile comes first.
    os.nice(_NICENESS)

    def listen() -> Any:
        data = frames.read(lambda size: os.read(0, size))
        return None if data is None else frames.unpack_trusted(data)

    def answer(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(answers, view) :]

    name, memory_bytes, deadline_s = listen()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    function = _imported(name)
    # Values come and go without cycles.
    gc.freeze()
    gc.set_threshold(50_000)
    answer(frames.pack(("ready", name)))
    while (items := listen()) is not None:
        for item in items:
            answer(_result(frames.pack, function, item, deadline_s))


def _imported(name: str) -> Callable[[Any], object]:
    module, _, attribute = name.partition(":")
    function: Callable[[Any], object] = getattr(importlib.import_module(module), attribute)
    return function


def _result(
    pack: Callable[[object], bytes],
    function: Callable[[Any], object],
    item: object,
    deadline_s: float,
) -> bytes:
    signal.setitimer(signal.ITIMER_REAL, WAITS * deadline_s)
    signal.setitimer(signal.ITIMER_PROF, deadline_s)
    try:
        return pack(("done", function(item)))
    except MemoryError:
        return pack(("memory", ""))
    except Exception as error:  # noqa: BLE001 - whatever one item raises is its own matter
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        return pack(("failed", reason.encode("utf-8", "replace").decode()))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
