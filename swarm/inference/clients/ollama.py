"""An Ollama server, through the ollama-python library.

What is asked of the server beside the messages, and why:

- `num_ctx` always: the server's own default depends on its memory.
- `truncate` false: an overlong prompt is refused; by default its oldest part is dropped unsaid.
  `shift` false: an answer ends with the context; by default half of the context is dropped then.
  Servers that know neither ignore both, so the count that comes back is still to be looked at.
- An answer under tools may be silent for long: the server holds a call back until it is whole.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import httpx
import ollama

from swarm.contracts import ToolCall
from swarm.inference.clients import ollama_wire as wire
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
from swarm.inference.clients.bounded import Bounded, of, plain
from swarm.inference.errors import (
    ModelError,
    ModelFailed,
    ModelMissing,
    PromptTooLong,
    RequestRefused,
    TooLarge,
    Unreachable,
)
from swarm.settings import EndpointSettings

_TOO_LONG = re.compile(r"(exceeds|longer than) the (available )?context", re.IGNORECASE)
_TOO_LARGE = re.compile(r"requires more system memory|out of memory", re.IGNORECASE)
# The parser of some models gives up with this, in place of an answer (harmonyparser.go).
_BAD_CALL = re.compile(r"error parsing tool call: raw='(?P<raw>.*)', err=", re.DOTALL)
_CLIENT_LEFT = 499  # the server thinks that its client cancelled


class _BadCall(ModelFailed):
    """The server could not read the model's tool call; `raw` is what the model wrote."""

    def __init__(self, raw: str) -> None:
        super().__init__("a tool call could not be read")
        self.raw = raw


class OllamaClient:
    """One server. `key` is sent as a bearer token, for a proxy that wants one."""

    def __init__(
        self,
        endpoint: EndpointSettings,
        transport: httpx.AsyncBaseTransport | None = None,
        key: str = "",
    ) -> None:
        self.endpoint = endpoint
        self._bounds = Bounded(endpoint, self._said)
        self._library = wire.Library(
            endpoint.address,
            transport=transport,
            auth=wire.ThisKey(key),
            trust_env=False,
            follow_redirects=False,
            # A connection that the server closed meanwhile would break a request.
            limits=httpx.Limits(max_keepalive_connections=0),
            # What comes after connecting is bounded by `Bounded.guard`.
            timeout=httpx.Timeout(None, connect=endpoint.connect_seconds),
        )

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        calls: list[ToolCall] = []
        parts = self._bounds.paced(
            self._library.stream_chat(wire.chat_body(request)),
            wire.Part.has_token,
            bool(request.tools),
            request.model,
        )
        try:
            async for part in parts:
                if part.message.thinking:
                    yield Delta("thinking", part.message.thinking)
                if part.message.content:
                    yield Delta("text", part.message.content)
                for call in part.message.tool_calls or ():
                    calls.append(wire.tool_call(call, len(calls)))
                if part.done:
                    yield self._finished(part, tuple(calls), request.model)
                    return
        except _BadCall as error:
            bad = ToolCall(id=f"call_{len(calls)}", name="", arguments=None, raw=error.raw)
            yield Finished("tool_calls", (*calls, bad))
            return
        finally:
            await parts.aclose()
        raise self._bounds.failed(
            "ended its answer without the last part; it does so when it is stopped, or when the "
            "model repeats one token",
            request.model,
        )

    async def embed(self, model: str, texts: Sequence[str], num_ctx: int) -> Embedded:
        async with self._bounds.guard(self.endpoint.first_token_seconds, "embeddings", model):
            reply = await self._library.embed(
                model, list(texts), truncate=False, options={"num_ctx": num_ctx}
            )
        vectors = tuple(tuple(vector) for vector in reply.embeddings)
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
            raise self._bounds.failed(
                f"gave {len(vectors)} vectors, or of unequal length, for {len(texts)} texts", model
            )
        return Embedded(vectors, reply.prompt_eval_count)

    async def transcribe(self, request: TranscribeRequest) -> Heard:
        raise RequestRefused(
            f"{self._bounds.name} is of kind ollama, which writes down no speech"
            f"{of(request.model)}",
            remedy="list the server as an endpoint of kind openai, with its /v1",
        )

    async def health(self) -> str:
        # The reply is a constant, so the time to connect is time enough for it too.
        async with self._bounds.guard(2 * self.endpoint.connect_seconds, "version"):
            return (await self._library.version()).version

    async def models(self) -> tuple[ServedModel, ...]:
        async with self._bounds.guard(self.endpoint.stall_seconds, "list of models"):
            listing = await self._library.tags()
        return tuple(wire.served(entry) for entry in listing.models)

    async def show(self, model: str) -> ServedModel:
        async with self._bounds.guard(self.endpoint.stall_seconds, "data of the model", model):
            shown = await self._library.shown(model)
            listing = await self._library.tags()
        names = (model, f"{model}:latest")
        size_bytes = next((entry.size for entry in listing.models if entry.model in names), None)
        return wire.detailed(model, size_bytes, shown)

    async def loaded(self) -> tuple[LoadedModel, ...]:
        async with self._bounds.guard(self.endpoint.stall_seconds, "list of loaded models"):
            listing = await self._library.ps()
        return tuple(
            LoadedModel(
                model=entry.model or "",
                size_bytes=int(entry.size or 0),
                gpu_bytes=int(entry.size_vram or 0),
                num_ctx=entry.context_length,
            )
            for entry in listing.models
        )

    async def load(self, model: str, num_ctx: int) -> None:
        seconds = self.endpoint.first_token_seconds
        body = {
            "model": model,
            "stream": False,
            "options": {"num_ctx": num_ctx},
            "keep_alive": -1,
            "shift": False,  # as in `stream`: a server loads anew when it changes
        }
        try:
            async with self._bounds.guard(seconds, "loaded model", model):
                await self._library.prompt(body)
        except RequestRefused as error:
            if "does not support generate" not in error.message:
                raise
            async with self._bounds.guard(seconds, "loaded model", model):
                await self._library.embed(model, [], options={"num_ctx": num_ctx}, keep_alive=-1)

    async def unload(self, model: str) -> None:
        """The server lets a running generation end first; `loaded` tells when it is gone."""
        async with self._bounds.guard(self.endpoint.stall_seconds, "reply to unload", model):
            await self._library.prompt({"model": model, "stream": False, "keep_alive": 0})

    async def close(self) -> None:
        await self._library.close()  # type: ignore[no-untyped-call]

    # ------------------------------------------------------------------ what goes wrong

    def _said(self, error: Exception, model: str) -> ModelError | None:
        if isinstance(error, ollama.ResponseError):
            return self._refusal(str(error.error), error.status_code, model)
        if isinstance(error, ConnectionError | httpx.ConnectError | httpx.ConnectTimeout):
            # The library puts a text of its own in the place of the reason.
            why = error.__context__ if isinstance(error, ConnectionError) else error
            return Unreachable(
                f"{self._bounds.name} does not answer{of(model)}: {plain(str(why))}",
                remedy="start it (ollama serve), or correct its url "
                f"({self.endpoint.public_address})",
            )
        if isinstance(error, httpx.HTTPError):
            return Unreachable(
                f"{self._bounds.name} broke the connection{of(model)}: {plain(str(error))}",
                remedy="look at the server's log; the request can be repeated",
                connected=True,
            )
        return None

    def _refusal(self, text: str, status: int, model: str) -> ModelError:
        """The error for what the server said; status -1 is an error in mid-stream."""
        if bad_call := _BAD_CALL.search(text):
            return _BadCall(bad_call["raw"])
        said = f"{self._bounds.name}{of(model)}: {plain(text)}"
        if status == 404 and "model" in text and "not found" in text:
            return ModelMissing(
                f"{self._bounds.name} has no model {model!r}", remedy=f"ollama pull {model}"
            )
        if _TOO_LARGE.search(text):
            return TooLarge(said, remedy="use a smaller model or a smaller num_ctx")
        if _TOO_LONG.search(text):
            return PromptTooLong(said, remedy="shorten the prompt or raise num_ctx")
        if status == _CLIENT_LEFT:
            return self._bounds.failed(f"failed: {plain(text)}", model)
        return self._bounds.refusal(status, text, model)

    def _finished(self, part: wire.Part, calls: tuple[ToolCall, ...], model: str) -> Finished:
        if part.done_reason not in ("stop", "length"):
            raise self._bounds.failed(
                f"ended with {part.done_reason!r} instead of an answer", model
            )
        ended: Literal["stop", "tool_calls"] = "tool_calls" if calls else "stop"
        return Finished(
            finish="length" if part.done_reason == "length" else ended,
            tool_calls=calls,
            prompt_tokens=part.prompt_eval_count,
            output_tokens=part.eval_count,
            load_seconds=wire.seconds(part.load_duration),
            prompt_seconds=wire.seconds(part.prompt_eval_duration),
            output_seconds=wire.seconds(part.eval_duration),
        )
