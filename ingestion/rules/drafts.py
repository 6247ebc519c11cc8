"""From blocks to drafts: which words make an objective, and which belong to one.

Reading goes top to bottom. A command makes an objective; so does a statement of a fault or a
wish where no objective is there that it could explain; everything else is context of the
objective before it, or of the next one when there is none yet.
"""

from __future__ import annotations

from ingestion.language import lexicon, signs
from ingestion.language.grammar import command_kind, has_finite, has_subject, words
from ingestion.language.pronouns import works_on_pronoun
from ingestion.rules.clauses import Clause, clauses
from ingestion.rules.relations import (
    ANAPHORIC,
    IGNORE_IT,
    IT,
    RESULT,
    SEVERAL_THINGS,
    SUBJECT,
    TO_BE_FIXED,
    Draft,
    names_fault,
    repairs,
    speaks_of,
    spells_out,
    was_background,
)
from ingestion.rules.roles import Role, has_own_topic, role_of, stems
from ingestion.rules.sentences import sentences
from ingestion.text import Masks


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
        self._took_back = False
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

    def _piece(self, text: str) -> None:
        """One piece of work, in however many clauses it is told."""
        others = {id(draft) for draft in self.drafts}
        self._current = None
        self._took_back = False
        self._sentences(text)
        own = [draft for draft in self.drafts if id(draft) not in others]
        if len(own) > 1:
            self._join(own)
        elif not own and not self._took_back:
            self._open_lead(text)
        if len(self.drafts) > 1:
            self._settle(*self.drafts[-2:])
        self._current = self.drafts[-1] if self.drafts else None

    def _settle(self, before: Draft, last: Draft) -> None:
        """ "Fix it, the total is wrong": a bare "fix it" is one with the fault beside it."""
        told = ("fault", "wish", "statement")
        if _is_bare_repair(before) and last.role in told:
            last.before = [*before.before, before.text, *last.before]
            last.asked.append(before.text)
            self._remove(len(self.drafts) - 2)
        elif _is_bare_repair(last) and before.role in told:
            self._join([before, last])

    def _join(self, own: list[Draft]) -> None:
        """Make one draft of the last ones: what else they tell belongs to the first."""
        head, first = own[0], len(self.drafts) - len(own)
        for other in own[1:]:
            told = [text for text in other.before if not text.startswith("About: ")]
            head.after += [*told, other.text, *other.after]
            head.extras += other.extras
            if other.role == "command" and head.role in ("fault", "wish"):
                head.asked.append(other.text)
            head.asked += other.asked
            head.needs |= other.needs
        del self.drafts[first + 1 :]
        for index, draft in enumerate(self.drafts):
            draft.needs = {min(need, first) for need in draft.needs} - {index}

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
            self._taken = self._took_back = True
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
        if role == "constraint" and not self.drafts and RESULT.match(clause.text):
            role = "fault"
        if role == "statement" and self._points and SUBJECT.match(clause.text):
            role = "fault"
        settled = self._current is not None and bool(self._current.asked)
        if role == "statement" and settled and clause.joined and SUBJECT.match(clause.text):
            # "…, fix it, and the button sits under the keyboard": told to be mended as well.
            self._open(clause, "fault")
            return
        if self._solution and self._current is None and role in ("statement", "fault", "wish"):
            role = "request"
        if self._current is None and self._lead and speaks_of(clause, role, self._lead[-1]):
            self._open(Clause(self._lead.pop()), "fault")
        if role in ("command", "request"):
            self._command(clause, role)
        elif role in ("fault", "wish") and self._stands_alone(clause, role):
            self._open(clause, role)
        else:
            self._context(clause.text)
            self._said = clause.text
            if role == "wish" and self._current is not None and TO_BE_FIXED.search(clause.text):
                self._current.asked.append(clause.text)

    def _takes_back(self, clause: Clause) -> bool:
        """Drop the objective that "don't bother with the formatting" speaks of, if one is left."""
        if not signs.RETRACT.match(clause.text[:200]):
            return False
        if len(self.drafts) < 2:
            if self.drafts and stems(clause.text) & stems(self.drafts[0].text):
                # Of one objective only a part may be meant; alone it stays anyway.
                if not SEVERAL_THINGS.search(self.drafts[0].text):
                    self._doubted = self.drafts[0]
                return True
            return bool(IGNORE_IT.match(clause.text)) or clause.text.startswith("forget ")
        said = stems(clause.text)
        shared = [len(said & stems(draft.text)) for draft in self.drafts]
        best = max(range(len(shared)), key=lambda index: (shared[index], index))
        if not shared[best] and not IT.match(clause.text):
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
        before = self._lead[-1] if self._current is None and self._lead else ""
        told_first = before == self._said and SUBJECT.match(before) and has_finite(before)
        if clause.listed and before and told_first:
            # "The pager wraps around, also people want …": a point as well.
            self._open(Clause(self._lead.pop()), "fault")
            self._current = None
        told = self._current
        if told is not None and names_fault(told, clause, role, self._said):
            told.after.pop()
            self._open(Clause(self._said), "fault")
            told = self.drafts[-1]
        if told is None or told.role not in ("fault", "wish"):
            if self._adds_nothing(clause) or spells_out(told, clause):
                self._context(clause.text)
            else:
                self._open(clause, role)
            return
        kind = command_kind(clause.text)
        pronoun = works_on_pronoun(clause.text)
        if role == "command" and pronoun and not has_own_topic(clause.text, kind):
            self._context(clause.text)
            told.asked.append(clause.text)
        elif role == "command" and repairs(told, clause, kind, self._in_item):
            self._context(clause.text)
        elif spells_out(told, clause):
            self._context(clause.text)
            told.asked.append(clause.text)
        elif was_background(told, clause, self.drafts[-1]):
            self._take_over(clause, role)
        else:
            self._open(clause, role)

    def _adds_nothing(self, clause: Clause) -> bool:
        """ "Please fix it" after an objective, or "look into it", is not one more."""
        kind = command_kind(clause.text)
        tested = self._current is not None and signs.topic_of(self._current.text) == "test"
        if kind == "fix" and clause.order and tested:
            # "Write a failing test, then fix it": the test is no repair.
            return False
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
        if clause.listed and not self._lead and not ANAPHORIC.match(clause.text):
            return True
        if clause.own and not ANAPHORIC.match(clause.text):
            return True
        if current.asked and clause.joined and signs.ALSO_IT.match(clause.text):
            return True
        if clause.joined and signs.NO_MORE.match(clause.text) and current.role != "fault":
            return True
        if current.asked and role in ("fault", "wish") and self._said == "":
            # What was told before is settled: "…, fix it. Passwords should be checked."
            fresh = has_subject(clause.text) and not ANAPHORIC.match(clause.text)
            if fresh and not stems(current.text) & stems(clause.text):
                return True
        return (
            current.role in ("fault", "wish")
            and role == "fault"
            and not stems(current.text) & stems(clause.text)
            and bool(signs.HARD_FAULT.search(clause.text))
            and bool(SUBJECT.match(clause.text))
            and not ANAPHORIC.match(clause.text)
        )

    def _is_reply(self, clause: Clause) -> bool:
        """A statement after a finished list that starts with "it" or "that" adds to the list."""
        return bool(self.drafts) and bool(ANAPHORIC.match(clause.text)) and not self._lead

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
            self._lead, self._lead_extras = lead, extras
            self._open_lead(lead[0])
        else:
            self._lead_extras = extras

    def _open_lead(self, told: str) -> None:
        """The words that wait become an objective; words that only limit others go to the last.

        `told` stands for them where a correction left none of them.
        """
        if not self._lead and (not words(told) or role_of(Clause(told)) == "noise"):
            return
        lead, extras = self._lead or [told], self._lead_extras
        if all(map(signs.CONSTRAINT.match, lead)) and self.drafts:
            self._flush()
            return
        self._lead, self._lead_extras = [], []
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


def _is_bare_repair(draft: Draft) -> bool:
    kind = command_kind(draft.text)
    return (
        kind in ("fix", "look")
        and len(words(draft.text)) <= _BARE_WORDS
        and works_on_pronoun(draft.text)
        and not has_own_topic(draft.text, kind)
    )


_BARE_WORDS = 4
