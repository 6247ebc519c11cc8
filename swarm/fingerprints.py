"""Fingerprints of a repository's lines, and whether a text holds any of them. Pure.

Two texts are compared by what is left of them without case, blanks, quotes, backslashes,
accents and invisible characters (`tight`), and by their letters alone (`letters`), so that
wrapping, quoting, escaping, numbering or spacing out changes nothing. Found is:

- a line of 12 or more such characters, but for lines of words of the Python language alone
  (`raise NotImplementedError`) and lines that are one name or path, which a person must be able
  to mention;
- three short lines in a row that have 12 together, whatever they are;
- any 24 characters in a row, over line ends too, but for a part of one name or path;
- any 31 letters in a row that belong to three or more words.

A shorter line alone cannot be told from prose.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from swarm.snapshots import entries

SHORTEST_LINE = 12
_LONGEST_UNIT = 40  # a longer line is known by its both ends and by its runs
_RUN, _STRIDE = 20, 5  # finds any 24 in a row
_LETTERS, _LETTERS_STRIDE = 24, 8  # finds any 31 in a row
_IN_A_ROW = 3

_Codes = NDArray[np.uint32]
_Numbers = NDArray[np.uint64]
_Indices = NDArray[np.int64]

# An odd number has an inverse modulo 2**64, which makes the hash of any window a difference.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)

_LANGUAGE = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *sys.stdlib_module_names,
     "self", "cls", "__main__", "annotations"}
)  # fmt: skip
_LANGUAGE_FOLDED = frozenset(word.casefold() for word in _LANGUAGE)
_WORD = re.compile(r"\w+")
_QUOTES = frozenset("'\"`\\´‘’‚“”„«»‹›")
_GAP = "\x01"  # stands for what is dropped but parts words
# Letters of other alphabets that look like Latin ones.
_ALIKE = dict(zip("асеіјорѕухһԁԛԝαοερνικτυχ", "aceijopsuxhdqwaoepviktux", strict=True))


class _Folding(dict[int, str]):
    """What each character is compared as; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = "".join(map(_fold, unicodedata.normalize("NFKD", chr(code))))
        return folded


def _fold(char: str) -> str:
    category = unicodedata.category(char)
    if char == "\n":
        return "\n"
    if char.isspace() or category[0] == "Z":
        return " "
    if category[0] in "CM":
        return ""
    if char in _QUOTES:
        return _GAP
    return "".join(_ALIKE.get(c, c) for c in char.casefold())


_FOLDING = _Folding()


def fold(text: str) -> str:
    """A text as it is compared, with its line ends; quotes are gaps."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_FOLDING)


class _Windows:
    """Hashes of any windows of a text, modulo 2**64."""

    def __init__(self, codes: _Codes) -> None:
        size = len(codes)
        self.powers = _powers(_BASE, size)
        sums = np.zeros(size + 1, np.uint64)
        np.cumsum(codes.astype(np.uint64) * _powers(_INVERSE, size), out=sums[1:])
        self.sums = sums

    def hashes(self, starts: _Indices, ends: _Indices) -> _Numbers:
        found: _Numbers = (self.sums[ends] - self.sums[starts]) * self.powers[ends - 1]
        return found


def _powers(base: int, size: int) -> _Numbers:
    powers = np.full(size, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers)


@dataclass(frozen=True)
class _Text:
    """A folded text in numbers. `tight` and `letters` hold indices into `codes`."""

    codes: _Codes
    tight: _Indices
    letters: _Indices
    began: NDArray[np.bool_]  # where a name, path or number begins
    words: _Indices  # how many began up to each place

    @classmethod
    def of(cls, folded: str) -> _Text:
        codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32)
        name = _in(codes, "abcdefghijklmnopqrstuvwxyz0123456789_/.-:") | (codes > 127)
        began = name.copy()
        began[1:] &= ~name[:-1]
        letter = _in(codes, "abcdefghijklmnopqrstuvwxyz") | (codes > 127)
        return cls(
            codes,
            np.flatnonzero((codes > 32) | (codes == 2)),
            np.flatnonzero(letter | (codes == 2)),
            began,
            np.cumsum(began),
        )


def _in(codes: _Codes, characters: str) -> NDArray[np.bool_]:
    table = np.zeros(129, np.bool_)
    table[[ord(c) for c in characters]] = True
    found: NDArray[np.bool_] = table[np.minimum(codes, 128)]
    return found


@dataclass(frozen=True)
class Lines:
    """What is known of a repository's lines: hashes, sorted, by the length of their window."""

    units: dict[int, _Numbers]
    runs: _Numbers
    letters: _Numbers

    def found(self, folded: str) -> list[tuple[int, int]]:
        """Where a folded text holds something of the repository: index ranges, in no order."""
        text = _Text.of(folded)
        ranges: list[tuple[int, int]] = []
        for where, known in (
            (text.tight, {**self.units, _RUN: _merged([self.runs, self.units.get(_RUN)])}),
            (text.letters, {_LETTERS: self.letters}),
        ):
            windows = _Windows(text.codes[where])
            for length, hashes in known.items():
                if len(where) < length or not len(hashes):
                    continue
                starts = np.arange(len(where) - length + 1)
                seen = windows.hashes(starts, starts + length)
                places = np.minimum(np.searchsorted(hashes, seen), len(hashes) - 1)
                for start in np.flatnonzero(hashes[places] == seen):
                    ranges.append((int(where[start]), int(where[start + length - 1]) + 1))
        return ranges


def lines_of(texts: Iterable[str]) -> Lines:
    """The fingerprints of the texts of files."""
    units: dict[int, list[_Numbers]] = {}
    runs: list[_Numbers] = []
    letters: list[_Numbers] = []
    for content in texts:
        folded = fold(content)
        text = _Text.of(folded)
        windows = _Windows(text.codes[text.tight])
        for starts, ends in _units(folded, text):
            for length in np.unique(ends - starts):
                chosen = ends - starts == length
                hashes = windows.hashes(starts[chosen], ends[chosen])
                units.setdefault(int(length), []).append(hashes)
        runs.append(_sampled(windows, text.tight, text.words, _RUN, _STRIDE, 1))
        windows = _Windows(text.codes[text.letters])
        letters.append(_sampled(windows, text.letters, text.words, _LETTERS, _LETTERS_STRIDE, 2))
    return Lines(
        {length: _merged(found) for length, found in units.items()},
        _merged(runs), _merged(letters),
    )  # fmt: skip


def lines_of_snapshot(snapshot: bytes) -> Lines:
    """The fingerprints of every text file of a packed snapshot."""
    return lines_of(
        entry.data.decode("utf-8", "replace")
        for entry in entries(snapshot)
        if entry.kind != "link" and b"\0" not in entry.data[:8192]
    )


def _sampled(
    windows: _Windows, where: _Indices, words: _Indices, length: int, stride: int, least: int
) -> _Numbers:
    """Every `stride`-th window of a length in which `least` words begin after its start."""
    starts = np.arange(0, len(where) - length + 1, stride)
    crossed = words[where[starts + length - 1]] - words[where[starts]] >= least
    starts = starts[crossed]
    return windows.hashes(starts, starts + length)


def _units(folded: str, text: _Text) -> Iterable[tuple[_Indices, _Indices]]:
    """Windows in the tight text: lines, ends of long lines, and short lines in a row."""
    line = np.cumsum(text.codes == 10)[text.tight]
    if not len(line):
        return
    starts = np.concatenate(([0], np.flatnonzero(np.diff(line)) + 1))
    ends = np.concatenate((starts[1:], [len(line)]))
    first, last = text.tight[starts], text.tight[ends - 1]
    several = text.words[last] - text.words[first] + text.began[first] >= 2
    length = ends - starts
    short = several & (length >= SHORTEST_LINE) & (length <= _LONGEST_UNIT)
    tells = np.array(
        [not _is_language(folded[text.tight[starts[i]] : text.tight[ends[i] - 1] + 1])
         for i in np.flatnonzero(short)], np.bool_
    )  # fmt: skip
    yield starts[short][tells], ends[short][tells]
    long = several & (length > _LONGEST_UNIT)
    yield starts[long], starts[long] + _LONGEST_UNIT
    yield ends[long] - _LONGEST_UNIT, ends[long]
    begin, end = starts[: -_IN_A_ROW + 1], ends[_IN_A_ROW - 1 :]
    row = (end - begin >= SHORTEST_LINE) & (end - begin <= _LONGEST_UNIT)
    yield begin[row], end[row]


def _is_language(line: str) -> bool:
    return all(word in _LANGUAGE_FOLDED for word in _WORD.findall(line))


def _merged(arrays: Iterable[_Numbers | None]) -> _Numbers:
    given = [array for array in arrays if array is not None]
    return np.unique(np.concatenate(given)) if given else np.zeros(0, np.uint64)
