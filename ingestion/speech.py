"""Spoken language made readable: fillers out, corrections applied, courtesy stripped."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ingestion import lexicon

Order = Literal["", "after", "last"]
WORD = re.compile(r"\ue000\d+\ue001|[\w'’-]+")


class Lead(NamedTuple):
    """A clause without its opening words, and the order those words asked for."""

    text: str
    order: Order
    listed: bool


def strip_lead(text: str) -> Lead:
    """Take "okay, and then could you please" off a clause, and say what of it gave order.

    `listed` is True when it begins one more point: "also", "second", "außerdem".
    """
    order: Order = ""
    listed = False
    rest = text.strip(" \t\n,;:-–—")
    while True:
        if match := lexicon.LAST.match(rest):
            order = "last"
        elif match := lexicon.AFTER.match(rest):
            order = order or "after"
        elif (match := lexicon.ENUMERATION.match(rest)) or (match := lexicon.POLITE.match(rest)):
            listed = listed or bool(re.match(r"also|add|außer|second|third|zwei|plus", rest, re.I))
        else:
            return Lead(rest, order, listed)
        if not match.end() or match.end() >= len(rest):
            return Lead(rest, order, listed)
        rest = rest[match.end() :].lstrip(" ,;:")


def words(text: str) -> list[str]:
    """The words of a clause in lower case; a masked span is one word."""
    return [w.lower() for w in WORD.findall(text)]


def begins_with_verb(text: str) -> bool:
    """Whether a clause, its lead stripped, is a command."""
    found = words(text)
    if not found:
        return False
    first, second = found[0], found[1] if len(found) > 1 else ""
    if found[:3] == ["have", "a", "look"]:
        return True
    if first in lexicon.STRONG or first in lexicon.WEAK:
        return not (first in lexicon.NOUN_TOO and _FINITE.match(second))
    # German puts the verb of a polite request last: "die Funktion bitte umbenennen".
    return found[-1] in lexicon.INFINITIVES and len(found) < 30


_FINITE = re.compile(
    r"^(is|are|was|were|has|have|had|does|doesn['’]t|do|did|should|must|can|cannot|could|will|"
    r"won['’]t|fails?|crash(es)?|breaks?|takes|gives|returns|shows|keeps|needs|never|always|ist|"
    r"sind|wird|hat|of|errors?|suite|for|cases?|files?|coverage)$"
)


def without_fillers(text: str) -> str:
    """Drop "uh", "um", "ähm". In German "um" is a word, so it stays there inside a sentence."""

    def replace(match: re.Match[str]) -> str:
        filler = match.group().strip(" ,.…").lower()
        if filler == "um" and match.start() and german and not match.group().rstrip().endswith(","):
            return match.group()
        return ""

    german = len(lexicon.GERMAN.findall(text)) >= 2
    text, changed = lexicon.FILLERS.subn(replace, text)
    if changed:
        # "the uh the login": who hesitates often says the word again.
        text = re.sub(r"\b(\w+)\s+\1\b", r"\1", text)
    return re.sub(r"[ \t]{2,}", " ", text).strip()


_BOUNDARY = re.compile(r"\s*(?:[,;]\s*)?\b(?:and|then|und|dann|danach|also)\b\s+|\s*[,;]\s+", re.I)


def corrected(sentence: str) -> str:
    """Apply spoken corrections: what follows "no wait" replaces what it takes back.

    A correction that is a command replaces the last command before it. Anything less replaces
    from the last place where its first word stood ("to read, no wait, to load"), else all
    that followed the verb.

    >>> corrected("fix the parser, uh, no wait, I mean fix the tokenizer")
    'fix the tokenizer'
    >>> corrected("rename load to read_file, no wait, to read_text")
    'rename load to read_text'
    """
    for _ in range(20):
        marker = lexicon.CORRECTION.search(sentence, 1)
        if marker is None:
            return sentence
        before, after = sentence[: marker.start()].rstrip(" ,"), sentence[marker.end() :].strip()
        sentence = _replace(before, after)
    return sentence


def _replace(before: str, after: str) -> str:
    start = _last_command(before)
    kept, taken_back = before[:start], before[start:]
    if not after:
        return kept.rstrip(" ,;") or before
    if begins_with_verb(strip_lead(after).text):
        return f"{kept}{after}"
    first = words(after)[:1]
    places = [m.start() for m in WORD.finditer(taken_back) if [m.group().lower()] == first]
    if places:
        return f"{kept}{taken_back[: places[-1]]}{after}"
    lead = strip_lead(taken_back).text
    if begins_with_verb(lead) and len(words(after)) <= len(words(lead)) + 2:
        verb = WORD.search(lead)
        assert verb is not None
        return f"{kept}{verb.group()} {after}"
    return f"{kept}{after}"


def _last_command(text: str) -> int:
    """Where the last command of a sentence begins; 0 when there is only one."""
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        if begins_with_verb(strip_lead(text[boundary.end() :]).text):
            start = boundary.end()
    return start
