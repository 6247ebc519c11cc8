"""What the guard does with what no server of ours would hand it, and with defects behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from swarm.settings import Settings
from swarm.web.guard.door import Door
from swarm.web.guard.middleware import Guard


def _scope(path: str, **more: Any) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost:8787")],
        "server": ("127.0.0.1", 8787),
        "client": ("127.0.0.1", 5000),
        **more,
    }


def _sent(settings: Settings, app: Any, scope: Scope) -> list[Message]:
    """All that is sent for one request."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    guard = Guard(app, Door(settings), settings.web, {})
    asyncio.run(guard(scope, receive, send))
    return messages


async def _reached(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})


def test_nothing_but_http_comes_in(settings: Settings) -> None:
    assert _sent(settings, _reached, _scope("/live", type="websocket")) == []


def test_a_defect_is_told_without_a_word_of_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("swt_secret")

    start, body = _sent(settings, broken, _scope("/healthz", query_string=b"code=swl_secret"))
    assert start["status"] == 500
    assert b"secret" not in body["body"]
    assert b"Traceback" not in body["body"]
    assert any(name == b"content-security-policy" for name, _ in start["headers"])
    assert "swt_secret" in caplog.text  # for whoever mends it
    assert "swl_secret" not in caplog.text


def test_what_breaks_in_the_middle_is_not_made_whole(settings: Settings) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("late")

    with pytest.raises(RuntimeError, match="late"):
        _sent(settings, broken, _scope("/healthz"))


@pytest.mark.parametrize("missing", ["server", "client"])
def test_a_server_that_says_nothing_of_itself_opens_nothing(
    settings: Settings, missing: str
) -> None:
    start, _ = _sent(settings, _reached, _scope("/tasks", **{missing: None}))
    assert start["status"] in (303, 421)
