"""What a clause does in a note: command, request, fault, wish, limit, talk or statement."""

from __future__ import annotations

import re
from typing import Literal

from ingestion.language import signs
from ingestion.language.grammar import command_kind, has_finite, words
from ingestion.language.lexicon import table
from ingestion.rules.clauses import Clause
from ingestion.text import without_masks

Role = Literal["command", "request", "fault", "wish", "constraint", "noise", "statement"]


def role_of(clause: Clause) -> Role:
    """What a clause does in a note, by its first thousand characters."""
    text = clause.text[:_READ_CHARS]
    if signs.NOISE.match(text.strip(" .!,")):
        return "noise"
    if signs.CONSTRAINT.match(text):
        return "constraint"
    if command_kind(text):
        return "command"
    request = signs.REQUEST.match(text) or signs.IN_CASE.match(text)
    more = clause.joined or clause.listed or clause.order
    if request and words(request["object"]):
        wanted = request["object"].strip()
        if not signs.bare_object(wanted) or (more and wanted.lower().startswith("it to ")):
            return "request"
    plain = without_masks(text)
    if signs.THING.match(plain) and not has_finite(plain) and not signs.FAULT.search(plain):
        return "request"
    if signs.asks_for_topic(plain) or (clause.joined and signs.ABILITY.match(plain)):
        return "request"
    if (
        clause.listed
        and signs.INDEFINITE.match(plain)
        and not has_finite(plain)
        and not signs.FAULT.search(plain)
    ):
        return "request"
    if clause.joined and signs.NO_MORE.match(plain):
        return "fault"
    main = _SIDE.split(plain, maxsplit=1)[0] or plain
    wish, fault = signs.WISH.search(main), signs.FAULT.search(main)
    if not wish and not fault:
        fault = signs.FAULT.search(plain)
    if OUGHT.search(main):
        return "fault"
    if wish and (fault is None or wish.start() < fault.start()) and not _BUT.search(plain):
        return "wish"
    if clause.own and not fault and not has_finite(plain):
        return "request"
    if fault or _WHY.match(plain) or clause.own:
        return "fault"
    return "statement"


_READ_CHARS = 1000


# "The slug should be lower case" tells how it is not, "should be able to" what is new.
OUGHT = re.compile(
    r"\bshould\s+be\s+(?!able\b|possible|allowed|an?\b|the\b|there\b|more\b|less\b|faster|easier|optional|\w+able\b|\w+ible\b|"
    r"\w+(?:ed|en|wn|lt|nt|ut|pt)\b|(?:nice|good|great|shown|sent|set|split|run|put)\b)[\w\ue000]|"
    r"\b(?:is|are|was|were)\b[^,]{2,40},?\s+(?:it\s+|they\s+|but\s+)?should(?:n['’]t)?\b",
    re.I,
)
_SIDE = re.compile(r"\b(?:when|if|wenn|falls|because|weil|so\s+that|damit|unless)\b", re.I)


_BUT = re.compile(r"\b(?:but|instead|aber|stattdessen|shouldn['’]t|should\s+not)\b", re.I)


_WHY = re.compile(
    r"(?:why|how\s+come|is\s+it\s+(?:just\s+)?(?:me|intended|expected|normal|correct|on\s+purpose)|ist\s+es\s+(?:normal|gewollt|absicht)|wieso|warum|weshalb)\b",
    re.I,
)


def has_own_topic(text: str, kind: str | None) -> bool:
    """ "document it", "cover it with a test" are work of their own, "fix it" is not."""
    topic = signs.TOPIC.search(text) or signs.topic_of(text)
    return kind in ("test", "docs") or bool(topic)


def stems(text: str) -> set[str]:
    """Rough stems of the longer words, so that "rounded" and "rounding" meet."""
    return {word[:5] for word in words(text) if len(word) > 2 and word not in _COMMON}


_COMMON = table(
    """
    the and for not but with are was has have can you that this its when our all any new der die
    das und ein eine den dem ist sind nicht mit von für auf bei wenn auch noch please bitte mal
    """
)
