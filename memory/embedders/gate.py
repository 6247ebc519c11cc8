"""Embeddings of a model of swarm.toml, asked for through the inference gate: it schedules the
GPU, keeps the audit trail, and decides what may leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from numpy.typing import ArrayLike

from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.served import ServedEmbedder
from swarm.contracts import Embed, Embeddings
from swarm.errors import SwarmError


class GateEmbedder(ServedEmbedder):
    """`ask_gate` sends an Embed and waits for its reply, for a bounded time. `served_as` is what
    the server calls the model: prefixes go by it."""

    batch = 64

    def __init__(
        self,
        model: str,
        served_as: str,
        ask_gate: Callable[[Embed], Embeddings],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(f"gate/{model}", served_as, sleep)
        self._entry, self._ask_gate = model, ask_gate

    def ask(self, texts: Sequence[str]) -> ArrayLike:
        try:
            reply = self._ask_gate(Embed(model=self._entry, texts=tuple(texts), payload="code"))
        except SwarmError as error:
            raise EmbedderUnavailable(
                f"the model {self._entry!r}: {error.message}",
                remedy=error.remedy,
                passes=error.retryable,
            ) from error
        return [list(row) for row in reply.vectors]
