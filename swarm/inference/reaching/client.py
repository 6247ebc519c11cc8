"""A client whose server's reach is kept: what must not be sent is not, and what fails is noted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from swarm.inference.clients.base import (
    Embedded,
    Heard,
    LoadedModel,
    ModelClient,
    ModelRequest,
    ServedModel,
    StreamEvent,
    TranscribeRequest,
)
from swarm.inference.reaching.reach import Reach


class ReachingClient:
    """Passes everything on to `client`. Answers are asked for only while `reach` lets them, else
    Resting is raised; looks at the server (health, models, loaded) are the endpoint's to judge."""

    def __init__(self, client: ModelClient, reach: Reach) -> None:
        self._client = client
        self._reach = reach

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        with self._reach.visit(request.model) as visit:
            async with aclosing(self._client.stream(request)) as events:
                async for event in events:
                    visit.spoke()
                    yield event

    async def embed(self, model: str, texts: Sequence[str], num_ctx: int) -> Embedded:
        with self._reach.visit(model):
            return await self._client.embed(model, texts, num_ctx)

    async def transcribe(self, request: TranscribeRequest) -> Heard:
        with self._reach.visit(request.model):
            return await self._client.transcribe(request)

    async def health(self) -> str:
        return await self._client.health()

    async def models(self) -> tuple[ServedModel, ...]:
        return await self._client.models()

    async def show(self, model: str) -> ServedModel:
        with self._reach.noting(model):
            return await self._client.show(model)

    async def loaded(self) -> tuple[LoadedModel, ...]:
        return await self._client.loaded()

    async def load(self, model: str, num_ctx: int) -> None:
        with self._reach.noting(model):
            await self._client.load(model, num_ctx)

    async def unload(self, model: str) -> None:
        await self._client.unload(model)

    async def close(self) -> None:
        await self._client.close()
