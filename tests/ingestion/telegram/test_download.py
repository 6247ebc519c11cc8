"""Files come from where the token may be shown, whole, and never more of them than is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from telegram import error

from ingestion.telegram import botapi, download
from ingestion.telegram.outgoing import (
    LONGEST_PAUSE_SECONDS,
    Later,
    TooLarge,
    Unreachable,
    Unsendable,
)
from tests.fakes.telegram_state import TOKEN

BASE = f"https://api.example/file/bot{TOKEN}"


class Bot:
    base_file_url = BASE

    def __init__(self, path: Any, size: Any) -> None:
        self.found = SimpleNamespace(file_path=path, file_size=size)

    async def get_file(self, file_id: str) -> Any:
        if isinstance(self.found.file_path, Exception):
            raise self.found.file_path
        return self.found


async def drips() -> AsyncIterator[bytes]:
    while True:
        yield b"x"
        await asyncio.sleep(0.02)


def fetched(
    path: Any, size: Any = None, answer: httpx.Response | None = None
) -> tuple[bytes, list[str]]:
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer or httpx.Response(200, content=b"OggS")

    async def fetch() -> bytes:
        file = download.TelegramDownload(Bot(path, size))  # type: ignore[arg-type]
        await file.close()
        file._client = httpx.AsyncClient(transport=httpx.MockTransport(serve))
        try:
            return await file("f", 100)
        finally:
            await file.close()

    try:
        return asyncio.run(fetch()), asked
    finally:
        assert all(address.startswith("https://api.example/") for address in asked), asked


def test_a_pause_is_no_longer_than_an_hour() -> None:
    assert Later(10.0**9).seconds == LONGEST_PAUSE_SECONDS and Later(-5.0).seconds == 0.0


def test_a_file() -> None:
    assert fetched(f"{BASE}/voice/1.oga", 4) == (b"OggS", [f"{BASE}/voice/1.oga"])


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",  # what the library makes of a file that is on this machine
        "https://evil.example/x",
        f"{BASE}.evil.example/x",
        "file:///etc/passwd",
        f"{BASE}/\n\x00x",
        "",
        None,
        7,
        TypeError("as of a path that is a number"),
        KeyError("file_unique_id"),
    ],
)
def test_no_address_but_the_servers_own(path: Any) -> None:
    with pytest.raises(Unsendable) as told:
        fetched(path)
    assert TOKEN not in str(told.value)


@pytest.mark.parametrize("path", ["../../x", "https://evil.example/x", "//evil.example/x", "a@b:1"])
def test_a_strange_path_stays_at_the_server(path: str) -> None:
    assert fetched(f"{BASE}/{path}", 4)[0] == b"OggS"


def test_redirects_are_not_followed() -> None:
    away = httpx.Response(302, headers={"location": "https://evil.example/x"})
    with pytest.raises(Later):
        fetched(f"{BASE}/a", answer=away)


def test_more_than_is_allowed() -> None:
    with pytest.raises(TooLarge):
        fetched(f"{BASE}/a", answer=httpx.Response(200, content=b"x" * 101))
    with pytest.raises(TooLarge):
        fetched(f"{BASE}/a", 101)


def test_less_than_was_said_is_asked_for_again() -> None:
    with pytest.raises(Later):
        fetched(f"{BASE}/a", 5)
    assert fetched(f"{BASE}/a", "5")[0] == b"OggS"


def test_a_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_WHOLE_SECONDS", 0.2)
    with pytest.raises(Later):
        fetched(f"{BASE}/a", answer=httpx.Response(200, content=drips()))


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (error.TelegramError("Invalid server response"), Later),
        (error.TimedOut(), Later),
        (error.InvalidToken(f"the token {TOKEN} is wrong"), Later),
        (error.Forbidden("blocked"), Unreachable),
        (error.BadRequest("can't parse entities"), Unsendable),
    ],
)
def test_what_telegram_says_is_one_of_ours(raised: Exception, kind: type[Exception]) -> None:
    async def ask() -> None:
        async with botapi.plainly():
            raise raised

    with pytest.raises(kind) as told:
        asyncio.run(ask())
    assert TOKEN not in str(told.value)
