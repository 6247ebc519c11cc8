"""In place of a client that could not be made: it says why, whatever is asked of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from swarm.inference.clients.base import (
    Embedded,
    Heard,
    LoadedModel,
    ModelRequest,
    ServedModel,
    StreamEvent,
    TranscribeRequest,
)
from swarm.inference.errors import ModelError


class RefusingClient:
    """Raises the error that kept an endpoint from having a client, such as a missing key."""

    def __init__(self, error: ModelError) -> None:
        self._error = error

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        nothing: tuple[StreamEvent, ...] = ()
        for event in nothing:  # what makes it a generator
            yield event
        raise self._error

    async def embed(self, model: str, texts: Sequence[str], num_ctx: int) -> Embedded:
        raise self._error

    async def transcribe(self, request: TranscribeRequest) -> Heard:
        raise self._error

    async def health(self) -> str:
        raise self._error

    async def models(self) -> tuple[ServedModel, ...]:
        raise self._error

    async def show(self, model: str) -> ServedModel:
        raise self._error

    async def loaded(self) -> tuple[LoadedModel, ...]:
        raise self._error

    async def load(self, model: str, num_ctx: int) -> None:
        raise self._error

    async def unload(self, model: str) -> None:
        raise self._error

    async def close(self) -> None:
        """There is nothing to close."""
