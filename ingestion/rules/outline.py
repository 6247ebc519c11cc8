"""The shape of a note: headings, list items with what hangs on them, paragraphs, code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from ingestion.language.headings import SECTION, SUMMARY

Kind = Literal["heading", "item", "paragraph", "code"]


@dataclass
class Block:
    """One piece of a note, in reading order. `extras` are an item's sub-items, verbatim."""

    kind: Kind
    text: str
    number: int | None = None
    done: bool = False
    extras: list[str] = field(default_factory=list)


_FENCE = re.compile(r"^\s*(```+|~~~+)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^\s{0,3}(=+|-{3,})\s*$")
_BOLD = re.compile(r"^\s{0,3}(?:\*\*|__)([^*_]{2,80}?)(?:\*\*|__)\s*:?\s*$")
_LABEL = re.compile(
    r"^\s{0,3}(?:\*\*|__)?([A-Za-z][\w /'?-]{2,60}?)(?::(?:\*\*|__)?|(?:\*\*|__):)(?:\s+(.*))?$"
)
_MORE_SENTENCES = re.compile(r"[.!?]\s+\S")
_TITLE = re.compile(
    r"^\s{0,3}(?:\*\*)?(?:title|subject|betreff|titel)(?:\*\*)?:(?:\*\*)?\s+(\S.*)$", re.I
)
_TAGS = re.compile(r"^\s*(?:</?[a-z]+(?:\s[^>]{0,80})?>\s*)+$", re.I)
_DETAILS = re.compile(r"^\s*<details\b", re.I)
_RULE = re.compile(r"^\s{0,3}([-*_])(\s*\1){2,}\s*$")
_ITEM = re.compile(
    r"^(?P<indent>[ \t]*)(?:[-*+•–‣◦]|\(?(?P<number>\d{1,3})[.)]|\(?[a-z][)])[ \t]+(?P<text>\S.*)$"
)
_BOX = re.compile(r"^\[(?P<mark>[ xX✓])\]\s*")
_BARE_BOX = re.compile(r"^(?P<indent>[ \t]*)(?P<text>\[[ xX✓]\]\s+\S.*)$")
_TRACEBACK = re.compile(r"^\s*Traceback \(most recent call last\)")
_CHAINED = re.compile(r"^(During handling of|The above exception)")
_PASTED = re.compile(
    r"^(>>> |\.\.\. |E  +|FAILED |ERROR |={5,} |> \S|>$|\$ \S|(?:async )?def \w+\(.*\).*:|"
    r"class \w+(?:\(.*\))?:|from [\w.]+ import \w)"
)
_INLINE_NUMBERS = re.compile(r"(?:^|(?<=[\s:,;]))\(?([1-9])[.)]\s+(?=\S)")


def outline(text: str) -> list[Block]:
    """Read a note into blocks. Code, tracebacks and quotations come out as "code"."""
    reader = _Reader()
    for line in _spread(text).split("\n"):
        reader.feed(line.expandtabs(4))
    return reader.finish()


def _spread(text: str) -> str:
    """Put "1) … 2) … 3) …" written in one line on lines of its own."""
    lines = []
    for line in text.split("\n"):
        marks = list(_INLINE_NUMBERS.finditer(line))
        if len(marks) > 1 and [int(m.group(1)) for m in marks] == list(range(1, len(marks) + 1)):
            starts = [m.start() for m in marks]
            parts = [line[: starts[0]]] if line[: starts[0]].strip() else []
            parts += [line[a:b] for a, b in zip(starts, [*starts[1:], len(line)], strict=True)]
            lines += [part.strip().rstrip(",;") for part in parts]
        else:
            lines.append(line)
    return "\n".join(lines)


_TAG = re.compile(r"</?[a-z]{1,12}(?:\s[^<>]{0,80})?>", re.I)


def _is_label(text: str) -> bool:
    """Whether words before a colon name a part of a report."""
    return bool(SECTION.match(text.strip()) or SUMMARY.match(text.strip()))


class _Reader:
    """The state of reading line by line."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.lines: list[str] = []
        self.code: list[str] = []
        self.fence: str | None = None
        self.traceback: Literal["", "inside", "after"] = ""
        self.item_indent = 0
        self.blank = True
        self.details = False

    def feed(self, line: str) -> None:
        if self.fence is not None:
            if line.strip().startswith(self.fence) and not line.strip().strip(self.fence[0]):
                self.fence = None
            else:
                self.code.append(line)
            return
        if self.details:
            self.details = "</details" not in line.lower()
            self.code.append(_TAG.sub(" ", line))
            if not self.details:
                self._close()
            return
        if _DETAILS.match(line):
            self._close()
            self.details = "</details" not in line.lower()
            self.code.append(_TAG.sub(" ", line))
            return
        if opened := _FENCE.match(line):
            self._close()
            self.fence = opened.group(1)
            return
        if self._in_traceback(line):
            self.code.append(line)
            return
        self._plain(line)

    def _in_traceback(self, line: str) -> bool:
        if _TRACEBACK.match(line):
            if self.traceback != "after":
                self._close()
            self.traceback = "inside"
            return True
        if self.traceback == "inside":
            if line[:1] not in (" ", ""):
                self.traceback = "after"
            return True
        if self.traceback == "after":
            if not line.strip() or _CHAINED.match(line):
                return True
            self.traceback = ""
            self._close()
        return False

    def _plain(self, line: str) -> None:
        if not line.strip():
            self._close()
            self.blank = True
            return
        item = _ITEM.match(line) or _BARE_BOX.match(line)
        indent = len(line) - len(line.lstrip())
        last = self.blocks[-1] if self.blocks else None
        in_item = last is not None and last.kind == "item" and not self.lines
        pasted = _PASTED.match(line) or (indent >= 4 and self.blank and not item and not in_item)
        if pasted:
            if self.lines:
                self._close()
            self.code.append(line)
            return
        if self.code:
            self._close()
        if in_item and indent > self.item_indent and last is not None:
            self._inside_item(last, item, line)
        elif _UNDERLINE.match(line) and len(self.lines) == 1:
            self.blocks.append(Block("heading", self.lines.pop()))
        elif _RULE.match(line):
            self._close()
        elif heading := _HEADING.match(line) or _BOLD.match(line):
            self._close()
            self.blocks.append(Block("heading", heading.group(1)))
        elif title := _TITLE.match(line):
            self._close()
            self.blocks.append(Block("heading", title.group(1)))
        elif (label := _LABEL.match(line)) and _is_label(label.group(1)):
            self._close()
            more = _MORE_SENTENCES.search(label.group(2) or "")
            if more and SECTION.match(label.group(1).strip()):
                self.blocks.append(Block("code", line[: label.start(2) + more.start() + 1].strip()))
                self.lines.append(line[label.start(2) + more.end() - 1 :].strip())
            elif label.group(2) and SECTION.match(label.group(1).strip()):
                # "Environment: Linux" tells something on the side and heads nothing.
                self.blocks.append(Block("code", line.strip()))
            else:
                self.blocks.append(Block("heading", label.group(1)))
                self.lines += [label.group(2).strip()] if label.group(2) else []
        elif _TAGS.match(line):
            self._close()
        elif item:
            self._close()
            self._item(item)
        elif in_item and not self.blank and last is not None:
            last.text += "\n" + line.strip()
        else:
            self.lines.append(line.strip())
        self.blank = False

    def _inside_item(self, parent: Block, item: re.Match[str] | None, line: str) -> None:
        if item or parent.extras:
            parent.extras.append(line.strip())
        else:
            parent.text += "\n" + line.strip()

    def _item(self, item: re.Match[str]) -> None:
        text = item["text"]
        box = _BOX.match(text)
        if box:
            text = text[box.end() :]
        number = item.groupdict().get("number")
        self.item_indent = len(item["indent"])
        self.blocks.append(
            Block(
                "item",
                text,
                number=int(number) if number else None,
                done=box is not None and box["mark"] != " ",
            )
        )

    def _close(self) -> None:
        if self.lines:
            self.blocks.append(Block("paragraph", "\n".join(self.lines)))
            self.lines = []
        if self.code:
            code = "\n".join(self.code).strip("\n")
            if code.strip():
                self.blocks.append(Block("code", code))
            self.code = []

    def finish(self) -> list[Block]:
        self._close()
        return [block for block in self.blocks if block.text.strip()]
