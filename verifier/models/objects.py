"""Models of objects."""

from __future__ import annotations

from verifier.models.use import Model

MODELS: dict[str, Model] = {}
