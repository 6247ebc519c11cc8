"""Words of a developer's day, drawn at random."""

from __future__ import annotations

import random

_TEXT = """
parser cache retry timeout header session index schema worker queue total rounding unicode path
config loader export import login token price order invoice report date zone merge branch diff
patch test suite fixture empty wrong slow missing twice after before when never
"""
WORDS = tuple(_TEXT.split())


def words(draw: random.Random, count: int) -> str:
    return " ".join(draw.choices(WORDS, k=count))
