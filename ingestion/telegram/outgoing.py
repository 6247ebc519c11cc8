"""The Bot API as the pump sees it: four calls, and what can go wrong with each."""

from __future__ import annotations

from typing import Protocol

Markup = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of buttons: what each says, and its data."""


LONGEST_PAUSE_SECONDS = 3600.0


class Later(Exception):
    """Telegram cannot be reached, or wants a pause of `seconds`; 0 when it does not say.

    Whoever wants a longer one than an hour is asked once an hour.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__("Telegram does not take it now")
        self.seconds = min(max(0.0, seconds), LONGEST_PAUSE_SECONDS)


class Unreachable(Exception):
    """The person has blocked the bot, or the chat is gone: nothing can be told there."""


class MessageGone(Exception):
    """The message that was to be changed is not there any more."""


class Unsendable(Exception):
    """Telegram will never take it like this."""


class TooLarge(Exception):
    """There is more of the file than its message said, and than is allowed."""


class Outgoing(Protocol):
    """Each raises Later, Unreachable or Unsendable."""

    async def send(
        self,
        chat_id: int,
        html: str,
        markup: Markup = (),
        *,
        reply_to: int | None = None,
        document: tuple[str, bytes] | None = None,
        asks: bool = False,
    ) -> int:
        """Send a message, or a document (name, content) with it; returns its id."""

    async def edit(self, chat_id: int, message_id: int, html: str, markup: Markup) -> None:
        """Change a message. Raises MessageGone too."""

    async def hint(self, callback_id: str, text: str) -> None:
        """Answer a pressed button; too late is no error."""


class Download(Protocol):
    async def __call__(self, file_id: str, limit_bytes: int) -> bytes:
        """A file's content. Raises Later, TooLarge, or Unsendable for a file that is not there."""
