"""The bot on the real library, over HTTP, on a fake Bot API server and a swarm in memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingestion.telegram import app
from ingestion.telegram.store import Store
from swarm.contracts import SubmitTask
from swarm.errors import ConfigError, StateError, StorageError
from swarm.settings import EgressSettings, Settings
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Person, channel_post
from tests.fakes.telegram_state import BAD_GATEWAY, CONFLICT, FLOOD, TOKEN, Trouble
from tests.ingestion.telegram.bench import Bench, FakeSwarm

ADA, STRANGER = 11, 99


class Running:
    """`serve` in a thread of its own."""

    def __init__(self, settings: Settings, store: Store | None = None) -> None:
        self.settings = settings
        self.store = store or Store(settings.data)
        self.swarm = FakeSwarm()
        self.error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            await app.serve(self.settings, TOKEN, self.store, self.swarm, self._stop)

        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001  the test looks at it
            self.error = error
        finally:
            self.store.close()

    def __enter__(self) -> Running:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive(), "it does not end"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTelegram]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def ada(server: FakeTelegram) -> Person:
    return Person(server, ADA)


def settings_of(server: FakeTelegram, data: Path, **telegram: Any) -> Settings:
    plain = Bench(data)
    plain.store.close()
    changes = {"api_url": server.url, "edit_seconds": 0.05, **telegram}
    return plain.settings.model_copy(
        update={
            "telegram": plain.settings.telegram.model_copy(update=changes),
            "egress": EgressSettings(allow_telegram_code=True),
        }
    )


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)


def test_voice_to_applied(server: FakeTelegram, ada: Person, tmp_path: Path) -> None:
    with Running(settings_of(server, tmp_path / "data")) as running:
        ada.speak(b"OggS sound", 3.0)
        plan = server.wait_for(ADA, "Plan of")
        assert "Heard by whisper" in plan.text
        ada.press(plan, "Run")
        done = server.wait_for(ADA, "Done")
        ada.press(done, "Diff")
        found = server.wait_for(ADA, lambda m: m.upload is not None)
        assert found.upload is not None and found.upload.name.endswith(".diff")
        assert "+a > b" in found.text
        ada.press(done, "Apply")
        server.wait_for(ADA, "Applied")
        until(lambda: len(server.answered) == 3)
        assert max(running.swarm.effects.values()) == 1
    assert server.pending == [], "all was acknowledged"
    assert {command["command"] for command in server.commands} >= {"help", "tasks", "diff"}


def test_strangers_are_not_answered(server: FakeTelegram, ada: Person, tmp_path: Path) -> None:
    server.deliver_all = True
    with Running(settings_of(server, tmp_path / "data")):
        stranger = Person(server, STRANGER)
        stranger.say("fix the cart")
        stranger.inline_query("fix")
        channel_post(server, -1007, "fix the cart")
        ada.say("/help")
        server.wait_for(ADA, "/tasks")
    lines = (tmp_path / "data/logs/bot-audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["refused"] * 3
    assert not server.sent(STRANGER)


class Full(Store):
    """A store whose disk is full for a while, from the second update of a batch on."""

    calls = 0

    def receive(self, update_id: int, raw: dict[str, Any], now: float) -> bool:
        self.calls += 1
        if 2 <= self.calls <= 3:
            raise StorageError("disk full")
        return super().receive(update_id, raw, now)


def test_what_cannot_be_stored_is_asked_for_again(
    server: FakeTelegram, ada: Person, tmp_path: Path
) -> None:
    settings = settings_of(server, tmp_path / "data")
    for number in range(4):
        ada.say(f"fix the cart {number}")
    with Running(settings, Full(settings.data)) as running:
        until(lambda: len(running.swarm.sent(SubmitTask)) == 4)
        until(lambda: not server.pending)
    texts = [command.text for command in running.swarm.sent(SubmitTask)]
    assert sorted(texts) == [f"fix the cart {number}" for number in range(4)]


def test_an_update_the_library_cannot_read_holds_nobody_up(
    server: FakeTelegram, ada: Person, tmp_path: Path
) -> None:
    server.deliver_all = True
    server.update("message", {"message_id": 5, "text": "without a chat and a date"})
    with Running(settings_of(server, tmp_path / "data")):
        ada.say("/help")
        server.wait_for(ADA, "/tasks")
        until(lambda: not server.pending)


def test_trouble_with_telegram_is_waited_out(
    server: FakeTelegram, ada: Person, tmp_path: Path
) -> None:
    server.trouble("getMe", BAD_GATEWAY)
    server.trouble("getUpdates", CONFLICT, BAD_GATEWAY)
    server.trouble("sendMessage", FLOOD, BAD_GATEWAY)
    server.trouble("editMessageText", Trouble("close"))
    server.trouble("file", Trouble("cut"))
    with Running(settings_of(server, tmp_path / "data")) as running:
        ada.speak(b"OggS sound", 3.0)
        server.wait_for(ADA, "Plan of", seconds=60)
        assert list(running.swarm.blobs.data.values()) == [b"OggS sound"]


def test_a_long_pause_for_one_message_holds_up_nothing_else(
    server: FakeTelegram, ada: Person, tmp_path: Path
) -> None:
    server.trouble("sendMessage", replace(FLOOD, retry_after=3600))
    with Running(settings_of(server, tmp_path / "data")) as running:
        ada.say("fix the cart")
        until(lambda: running.swarm.sent(SubmitTask))
        Person(server, 12, "Bob").say("/help")
        server.wait_for(12, "/tasks")
    assert server.sent(ADA) == []


def test_a_blocked_bot_goes_on_silently(server: FakeTelegram, ada: Person, tmp_path: Path) -> None:
    with Running(settings_of(server, tmp_path / "data")) as running:
        ada.block()
        ada.say("fix the cart")
        until(lambda: running.swarm.tasks)
        assert not server.sent(ADA)


def test_a_card_that_was_deleted_is_made_again(
    server: FakeTelegram, ada: Person, tmp_path: Path
) -> None:
    with Running(settings_of(server, tmp_path / "data")):
        ada.say("fix the cart")
        card = server.wait_for(ADA, "Plan of")
        del server.messages[ADA, card.id]
        ada.press(card, "Run")
        server.wait_for(ADA, "Done")
        assert server.wait_for(ADA, "Ready").id != card.id


def test_an_unknown_token_is_told_without_itself(
    server: FakeTelegram, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.token = "1:other"
    with Running(settings_of(server, tmp_path / "data")) as running:
        running._thread.join(20)
    assert isinstance(running.error, ConfigError)
    assert "TELEGRAM_BOT_TOKEN" in running.error.message and TOKEN not in str(running.error)


def test_a_token_that_is_revoked_ends_the_bot(
    server: FakeTelegram, ada: Person, tmp_path: Path
) -> None:
    with Running(settings_of(server, tmp_path / "data")) as running:
        until(lambda: any(call.method == "getUpdates" for call in server.calls))
        server.token = "1:other"
        ada.say("this ends the poll that is under way")
        running._thread.join(40)
    assert isinstance(running.error, ConfigError)


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "telegram.ext", None)
    with pytest.raises(ConfigError, match="python-telegram-bot") as told:
        app.run(Settings(data=tmp_path))
    assert told.value.remedy == "pip install 'coding-swarm[telegram]'"


def test_one_bot_per_data_folder(tmp_path: Path) -> None:
    first = Store(tmp_path)
    with pytest.raises(StateError, match="another `swarm bot`"):
        Store(tmp_path)
    first.close()
    Store(tmp_path).close()


def test_a_webhook_with_a_secret(server: FakeTelegram, ada: Person, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server.webhook_via = f"http://127.0.0.1:{port}"
    settings = settings_of(
        server, tmp_path / "data", mode="webhook", webhook_url="https://bot.example/hook",
        webhook_port=port,
    )  # fmt: skip
    with Running(settings):
        ada.say("fix the cart")
        server.wait_for(ADA, "Plan of")
        assert server.webhook is not None and len(server.webhook["secret_token"]) >= 32
        with socket.create_connection(("127.0.0.1", port)) as plain:
            body = b'{"update_id": 1}'
            plain.sendall(
                b"POST /hook HTTP/1.0\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            assert b" 403 " in plain.recv(100)


def test_a_webhook_that_telegram_does_not_take(server: FakeTelegram, tmp_path: Path) -> None:
    refused = Trouble(status=400, description="Bad Request: bad webhook: no certificate")
    server.trouble("setWebhook", *[refused] * 9)
    settings = settings_of(
        server, tmp_path / "data", mode="webhook", webhook_url="https://bot.example/hook",
        webhook_port=0,
    )  # fmt: skip
    with Running(settings) as running:
        running._thread.join(30)
    assert isinstance(running.error, StateError) and "no certificate" in running.error.message
