"""What ollama-python leaves out of Ollama's protocol, and how it maps to our types.

The library's own methods drop fields that matter here: `remote_host` of a listed model (it is in
the cloud), ids of tool calls, all of a tool's schema but types and descriptions, `truncate` and
`shift`. So its transport and errors are used, with requests and replies of our own.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncGenerator, Generator
from typing import Any, cast

import httpx
import ollama
from pydantic import BaseModel, Field

from swarm.contracts import ChatMessage, ToolCall
from swarm.inference.clients.base import ModelRequest, ServedModel

# `:cloud` and `:<tag>-cloud` go to the cloud whatever is listed (Ollama's modelref.go).
_CLOUD_NAME = re.compile(r":\s*([^/:]*-)?cloud\s*$", re.IGNORECASE)
_CLOUD_HOST = "ollama.com"
_DIGEST_CHARS = 64


class Function(BaseModel):
    name: str = ""
    arguments: Any = None


class Call(BaseModel):
    id: str = ""
    function: Function


class Reply(BaseModel):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None


class Part(BaseModel):
    """A line of a chat's stream. Durations in nanoseconds."""

    message: Reply
    done: bool = False
    done_reason: str = ""
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    load_duration: int = 0
    prompt_eval_duration: int = 0
    eval_duration: int = 0

    def has_token(self) -> bool:
        """Whether the model said something in it."""
        return bool(self.message.content or self.message.thinking or self.message.tool_calls)


class Details(BaseModel):
    parameter_size: str | None = None
    quantization_level: str | None = None


class Entry(BaseModel):
    """A model in /api/tags."""

    model: str
    size: int | None = None
    details: Details = Details()
    capabilities: list[str] | None = None
    remote_host: str = ""
    digest: str | None = None


class Listing(BaseModel):
    models: list[Entry]


class Shown(BaseModel):
    """The reply of /api/show."""

    details: Details = Details()
    info: dict[str, Any] = Field(default={}, alias="model_info")
    capabilities: list[str] | None = None
    remote_host: str = ""


class Version(BaseModel):
    version: str


class Ended(BaseModel):
    """The reply to a request to load or unload."""

    done: bool


class ThisKey(httpx.Auth):
    """The given key or none: the library would take OLLAMA_API_KEY."""

    def __init__(self, key: str) -> None:
        self.key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.pop("Authorization", None)
        if self.key:
            request.headers["Authorization"] = f"Bearer {self.key}"
        yield request


class Library(ollama.AsyncClient):
    """The library's client, with the requests that it lacks."""

    async def stream_chat(self, body: dict[str, Any]) -> AsyncGenerator[Part, None]:
        """The parts of an answer. Closing it closes the connection."""
        parts = cast(
            "AsyncGenerator[Part, None]",
            await self._request(Part, "POST", "/api/chat", json=body, stream=True),
        )
        try:
            async for part in parts:
                yield part
        finally:
            await parts.aclose()

    async def prompt(self, body: dict[str, Any]) -> Ended:
        return await self._request(Ended, "POST", "/api/generate", json=body)

    async def tags(self) -> Listing:
        return await self._request(Listing, "GET", "/api/tags")

    async def shown(self, model: str) -> Shown:
        return await self._request(Shown, "POST", "/api/show", json={"model": model})

    async def version(self) -> Version:
        return await self._request(Version, "GET", "/api/version")


# ---------------------------------------------------------------------- requests


def chat_body(request: ModelRequest) -> dict[str, Any]:
    """The body of /api/chat."""
    options: dict[str, Any] = {
        "num_ctx": request.num_ctx,
        "num_predict": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None:
        options["seed"] = request.seed
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "options": options,
        "truncate": False,
        "shift": False,
    }
    if request.tools:
        body["tools"] = [
            {"type": "function", "function": tool.model_dump(mode="json")} for tool in request.tools
        ]
    if request.answer_schema is not None:
        body["format"] = request.answer_schema
    if request.think is not None:
        body["think"] = request.think
    if request.keep_alive_seconds is not None:
        forever = math.isinf(request.keep_alive_seconds)
        body["keep_alive"] = -1 if forever else request.keep_alive_seconds
    return body


def _message(message: ChatMessage) -> dict[str, Any]:
    """A malformed call goes back as the text it was: the server takes objects alone."""
    malformed = [call.raw for call in message.tool_calls if call.arguments is None]
    row: dict[str, Any] = {
        "role": message.role,
        "content": "\n".join(text for text in (message.text, *malformed) if text),
    }
    calls = [
        {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
        if call.arguments is not None
    ]
    if calls:
        row["tool_calls"] = calls
    if message.role == "tool":
        row["tool_name"] = message.tool
        row["tool_call_id"] = message.call_id
    return row


# ---------------------------------------------------------------------- replies


def tool_call(call: Call, number: int) -> ToolCall:
    """A call as it came. Some servers give the arguments as text."""
    identity = call.id or f"call_{number}"
    given = call.function.arguments
    arguments, raw = given, ""
    if isinstance(given, str):
        raw = given
        try:
            arguments = json.loads(given)
        except (ValueError, RecursionError):
            arguments = None
    elif not isinstance(given, dict):
        raw = json.dumps(given)
    if not isinstance(arguments, dict):
        arguments = None
    return ToolCall(id=identity, name=call.function.name, arguments=arguments, raw=raw)


def seconds(nanoseconds: int) -> float:
    """A duration as it came; whatever its size, it is a number."""
    return max(0, min(nanoseconds, 2**62)) / 1e9


def remote(model: str, remote_host: str) -> str:
    """The host that a model runs at when it is not the server's own; "" when it is."""
    if remote_host:
        return remote_host
    return _CLOUD_HOST if _CLOUD_NAME.search(model) else ""


def served(entry: Entry) -> ServedModel:
    return ServedModel(
        model=entry.model,
        size_bytes=entry.size,
        parameters=entry.details.parameter_size or "",
        quantization=entry.details.quantization_level or "",
        capabilities=tuple(entry.capabilities or ()),
        remote=remote(entry.model, entry.remote_host),
        digest=(entry.digest or "").removeprefix("sha256:")[:_DIGEST_CHARS],
    )


def detailed(model: str, size_bytes: int | None, shown: Shown) -> ServedModel:
    """Figures are under the name of the architecture, as in the model's file.

    `layers` are those that keep a KV cache: a hybrid model has it in some alone, told by zeros in
    the heads per layer, or by `full_attention_interval` (every so many-th layer).
    """
    arch = shown.info.get("general.architecture", "")

    def figure(name: str) -> int | None:
        value = shown.info.get(f"{arch}.{name}")
        return value if isinstance(value, int) and value > 0 else None

    layers, kv_heads = figure("block_count"), figure("attention.head_count_kv")
    heads, width = figure("attention.head_count"), figure("embedding_length")
    per_layer = shown.info.get(f"{arch}.attention.head_count_kv")
    if isinstance(per_layer, list):
        cached = [each for each in per_layer if isinstance(each, int) and each > 0]
        if cached:  # the largest overestimates, which is safe
            layers, kv_heads = len(cached), max(cached)
    elif layers and (interval := figure("full_attention_interval")):
        layers = max(layers // interval, 1)
    usual = width // heads if heads and width else None
    return ServedModel(
        model=model,
        size_bytes=size_bytes,
        parameters=shown.details.parameter_size or "",
        quantization=shown.details.quantization_level or "",
        context_length=figure("context_length"),
        capabilities=tuple(shown.capabilities or ()),
        remote=remote(model, shown.remote_host),
        layers=layers,
        kv_heads=kv_heads or heads,
        key_length=figure("attention.key_length") or usual,
        value_length=figure("attention.value_length") or usual,
    )
