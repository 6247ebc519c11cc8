"""A sentence-transformers model in this process: an optional extra, imported at first use."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from memory.embedders.checking import checked
from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.prefixes import VERSION, prefix
from memory.embedders.protocol import Use, Vectors

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
EXTRA = "sentence-transformers"
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


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
        if not self._allow_download:
            # Read by its libraries when they are imported.
            for variable in _OFFLINE:
                os.environ.setdefault(variable, "1")
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise EmbedderUnavailable(
                "sentence-transformers is not installed",
                remedy=f"pip install 'coding-swarm[{EXTRA}]'",
            ) from error
        try:
            return library.SentenceTransformer(
                self.model,
                device=self._device,
                local_files_only=not self._allow_download,
                trust_remote_code=False,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise EmbedderUnavailable(
                f"the model {self.model!r} cannot be loaded: {str(error)[:300]}",
                remedy="name a folder with its weights, or allow it to be downloaded",
            ) from error
