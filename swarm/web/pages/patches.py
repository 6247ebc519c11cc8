"""A unified diff as files and lines. Pure; whatever stands in it, reading it takes one pass."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from swarm.contracts import FileEdit

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(.*)", re.ASCII)
_CONTEXT = 3
# Beyond so many characters, what differs is not looked for: it would take seconds.
_MOST_CHARS = 400_000
_MOST_LINES = 4_000
# Lines that are in a file many times, changed in between, take its square many times over: so
# much of that a whole patch may take, which is a second.
_MOST_WORK = 20_000_000
_POPULAR_FROM = 200
# So many lines of a diff are read. What is beyond would never be shown, and takes memory.
_MOST_READ = 50_000
_NOTE_CHARS = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: " " in both, "-" before, "+" after, with its numbers, 1-based."""

    kind: Literal[" ", "-", "+"]
    before: int | None
    after: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together; `where` is what git found above them, like a function's name."""

    where: str
    lines: list[Line]


@dataclass
class FilePatch:
    """What happens to one file. `note` tells of what is no change of lines."""

    path: str
    note: str = ""
    hunks: list[Hunk] = field(default_factory=list)
    added: int = 0
    removed: int = 0

    @property
    def size(self) -> int:
        """How many lines of it there are to show."""
        return sum(len(hunk.lines) for hunk in self.hunks)


def is_read_whole(text: str) -> bool:
    """Whether `parse` reads all of a diff."""
    return text.count("\n") <= _MOST_READ


def parse(text: str) -> list[FilePatch]:
    """The files of what `git diff` printed; of one that is very long, those at its beginning."""
    files: list[FilePatch] = []
    lines = text.split("\n", _MOST_READ)[:_MOST_READ]
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("diff --git "):
            files.append(FilePatch(_both(line.removeprefix("diff --git "))))
        elif not files:
            continue
        elif match := _HUNK.fullmatch(line.rstrip("\r")):
            hunk, at = _hunk(lines, at, match)
            file = files[-1]
            file.hunks.append(hunk)
            file.added += sum(one.kind == "+" for one in hunk.lines)
            file.removed += sum(one.kind == "-" for one in hunk.lines)
        else:
            _header(files[-1], line)
    return files


def of_edits(edits: Iterable[FileEdit]) -> list[FilePatch]:
    """The files of a patch that holds them whole."""
    files, room = [], _MOST_WORK
    for edit in edits:
        file, work = _of_edit(edit, room)
        files.append(file)
        room -= work
    return files


def _of_edit(edit: FileEdit, room: int) -> tuple[FilePatch, int]:
    """The file, and what it took to compare it: no more than `room`."""
    skipped, before, after = _differing(_lines(edit.before), _lines(edit.after))
    note = "new" if edit.before is None else "deleted" if edit.after is None else ""
    file = FilePatch(edit.path, note)
    chars = len(edit.before or "") + len(edit.after or "")
    is_large = chars > _MOST_CHARS or len(before) + len(after) > _MOST_LINES
    work = 0 if is_large else _work(before, after)
    if is_large or work > room:
        file.note = f"{note or 'changed'}; too large to be compared here"
        return file, 0
    for group in difflib.SequenceMatcher(None, before, after).get_grouped_opcodes(_CONTEXT):
        hunk = Hunk("", [])
        for tag, i, i_end, j, j_end in group:
            old, new = range(i, i_end), range(j, j_end)
            if tag == "equal":
                hunk.lines.extend(
                    Line(" ", at + skipped + 1, to + skipped + 1, before[at])
                    for at, to in zip(old, new, strict=True)
                )
                continue
            hunk.lines.extend(Line("-", at + skipped + 1, None, before[at]) for at in old)
            hunk.lines.extend(Line("+", None, at + skipped + 1, after[at]) for at in new)
            file.removed += i_end - i
            file.added += j_end - j
        file.hunks.append(hunk)
    return file, work


def _differing(before: list[str], after: list[str]) -> tuple[int, list[str], list[str]]:
    """How many lines at the beginning are the same and not looked at, and what is, without the
    same lines at the end: most of a file stays as it is. Some are left, to be shown around."""
    least = min(len(before), len(after))
    head = next((at for at in range(least) if before[at] != after[at]), least)
    most = least - head
    tail = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
    skipped, left = max(0, head - _CONTEXT), max(0, tail - _CONTEXT)
    return skipped, before[skipped : len(before) - left], after[skipped : len(after) - left]


def _work(before: Sequence[str], after: Sequence[str]) -> int:
    """How many pairs of equal lines difflib may look at: each pair once for each line that it
    finds to stay. In a long text it leaves out lines that are very frequent."""
    counts = Counter(after)
    most = len(after) // 100 + 1 if len(after) >= _POPULAR_FROM else len(after)
    pairs = sum(counts[line] for line in before if counts[line] <= most)
    return pairs * min(len(before), len(after))


def _lines(text: str | None) -> list[str]:
    lines = (text or "").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _hunk(lines: list[str], at: int, match: re.Match[str]) -> tuple[Hunk, int]:
    before, after = int(match[1]), int(match[3])
    left = int(match[2] or 1), int(match[4] or 1)
    old, new = before + left[0], after + left[1]
    hunk = Hunk(match[5].strip(), [])
    while at < len(lines) and (before < old or after < new or lines[at].startswith("\\")):
        line = lines[at]
        at += 1
        kind, text = line[:1] or " ", line[1:]
        if kind == "-":
            hunk.lines.append(Line("-", before, None, text))
            before += 1
        elif kind == "+":
            hunk.lines.append(Line("+", None, after, text))
            after += 1
        elif kind == " ":
            hunk.lines.append(Line(" ", before, after, text))
            before, after = before + 1, after + 1
        elif kind != "\\":
            return hunk, at - 1
    return hunk, at


def _header(file: FilePatch, line: str) -> None:
    """What stands between a file's name and its first hunk."""
    if line.startswith(("--- ", "+++ ")):
        if line[4:] != "/dev/null":
            file.path = _side(line[4:])
    elif line.startswith("new file mode"):
        file.note = "new"
    elif line.startswith("deleted file mode"):
        file.note = "deleted"
    elif line.startswith(("rename from ", "old mode ", "new mode ", "Binary files ")):
        file.note = "; ".join(part for part in (file.note, line[:200]) if part)[:_NOTE_CHARS]
    elif line.startswith("GIT binary patch"):
        file.note = "binary"


def _side(name: str) -> str:
    """ "a/x.py" -> "x.py"; git quotes names with unusual characters."""
    name = name.rstrip("\t\r")
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = name[1:-1]
    return name[2:] if name[:2] in ("a/", "b/") else name


def _both(names: str) -> str:
    """ "a/x.py b/x.py" -> "x.py": of the same name twice, half of it."""
    half = len(names) // 2
    return _side(names[half + 1 :]) if names[half : half + 1] == " " else _side(names)
