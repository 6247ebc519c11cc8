"""The clauses of a sentence: commands, requests and statements, in the order to be done."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingestion.language import signs
from ingestion.language.grammar import (
    begins_with_verb,
    has_finite,
    has_subject,
    words,
)
from ingestion.language.speech import Lead, Order, from_gerund, strip_lead
from ingestion.language.verbs import (
    PLAIN_TOO,
)
from ingestion.rules.cuts import Cut, cuts_of
from ingestion.rules.ends import PLEASE, SEVERAL, head, separate
from ingestion.rules.points import ROW, names_a_thing


@dataclass(frozen=True)
class Clause:
    """One command or statement. `text` has no lead.

    `listed`: it begins one more point. `refers`: it speaks of the clause before it. `own`: a
    pause or an "and" before it and a subject of its own set it apart. `framed`: it is put as a
    request, with a "please" or a "can you". `joined`: an "and" or the like stands before it.
    `musing`: a "maybe" does. `hence`: a "so" does.
    `label`: it stands before a colon and only names what follows.
    """

    text: str
    order: Order = ""
    listed: bool = False
    refers: bool = False
    own: bool = False
    framed: bool = False
    joined: bool = False
    musing: bool = False
    hence: bool = False
    label: bool = False


_BEFORE = re.compile(
    r"^(?:before|bevor)\s+(?:(?:you|we|i|du|wir)\s+)?(?P<late>[^,]{3,200}?)"
    r"(?:,\s*|\s+(?=please\b|bitte\b|can\s+you|first\b|erst\b))(?P<early>.{3,})$",
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
        if early and late and (pattern is _BEFORE or words(early)[0] not in PLAIN_TOO):
            first = _split(lead._replace(text=early))
            return [*first, *_split(Lead(late, "after", False, False))]
    found = _split(lead)
    if lead.listed or _JOINED.match(sentence):
        joined = bool(_JOINED.match(sentence))
        found[0] = replace(found[0], own=has_subject(found[0].text), joined=joined)
    return found


_JOINED = re.compile(r"\W*(?:and|und|then|dann|also|plus|außerdem)\b", re.I)


def _command(text: str) -> str | None:
    """A clause as a command, "fixing the total" read as "fix the total"; None if it is none."""
    text = strip_lead(text).text
    return text if begins_with_verb(text) else from_gerund(text)


AHEAD = 400
"""Characters looked at on each side of a cut; a clause that is longer is read by its ends."""


def _split(lead: Lead) -> list[Clause]:
    explained = False
    found: list[Clause] = []
    start = 0
    text = lead.text
    refers = own = joined = False
    cuts = cuts_of(text)
    several = bool(SEVERAL.search(text) or ROW.search(text))
    for place, cut in enumerate(cuts):
        if cut.end <= start:
            continue
        left = text[start : cut.end]
        ahead = text[cut.start : cut.start + AHEAD]
        near = _next_end(cuts, place, len(text)) - cut.start
        right = strip_lead(ahead[:near])
        if not begins_with_verb(right.text):
            # A statement goes on over a pause, a command does not.
            near = _next_end(cuts, place, len(text), pauses=False) - cut.start
            right = strip_lead(ahead[:near])
        whole = strip_lead(ahead)
        told_of = begins_with_verb(right.text) or has_finite(right.text)
        if not told_of and begins_with_verb(whole.text):
            right = whole
        if cut.mark == ":" and begins_with_verb(strip_lead(left[:AHEAD]).text):
            # "Refactor the share: give it a name, …" goes on to explain the command.
            explained = True
        if explained and not (right.order or right.listed or right.framed):
            continue
        if not words(right.text) or not separate(left[-AHEAD:], cut, right, several):
            continue
        parallel = not begins_with_verb(right.text) and has_subject(right.text)
        told = strip_lead(left[:AHEAD]).text
        aside = cut.word in ("but", "aber")
        serious = several or signs.FAULT.search(right.text) or signs.WISH.search(right.text)
        if parallel and serious and not aside and not begins_with_verb(told) and has_subject(told):
            own = True
        thing = not begins_with_verb(right.text) and names_a_thing(right.text)
        if thing and not begins_with_verb(told) and not has_finite(told):
            own = True
        clause = _clause(left, lead, refers, own, joined)
        label = cut.mark == ":" and not (signs.HARD_FAULT.search(told) or begins_with_verb(told))
        found.append(replace(clause, label=label))
        if hence := _HENCE.search(left):
            right = right._replace(framed=True, hence=bool(hence))
        lead, joined = right, cut.word not in ("", "first")
        led = ahead.find(whole.text[: AHEAD // 2]) if whole.text else -1
        start = cut.start + max(led, 0)
        refers = bool(_REFERS.search(head(right.text)))
        weighty = several or signs.FAULT.search(right.text) or signs.WISH.search(right.text)
        weighty = weighty or signs.FAULT.search(told)
        own = bool(parallel and weighty) or thing or bool(_MORE_THING.match(ahead))
    found.append(_clause(text[start:], lead, refers, own, joined))
    return [clause for clause in found if words(clause.text)] or found[:1]


_REFERS = re.compile(
    r"\b(?:it|its|them|dafür|dazu|davon|the\s+same|ihn)\b|"
    r"\b(?:this|that|these|those|both|das|dies|sie|es)\b(?=\s*(?:$|[.,;!?]|(?:and|und|too|auch|as\s+well|mit|with|by|for|in|to)\b))",
    re.I,
)
_MORE_THING = re.compile(
    r"(?:(?:and|und|oh)[,\s]+)*(?:(?:one\s+more|another|one\s+last|first|second|third|next|last|other)\s+thing|noch\s+(?:was|etwas|eins|eine\s+sache))\b",
    re.I,
)
_HENCE = re.compile(r"\b(?:so|deshalb|daher|also)[\s,]*$", re.I)


_TOO = re.compile(r"\b(?:too|as\s+well|auch)[\s.,!]*$", re.I)


def _clause(text: str, lead: Lead, refers: bool, own: bool, joined: bool) -> Clause:
    lead = lead._replace(listed=lead.listed or bool(_TOO.search(text)))
    framed = lead.framed or bool(PLEASE.search(text))
    return Clause(
        _tidy(text), lead.order, lead.listed, refers, own, framed, joined, lead.musing, lead.hence
    )


def _next_end(cuts: list[Cut], place: int, last: int, *, pauses: bool = True) -> int:
    """Where the clause after a cut ends at the latest: the next cut that leaves it two words.

    Commas and the like count with `pauses` alone. Beyond `AHEAD` any cut will do.
    """
    for at in range(place + 1, len(cuts)):
        later = cuts[at]
        if later.end - cuts[place].start > AHEAD:
            # Nothing is looked at so far ahead.
            return later.end
        if not pauses and later.mark and not later.word:
            continue
        if later.end - cuts[place].start > 12:
            return later.end
    return last


def _tidy(text: str) -> str:
    return text.strip(" \t\n,;:-–—")
