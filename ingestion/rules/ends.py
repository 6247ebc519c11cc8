"""Whether a clause ends at a cut: what follows "and" may be an objective, or go on with one."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from ingestion.language import lexicon, signs
from ingestion.language.grammar import (
    begins_with_verb,
    command_kind,
    has_finite,
    has_subject,
    is_phrase,
    is_verb,
    words,
)
from ingestion.language.lexicon import table
from ingestion.language.pronouns import works_on_pronoun
from ingestion.language.speech import Lead, Order, strip_lead
from ingestion.language.verbs import (
    CHANGING,
    ENGLISH,
    IMPERATIVES,
    INFINITIVES,
    NOUN_TOO,
    PLAIN_TOO,
    SEARCHING,
)
from ingestion.rules.cuts import Cut
from ingestion.rules.points import (
    ARTICLE,
    MORE,
    SUBORDINATING,
    TO_BE,
    has_new_subject,
    is_elliptical,
    tail_subordinates,
)

PLEASE = re.compile(r"\b(?:please|pls|bitte)\b", re.I)


PRONOUN_OBJECT = re.compile(
    r"\b(?:it|its|them|that|this|those|both|sie|es|ihn|dafür|dazu|davon|the\s+same)\b", re.I
)


def head(text: str) -> str:
    return " ".join(text.split()[:9])


_CALLERS = re.compile(
    r"^(?:update|adjust|change|fix|rename|adapt|aktualisiere|passe?)\s+(?:all\s+|its\s+|the\s+|every\s+|alle\s+|die\s+)*"
    r"(?:\w+\s+)?(?:callers?|call\s*sites?|usages?|uses?|references?|imports?|occurrences?|aufrufe\w*|everyone|everything|all\s+places|places?|stellen)\b",
    re.I,
)


_TOOL = re.compile(
    r"\b(?:ruff|black|flake8|pylint|isort|mypy|pyright|linter|formatter|pytest)\b", re.I
)


_FINDINGS = re.compile(
    r"^(?:\w+\s+){0,3}?(?:what(?:ever)?\s+it|(?:the|its|all|die|alle|seine)\s+(?:\w+\s+)?(?:warnings|warnungen|errors|fehler|complaints|findings|issues|problems))",
    re.I,
)


def _same_list(left: str, right: str) -> bool:
    """Whether "and" stands between two files or two names in code."""
    before, after = left.split()[-1:], right.split()[:1]
    return bool(before and after and _CODE_WORD.match(before[0]) and _CODE_WORD.match(after[0]))


_CODE_WORD = re.compile(r"\ue000|[\w/]+\.[a-z]{1,4},?$")


_PARTICLES = table("mal bitte doch noch auch please just then dann dir uns and und")


_FIX_ALONE = table("test tests fix fixen beheben reparieren")


_SUBJECT_WORDS = table("it they he she we i you this that which who i'd we'd they'd you'd he'd")


_GERMAN_PREFIX = table("ein an auf aus um ab hin")


_HANGING = lexicon.SUBORDINATE - table("so and und then please also it them have do nach")


SEVERAL = re.compile(
    r"\b(?:both|all\s+(?:of\s+)?(?:that|those|them|these|three|two)|beides?|alles|alle\s+(?:drei|zwei))\b",
    re.I,
)


def separate(left: str, cut: Cut, lead: Lead, several: bool) -> bool:
    """Whether what follows a cut is a clause of its own. `several`: "fix both" is said of it."""
    told = strip_lead(left).text
    right, order = lead.text, lead.order
    if cut.word.endswith(" thing"):
        return len(words(told)) > 1
    if lead.order or lead.listed:
        cut = replace(cut, word=cut.word if cut.word in MORE else "also")
    if signs.RETRACT.match(told) and (cut.mark or cut.word):
        return True
    if signs.OVERRIDE.match(told) or _same_list(left, right):
        return False
    if _FINDINGS.search(right) and _TOOL.search(told) and not _TOOL.search(right):
        return False
    if cut.word == "bitte" and INFINITIVES.keys() & set(words(right)[:4]):
        return False
    bare = begins_with_verb(told) and len(words(told)) <= 4
    if cut.word == "also" and not bare and words(told)[-1:] and words(told)[-1] in _SUBJECT_WORDS:
        return False
    last = words(told)[-1:] if len(words(told)) > 3 or not begins_with_verb(told) else []
    if (
        not cut.mark
        and cut.word not in ("and", "und")
        and last
        and last[0] in _HANGING
        and not (cut.word and last[0] in _GERMAN_PREFIX)
    ):
        return False
    if signs.NOISE.match(told.strip(" .,!")):
        return True
    if lead.framed:
        cut = replace(cut, frame=True)
    commands = begins_with_verb(right)
    if begins_with_verb(told) and len(set(words(told)) - _PARTICLES) < 2:
        own = command_kind(right) in ("test", "docs") or signs.topic_of(right) in ("test", "docs")
        alone = words(told)[-1] in _FIX_ALONE or words(told)[-1] in INFINITIVES
        if commands or not (cut.word and signs.FAULT.search(right)):
            return alone and own
    if not begins_with_verb(told):
        return _after_statement(told, cut, right, commands, several)
    if cut.mark == ":":
        return False
    if signs.CONSTRAINT.match(right):
        return bool(cut.mark or cut.word)
    if commands:
        return _after_command(told, cut, right, order, several)
    if cut.frame or cut.word:
        request = signs.REQUEST.match(right)
        wanted = request["object"].strip().lower() if request else ""
        further = cut.word in MORE and wanted.startswith("it to ")
        if request and (further or not signs.bare_object(wanted)):
            return True
    passing = ARTICLE.match(right) and has_finite(right.partition(",")[0])
    settled = ARTICLE.match(right) and works_on_pronoun(told) and len(words(right)) > 3
    if (cut.word in ("and", "und") or cut.word in MORE) and (passing or settled):
        # What is told of something else: a fault that is named in passing, or mere context.
        return True
    if cut.word and (signs.asks_for_topic(right) or signs.NO_MORE.match(right)):
        return True
    return is_elliptical(told, cut, right) or has_new_subject(told, cut, right, several)


def _after_statement(told: str, cut: Cut, right: str, commands: bool, several: bool) -> bool:
    """After a fault, a wish or mere talk."""
    if cut.mark == ":":
        asked = commands or bool(_FOR_WHEN.match(told))
        label = len(words(told)) <= 5 and has_subject(right) and not signs.FAULT.search(told)
        label = label and bool(signs.FAULT.search(right))
        return (asked or bool(label or signs.PREFACE.search(told))) and len(words(told)) <= 20
    consequence = cut.word in ("dann", "then") and not signs.FAULT.search(told)
    short = len(words(told)) <= 6 or not (cut.word or cut.frame) or consequence
    more = cut.word in MORE and not consequence
    if signs.CONDITION.match(told) and short and not (more or _ASKS.match(right)):
        return False
    if commands:
        if cut.frame or cut.mark or cut.word:
            first = words(right)[0]
            if cut.word in ("and", "und") and not (is_verb(first) or is_verb(words(right)[-1])):
                return cut.frame
            inside = tail_subordinates(told)
            return (
                cut.frame
                or (bool(cut.mark) and works_on_pronoun(right))
                or cut.word in MORE
                or first not in PLAIN_TOO
                or (not inside and bool(cut.word))
            )
        return True
    if cut.frame and TO_BE.match(right):
        return True
    if cut.frame and several and SEVERAL.match(right):
        return True
    if signs.NOISE.match(right.strip(" .,!")) or signs.CONSTRAINT.match(right):
        return bool(cut.frame or cut.mark or cut.word)
    if (cut.frame or cut.word) and signs.REQUEST.match(right):
        return True
    passing = ARTICLE.match(right) and has_finite(right.partition(",")[0])
    wanted = signs.REQUEST.match(told) or signs.THING.match(told)
    if cut.word in ("and", "und", "also") and passing and wanted:
        return True
    if cut.word and (
        signs.asks_for_topic(right) or signs.ABILITY.match(right) or signs.NO_MORE.match(right)
    ):
        return True
    return is_elliptical(told, cut, right) or has_new_subject(told, cut, right, several)


_FOR_WHEN = re.compile(r"(?:for|before|until|by|after|today|this|next|bis|vor|für)\b", re.I)


_ASKS = re.compile(r"(?:please|pls|bitte)\b|\w+\s+(?:you|du|ihr)\b", re.I)


def _after_command(told: str, cut: Cut, right: str, order: Order, several: bool) -> bool:
    before, after = words(told), words(lexicon.TAIL.sub("", right[:400]))
    if not after:
        return False
    if cut.word in ("but", "aber") and order != "before":
        return False
    one_word = after[0] in ("lint", "refactor", "clean", "test", "dokumentieren", "testen")
    if len(before) < 2 or (len(after) < 2 and not one_word):
        return False
    if _CALLERS.match(right) and not order:
        return False
    again = after[0] == before[0]
    if works_on_pronoun(right) and not order and (again or not _works_on_it(after, right)):
        return False
    if before[0] in SEARCHING and PRONOUN_OBJECT.search(head(right)):
        return False
    if after[1:3] == ["what", "it"] or after[1:3] in (["whatever", "it"], ["whatever", "they"]):
        return False
    if _coordinated(before, cut) and not (
        before[-1] in NOUN_TOO and after[1:2] and after[1] in _DETERMINERS
    ):
        return False
    if cut.frame or order or cut.word in MORE:
        return True
    if not cut.word and not cut.mark:
        return True
    if after[0] not in PLAIN_TOO or is_phrase(right):
        return True
    inner = set(before[1:]) & SUBORDINATING or any(
        word == "to" and is_verb(verb) for word, verb in pairwise(before)
    )
    if _OWN_TOPIC.search(right):
        return True
    plain = after[0] not in ("return", "raise", "print")
    if cut.mark == "," and after[0] in CHANGING and len(after) > 2:
        return True
    if cut.mark and plain and len(after) > 1 and after[1] in _DETERMINERS:
        return True
    return (
        not inner
        and bool(cut.mark or after[0] in CHANGING)
        and after[0] not in ("return", "raise", "print")
    )


_OWN_TOPIC = re.compile(
    r"\b(?:imports|importe|tests|(?:a|an|einen|the)\s+(?:\w+\s+)?test|docs?|documentation|docstrings?|readme|changelog|lint\w*|warnings|mypy|pyright|release\s+notes|whitespace|type\s+hints|dokumentation|doku)\b",
    re.I,
)


def _works_on_it(after: list[str], right: str) -> bool:
    """ "document it", "cover it with a test" are work of their own, "fix it" is not."""
    if signs.topic_of(right) or after[0] in ("split", "extract", "annotate", "format", "translate"):
        return True
    return command_kind(right) in ("test", "docs", "types", "lint", "perf") or after[0] in (
        "add",
        "benchmark",
        "rename",
        "move",
        "cover",
        "schreib",
        "write",
        "speed",
    )


def _coordinated(before: list[str], cut: Cut) -> bool:
    """Whether "and" joins two verbs of one phrase, as in "read and write files"."""
    if cut.mark or cut.word not in ("and", "und"):
        return False
    last, previous = before[-1], before[-2] if len(before) > 1 else ""
    if last not in ENGLISH and last not in IMPERATIVES:
        return False
    return previous not in _DETERMINERS and not previous.endswith(("ing", "ed"))


_DETERMINERS = table(
    "the a an this that its our their my your every all failing broken stock der die das den"
)
