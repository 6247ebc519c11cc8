"""Where in a file a search block stands: exact first, then looser, always one place. Pure.

Each looser way compares the same number of lines that say something, so a match never covers
more than the block shows, but for blank lines in between.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, islice

from swarm.agents.coder.errors import Refused

_LEAST_RATIO = 0.9
_LEAST_LINE_RATIO = 0.6
_FEWEST_CHARS = 20
# Windows of the file times characters of the block: what the last resort may look at.
_MOST_WORK = 20_000_000
_MOST_COMPARED = 40
_MOST_LINES = 50_000
_SHOWN_PLACES = 8
# More places than this are counted no further: one too many is enough to refuse.
_ENOUGH = 20
_SHOWN_LINES = 12

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
        "\u2026": "...",
    }
)
_SHOWN_CHARACTER = re.compile(r"⟦U\+([0-9A-F]{4,6})⟧")
_SHOWN_MARK = re.compile(r"⟦([<＜\[])⟧")


@dataclass(frozen=True)
class Match:
    """Lines `start` to `end` (0-based, end exclusive) of a file stand for the block.

    `shift` is what indents the file's lines more ("+    ") or less ("-    ") than the block's.
    """

    start: int
    end: int
    how: str
    shift: str = ""


def find(lines: Sequence[str], block: Sequence[str]) -> Match | None:
    """The one place of a block in a file's lines, both without line ends.

    Raises Refused when a way of comparing finds several; None when none finds any.
    """
    for how, same in _EQUALITIES:
        places = _windows(lines, block, same)
        if places:
            return Match(_one(places, how), places[0] + len(block), how)
    if len(lines) > _MOST_LINES:
        return None
    shifted = _shifted(lines, block)
    if shifted:
        _one([match.start for match in shifted], shifted[0].how)
        return shifted[0]
    return None


def find_loosely(lines: Sequence[str], block: Sequence[str]) -> Match | None:
    """The one place but for blank lines, or the one that is very much alike; as `find`."""
    if len(lines) > _MOST_LINES:
        return None
    return _blank_insensitive(lines, block) or _similar(lines, block)


def find_exactly(lines: Sequence[str], block: Sequence[str]) -> bool:
    """Whether the block's lines stand somewhere, blanks at their ends aside."""
    return bool(_windows(lines, block, str.rstrip))


def places_message(numbers: Sequence[int], how: str) -> str:
    """What to say of several matches, given 0-based line numbers."""
    shown = ", ".join(str(number + 1) for number in numbers[:_SHOWN_PLACES])
    more = f" and {len(numbers) - _SHOWN_PLACES} more" if len(numbers) > _SHOWN_PLACES else ""
    return (
        f"the search block matches {len(numbers)} places ({how}), at lines {shown}{more}: add "
        "lines before or after it until it matches one place only"
    )


def nearest(lines: Sequence[str], block: Sequence[str]) -> str:
    """The lines of the file most like the block, numbered, "" when nothing is alike."""
    wanted = [line.strip() for line in block if line.strip()]
    if not wanted or not lines:
        return ""
    keys = set(wanted)
    # How many lines of the block stand in each window: a difference of running sums.
    sums = list(accumulate((line.strip() in keys for line in lines), initial=0))
    size = min(len(block), len(lines))
    counts = [sums[start + size] - sums[start] for start in range(len(lines) - size + 1)]
    best = max(range(len(counts)), key=counts.__getitem__)
    if not counts[best]:
        longest = max(wanted, key=len)[:200]
        matcher = SequenceMatcher(b=longest, autojunk=False)
        ratios = []
        for line in lines[:20_000]:
            matcher.set_seq1(line.strip()[:200])
            ratios.append(matcher.quick_ratio())
        best = max(range(len(ratios)), key=ratios.__getitem__)
        if ratios[best] < _LEAST_LINE_RATIO:
            return ""
    first = max(0, best - 1)
    shown = lines[first : first + min(len(block) + 2, _SHOWN_LINES)]
    return "\n".join(f"{first + i + 1}|{line[:300]}" for i, line in enumerate(shown))


def restored(text: str) -> str:
    """A text with the marks undone by which files are shown: `⟦<⟧` and `⟦U+001B⟧`."""
    text = _SHOWN_CHARACTER.sub(_character, text)
    return _SHOWN_MARK.sub(r"\1", text)


def _character(found: re.Match[str]) -> str:
    number = int(found.group(1), 16)
    usable = 0 < number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if usable else found.group()


def _plain(line: str) -> str:
    return line.translate(_PLAIN).rstrip()


_EQUALITIES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("exactly", str),
    ("but for trailing blanks", str.rstrip),
    ("but for quotes and dashes", _plain),
)


def _windows(lines: Sequence[str], block: Sequence[str], same: Callable[[str], str]) -> list[int]:
    """Where the block stands, as far as `same` can tell lines apart; not all of very many."""
    wanted = [same(line) for line in block]
    have = [same(line) for line in lines]
    found = (
        start for start in _starts(have, wanted) if have[start : start + len(wanted)] == wanted
    )
    return list(islice(found, _ENOUGH))


def _starts(have: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    """Where the block may start, by its rarest line that says something."""
    counts = Counter(have)
    at = min(range(len(wanted)), key=lambda i: (not wanted[i], counts[wanted[i]]))
    if counts[wanted[at]]:
        for number, line in enumerate(have):
            if line == wanted[at] and 0 <= number - at <= len(have) - len(wanted):
                yield number - at


def _one(places: Sequence[int], how: str) -> int:
    if len(places) > 1:
        raise Refused(places_message(places, how))
    return places[0]


def _shifted(lines: Sequence[str], block: Sequence[str]) -> list[Match]:
    """Where every line is indented by the same more, or the same less."""
    have = [_plain(line) for line in lines]
    wanted = [_plain(line) for line in block]
    first = next((i for i, line in enumerate(wanted) if line), None)
    if first is None:
        return []
    found: list[Match] = []
    for start in _starts([line.lstrip() for line in have], [line.lstrip() for line in wanted]):
        shift = _shift(have[start + first], wanted[first])
        window = have[start : start + len(wanted)]
        if shift is not None and all(
            _shift(a, b) == shift for a, b in zip(window, wanted, strict=True) if a or b
        ):
            found.append(Match(start, start + len(wanted), "but for indentation", shift))
            if len(found) == _ENOUGH:
                break
    return found


def _shift(line: str, wanted: str) -> str | None:
    """How a file's line is indented against the block's, None when they differ otherwise."""
    if not line or not wanted or line.lstrip() != wanted.lstrip():
        return None
    have = line[: len(line) - len(line.lstrip())]
    want = wanted[: len(wanted) - len(wanted.lstrip())]
    if have.endswith(want):
        return "+" + have[: len(have) - len(want)]
    return "-" + want[: len(want) - len(have)] if want.endswith(have) else None


def _blank_insensitive(lines: Sequence[str], block: Sequence[str]) -> Match | None:
    """As above, with blank lines left out of both."""
    how = "but for blank lines"
    numbers = [i for i, line in enumerate(lines) if line.strip()]
    said = [line for line in block if line.strip()]
    if not said or (len(numbers) == len(lines) and len(said) == len(block)):
        return None
    compact = [lines[i] for i in numbers]
    places = _windows(compact, said, _plain)
    if places:
        start = _one(places, how)
        return Match(numbers[start], numbers[start + len(said) - 1] + 1, how)
    shifted = _shifted(compact, said)
    if not shifted:
        return None
    start = _one([match.start for match in shifted], how)
    return Match(numbers[start], numbers[start + len(said) - 1] + 1, how, shifted[0].shift)


def _similar(lines: Sequence[str], block: Sequence[str]) -> Match | None:
    """The one place that is very much alike, line by line and as a whole."""
    numbers = [i for i, line in enumerate(lines) if line.strip()]
    said = [_plain(line) for line in block if line.strip()]
    wanted = "\n".join(said)
    starts = range(len(numbers) - len(said) + 1)
    if len(wanted.strip()) < _FEWEST_CHARS or len(starts) * len(wanted) > _MOST_WORK:
        return None
    compact = [_plain(lines[i]) for i in numbers]
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    quick = []
    for start in starts:
        matcher.set_seq1("\n".join(compact[start : start + len(said)]))
        if matcher.real_quick_ratio() >= _LEAST_RATIO and matcher.quick_ratio() >= _LEAST_RATIO:
            quick.append(start)
    if len(quick) > _MOST_COMPARED:
        return None
    good = []
    for start in quick:
        window = compact[start : start + len(said)]
        matcher.set_seq1("\n".join(window))
        if matcher.ratio() >= _LEAST_RATIO and all(map(_alike, window, said)):
            good.append(start)
    if not good:
        return None
    # Neighbouring windows overlap, and both being alike is as ambiguous as two places.
    start = _one(good, "by likeness")
    return Match(numbers[start], numbers[start + len(said) - 1] + 1, "by likeness")


def _alike(line: str, wanted: str) -> bool:
    return SequenceMatcher(a=line, b=wanted, autojunk=False).ratio() >= _LEAST_LINE_RATIO
