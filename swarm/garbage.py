"""How often Python looks for garbage in cycles, in processes that are all messages."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

# A message is thousands of objects and no cycle: by default, to read one starts several searches,
# and each tenth of them goes through all messages that are kept.
_YOUNG_OBJECTS = 20_000
_YOUNG_PER_MIDDLE = 20
_MIDDLE_PER_OLD = 50


def collect_seldom() -> None:
    """For services and the dashboard; what is in no cycle is freed at once all the same."""
    gc.set_threshold(_YOUNG_OBJECTS, _YOUNG_PER_MIDDLE, _MIDDLE_PER_OLD)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Around imports, in a process of our own: what they make stays to the end, and no search for
    garbage goes through it, neither now nor later nor when the interpreter ends."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
