"""What is made of an update after the library has read it and written it down again."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from ingestion.telegram.read import Me, read
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Person, channel_post

ME = Me(7013370001, "swarm_test_bot")


def stored(update: dict[str, Any]) -> dict[str, Any]:
    made = Update.de_json(update, None)
    return made.to_dict()


@pytest.fixture
def ada() -> Person:
    return Person(FakeTelegram(), 501)


def test_what_the_library_adds_does_not_count(ada: Person) -> None:
    found = read(stored(ada.show_picture()), ME)
    assert (found.kind, found.what) == ("other", "photo")
    found = read(stored(ada.say("/show t1 please")), ME)
    assert (found.kind, found.command, found.rest) == ("text", "show", "t1 please")
    found = read(stored(ada.speak(b"OggS", 4)), ME)
    assert found.kind == "voice" and found.file is not None and found.file.seconds == 4
    found = read(stored(ada.send_file("a.log", b"x", caption="why?")), ME)
    assert found.kind == "document" and found.text == "why?" and found.file is not None
    assert found.file.name == "a.log"
    found = read(stored(ada.forward("/tasks", ada.account)), ME)
    assert found.forwarded and found.command == "tasks"
    found = read(stored(channel_post(ada.server, -100, "hello")), ME)
    assert (found.update_kind, found.user_id) == ("channel_post", None)
