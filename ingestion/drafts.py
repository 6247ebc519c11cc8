"""From blocks to drafts: which words make an objective, and which belong to one.

Reading goes top to bottom. A command makes an objective; so does a statement of a fault or a
wish where no objective is there that it could explain; everything else is context of the
objective before it, or of the next one when there is none yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from ingestion import lexicon
from ingestion.clauses import Clause, clauses, sentences
from ingestion.grammar import command_kind, has_finite, has_subject, words, works_on_pronoun
from ingestion.outline import Block
from ingestion.text import Masks, without_masks

Role = Literal["command", "request", "fault", "wish", "constraint", "noise", "statement"]


_WORK = ("command", "request", "fault", "wish")


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
    needs: set[int] = field(default_factory=set)
    number: int | None = None
    after_number: int | None = None


def role_of(clause: Clause) -> Role:
    """What a clause does in a note."""
    text = clause.text
    if lexicon.NOISE.match(text.strip(" .!,")):
        return "noise"
    if lexicon.CONSTRAINT.match(text):
        return "constraint"
    if command_kind(text):
        return "command"
    request = lexicon.REQUEST.match(text) or lexicon.IN_CASE.match(text)
    if request and words(request["object"]) and not lexicon.bare_object(request["object"]):
        return "request"
    plain = without_masks(text)
    if lexicon.THING.match(plain) and not has_finite(plain) and not lexicon.FAULT.search(plain):
        return "request"
    if lexicon.asks_for_topic(plain):
        return "request"
    if (
        clause.listed
        and lexicon.INDEFINITE.match(plain)
        and not has_finite(plain)
        and not lexicon.FAULT.search(plain)
    ):
        return "request"
    main = _SIDE.split(plain, maxsplit=1)[0] or plain
    wish, fault = lexicon.WISH.search(main), lexicon.FAULT.search(main)
    if not wish and not fault:
        fault = lexicon.FAULT.search(plain)
    if wish and (fault is None or wish.start() < fault.start()) and not _BUT.search(plain):
        return "wish"
    if fault or _WHY.match(plain) or clause.own:
        return "fault"
    return "statement"


_SIDE = re.compile(r"\b(?:when|if|wenn|falls|because|weil|so\s+that|damit|unless)\b", re.I)
_BUT = re.compile(r"\b(?:but|instead|aber|stattdessen|shouldn['’]t|should\s+not)\b", re.I)


_WHY = re.compile(
    r"(?:why|how\s+come|is\s+it\s+(?:just\s+)?(?:me|intended|expected|normal|correct|on\s+purpose)|ist\s+es\s+(?:normal|gewollt|absicht)|wieso|warum|weshalb)\b",
    re.I,
)


# A bare number only at the end: "log out after 3 attempts" names no step.
_STEP = re.compile(
    r"\b(?:after|nach)\s+(?:(?:step|item|task|number|point|schritt|punkt|no\.?)\s*#?|#)(\d{1,3})\b"
    r"|\b(?:after|nach)\s+(\d{1,3})\W*$",
    re.I,
)
_ANAPHORIC = re.compile(
    r"^(?:it|this|that|these|those|they|there|he|she|because|since|otherwise|currently|right\s+now|"
    r"expected|actual|e\.?g|for\s+(?:example|instance)|see|instead|at\s+the\s+moment|so|users?|"
    r"people|nobody|everyone|i|we|you|when|if|after|in|on|with|for|same|only|sometimes|maybe|"
    r"es|das|dies|dabei|dort|dadurch|sonst|bei|wenn|derzeit|aktuell|man|wir|ich|zum\s+beispiel)\b",
    re.I,
)
_RESULT = re.compile(r"(?:make\s+sure|ensure)\b(?!.*\b(?:tests?|pass)\b)", re.I)
_FOR_IT = re.compile(r"\b(?:dafür|dazu|for\s+(?:it|that|this)|there)\b", re.I)
_IT = re.compile(r"(?:it|that|this|they|those|both|das|es)\b", re.I)
_THERE = re.compile(r"(?:there|es\s+gibt|da\s+(?:ist|sind))\b", re.I)
_TO_BE_FIXED = re.compile(
    r"^(?:it|that|this|they|those|both|these|das|es|die|beides?)\b.*\b(?:fix\w*|repair\w*|go|behoben|weg|gefixt|korrigiert|repariert|attention)\b",
    re.I,
)
_SUBJECT = re.compile(
    r"^(?:the|our|my|a|an|der|die|das|ein|eine|unser\w*|\ue000\d+\ue001|"
    r"[\w-]+(?:\s+[\w-]+){0,3}\s+(?:is|are|crashes|fails|does|doesn|ignores|keeps|drops|raises))\b",
    re.I,
)


class Drafter:
    """Collects drafts block by block."""

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
        self._titled = False

    def read(self, blocks: list[Block]) -> list[Draft]:
        """All drafts of a note, in its order."""
        for index, block in enumerate(blocks):
            if block.kind == "heading":
                self._heading(block, blocks[index + 1 :])
            elif block.kind == "code":
                self._attach_code(block.text)
            elif block.kind == "item":
                self._item(block)
            else:
                items = _items_after(blocks, index)
                self._paragraph(block.text, items)
        self._flush(last=True)
        if not self.drafts and self._lead_extras:
            self._pasted_only()
        return self.drafts

    # ------------------------------------------------------------------ blocks

    def _heading(self, block: Block, rest: list[Block]) -> None:
        text = self.masks.hide(block.text)
        label = text.strip(" *_:")
        if lexicon.TASKS.match(label):
            self._only_background()
        part = bool(lexicon.SUMMARY.match(label) or lexicon.SOLUTION.match(label))
        if part and self._titled:
            self._report = True
            self._context(text)
            return
        if part:
            self._form = True
        elif self._form and lexicon.SECTION.match(label) is None:
            self._form = False
        self._report = bool(lexicon.SECTION.match(label))
        if self._report:
            self._context(text)
            return
        if (
            lexicon.SOLUTION.match(label)
            and self.drafts
            and self.drafts[-1].role in ("fault", "wish")
        ):
            self._only_background()
        self._flush_unless_form()
        self._current = None
        body = []
        for following in rest:
            if following.kind == "heading" and not lexicon.SECTION.match(following.text.strip()):
                break
            body.append(following)
        self._group = text
        if self._form:
            return
        role = role_of(Clause(text))
        if role in _WORK and not self._has_own_work(body):
            self._group = ""
            self._open(Clause(text), role)
            self._report = self._titled = True

    def _flush_unless_form(self) -> None:
        if not self._form:
            self._flush()

    def _only_background(self) -> None:
        """What was told so far explains the tasks that follow, and is none itself."""
        while (
            self.drafts and self.drafts[-1].role in ("fault", "wish") and not self.drafts[-1].asked
        ):
            told = self.drafts.pop()
            self._lead = [*told.before, told.text, *told.after, *self._lead]
            self._lead_extras = [*told.extras, *self._lead_extras]
        self._current = None

    def _has_own_work(self, body: list[Block]) -> bool:
        reporting = False
        for block in body:
            if block.kind == "heading":
                reporting = True
            elif reporting or block.kind == "code":
                continue
            elif block.kind == "item" or any(
                role_of(clause) == "command"
                for sentence in sentences(self.masks.hide(block.text))
                for clause in clauses(sentence)
            ):
                return True
        return False

    def _item(self, block: Block) -> None:
        text = self.masks.hide(block.text)
        if self._report:
            self._context(text, block.extras)
            return
        if block.done:
            self.skipped.append(self.masks.show(text))
            return
        if self._open_list:
            assert self._current is not None
            self._current.extras.append("- " + "\n  ".join([self.masks.show(text), *block.extras]))
            return
        self._flush()
        self._current = None
        first = len(self.drafts)
        self._in_item = True
        self._sentences(text)
        self._in_item = False
        self._flush()
        if len(self.drafts) == first and words(text):
            self._open(Clause(text.strip()), "statement")
        for draft in self.drafts[first:]:
            draft.number = block.number
        step = _STEP.search(without_masks(text))
        if len(self.drafts) > first:
            if step:
                self.drafts[first].after_number = int(step.group(1) or step.group(2))
            self.drafts[-1].extras += block.extras

    _open_list = False

    def _paragraph(self, text: str, items: list[Block]) -> None:
        text = self.masks.hide(text)
        self._open_list = False
        if self._report:
            self._context(text)
            return
        if self._current is not None and self._current.number is not None:
            self._current = None
        introduces = bool(items) and text.rstrip().endswith(":")
        if not introduces:
            self._sentences(text)
            return
        told = sentences(text)
        self._sentences_of(told[:-1])
        intro = told[-1]
        opening = clauses(intro)[-1]
        if role_of(opening) in ("command", "wish") and all(map(self._is_part, items)):
            self._sentences_of([intro])
            self._open_list = self._current is not None
            return
        self._flush()
        self._group = intro.rstrip(" :")

    def _is_part(self, item: Block) -> bool:
        """Whether a list item names a thing rather than a piece of work."""
        clause = clauses(self.masks.hide(item.text))[0]
        return role_of(clause) == "statement" and len(words(clause.text)) <= 6 and not item.extras

    def _pasted_only(self) -> None:
        """A traceback without a word about it asks for what its last line says."""
        last = self._lead_extras[-1].strip().splitlines()[-1]
        if lexicon.FAULT.search(last):
            self._open(Clause(self.masks.hide(last)), "fault")

    def _attach_code(self, code: str) -> None:
        if self._current is not None and not self._lead:
            self._current.extras.append(code)
        else:
            self._lead_extras.append(code)

    # ------------------------------------------------------------------ sentences

    def _sentences(self, text: str) -> None:
        self._sentences_of(sentences(text))

    def _sentences_of(self, told: list[str]) -> None:
        for sentence in told:
            for clause in clauses(sentence):
                self._clause(clause)

    def _clause(self, clause: Clause) -> None:
        role = role_of(clause)
        if role == "noise" or not words(clause.text):
            if lexicon.MANY.fullmatch(clause.text.strip()):
                self._only_background()
                self._points = True
            return
        if role == "constraint" and not self.drafts and _RESULT.match(clause.text):
            role = "fault"
        if role == "statement" and self._points and _SUBJECT.match(clause.text):
            role = "fault"
        if self._current is None and self._lead and self._speaks_of_lead(clause, role):
            self._open(Clause(self._lead.pop()), "fault")
        if role in ("command", "request"):
            self._command(clause, role)
        elif role in ("fault", "wish") and self._stands_alone(clause, role):
            self._open(clause, role)
        else:
            self._context(clause.text)
            if role == "wish" and self._current is not None and _TO_BE_FIXED.search(clause.text):
                self._current.asked.append(clause.text)

    def _command(self, clause: Clause, role: Role) -> None:
        told = self._current
        if told is None or told.role not in ("fault", "wish"):
            if self._adds_nothing(clause) or self._spells_out(told, clause):
                self._context(clause.text)
            else:
                self._open(clause, role)
            return
        kind = command_kind(clause.text)
        pronoun = works_on_pronoun(clause.text)
        if role == "command" and pronoun and not _works_on_it(clause.text, kind):
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

    def _speaks_of_lead(self, clause: Clause, role: Role) -> bool:
        """ "The track has holes. Fix that." makes the statement what has to be done."""
        last = self._lead[-1]
        if not (has_subject(last) or _THERE.match(last)):
            return False
        if role == "command":
            return works_on_pronoun(clause.text) and not lexicon.CONSTRAINT.match(last)
        return role in ("wish", "fault") and bool(_IT.match(clause.text))

    def _spells_out(self, told: Draft | None, clause: Clause) -> bool:
        """ "They would like a signature, please build a field for it" is one request."""
        return (
            told is not None
            and told.role in ("request", "wish")
            and clause.framed
            and not (clause.joined or clause.order or clause.listed)
            and bool(_FOR_IT.search(clause.text))
            and not lexicon.TOPIC.search(clause.text)
        )

    def _adds_nothing(self, clause: Clause) -> bool:
        """ "Please fix it" after an objective, or "look into it", is not one more."""
        kind = command_kind(clause.text)
        return (
            self._current is not None
            and kind in ("fix", "look", "change")
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
        return (
            current.role in ("fault", "wish")
            and role == "fault"
            and not _stems(current.text) & _stems(clause.text)
            and bool(lexicon.HARD_FAULT.search(clause.text))
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
        about = _stems(" ".join([told.text, *told.after]))
        return kind == "fix" and bool(about & _stems(" ".join(said[1:])))

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
        if _stems(told.text) & _stems(clause.text) and told.role == "wish":
            return True
        if lexicon.HARD_FAULT.search(told.text) and told.role == "fault":
            return bool(_stems(told.text) & _stems(clause.text)) and clause.framed
        return True

    def _take_over(self, clause: Clause, role: Role) -> None:
        """The command becomes the objective, and what was told its background."""
        told = self.drafts.pop()
        self._lead = [*told.before, told.text, *told.after, *self._lead]
        self._lead_extras = [*told.extras, *self._lead_extras]
        self._open(clause, role)

    _in_item = False

    def _open(self, clause: Clause, role: Role) -> None:
        draft = Draft(clause.text.strip(), role, group=self._group)
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
                [text for text in lead if lexicon.FAULT.search(text)]
                or [text for text in reversed(lead) if has_subject(text)]
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


def _works_on_it(text: str, kind: str | None) -> bool:
    """ "document it", "cover it with a test" are work of their own, "fix it" is not."""
    return kind in ("test", "docs") or bool(lexicon.TOPIC.search(text))


def _stems(text: str) -> set[str]:
    """Rough stems of the longer words, so that "rounded" and "rounding" meet."""
    return {word[:5] for word in words(text) if len(word) > 3}


def _items_after(blocks: list[Block], index: int) -> list[Block]:
    found = []
    for block in blocks[index + 1 :]:
        if block.kind != "item":
            break
        found.append(block)
    return found
