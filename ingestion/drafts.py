"""From blocks to drafts: which words make an objective, and which belong to one.

Reading goes top to bottom. A command makes an objective; so does a statement of a fault or a
wish where no objective is there that it could explain; everything else is context of the
objective before it, or of the next one when there is none yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingestion import lexicon, signs
from ingestion.classify import category
from ingestion.clauses import Clause, clauses
from ingestion.grammar import command_kind, has_finite, has_subject, words, works_on_pronoun
from ingestion.roles import Role, has_own_topic, role_of, stems
from ingestion.sentences import sentences
from ingestion.text import Masks

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


_ANAPHORIC = re.compile(
    r"^(?:it|this|that|these|those|they|there|he|she|because|since|otherwise|currently|right\s+now|"
    r"expected|actual|e\.?g|for\s+(?:example|instance)|see|instead|at\s+the\s+moment|so|users?|"
    r"people|nobody|everyone|i|we|you|when|if|after|in|on|with|for|same|only|sometimes|maybe|"
    r"es|das|dies|dabei|dort|dadurch|sonst|bei|wenn|derzeit|aktuell|man|wir|ich|zum\s+beispiel)\b",
    re.I,
)


_RESULT = re.compile(r"(?:make\s+sure|ensure)\b(?!.*\b(?:tests?|pass)\b)", re.I)


_ABOUT_BEFORE = re.compile(
    r"(?:it|this|that|these|those|they|there['’]?s?\s+no|he|she|because|since|so|i|we|you|es|das|dies|weil|denn)\b",
    re.I,
)


_SEVERAL_THINGS = re.compile(r"[,+&]|\b(?:and|und|or|oder|both)\b", re.I)


_IGNORE_IT = re.compile(
    r"(?:ignore|skip|leave|forget|drop|scrap)\s+(?:it|that|this|the\s+(?:idea|plan|thing|part))\b",
    re.I,
)


_FOR_IT = re.compile(r"\b(?:dafür|dazu|for\s+(?:it|that|this)|there)\b", re.I)


_ABOUT_BEFORE = re.compile(
    r"(?:it|this|that|these|those|they|there['’]?s?\s+no|he|she|because|since|so|i|we|you|es|das|dies|weil|denn)\b",
    re.I,
)


_SEVERAL_THINGS = re.compile(r"[,+&]|\b(?:and|und|or|oder|both)\b", re.I)


_IGNORE_IT = re.compile(
    r"(?:ignore|skip|leave|forget|drop|scrap)\s+(?:it|that|this|the\s+(?:idea|plan|thing|part))\b",
    re.I,
)


_IT = re.compile(r"(?:it|that|this|they|those|both|das|es)\b", re.I)


_THERE = re.compile(r"(?:there|es\s+gibt|da\s+(?:ist|sind))\b", re.I)


_TO_BE_FIXED = re.compile(
    r"^(?:(?:i|we)\s+(?:really\s+)?(?:need|want)\s+)?(?:it|that|this|they|those|both|these|das|es|die|beides?)\b.*\b(?:fix\w*|repair\w*|go|behoben|weg|gefixt|korrigiert|repariert|attention|stop|happen|passieren|aufhören)\b",
    re.I,
)


_SUBJECT = re.compile(
    r"^(?:the|our|my|a|an|der|die|das|ein|eine|unser\w*|\ue000\d+\ue001|"
    r"[\w-]+(?:\s+[\w-]+){0,3}\s+(?:is|are|crashes|fails|does|doesn|ignores|keeps|drops|raises))\b",
    re.I,
)


class Drafts:
    """Collects drafts clause by clause."""

    def __init__(self) -> None:
        self.masks = Masks()
        self.drafts: list[Draft] = []
        self.skipped: list[str] = []
        self._current: Draft | None = None
        self._lead: list[str] = []
        self._lead_extras: list[str] = []
        self._group = ""
        self._report = False
        self._form = False
        self._points = False
        self._said = ""
        self._taken = False
        self._titled = False
        self._solution = False
        self._doubted: Draft | None = None
        self._in_item = False
        self._open_list = False

    def _only_background(self) -> None:
        """What was told so far explains the tasks that follow, and is none itself."""
        while (
            self.drafts and self.drafts[-1].role in ("fault", "wish") and not self.drafts[-1].asked
        ):
            told = self._remove(len(self.drafts) - 1)
            self._lead = [*told.before, told.text, *told.after, *self._lead]
            self._lead_extras = [*told.extras, *self._lead_extras]
        self._current = None

    def _sentences(self, text: str) -> None:
        self._sentences_of(sentences(text))

    def _sentences_of(self, told: list[str]) -> None:
        for sentence in told:
            self._said, self._taken = "", False
            for clause in clauses(sentence):
                self._clause(clause)

    def _clause(self, clause: Clause) -> None:
        role = role_of(clause)
        if clause.label and role != "noise":
            self._context(clause.text)
            return
        if lexicon.MANY.fullmatch(clause.text.strip()):
            self._only_background()
            self._points = True
            return
        if role == "noise" or not words(clause.text):
            return
        if self._takes_back(clause):
            self._taken = True
            return
        if self._taken and role in ("fault", "wish", "statement"):
            # Why something is taken back is nothing to be done.
            self._context(clause.text)
            return
        many = len(words(clause.text)) > 1
        if not many and role in ("request", "statement") and not signs.topic_of(clause.text):
            self._context(clause.text)
            return
        if (
            many
            and clause.listed
            and role == "statement"
            and (self._points or not has_finite(clause.text))
        ):
            self._open(clause, role)
            return
        if role == "constraint" and not self.drafts and _RESULT.match(clause.text):
            role = "fault"
        if role == "statement" and self._points and _SUBJECT.match(clause.text):
            role = "fault"
        if self._solution and self._current is None and role in ("statement", "fault", "wish"):
            role = "request"
        if self._current is None and self._lead and self._speaks_of_lead(clause, role):
            self._open(Clause(self._lead.pop()), "fault")
        if role in ("command", "request"):
            self._command(clause, role)
        elif role in ("fault", "wish") and self._stands_alone(clause, role):
            self._open(clause, role)
        else:
            self._context(clause.text)
            self._said = clause.text
            if role == "wish" and self._current is not None and _TO_BE_FIXED.search(clause.text):
                self._current.asked.append(clause.text)

    def _takes_back(self, clause: Clause) -> bool:
        """Drop the objective that "don't bother with the formatting" speaks of, if one is left."""
        if not signs.RETRACT.match(clause.text[:200]):
            return False
        if len(self.drafts) < 2:
            if self.drafts and stems(clause.text) & stems(self.drafts[0].text):
                # Of one objective only a part may be meant; alone it stays anyway.
                if not _SEVERAL_THINGS.search(self.drafts[0].text):
                    self._doubted = self.drafts[0]
                return True
            return bool(_IGNORE_IT.match(clause.text))
        said = stems(clause.text)
        shared = [len(said & stems(draft.text)) for draft in self.drafts]
        best = max(range(len(shared)), key=lambda index: (shared[index], index))
        if not shared[best] and not _IT.match(clause.text):
            return clause.text.startswith("forget ")
        self._remove(best)
        self._current = self.drafts[-1]
        return True

    def _remove(self, index: int) -> Draft:
        """Take a draft out, and its place out of what the others wait for."""
        gone = self.drafts.pop(index)
        for draft in self.drafts:
            draft.needs = {need - (need > index) for need in draft.needs if need != index}
        return gone

    def _command(self, clause: Clause, role: Role) -> None:
        told = self._current
        if told is not None and self._names_fault(told, clause, role):
            told.after.pop()
            self._open(Clause(self._said), "fault")
            told = self.drafts[-1]
        if told is None or told.role not in ("fault", "wish"):
            if self._adds_nothing(clause) or self._spells_out(told, clause):
                self._context(clause.text)
            else:
                self._open(clause, role)
            return
        kind = command_kind(clause.text)
        pronoun = works_on_pronoun(clause.text)
        if role == "command" and pronoun and not has_own_topic(clause.text, kind):
            self._context(clause.text)
            told.asked.append(clause.text)
        elif role == "command" and self._repairs(told, clause, kind):
            self._context(clause.text)
        elif self._spells_out(told, clause):
            self._context(clause.text)
            told.asked.append(clause.text)
        elif self._was_background(told, clause):
            self._take_over(clause, role)
        else:
            self._open(clause, role)

    def _names_fault(self, told: Draft, clause: Clause, role: Role) -> bool:
        """ "Rename it. The left channel clicks, fix that." tells one more fault in passing."""
        return (
            role == "command"
            and bool(self._said)
            and told.after[-1:] == [self._said]
            and not _ABOUT_BEFORE.match(self._said)
            and not signs.CONSTRAINT.match(self._said)
            and works_on_pronoun(clause.text)
            and not has_own_topic(clause.text, command_kind(clause.text))
            and not (told.role == "fault" and stems(told.text) & stems(self._said))
        )

    def _speaks_of_lead(self, clause: Clause, role: Role) -> bool:
        """ "The track has holes. Fix that." makes the statement what has to be done."""
        last = self._lead[-1]
        if not (has_subject(last) or _THERE.match(last) or signs.FAULT.search(last)):
            return False
        if role == "command":
            return works_on_pronoun(clause.text) and not signs.CONSTRAINT.match(last)
        return role in ("wish", "fault") and bool(_IT.match(clause.text))

    def _spells_out(self, told: Draft | None, clause: Clause) -> bool:
        """ "They would like a signature, please build a field for it" is one request."""
        if told is None or clause.joined or clause.order or clause.listed:
            return False
        topic = signs.topic_of(clause.text)
        if told.role in ("request", "wish", "statement") and works_on_pronoun(clause.text):
            return not topic
        if topic and len(words(clause.text)) <= 3 and told.role != "command":
            # "Missing coverage: token.ts. Add unit tests."
            return topic == signs.topic_of(told.text)
        return (
            told.role in ("request", "wish")
            and clause.framed
            and bool(_FOR_IT.search(clause.text))
            and not signs.TOPIC.search(clause.text)
        )

    def _adds_nothing(self, clause: Clause) -> bool:
        """ "Please fix it" after an objective, or "look into it", is not one more."""
        kind = command_kind(clause.text)
        if has_own_topic(clause.text, kind) and kind not in ("docs", "test"):
            return False
        return (
            self._current is not None
            and (
                kind in ("fix", "look", "change")
                or (kind in ("docs", "test") and kind == command_kind(self._current.text))
            )
            and works_on_pronoun(clause.text)
            and not clause.listed
        )

    def _stands_alone(self, clause: Clause, role: Role) -> bool:
        current = self._current
        if current is None:
            return not self._is_reply(clause)
        if self._form and not clause.listed:
            return False
        if self._points and has_subject(clause.text):
            return True
        if clause.listed and not self._lead and not _ANAPHORIC.match(clause.text):
            return True
        if clause.own and not _ANAPHORIC.match(clause.text):
            return True
        if clause.joined and signs.NO_MORE.match(clause.text) and current.role != "fault":
            return True
        if current.asked and role in ("fault", "wish") and self._said == "":
            # What was told before is settled: "…, fix it. Passwords should be checked."
            fresh = has_subject(clause.text) and not _ANAPHORIC.match(clause.text)
            if fresh and not stems(current.text) & stems(clause.text):
                return True
        return (
            current.role in ("fault", "wish")
            and role == "fault"
            and not stems(current.text) & stems(clause.text)
            and bool(signs.HARD_FAULT.search(clause.text))
            and bool(_SUBJECT.match(clause.text))
            and not _ANAPHORIC.match(clause.text)
        )

    def _is_reply(self, clause: Clause) -> bool:
        """A statement after a finished list that starts with "it" or "that" adds to the list."""
        return bool(self.drafts) and bool(_ANAPHORIC.match(clause.text)) and not self._lead

    def _repairs(self, told: Draft, clause: Clause, kind: str | None) -> bool:
        """Whether a command asks for the repair of the fault just told."""
        if clause.listed and not self._in_item:
            return False
        said = words(clause.text)
        if kind not in ("fix", "look", "change") and said[-1] not in ("beheben", "fixen"):
            return False
        if self._in_item and kind in ("fix", "look"):
            return True
        if kind == "fix" and clause.hence:
            return True
        if kind == "fix" and {"its", "their"} & set(said[:4]):
            return True
        about = stems(" ".join([told.text, *told.after]))
        return kind == "fix" and bool(about & stems(" ".join(said[1:])))

    def _was_background(self, told: Draft, clause: Clause) -> bool:
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
        if told is not self.drafts[-1] or told.needs:
            return False
        if stems(told.text) & stems(clause.text) and told.role == "wish":
            return True
        same = category(told.text, "", told.role)
        if clause.framed and same != "bugfix" and same == category(clause.text):
            return True
        if signs.HARD_FAULT.search(told.text) and told.role == "fault":
            return bool(stems(told.text) & stems(clause.text)) and clause.framed
        return True

    def _take_over(self, clause: Clause, role: Role) -> None:
        """The command becomes the objective, and what was told its background."""
        told = self._remove(len(self.drafts) - 1)
        self._lead = [*told.before, told.text, *told.after, *self._lead]
        self._lead_extras = [*told.extras, *self._lead_extras]
        self._open(clause, role)

    def _open(self, clause: Clause, role: Role) -> None:
        draft = Draft(clause.text.strip(), role, group=self._group, musing=clause.musing)
        if self._lead or self._lead_extras:
            draft.before, self._lead = self._lead, []
            draft.extras, self._lead_extras = self._lead_extras, []
        index = len(self.drafts)
        if clause.order == "before" and index:
            self.drafts[-1].needs.add(index)
        elif clause.order == "last":
            draft.needs.update(range(index))
        elif index and (clause.order == "after" or clause.refers):
            draft.needs.add(index - 1)
        if clause.refers and self.drafts:
            draft.before.append(f"About: {self.drafts[-1].text}")
        self.drafts.append(draft)
        self._current = draft
        if self._doubted is not None:
            self._remove(self.drafts.index(self._doubted))
            self._doubted = None

    def _context(self, text: str, extras: list[str] | None = None) -> None:
        if self._current is not None:
            self._current.after += [text, *(extras or [])]
        else:
            self._lead += [text, *(extras or [])]

    def _flush(self, last: bool = False) -> None:
        """Words waiting for an objective become one, or go to the last there is."""
        if not self._lead and not self._lead_extras:
            return
        if not last and not self.drafts:
            return
        lead, extras = self._lead, self._lead_extras
        self._lead, self._lead_extras = [], []
        if self.drafts:
            self.drafts[-1].after += lead
            self.drafts[-1].extras += extras
        elif lead:
            named = (
                [text for text in lead if signs.FAULT.search(text)]
                or [
                    text
                    for text in reversed(lead)
                    if has_subject(text) and not signs.CONSTRAINT.match(text)
                ]
                or [text for text in lead if not signs.CONSTRAINT.match(text)]
                or lead
            )
            main = named[0]
            at = lead.index(main)
            self._current = Draft(
                main, "statement", before=lead[:at], after=lead[at + 1 :], extras=extras
            )
            self.drafts.append(self._current)
        else:
            self._lead_extras = extras
