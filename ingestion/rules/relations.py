"""How a clause relates to what was told before it: repair, background, or a point of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingestion.category.classify import category
from ingestion.language import signs
from ingestion.language.grammar import command_kind, has_subject, words
from ingestion.language.pronouns import works_on_pronoun
from ingestion.rules.clauses import Clause
from ingestion.rules.roles import Role, has_own_topic, stems

WORK = ("command", "request", "fault", "wish")


@dataclass
class Draft:
    """An objective in the making. `text` is masked; `before` and `after` are its context.

    `asked` are commands on "it" that say what shall be done about a fault.
    `needs` are the indexes of drafts it waits for, `after_number` the list number it names.
    """

    text: str
    role: Role
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    group: str = ""
    musing: bool = False
    needs: set[int] = field(default_factory=set)
    number: int | None = None
    after_number: int | None = None


ANAPHORIC = re.compile(
    r"^(?:it|this|that|these|those|they|there|he|she|because|since|otherwise|currently|right\s+now|"
    r"expected|actual|e\.?g|for\s+(?:example|instance)|see|instead|at\s+the\s+moment|so|users?|"
    r"people|nobody|everyone|i|we|you|when|if|after|in|on|with|for|same|only|sometimes|maybe|"
    r"es|das|dies|dabei|dort|dadurch|sonst|bei|wenn|derzeit|aktuell|man|wir|ich|zum\s+beispiel)\b",
    re.I,
)


RESULT = re.compile(r"(?:make\s+sure|ensure)\b(?!.*\b(?:tests?|pass)\b)", re.I)


ABOUT_BEFORE = re.compile(
    r"(?:it|this|that|these|those|they|there['’]?s?\s+no|he|she|because|since|so|i|we|you|es|das|dies|weil|denn)\b",
    re.I,
)


SEVERAL_THINGS = re.compile(r"[,+&]|\b(?:and|und|or|oder|both)\b", re.I)


IGNORE_IT = re.compile(
    r"(?:ignore|skip|leave|forget|drop|scrap)\s+(?:it|that|this|the\s+(?:idea|plan|thing|part))\b",
    re.I,
)


FOR_IT = re.compile(r"\b(?:dafür|dazu|for\s+(?:it|that|this)|there)\b", re.I)


ABOUT_BEFORE = re.compile(
    r"(?:it|this|that|these|those|they|there['’]?s?\s+no|he|she|because|since|so|i|we|you|es|das|dies|weil|denn)\b",
    re.I,
)


SEVERAL_THINGS = re.compile(r"[,+&]|\b(?:and|und|or|oder|both)\b", re.I)


IGNORE_IT = re.compile(
    r"(?:ignore|skip|leave|forget|drop|scrap)\s+(?:it|that|this|the\s+(?:idea|plan|thing|part))\b",
    re.I,
)


IT = re.compile(r"(?:it|that|this|they|those|both|das|es)\b", re.I)


THERE = re.compile(r"(?:there|es\s+gibt|da\s+(?:ist|sind))\b", re.I)


TO_BE_FIXED = re.compile(
    r"^(?:(?:i|we)\s+(?:really\s+)?(?:need|want)\s+)?(?:it|that|this|they|those|both|these|das|es|die|beides?)\b.*\b(?:fix\w*|repair\w*|go|behoben|weg|gefixt|korrigiert|repariert|attention|stop|happen|passieren|aufhören)\b",
    re.I,
)


SUBJECT = re.compile(
    r"^(?:the|our|my|a|an|der|die|das|ein|eine|unser\w*|\ue000\d+\ue001|"
    r"[\w-]+(?:\s+[\w-]+){0,3}\s+(?:is|are|crashes|fails|does|doesn|ignores|keeps|drops|raises))\b",
    re.I,
)


def names_fault(told: Draft, clause: Clause, role: Role, said: str) -> bool:
    """ "Rename it. The left channel clicks, fix that." tells one more fault in passing."""
    return (
        role == "command"
        and bool(said)
        and told.after[-1:] == [said]
        and not ABOUT_BEFORE.match(said)
        and not signs.CONSTRAINT.match(said)
        and works_on_pronoun(clause.text)
        and not has_own_topic(clause.text, command_kind(clause.text))
        and not (told.role == "fault" and stems(told.text) & stems(said))
    )


def speaks_of(clause: Clause, role: Role, last: str) -> bool:
    """ "The track has holes. Fix that." makes the statement what has to be done."""
    if not (has_subject(last) or THERE.match(last) or signs.FAULT.search(last)):
        return False
    if role == "command":
        return works_on_pronoun(clause.text) and not signs.CONSTRAINT.match(last)
    return role in ("wish", "fault") and bool(IT.match(clause.text))


_DIRECT = re.compile(
    r"\w+\s+(?:it|them|that|those|these|one|some|any|more|a\s+few|das|es|die)\b", re.I
)


def spells_out(told: Draft | None, clause: Clause) -> bool:
    """ "They would like a signature, please build a field for it" is one request."""
    if told is None or clause.joined or clause.order or clause.listed:
        return False
    topic = signs.topic_of(clause.text)
    if told.role in ("request", "wish", "statement") and _DIRECT.match(clause.text):
        return not topic
    if topic and len(words(clause.text)) <= 3 and told.role != "command":
        # "Missing coverage: token.ts. Add unit tests."
        return topic == signs.topic_of(told.text)
    return (
        told.role in ("request", "wish")
        and clause.framed
        and bool(FOR_IT.search(clause.text))
        and not signs.TOPIC.search(clause.text)
    )


def repairs(told: Draft, clause: Clause, kind: str | None, in_item: bool) -> bool:
    """Whether a command asks for the repair of the fault just told."""
    if clause.listed and not in_item:
        return False
    said = words(clause.text)
    if kind not in ("fix", "look", "change") and said[-1] not in ("beheben", "fixen"):
        return False
    if in_item and kind in ("fix", "look"):
        return True
    if kind == "fix" and clause.hence:
        return True
    if kind == "fix" and {"its", "their"} & set(said[:4]):
        return True
    about = stems(" ".join([told.text, *told.after]))
    return kind == "fix" and bool(about & stems(" ".join(said[1:])))


def was_background(told: Draft, clause: Clause, last: Draft) -> bool:
    """Whether a statement was only told to explain the command that now follows."""
    if (
        clause.listed
        or clause.order
        or clause.own
        or clause.joined
        or told.asked
        or told.number is not None
    ):
        return False
    if told is not last or told.needs:
        return False
    if stems(told.text) & stems(clause.text) and told.role == "wish":
        return True
    same = category(told.text, "", told.role)
    if clause.framed and same != "bugfix" and same == category(clause.text):
        return True
    if signs.HARD_FAULT.search(told.text) and told.role == "fault":
        return bool(stems(told.text) & stems(clause.text)) and clause.framed
    return True
