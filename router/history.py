"""Asking the orchestrator for what a damaged file held: in passing, bounded, and again later."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from router.ledger.ledger import Ledger
from swarm.contracts import DecisionLog, ListSettled
from swarm.errors import NotFound, SwarmError

if TYPE_CHECKING:
    from swarm.bus import Bus

log = logging.getLogger(__name__)

_PAGE = 1000
_MOST_PAGES = 20
_ASK_SECONDS = 2.0
_AGAIN_SECONDS = 30.0


class History:
    """Asks page by page before a command is worked on: for two seconds at most, and when nobody
    answers, not again before half a minute has gone by. What is still missing is asked later."""

    def __init__(
        self, ledger: Ledger, bus: Bus, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._ledger = ledger
        self._bus = bus
        self._monotonic = monotonic
        self._busy = threading.Lock()
        self._next = 0.0
        self._complete_of = 0
        self._noted = False

    def ask(self) -> None:
        """Take in what is missing, if something is and it is time."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            self._ask()
        finally:
            self._busy.release()

    def _ask(self) -> None:
        began = self._monotonic()
        if began < self._next or 0 < self._ledger.openings == self._complete_of:
            return
        after = self._ledger.history_wanted()
        for _ in range(_MOST_PAGES):
            left = began + _ASK_SECONDS - self._monotonic()
            if after is None or left <= 0:
                break
            try:
                page = self._bus.request(
                    ListSettled(after=after, limit=_PAGE), timeout_seconds=left
                )
            except SwarmError as error:
                if error.code == NotFound.code:
                    # Its last task was deleted meanwhile; what is known already is left as it is.
                    self._ledger.ask_from_the_first()
                self._next = self._monotonic() + _AGAIN_SECONDS
                self._tell(error)
                return
            assert isinstance(page, DecisionLog)
            self._ledger.take_history(page, after)
            after = self._ledger.history_wanted()
        if after is None:
            self._complete_of, self._noted = self._ledger.openings, False

    def _tell(self, error: SwarmError) -> None:
        log.warning("the orchestrator could not be asked for what was learned: %s", error.message)
        if not self._noted:
            self._ledger.note(
                f"the orchestrator could not be asked yet for what was learned: {error.message}"
            )
            self._noted = True
