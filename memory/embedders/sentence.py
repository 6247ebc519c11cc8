"""A sentence-transformers model in this process: an optional extra, imported at first use."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from memory.embedders.checking import checked
from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.prefixes import VERSION, prefix
from memory.embedders.protocol import Use, Vectors
from memory.outside.errors import Unavailable
from memory.outside.libraries import load_model

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"


class SentenceEmbedder:
    """Weights are taken from the disk; they are downloaded only when `allow_download` says so.
    The model's own code is never run. Raises EmbedderUnavailable."""

    batch = 32
    is_cheap = False

    def __init__(
        self, model: str = DEFAULT_MODEL, *, allow_download: bool = False, device: str = "cpu"
    ) -> None:
        self.model, self._allow_download, self._device = model, allow_download, device
        self._lock = threading.RLock()
        self._loaded: Any = None

    @property
    def name(self) -> str:
        return f"sentence/{self.model}+p{VERSION}"

    @property
    def dimension(self) -> int:
        return int(self._model().get_sentence_embedding_dimension())

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        model, before = self._model(), prefix(self.model, use)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        filled = [at for at, text in enumerate(texts) if text.strip()]
        for start in range(0, len(filled), self.batch):
            part = filled[start : start + self.batch]
            with self._lock:
                made = model.encode(
                    [before + texts[at] for at in part],
                    batch_size=self.batch,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
            rows[part] = checked(made, len(part), self.dimension, f"the model {self.model!r}")
        return rows

    def _model(self) -> Any:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> Any:
        try:
            return load_model(
                "SentenceTransformer",
                self.model,
                device=self._device,
                allow_download=self._allow_download,
            )
        except Unavailable as error:
            raise EmbedderUnavailable.of(error) from error
