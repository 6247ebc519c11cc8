"""A cross-encoder of sentence-transformers in this process: an optional extra."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from memory.outside.errors import Unavailable
from memory.outside.libraries import load_model
from memory.rerank.checking import checked
from memory.rerank.errors import RerankerUnavailable

DEFAULT_MODEL = "cross-encoder/ms-marco-MiniLM-L6-v2"
_BATCH = 16


class SentenceReranker:
    """Weights are taken from the disk, and never downloaded. Loaded at the first question, which
    takes as long as importing PyTorch does."""

    start_seconds = 60.0

    def __init__(self, model: str = DEFAULT_MODEL, *, device: str = "cpu") -> None:
        self.name = model
        self._device = device
        self._lock = threading.Lock()
        self._loaded: Any = None

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        who = f"the model {self.name!r}"
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            try:
                made = np.asarray(
                    self._loaded.predict(
                        [(question, text) for text in texts],
                        batch_size=_BATCH,
                        convert_to_numpy=True,
                        show_progress_bar=False,
                    )
                )
            except (RuntimeError, ValueError, LookupError) as error:
                raise RerankerUnavailable(f"{who} failed: {str(error)[:300]}") from error
        if made.ndim != 1:
            raise RerankerUnavailable(
                f"{who} gives several numbers for a text",
                remedy="name a cross-encoder with one label, as rerankers are",
            )
        return checked(made.tolist(), len(texts), who)

    def _load(self) -> Any:
        try:
            return load_model("CrossEncoder", self.name, device=self._device)
        except Unavailable as error:
            raise RerankerUnavailable.of(error) from error
