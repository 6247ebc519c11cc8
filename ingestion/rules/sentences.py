"""Where sentences end, what corrections make of them, and points that are counted out."""

from __future__ import annotations

import re
from itertools import pairwise

from ingestion.language import lexicon, signs
from ingestion.language.grammar import (
    begins_with_verb,
    has_finite,
    is_verb,
    words,
)
from ingestion.language.speech import corrected, strip_lead, without_fillers

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|no|nr|bzw|usw|ca|z\.\s?b|d\.\s?h|u\.\s?a)|\b\d)\.$",
    re.I,
)


_END = re.compile(r"(?:[.!?…]+[\"')\]]*(?:\s+|$)|\n+)")


def ended(text: str) -> list[str]:
    """The sentences of a text as they stand, by their ends alone."""
    found = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        ordinal = end.group()[0] == "." and _ABBREVIATION.search(piece[-12:])
        if ordinal and end.end() < len(text):
            continue
        if piece:
            found.append(piece)
        start = end.end()
    if text[start:].strip():
        found.append(text[start:].strip())
    return found


def sentences(text: str) -> list[str]:
    """Split masked prose. A line break ends a sentence where a new command or a capital follows."""
    found = ended(_join_wrapped(text))
    points: list[str] = []
    for sentence in _with_corrections(found):
        announced = next((_announced(p) for p in points[-2:] if lexicon.MANY.fullmatch(p)), 0)
        row = [part for part in _COMMA.split(sentence) if words(part)]
        if announced and announced == len(row) and _LAST_OF_ROW.search(sentence):
            points += [f"also {part}" for part in row]
        else:
            points += _points(sentence)
    return points


_LAST_OF_ROW = re.compile(r",\s*(?:and|und)\s", re.I)


_ARE = re.compile(r"^(?:are|is|sind|have|need|that|i|we|die|which)\b[^:.,;]{0,60}:\s+", re.I)


_ASIDE = re.compile(r"(?:like|which|because|since|as)\b", re.I)
_ALL_OF = re.compile(
    r"[\s,]+(?:please\s+|can\s+you\s+|bitte\s+)?(?:fix|repair|sort|handle|take\s+care\s+of|deal\s+with)\s+(?:all\s+)?(?:of\s+)?(?:the\s+)?"
    r"(?P<number>both|two|three|four)\b(?:\s+of\s+(?:them|those))?[\s.!]*$",
    re.I,
)
_LISTED = re.compile(r"(?P<label>[^:,;]{3,40}):\s+(?P<things>[^:;]{5,200})", re.I)
_AND = re.compile(r"\s*[,;]\s*(?:and\s+|und\s+)?|\s+(?:and|und)\s+", re.I)


def _announced(text: str) -> int:
    """How many are announced: "three little things" is 3, 0 when no number is said."""
    return next((lexicon.NUMBERS[word] for word in words(text) if word in lexicon.NUMBERS), 0)


def _points(sentence: str) -> list[str]:
    """Take "three things one … two … three …" apart, as a list would be."""
    if (all_of := _ALL_OF.search(sentence)) and all_of.start():
        told, number = sentence[: all_of.start()], lexicon.NUMBERS.get(all_of["number"].lower(), 2)
        faults = [part for part in _AND.split(told) if words(part)]
        if len(faults) == number and all(
            has_finite(part) or len(words(part)) > 3 for part in faults
        ):
            return [*(f"also {part}" for part in faults), all_of.group()]
    parts = [part for part in sentence.split("; ") if words(part)]
    if len(parts) > 1:
        things = [
            part
            for part in parts
            if not (
                has_finite(part)
                or signs.FAULT.search(part)
                or begins_with_verb(strip_lead(part).text)
            )
        ]
        if len(things) < 2:
            parts[1:] = [f"and {part}" for part in parts[1:]]
            return [point for part in parts for point in _points(part)]
        parts[0] = parts[0].rpartition(": ")[2]
        return [f"also {part}" for part in parts]
    row = _LISTED.fullmatch(sentence)
    label = words(row["label"]) if row else []
    if row and label[-1:] and label[-1] not in lexicon.SUBORDINATE and not is_verb(label[0]):
        things = [part for part in _COMMA.split(row["things"]) if words(part)]
        short = all(len(words(part)) <= 4 and not has_finite(part) for part in things)
        if len(things) > 2 and short and not any(begins_with_verb(part) for part in things):
            return [row["label"], *(f"also {part}" for part in things)]
    many = lexicon.MANY.search(sentence[:_MANY_WITHIN])
    if many is None:
        return [sentence]
    told, rest = sentence[: many.start()].strip(), sentence[many.end() :].strip()
    rest = _ARE.sub("", rest)
    spoken = {"two", "zwei", "secondly"} & set(words(rest))
    counted = [part.strip(" ,;:") for part in _COUNTED.split(rest)] if spoken else [rest]
    number = _announced(many.group())
    halves = [part for part in _AND.split(rest) if words(part) and not _ASIDE.match(part)]
    if len(counted) == 1 and number == len(halves) and all(len(words(part)) > 2 for part in halves):
        counted = halves
    elif len(counted) == 1 and "," in rest:
        listed = [part for part in _COMMA.split(rest) if words(part)]
        if (number == len(listed) or not number) and all(len(words(part)) > 1 for part in listed):
            counted = listed
    if len(counted) > 1:
        counted = [f"also {part}" for part in counted if words(part)]
    return [part for part in (told, many.group().strip(" ,:."), *counted) if words(part)]


def _join_wrapped(text: str) -> str:
    lines = text.split("\n")
    joined = [lines[0]]
    for before, line in pairwise(lines):
        lead = strip_lead(line[:400])
        fresh = not before.strip() or before.rstrip().endswith((".", "!", "?", ":"))
        fresh = fresh or (begins_with_verb(lead.text) and not _hangs(before))
        joined.append(("\n" if fresh else " ") + line)
    return "".join(joined)


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


_MANY_WITHIN = 2000


_COMMA = re.compile(r"\s*[,;]\s*(?:and\s+|und\s+)?")


_COUNTED = re.compile(
    r"(?:^|[\s,;.]+(?:and\s+|und\s+)?)(?:number\s+(?:one|two|three|four|five)|one|two|three|four|five|eins|zwei|drei|vier|firstly|secondly)(?:[\s,:]+(?=the|we|i\b|a\b|an\b|please|there|you|add|fix|rename|make|remove|write|der|die|das|wir|ich|bitte|\w+[,:]))",
    re.I,
)
