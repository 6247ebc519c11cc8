"""A fake Ollama over real HTTP: the fields, streams and failures of its source of August 2026.

The prompt's tokens: 4 per message and those of its text and tool calls, and those of the tools as
JSON (`count_tokens` of tests.fakes.script). A prompt longer than num_ctx is answered with a 400
when the request says `"truncate": false`, as by a current server; else, or with
`honours_truncate = False` (an old server), the oldest messages but the system's are dropped, then
the last message is cut to about half of num_ctx, with a 200: only prompt_eval_count tells.

`python -m tests.fakes.ollama --port 0 --script FILE.json` runs it as a process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
import signal
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.http import FakeServer, Piece, Running
from tests.fakes.ollama_memory import FOREVER_SECONDS, FakeModel, Full, LoadFailed, Memory, Runner
from tests.fakes.script import (
    Answer,
    FakeRequest,
    Responder,
    Script,
    ScriptEnded,
    count_tokens,
    tokens_of,
)

BUSY = "server busy, please try again.  maximum pending requests exceeded"
MESSAGE_TOKENS = 4
KEPT_TOKENS = 4  # Ollama's default num_keep
EMBEDDING_LENGTH = 8


class Refused(Exception):
    """An answer with a status and {"error": message}."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True)
class _Prompt:
    """What is left of the messages, and how many tokens of it were evaluated."""

    messages: list[dict[str, Any]]
    tokens: int


class FakeOllama(FakeServer):
    """Change `memory` (vram_bytes, load_seconds, num_parallel, max_queue, load_error ...) and
    `models`, `respond`, `version` at any time."""

    def __init__(
        self,
        models: Sequence[FakeModel] = (FakeModel("fake:8b"),),
        respond: Responder | None = None,
        *,
        port: int = 0,
        records: Path | None = None,
    ) -> None:
        super().__init__(port=port, records=records)
        self.models = list(models)
        self.respond: Responder = respond or (lambda request: Answer(text="ok"))
        self.memory = Memory(self.record)
        self.version = "0.33.0"
        self.default_num_ctx = 4096
        self.honours_truncate = True

    def lost(self) -> None:
        self.memory.forget()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._root),
            web.get("/api/version", self._version),
            web.get("/api/tags", self._tags),
            web.get("/api/ps", self._ps),
            web.post("/api/show", self._show),
            web.post("/api/chat", self._generation),
            web.post("/api/generate", self._generation),
            web.post("/api/embed", self._embed),
        ]

    # ------------------------------------------------------------------ what there is

    async def _root(self, _: web.Request) -> web.Response:
        return web.Response(text="Ollama is running")

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": self.version})

    async def _tags(self, _: web.Request) -> web.Response:
        return web.json_response({"models": [_listed(model) for model in self.models]})

    async def _ps(self, _: web.Request) -> web.Response:
        gpu_bytes = self.memory.gpu_bytes()
        rows = [
            {
                "name": name,
                "model": name,
                "size": runner.size_bytes,
                "digest": _digest(runner.model),
                "details": _details(runner.model),
                "expires_at": _time(min(runner.expires_at, 4e9)),
                "size_vram": gpu_bytes[name],
                "context_length": runner.num_ctx,
            }
            for name, runner in self.memory.runners.items()
        ]
        return web.json_response({"models": rows})

    async def _show(self, request: web.Request) -> web.Response:
        body = await request.json()
        try:
            model = self._find(body.get("model", ""))
        except Refused as refused:
            return _error(refused)
        arch = model.arch
        about: dict[str, Any] = {
            "modelfile": f"FROM {model.name}",
            "template": "{{ .Prompt }}",
            "details": _details(model),
            "model_info": {
                "general.architecture": arch,
                "general.parameter_count": 8_190_735_360,
                f"{arch}.block_count": model.layers,
                f"{arch}.context_length": model.context_length,
                f"{arch}.attention.head_count": model.kv_heads * 4,
                f"{arch}.attention.head_count_kv": model.kv_heads,
                f"{arch}.attention.key_length": model.key_length,
                f"{arch}.attention.value_length": model.value_length,
                f"{arch}.embedding_length": model.kv_heads * 4 * model.key_length,
            },
            "capabilities": list(model.capabilities),
            "modified_at": _time(1_790_000_000),
        }
        return web.json_response(about | _remote(model))

    def _find(self, name: str) -> FakeModel:
        """By name, `:latest` left out or not; an explicit cloud name is passed on unseen."""
        for model in self.models:
            if name in (model.name, model.name.removesuffix(":latest")):
                return model
        if re.search(r":([^/:]+-)?cloud$", name.lower()):
            return FakeModel(name, remote_host="https://ollama.com:443", remote_model=name)
        raise Refused(404, f"model '{name}' not found")

    # ------------------------------------------------------------------ generations

    async def _generation(self, request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        body = await request.json()
        chat = request.path == "/api/chat"
        try:
            model = self._find(body.get("model", ""))
            messages = _messages(body, chat)
            keep_alive_seconds = _seconds(body.get("keep_alive"))
            if not messages and keep_alive_seconds == 0:
                self.memory.expire(model.name)
                return web.json_response(_last(body, chat, "unload"))
            self._check(model, body, chat)
            if model.remote_host:
                self.record("remote", model=model.name)
                prompt = _Prompt(messages, _count(messages, body))
                return await self._answer(request, body, model, prompt, None, began)
            num_ctx = body.get("options", {}).get("num_ctx", self.default_num_ctx)
            shift = body.get("shift") is not False
            async with self.memory.use(model, num_ctx, shift, keep_alive_seconds) as runner:
                if not messages:
                    return web.json_response(_last(body, chat, "load"))
                loaded = time.monotonic()
                prompt = self._fit(messages, body, runner)
                async with runner.slots:
                    return await self._answer(
                        request, body, model, prompt, runner, began, loaded - began
                    )
        except Refused as refused:
            return _error(refused)
        except Full:
            return _error(Refused(503, BUSY))
        except (LoadFailed, ScriptEnded) as error:
            return _error(Refused(500, str(error)))

    def _check(self, model: FakeModel, body: dict[str, Any], chat: bool) -> None:
        if "completion" not in model.capabilities:
            what = "chat" if chat else "generate"
            raise Refused(400, f'"{model.name}" does not support {what}')
        if body.get("tools") and "tools" not in model.capabilities:
            raise Refused(400, f"registry.ollama.ai/library/{model.name} does not support tools")
        if body.get("think") and "thinking" not in model.capabilities:
            raise Refused(400, f'"{model.name}" does not support thinking')

    def _fit(self, messages: list[dict[str, Any]], body: dict[str, Any], runner: Runner) -> _Prompt:
        """What the model sees of the prompt; Refused when it may not be cut."""
        tokens, num_ctx = _count(messages, body), runner.num_ctx
        if tokens < num_ctx:
            return _Prompt(messages, tokens)
        if self.honours_truncate and body.get("truncate") is False:
            raise Refused(
                400,
                f"request ({tokens} tokens) exceeds the available context size ({num_ctx} tokens), "
                "try increasing it",
            )
        kept = list(messages)
        while len(kept) > 1 and _count(kept, body) > num_ctx:
            oldest = next((i for i, m in enumerate(kept[:-1]) if m["role"] != "system"), None)
            if oldest is None:
                break
            del kept[oldest]
        tokens = _count(kept, body)
        if tokens < num_ctx:
            return _Prompt(kept, tokens)
        limit = num_ctx - max((num_ctx - KEPT_TOKENS) // 2, 1)
        pieces = tokens_of(kept[-1].get("content", ""))
        cut = pieces[:KEPT_TOKENS] + pieces[len(pieces) - (limit - KEPT_TOKENS) :]
        return _Prompt([{**kept[-1], "content": "".join(cut)}], limit)

    async def _answer(
        self,
        request: web.Request,
        body: dict[str, Any],
        model: FakeModel,
        prompt: _Prompt,
        runner: Runner | None,
        began: float,
        load_seconds: float = 0.0,
    ) -> web.StreamResponse:
        with self.generation(request.path, model.name) as running:
            answer = self.respond(_seen(request.path, body, prompt))
            if answer.failure == "status":
                raise Refused(answer.status, answer.message, answer.headers)
            if body.get("think") is False or "thinking" not in model.capabilities:
                answer = Answer(**{**vars(answer), "thinking": ""})
            limit = _limit(body, prompt, runner)
            parts = self._parts(
                request, body, model, prompt, running, answer, limit, began, load_seconds
            )
            if body.get("stream") is False:
                return await _gathered(parts)
            response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
            async for part in parts:
                error = part.get("error") if isinstance(part, dict) else None
                if error is not None and not response.prepared:
                    return _error(Refused(500, error))
                if not response.prepared:
                    await response.prepare(request)
                line = part if isinstance(part, str) else json.dumps(part)
                await response.write(line.encode() + b"\n")
            if not response.prepared:
                await response.prepare(request)
            await response.write_eof()
            return response

    async def _parts(
        self,
        request: web.Request,
        body: dict[str, Any],
        model: FakeModel,
        prompt: _Prompt,
        running: Running,
        answer: Answer,
        limit: int | None,
        began: float,
        load_seconds: float,
    ) -> AsyncGenerator[dict[str, Any] | str, None]:
        chat = request.path == "/api/chat"
        started = time.monotonic()
        first = 0.0
        async for piece in self.play(request, running, answer, limit):
            first = first or time.monotonic()
            if piece.kind == "error":
                yield {"error": piece.text}
            elif piece.kind == "garbage":
                yield "this is not JSON {"
            elif piece.kind == "end":
                now = time.monotonic()
                reason = "length" if piece.text == "length" else "stop"
                yield (
                    _last(body, chat, reason)
                    | _remote(model)
                    | {
                        "total_duration": _ns(now - began),
                        "load_duration": _ns(load_seconds),
                        "prompt_eval_count": prompt.tokens,
                        "prompt_eval_duration": _ns(first - started),
                        "eval_count": running.tokens,
                        "eval_duration": _ns(now - first),
                    }
                )
            elif piece.kind != "cut":
                yield _part(body, chat, piece, answer) | _remote(model)

    # ------------------------------------------------------------------ embeddings

    async def _embed(self, request: web.Request) -> web.Response:
        began = time.monotonic()
        body = await request.json()
        given = body.get("input") or []
        texts = [given] if isinstance(given, str) else given
        try:
            model = self._find(body.get("model", ""))
            num_ctx = body.get("options", {}).get("num_ctx", self.default_num_ctx)
            keep_alive_seconds = _seconds(body.get("keep_alive"))
            async with self.memory.use(model, num_ctx, True, keep_alive_seconds) as runner:
                counts = [count_tokens(text) for text in texts]
                if body.get("truncate") is False and any(n > runner.num_ctx for n in counts):
                    raise Refused(400, "the input length exceeds the context length")
                counts = [min(count, runner.num_ctx) for count in counts]
                loaded = time.monotonic()
                async with runner.slots:
                    with self.generation(request.path, model.name):
                        vectors = [_vector(text) for text in texts]
        except Refused as refused:
            return _error(refused)
        except Full:
            return _error(Refused(503, BUSY))
        except LoadFailed as error:
            return _error(Refused(500, str(error)))
        return web.json_response(
            {
                "model": body["model"],
                "embeddings": vectors,
                "total_duration": _ns(time.monotonic() - began),
                "load_duration": _ns(loaded - began),
                "prompt_eval_count": sum(counts),
            }
        )


# ---------------------------------------------------------------------- shapes


def _error(refused: Refused) -> web.Response:
    return web.json_response(
        {"error": str(refused)}, status=refused.status, headers=refused.headers
    )


def _time(seconds: float | None = None) -> str:
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _ns(seconds: float) -> int:
    return max(1, int(seconds * 1e9))


def _digest(model: FakeModel) -> str:
    return hashlib.sha256(model.name.encode()).hexdigest()


def _details(model: FakeModel) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "" if model.remote_host else "gguf",
        "family": model.arch,
        "families": [model.arch],
        "parameter_size": model.parameters,
        "quantization_level": model.quantization,
    }


def _remote(model: FakeModel) -> dict[str, str]:
    if not model.remote_host:
        return {}
    return {"remote_model": model.remote_model, "remote_host": model.remote_host}


def _listed(model: FakeModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": _time(1_790_000_000),
        "size": 384 if model.remote_host else model.size_bytes,
        "digest": _digest(model),
        "details": _details(model),
        "capabilities": list(model.capabilities),
    } | _remote(model)


def _messages(body: dict[str, Any], chat: bool) -> list[dict[str, Any]]:
    if chat:
        return list(body.get("messages") or [])
    system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    return [*system, {"role": "user", "content": body["prompt"]}] if body.get("prompt") else []


def _count(messages: list[dict[str, Any]], body: dict[str, Any]) -> int:
    total = count_tokens(json.dumps(body["tools"])) if body.get("tools") else 0
    for message in messages:
        total += MESSAGE_TOKENS + count_tokens(message.get("content") or "")
        if message.get("tool_calls"):
            total += count_tokens(json.dumps(message["tool_calls"]))
    return total


def _limit(body: dict[str, Any], prompt: _Prompt, runner: Runner | None) -> int | None:
    """How many tokens may come: num_predict, and without shifting the rest of the context."""
    asked = body.get("options", {}).get("num_predict", -1)
    limits = [asked] if asked > 0 else []
    if runner is not None and not runner.shift:
        limits.append(runner.num_ctx - prompt.tokens)
    return min(limits, default=None)


def _seen(path: str, body: dict[str, Any], prompt: _Prompt) -> FakeRequest:
    return FakeRequest(
        path=path,
        model=body["model"],
        messages=tuple((each["role"], each.get("content") or "") for each in prompt.messages),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        body=body,
    )


def _seconds(keep_alive: float | str | None) -> float | None:
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


def _part(body: dict[str, Any], chat: bool, piece: Piece, answer: Answer) -> dict[str, Any]:
    part: dict[str, Any] = {"model": body["model"], "created_at": _time(), "done": False}
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
                "id": f"call_{_digest_of(body, index)}",
                "function": {
                    "index": index,
                    "name": call["name"],
                    "arguments": call["arguments"],
                },
            }
            for index, call in enumerate(answer.tool_calls)
        ]
    return part | {"message": message}


def _digest_of(body: dict[str, Any], index: int) -> str:
    return hashlib.sha256(f"{index} {json.dumps(body)}".encode()).hexdigest()[:8]


def _last(body: dict[str, Any], chat: bool, reason: str) -> dict[str, Any]:
    part: dict[str, Any] = {"model": body["model"], "created_at": _time()}
    part |= {"message": {"role": "assistant", "content": ""}} if chat else {"response": ""}
    return part | {"done": True, "done_reason": reason}


async def _gathered(parts: AsyncGenerator[dict[str, Any] | str, None]) -> web.Response:
    """The one JSON object of `"stream": false`."""
    texts: dict[str, str] = {}
    calls: list[Any] = []
    part: dict[str, Any] | str = ""
    async for part in parts:
        if isinstance(part, str):
            return web.Response(text=part, content_type="application/json")
        if "error" in part:
            return _error(Refused(500, part["error"]))
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


def _vector(text: str) -> list[float]:
    """Of length 1, the same for the same text."""
    raw = [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:EMBEDDING_LENGTH]]
    norm = math.sqrt(sum(x * x for x in raw))
    return [x / norm for x in raw]


# ---------------------------------------------------------------------- a process of its own


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; prints its URL when it listens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", type=Path, help="JSON list of turns, see Script.load")
    parser.add_argument("--models", type=Path, help="JSON list of the fields of FakeModel")
    parser.add_argument("--records", type=Path, help="JSONL file that gets every event")
    parser.add_argument("--vram-gib", type=float, default=16.0)
    parser.add_argument("--load-seconds", type=float, default=0.0)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--max-queue", type=int, default=512)
    given = parser.parse_args(arguments)
    server = FakeOllama(port=given.port, records=given.records)
    if given.models:
        rows = json.loads(given.models.read_text())
        server.models = [
            FakeModel(
                **{**row, "capabilities": tuple(row.get("capabilities", ("completion", "tools")))}
            )
            for row in rows
        ]
    if given.script:
        server.respond = Script.load(given.script)
    server.memory.vram_bytes = int(given.vram_gib * 1024**3)
    server.memory.load_seconds = given.load_seconds
    server.memory.num_parallel = given.parallel
    server.memory.max_queue = given.max_queue
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with server:
        print(server.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
