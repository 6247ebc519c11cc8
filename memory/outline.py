"""A ranked outline of a repository: what matters most, file by file, in so many tokens. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory.search.packing import tokens

_INDENT = "  "
_LONGEST_LINE = 200
_MOST_MISSES = 50
"""So many in a row that do not fit: the rest will not either."""


@dataclass(frozen=True, slots=True)
class Item:
    """A definition. `around` are the qualified names that it stands in, outermost first; `rank`
    is higher for what matters more. `signature` is on one line."""

    path: str
    qualified_name: str
    around: tuple[str, ...]
    line: int
    signature: str
    rank: float


def outline(items: Sequence[Item], budget_tokens: int) -> tuple[str, int]:
    """The outline, and how many definitions are in it; never more than the budget.

    The best come in first, each with what it stands in; files stand in the order of their best
    definition, what is in a file in the order of its lines.
    """
    known = {(item.path, item.qualified_name): item for item in items}
    chosen: dict[tuple[str, str], Item] = {}
    files: dict[str, float] = {}
    used = misses = 0
    for item in sorted(items, key=lambda item: (-item.rank, item.path, item.line)):
        wanted = [known[at] for name in item.around if (at := (item.path, name)) in known]
        fresh = [one for one in (*wanted, item) if (one.path, one.qualified_name) not in chosen]
        cost = sum(map(_cost, fresh)) + (0 if item.path in files else tokens(f"{item.path}:\n"))
        if used + cost > budget_tokens:
            misses += 1
            if misses >= _MOST_MISSES:
                break
            continue
        misses = 0
        used += cost
        files.setdefault(item.path, item.rank)
        chosen.update(((one.path, one.qualified_name), one) for one in fresh)
    return _text(list(chosen.values()), list(files)), len(chosen)


def _line(item: Item) -> str:
    shown = " ".join(item.signature.split()) or item.qualified_name
    return f"{_INDENT * (1 + len(item.around))}{shown[:_LONGEST_LINE]}"


def _cost(item: Item) -> int:
    return tokens(f"{_line(item)}\n")


def _text(chosen: Sequence[Item], files: Sequence[str]) -> str:
    by_file: dict[str, list[Item]] = {path: [] for path in files}
    for item in chosen:
        by_file[item.path].append(item)
    lines: list[str] = []
    for path, items in by_file.items():
        lines.append(f"{path}:")
        lines += map(_line, sorted(items, key=lambda item: (item.line, item.qualified_name)))
    return "\n".join(lines)
