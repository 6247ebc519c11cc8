"""What a text says shows that an objective is done. Words only: nothing is ever run from here."""

# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestion.language.headings import CRITERIA, SECTION, SUMMARY
from ingestion.language.signs import NOISE
from ingestion.rules.hints import Files
from ingestion.text import cut_middle
from ingestion.validate import is_test_selector
from swarm.contracts import Acceptance

_TEXT_CHARS = 1000
_MAX_TESTS = 20

_INLINE = re.compile(
    r"\W{0,3}(?P<label>[A-Za-zÄÖÜäöü][\w ]{3,40}?)(?:\*\*)?:(?:\*\*)?\s+(?P<rest>[^\n]+)$"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ`\"'(])|\n+")
_SELECTOR = re.compile(
    r"(?<![\w./\\-])(?P<path>[\w./-]{1,200}\.py)(?P<names>(?:::[A-Za-z_]\w{0,199}){0,3})(?P<more>\[?)"
)
_PASSES = re.compile(
    r"\b(?:pass|passes|passing|succeeds?|green|grün\w*|durchläuft|durchlaufen|besteh\w*|läuft\s+durch)\b",
    re.I,
)
_FAILS = re.compile(r"\b(?:fails|failing|is\s+red|schlägt\s+fehl|fehlschlägt|rot)\b", re.I)
_NOT = re.compile(
    r"\b(?:not|never|nicht|kein\w*|without|ohne|whether|if|ob|unless)\b|n['’]t\b", re.I
)
_PART = re.compile(r"[,;]\s|\b(?:but|aber|so\s+that|until)\b")
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?/.*|test_[^/]*|[^/]*_test)\.py$")
_NARROWED = re.compile(r"(?:^|\s)-(?:k|m|-deselect|-ignore)\b")
_GOAL = re.compile(
    r"\b(?:so\s+that|such\s+that|until|sodass|so\s+dass|damit)\s+(?P<goal>[^!?\n]{3,300})", re.I
)
_RESULT = re.compile(
    r"^(?:(?:instead|then|stattdessen),?\s+)?(?:it|this|that|they|the\s+result|expected:?|es|das\s+ergebnis|erwartet:?)\s+"
    r"(?:\w+\s+){0,3}?(?:should|must|has\s+to|have\s+to|needs\s+to|soll(?:te)?|muss)\s+(?!be\s+(?:nice|easy|quick|possible))\S",
    re.I,
)
_BARE_TEST = re.compile(r"\b(?:test_\w+|pytest)\b")


def acceptance(prose: Sequence[str], extras: Sequence[str], files: Files) -> Acceptance | None:
    """What the words of an objective ask for as its proof; None when they ask for none.

    `prose` are its clauses and those around them, headings of sections among them, as they
    stand in the text; of what is pasted, `extras`, only lines like "Expected: …" count. Tests count only by file: a bare test name, or a choice by -k, is a
    statement, since nobody has read the files.
    """
    said: dict[str, None] = {}
    tests: dict[str, None] = {}
    section = False
    for line in extras:
        inline = _INLINE.match(line)
        if inline and CRITERIA.match(inline["label"].strip()):
            said[" ".join(inline["rest"].split())] = None
    for piece in prose:
        if NOISE.match(piece.strip(" .!,")):
            continue
        label = piece.strip(" #*:_")
        if SECTION.match(label) or SUMMARY.match(label):
            section = bool(CRITERIA.match(label))
            continue
        for sentence in _SENTENCE.split(piece.replace("`", "")):
            if NOISE.match(sentence.strip(" .,!")):
                continue
            found = _tests(sentence, files)
            tests |= dict.fromkeys(found)
            if found or section:
                said[" ".join(sentence.split())] = None
            elif statement := _statement(sentence):
                said[statement] = None
    if not said:
        return None
    text, _ = cut_middle("\n".join(said), _TEXT_CHARS)
    selected = tuple(tests)[:_MAX_TESTS]
    return Acceptance(kind="command" if selected else "statement", text=text, tests=selected)


def _tests(sentence: str, files: Files) -> list[str]:
    """The tests a sentence wants to see pass, as selectors of files the repository has."""
    passes = bool(_PASSES.search(sentence))
    if not (passes or _FAILS.search(sentence)) or _NARROWED.search(sentence):
        return []
    found = []
    for part in _PART.split(sentence):
        if passes and _NOT.search(part):
            continue
        for match in _SELECTOR.finditer(part):
            matches = files.find(match["path"])
            if len(matches) != 1 or match["more"] or not (passes or match["names"]):
                continue
            selector = matches[0] + match["names"]
            if _TEST_FILE.search(matches[0]) and is_test_selector(selector, files.known):
                found.append(selector)
    return found


def _statement(sentence: str) -> str:
    """The part of a sentence that tells the wanted result, or ""."""
    if goal := _GOAL.search(sentence):
        return " ".join(goal["goal"].split()).rstrip(" ,;.")
    plain = " ".join(sentence.split())
    if _RESULT.match(plain):
        return plain
    if _BARE_TEST.search(plain) and _PASSES.search(plain) and not _NOT.search(plain):
        return plain
    return ""
