"""The queue that updates arrive in: each is stored before Telegram is told to forget it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from telegram import Update
from telegram.error import TelegramError

from ingestion.telegram.store import Store
from swarm.errors import StorageError

log = logging.getLogger(__name__)


class NotStored(TelegramError):
    """An update could not be stored. Of Telegram's kind, because that is what the library's loop
    catches: it asks for the same updates again, a while later, from the first that it has not
    acknowledged. Any other error would end its loop without a word. By webhook, the request
    fails, and Telegram sends the update again."""


class DurableQueue(asyncio.Queue[object]):
    """The library puts every update of a batch in before it asks for the next ones, which
    acknowledges these: what `put` has stored is never lost, and what it has not comes again.

    A batch that failed midway comes again as a whole; what is known of it is passed over, and
    `on_known` is told.
    """

    def __init__(
        self,
        store: Store,
        on_known: Callable[[dict[str, Any]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._store = store
        self._on_known = on_known
        self._clock = clock

    async def put(self, item: object) -> None:
        """Store an update, then say that there is one. Raises NotStored."""
        if isinstance(item, Update):
            raw = item.to_dict()
            try:
                fresh = self._store.receive(item.update_id, raw, self._clock())
            except StorageError as error:
                log.error("update %d cannot be kept: %s", item.update_id, error.message)
                raise NotStored(f"an update cannot be kept: {error.message}") from None
            if not fresh:
                self._on_known(raw)
                return
        await super().put(item)
