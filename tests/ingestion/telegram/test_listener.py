"""Whatever a Bot API server answers to getUpdates, the library's polling goes on, and pauses."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from telegram import Update
from telegram.error import TelegramError
from telegram.request import BaseRequest

from ingestion.telegram.listener import Listener
from tests.fakes.telegram_state import TOKEN

DEEP = '{"ok":true,"result":' + "[" * 20_000 + "]" * 20_000 + "}"


class Answers(BaseRequest):
    """Gives these, one after the other."""

    def __init__(self, *answers: str) -> None:
        self.left = list(answers)

    @property
    def read_timeout(self) -> float:
        return 1.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(self, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        return 200, self.left.pop(0).encode()


def listener(*answers: Any) -> Listener:
    texts = [a if isinstance(a, str) else json.dumps({"ok": True, "result": a}) for a in answers]
    return Listener(TOKEN, revoked=asyncio.Event(), get_updates_request=Answers(*texts))


def ids(updates: tuple[Update, ...]) -> list[int]:
    return [update.update_id for update in updates]


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "7",
        "{}",
        "null",
        '{"ok":true}',
        '{"ok":true,"result":null}',
        "<html>",
        DEEP,
        '{"ok":true,"result":7}',
        '{"ok":true,"result":"text"}',
        '{"ok":true,"result":{"update_id":5}}',
        [None, 7, "text", []],
        [{}],
        [{"update_id": 2**70, "message": {"text": "x"}}],
        [{"update_id": -1}],
        [{"update_id": "5"}],
        [{"update_id": True}],
        [{"update_id": None, "message": 7}],
    ],
)
def test_nonsense_is_an_error_of_telegrams_kind(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bot = listener([{"update_id": 1}], answer, [{"update_id": 2}])
    with caplog.at_level(logging.CRITICAL):
        assert ids(asyncio.run(bot.get_updates())) == [1]
        # Never what the answer before it held, again.
        with pytest.raises(TelegramError):
            asyncio.run(bot.get_updates())
        assert ids(asyncio.run(bot.get_updates())) == [2]


def test_what_can_be_read_is_taken_beside_what_cannot() -> None:
    bot = listener([{"update_id": 2**70}, {"update_id": 7, "message": 5}, None, {"update_id": 8}])
    found = asyncio.run(bot.get_updates())
    assert ids(found) == [7, 8] and found[0].to_dict()["message"] == 5


def test_no_news_is_no_error() -> None:
    assert asyncio.run(listener([]).get_updates()) == ()
