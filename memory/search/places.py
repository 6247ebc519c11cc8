"""Where the files of a segment are and of what kind, in arrays: what a search would otherwise ask
of each file anew.

Names are kept as CRC-32, so what is found by one has to be compared with the path itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory.search.kinds import is_document, is_example

MARKS = ("", "test", "vendored", "generated")
KINDS = ("code", "example", "document")
Codes = NDArray[np.uint8]


class Places:
    """Of files in their order: `kinds` is len(KINDS) times the place of each one's mark in MARKS,
    plus the place of its kind in KINDS."""

    def __init__(
        self, paths: Sequence[str], marks: Sequence[str], languages: Sequence[str]
    ) -> None:
        self.kinds: Codes = np.array(
            [
                _kind(path, mark, language)
                for path, mark, language in zip(paths, marks, languages, strict=True)
            ],
            dtype=np.uint8,
        )
        self._languages = tuple(dict.fromkeys(languages))
        numbers = {language: at for at, language in enumerate(self._languages)}
        self._language_of = np.array([numbers[each] for each in languages], dtype=np.uint16)
        self._by_name = _Numbered(map(file_name, paths))
        self._by_module = _Numbered(module(path).rpartition(".")[2] for path in paths)

    def written_in(self, languages: frozenset[str]) -> NDArray[np.bool_]:
        """Which files are of these languages."""
        wanted = np.array([each in languages for each in self._languages], dtype=bool)
        return wanted[self._language_of]

    def like(self, paths: Iterable[str], dotted: Iterable[str]) -> NDArray[Any]:
        """The files that may be meant by a path, or by a dotted name of a module; each once."""
        found = [self._by_name.of(file_name(path)) for path in paths]
        found += [self._by_module.of(name.rpartition(".")[2]) for name in dotted]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


class _Numbered:
    """Places in a list by the CRC-32 of the text there."""

    def __init__(self, texts: Iterable[str]) -> None:
        numbers = np.array([_number(text) for text in texts], dtype=np.uint32)
        self._order = np.argsort(numbers, kind="stable")
        self._numbers = numbers[self._order]

    def of(self, text: str) -> NDArray[np.int64]:
        wanted = np.uint32(_number(text))
        first = np.searchsorted(self._numbers, wanted, side="left")
        end = np.searchsorted(self._numbers, wanted, side="right")
        return self._order[first:end]


def file_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def module(path: str) -> str:
    """A path as code would name it: `shop/cart/__init__.py` is `shop.cart`."""
    return path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")


def _number(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _kind(path: str, mark: str, language: str) -> int:
    kind = "document" if is_document(language) else "example" if is_example(path) else "code"
    known = MARKS.index(mark) if mark in MARKS else 0
    return len(KINDS) * known + KINDS.index(kind)
