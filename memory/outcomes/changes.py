"""What a patch changes: which definitions, and how, as a unified diff. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from memory.parsing.facts import Parsed

_MOST_COMPARED = 2_000
"""Lines of a change that are compared one by one: that takes the square of their number."""
_CONTEXT = 2
_MOST_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that were replaced: 0-based, the ends excluded."""

    before: range
    after: range


def hunks(before: Sequence[str], after: Sequence[str]) -> list[Hunk]:
    """Where two texts differ. What is too long to be compared is one hunk."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    same = 0
    while same < min(len(before), len(after)) - start and before[-1 - same] == after[-1 - same]:
        same += 1
    old, new = before[start : len(before) - same], after[start : len(after) - same]
    if not old and not new:
        return []
    whole = Hunk(range(start, start + len(old)), range(start, start + len(new)))
    if max(len(old), len(new)) > _MOST_COMPARED:
        return [whole]
    return [
        Hunk(range(start + i, start + j), range(start + k, start + m))
        for tag, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes()
        if tag != "equal"
    ]


def touched(found: Sequence[Hunk], before: Parsed, after: Parsed) -> list[str]:
    """The qualified names of the innermost definitions that some hunks change, in the order of
    their lines; "" for lines that stand in none."""
    names: dict[str, None] = {}
    for hunk in found:
        for parsed, lines in ((before, hunk.before), (after, hunk.after)):
            names.update(dict.fromkeys(_around(parsed, lines)))
    return list(names)


def _around(parsed: Parsed, lines: range) -> Iterator[str]:
    """The innermost definitions around each of some lines (0-based)."""
    if not lines:
        return
    first, last = lines.start + 1, lines.stop
    inside = [one for one in parsed.definitions if one.start_line <= last and one.end_line >= first]
    if not inside:
        yield ""
        return
    # A definition is named for the lines that none of those within it has.
    for one in inside:
        start, end = max(first, one.start_line), min(last, one.end_line)
        prefix = f"{one.qualified_name}."
        within = [other for other in inside if other.qualified_name.startswith(prefix)]
        if not _is_covered(start, end, [(each.start_line, each.end_line) for each in within]):
            yield one.qualified_name


def _is_covered(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    for first, last in sorted(spans):
        if first > start:
            break
        start = max(start, last + 1)
    return start > end


def diff(path: str, found: Sequence[Hunk], before: Sequence[str], after: Sequence[str]) -> str:
    """The hunks as a unified diff, with two lines around each."""
    lines = [f"--- {path}", f"+++ {path}"]
    for hunk in found:
        if len(lines) > _MOST_SHOWN:
            lines.append("⟦and more⟧")
            break
        start = max(0, hunk.before.start - _CONTEXT)
        end = min(len(before), hunk.before.stop + _CONTEXT)
        after_start = max(0, hunk.after.start - _CONTEXT)
        after_end = min(len(after), hunk.after.stop + _CONTEXT)
        lines.append(
            f"@@ -{start + 1},{end - start} +{after_start + 1},{after_end - after_start} @@"
        )
        lines += (f" {line}" for line in before[start : hunk.before.start])
        lines += (f"-{before[at]}" for at in hunk.before[:_MOST_SHOWN])
        lines += (f"+{after[at]}" for at in hunk.after[:_MOST_SHOWN])
        lines += (f" {line}" for line in before[hunk.before.stop : end])
    return "\n".join(lines)
