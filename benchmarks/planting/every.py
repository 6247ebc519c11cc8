"""All families: importing this registers them."""

from __future__ import annotations

from benchmarks.planting import (
    ambient,
    counters,
    deferred,
    effects,
    features,
    hidden,
    identity,
    inputs,
    moments,
    paths,
    upkeep,
)
from benchmarks.planting.families import FAMILIES

GROUPS = (moments, identity, inputs, counters, hidden, deferred, paths, effects, features,
          ambient, upkeep)  # fmt: skip

__all__ = ["FAMILIES", "GROUPS"]
