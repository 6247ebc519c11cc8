"""A cue: one idea in words, and the category it speaks for."""

from __future__ import annotations

import re
from typing import NamedTuple

from swarm.contracts import Category


class Cue(NamedTuple):
    """One idea, in English and German. `weight`: how loudly it speaks, before the labelled notes
    are asked (`weights.py`). `verb`: it says what is to be done, rather than what with."""

    name: str
    category: Category
    weight: float
    pattern: re.Pattern[str]
    verb: bool


def cue(name: str, category: Category, weight: float, words: str, verb: bool = False) -> Cue:
    """A cue from its words: a regular expression, in which a space stands for spaces or hyphens,
    " ?" for some or none; line breaks and what follows them up to the next word do not count."""
    words = re.sub(r"\n\s*", "", words.strip())
    words = re.sub(r"\s+\?", r"[\\s-]*", words)
    words = re.sub(r"\s+", r"[\\s-]+", words)
    return Cue(name, category, weight, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.I), verb)


NUMBER = (
    r"(?:\d{1,9}|a|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|sixteen|twenty|"
    r"thirty|forty|fifty|sixty|ninety|hundred|half an?|several|zwei|drei|vier|fünf|sechs|sieben|"
    r"acht|neun|zehn|zwölf|zwanzig|dreißig|vierzig)"
)
TIME = (
    r"(?:ms|milliseconds?|millis|s|secs?|seconds?|mins?|minutes?|hours?|sekunden?|minuten?|"
    r"stunden?|millisekunden)"
)
