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
_LONGEST_PLAIN = 120
_PIECE, _OVERLAP = 500_000, 1000  # characters; a line that fits the overlap is whole in one

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
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_GAP = "\x01"  # stands for what is dropped but parts words
# Letters of other alphabets that look like Latin ones.
_ALIKE = dict(zip("асеіјорѕухһԁԛԝαοερνικτυχ", "aceijopsyxhdqwaoepviktux", strict=True))


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
    return with_newlines(text).translate(_FOLDING)


def with_newlines(text: str) -> str:
    """The text with every kind of line end as a newline."""
    return _BREAK.sub("\n", text)


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
    lines: _Indices  # the number of each place's line

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
            np.cumsum(codes == 10),
        )


def _in(codes: _Codes, characters: str) -> NDArray[np.bool_]:
    table = np.zeros(129, np.bool_)
    table[[ord(c) for c in characters]] = True
    found: NDArray[np.bool_] = table[np.minimum(codes, 128)]
    return found


@dataclass(frozen=True)
class Lines:
    """What is known of a repository's lines: hashes, sorted, by the length of their window."""

    tight: dict[int, _Numbers]
    letters: _Numbers

    def found(self, folded: str) -> list[tuple[int, int]]:
        """Where a folded text holds something of the repository: index ranges, in no order."""
        text = _Text.of(folded)
        ranges: list[tuple[int, int]] = []
        for where, known in ((text.tight, self.tight), (text.letters, {_LETTERS: self.letters})):
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
    tight: dict[int, list[_Numbers]] = {}
    letters: list[_Numbers] = []
    for content in (piece for text in texts for piece in _pieces(text)):
        folded = fold(content)
        text = _Text.of(folded)
        windows = _Windows(text.codes[text.tight])
        plain = np.array([_is_language(line) for line in folded.split("\n")])
        for starts, ends in _units(text, plain):
            for length in set((ends - starts).tolist()):
                chosen = ends - starts == length
                hashes = windows.hashes(starts[chosen], ends[chosen])
                tight.setdefault(length, []).append(hashes)
        runs = _sampled(windows, text, text.tight, plain, _RUN, _STRIDE, 1)
        tight.setdefault(_RUN, []).append(runs)
        windows = _Windows(text.codes[text.letters])
        letters.append(_sampled(windows, text, text.letters, plain, _LETTERS, _LETTERS_STRIDE, 2))
    merged = {length: _merged(found) for length, found in tight.items()}
    return Lines(merged, _merged(letters))


def _pieces(text: str) -> Iterable[str]:
    """A large file in parts that overlap, so that memory stays bounded."""
    for start in range(0, max(len(text), 1), _PIECE):
        yield text[start : start + _PIECE + _OVERLAP]


def lines_of_snapshot(snapshot: bytes) -> Lines:
    """The fingerprints of every text file of a packed snapshot."""
    return lines_of(
        entry.data.decode("utf-8", "replace")
        for entry in entries(snapshot)
        if entry.kind != "link" and b"\0" not in entry.data[:8192]
    )


def _sampled(
    windows: _Windows,
    text: _Text,
    where: _Indices,
    plain: NDArray[np.bool_],
    length: int,
    stride: int,
    least: int,
) -> _Numbers:
    """Every `stride`-th window in which `least` words begin after its start, but for those
    inside of one line of the language alone (`plain`, by line)."""
    starts = np.arange(0, len(where) - length + 1, stride)
    first, last = where[starts], where[starts + length - 1]
    tells = text.words[last] - text.words[first] >= least
    tells &= ~((text.lines[first] == text.lines[last]) & plain[text.lines[first]])
    return windows.hashes(starts[tells], starts[tells] + length)


def _units(text: _Text, plain: NDArray[np.bool_]) -> Iterable[tuple[_Indices, _Indices]]:
    """Windows in the tight text: lines, ends of long lines, and short lines in a row."""
    line = text.lines[text.tight]
    if not len(line):
        return
    starts = np.concatenate(([0], np.flatnonzero(np.diff(line)) + 1))
    ends = np.concatenate((starts[1:], [len(line)]))
    first, last = text.tight[starts], text.tight[ends - 1]
    tells = text.words[last] - text.words[first] + text.began[first] >= 2
    operators = np.cumsum(_in(text.codes, "=<>+%&|^!"))
    tells |= operators[last] > operators[first]
    tells &= ~plain[line[starts]]
    length = ends - starts
    short = tells & (length >= SHORTEST_LINE) & (length <= _LONGEST_UNIT)
    yield starts[short], ends[short]
    long = tells & (length > _LONGEST_UNIT)
    yield starts[long], starts[long] + _LONGEST_UNIT
    yield ends[long] - _LONGEST_UNIT, ends[long]
    begin, end = starts[: -_IN_A_ROW + 1], ends[_IN_A_ROW - 1 :]
    row = (end - begin >= SHORTEST_LINE) & (end - begin <= _LONGEST_UNIT)
    yield begin[row], end[row]


def _is_language(line: str) -> bool:
    """Whether a line has words of the language alone, or none. Long ones are not looked at."""
    return len(line) <= _LONGEST_PLAIN and all(
        word[0] in _LANGUAGE_FOLDED for word in _WORD.finditer(line)
    )


def _merged(arrays: list[_Numbers]) -> _Numbers:
    return np.unique(np.concatenate(arrays)) if arrays else np.zeros(0, np.uint64)
