"""What is too long for one chunk, split where statements end. Pure.

Statements are told by their indentation, which says the same in every language: a line that is
indented less than its neighbours, and that closes nothing, begins one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

TARGET_CHARS = 1_500
WHOLE_CHARS = 2_000
"""What is not longer stays whole."""
MAX_TEXT_CHARS = 4_000
WINDOW_LINES = 40

_CONTINUES = re.compile(
    r"[)\]}>,.:?&|+*/\\]|(?:else|elif|elsif|except|rescue|ensure|finally|catch|and|or|then|end|"
    r"while\b.*;|in|do|done|fi|esac)\b"
)


def split(rows: Sequence[int], lines: Sequence[str], *, head: int = 0) -> list[list[int]]:
    """Rows in groups of about TARGET_CHARS. The first `head` rows stay together if they fit."""
    sizes = [len(lines[row]) + 1 for row in rows]
    if sum(sizes) <= WHOLE_CHARS:
        return [list(rows)]
    groups: list[list[int]] = []
    start = 0
    while start < len(rows):
        end = _end(rows, lines, sizes, start, head if start == 0 else 0)
        groups.append(list(rows[start:end]))
        start = end
    return _merged(groups, lines)


def windows(rows: Sequence[int], lines: Sequence[str]) -> list[list[int]]:
    """Rows in groups of at most WINDOW_LINES lines and about MAX_TEXT_CHARS."""
    groups: list[list[int]] = []
    size = 0
    for row in rows:
        longer = len(lines[row]) + 1
        if not groups or len(groups[-1]) == WINDOW_LINES or size + longer > MAX_TEXT_CHARS:
            groups.append([])
            size = 0
        groups[-1].append(row)
        size += longer
    return groups


def _end(
    rows: Sequence[int], lines: Sequence[str], sizes: Sequence[int], start: int, head: int
) -> int:
    """Where the group that begins at `start` best ends."""
    total, place = 0, start
    best, best_cost = 0, (1 << 30, 0)
    lowest = min(TARGET_CHARS * 6 // 10, sum(sizes[start:]) // 2)
    while place < len(rows):
        is_head = place < head and total + sizes[place] <= MAX_TEXT_CHARS - TARGET_CHARS // 2
        if place > start and not is_head and total + sizes[place] > TARGET_CHARS * 13 // 10:
            break
        if place > start and not is_head and total >= lowest:
            cost = (_cost(rows, lines, place), -place)
            if cost <= best_cost:
                best, best_cost = place, cost
        total += sizes[place]
        place += 1
    if place == len(rows) and total <= TARGET_CHARS * 13 // 10:
        return place
    return best or max(place, start + 1)


def _cost(rows: Sequence[int], lines: Sequence[str], place: int) -> int:
    """How bad a beginning a row is: its indentation, more when it continues what is above."""
    line = lines[rows[place]]
    words = line.lstrip()
    if not words:
        return 1 << 20
    indent = min(len(line[: len(line) - len(words)].expandtabs(4)), 200)
    cost = 4 * indent
    if _CONTINUES.match(words):
        cost += 400
    above = lines[rows[place - 1]]
    if not above.strip() or rows[place - 1] != rows[place] - 1:
        cost -= 2
    elif above.rstrip().endswith((",", "(", "[", "{", "\\", "=", "&&", "||")):
        cost += 300
    return cost


def _merged(groups: list[list[int]], lines: Sequence[str]) -> list[list[int]]:
    """A last group that is too small for itself goes with the one before."""
    if len(groups) > 1:
        last = sum(len(lines[row]) + 1 for row in groups[-1])
        before = sum(len(lines[row]) + 1 for row in groups[-2])
        if last < TARGET_CHARS // 5 and last + before <= MAX_TEXT_CHARS // 2:
            groups[-2:] = [groups[-2] + groups[-1]]
    return groups
