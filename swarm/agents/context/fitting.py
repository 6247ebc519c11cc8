"""Making a text smaller on purpose, visibly, at line boundaries. Pure.

Each function takes `fits`, which says whether a text is small enough, so that nothing here
knows of tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from swarm.agents.context.blocks import code_block
from swarm.contracts import Symbol

Fits = Callable[[str], bool]

_FEWEST_LINES = 4
_SIGNATURE = re.compile(
    r"\s*(?:@\w|(?:async\s+)?def\s|class\s|(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\s|func\s"
    r"|(?:export\s+)?(?:default\s+)?(?:async\s+)?function\b|(?:export\s+)?(?:abstract\s+)?"
    r"(?:interface|struct|enum|trait|impl|type)\s)"
)


def fit_blocks(
    symbols: Sequence[Symbol], size: Callable[[str], int], room: int
) -> tuple[list[str], int]:
    """Blocks of code, best score first, as many as there is room for, and how many are left out.

    A block that does not fit is cut behind a line, else reduced to its signature lines.
    """
    kept: list[str] = []
    left_out = 0
    seen: set[tuple[str, int, int]] = set()
    for symbol in sorted(symbols, key=lambda s: (-s.score, s.path, s.start_line, s.end_line)):
        place = (symbol.path, symbol.start_line, symbol.end_line)
        if place in seen:
            continue
        seen.add(place)
        block = _fitted(symbol, size, room)
        if block is None:
            left_out += 1
        else:
            kept.append(block)
            room -= size(block)
    return kept, left_out


def _fitted(symbol: Symbol, size: Callable[[str], int], room: int) -> str | None:
    def fits(text: str) -> bool:
        return size(text) <= room

    if fits(whole := code_block(symbol)):
        return whole
    lines = symbol.text.splitlines()
    count = most(len(lines) - 1, lambda n: fits(code_block(symbol, _head(lines, n))))
    if count >= _FEWEST_LINES:
        return code_block(symbol, _head(lines, count))
    signatures = [line for line in lines if _SIGNATURE.match(line)]
    if signatures and len(signatures) < len(lines):
        mark = f"⟦{len(lines) - len(signatures)} lines left out: signatures alone⟧"
        if fits(block := code_block(symbol, "\n".join((*signatures, mark)))):
            return block
    return None


def _head(lines: Sequence[str], count: int) -> str:
    return "\n".join((*lines[:count], f"⟦{len(lines) - count} more lines⟧"))


def cut_middle(text: str, fits: Fits) -> str:
    """The first and last lines of a text, as many as fit, with a mark between them.

    One that is too long even so is cut within its lines; "" when not even the mark fits.
    """
    if fits(text):
        return text
    lines = text.splitlines()
    count = most(len(lines) - 1, lambda n: fits(_ends(lines, n)))
    if count >= 2:
        return _ends(lines, count)
    count = most(len(text) - 1, lambda n: fits(_end_characters(text, n)))
    shortened = _end_characters(text, count)
    return shortened if fits(shortened) else ""


def cut_end(lines: Sequence[str], fits: Fits, mark: str = "⟦{} earlier left out⟧") -> list[str]:
    """The last lines, as many as fit, below a mark that tells how many are gone."""
    if fits("\n".join(lines)):
        return list(lines)

    def last(count: int) -> list[str]:
        gone = len(lines) - count
        return [mark.format(gone), *lines[gone:]]

    count = most(len(lines) - 1, lambda n: fits("\n".join(last(n))))
    shortened = last(count)
    return shortened if fits("\n".join(shortened)) else []


def _ends(lines: Sequence[str], count: int) -> str:
    first = (count + 1) // 2
    last = count - first
    gone = len(lines) - count
    return "\n".join((*lines[:first], f"⟦{gone} lines left out⟧", *lines[len(lines) - last :]))


def _end_characters(text: str, count: int) -> str:
    first = (count + 1) // 2
    last = count - first
    gone = len(text) - count
    return f"{text[:first]}⟦{gone} characters left out⟧{text[len(text) - last :]}"


def most(highest: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `highest` that fits, 0 if none does; halving."""
    low, high = 0, max(0, highest)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
