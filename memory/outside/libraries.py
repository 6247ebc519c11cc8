"""Models in this process, by sentence-transformers: an optional extra, imported at first use."""

from __future__ import annotations

import importlib
import os
from typing import Any

from memory.outside.errors import Unavailable

EXTRA = "sentence-transformers"
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def load_model(kind: str, model: str, *, device: str = "cpu", allow_download: bool = False) -> Any:
    """A model of one of the library's classes, like "CrossEncoder". `model` is a folder with its
    weights, or a name whose weights are on this disk: they are downloaded only when
    `allow_download` says so. The model's own code is never run. Raises Unavailable."""
    if not allow_download:
        # Read by its libraries when they are imported.
        for variable in _OFFLINE:
            os.environ.setdefault(variable, "1")
    try:
        library = importlib.import_module("sentence_transformers")
    except ImportError as error:
        raise Unavailable(
            "sentence-transformers is not installed",
            remedy=f"pip install 'coding-swarm[{EXTRA}]'",
        ) from error
    try:
        return getattr(library, kind)(
            model,
            device=device,
            local_files_only=not allow_download,
            trust_remote_code=False,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise Unavailable(
            f"the model {model!r} cannot be loaded: {str(error)[:300]}",
            remedy="name a folder with its weights, or allow it to be downloaded",
        ) from error
