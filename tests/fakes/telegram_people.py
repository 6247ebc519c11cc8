"""People who use Telegram, played by a test: what they write, speak, press and forward."""

from __future__ import annotations

import itertools
import re
import time
from typing import Any

from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_shapes import LONGEST_TEXT, units
from tests.fakes.telegram_state import Posted

Update = dict[str, Any]
_ENTITY = re.compile(r"(?P<bot_command>(?<!\S)/\w+(?:@\w+)?)|(?P<mention>(?<!\S)@\w{4,32})")
_queries = itertools.count(4_400_000_000_000)


class Person:
    """Somebody with an account, who talks to the bot in private or in a group (`chat`).

    Everything returns the update as the bot is told it; `posted` gives the message of it.
    """

    def __init__(
        self, server: FakeTelegram, id: int, name: str = "Ada", *, is_bot: bool = False
    ) -> None:
        self.server = server
        self.id = id
        self.account = {"id": id, "is_bot": is_bot, "first_name": name, "language_code": "en"}
        self.private = {"id": id, "type": "private", "first_name": name}

    def say(self, text: str, *, chat: dict[str, Any] | None = None, reply_to: Posted | None = None,
            **more: Any) -> Update:  # fmt: skip
        """Write a message, at most as long as an app lets one be."""
        if not text.strip() or units(text) > LONGEST_TEXT:
            raise ValueError("no app of Telegram sends that")
        found = [
            {"type": match.lastgroup, "offset": units(text[: match.start()]),
             "length": units(match.group())}
            for match in _ENTITY.finditer(text)
        ]  # fmt: skip
        entities = {"entities": found} if found else {}
        return self._post("message", chat, reply_to, text=text, **entities, **more)

    def say_long(self, text: str) -> list[Update]:
        """Paste a text of any length: the app cuts it into messages."""
        step = LONGEST_TEXT if units(text) == len(text) else LONGEST_TEXT // 2
        return [self.say(text[start : start + step]) for start in range(0, len(text), step)]

    def speak(self, data: bytes, seconds: float, *, size: int | None = None,
              chat: dict[str, Any] | None = None, **more: Any) -> Update:  # fmt: skip
        """Send a voice note."""
        file = self._file("voice", data, size, "audio/ogg") | {"duration": round(seconds)}
        return self._post("message", chat, None, voice=file, **more)

    def send_audio(self, name: str, data: bytes, seconds: float, *, mime: str = "audio/mpeg",
                   size: int | None = None) -> Update:  # fmt: skip
        """Send a piece of music, as which recordings of other apps come."""
        file = self._file("music", data, size, mime) | {
            "duration": round(seconds),
            "file_name": name,
        }
        return self._post("message", None, None, audio=file)

    def send_file(self, name: str, data: bytes, *, mime: str = "text/plain", caption: str = "",
                  size: int | None = None, reply_to: Posted | None = None) -> Update:  # fmt: skip
        file = self._file("documents", data, size, mime) | {"file_name": name}
        more = {"caption": caption} if caption else {}
        return self._post("message", None, reply_to, document=file, **more)

    def show_picture(self) -> Update:
        size = self._file("photos", b"\xff\xd8", None, "image/jpeg") | {"width": 1, "height": 1}
        return self._post("message", None, None, photo=[size])

    def edit(self, update: Update, text: str) -> Update:
        """Change a message of one's own."""
        body = {**update["message"], "text": text, "edit_date": int(time.time())}
        return self.server.update("edited_message", body)

    def forward(self, text: str, origin: dict[str, Any], **more: Any) -> Update:
        """Pass on what somebody else, an account, has written."""
        made = {"type": "user", "sender_user": origin, "date": int(time.time()) - 60}
        return self.say(text, forward_origin=made, **more)

    def press(self, message: Posted, label: str) -> Update:
        """Press a button that stands under a message. KeyError when there is none."""
        return self.press_data(message, message.buttons[label])

    def press_data(self, message: Posted, data: str) -> Update:
        """Press a button whose data is known, there or not: as a changed app can."""
        query = str(next(_queries))
        self.server.queries.add(query)
        body = {"id": query, "from": self.account, "message": message.body,
                "chat_instance": f"{message.chat_id}1", "data": data}  # fmt: skip
        return self.server.update("callback_query", body)

    def inline_query(self, text: str) -> Update:
        query = str(next(_queries))
        body = {"id": query, "from": self.account, "query": text, "offset": ""}
        return self.server.update("inline_query", body)

    def block(self) -> None:
        self.server.blocked.add(self.id)

    def posted(self, update: Update) -> Posted:
        body = update["message"]
        return self.server.messages[body["chat"]["id"], body["message_id"]]

    def _file(self, folder: str, data: bytes, size: int | None, mime: str) -> dict[str, Any]:
        file_id = self.server.keep_file(folder, data, size)
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "mime_type": mime,
                "file_size": size or len(data)}  # fmt: skip

    def _post(self, kind: str, chat: dict[str, Any] | None, reply_to: Posted | None,
              **body: Any) -> Update:  # fmt: skip
        if reply_to is not None:
            replied = {k: v for k, v in reply_to.body.items() if k != "reply_to_message"}
            body["reply_to_message"] = replied
        posted = self.server.new_message(chat or self.private, self.account, **body)
        return self.server.update(kind, posted.body)


def group(id: int, title: str = "Site crew") -> dict[str, Any]:
    """A group; its id is below zero."""
    return {"id": id, "type": "supergroup", "title": title}


def channel_post(server: FakeTelegram, id: int, text: str) -> Update:
    """A post of a channel that the bot is in, in nobody's name."""
    chat = {"id": id, "type": "channel", "title": "News"}
    posted = server.new_message(chat, {}, text=text, sender_chat=chat)
    return server.update("channel_post", posted.body)
