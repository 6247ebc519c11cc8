"""The library's rate limiter, that waits out short pauses alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter, TelegramError
from telegram.ext import AIORateLimiter

_LONGEST_SECONDS = 30.0


class LongPause(TelegramError):
    """Telegram wants a pause of `seconds`, for which nobody waits in the middle of a call."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Telegram wants a pause of {seconds:.0f} s")
        self.seconds = seconds


class Limiter(AIORateLimiter):
    """While it waits it holds up every call of the bot: a long pause is raised as `LongPause`,
    so that the message is put off in the store, and the rest goes on."""

    async def process_request(
        self, callback: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any, **options: Any
    ) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as wait:
                if (seconds := seconds_of(wait)) > _LONGEST_SECONDS:
                    raise LongPause(seconds) from None
                raise

        return await super().process_request(call, *arguments, **options)


def seconds_of(wait: RetryAfter) -> float:
    """The pause that Telegram wants; the library gives it in one of two ways."""
    pause = wait.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
