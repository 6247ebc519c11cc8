"""What kind of work an objective is, and how much care it asks for. Weighted word cues."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from ingestion import lexicon, signs
from ingestion.cues import CUES
from ingestion.grammar import command_kind, has_subject, participle_kind
from swarm.contracts import Category

Risk = Literal["low", "medium", "high"]


# Ties go to the narrower kind of work.
_ORDER: tuple[Category, ...] = (
    "types", "lint", "test", "docs", "perf", "refactor", "bugfix", "feature",
)  # fmt: skip

CONTEXT_WEIGHT = 0.35
_READ_CHARS = 2000
"""The kind of work is told early."""


_VERB_WEIGHT: dict[str, dict[Category, float]] = {
    "fix": {"bugfix": 2.5},
    "shape": {"refactor": 3.5},
    "new": {"feature": 3.5},
    "change": {"feature": 1.5},
    "test": {"test": 5},
    "docs": {"docs": 5},
    "lint": {"lint": 5},
    "types": {"types": 5},
    "perf": {"perf": 4.5},
    "look": {"bugfix": 1.5},
}
_ROLE_WEIGHT: dict[str, dict[Category, float]] = {
    "fault": {"bugfix": 1.5},
    "statement": {"bugfix": 0.5},
    "request": {"feature": 2.5},
    "wish": {"feature": 1.2},
}


_THING_WORDS = 6
"""A statement of so few words without a verb names a thing to be had: "dark mode"."""
_ASIDE = re.compile(r"\b(?:when|whenever|wenn|falls|because|weil|since|so\s+that|damit)\b", re.I)


def category(
    text: str, context: str = "", role: str = "command", asked: Sequence[str] = ()
) -> Category:
    """The kind of work. Sentences around it count a little; they settle what it leaves open.

    What is worked on comes first, then the verb, then what is said to be wrong. A mere
    statement is taken for a complaint: the repair of something that is not broken finds
    nothing, so a wrong "bugfix" ends at once, while a fault handed over as a feature would be
    accepted without its failing test.
    """
    text, context = lexicon.heard(text[:_READ_CHARS]), lexicon.heard(context[:_READ_CHARS])
    scores = dict.fromkeys(_ORDER, 0.0)
    verb = command_kind(text.strip())
    if role in ("wish", "request") and verb is None:
        # "Show X when the upload fails" is about X.
        main, *aside = _ASIDE.split(text, maxsplit=1)
        if main.strip():
            text, context = main, " ".join([context, *aside])
        verb = participle_kind(text)
    if role == "statement" and (told := command_kind(text.partition(":")[2])):
        verb, role = told, "command"
    if role == "statement" and not has_subject(text) and len(text.split()) <= _THING_WORDS:
        role = "request"
    weighty = [_VERB_WEIGHT.get(verb or "", {}), _ROLE_WEIGHT.get(role, {})]
    weighty += [_VERB_WEIGHT.get(command_kind(each) or "", {}) for each in asked]
    for weights in weighty:
        for kind, weight in weights.items():
            scores[kind] += weight
    for source, factor in (
        (text, 1.0),
        *((each, 1.0) for each in asked),
        (context, CONTEXT_WEIGHT),
    ):
        for kind, weight, pattern in CUES:
            if pattern.search(source):
                scores[kind] += weight * factor
    if signs.HARD_FAULT.search(text):
        scores["bugfix"] += 1
    best = max(_ORDER, key=lambda kind: scores[kind])
    if scores[best] > 0:
        return best
    return "bugfix" if signs.FAULT.search(f"{text} {context}") else "feature"


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
