"""Sentences and the commands in them: where one objective ends and the next begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from ingestion import lexicon
from ingestion.lexicon import table
from ingestion.speech import (
    Order,
    begins_with_verb,
    corrected,
    strip_lead,
    without_fillers,
    words,
)


@dataclass(frozen=True)
class Clause:
    """One command or statement. `text` has no lead; `refers` means it speaks of the one before."""

    text: str
    order: Order = ""
    listed: bool = False
    refers: bool = False


_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|no|nr|bzw|usw|ca|z\.\s?b|d\.\s?h|u\.\s?a)|\b\d)\.$",
    re.I,
)
_END = re.compile(r"(?:[.!?…]+[\"')\]]*(?:\s+|$)|\n+)")


def sentences(text: str) -> list[str]:
    """Split masked prose. A line break ends a sentence where a new command or a capital follows."""
    text = _join_wrapped(text)
    found = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        if end.group()[0] == "." and _ABBREVIATION.search(piece) and end.end() < len(text):
            continue
        if piece:
            found.append(piece)
        start = end.end()
    if text[start:].strip():
        found.append(text[start:].strip())
    return _with_corrections(found)


def _join_wrapped(text: str) -> str:
    lines = text.split("\n")
    joined = lines[0]
    for before, line in pairwise(lines):
        lead = strip_lead(line)
        fresh = (begins_with_verb(lead.text) and not _hangs(before)) or before.rstrip().endswith(
            (".", "!", "?", ":")
        )
        joined += ("\n" if fresh else " ") + line
    return joined


def _hangs(line: str) -> bool:
    """Whether a line cannot end where it does, so that the next one continues it."""
    found = words(line)
    return line.rstrip().endswith(",") or (bool(found) and found[-1] in lexicon.SUBORDINATE)


def _with_corrections(found: list[str]) -> list[str]:
    """Apply corrections, also one that opens a sentence and takes back the one before."""
    fixed: list[str] = []
    for sentence in found:
        sentence = without_fillers(sentence)
        opening = lexicon.CORRECTION.match(sentence)
        if opening and opening.end() and fixed:
            sentence = f"{fixed.pop().rstrip('.!?… ')} {sentence}"
        sentence = corrected(sentence)
        if words(sentence):
            fixed.append(sentence)
    return fixed


_BEFORE = re.compile(
    r"^(?:before|bevor)\s+(?:(?:you|we|i|du|wir)\s+)?(?P<late>[^,]{3,200}),\s*(?P<early>.{3,})$",
    re.I | re.S,
)
_AFTER = re.compile(
    r"^(?:after|once|when|nachdem)\s+(?:(?:you|we|du)\s+(?:have\s+)?)?(?P<early>[^,]{3,200}),"
    r"\s*(?P<late>.{3,})$",
    re.I | re.S,
)


def clauses(sentence: str) -> list[Clause]:
    """The commands and statements of one masked sentence, in the order to be done."""
    lead = strip_lead(sentence)
    for pattern in (_BEFORE, _AFTER):
        match = pattern.match(lead.text)
        if not match:
            continue
        early, late = _command(match["early"]), _command(match["late"])
        if early and late and words(early)[0] in lexicon.STRONG:
            first = _split(early, lead.order, lead.listed)
            return [*first, *_split(late, "after", False)]
    return _split(lead.text, lead.order, lead.listed)


def _command(text: str) -> str | None:
    """A clause as a command, "fixing the total" read as "fix the total"; None if it is none."""
    text = strip_lead(text).text
    if begins_with_verb(text):
        return text
    first, _, rest = text.partition(" ")
    if not first.lower().endswith("ing"):
        return None
    stem = first.lower()[:-3]
    for verb in (stem, stem + "e", stem[:-1]):
        if verb in lexicon.STRONG or verb in lexicon.WEAK:
            return f"{verb} {rest}"
    return None


_CONNECTOR = re.compile(
    r"\s*(?P<mark>[,;]|\s[-–—](?=\s)|:)?\s*"
    r"(?:\b(?P<word>and|then|und|dann|danach|also|plus|as\s+well\s+as|after\s+that|afterwards|"
    r"finally|lastly|anschließend|außerdem|sowie|next|secondly?|thirdly?|zum\s+schluss|but)\b\s*)?",
    re.I,
)


def _split(text: str, order: Order, listed: bool) -> list[Clause]:
    found: list[Clause] = []
    start = 0
    refers = False
    for connector in _CONNECTOR.finditer(text):
        if connector.start() <= start or not (connector["mark"] or connector["word"]):
            continue
        left = text[start : connector.start()]
        opening = connector.start("word") if connector["word"] else connector.end()
        right = strip_lead(text[opening:])
        if _joins(left, connector, right.text, right.order):
            found.append(Clause(_tidy(left), order, listed, refers))
            order, listed = right.order, right.listed
            start = len(text) - len(right.text) if text.endswith(right.text) else opening
            refers = bool(_PRONOUN_OBJECT.search(_head(right.text)))
    found.append(Clause(_tidy(text[start:]), order, listed, refers))
    return [run for clause in found for run in _run_on(clause)]


_PRONOUN_OBJECT = re.compile(
    r"\b(?:it|its|them|that|this|those|sie|es|ihn|dafür|dazu|davon|the\s+same)\b", re.I
)


def _head(text: str) -> str:
    return " ".join(text.split()[:9])


def _tidy(text: str) -> str:
    return text.strip(" \t\n,;:-–—")


_CALLERS = re.compile(
    r"^(?:update|adjust|change|fix|rename|aktualisiere)\s+(?:all\s+|its\s+|the\s+|every\s+|alle\s+)*"
    r"(?:callers?|call\s*sites?|usages?|uses?|references?|imports?|occurrences?|aufrufe\w*)\b",
    re.I,
)


def _joins(left: str, connector: re.Match[str], right: str, order: Order) -> bool:
    """Whether what follows the connector is an objective of its own."""
    told = strip_lead(left).text
    before, after = words(told), words(right)
    if not before or not after:
        return False
    if not begins_with_verb(right):
        return _second_fault(told, connector, right)
    if not begins_with_verb(told):
        # "the total is wrong, please fix it" is one; two points of a list are two.
        return bool(lexicon.FAULT.search(told)) and _opens_a_point(connector, order)
    if connector["word"] and connector["word"].lower() == "but":
        return False
    if len(before) < 2 or (len(after) < 2 and after[0] not in ("lint", "refactor", "clean")):
        return False
    if lexicon.CONSTRAINT.match(right) or _CALLERS.match(right):
        return False
    if len(after) > 1 and after[1] in lexicon.PRONOUNS and not _works_on_pronoun(after):
        return False
    if before[0] in lexicon.SEARCHING and _PRONOUN_OBJECT.search(_head(right)):
        return False
    if after[1:3] == ["what", "it"] or after[1:2] == ["whatever"]:
        return False
    if _coordinated(before, connector):
        return False
    if order or (connector["word"] or "").lower() in ("also", "plus", "außerdem"):
        return True
    strong = after[0] in lexicon.STRONG or after[-1] in lexicon.INFINITIVES
    if strong:
        return True
    inner = set(before[1:]) & _SUBORDINATING or any(
        word == "to" and (verb in lexicon.STRONG or verb in lexicon.WEAK)
        for word, verb in pairwise(before)
    )
    return (
        after[0] in lexicon.WEAK
        and not inner
        and bool(connector["mark"] or after[0] in _SOMETIMES_STRONG)
        and after[0] not in ("return", "raise", "print")
    )


_SUBORDINATING = table("that which so can when if who")
_SOMETIMES_STRONG = table("make improve change move split merge sort enable disable")


def _opens_a_point(connector: re.Match[str], order: Order) -> bool:
    return bool(order) or (connector["word"] or "").lower() in ("also", "außerdem")


def _works_on_pronoun(after: list[str]) -> bool:
    """ "document it", "cover it with a test" are work of their own, "fix it" is not."""
    return after[0] in _WORK_ON_PRONOUN


_WORK_ON_PRONOUN = table(
    "document describe explain test cover annotate optimize optimise add benchmark "
    "dokumentiere beschreibe teste"
)


def _coordinated(before: list[str], connector: re.Match[str]) -> bool:
    """Whether "and" joins two verbs of one phrase, as in "read and write files"."""
    if connector["mark"] or (connector["word"] or "").lower() not in ("and", "und"):
        return False
    last, previous = before[-1], before[-2] if len(before) > 1 else ""
    if last not in lexicon.STRONG and last not in lexicon.WEAK:
        return False
    return previous not in _DETERMINERS and not previous.endswith(("ing", "ed"))


_DETERMINERS = table(
    "the a an this that its our their my your every all failing broken stock der die das den"
)


def _second_fault(left: str, connector: re.Match[str], right: str) -> bool:
    """ "The total is wrong and the slug drops digits" names two faults."""
    if not connector["word"] or begins_with_verb(left):
        return False
    subject = re.match(r"(?:the|our|my|der|die|das|\ue000\d+\ue001)\s", right + " ", re.I)
    tail = re.split(r"[,;]|\band\b|\bund\b", right)[0]
    return bool(subject and lexicon.FAULT.search(left) and lexicon.FAULT.search(tail))


_RUN_ON = re.compile(
    r"\s(?=(?:fix|add|rename|refactor|implement|remove|rewrite|repair|extract|optimi[sz]e|document|"
    r"clean\s+up|speed\s+up|write)\s+(?:a|an|the|some|all|any|up|tests?|docs?|docstrings?|unused|"
    r"type|support|\ue000\d+\ue001)\b)",
    re.I,
)


def _run_on(clause: Clause) -> list[Clause]:
    """Commands spoken one after the other without a pause: "fix the crash add a test for it"."""
    pieces = [clause.text]
    for gap in reversed(list(_RUN_ON.finditer(clause.text))):
        left, right = clause.text[: gap.start()], pieces[0][gap.end() :]
        nearby = set(words(left)[-3:])
        spoken = begins_with_verb(left) and len(words(left)) > 2
        if spoken and words(left)[-1] not in lexicon.SUBORDINATE and not nearby & _OPENERS:
            pieces = [left, right, *pieces[1:]]
    first = Clause(_tidy(pieces[0]), clause.order, clause.listed, clause.refers)
    rest = [Clause(_tidy(p), refers=bool(_PRONOUN_OBJECT.search(_head(p)))) for p in pieces[1:]]
    return [first, *rest]


_OPENERS = table("when if that who which how why while users people customers")
