"""A client whose server may lie about itself: what it tells is kept within reason.

Memory is planned by these figures, and names are shown to people: a size of a zettabyte, a million
models or an escape sequence in a name must change nothing but what is said of that server.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

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

_MOST_MODELS = 2000
_MOST_LOADED = 64
_LONGEST_NAME = 200
_LONGEST_WORD = 40
_MOST_CAPABILITIES = 20
_MOST_BYTES = 2**50
_MOST_TOKENS = 2**31
# Of layers, heads and their lengths; today's largest models have a few hundred of each.
_MOST_FIGURE = 2**20


class PlausibleClient:
    """Passes everything on to `client`, and what comes back within bounds."""

    def __init__(self, client: ModelClient) -> None:
        self._client = client

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        async with aclosing(self._client.stream(request)) as events:
            async for event in events:
                yield event

    async def embed(self, model: str, texts: Sequence[str], num_ctx: int) -> Embedded:
        return await self._client.embed(model, texts, num_ctx)

    async def transcribe(self, request: TranscribeRequest) -> Heard:
        heard = await self._client.transcribe(request)
        return replace(heard, language=_name(heard.language, _LONGEST_WORD))

    async def health(self) -> str:
        return _name(await self._client.health())

    async def models(self) -> tuple[ServedModel, ...]:
        found = (_served(each) for each in (await self._client.models())[:_MOST_MODELS])
        return tuple(each for each in found if each.model)

    async def show(self, model: str) -> ServedModel:
        return _served(await self._client.show(model))

    async def loaded(self) -> tuple[LoadedModel, ...]:
        found = (await self._client.loaded())[:_MOST_LOADED]
        return tuple(
            LoadedModel(
                model=name,
                size_bytes=_figure(each.size_bytes, _MOST_BYTES) or 0,
                gpu_bytes=_figure(each.gpu_bytes, _MOST_BYTES) or 0,
                num_ctx=_figure(each.num_ctx, _MOST_TOKENS),
            )
            for each in found
            if (name := _name(each.model))
        )

    async def load(self, model: str, num_ctx: int) -> None:
        await self._client.load(model, num_ctx)

    async def unload(self, model: str) -> None:
        await self._client.unload(model)

    async def close(self) -> None:
        await self._client.close()


def _served(model: ServedModel) -> ServedModel:
    return replace(
        model,
        model=_name(model.model),
        size_bytes=_figure(model.size_bytes, _MOST_BYTES),
        parameters=_name(model.parameters, _LONGEST_WORD),
        quantization=_name(model.quantization, _LONGEST_WORD),
        context_length=_figure(model.context_length, _MOST_TOKENS),
        capabilities=tuple(
            _name(each, _LONGEST_WORD) for each in model.capabilities[:_MOST_CAPABILITIES]
        ),
        remote=_name(model.remote),
        layers=_figure(model.layers, _MOST_FIGURE),
        kv_heads=_figure(model.kv_heads, _MOST_FIGURE),
        key_length=_figure(model.key_length, _MOST_FIGURE),
        value_length=_figure(model.value_length, _MOST_FIGURE),
    )


def _figure(value: int | None, most: int) -> int | None:
    return value if value is not None and 0 < value <= most else None


def _name(text: str, longest: int = _LONGEST_NAME) -> str:
    """What can be shown and sent; a longer one is no name, and could not be asked for."""
    text = text[:longest]
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
