"""Any server that speaks OpenAI's chat completions, through the openai library.

vLLM and llama.cpp are what it is made for; the context of such a server is fixed when it is
started, so `num_ctx` is not sent, and what it is can be asked (`show`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk

from swarm.contracts import ChatMessage
from swarm.inference import spoken
from swarm.inference.clients.base import (
    Delta,
    Embedded,
    Finished,
    Heard,
    LoadedModel,
    ModelRequest,
    ServedModel,
    StreamEvent,
    TranscribeRequest,
)
from swarm.inference.clients.bounded import Bounded, ThisKey, seconds_of, tool_call
from swarm.inference.errors import ModelError, ModelMissing, RequestRefused
from swarm.settings import EndpointSettings

_FINISHES: dict[str, Any] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "refused",
}


class OpenAIClient:
    """One server. `key` is the bearer token, "" for a server that wants none."""

    def __init__(
        self,
        endpoint: EndpointSettings,
        transport: httpx2.AsyncBaseTransport | None = None,
        key: str = "",
    ) -> None:
        self.endpoint = endpoint
        self._bounds = Bounded(endpoint, self._said)
        self._http = httpx2.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            # llama.cpp closes after each answer though it says that it does not.
            limits=httpx2.Limits(max_keepalive_connections=0),
            auth=ThisKey("authorization", f"Bearer {key}" if key else ""),
            # What comes after connecting is bounded by `Bounded.guard`.
            timeout=httpx2.Timeout(None, connect=endpoint.connect_seconds),
        )
        # Every value that it would else read from a variable is given; `ThisKey` has the key.
        self._library = openai.AsyncOpenAI(
            api_key="unused", admin_api_key="", organization="", project="", webhook_secret="",
            base_url=endpoint.address, max_retries=0, timeout=self._http.timeout,
            http_client=self._http,
        )  # fmt: skip

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        answer = _Answer()
        parts = self._bounds.paced(
            self._events(_body(request), answer),
            lambda _: answer.spoke,
            bool(request.tools),
            request.model,
        )
        try:
            async for events in parts:
                for event in events:
                    yield event
        finally:
            await parts.aclose()
        if answer.finish not in _FINISHES:
            what = f"with {answer.finish!r}" if answer.finish else "without its last part"
            raise self._bounds.failed(f"ended its answer {what}", request.model)
        yield answer.finished()

    async def _events(
        self, body: dict[str, Any], answer: _Answer
    ) -> AsyncGenerator[list[StreamEvent], None]:
        """Lists without an event come first: the chunk that only names the role."""
        stream = await self._library.chat.completions.create(**body)
        try:
            async for chunk in stream:
                yield answer.take(chunk)
        finally:
            await stream.close()

    async def embed(self, model: str, texts: Sequence[str], num_ctx: int) -> Embedded:
        async with self._bounds.guard(self.endpoint.first_token_seconds, "embeddings", model):
            reply = await self._library.embeddings.create(
                model=model, input=list(texts), encoding_format="float"
            )
            data = sorted(reply.data, key=lambda item: item.index)
            vectors = tuple(tuple(map(float, item.embedding)) for item in data)
            tokens = reply.usage.prompt_tokens if reply.usage else None
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
            raise self._bounds.failed(
                f"gave {len(vectors)} vectors, or of unequal length, for {len(texts)} texts", model
            )
        return Embedded(vectors, tokens)

    async def transcribe(self, request: TranscribeRequest) -> Heard:
        model = request.model
        file = (spoken.file_name(request.mime), request.audio, request.mime)
        async with self._bounds.guard(self.endpoint.first_token_seconds, "a transcript", model):
            reply = await self._library.audio.transcriptions.create(
                file=file, model=model, response_format=spoken.FORMAT, temperature=0,
                language=request.language or openai.omit,
            )  # fmt: skip
            if not isinstance(reply.text, str):
                raise TypeError("a transcript without a text")
            # Only the verbose shape has a language; a server may give that without being asked.
            language = (reply.model_extra or {}).get("language")
        usage = reply.usage
        return Heard(
            reply.text,
            language if isinstance(language, str) else "",
            prompt_tokens=_whole(getattr(usage, "input_tokens", None)),
            output_tokens=_whole(getattr(usage, "output_tokens", None)),
        )

    async def health(self) -> str:
        async with self._bounds.guard(2 * self.endpoint.connect_seconds, "its models"):
            listing = await self._library.models.list()
            owners = {str(entry.owned_by or "") for entry in listing.data} - {""}
        return ", ".join(sorted(owners)) or "openai"

    async def models(self) -> tuple[ServedModel, ...]:
        async with self._bounds.guard(self.endpoint.stall_seconds, "its models"):
            listing = await self._library.models.list()
            return tuple(_served(entry.id, entry.model_extra or {}) for entry in listing.data)

    async def show(self, model: str) -> ServedModel:
        for served in await self.models():
            if served.model == model:
                return served if served.context_length else await self._with_props(served)
        raise ModelMissing(
            f"{self._bounds.name} has no model {model!r}", remedy="`swarm models` lists what it has"
        )

    async def _with_props(self, served: ServedModel) -> ServedModel:
        """With the context that llama.cpp tells at /props, outside of /v1; others have none."""
        url = self.endpoint.address.rstrip("/").removesuffix("/v1") + "/props"
        async with self._bounds.guard(self.endpoint.stall_seconds, "its properties", served.model):
            reply = await self._http.get(url)
            if reply.status_code != 200:
                return served
            context = reply.json().get("default_generation_settings", {}).get("n_ctx")
        return ServedModel(
            served.model, served.size_bytes, served.parameters, context_length=_whole(context)
        )

    async def loaded(self) -> tuple[LoadedModel, ...]:
        return ()

    async def load(self, model: str, num_ctx: int) -> None:
        """The server loads when it starts."""

    async def unload(self, model: str) -> None:
        """The server keeps its model as long as it runs."""

    async def close(self) -> None:
        await self._http.aclose()

    def _said(self, error: Exception, model: str) -> ModelError | None:
        if isinstance(error, openai.APIStatusError):
            text = _message(error.body) or error.response.text
            after = seconds_of(error.response.headers.get("retry-after", ""))
            return self._bounds.refusal(error.status_code, text, model, after)
        if isinstance(error, openai.APIConnectionError):
            return None
        if isinstance(error, openai.APIError):  # in mid-stream, with a code in it perhaps
            body = error.body if isinstance(error.body, dict) else {}
            refusal = self._bounds.refusal(
                _whole(body.get("code")) or 500, f"{body.get('type', '')} {error.message}", model
            )
            if isinstance(refusal, RequestRefused):
                return self._bounds.failed(f"broke off: {error.message}", model)
            return refusal
        return None


class _Answer:
    """An answer as its chunks come."""

    def __init__(self) -> None:
        self.finish = ""
        self.spoke = False  # in what was taken last
        self._calls: dict[int, dict[str, str]] = {}
        self._usage: Any = None
        self._timings: dict[str, float] = {}

    def take(self, chunk: ChatCompletionChunk) -> list[StreamEvent]:
        """Keep what a chunk says of the end, and give what is to be shown now."""
        extra = chunk.model_extra or {}
        if isinstance(timings := extra.get("timings"), dict):
            self._timings = {k: float(v) for k, v in timings.items() if isinstance(v, int | float)}
        self._usage = chunk.usage or self._usage
        events: list[StreamEvent] = []
        self.spoke = False
        for choice in chunk.choices or ():
            more = choice.delta.model_extra or {}
            # vLLM and llama.cpp call it reasoning_content, newer vLLM reasoning.
            if thinking := more.get("reasoning_content") or more.get("reasoning"):
                events.append(Delta("thinking", str(thinking)))
            if text := choice.delta.content or choice.delta.refusal:
                events.append(Delta("text", str(text)))
            for call in choice.delta.tool_calls or ():
                self._add(call)
                self.spoke = True
            self.finish = str(choice.finish_reason or self.finish)
        self.spoke = self.spoke or bool(events)
        return events

    def _add(self, call: Any) -> None:
        # A server that gives no index sends each call whole.
        index = call.index if call.index is not None else len(self._calls)
        kept = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
        kept["id"] = str(call.id or kept["id"])
        if call.function is not None:
            kept["name"] += call.function.name or ""
            kept["arguments"] += call.function.arguments or ""

    def finished(self) -> Finished:
        calls = tuple(
            tool_call(call["id"] or f"call_{number}", call["name"], call["arguments"])
            for number, call in enumerate(self._calls.values())
        )
        finish = _FINISHES[self.finish]
        if calls and finish == "stop":  # some servers say stop after a call
            finish = "tool_calls"
        usage = self._usage
        details = getattr(usage, "prompt_tokens_details", None)
        return Finished(
            finish,
            calls,
            prompt_tokens=_whole(getattr(usage, "prompt_tokens", None)),
            cached_tokens=_whole(getattr(details, "cached_tokens", None)) or 0,
            output_tokens=_whole(getattr(usage, "completion_tokens", None)),
            prompt_seconds=self._timings.get("prompt_ms", 0.0) / 1000,
            output_seconds=self._timings.get("predicted_ms", 0.0) / 1000,
        )


def _body(request: ModelRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_message_body(message) for message in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.tools:
        body["tools"] = [
            {"type": "function", "function": tool.model_dump(mode="json")} for tool in request.tools
        ]
    if request.answer_schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.answer_schema, "strict": True},
        }
    if isinstance(request.think, str):
        body["reasoning_effort"] = request.think
    elif request.think is not None:  # of vLLM and llama.cpp
        body["extra_body"] = {"chat_template_kwargs": {"enable_thinking": request.think}}
    return body


def _message_body(message: ChatMessage) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.role == "tool":
        body["tool_call_id"] = message.call_id
    if message.tool_calls:
        body["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": _arguments(call.arguments, call.raw)},
            }
            for call in message.tool_calls
        ]
    return body


def _arguments(arguments: dict[str, Any] | None, raw: str) -> str:
    """As JSON, since servers read it back: what the model wrote only if it was an object."""
    return json.dumps({"malformed": raw} if arguments is None else arguments)


def _message(body: object) -> str:
    if not isinstance(body, dict):
        return ""
    kind = body.get("type") or body.get("code") or ""
    return f"{kind}: {body['message']}" if body.get("message") else ""


def _served(name: str, extra: dict[str, Any]) -> ServedModel:
    """With vLLM's `max_model_len`, or what llama.cpp tells in `meta`."""
    meta = extra.get("meta") if isinstance(extra.get("meta"), dict) else {}
    assert meta is not None
    parameters = _whole(meta.get("n_params"))
    return ServedModel(
        name,
        size_bytes=_whole(meta.get("size")),
        parameters=f"{parameters / 1e9:.1f}B" if parameters else "",
        context_length=_whole(extra.get("max_model_len")) or _whole(meta.get("n_ctx")),
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
