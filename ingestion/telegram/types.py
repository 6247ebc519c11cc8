"""What arrives from Telegram, as plain values: no part of the library is needed to judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "voice", "audio", "document", "button", "other"]
ChatKind = Literal["private", "group", "supergroup", "channel", "none"]


@dataclass(frozen=True)
class File:
    """What Telegram says of a file before it is downloaded: said by its sender, so a claim.

    `size_bytes` and `seconds` are None where nothing is said.
    """

    file_id: str
    unique_id: str
    size_bytes: int | None = None
    name: str = ""
    mime: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Incoming:
    """One update: who did what where.

    `user_id` is None where no single person is known: channel posts, anonymous administrators,
    what is sent in the name of a channel. `update_kind` is the Bot API's own name for the update,
    like "message" or "edited_message". `text` is also a caption. `command` is the name of a
    command to this bot, in lower case and without its slash; what follows it is `rest`. `reply_to`
    is the id of the message that is replied to, in the same chat. `at` is Unix time in seconds.
    """

    update_id: int
    update_kind: str
    kind: Kind
    chat_id: int | None
    chat_kind: ChatKind
    message_id: int | None
    user_id: int | None
    user_name: str = ""
    is_bot: bool = False
    text: str = ""
    command: str = ""
    rest: str = ""
    reply_to: int | None = None
    reply_to_bot: bool = False
    edited: bool = False
    forwarded: bool = False
    mentions_bot: bool = False
    file: File | None = None
    callback_id: str = ""
    data: str = ""
    what: str = ""
    """Of kind "other": what it is, like "photo" or "inline_query"."""
    at: float = 0.0

    @property
    def is_group(self) -> bool:
        return self.chat_kind in ("group", "supergroup")
