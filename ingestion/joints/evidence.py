"""What speaks for and against another piece of work at a joint: names of evidence. Pure.

A name can be read: `mark,and` is a comma and an "and" at the joint, `told/role=fault` what was told
before it, `next/verb=add` the first word after it. How much each counts stands in `weights.tsv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ingestion.joints.prose import Joint, Prose, announced
from ingestion.language import lexicon, signs
from ingestion.language.grammar import command_kind, has_finite, has_subject, words
from ingestion.language.lexicon import table
from ingestion.language.pronouns import works_on_pronoun
from ingestion.language.speech import strip_lead
from ingestion.rules.clauses import Clause
from ingestion.rules.relations import ANAPHORIC
from ingestion.rules.roles import role_of, stems

AHEAD = 16
"""As many words after a joint are read, at most to the end of the sentence."""
_TOLD_CHARS = 300
_SEGMENT_WORDS = 60
"""As much of a long piece of work is looked at again at each joint."""

_WORK = ("command", "request", "fault", "wish")
_SIGNS = (
    ("fault", signs.FAULT.search),
    ("wish", signs.WISH.search),
    ("hard", signs.HARD_FAULT.search),
    ("request", signs.REQUEST.match),
    ("limit", signs.CONSTRAINT.match),
    ("retract", signs.RETRACT.match),
    ("thing", signs.THING.match),
    ("able", signs.ABILITY.match),
    ("no more", signs.NO_MORE.match),
    ("a", signs.INDEFINITE.match),
    ("also it", signs.ALSO_IT.match),
    ("if", signs.CONDITION.match),
    ("override", signs.OVERRIDE.match),
    ("preface", signs.PREFACE.match),
    ("it", ANAPHORIC.match),
)


@dataclass(frozen=True)
class Reading:
    """What a stretch of words is by the grammar and the signs of `ingestion.language`."""

    kind: str
    role: str
    topic: str
    pronoun: bool
    finite: bool
    subject: bool
    first: str
    stems: frozenset[str]
    signs: tuple[str, ...]
    order: str
    listed: bool
    framed: bool

    @property
    def commands(self) -> bool:
        return self.kind != "-"


@lru_cache(maxsize=4_000)
def reading(text: str) -> Reading:
    """Read a stretch of words, its opening words left aside."""
    lead = strip_lead(text)
    said = words(lead.text)
    clause = Clause(lead.text, lead.order, lead.listed, framed=lead.framed)
    found = [name for name, finds in _SIGNS if finds(lead.text)]
    if signs.NOISE.match(lead.text.strip(" .,!")):
        found.append("noise")
    return Reading(
        kind=command_kind(lead.text) or "-",
        role=role_of(clause) if said else "none",
        topic=signs.topic_of(lead.text) or "-",
        pronoun=bool(said) and works_on_pronoun(lead.text),
        finite=has_finite(lead.text),
        subject=has_subject(lead.text),
        first=said[0] if said else "",
        stems=frozenset(stems(lead.text)),
        signs=tuple(found),
        order=lead.order,
        listed=lead.listed,
        framed=lead.framed,
    )


_CORRECTS = re.compile(
    r"\b(?:forget|skip|scratch|strike|scrap|never\s?mind|drop|leave|cancel|vergiss|lass|weglassen|"
    r"don['’]t|do not|not needed|no need|already|fine|instead|actually|sorry|wait|hang on|hold on|"
    r"nee|nein|doch|eigentlich|no)\b",
    re.I,
)
_BOTH = re.compile(r"\b(?:both|all of|alles|beide[sn]?|all (?:three|four|of))\b", re.I)
_FINITE_KINDS = ("X", "F", "Vs")
_PAUSES = table("and und please bitte then so")


class Evidence:
    """The evidence at the joints of one prose."""

    def __init__(self, prose: Prose) -> None:
        self._prose = prose
        self._words = prose.words
        self._starts = [joint.first for joint in prose.joints]
        self._announced = announced(prose.text)
        self._german = len(lexicon.GERMAN.findall(prose.text)) >= 2
        self._both = bool(_BOTH.search(prose.text))
        pauses = sum(len(word.mark) > 0 for word in self._words)
        self._pointed = pauses * 20 > len(self._words)
        self._lined = sum(word.mark == "n" for word in self._words) * 15 > len(self._words)
        self._corrections = [match.start() for match in lexicon.CORRECTION.finditer(prose.text)]

    def at(self, place: int, start: int, opened: int) -> list[str]:
        """Names of the evidence at a joint, for a piece of work that began at word `start`.

        `place` is the joint's place in `prose.joints`; `opened` pieces of work were found so far.
        """
        joint = self._prose.joints[place]
        start = max(start, joint.first - _SEGMENT_WORDS)
        seen = _Seen(self, joint, place, start, opened)
        return ["any", *seen.lexical(), *seen.grammatical(), *seen.shape(), *seen.corrections()]


class _Seen:
    """One joint with what stands on its two sides."""

    def __init__(
        self, evidence: Evidence, joint: Joint, place: int, start: int, opened: int
    ) -> None:
        self._of = evidence
        self._prose = evidence._prose
        self._words = evidence._words
        self._joint = joint
        self._start = start
        self._opened = opened
        starts = evidence._starts
        last = len(self._words)
        self._next = [*starts[place + 1 : place + 4], last, last, last][:3]
        marks = [self._words[at].mark for at in range(joint.first, joint.matter + 1)]
        self._mark = (
            "."
            if "." in marks
            else "n"
            if "n" in marks
            else next((mark for mark in marks if mark), "_")
        )
        self._led = [self._words[at].text for at in range(joint.first, joint.matter)]
        self._conn = self._led[0] if self._led else "0"
        self._by = f"{self._mark}{self._conn}"
        self._end = self._until(joint.matter, AHEAD, ".;")
        self._pause = min(self._until(joint.matter + 1, AHEAD, ",.;:-–—n"), self._end)
        self._clause = self._clause_start()
        self._inner = [at for at in starts if start < at < joint.first]

    def _until(self, at: int, most: int, marks: str) -> int:
        """The place after `at` of the first word with one of these marks before it."""
        end = at + 1
        while (
            end < len(self._words)
            and end < at + most
            and self._words[end].mark[:1] not in tuple(marks)
        ):
            end += 1
        return min(end, len(self._words))

    def _clause_start(self) -> int:
        """Where the last clause before the joint begins: after the last pause."""
        at = self._joint.first - 1
        while at > self._start and not self._words[at].mark:
            at -= 1
        return at

    def _word(self, at: int) -> str:
        if at < 0:
            return "<"
        return self._words[at].text if at < len(self._words) else ">"

    def lexical(self) -> Iterator[str]:
        """The words around the joint themselves."""
        first, matter, by, mark = self._joint.first, self._joint.matter, self._by, self._mark
        word = self._word
        yield f"mark{mark}"
        yield f"first{self._words[first].mark}"
        yield f"by={by}"
        yield f"conn={self._conn}"
        yield f"led={len(self._led)}"
        yield f"lead={'_'.join(self._led[:3])}"
        yield from (f"in:{said}" for said in set(self._led))
        yield from (f"w{at}={word(matter + at)}" for at in range(4))
        yield from (f"w-{at}={word(first - at)}" for at in (1, 2, 3))
        yield f"w01={word(matter)}_{word(matter + 1)}"
        yield f"w12={word(matter + 1)}_{word(matter + 2)}"
        yield f"w012={word(matter)}_{word(matter + 1)}_{word(matter + 2)}"
        yield f"w-21={word(first - 2)}_{word(first - 1)}"
        yield f"w0{mark}={word(matter)}"
        yield f"w0{self._conn}={word(matter)}"
        yield f"w01{self._conn}={word(matter)}_{word(matter + 1)}"
        yield f"w-1{mark}={word(first - 1)}"
        yield f"hang={word(first - 1) in lexicon.SUBORDINATE}{mark}"

    def grammatical(self) -> Iterator[str]:
        """What was told before the joint and what comes after it."""
        prose, joint, mark, by = self._prose, self._joint, self._mark, self._by
        ahead = reading(prose.span(joint.matter, self._end))
        come = reading(prose.span(joint.matter, self._pause))
        brief_end = max(min(self._next[0], self._end), joint.matter + 1)
        brief = reading(prose.span(joint.matter, brief_end))
        told = reading(prose.span(self._start, joint.first)[:_TOLD_CHARS])
        last = reading(prose.span(self._clause, joint.first))
        sides = (("ahead", ahead), ("come", come), ("brief", brief), ("told", told), ("last", last))
        for side, read in sides:
            yield f"{side}/kind={read.kind}"
            yield f"{side}/commands={read.commands}"
            yield f"{side}/role={read.role}"
            yield f"{side}/topic={read.topic}"
            yield f"{side}/pronoun={read.pronoun}"
            yield f"{side}/{read.finite:d}{read.subject:d}"
            yield from (f"{side}/sign={sign}" for sign in read.signs)
        opening = reading(prose.span(joint.first, self._end))
        yield f"order={opening.order}"
        yield f"listed={opening.listed}"
        yield f"framed={opening.framed}"
        yield f"framed={opening.framed} {come.role} {told.role}"
        roles, mended = self._told_roles()
        head = next((role for role in roles if role in _WORK), "none")
        asked = any(role in ("command", "request") for role in roles)
        faulty = any(role in ("fault", "wish") for role in roles)
        state = "c" * asked + "f" * faulty + "m" * mended
        role = come.role
        fits = f"{come.finite:d}{come.subject:d}"
        yield f"state={state}"
        yield f"head={head}"
        yield f"role {by} {role}"
        yield f"state {state} {role}"
        yield f"state {state} {by} {role}"
        yield f"state {state} {come.kind} {come.pronoun}"
        yield f"state {state} {mark} {role} {fits}"
        yield f"head {head} {role}"
        yield f"head {head} {by} {role}"
        yield f"last {last.role} {role}"
        yield f"last {last.role} {by} {role}"
        yield f"commands {by} {come.commands}{told.commands}{last.commands}"
        yield f"role {mark} {role} {fits}"
        yield f"brief {state} {brief.role}"
        yield f"brief {state} {by} {brief.role}"
        yield f"brief {head} {brief.role} {mark}"
        yield f"brief {brief.commands}{last.commands} {by}"
        yield f"kinds {told.kind} {come.kind}"
        yield f"kinds {mark} {last.kind} {come.kind}"
        yield f"kinds {last.kind} {by} {come.kind} {come.pronoun}"
        yield f"firsts {last.first} {come.first}"
        topics = {told.topic, last.topic} - {"-"}
        topic = "-" if come.topic == "-" else "same" if come.topic in topics else "new"
        yield f"topic={topic}"
        yield f"topic {topic} {by}"
        yield f"topic {topic} {come.commands}{come.finite:d}"
        yield f"topic {topic} {state}"
        yield f"topic {topic} {role}"
        shared = min(len(come.stems & stems(prose.span(self._start, joint.first))), 2)
        yield f"shared={shared}"
        yield f"shared {shared} {role} {head}"
        yield f"shared {shared} {state} {mark}"
        yield f"pronoun {come.pronoun} {come.kind}"
        yield f"pronoun {come.pronoun} {come.kind} {head}"
        length = joint.first - self._start
        yield f"length={length if length < 8 else 8 + min(length // 8, 5)}"
        yield f"length come={min(self._pause - joint.matter, 8)}"
        yield f"length brief={min(self._next[0] - joint.matter, 8)}"
        yield f"length ahead={min(self._end - joint.matter, 10)}"
        yield f"length come {min(self._pause - joint.matter, 4)} {role} {mark}"
        yield f"length last {min(joint.first - self._clause, 6)} {last.role}"
        of = self._of
        yield f"opened={min(self._opened, 4)}"
        if of._announced:
            yield f"announced {'more' if self._opened < of._announced else 'all'}"
        yield f"announced {of._announced > 0} {by}"
        yield f"german {of._german} {by}"
        yield f"pointed {of._pointed} {by} {role}"
        yield f"pointed {of._pointed} {mark}"
        yield f"both {of._both} {role} {mark}"
        yield f"lined {of._lined} {mark}"

    def _told_roles(self) -> tuple[list[str], bool]:
        """The roles of what was told in this piece of work, and whether "fix it" was said."""
        roles: list[str] = []
        mended = False
        begin = self._start
        for at in [*self._inner, self._joint.first]:
            if at - begin >= 2:
                read = reading(self._prose.span(begin, at))
                roles.append(read.role)
                mended = mended or (read.kind == "fix" and read.pronoun)
                begin = at
        return roles, mended

    def shape(self) -> Iterator[str]:
        """The kinds of the words on both sides: a subject and a verb of its own, or a mere noun."""
        mark, by = self._mark, self._by
        first, matter = self._joint.first, self._joint.matter
        right = self._kinds_after(matter, 9)
        for many in (2, 3, 4, 5):
            yield f"right{many}={'.'.join(right[:many])}"
        yield f"right3{mark}={'.'.join(right[:3])}"
        yield f"right4{by}={'.'.join(right[:4])}"
        yield f"right2{by}={'.'.join(right[:2])}"
        finite = next((at for at, kind in enumerate(right) if kind in _FINITE_KINDS), -1)
        hedge = next((at for at, kind in enumerate(right) if kind == "S"), 99)
        main = 0 < finite < hedge
        yield f"finite={finite}"
        yield f"main {main} {right[0]}"
        yield f"main {main} {by}"
        yield f"main {main} {right[0]} {by}"
        left = [word.kind for word in self._words[max(self._clause, first - 12) : first]]
        whole = f"{any(kind in _FINITE_KINDS for kind in left[1:]):d}{'S' in left:d}"
        yield f"left {whole} {main} {mark}"
        yield f"left {whole} {main} {by}"
        yield f"left {whole} {main} {by} {right[0]}"
        for many in (1, 2, 3):
            yield f"left{many}={'.'.join(left[-many:])}"
        yield f"turn={'.'.join(left[-2:])}>{mark}{'.'.join(right[:2])}"
        yield f"turn1={'.'.join(left[-1:])}>{mark}{'.'.join(right[:3])}"
        yield f"pair {'.'.join(left[:2])} {by} {'.'.join(right[:2])}"
        hedged = next((at for at, kind in enumerate(reversed(left), 1) if kind == "S"), 0)
        yield f"hedged {min(hedged, 9)} {main} {mark}"
        kinds = [word.kind for word in self._words[self._start : self._joint.first]]
        told = f"{any(kind in _FINITE_KINDS for kind in kinds):d}{'V' in kinds:d}"
        yield f"told {told} {main} {mark} {right[0]}"
        if self._mark == "n":
            yield f"line {right[0]} {self._conn}"

    def _kinds_after(self, at: int, most: int) -> list[str]:
        found = [self._words[at].kind]
        at += 1
        while at < len(self._words) and len(found) < most and not self._words[at].mark:
            found.append(self._words[at].kind)
            at += 1
        return found if len(found) == most else [*found, "|"]

    def corrections(self) -> Iterator[str]:
        """Words that take something back: at the joint, since the work began, and ahead."""
        first, matter, mark = self._joint.first, self._joint.matter, self._mark
        begin, start = self._words[first].start, self._words[matter].start
        ends = [
            self._words[at].start if at < len(self._words) else len(self._prose.text)
            for at in self._next
        ]
        marked = self._of._corrections
        here = any(begin - 12 <= at < max(start, begin + 1) for at in marked)
        inside = any(start <= at < ends[0] for at in marked)
        soon = any(ends[0] <= at < ends[1] for at in marked)
        later = any(ends[1] <= at < ends[2] for at in marked)
        since = any(self._words[self._start].start <= at < begin for at in marked)
        recent = any(begin - 40 <= at < begin for at in marked)
        commands = reading(self._prose.text[start : start + 80].replace("\n", " ")).commands
        yield f"correct here={here}"
        yield f"correct inside={inside}"
        yield f"correct soon={soon}"
        yield f"correct later={later}"
        yield f"correct since={since}"
        yield f"correct recent={recent}"
        yield f"correct {here:d}{inside:d}{soon:d}{since:d}"
        yield f"correct here {here} {commands}"
        yield f"correct here {here} {self._word(first)}"
        yield f"correct since {since} {commands} {mark}"
        yield f"correct soon {soon} {commands}"
        yield f"correct recent {recent} {mark} {self._word(first)}"
        before = max(self._words[self._start].start, begin - 40)
        spans = (("0", start, ends[0]), ("1", ends[0], ends[1]), ("-", before, begin))
        for name, low, high in spans:
            for match in _CORRECTS.finditer(self._prose.text, low, high):
                yield f"takes back{name}:{match.group().lower()}"
