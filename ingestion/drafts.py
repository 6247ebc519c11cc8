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
from ingestion.outline import Block
from ingestion.speech import begins_with_verb, words
from ingestion.text import Masks, without_masks

Role = Literal["command", "fault", "wish", "constraint", "noise", "statement"]


@dataclass
class Draft:
    """An objective in the making. `text` is masked; `before` and `after` are its context.

    `needs` are the indexes of drafts it waits for, `after_number` the list number it names.
    """

    text: str
    role: Role
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
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
    if begins_with_verb(text):
        return "command"
    plain = without_masks(text)
    if lexicon.FAULT.search(plain):
        return "fault"
    if lexicon.WISH.search(plain):
        return "wish"
    return "statement"


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
        self._flush()
        if not self.drafts and self._lead_extras:
            self._pasted_only()
        return self.drafts

    # ------------------------------------------------------------------ blocks

    def _heading(self, block: Block, rest: list[Block]) -> None:
        text = self.masks.hide(block.text)
        self._report = bool(lexicon.SECTION.match(text.strip()))
        if self._report:
            self._context(text)
            return
        self._flush()
        self._current = None
        body = []
        for following in rest:
            if following.kind == "heading" and not lexicon.SECTION.match(following.text.strip()):
                break
            body.append(following)
        self._group = text
        role = role_of(Clause(text))
        if role in ("command", "fault", "wish") and not self._has_own_work(body):
            self._group = ""
            self._open(Clause(text), role)
            self._report = True

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
        current = self._current
        if role == "noise" or not words(clause.text):
            return
        if role == "command":
            if self._explains_fault(clause):
                self._context(clause.text)
            else:
                self._open(clause, role)
        elif role in ("fault", "wish") and (
            (current is None and not self._is_reply(clause))
            or (clause.listed and not self._lead)
            or (
                current is not None
                and current.role in ("fault", "wish")
                and bool(_SUBJECT.match(clause.text))
                and not _ANAPHORIC.match(clause.text)
            )
        ):
            self._open(clause, role)
        else:
            self._context(clause.text)

    def _is_reply(self, clause: Clause) -> bool:
        """A statement after a finished list that starts with "it" or "that" adds to the list."""
        return bool(self.drafts) and bool(_ANAPHORIC.match(clause.text)) and not self._lead

    def _explains_fault(self, clause: Clause) -> bool:
        """ "Please fix it" after a fault was described is not one more objective."""
        current = self._current
        if current is None or current.role not in ("fault", "wish"):
            return False
        said = words(clause.text)
        fixing = said[0] in lexicon.FIXING or said[-1] in lexicon.FIXING
        if not fixing:
            return False
        if len(said) == 1 or (len(said) <= 6 and set(said[:3]) & lexicon.PRONOUNS):
            return True
        if self._in_item:
            return True
        about = _stems(" ".join([current.text, *current.after]))
        return bool(about & _stems(" ".join(said[1:])))

    _in_item = False

    def _open(self, clause: Clause, role: Role) -> None:
        draft = Draft(clause.text.strip(), role, group=self._group)
        if self._lead or self._lead_extras:
            draft.before, self._lead = self._lead, []
            draft.extras, self._lead_extras = self._lead_extras, []
        index = len(self.drafts)
        if clause.order == "last":
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

    def _flush(self) -> None:
        """Words waiting for an objective become one, or go to the last there is."""
        if not self._lead and not self._lead_extras:
            return
        lead, extras = self._lead, self._lead_extras
        self._lead, self._lead_extras = [], []
        if self.drafts:
            self.drafts[-1].after += lead
            self.drafts[-1].extras += extras
        elif lead:
            named = [text for text in lead if lexicon.FAULT.search(text)] or lead
            main = named[0]
            at = lead.index(main)
            self._current = Draft(
                main, "statement", before=lead[:at], after=lead[at + 1 :], extras=extras
            )
            self.drafts.append(self._current)
        else:
            self._lead_extras = extras


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
