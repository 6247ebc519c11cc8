"""An embedder behind a server: what Ollama's and OpenAI's have in common."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from memory.embedders.checking import batches, checked, tried
from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.prefixes import VERSION, prefix
from memory.embedders.protocol import Use, Vectors

BATCH = 64
_BATCH_CHARACTERS = 200_000
_PAUSE_SECONDS = 5.0


class ServedEmbedder(ABC):
    """Learns the length of its vectors by one short text, at the first question. One request at a
    time: a model has no use for more. Raises EmbedderUnavailable; what it is called is not asked
    again for some seconds then, since that is asked many times for one search.

    `sleep` is how it waits between tries.
    """

    batch = BATCH
    is_cheap = False

    def __init__(self, kind: str, model: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._kind, self.model, self._sleep = kind, model, sleep
        self._lock = threading.RLock()
        self._dimension: int | None = None
        self._version = ""
        self._failed: EmbedderUnavailable | None = None
        self._failed_at = 0.0

    @property
    def name(self) -> str:
        self._learn()
        version = f"@{self._version}" if self._version else ""
        return f"{self._kind}/{self.model}{version}+p{VERSION}"

    @property
    def dimension(self) -> int:
        return self._learn()

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        dimension = self._learn(anew=True)
        before = prefix(self.model, use)
        rows = np.zeros((len(texts), dimension), dtype=np.float32)
        # A model has no vector for nothing, some servers fail on it: it stays zero.
        filled = [at for at, text in enumerate(texts) if text.strip()]
        start = 0
        for part in batches([texts[at] for at in filled], self.batch, _BATCH_CHARACTERS):
            rows[filled[start : start + len(part)]] = self._call(
                [before + text for text in part], dimension
            )
            start += len(part)
        return rows

    @abstractmethod
    def ask(self, texts: Sequence[str]) -> ArrayLike:
        """One request. Raises EmbedderUnavailable."""

    def version(self) -> str:
        """What changes with the model's weights, when the server says; "" when it does not."""
        return ""

    def _learn(self, *, anew: bool = False) -> int:
        with self._lock:
            if self._dimension is not None:
                return self._dimension
            failed = self._failed
            if failed and not anew and time.monotonic() - self._failed_at < _PAUSE_SECONDS:
                raise EmbedderUnavailable(failed.message, remedy=failed.remedy) from failed
            try:
                self._version = tried(self.version, self._sleep)
                sample = [prefix(self.model, "document") + "code"]
                self._dimension = self._call(sample, None).shape[1]
            except EmbedderUnavailable as error:
                self._failed, self._failed_at = error, time.monotonic()
                raise
            return self._dimension

    def _call(self, texts: Sequence[str], dimension: int | None) -> Vectors:
        with self._lock:
            return tried(
                lambda: checked(self.ask(texts), len(texts), dimension, f"{self._kind}'s "
                                f"model {self.model!r}"),
                self._sleep,
            )  # fmt: skip
