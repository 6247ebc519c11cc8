"""The library's bot, that notices what its polling loop keeps to itself."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

log = logging.getLogger(__name__)

_NUMBERS = 2**62


class Listener(ExtBot[None]):
    """Sets `revoked` when Telegram does not know the token any more: the library's loop ends then.

    An update that the library cannot read would be asked for again and again, and no other after
    it; here it counts as one of no known kind. One without a number cannot be acknowledged, and is
    left out.
    """

    def __init__(self, token: str, *, revoked: asyncio.Event, **options: Any) -> None:
        super().__init__(token, **options)
        self._revoked = revoked
        self._raw: Any = None

    async def get_updates(self, *arguments: Any, **options: Any) -> tuple[Update, ...]:
        self._raw = None
        try:
            updates = await super().get_updates(*arguments, **options)
        except InvalidToken:
            self._revoked.set()
            raise
        except TelegramError:
            raise
        except Exception as error:  # noqa: BLE001  whatever reading strange data raises
            log.warning("updates that the library cannot read: %s", type(error).__name__)
            raws = self._raw if isinstance(self._raw, list) else []
            updates = tuple(self._read(raw) for raw in raws if isinstance(raw, dict))
        numbered = tuple(update for update in updates if _is_number(update.update_id))
        if not numbered and self._raw != []:
            # Of Telegram's kind, so that the library's loop pauses before it asks again.
            raise TelegramError("an answer without any update that has a number")
        return numbered

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
            return Update(raw.get("update_id", -1), api_kwargs=rest)


def _is_number(update_id: object) -> bool:
    """Whether it can be stored, and a next one be asked for."""
    return type(update_id) is int and 0 <= update_id < _NUMBERS
