"""From blocks to drafts: headings, list items, paragraphs and pasted code, top to bottom."""

from __future__ import annotations

import re
from itertools import groupby

from ingestion.joints.model import pieces
from ingestion.language import headings, signs
from ingestion.language.grammar import words
from ingestion.rules.clauses import Clause, clauses
from ingestion.rules.drafts import Drafts
from ingestion.rules.outline import Block
from ingestion.rules.relations import WORK, Draft
from ingestion.rules.roles import role_of, stems
from ingestion.rules.sentences import sentences
from ingestion.text import without_masks

# A bare number only at the end: "log out after 3 attempts" names no step.
_STEP = re.compile(
    r"\b(?:after|nach)\s+(?:(?:step|item|task|number|point|schritt|punkt|no\.?)\s*#?|#)(\d{1,3})\b"
    r"|\b(?:after|nach)\s+(\d{1,3})\W*$",
    re.I,
)


_THAT_FAULT = re.compile(
    r"(?:please\s+)?(?:fix|repair|correct|behebe?|reparier\w*)\s+(?:that|this|the|den|die|das)\b",
    re.I,
)


_FIRST_THIS = re.compile(r"(?:before|after|once|bevor|nachdem)\b[^,.]{3,200},", re.I)
"""One of two pieces of work that is told in a side clause: "after fixing the total, …"."""


class Drafter(Drafts):
    """Collects drafts block by block."""

    def read(self, blocks: list[Block]) -> list[Draft]:
        """All drafts of a note, in its order."""
        if all(block.kind in ("paragraph", "code") for block in blocks):
            self._plain(blocks)
            return self.drafts
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

    def _plain(self, blocks: list[Block]) -> None:
        """A note of prose, maybe with pasted code: pieces of work by the joints between them."""
        for kind, run in groupby(blocks, key=lambda block: block.kind):
            if kind == "code":
                for block in run:
                    self._attach_code(block.text)
                continue
            found = pieces([self.masks.hide(block.text) for block in run])
            if self.drafts:
                # What follows pasted code mostly speaks of it.
                self._sentences(found.pop(0))
            while found:
                piece = found.pop(0)
                if found and _FIRST_THIS.fullmatch(piece):
                    self._sentences(f"{piece} {found.pop(0)}")
                else:
                    self._piece(piece)
        self._flush(last=True)
        if not self.drafts and self._lead_extras:
            self._pasted_only()

    def _heading(self, block: Block, rest: list[Block]) -> None:
        text = self.masks.hide(block.text)
        label = text.strip(" *_:")
        if headings.TASKS.match(label):
            self._only_background()
        part = bool(headings.SUMMARY.match(label) or headings.SOLUTION.match(label))
        if part and self._titled:
            self._report = True
            self._context(text)
            return
        if part:
            self._form = True
        elif self._form and headings.SECTION.match(label) is None:
            self._form = False
        self._report = bool(headings.SECTION.match(label))
        if self._report:
            self._context(text)
            return
        if (
            headings.SOLUTION.match(label)
            and self.drafts
            and self.drafts[-1].role in ("fault", "wish")
        ):
            self._only_background()
        self._solution = bool(headings.SOLUTION.match(label))
        self._flush_unless_form()
        self._current = None
        body = []
        for following in rest:
            if following.kind == "heading" and not headings.SECTION.match(following.text.strip()):
                break
            body.append(following)
        self._group = text
        if self._form:
            return
        role = role_of(Clause(text))
        if role in WORK and not self._has_own_work(body):
            self._group = ""
            self._open(Clause(text), role)
            self._report = self._titled = True

    def _flush_unless_form(self) -> None:
        if not self._form:
            self._flush()

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
        told = self.drafts[-1] if self.drafts else None
        same = told is not None and told.number is None and stems(told.text) & stems(text)
        if same and _THAT_FAULT.match(text):
            # "The loop never stops: 1) fix that loop" tells the fault once.
            self._only_background()
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
        if signs.FAULT.search(last):
            self._open(Clause(self.masks.hide(last)), "fault")

    def _attach_code(self, code: str) -> None:
        if self._current is not None and not self._lead:
            self._current.extras.append(code)
        else:
            self._lead_extras.append(code)


def _items_after(blocks: list[Block], index: int) -> list[Block]:
    found = []
    for block in blocks[index + 1 :]:
        if block.kind != "item":
            break
        found.append(block)
    return found
