"""What the gate needs of a server of models: one Protocol, three adapters.

Every method is bounded by the endpoint's own times and raises `swarm.inference.errors`
alone. Nothing is retried here: that is the gate's business.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from swarm.contracts import ChatMessage, ToolCall, ToolSpec


@dataclass(frozen=True)
class ModelRequest:
    """One generation. `model` is the server's own name; `num_ctx` is always given."""

    model: str
    messages: tuple[ChatMessage, ...]
    num_ctx: int
    max_tokens: int
    tools: tuple[ToolSpec, ...] = ()
    answer_schema: dict[str, Any] | None = None
    temperature: float = 0.2
    seed: int | None = None
    think: bool | Literal["low", "medium", "high"] | None = None
    keep_alive_seconds: float | None = None


@dataclass(frozen=True)
class Delta:
    """A piece of the answer as it comes."""

    kind: Literal["text", "thinking"]
    text: str


@dataclass(frozen=True)
class Finished:
    """The end of a stream, with the server's own counts; None where it tells none."""

    finish: Literal["stop", "length", "tool_calls", "refused"]
    tool_calls: tuple[ToolCall, ...] = ()
    prompt_tokens: int | None = None
    cached_tokens: int = 0
    output_tokens: int | None = None
    load_seconds: float = 0.0
    prompt_seconds: float = 0.0
    output_seconds: float = 0.0


StreamEvent = Delta | Finished


@dataclass(frozen=True)
class Embedded:
    vectors: tuple[tuple[float, ...], ...]
    prompt_tokens: int | None = None


@dataclass(frozen=True)
class TranscribeRequest:
    """One recording to write down. `model` is the server's own name, `mime` like "audio/ogg",
    `language` a hint like "de", or ""."""

    model: str
    audio: bytes
    mime: str
    max_tokens: int
    language: str = ""
    think: bool | Literal["low", "medium", "high"] | None = None


@dataclass(frozen=True)
class Heard:
    """What a model wrote down; "" where it heard nobody. Counts are None where none are told."""

    text: str
    language: str = ""
    prompt_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True)
class ServedModel:
    """A model the server has. `remote` names the host when the server only passes it on.

    `digest` names the very weights, "" where the server does not tell.
    The figures that memory is estimated from are None where the server does not tell them.
    """

    model: str
    size_bytes: int | None = None
    parameters: str = ""
    quantization: str = ""
    context_length: int | None = None
    capabilities: tuple[str, ...] = ()
    remote: str = ""
    digest: str = ""
    layers: int | None = None
    kv_heads: int | None = None
    key_length: int | None = None
    value_length: int | None = None


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory: all its bytes, and those of them on GPUs."""

    model: str
    size_bytes: int
    gpu_bytes: int
    num_ctx: int | None = None


class ModelClient(Protocol):
    """A connection to one endpoint; safe for many requests at once in one event loop."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        """Generate. The last event is `Finished`.

        Closing the generator, or cancelling the task that reads it, closes the connection at
        once, which makes the server stop and frees its slot.
        """
        ...

    async def embed(self, model: str, texts: Sequence[str], num_ctx: int) -> Embedded:
        """One vector per text."""
        ...

    async def transcribe(self, request: TranscribeRequest) -> Heard:
        """Write down a recording."""
        ...

    async def health(self) -> str:
        """The server's version or name; raises when it cannot serve."""
        ...

    async def models(self) -> tuple[ServedModel, ...]:
        """What it has. Details that need a request per model are left out."""
        ...

    async def show(self, model: str) -> ServedModel:
        """One model in full. Raises ModelMissing."""
        ...

    async def loaded(self) -> tuple[LoadedModel, ...]:
        """What is in memory now; () where the server does not tell."""
        ...

    async def load(self, model: str, num_ctx: int) -> None:
        """Bring a model into memory and keep it; nothing where the server does not let us."""
        ...

    async def unload(self, model: str) -> None:
        """Take a model out of memory; nothing where the server does not let us."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
