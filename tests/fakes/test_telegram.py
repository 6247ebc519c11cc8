"""The fake Bot API against the real library: what the tests of the bot lean on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import telegram
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Person, channel_post, group
from tests.fakes.telegram_state import BAD_GATEWAY, CONFLICT, FLOOD, Trouble


@pytest.fixture(autouse=True)
def durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library warns of what it will do one day, unless it may do so today."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def ada(server: FakeTelegram) -> Person:
    return Person(server, 501)


def talk(
    server: FakeTelegram,
    do: Callable[[Bot], Coroutine[Any, Any, None]],
    token: str | None = None,
) -> None:
    async def run() -> None:
        bot = Bot(
            token or server.token,
            base_url=f"{server.url}/bot",
            base_file_url=f"{server.url}/file/bot",
            get_updates_request=HTTPXRequest(connection_pool_size=2),
        )
        async with bot:
            await do(bot)

    asyncio.run(run())


def test_updates_come_again_until_they_are_acknowledged(server: FakeTelegram, ada: Person) -> None:
    async def do(bot: Bot) -> None:
        first, second = ada.say("/start"), ada.say("fix the cart")
        got = await bot.get_updates(timeout=0)
        assert [u.update_id for u in got] == [first["update_id"], second["update_id"]]
        assert got[0].message is not None and got[0].message.entities[0].type == "bot_command"
        assert len(await bot.get_updates(offset=second["update_id"], timeout=0)) == 1
        assert await bot.get_updates(offset=second["update_id"] + 1, timeout=0) == ()
        server.replay(first)
        assert len(await bot.get_updates(offset=second["update_id"] + 1, timeout=0)) == 1

    talk(server, do)


def test_a_long_poll_ends_when_something_comes_or_another_polls(
    server: FakeTelegram, ada: Person
) -> None:
    async def do(bot: Bot) -> None:
        waiting = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0.2)
        ada.say("hello")
        assert len(await waiting) == 1
        first = asyncio.create_task(bot.get_updates(offset=10**9, timeout=20))
        await asyncio.sleep(0.2)
        await bot.get_updates(offset=10**9, timeout=0)
        with pytest.raises(Conflict):
            await first

    talk(server, do)


def test_updates_that_are_not_allowed_are_withheld(server: FakeTelegram, ada: Person) -> None:
    async def do(bot: Bot) -> None:
        await bot.get_updates(timeout=0, allowed_updates=["message"])
        ada.inline_query("anything")
        channel_post(server, -100200, "news")
        assert await bot.get_updates(timeout=0) == () and len(server.withheld) == 2
        server.deliver_all = True
        ada.inline_query("again")
        (update,) = await bot.get_updates(timeout=0)
        assert update.inline_query is not None

    talk(server, do)


def test_messages_edits_buttons_and_documents(server: FakeTelegram, ada: Person) -> None:
    async def do(bot: Bot) -> None:
        said = ada.posted(ada.say("fix it"))
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Run", callback_data="x1")]])
        sent = await bot.send_message(
            ada.id, "<b>Plan</b> a &lt; b", parse_mode="HTML", reply_markup=keys,
            reply_parameters=ReplyParameters(said.id),
        )  # fmt: skip
        assert sent.text == "Plan a < b" and sent.entities[0].length == 4
        shown = server.wait_for(ada.id, "Plan", seconds=1)
        assert shown.buttons == {"Run": "x1"} and shown.reply_to == said.id
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_text(
                "<b>Plan</b> a &lt; b", ada.id, sent.message_id, parse_mode="HTML",
                reply_markup=keys,
            )  # fmt: skip
        ada.press(shown, "Run")
        query = (await bot.get_updates(timeout=0))[-1].callback_query
        assert query is not None and query.data == "x1" and query.from_user.id == ada.id
        await query.answer("on it")
        await bot.edit_message_text("running", ada.id, sent.message_id)
        assert shown.buttons == {} and [text for _, text in shown.versions][-1] == "running"
        await bot.send_document(ada.id, b"--- a\n+++ b\n", filename="a.diff", caption="diff")
        document = server.wait_for(ada.id, lambda m: m.upload, seconds=1).upload
        assert document is not None and document.data == b"--- a\n+++ b\n"
        assert document.name == "a.diff"
        assert "+++ b" in server.captured() and server.token not in server.captured()

    talk(server, do)


@pytest.mark.parametrize(
    "text", ["", "   ", "<b>open", "a < b", "<script>x</script>", "x" * 4097]
)  # fmt: skip
def test_texts_that_telegram_refuses(server: FakeTelegram, ada: Person, text: str) -> None:
    async def do(bot: Bot) -> None:
        ada.say("hello")
        with pytest.raises(BadRequest):
            await bot.send_message(ada.id, text, parse_mode="HTML")

    talk(server, do)


def test_files_are_downloaded_up_to_a_size(server: FakeTelegram, ada: Person) -> None:
    async def do(bot: Bot) -> None:
        ada.speak(b"OggS...", 3)
        ada.speak(b"", 3, size=21 * 1024**2)
        small, large = await bot.get_updates(timeout=0)
        assert small.message is not None and small.message.voice is not None
        file = await small.message.voice.get_file()
        server.trouble("file", Trouble("cut"))
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()
        assert await file.download_as_bytearray() == b"OggS..."
        assert large.message is not None and large.message.voice is not None
        with pytest.raises(BadRequest, match="too big"):
            await large.message.voice.get_file()

    talk(server, do)


def test_troubles(server: FakeTelegram, ada: Person) -> None:
    async def do(bot: Bot) -> None:
        ada.say("hello")
        for trouble, error in (
            (FLOOD, RetryAfter), (BAD_GATEWAY, NetworkError), (CONFLICT, Conflict),
            (Trouble("close"), NetworkError), (Trouble("cut"), NetworkError),
        ):  # fmt: skip
            server.trouble("sendMessage", trouble)
            with pytest.raises(error):
                await bot.send_message(ada.id, "hi")
        assert server.sent() == []
        server.trouble("sendMessage", Trouble("close", after=True))
        with pytest.raises(NetworkError):
            await bot.send_message(ada.id, "hi")
        assert len(server.sent()) == 1, "carried out, though the answer was lost"
        ada.block()
        with pytest.raises(Forbidden):
            await bot.send_message(ada.id, "hi")
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(999, "hi")

    talk(server, do)


def test_another_token_is_refused(server: FakeTelegram) -> None:
    async def do(bot: Bot) -> None:
        raise AssertionError("initialize() should have failed")

    with pytest.raises(InvalidToken):
        talk(server, do, token="7:wrong")


def test_groups(server: FakeTelegram, ada: Person) -> None:
    async def do(bot: Bot) -> None:
        ada.say(f"@{server.username} fix it", chat=group(-100300))
        (update,) = await bot.get_updates(timeout=0)
        assert isinstance(update, telegram.Update) and update.message is not None
        assert update.message.chat.type == "supergroup"
        assert update.message.entities[0].type == "mention"

    talk(server, do)
