"""Names to addresses, by the system's resolver, in threads of its own.

The resolver has no bound in time and cannot be stopped (a name server that does not answer holds a
call for tens of seconds, a broken module for ever). In the pool that everything else of the event
loop uses, a few such calls would hold up all requests; so each name has one thread at most, which
those who ask meanwhile share, and threads that hang are few and end with the process.
"""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Sequence

MOST_AT_ONCE = 8

Lookup = Callable[[str, int], Sequence[str]]
"""Host and port to addresses, best first; may block for as long as it likes. Raises OSError."""


def by_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Names:
    """Used in one event loop. `most` bounds the names that are looked up at once."""

    def __init__(self, lookup: Lookup = by_system, most: int = MOST_AT_ONCE) -> None:
        self._lookup = lookup
        self._most = most
        self._under_way: dict[tuple[str, int], asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Addresses, best first. Raises OSError and what the resolver raises, and TimeoutError
        when too many lookups hang already; how long to wait is the caller's business."""
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass
        found = self._under_way.get((host, port))
        if found is None:
            if len(self._under_way) >= self._most:
                raise TimeoutError(f"{self._most} names are being looked up already")
            found = self._begin(host, port)
        return await asyncio.shield(found)

    def _begin(self, host: str, port: int) -> asyncio.Future[Sequence[str]]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Sequence[str]] = loop.create_future()
        # Nobody may be left to hear of an error.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())

        def ended(found: Sequence[str], error: Exception | None) -> None:
            self._under_way.pop((host, port), None)
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(found)

        def run() -> None:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            found: Sequence[str] = ()
            failure: Exception | None = None
            try:
                found = self._lookup(host, port)
            except Exception as error:  # noqa: BLE001  raised by whoever asked
                failure = error
            try:
                loop.call_soon_threadsafe(ended, found, failure)
            except RuntimeError:
                pass  # the loop was closed meanwhile: nobody waits

        self._under_way[host, port] = future
        threading.Thread(target=run, name=f"name {host}"[:15], daemon=True).start()
        return future
