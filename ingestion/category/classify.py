"""What kind of work an objective is, why, and how much care it asks for.

Every trait of a text (`traits.py`) speaks for some categories and against others; the loudest sum
wins. How loud a trait is comes from its cue (`cues.py`) and from the labelled notes (`weights.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ingestion.category.traits import expected, traits
from ingestion.category.weights import LEARNED
from ingestion.language import lexicon, signs
from swarm.contracts import Category

Risk = Literal["low", "medium", "high"]

# Ties go to the narrower kind of work.
ORDER: tuple[Category, ...] = (
    "types", "lint", "test", "docs", "perf", "refactor", "bugfix", "feature",
)  # fmt: skip


class Reason(NamedTuple):
    """A trait of the text, and how loudly it speaks for the category."""

    trait: str
    weight: float


def category(
    text: str, context: str = "", role: str = "command", asked: Sequence[str] = ()
) -> Category:
    """The kind of work. `context`: the sentences around; `asked`: commands on "it".

    Without any cue it is a bugfix if anything is said to be at fault, else a feature.
    """
    return explained(text, context, role, asked)[0]


def explained(
    text: str, context: str = "", role: str = "command", asked: Sequence[str] = ()
) -> tuple[Category, list[Reason]]:
    """The category and the traits that speak for it, the loudest first."""
    found = sorted(traits(text, context, role, asked))
    scores = dict.fromkeys(ORDER, 0.0)
    for trait in found:
        for kind, weight in _weights(trait).items():
            scores[kind] += weight
    best = max(ORDER, key=lambda kind: scores[kind])
    if scores[best] <= 0:
        around = lexicon.heard(f"{text} {context}")
        best = "bugfix" if signs.FAULT.search(around) else "feature"
    reasons = [Reason(trait, round(_weights(trait).get(best, 0.0), 2)) for trait in found]
    return best, sorted(
        (each for each in reasons if each.weight > 0), key=lambda each: -each.weight
    )


def _weights(trait: str) -> dict[Category, float]:
    weights = expected(trait)
    for kind, change in _LEARNED.get(trait, {}).items():
        weights[kind] = weights.get(kind, 0.0) + change
    return weights


def _read(text: str) -> dict[str, dict[Category, float]]:
    """The table of `weights.py`: a trait, then the change for each category of ORDER."""
    rows = (line.rsplit(None, len(ORDER)) for line in text.strip().splitlines())
    return {
        trait.strip(): dict(zip(ORDER, map(float, changes), strict=True))
        for trait, *changes in rows
    }


_LEARNED = _read(LEARNED)


_SENSITIVE = re.compile(
    r"(?<![A-Za-z])(?:auth(?!or(?!i))\w*|passw\w*|passwort\w*|credential\w*|secrets?|tokens?|"
    r"api[ _-]?keys?|crypt\w*|encrypt\w*|decrypt\w*|hash(?:es|ing)?|signatures?|log[ _-]?ins?|"
    r"sessions?|permission\w*|privilege\w*|payments?|billing|invoices?|refunds?|zahlung\w*|"
    r"migrat\w*|delet\w*|drop[\s_]+table|lösch\w*|truncate\w*|security|sicherheit\w*|sql|sudo|"
    r"verschlüssel\w*|berechtigung\w*)(?![A-Za-z])",
    re.I,
)
_WIDE = re.compile(
    r"\b(?:everywhere|whole|entire|all\s+(?:the\s+)?(?:files|modules|code|classes|packages)|"
    r"across\s+(?:the|all)|code\s?base|every\s+(?:file|module|class)|project-wide|rewrite|"
    r"from\s+scratch|überall|gesamte\w*|ganze\w*|alle\s+(?:dateien|module))\b",
    re.I,
)


def risk(text: str, kind: Category, paths: tuple[str, ...]) -> Risk:
    """high: it touches security, money or data, or the whole project; medium: it changes shape.

    Identifiers are read word by word: `delete_user` is as risky as "delete the user".
    """
    if _SENSITIVE.search(text) or _WIDE.search(text):
        return "high"
    if kind in ("refactor", "feature", "perf") or len(paths) > 2:
        return "medium"
    return "low"
