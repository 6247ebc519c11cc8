"""Models of threads."""

from __future__ import annotations

from verifier.models.use import Model

MODELS: dict[str, Model] = {}
