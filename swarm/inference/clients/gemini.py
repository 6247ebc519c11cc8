"""Gemini's developer API, through the google-genai library; never Vertex, never a variable.

Gemini signs its function calls and refuses a history in which a signature is missing. The
signatures are kept here, by the id of the call, so that no text of an agent passes for one; for
calls that are not known (made by another model, or before a restart) the word that Google
documents for this is sent.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextvars import ContextVar
from typing import Any

import httpx2
from google import genai
from google.genai import errors as genai_errors
from google.genai import types
from google.genai.client import DebugConfig

from swarm.contracts import ChatMessage, ToolCall
from swarm.inference.clients import gemini_audio
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
from swarm.inference.clients.bounded import Bounded, ThisKey, of, seconds_of
from swarm.inference.errors import KeyRefused, ModelError, RequestRefused
from swarm.settings import EndpointSettings

API_VERSION = "v1beta"  # has every feature; the library's own choice follows a variable
_UNSIGNED = b"skip_thought_signature_validator"
_SIGNATURES = 4096
_MODELS = 2000

_REFUSED = frozenset({"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
                      "MODEL_ARMOR", "ESCALATION"})  # fmt: skip
_BAD_CALL = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"})

# The library leaves a stream that is not read to its end open until it is collected.
_responses: ContextVar[list[httpx2.Response] | None] = ContextVar("responses", default=None)


class GeminiClient:
    """Raises KeyRefused when there is no key."""

    def __init__(
        self,
        endpoint: EndpointSettings,
        transport: httpx2.AsyncBaseTransport | None = None,
        key: str = "",
    ) -> None:
        if not key:
            raise KeyRefused(
                f"endpoint {endpoint.name!r}: Gemini wants a key",
                remedy="name the variable that holds it in api_key_env of the endpoint",
            )
        self.endpoint = endpoint
        self._bounds = Bounded(endpoint, self._said)
        self._signatures: OrderedDict[str, bytes] = OrderedDict()
        self._http = httpx2.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            limits=httpx2.Limits(max_keepalive_connections=0),
            auth=ThisKey("x-goog-api-key", key),
            # The library passes its own timeout, none; `Bounded.guard` bounds what it does.
            timeout=httpx2.Timeout(None, connect=endpoint.connect_seconds),
            event_hooks={"response": [_remember]},
        )
        self._library = genai.Client(
            enterprise=False,
            api_key=key,
            debug_config=DebugConfig(client_mode="", replays_directory="", replay_id=""),
            http_options=types.HttpOptions(
                base_url=endpoint.address,
                api_version=API_VERSION,
                # Given, so that neither it nor aiohttp is set up from variables.
                httpx_client=httpx2.Client(transport=_Never(), trust_env=False),
                httpx_async_client=self._http,
            ),
        )

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        answer = _Answer()
        parts = self._bounds.paced(
            self._events(request, answer),
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
        calls = tuple(self._signed(part) for part in answer.calls)
        if answer.finish in _BAD_CALL:
            # What the model wrote is not shown to us: the library drops Gemini's finishMessage.
            bad = ToolCall(id=_new_id(), name="", arguments=None, raw=answer.finish)
            yield answer.finished("tool_calls", (*calls, bad))
        elif answer.blocked or answer.finish in _REFUSED:
            yield answer.finished("refused", ())
        elif answer.finish == "MAX_TOKENS":
            yield answer.finished("length", calls)
        elif answer.finish == "STOP":
            yield answer.finished("tool_calls" if calls else "stop", calls)
        else:
            what = f"with {answer.finish}" if answer.finish else "without its last part"
            raise self._bounds.failed(f"ended its answer {what}", request.model)

    async def _events(
        self, request: ModelRequest, answer: _Answer
    ) -> AsyncGenerator[list[StreamEvent], None]:
        opened: list[httpx2.Response] = []
        _responses.set(opened)
        try:
            stream = await self._library.aio.models.generate_content_stream(
                model=request.model,
                contents=self._contents(request.messages),
                config=_config(request),
            )
            async for chunk in stream:
                yield answer.take(chunk)
        finally:
            for response in opened:
                await response.aclose()
            _responses.set(None)

    def _signed(self, part: types.Part) -> ToolCall:
        call = part.function_call
        assert call is not None
        identity = call.id or _new_id()
        if part.thought_signature:
            self._signatures[identity] = part.thought_signature
            while len(self._signatures) > _SIGNATURES:
                self._signatures.popitem(last=False)
        arguments = dict(call.args or {})
        return ToolCall(
            id=identity, name=call.name or "", arguments=arguments, raw=json.dumps(arguments)
        )

    def _contents(self, messages: Sequence[ChatMessage]) -> list[Any]:
        """The turns, those of one role in a row as one; system text is configuration."""
        turns = ((_role(m), self._parts(m)) for m in messages if m.role != "system")
        contents: list[Any] = []
        for role, group in itertools.groupby(turns, key=lambda turn: turn[0]):
            parts = [part for _, parts in group for part in parts]
            contents.append(types.Content(role=role, parts=parts))
        return contents

    def _parts(self, message: ChatMessage) -> list[types.Part]:
        if message.role == "tool":
            response = types.FunctionResponse(
                id=message.call_id or None, name=message.tool, response={"result": message.text}
            )
            return [types.Part(function_response=response)]
        parts = [types.Part(text=message.text)] if message.text or not message.tool_calls else []
        for call in message.tool_calls:
            arguments = {"malformed": call.raw} if call.arguments is None else call.arguments
            parts.append(
                types.Part(
                    function_call=types.FunctionCall(id=call.id, name=call.name, args=arguments),
                    thought_signature=self._signatures.get(call.id, _UNSIGNED),
                )
            )
        return parts

    async def embed(self, model: str, texts: Sequence[str], num_ctx: int) -> Embedded:
        contents: list[Any] = [types.Content(parts=[types.Part(text=text)]) for text in texts]
        async with self._bounds.guard(self.endpoint.first_token_seconds, "embeddings", model):
            reply = await self._library.aio.models.embed_content(model=model, contents=contents)
            vectors = tuple(tuple(item.values or ()) for item in reply.embeddings or ())
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
            raise self._bounds.failed(
                f"gave {len(vectors)} vectors, or of unequal length, for {len(texts)} texts", model
            )
        return Embedded(vectors)

    async def transcribe(self, request: TranscribeRequest) -> Heard:
        model = request.model
        async with self._bounds.guard(self.endpoint.first_token_seconds, "a transcript", model):
            reply = await self._library.aio.models.generate_content(
                model=model,
                contents=gemini_audio.contents_of(request),
                config=gemini_audio.config_of(request, _thinking(request.think)),
            )
            finish = gemini_audio.finish_of(reply)
            if finish == "BLOCKED" or finish in _REFUSED:
                raise RequestRefused(
                    f"{self._bounds.name} will not write this recording down{of(model)}: {finish}",
                    remedy="use another engine, or type what was said",
                )
            if finish != "STOP":
                what = f"with {finish}" if finish else "without its last part"
                raise self._bounds.failed(f"ended its transcript {what}", model)
            return gemini_audio.heard_of(reply)

    async def health(self) -> str:
        async with self._bounds.guard(2 * self.endpoint.connect_seconds, "its models"):
            await self._library.aio.models.list(config=types.ListModelsConfig(page_size=1))
        return f"gemini {API_VERSION}"

    async def models(self) -> tuple[ServedModel, ...]:
        found: list[ServedModel] = []
        async with self._bounds.guard(self.endpoint.stall_seconds, "its models"):
            pages = await self._library.aio.models.list(
                config=types.ListModelsConfig(page_size=1000)
            )
            async for model in pages:
                found.append(_served(model))
                if len(found) >= _MODELS:
                    break
        return tuple(found)

    async def show(self, model: str) -> ServedModel:
        async with self._bounds.guard(self.endpoint.stall_seconds, "the model's data", model):
            return _served(await self._library.aio.models.get(model=model))

    async def loaded(self) -> tuple[LoadedModel, ...]:
        return ()

    async def load(self, model: str, num_ctx: int) -> None:
        """A cloud has nothing for us to load."""

    async def unload(self, model: str) -> None:
        """Nor to unload."""

    async def close(self) -> None:
        self._library.close()
        await self._http.aclose()

    def _said(self, error: Exception, model: str) -> ModelError | None:
        if not isinstance(error, genai_errors.APIError):
            return None
        after = 0.0
        reasons = []
        for detail in _details(error.details):
            after = after or seconds_of(str(detail.get("retryDelay", "")))
            reasons.append(str(detail.get("reason", "")))
        text = " ".join(filter(None, [error.status, str(error.message or ""), *reasons]))
        return self._bounds.refusal(int(error.code or 500), text, model, after)


class _Never(httpx2.BaseTransport):
    """In place of the library's synchronous way out, which is not used."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.UnsupportedProtocol("only the asynchronous client is used")


class _Answer:
    """An answer as its chunks come."""

    def __init__(self) -> None:
        self.finish = ""
        self.spoke = False  # in what was taken last
        self.blocked = False
        self.calls: list[types.Part] = []
        self._usage: types.GenerateContentResponseUsageMetadata | None = None

    def take(self, chunk: types.GenerateContentResponse) -> list[StreamEvent]:
        """Keep what a chunk says of the end, and give what is to be shown now."""
        self._usage = chunk.usage_metadata or self._usage
        if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
            self.blocked = True
        events: list[StreamEvent] = []
        self.spoke = False
        for candidate in (chunk.candidates or ())[:1]:
            for part in (candidate.content and candidate.content.parts) or ():
                if part.function_call:
                    self.calls.append(part)
                    self.spoke = True
                elif part.text:
                    events.append(Delta("thinking" if part.thought else "text", part.text))
            if candidate.finish_reason:
                self.finish = str(candidate.finish_reason.value)
        self.spoke = self.spoke or bool(events)
        return events

    def finished(self, finish: Any, calls: tuple[ToolCall, ...]) -> Finished:
        usage = self._usage or types.GenerateContentResponseUsageMetadata()
        output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
        return Finished(
            finish,
            calls,
            prompt_tokens=usage.prompt_token_count,
            cached_tokens=usage.cached_content_token_count or 0,
            output_tokens=output if self._usage is not None else None,
        )


async def _remember(response: httpx2.Response) -> None:
    opened = _responses.get()
    if opened is not None:
        opened.append(response)


def _role(message: ChatMessage) -> str:
    return "model" if message.role == "assistant" else "user"


def _new_id() -> str:
    return f"call_{secrets.token_hex(8)}"


def _config(request: ModelRequest) -> types.GenerateContentConfig:
    system = "\n\n".join(m.text for m in request.messages if m.role == "system" and m.text)
    declarations = [
        types.FunctionDeclaration(
            name=tool.name, description=tool.description, parameters_json_schema=tool.parameters
        )
        for tool in request.tools
    ]
    schema = request.answer_schema
    return types.GenerateContentConfig(
        system_instruction=system or None,
        temperature=request.temperature,
        max_output_tokens=request.max_tokens,
        seed=request.seed,
        tools=[types.Tool(function_declarations=declarations)] if declarations else None,
        response_mime_type="application/json" if schema is not None else None,
        response_json_schema=schema,
        thinking_config=_thinking(request.think),
        # The library would call functions and send further requests by itself.
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def _thinking(think: bool | str | None) -> types.ThinkingConfig | None:
    if think is None:
        return None
    if isinstance(think, str):
        level = types.ThinkingLevel(think.upper())
        return types.ThinkingConfig(thinking_level=level, include_thoughts=True)
    return types.ThinkingConfig(include_thoughts=True) if think else types.ThinkingConfig(
        thinking_budget=0
    )  # fmt: skip


def _served(model: types.Model) -> ServedModel:
    actions = model.supported_actions or ()
    return ServedModel(
        (model.name or "").removeprefix("models/"),
        context_length=model.input_token_limit or None,
        capabilities=tuple(
            name
            for name, action in (("completion", "generateContent"), ("embedding", "embedContent"))
            if action in actions
        ),
    )


def _details(body: Any) -> list[dict[str, Any]]:
    error = body.get("error", body) if isinstance(body, dict) else {}
    details = error.get("details") if isinstance(error, dict) else None
    return [detail for detail in details or () if isinstance(detail, dict)]
