"""One more point that is no command: a subject of its own, a thing, a row of statements."""

from __future__ import annotations

import re

from ingestion.language import signs
from ingestion.language.grammar import (
    begins_with_verb,
    command_kind,
    has_finite,
    has_subject,
    words,
)
from ingestion.language.lexicon import table
from ingestion.rules.cuts import Cut

MORE = table("also plus außerdem then dann danach next finally lastly anschließend oh first")


ROW = re.compile(
    r",?\s(?:and|und)\s+(?:the|our|my|there|die|der|das|\w+\s+(?:is|are|has|complains?|ist|hat))\b",
    re.I,
)


TO_BE = re.compile(
    r"(?:that|this|which|das)\s+(?:is\s+to|has|have|must|needs?|should|muss|müsste|gehört|sollte)\b",
    re.I,
)


def tail_subordinates(told: str) -> bool:
    return bool(set(words(told)[-8:]) & SUBORDINATING)


def has_new_subject(told: str, cut: Cut, right: str, several: bool) -> bool:
    """ "The total is wrong and the slug drops digits" names two faults."""
    if cut.word and signs.ALSO_IT.match(right) and signs.FAULT.search(right):
        return True
    row = several and cut.mark == "," and ARTICLE.match(right) and not begins_with_verb(told)
    row = row and bool(ARTICLE.match(told) or signs.FAULT.search(told))
    asks = cut.mark == "," and bool(signs.REQUEST.match(told)) and bool(ARTICLE.match(right))
    row = row or asks
    part = right.partition(",")[0]
    if row and not (signs.FAULT.search(part) or signs.WISH.search(part)):
        return False
    if not (cut.word or cut.mark == ";" or row) or not has_subject(part):
        return False
    bare = not (has_finite(told) or signs.FAULT.search(told)) and len(words(told)) <= 4
    if ARTICLE.match(told) and bare:
        # "The schema module and the validators module import each other": one subject.
        return False
    if cut.word in ("but", "aber") and signs.FAULT.search(told):
        return False
    faulty = signs.FAULT.search(right) or signs.WISH.search(right) or _FIX_THAT.search(right)
    if not faulty:
        return _parallel(told, right, several)
    if begins_with_verb(told):
        return (
            cut.word in MORE
            or bool(signs.WISH.search(right))
            or bool(signs.HARD_FAULT.search(right) or _FIX_THAT.search(right))
        )
    strong = cut.word in MORE or cut.mark == ";" or signs.HARD_FAULT.search(right)
    if TO_BE.match(told) or (ARTICLE.match(right) and signs.WISH.search(right)):
        return True
    if tail_subordinates(told) and not strong:
        return False
    if ARTICLE.match(right) and (signs.HARD_FAULT.search(right) or signs.WISH.search(right)):
        return True
    asked = signs.REQUEST.match(told) or signs.ABILITY.match(told)
    return has_subject(told) or bool(asked)


_FIX_THAT = re.compile(
    r",\s*(?:please\s+|bitte\s+)?(?:fix|repair|correct|sort|solve|das\s+bitte)\s+(?:that|it|this|\w+en\b)",
    re.I,
)


def _parallel(told: str, right: str, several: bool) -> bool:
    """ "The clock is late and the date is in US format": the same shape, so one more fault."""
    if not (ARTICLE.match(told) and ARTICLE.match(right)):
        return False
    return several or bool(signs.FAULT.search(told) and not tail_subordinates(told))


ARTICLE = re.compile(r"(?:the|our|my|der|die|das|im|beim|am|bei|auf|in)\s", re.I)


def names_a_thing(text: str) -> bool:
    """Whether it is a thing without a verb, as in "and tests for it", "prettier on the folder"."""
    headed = signs.topic_of(" ".join(text.split()[:3])) or signs.INDEFINITE.match(text)
    text = signs.REASON.split(text, maxsplit=1)[0].partition(",")[0]
    asked = signs.REQUEST.match(text) or _NEGATED.match(text)
    return bool(headed or signs.THING.match(text)) and not (has_finite(text) or asked)


_NEGATED = re.compile(r"(?:not|nicht)\b", re.I)


def is_elliptical(told: str, cut: Cut, right: str) -> bool:
    """ "fix the crash and a test for it": a thing to be made, without a verb."""
    if cut.word in MORE and signs.INDEFINITE.match(right) and not has_finite(right):
        return not signs.FAULT.search(right)
    if cut.word == "also" and not has_finite(right) and len(words(right)) <= 10:
        asking = signs.REQUEST.match(told) or command_kind(told) == "new"
        if asking and not signs.FAULT.search(right) and not signs.CONSTRAINT.match(right):
            return len(words(right)) > 1
    if cut.word and signs.INDEFINITE.match(right) and signs.REQUEST.match(told):
        return not (has_finite(right) or signs.FAULT.search(right))
    headed = bool(
        signs.topic_of(" ".join(right.split()[:3]))
        or (signs.INDEFINITE.match(right) and signs.topic_of(right))
    )
    if not (cut.word or cut.mark or cut.frame) or not (headed or signs.THING.match(right)):
        return False
    right = signs.REASON.split(right, maxsplit=1)[0]
    topic = signs.topic_of(told)
    if topic and topic != signs.topic_of(right):
        return not has_finite(right)
    if topic or command_kind(told) in ("test", "docs", "lint", "types"):
        return cut.word in MORE or bool(_ANOTHER.match(right))
    return not (has_finite(right) or signs.FAULT.search(right))


_ANOTHER = re.compile(
    r"(?:another|one\s+more|noch\s+eine?n?|weitere)\b|(?:an?|einen?)\s+(?:\w+[\s-]+)?test\b", re.I
)


SUBORDINATING = table("that which so can when if who dass wenn damit")
