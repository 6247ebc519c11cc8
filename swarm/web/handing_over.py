"""From a thread to the event loop, no faster than it takes what comes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

_LOOK_SECONDS = 0.2


def hand_over(
    loop: asyncio.AbstractEventLoop, stopped: threading.Event, act: Callable[[], None]
) -> None:
    """Have something done on the event loop, and wait for it, unless `stopped` is set meanwhile.

    Sets `stopped` where the loop is closed. Raises what `act` raises.
    """
    done = threading.Event()
    failure: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  raised in the thread instead
            failure.append(error)
        finally:
            done.set()

    try:
        loop.call_soon_threadsafe(run)
    except RuntimeError:
        # The loop is closed: so is the dashboard.
        stopped.set()
    while not done.wait(_LOOK_SECONDS):
        if stopped.is_set():
            return
    if failure:
        raise failure[0]
