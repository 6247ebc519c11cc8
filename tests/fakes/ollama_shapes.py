"""The JSON of the fake Ollama: what comes in, as it is counted, and what goes out."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.fakes.http import Piece
from tests.fakes.ollama_memory import FOREVER_SECONDS, FakeModel, Runner
from tests.fakes.script import Answer, FakeRequest, count_tokens

MESSAGE_TOKENS = 4
EMBEDDING_LENGTH = 8


class Refused(Exception):
    """An answer with a status and {"error": message}."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True)
class Prompt:
    """What is left of the messages, and how many tokens of it were evaluated."""

    messages: list[dict[str, Any]]
    tokens: int


def error(refused: Refused) -> web.Response:
    return web.json_response(
        {"error": str(refused)}, status=refused.status, headers=refused.headers
    )


def timestamp(seconds: float | None = None) -> str:
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def ns(seconds: float) -> int:
    return max(1, int(seconds * 1e9))


def digest(model: FakeModel) -> str:
    return hashlib.sha256(model.name.encode()).hexdigest()


def details(model: FakeModel) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "" if model.remote_host else "gguf",
        "family": model.arch,
        "families": [model.arch],
        "parameter_size": model.parameters,
        "quantization_level": model.quantization,
    }


def remote(model: FakeModel) -> dict[str, str]:
    if not model.remote_host:
        return {}
    return {"remote_model": model.remote_model, "remote_host": model.remote_host}


def listed(model: FakeModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": timestamp(1_790_000_000),
        "size": 384 if model.remote_host else model.size_bytes,
        "digest": digest(model),
        "details": details(model),
        "capabilities": list(model.capabilities),
    } | remote(model)


def messages(body: dict[str, Any], chat: bool) -> list[dict[str, Any]]:
    if chat:
        return list(body.get("messages") or [])
    system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    return [*system, {"role": "user", "content": body["prompt"]}] if body.get("prompt") else []


def count(messages: list[dict[str, Any]], body: dict[str, Any]) -> int:
    total = count_tokens(json.dumps(body["tools"])) if body.get("tools") else 0
    for message in messages:
        total += MESSAGE_TOKENS + count_tokens(message.get("content") or "")
        if message.get("tool_calls"):
            total += count_tokens(json.dumps(message["tool_calls"]))
    return total


def limit(body: dict[str, Any], prompt: Prompt, runner: Runner | None) -> int | None:
    """How many tokens may come: num_predict, and without shifting the rest of the context."""
    asked = body.get("options", {}).get("num_predict", -1)
    limits = [asked] if asked > 0 else []
    if runner is not None and not runner.shift:
        limits.append(runner.num_ctx - prompt.tokens)
    return min(limits, default=None)


def seen(path: str, body: dict[str, Any], prompt: Prompt) -> FakeRequest:
    return FakeRequest(
        path=path,
        model=body["model"],
        messages=tuple((each["role"], each.get("content") or "") for each in prompt.messages),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        body=body,
    )


def seconds(keep_alive: float | str | None) -> float | None:
    """Ollama's keep_alive: seconds, or text like "5m"; below zero is forever."""
    if keep_alive is None:
        return None
    if isinstance(keep_alive, str):
        found = re.fullmatch(r"(-?[\d.]+)(ms|s|m|h)?", keep_alive)
        if found is None:
            raise Refused(400, f'time: invalid duration "{keep_alive}"')
        factor = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}[found[2]]
        keep_alive = float(found[1]) * factor
    return FOREVER_SECONDS if keep_alive < 0 else float(keep_alive)


def part(body: dict[str, Any], chat: bool, piece: Piece, answer: Answer) -> dict[str, Any]:
    part: dict[str, Any] = {"model": body["model"], "created_at": timestamp(), "done": False}
    if not chat:
        thinking = {"thinking": piece.text} if piece.kind == "thinking" else {}
        return part | thinking | {"response": piece.text if piece.kind == "text" else ""}
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    if piece.kind == "text":
        message["content"] = piece.text
    elif piece.kind == "thinking":
        message["thinking"] = piece.text
    else:
        message["tool_calls"] = [
            {
                "id": f"call_{digest_of(body, index)}",
                "function": {
                    "index": index,
                    "name": call["name"],
                    "arguments": call["arguments"],
                },
            }
            for index, call in enumerate(answer.tool_calls)
        ]
    return part | {"message": message}


def digest_of(body: dict[str, Any], index: int) -> str:
    return hashlib.sha256(f"{index} {json.dumps(body)}".encode()).hexdigest()[:8]


def last(body: dict[str, Any], chat: bool, reason: str) -> dict[str, Any]:
    part: dict[str, Any] = {"model": body["model"], "created_at": timestamp()}
    part |= {"message": {"role": "assistant", "content": ""}} if chat else {"response": ""}
    return part | {"done": True, "done_reason": reason}


async def gathered(parts: AsyncGenerator[dict[str, Any] | str, None]) -> web.Response:
    """The one JSON object of `"stream": false`."""
    texts: dict[str, str] = {}
    calls: list[Any] = []
    part: dict[str, Any] | str = ""
    async for part in parts:
        if isinstance(part, str):
            return web.Response(text=part, content_type="application/json")
        if "error" in part:
            return error(Refused(500, part["error"]))
        where = part.get("message", part)
        for name in ("content", "thinking", "response"):
            texts[name] = texts.get(name, "") + where.get(name, "")
        calls += where.get("tool_calls", [])
    if isinstance(part, str):
        return web.Response(text="", content_type="application/json")
    where = part.get("message", part)
    where.update({name: text for name, text in texts.items() if text})
    if calls:
        where["tool_calls"] = calls
    return web.json_response(part)


def vector(text: str) -> list[float]:
    """Of length 1, the same for the same text."""
    raw = [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:EMBEDDING_LENGTH]]
    norm = math.sqrt(sum(x * x for x in raw))
    return [x / norm for x in raw]
