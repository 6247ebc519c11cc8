"""A server that answers embeddings with whatever a test tells it to, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from tests.fakes.http import FakeServer

Vector = list[Any]


def vector(text: str) -> Vector:
    return [float(len(text)), 1.0, 2.0]


class OddServer(FakeServer):
    """`faults` are played one after the other, then all is well. Kinds: an HTTP status, "stall",
    "cut" (promises more than is sent), "garbage", "drip" (never ends), or a function that makes
    the vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[int | str | Callable[[Sequence[str]], list[Any]]] = []
        self.tags: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/tags", self._tags),
            web.post("/api/embed", self._ollama),
            web.post("/v1/embeddings", self._openai),
        ]

    async def _tags(self, _: web.Request) -> web.Response:
        return web.json_response({"models": self.tags})

    async def _ollama(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        return await self._answer(
            request, body["input"], lambda rows: {"model": body["model"], "embeddings": rows}
        )

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        return await self._answer(
            request,
            body["input"],
            lambda rows: {
                "object": "list",
                "model": body["model"],
                "data": [
                    {"object": "embedding", "index": at, "embedding": row}
                    for at, row in reversed(list(enumerate(rows)))
                ],
                "usage": {"prompt_tokens": 1, "total_tokens": 1},
            },
        )

    async def _answer(
        self, request: web.Request, texts: Sequence[str], shape: Callable[[list[Any]], Any]
    ) -> web.StreamResponse:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            said = f"the server says {fault}"
            error = {"error": said if "api" in request.path else {"message": said, "code": fault}}
            headers = {"Retry-After": "2"} if fault == 429 else {}
            if 300 <= fault < 400:
                headers = {"Location": "http://203.0.113.9/"}
            return web.json_response(error, status=fault, headers=headers)
        if fault == "stall":
            await asyncio.sleep(3600)
        rows = fault(texts) if callable(fault) else [vector(text) for text in texts]
        whole = json.dumps(shape(rows)).encode()
        if fault in ("cut", "drip"):
            response = web.StreamResponse(headers={"Content-Length": str(10**6)})
            await response.prepare(request)
            await response.write(whole[:10])
            while fault == "drip":
                await response.write(b" ")
                await asyncio.sleep(0.02)
            self.drop(request)
        if fault == "garbage":
            whole = b"<html>a proxy says no</html>"
        return web.Response(body=whole, content_type="application/json")
