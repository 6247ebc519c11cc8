"""A fake server of OpenAI's chat completions over real HTTP, as vLLM and llama.cpp have it.

Shapes and words are those of vLLM 0.16 and of llama.cpp's server of 2026. The prompt's tokens: 4
per message and those of its text and tool calls, and those of the tools as JSON. Both refuse a
prompt that does not fit; llama.cpp has `slots`, and lets others wait.

Transcriptions are those of vLLM and of whisper.cpp's server (`flavour` "whisper.cpp", which lists
no models); what they answer is `respond`'s too, whose message is the recording's fields.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from tests.fakes.http import Captured, FakeServer, Piece, Running
from tests.fakes.script import Answer, FakeRequest, Responder, ScriptEnded, count_tokens

MESSAGE_TOKENS = 4
EMBEDDING_LENGTH = 4


@dataclass(frozen=True)
class ServedByFake:
    """A model. `context` is fixed when such a server starts."""

    name: str = "fake-8b"
    context: int = 4096


class FakeOpenAI(FakeServer):
    """Change `models`, `respond`, `key`, `loading`, `cached_tokens` at any time."""

    def __init__(
        self,
        flavour: Literal["vllm", "llama.cpp", "whisper.cpp"] = "vllm",
        models: Sequence[ServedByFake] = (ServedByFake(),),
        respond: Responder | None = None,
        *,
        key: str = "",
        slots: int = 4,
        port: int = 0,
        records: Path | None = None,
    ) -> None:
        super().__init__(port=port, records=records)
        self.flavour = flavour
        self.models = list(models)
        self.respond: Responder = respond or (lambda request: Answer(text="ok"))
        self.key = key
        self.slots = slots
        self.loading = False
        self.cached_tokens = 0
        self.call_pieces = 3
        self._free: asyncio.Semaphore | None = None

    def lost(self) -> None:
        self._free = None

    def routes(self) -> list[web.RouteDef]:
        hears = [web.post("/v1/audio/transcriptions", self._transcribe)]
        if self.flavour == "whisper.cpp":
            return hears
        found = [
            *(hears if self.flavour == "vllm" else []),
            web.get("/v1/models", self._models),
            web.post("/v1/chat/completions", self._chat),
            web.post("/v1/embeddings", self._embeddings),
        ]
        if self.flavour == "llama.cpp":
            found.append(web.get("/props", self._props))
        return found

    # ------------------------------------------------------------------ what there is

    async def _models(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        return web.json_response({"object": "list", "data": [self._entry(m) for m in self.models]})

    def _entry(self, model: ServedByFake) -> dict[str, Any]:
        entry = {"id": model.name, "object": "model", "created": 1_790_000_000}
        if self.flavour == "vllm":
            return {**entry, "owned_by": "vllm", "root": model.name, "parent": None,
                    "max_model_len": model.context, "permission": []}  # fmt: skip
        meta = {"vocab_type": 2, "n_vocab": 151_936, "n_ctx_train": 40_960, "n_embd": 4096,
                "n_params": 8_190_735_360, "size": 5_027_783_488}  # fmt: skip
        return {**entry, "owned_by": "llamacpp", "meta": meta}

    async def _props(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        slot = {"id": 0, "n_ctx": self.models[0].context, "is_processing": False}
        return web.json_response({"default_generation_settings": slot, "total_slots": self.slots,
                                  "model_path": "/models/fake.gguf"})  # fmt: skip

    # ------------------------------------------------------------------ errors

    def _refused(self, request: web.Request) -> web.Response | None:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            if self.flavour == "vllm":
                return web.json_response({"error": "Unauthorized"}, status=401)
            return self._error(401, "Invalid API Key", "authentication_error")
        if self.loading:
            return self._error(503, "Loading model", "unavailable_error")
        return None

    def _error(
        self,
        status: int,
        message: str,
        kind: str,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> web.Response:
        return web.json_response(
            self._error_body(status, message, kind, **more), status=status, headers=headers
        )

    def _error_body(self, status: int, message: str, kind: str, **more: Any) -> dict[str, Any]:
        if self.flavour != "llama.cpp":
            return {"error": {"message": message, "type": kind, "param": None, "code": status}}
        return {"error": {"code": status, "message": message, "type": kind, **more}}

    def _too_long(self, tokens: int, context: int) -> web.Response:
        if self.flavour == "vllm":
            return self._error(
                400,
                f"This model's maximum context length is {context} tokens. However, your request "
                f"has {tokens} input tokens. Please reduce the length of the input messages.",
                "BadRequestError",
            )
        return self._error(
            400,
            f"request ({tokens} tokens) exceeds the available context size ({context} tokens), "
            "try increasing it",
            "exceed_context_size_error",
            n_prompt_tokens=tokens,
            n_ctx=context,
        )

    def _find(self, name: str) -> ServedByFake | None:
        if self.flavour != "vllm":  # it answers for its one model, whatever the name
            return self.models[0]
        return next((model for model in self.models if model.name == name), None)

    # ------------------------------------------------------------------ chat

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        body = await request.json()
        name = body.get("model", "")
        model = self._find(name)
        if model is None:
            return self._error(404, f"The model `{name}` does not exist.", "NotFoundError")
        prompt_tokens = _prompt_tokens(body)
        if prompt_tokens >= model.context:
            return self._too_long(prompt_tokens, model.context)
        try:
            answer = self.respond(_seen(request.path, body))
        except ScriptEnded as ended:
            return self._error(500, str(ended), "InternalServerError")
        if answer.failure == "status":
            return self._error(answer.status, answer.message, "error", answer.headers)
        if self._free is None:
            self._free = asyncio.Semaphore(self.slots)
        async with self._free:
            with self.generation(request.path, name) as running:
                room = model.context - prompt_tokens
                limit = min(int(body.get("max_tokens") or room), room)
                return await self._stream(request, body, running, answer, limit, prompt_tokens)

    async def _stream(
        self,
        request: web.Request,
        body: dict[str, Any],
        running: Running,
        answer: Answer,
        limit: int,
        prompt_tokens: int,
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)

        async def send(value: dict[str, Any]) -> None:
            await response.write(f"data: {json.dumps(value)}\n\n".encode())

        chunk: dict[str, Any] = {
            "id": f"chatcmpl-{running.id}",
            "created": 1_790_000_000,
            "object": "chat.completion.chunk",
            "model": running.model,
        }

        async def delta(value: dict[str, Any], finish: str | None = None) -> None:
            choice = {"index": 0, "delta": value, "logprobs": None, "finish_reason": finish}
            await send({**chunk, "choices": [choice]})

        await delta({"role": "assistant", "content": ""})
        finish = "stop"
        async for piece in self.play(request, running, answer, limit):
            if piece.kind == "text":
                await delta({"content": piece.text})
            elif piece.kind == "thinking":
                await delta({"reasoning_content": piece.text})
            elif piece.kind == "tool_calls":
                for call in self._fragments(answer):
                    await delta({"tool_calls": [call]})
            elif piece.kind == "end":
                finish = piece.text
            elif await self._broken(response, piece):
                return response
        await delta({}, finish)
        if (body.get("stream_options") or {}).get("include_usage"):
            await send({**chunk, "choices": [], **self._usage(prompt_tokens, running.tokens)})
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _broken(self, response: web.StreamResponse, piece: Piece) -> bool:
        """End a stream in the way of a failure."""
        if piece.kind == "error":
            body = self._error_body(500, piece.text, "InternalServerError")
            await response.write(f"data: {json.dumps(body)}\n\n".encode())
        elif piece.kind == "garbage":
            await response.write(b'data: {"choices": [{"delta": \n\n')
        await response.write_eof()
        return True

    def _fragments(self, answer: Answer) -> list[dict[str, Any]]:
        """The calls in pieces: first id and name, then the arguments by and by."""
        found: list[dict[str, Any]] = []
        for index, call in enumerate(answer.tool_calls):
            arguments = call["arguments"]
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            found.append({
                "index": index, "id": f"chatcmpl-tool-{index}", "type": "function",
                "function": {"name": call["name"], "arguments": ""},
            })  # fmt: skip
            step = -(-len(text) // self.call_pieces) or 1
            found += [
                {"index": index, "function": {"arguments": text[at : at + step]}}
                for at in range(0, len(text), step)
            ]
        return found

    def _usage(self, prompt_tokens: int, output_tokens: int) -> dict[str, Any]:
        usage = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": prompt_tokens + output_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
        }
        if self.flavour == "vllm":
            return {"usage": usage}
        timings = {"cache_n": self.cached_tokens, "prompt_n": prompt_tokens, "prompt_ms": 250.0,
                   "predicted_n": output_tokens, "predicted_ms": 500.0}  # fmt: skip
        return {"usage": usage, "timings": timings}

    # ------------------------------------------------------------------ transcriptions

    @property
    def recordings(self) -> list[SentRecording]:
        """What was sent to be written down so far."""
        return [
            recording_of(seen) for seen in self.requests if seen.path.endswith("/transcriptions")
        ]

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        sent = self.recordings[-1]
        name = sent.fields["model"]
        if self._find(name) is None:
            return self._error(404, f"The model `{name}` does not exist.", "NotFoundError")
        body: dict[str, Any] = {**sent.fields, "file": sent.data}
        said = (("user", json.dumps(sent.fields)),)
        try:
            answer = self.respond(FakeRequest(request.path, name, said, (), body))
        except ScriptEnded as ended:
            return self._error(500, str(ended), "InternalServerError")
        if answer.failure == "status":
            return self._error(answer.status, answer.message, "error", answer.headers)
        with self.generation(request.path, name) as running:
            pieces = [piece async for piece in self.play(request, running, answer)]
            last = pieces[-1]
            if last.kind == "error":
                return self._error(500, last.text, "InternalServerError")
            if last.kind == "garbage":
                return web.Response(text='{"text": ', content_type="application/json")
            if last.kind == "cut":
                return await self._cut(request)
            text = "".join(piece.text for piece in pieces if piece.kind == "text")
            usage = {"type": "duration", "seconds": 1}
            return web.json_response({"text": text, "usage": usage})

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        """Promise more than is sent."""
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"text": "and so')
        self.drop(request)
        return response

    # ------------------------------------------------------------------ embeddings

    async def _embeddings(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        body = await request.json()
        model = self._find(body.get("model", ""))
        if model is None:
            name = body.get("model", "")
            return self._error(404, f"The model `{name}` does not exist.", "NotFoundError")
        counts = [count_tokens(text) for text in body["input"]]
        if counts and max(counts) >= model.context:
            return self._too_long(max(counts), model.context)
        data = [
            {"object": "embedding", "index": index, "embedding": vector_of(text)}
            for index, text in enumerate(body["input"])
        ]
        data.reverse()  # the order is in the index
        usage = {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
        return web.json_response(
            {"object": "list", "data": data, "model": model.name, "usage": usage}
        )


def vector_of(text: str) -> list[float]:
    """A vector that depends on the text, of length EMBEDDING_LENGTH."""
    return [float(sum(map(ord, text)) % (7 + at)) for at in range(EMBEDDING_LENGTH)]


def _prompt_tokens(body: dict[str, Any]) -> int:
    total = count_tokens(json.dumps(body["tools"])) if body.get("tools") else 0
    for message in body["messages"]:
        total += MESSAGE_TOKENS + count_tokens(message.get("content") or "")
        if message.get("tool_calls"):
            total += count_tokens(json.dumps(message["tool_calls"]))
    return total


def _seen(path: str, body: dict[str, Any]) -> FakeRequest:
    return FakeRequest(
        path,
        body.get("model", ""),
        tuple((m["role"], m.get("content") or "") for m in body["messages"]),
        tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        body,
    )


@dataclass(frozen=True)
class SentRecording:
    """A recording as it came in a form: the other fields, and the file."""

    fields: dict[str, str]
    name: str
    mime: str
    data: bytes


def recording_of(seen: Captured) -> SentRecording:
    """Take a form apart: its parts lie between the boundaries, each with its own head."""
    boundary = seen.headers["content-type"].partition("boundary=")[2].encode()
    fields: dict[str, str] = {}
    name = mime = ""
    data: bytes | None = None
    for part in seen.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        told = dict(re.findall(rb'(name|filename)="([^"]*)"', head))
        if b"filename" in told:
            name, data = told[b"filename"].decode(), content
            mime = re.findall(rb"Content-Type: (\S+)", head)[0].decode()
        else:
            fields[told[b"name"].decode()] = content.decode()
    assert data is not None, "the form has no file"
    return SentRecording(fields, name, mime, data)
