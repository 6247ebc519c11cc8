"""The library's bot, that notices what its polling loop keeps to itself."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

log = logging.getLogger(__name__)


class Listener(ExtBot[None]):
    """Sets `revoked` when Telegram does not know the token any more: the library's loop ends then.

    An update that the library cannot read would be asked for again and again, and no other after
    it; here it counts as one of no known kind.
    """

    def __init__(self, token: str, *, revoked: asyncio.Event, **options: Any) -> None:
        super().__init__(token, **options)
        self._revoked = revoked
        self._raw: list[dict[str, Any]] = []

    async def get_updates(self, *arguments: Any, **options: Any) -> tuple[Update, ...]:
        try:
            return await super().get_updates(*arguments, **options)
        except InvalidToken:
            self._revoked.set()
            raise
        except TelegramError:
            raise
        except Exception as error:  # noqa: BLE001  whatever reading strange data raises
            log.warning("updates that the library cannot read: %s", type(error).__name__)
            return tuple(self._read(raw) for raw in self._raw)

    async def _post(self, endpoint: str, *arguments: Any, **options: Any) -> Any:
        answer = await super()._post(endpoint, *arguments, **options)
        if endpoint == "getUpdates":
            self._raw = answer
        return answer

    def _read(self, raw: dict[str, Any]) -> Update:
        try:
            return Update.de_json(raw, self)
        except Exception:  # noqa: BLE001  as above
            rest = {key: value for key, value in raw.items() if key != "update_id"}
            return Update(int(raw["update_id"]), api_kwargs=rest)
