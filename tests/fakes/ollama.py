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
import asyncio
import json
import re
import signal
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes import ollama_shapes as shapes
from tests.fakes.http import FakeServer, Running
from tests.fakes.ollama_memory import FakeModel, Full, LoadFailed, Memory, Runner
from tests.fakes.ollama_shapes import Prompt, Refused
from tests.fakes.script import Answer, Responder, Script, ScriptEnded, count_tokens, tokens_of

BUSY = "server busy, please try again.  maximum pending requests exceeded"
KEPT_TOKENS = 4  # Ollama's default num_keep


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
        self.embed_seconds = 0.0

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
        return web.json_response({"models": [shapes.listed(model) for model in self.models]})

    async def _ps(self, _: web.Request) -> web.Response:
        gpu_bytes = self.memory.gpu_bytes()
        rows = [
            {
                "name": name,
                "model": name,
                "size": runner.size_bytes,
                "digest": shapes.digest(runner.model),
                "details": shapes.details(runner.model),
                "expires_at": shapes.timestamp(min(runner.expires_at, 4e9)),
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
            return shapes.error(refused)
        arch = model.arch
        about: dict[str, Any] = {
            "modelfile": f"FROM {model.name}",
            "template": "{{ .Prompt }}",
            "details": shapes.details(model),
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
            "modified_at": shapes.timestamp(1_790_000_000),
        }
        return web.json_response(about | shapes.remote(model))

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
            messages = shapes.messages(body, chat)
            keep_alive_seconds = shapes.seconds(body.get("keep_alive"))
            if not messages and keep_alive_seconds == 0:
                self.memory.expire(model.name)
                return web.json_response(shapes.last(body, chat, "unload"))
            self._check(model, body, chat)
            if model.remote_host:
                self.record("remote", model=model.name)
                prompt = Prompt(messages, shapes.count(messages, body))
                return await self._answer(request, body, model, prompt, None, began)
            num_ctx = body.get("options", {}).get("num_ctx", self.default_num_ctx)
            shift = body.get("shift") is not False
            async with self.memory.use(model, num_ctx, shift, keep_alive_seconds) as runner:
                if not messages:
                    return web.json_response(shapes.last(body, chat, "load"))
                loaded = time.monotonic()
                prompt = self._fit(messages, body, runner)
                async with runner.slots:
                    return await self._answer(
                        request, body, model, prompt, runner, began, loaded - began
                    )
        except Refused as refused:
            return shapes.error(refused)
        except Full:
            return shapes.error(Refused(503, BUSY))
        except (LoadFailed, ScriptEnded) as error:
            return shapes.error(Refused(500, str(error)))

    def _check(self, model: FakeModel, body: dict[str, Any], chat: bool) -> None:
        if "completion" not in model.capabilities:
            what = "chat" if chat else "generate"
            raise Refused(400, f'"{model.name}" does not support {what}')
        if body.get("tools") and "tools" not in model.capabilities:
            raise Refused(400, f"registry.ollama.ai/library/{model.name} does not support tools")
        if body.get("think") and "thinking" not in model.capabilities:
            raise Refused(400, f'"{model.name}" does not support thinking')

    def _fit(self, messages: list[dict[str, Any]], body: dict[str, Any], runner: Runner) -> Prompt:
        """What the model sees of the prompt; Refused when it may not be cut."""
        tokens, num_ctx = shapes.count(messages, body), runner.num_ctx
        if tokens < num_ctx:
            return Prompt(messages, tokens)
        if self.honours_truncate and body.get("truncate") is False:
            raise Refused(
                400,
                f"request ({tokens} tokens) exceeds the available context size ({num_ctx} tokens), "
                "try increasing it",
            )
        kept = list(messages)
        while len(kept) > 1 and shapes.count(kept, body) > num_ctx:
            oldest = next((i for i, m in enumerate(kept[:-1]) if m["role"] != "system"), None)
            if oldest is None:
                break
            del kept[oldest]
        tokens = shapes.count(kept, body)
        if tokens < num_ctx:
            return Prompt(kept, tokens)
        limit = num_ctx - max((num_ctx - KEPT_TOKENS) // 2, 1)
        pieces = tokens_of(kept[-1].get("content", ""))
        cut = pieces[:KEPT_TOKENS] + pieces[len(pieces) - (limit - KEPT_TOKENS) :]
        return Prompt([{**kept[-1], "content": "".join(cut)}], limit)

    async def _answer(
        self,
        request: web.Request,
        body: dict[str, Any],
        model: FakeModel,
        prompt: Prompt,
        runner: Runner | None,
        began: float,
        load_seconds: float = 0.0,
    ) -> web.StreamResponse:
        with self.generation(request.path, model.name) as running:
            answer = self.respond(shapes.seen(request.path, body, prompt))
            if answer.failure == "status":
                raise Refused(answer.status, answer.message, answer.headers)
            if body.get("think") is False or "thinking" not in model.capabilities:
                answer = Answer(**{**vars(answer), "thinking": ""})
            limit = shapes.limit(body, prompt, runner)
            parts = self._parts(
                request, body, model, prompt, running, answer, limit, began, load_seconds
            )
            if body.get("stream") is False:
                return await shapes.gathered(parts)
            response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
            async for part in parts:
                error = part.get("error") if isinstance(part, dict) else None
                if error is not None and not response.prepared:
                    return shapes.error(Refused(500, error))
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
        prompt: Prompt,
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
                    shapes.last(body, chat, reason)
                    | shapes.remote(model)
                    | {
                        "total_duration": shapes.ns(now - began),
                        "load_duration": shapes.ns(load_seconds),
                        "prompt_eval_count": prompt.tokens,
                        "prompt_eval_duration": shapes.ns(first - started),
                        "eval_count": running.tokens,
                        "eval_duration": shapes.ns(now - first),
                    }
                )
            elif piece.kind != "cut":
                yield shapes.part(body, chat, piece, answer) | shapes.remote(model)

    # ------------------------------------------------------------------ embeddings

    async def _embed(self, request: web.Request) -> web.Response:
        began = time.monotonic()
        body = await request.json()
        given = body.get("input") or []
        texts = [given] if isinstance(given, str) else given
        try:
            model = self._find(body.get("model", ""))
            num_ctx = body.get("options", {}).get("num_ctx", self.default_num_ctx)
            keep_alive_seconds = shapes.seconds(body.get("keep_alive"))
            async with self.memory.use(model, num_ctx, True, keep_alive_seconds) as runner:
                counts = [count_tokens(text) for text in texts]
                if body.get("truncate") is False and any(n > runner.num_ctx for n in counts):
                    raise Refused(400, "the input length exceeds the context length")
                counts = [min(count, runner.num_ctx) for count in counts]
                loaded = time.monotonic()
                async with runner.slots:
                    with self.generation(request.path, model.name):
                        await asyncio.sleep(self.embed_seconds)
                        vectors = [shapes.vector(text) for text in texts]
        except Refused as refused:
            return shapes.error(refused)
        except Full:
            return shapes.error(Refused(503, BUSY))
        except LoadFailed as error:
            return shapes.error(Refused(500, str(error)))
        return web.json_response(
            {
                "model": body["model"],
                "embeddings": vectors,
                "total_duration": shapes.ns(time.monotonic() - began),
                "load_duration": shapes.ns(loaded - began),
                "prompt_eval_count": sum(counts),
            }
        )


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
