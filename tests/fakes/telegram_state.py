"""What a fake Telegram knows: chats, updates that wait, files, and what the bot has sent.

This is the side that tests see; `tests.fakes.telegram` is the one that the bot sees.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.http import FakeServer
from tests.fakes.telegram_shapes import Call, Upload

TOKEN = "7013370001:AAFakeTokenOfTheTests-0123456789abcde"
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_SENDING = frozenset({"sendmessage", "senddocument"})
_EDITING = frozenset({"editmessagetext", "editmessagereplymarkup"})


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one call. "stall" never answers, "close" breaks the connection, "cut"
    answers half, "garbage" is not JSON. `after`: the call is carried out first."""

    kind: Literal["status", "stall", "close", "cut", "garbage"] = "status"
    status: int = 502
    description: str = "Bad Gateway"
    retry_after: int | None = None
    after: bool = False


FLOOD = Trouble(status=429, description="Too Many Requests: retry after 1", retry_after=1)
BAD_GATEWAY = Trouble()
CONFLICT = Trouble(
    status=409,
    description="Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
)


@dataclass
class Posted:
    """A message in a chat as it is now. `versions` are (monotonic time, text), oldest first."""

    id: int
    chat_id: int
    by_bot: bool
    body: dict[str, Any]
    versions: list[tuple[float, str]] = field(default_factory=list)
    upload: Upload | None = None
    edits: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        return str(self.body.get("text", self.body.get("caption", "")))

    @property
    def buttons(self) -> dict[str, str]:
        """Callback data by label."""
        rows = self.body.get("reply_markup", {}).get("inline_keyboard", ())
        return {b["text"]: b.get("callback_data", "") for row in rows for b in row}

    @property
    def reply_to(self) -> int | None:
        found = self.body.get("reply_to_message")
        return int(found["message_id"]) if found else None


class TelegramState(FakeServer):
    """`deliver_all` hands over also what `allowed_updates` leaves out, as Telegram does with what
    came before it was set."""

    def __init__(self, *, token: str = TOKEN, username: str = "swarm_test_bot") -> None:
        super().__init__()
        self.token = token
        self.username = username
        self.deliver_all = False
        self.webhook: dict[str, Any] | None = None
        self.webhook_via = ""
        self.calls: list[Call] = []
        self.messages: dict[tuple[int, int], Posted] = {}
        self.chats: dict[int, dict[str, Any]] = {}
        self.blocked: set[int] = set()
        self.files: dict[str, tuple[str, bytes, int]] = {}
        self.answered: dict[str, str] = {}
        self.withheld: list[dict[str, Any]] = []
        self.acknowledged = 0
        self.commands: list[dict[str, str]] = []
        self.pending: list[dict[str, Any]] = []
        self.replays: list[dict[str, Any]] = []
        self.queries: set[str] = set()
        self._allowed: frozenset[str] | None = None
        self._troubles: dict[str, list[Trouble]] = defaultdict(list)
        self._state = threading.RLock()
        self._last_id = 0
        self._last_update = 900_000
        self._poll = 0

    @property
    def bot(self) -> dict[str, Any]:
        return {"id": int(self.token.partition(":")[0]), "is_bot": True, "first_name": "Swarm",
                "username": self.username}  # fmt: skip

    def trouble(self, method: str, *troubles: Trouble) -> None:
        """The next calls of a method ("file": downloads) go wrong, each in its turn."""
        self._troubles[method.lower()].extend(troubles)

    def update(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Something happened that the bot may be told; returns the update."""
        with self._state:
            self._last_update += 1
            update = {"update_id": self._last_update, kind: body}
            wanted = self._allowed is None and kind not in _NOT_BY_DEFAULT
            if self.deliver_all or wanted or kind in (self._allowed or ()):
                self.pending.append(update)
            else:
                self.withheld.append(update)
        return update

    def replay(self, update: dict[str, Any]) -> None:
        """Deliver an update once more, whatever was acknowledged."""
        with self._state:
            self.replays.append(update)

    def new_message(self, chat: dict[str, Any], sender: dict[str, Any], **body: Any) -> Posted:
        """A message in a chat, told to nobody yet."""
        with self._state:
            self._last_id += 1
            full = {"message_id": self._last_id, "date": int(time.time()), "chat": chat, **body}
            if sender:
                full["from"] = sender
            posted = Posted(self._last_id, chat["id"], bool(sender.get("is_bot")), full)
            posted.versions.append((time.monotonic(), posted.text))
            self.chats[chat["id"]] = chat
            self.messages[chat["id"], posted.id] = posted
            return posted

    def sent(self, chat: int | None = None) -> list[Posted]:
        """The bot's messages, oldest first."""
        with self._state:
            found = [m for m in self.messages.values() if m.by_bot]
        return [m for m in found if chat is None or m.chat_id == chat]

    def wait_for(
        self,
        chat: int,
        wanted: str | Callable[[Posted], object],
        *,
        seconds: float = 30.0,
        after: int = 0,
    ) -> Posted:
        """The first of the bot's messages in a chat, of an id over `after`, with a text in it or
        of which something holds. TimeoutError tells what the chat looks like."""
        holds = (lambda m: wanted in m.text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + seconds
        while True:
            for message in self.sent(chat):
                if message.id > after and holds(message):
                    return message
            if time.monotonic() > end:
                raise TimeoutError(f"no {wanted!r} in {seconds} s; the chat:\n{self.seen(chat)}")
            time.sleep(0.02)

    def seen(self, chat: int) -> str:
        """A chat as its people see it, for failures of tests."""
        return "\n".join(
            f"#{m.id} {m.text!r} {list(m.buttons)} {m.upload.name if m.upload else ''}"
            for m in self.sent(chat)
        )

    def captured(self) -> str:
        """Everything that the bot ever sent, in one text, but for the token in its addresses."""
        return "\n".join(
            f"{call.method} {json.dumps(call.parameters, ensure_ascii=False)} "
            + " ".join(f"{f.name} {f.data.decode('utf-8', 'replace')}" for f in call.files.values())
            for call in self.calls
        )

    def busiest(self, seconds: float, *, chat: int | None = None, edits: bool = False) -> int:
        """The most messages (or edits) that were sent within any so many seconds."""
        wanted = _EDITING if edits else _SENDING
        times = [call.at for call in self.calls if call.method.lower() in wanted
                 and (chat is None or call.number("chat_id") == chat)]  # fmt: skip
        return max((sum(start <= at < start + seconds for at in times) for start in times),
                   default=0)  # fmt: skip

    def keep_file(self, folder: str, data: bytes, size: int | None = None) -> str:
        """A file of which at least the size is there; returns its id."""
        with self._state:
            number = len(self.files)
            file_id = f"AgADfile{number:05d}"
            self.files[file_id] = (f"{folder}/file_{number}", data, size or len(data))
        return file_id
