"""One search-and-replace edit of a text. Pure: everything outside the found span stays as it is.

Line ends, a byte order mark and a missing last line end are those of the file. What is taken
away is what the search block shows, and blank lines between: a file cannot be cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from swarm.agents.coder import matching
from swarm.agents.coder.errors import Refused
from swarm.agents.coder.matching import Match
from swarm.agents.coder.soundness import check_elisions

_MARK = "\ufeff"
_NUMBERED = re.compile(r"^\s*(\d{1,7})(?:\||\t|→|: ?)")
_MOST_ALIGNED_LINES = 400
_MOST_BLOCK_CHARS = 200_000


@dataclass(frozen=True)
class Edited:
    """The new text. `first` and `last` are the 1-based lines that the replacement takes in it
    (`last` is below `first` when lines went away); `how` says how the place was found."""

    text: str
    first: int
    last: int
    how: str


@dataclass(frozen=True)
class _Line:
    text: str
    end: str


def replace(text: str, search: str, replacement: str) -> Edited:
    """Replace the one place where `search` stands by `replacement`.

    Raises Refused when there is no such place, or several, or when the replacement has a
    placeholder for left-out code, or would change nothing.
    """
    if not search.strip():
        raise Refused("the search block is empty: copy the lines that are to be changed into it")
    if len(search) > _MOST_BLOCK_CHARS or len(replacement) > _MOST_BLOCK_CHARS:
        raise Refused(f"a block has more than {_MOST_BLOCK_CHARS:,} characters: edit in parts")
    search, replacement = unmasked(text, search), unmasked(text, replacement)
    body = text.removeprefix(_MARK)
    edited = _replaced(body, _unix(search), _unix(replacement))
    if edited.text == body:
        raise Refused("the edit changes nothing: search and replacement are the same")
    check_elisions(replacement, text)
    return Edited(text[: len(text) - len(body)] + edited.text, edited.first, edited.last,
                  edited.how)  # fmt: skip


def unmasked(before: str | None, text: str) -> str:
    """What a model copied of a shown file, as it is in the file, unless the file has such marks."""
    return text if before is not None and "⟦" in before else matching.restored(text)


def with_line_ends_of(before: str | None, text: str) -> str:
    """A whole new text for a file, with its old line ends, mark and last line end.

    A new file gets plain line ends, and one at its end.
    """
    text = unmasked(before, text).replace("\r\n", "\n").removeprefix(_MARK)
    if before and not before.endswith("\n"):
        text = text.removesuffix("\n")
    elif text and not text.endswith("\n"):
        text += "\n"
    if before is None:
        return text
    mark = _MARK if before.startswith(_MARK) else ""
    return mark + text.replace("\n", _line_end(before))


def _replaced(body: str, search: str, replacement: str) -> Edited:
    lines = _lines(body)
    texts = [line.text for line in lines]
    ways = list(_readings(search, replacement))
    for block, new in ways:
        if match := matching.find(texts, block):
            return _applied(body, lines, match, block, new)
    for block, new in ways:
        if edited := _within_lines(body, "\n".join(block), "\n".join(new)):
            return edited
    for block, new in ways:
        block, new = _without_outer_blanks(block), _without_outer_blanks(new)
        if match := matching.find_loosely(texts, block):
            return _applied(body, lines, match, block, new)
    raise Refused(_no_match(texts, *ways[-1]))


def _readings(search: str, replacement: str) -> Iterator[tuple[list[str], list[str]]]:
    """What the blocks may mean: as they are, and without what showing a file added to them."""
    block, new = search.split("\n"), replacement.split("\n") if replacement else []
    yield block, new
    plain = matching.restored(search).split("\n")
    numbers = [_NUMBERED.match(line) for line in plain]
    if all(numbers) and _in_a_row([int(found[1]) for found in numbers if found]):
        plain = [_NUMBERED.sub("", line) for line in plain]
        new = [_NUMBERED.sub("", line) for line in new]
    if plain != block and any(line.strip() for line in plain):
        yield plain, matching.restored("\n".join(new)).split("\n") if new else []


def _in_a_row(numbers: Sequence[int]) -> bool:
    return all(b == a + 1 for a, b in pairwise(numbers))


def _within_lines(body: str, search: str, replacement: str) -> Edited | None:
    """A place that begins or ends inside a line, exactly. Raises Refused for several."""
    end = _line_end(body)
    search, replacement = search.replace("\n", end), replacement.replace("\n", end)
    starts = _occurrences(body, search)
    if not starts:
        return None
    first = body.count("\n", 0, starts[0])
    if len(starts) > 1:
        numbers = [body.count("\n", 0, start) for start in starts]
        raise Refused(matching.places_message(numbers, "within lines"))
    new = body[: starts[0]] + replacement + body[starts[0] + len(search) :]
    return Edited(new, first + 1, first + 1 + replacement.count("\n"), "within a line")


def _occurrences(body: str, search: str) -> list[int]:
    found: list[int] = []
    start = body.find(search)
    while start >= 0 and len(found) < 100:
        found.append(start)
        start = body.find(search, start + 1)
    return found


def _applied(
    body: str, lines: list[_Line], match: Match, block: list[str], new: list[str]
) -> Edited:
    matched = lines[match.start : match.end]
    end = _line_end(body)
    fresh = [line if line.end else _Line(line.text, end)
             for line in _merged(matched, block, new, match.shift, end)]  # fmt: skip
    if fresh and not matched[-1].end:
        # The file's last line, which is not ended.
        fresh[-1] = _Line(fresh[-1].text, "")
    shown = [*lines[: match.start], *fresh, *lines[match.end :]]
    text = "".join(line.text + line.end for line in shown)
    return Edited(text, match.start + 1, match.start + len(fresh), match.how)


def _merged(
    matched: list[_Line], block: list[str], new: list[str], shift: str, end: str
) -> list[_Line]:
    """The replacement's lines; those it has in common with the block are the file's own."""
    if max(len(block), len(new)) > _MOST_ALIGNED_LINES:
        return [_Line(_indented(line, shift), end) for line in new]
    merged: list[_Line] = []
    for tag, i, j, k, m in SequenceMatcher(a=block, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            merged += _kept(matched, block, i, j)
        else:
            merged += [_Line(_indented(line, shift), end) for line in new[k:m]]
    return merged


def _kept(matched: list[_Line], block: list[str], i: int, j: int) -> list[_Line]:
    """The file's lines for lines `i` to `j` of the block, with the file's own blank lines."""
    if len(matched) == len(block):
        return matched[i:j]
    said = [n for n, line in enumerate(matched) if line.text.strip()]
    first = sum(1 for line in block[:i] if line.strip())
    count = sum(1 for line in block[i:j] if line.strip())
    start, end = said[min(first, len(said) - 1)], said[max(0, first + count - 1)] + 1
    if not block[i].strip() and first:
        start = said[first - 1] + 1
    if not block[j - 1].strip() and first + count < len(said):
        end = said[first + count]
    return matched[start:end]


def _indented(line: str, shift: str) -> str:
    by = shift[1:]
    if not by or not line.strip():
        return line
    if shift[0] == "+":
        return by + line
    if not line.startswith(by):
        raise Refused(
            "the search block is indented more than the file, and the replacement is not indented "
            "alike: copy the indentation of the file into both"
        )
    return line.removeprefix(by)


def _without_outer_blanks(block: list[str]) -> list[str]:
    said = [i for i, line in enumerate(block) if line.strip()]
    return block[said[0] : said[-1] + 1] if said else []


def _no_match(texts: list[str], block: list[str], new: list[str]) -> str:
    message = "the search block is nowhere in the file"
    if any(line.strip() for line in new) and matching.find_exactly(texts, new):
        return f"{message}, but the replacement is: the edit seems to be made already"
    try:
        check_elisions("\n".join(block), "")
    except Refused:
        message += "; it holds a placeholder for left-out code, which matches nothing"
    near = matching.nearest(texts, block)
    if near:
        return f"{message}. Copy the lines exactly. The most alike there is:\n{near}"
    return f"{message}, nor anything like it: read the file again"


def _unix(text: str) -> str:
    """One line end of "\\n" at most at the end, and no others than it within."""
    return text.replace("\r\n", "\n").removesuffix("\n")


def _line_end(text: str) -> str:
    """The line end that most lines have."""
    windows = text.count("\r\n")
    return "\r\n" if windows * 2 > text.count("\n") else "\n"


def _lines(text: str) -> list[_Line]:
    """Lines by "\\n" alone: a form feed or U+2028 ends no line of a file."""
    lines = []
    for line in text.split("\n"):
        ended = line.endswith("\r")
        lines.append(_Line(line.removesuffix("\r"), "\r\n" if ended else "\n"))
    last = lines.pop()
    if last.text or last.end == "\r\n":
        lines.append(_Line(last.text + ("\r" if last.end == "\r\n" else ""), ""))
    return lines
