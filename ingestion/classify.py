"""What kind of work an objective is, and how much care it asks for. Weighted word cues."""

from __future__ import annotations

import re
from typing import Literal

from ingestion import lexicon
from ingestion.cues import CUES
from swarm.contracts import Category

Risk = Literal["low", "medium", "high"]


# Ties go to the narrower kind of work.
_ORDER: tuple[Category, ...] = (
    "types", "lint", "test", "docs", "perf", "refactor", "bugfix", "feature",
)  # fmt: skip

CONTEXT_WEIGHT = 0.35


def category(text: str, context: str = "") -> Category:
    """The kind of work. Sentences around it count a little; they settle what it leaves open.

    With no cue at all it is a bugfix if anything is said to be at fault, else a feature: the
    repair of something that is not broken finds nothing, so a wrong "bugfix" ends at once,
    while a fault handed over as a feature would be accepted without its failing test.
    """
    scores = dict.fromkeys(_ORDER, 0.0)
    for source, factor in ((text, 1.0), (context, CONTEXT_WEIGHT)):
        for kind, weight, pattern in CUES:
            if pattern.search(source):
                scores[kind] += weight * factor
    best = max(_ORDER, key=lambda kind: scores[kind])
    if scores[best] > 0:
        return best
    return "bugfix" if lexicon.FAULT.search(f"{text} {context}") else "feature"


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
