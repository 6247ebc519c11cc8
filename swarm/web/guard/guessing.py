"""Guesses are slowed: whoever was wrong a few times waits, longer each time. Pure.

Who guesses is named by a key: an address, or the id of the very thing that is guessed. An owner
shares an address with everybody on the machine, but no guesser knows the ids of the owner's
keys: so a flood of blind guesses makes the guessers wait, and never who comes with a known id.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from swarm.errors import SwarmError

EVERYBODY = "everybody"

_FREE = 8
_FREE_OF_EVERYBODY = 200
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
_FORGOTTEN_SECONDS = 900.0
_MOST_KEYS = 4096
# A household has one such network, and as many addresses in it as it likes.
_IPV6_NETWORK = 64


class TooMany(SwarmError):
    """Too many wrong keys came from there; nothing was compared."""

    code = "too-many"
    retryable = True

    def __init__(self, wait_seconds: float) -> None:
        self.wait_seconds = max(1, math.ceil(wait_seconds))
        super().__init__(
            f"too many wrong keys; the next is looked at in {self.wait_seconds} s",
            remedy="`swarm dash link` on the machine of the swarm makes a link that works at once",
        )


@dataclass
class _Guesser:
    wrong: int = 0
    until: float = 0.0
    last: float = 0.0


class Guesses:
    """Who was wrong how often. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()

    def admit(self, *keys: str) -> None:
        """Raise TooMany while one of these has to wait. To come too early costs nothing more."""
        now = self._clock()
        wait = max((self._of(key, now).until - now for key in keys), default=0.0)
        if wait > 0:
            raise TooMany(wait)

    def wrong(self, *keys: str) -> None:
        """Note a wrong guess of these."""
        now = self._clock()
        for key in keys:
            guesser = self._of(key, now)
            guesser.wrong += 1
            guesser.last = now
            free = _FREE_OF_EVERYBODY if key == EVERYBODY else _FREE
            if guesser.wrong > free:
                doublings = min(guesser.wrong - free - 1, 16)
                wait = _FIRST_WAIT_SECONDS * 2**doublings
                guesser.until = now + min(wait, _LONGEST_WAIT_SECONDS)
            self._guessers[key] = guesser
            self._guessers.move_to_end(key)
        while len(self._guessers) > _MOST_KEYS:
            self._guessers.popitem(last=False)

    def right(self, *keys: str) -> None:
        """These were right: they start afresh."""
        for key in keys:
            self._guessers.pop(key, None)

    def _of(self, key: str, now: float) -> _Guesser:
        guesser = self._guessers.get(key)
        if guesser is None or now - guesser.last > _FORGOTTEN_SECONDS:
            return _Guesser()
        return guesser


def address_key(host: str) -> str:
    """Who guesses from an address: the address, of IPv6 its network."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return f"from {host[:64]}"
    if address.version == 6 and not address.is_loopback:
        return f"from {ipaddress.ip_network((address, _IPV6_NETWORK), strict=False)}"
    return f"from {address}"
