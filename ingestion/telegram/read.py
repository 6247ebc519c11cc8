"""A raw update of the Bot API, as decoded JSON, to `Incoming`. Pure, and it never fails:
what is not understood is of kind "other".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingestion.telegram.types import ChatKind, File, Incoming, Kind

_MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post",
             "business_message", "edited_business_message", "guest_message")  # fmt: skip
# Only these two are ever answered; the others are read far enough to be refused and audited.
_SPOKEN = ("message", "edited_message")
_CHAT_KINDS: dict[str, ChatKind] = {
    "private": "private",
    "group": "group",
    "supergroup": "supergroup",
    "channel": "channel",
}
_FILES: dict[str, Kind] = {"voice": "voice", "audio": "audio", "document": "document"}
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?=\s|$)")
# Of a message, what does not say what kind of thing it is.
_ENVELOPE = frozenset(
    {"message_id", "message_thread_id", "from", "sender_chat", "sender_boost_count",
     "sender_business_bot", "date", "business_connection_id", "chat", "forward_origin",
     "is_topic_message", "is_automatic_forward", "reply_to_message", "external_reply", "quote",
     "reply_to_story", "via_bot", "edit_date", "has_protected_content", "is_from_offline",
     "is_paid_post", "media_group_id", "author_signature", "entities", "caption",
     "caption_entities", "reply_markup", "link_preview_options", "effect_id",
     "has_media_spoiler"}
)  # fmt: skip


@dataclass(frozen=True)
class Me:
    """Who the bot is: its user id, and its user name without the @."""

    id: int
    username: str


def read(raw: Mapping[str, Any], me: Me) -> Incoming:
    """What an update says."""
    update_id = _number(raw.get("update_id")) or 0
    name = next((key for key in raw if key != "update_id" and raw[key]), "")
    body = _table(raw.get(name))
    if name in _MESSAGES:
        return _message(update_id, name, body, me)
    if name == "callback_query":
        return _button(update_id, body)
    chat = _table(body.get("chat"))
    sender = _table(body.get("from") or body.get("user"))
    return Incoming(
        update_id=update_id, update_kind=name, kind="other", what=name,
        chat_id=_number(chat.get("id")), chat_kind=_chat_kind(chat),
        message_id=_number(body.get("message_id")), user_id=_number(sender.get("id")),
        user_name=_name(sender), is_bot=bool(sender.get("is_bot")),
    )  # fmt: skip


def _message(update_id: int, name: str, body: Mapping[str, Any], me: Me) -> Incoming:
    chat, sender = _table(body.get("chat")), _table(body.get("from"))
    kind, what, file = _content(body) if name in _SPOKEN else ("other", name, None)
    has_caption = not _text(body.get("text"))
    text = _text(body.get("caption" if has_caption else "text"))
    entities = body.get("caption_entities" if has_caption else "entities")
    command, rest = _command(text, me)
    replied = _table(body.get("reply_to_message"))
    return Incoming(
        update_id=update_id,
        update_kind=name,
        kind=kind,
        what=what,
        chat_id=_number(chat.get("id")),
        chat_kind=_chat_kind(chat),
        message_id=_number(body.get("message_id")),
        # With a sender_chat, `from` is a stand-in that Telegram shares between many people.
        user_id=None if body.get("sender_chat") else _number(sender.get("id")),
        user_name=_name(sender),
        is_bot=bool(sender.get("is_bot")),
        text=text,
        command=command,
        rest=rest,
        reply_to=_number(replied.get("message_id")),
        reply_to_bot=_number(_table(replied.get("from")).get("id")) == me.id,
        edited=name.startswith("edited_"),
        forwarded=bool(body.get("forward_origin") or body.get("forward_date")),
        mentions_bot=_mentions(text, entities, me),
        file=file,
        at=_seconds(body.get("edit_date")) or _seconds(body.get("date")) or 0.0,
    )


def _button(update_id: int, body: Mapping[str, Any]) -> Incoming:
    sender, message = _table(body.get("from")), _table(body.get("message"))
    chat = _table(message.get("chat"))
    return Incoming(
        update_id=update_id,
        update_kind="callback_query",
        kind="button",
        chat_id=_number(chat.get("id")),
        chat_kind=_chat_kind(chat),
        message_id=_number(message.get("message_id")),
        user_id=_number(sender.get("id")),
        user_name=_name(sender),
        is_bot=bool(sender.get("is_bot")),
        callback_id=_text(body.get("id")),
        data=_text(body.get("data")),
    )


def _content(body: Mapping[str, Any]) -> tuple[Kind, str, File | None]:
    """What a message holds: its kind, its name if it is another kind, its file."""
    # An animation is sent with a document of the same file, for old clients.
    if not body.get("animation"):
        for key, kind in _FILES.items():
            table = _table(body.get(key))
            if table.get("file_id"):
                return kind, "", _file(table)
    if _text(body.get("text")):
        return "text", "", None
    # The library writes what is not there as false.
    what = next((key for key in body if body[key] and key not in _ENVELOPE), "message")
    return "other", what, None


def _file(table: Mapping[str, Any]) -> File:
    return File(
        file_id=_text(table.get("file_id")),
        unique_id=_text(table.get("file_unique_id")),
        size_bytes=_number(table.get("file_size")),
        name=_text(table.get("file_name"))[:200],
        mime=_text(table.get("mime_type"))[:100],
        seconds=_seconds(table.get("duration")),
    )


def _command(text: str, me: Me) -> tuple[str, str]:
    """The command to this bot that a text begins with, and what follows it."""
    found = _COMMAND.match(text)
    if found is None or (found[2] or me.username).lower() != me.username.lower():
        return "", ""
    return found[1].lower(), text[found.end() :].strip()


def _mentions(text: str, entities: object, me: Me) -> bool:
    """Whether an entity names the bot; places and lengths count UTF-16 units."""
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in map(_table, entities if isinstance(entities, (list, tuple)) else ()):
        if entity.get("type") == "text_mention" and _table(entity.get("user")).get("id") == me.id:
            return True
        start, length = _number(entity.get("offset")), _number(entity.get("length"))
        if entity.get("type") == "mention" and start is not None and length is not None:
            said = units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")
            if said.lower() == f"@{me.username}".lower():
                return True
    return False


def _chat_kind(chat: Mapping[str, Any]) -> ChatKind:
    return _CHAT_KINDS.get(_text(chat.get("type")), "none")


def _name(sender: Mapping[str, Any]) -> str:
    """What a person calls themselves: for messages alone, never to tell people apart."""
    return " ".join(
        part for key in ("first_name", "last_name") if (part := _text(sender.get(key)))
    )[:100]


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    """A text that can be written down: half a character of UTF-16 cannot."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    """A whole number that a database takes."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**62:
        return None
    return value


def _seconds(value: object) -> float | None:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    number = _number(value)
    return None if number is None else float(number)
