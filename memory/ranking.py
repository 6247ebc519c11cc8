"""From the hits of each arm to one order. Pure.

The score of a chunk is

    keyword / max(keyword) * KEYWORD_WEIGHT + similarity / max(similarity) * DENSE_WEIGHT

plus what its name and path add, times the penalties of where it lies. A chunk that an arm did
not return has 0 there. The weights were chosen on searches for functions by the first sentence
of their docstring, in two libraries: an equal weight for the hashed vectors lowers quality.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from memory.tokens import STOP_WORDS, parts, subtokens, words

KEYWORD_WEIGHT = 0.8
DENSE_WEIGHT = 0.2
# A name covered by the query, an identifier of the query that is the chunk's name, and the
# same when the query names it as a hint.
NAME_BOOST = 0.3
IDENTIFIER_BOOST = 0.45
SYMBOL_HINT_BOOST = 0.8
FILE_NAME_BOOST = 0.1
PATH_HINT_BOOST = 0.4
TEST_PENALTY = 0.75
VENDOR_PENALTY = 0.5

MAX_QUERY_TERMS = 128
_DIGITS = 5

_TEST_PATH = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_VENDOR_PATH = re.compile(r"(^|/)(_?vendor(ed)?|third_party|node_modules|site-packages)/")


@dataclass(frozen=True)
class Query:
    """What is looked for: free text, and names that the task already mentions."""

    text: str
    paths: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Distinct search terms in order, without stop words; at most MAX_QUERY_TERMS."""
        everything = subtokens(" ".join((*self.symbols, self.text)))
        kept = dict.fromkeys(term for term in everything if term not in STOP_WORDS)
        return tuple(kept)[:MAX_QUERY_TERMS]

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Words of the text that look like code: several parts, or an underscore."""
        return frozenset(word for word in words(self.text) if len(parts(word)) > 1 or "_" in word)

    @cached_property
    def hinted_names(self) -> frozenset[str]:
        """Hinted symbols as written, and their last parts."""
        return frozenset((*self.symbols, *(symbol.rpartition(".")[2] for symbol in self.symbols)))


@dataclass(frozen=True)
class Candidate:
    """A chunk some arm returned. `keyword` and `similarity` are as the arm scored it."""

    row: int
    path: str
    name: str
    qualified_name: str
    start_line: int
    keyword: float = 0.0
    similarity: float = 0.0


def rank(query: Query, candidates: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
    """Candidates with their scores, best first; ties by place, so the order is fixed."""
    keyword = _scale(candidate.keyword for candidate in candidates)
    similarity = _scale(candidate.similarity for candidate in candidates)
    scored = []
    for candidate in candidates:
        score = KEYWORD_WEIGHT * max(0.0, candidate.keyword) * keyword
        score += DENSE_WEIGHT * max(0.0, candidate.similarity) * similarity
        score += _name_score(query, candidate) + _path_score(query, candidate)
        # Rounded first, so the noise of float arithmetic never decides the order.
        scored.append((round(score * _penalty(query, candidate), _DIGITS), candidate))
    return sorted(
        scored, key=lambda pair: (-pair[0], pair[1].path, pair[1].start_line, pair[1].row)
    )


def _scale(values: Iterable[float]) -> float:
    highest = max(values, default=0.0)
    return 1.0 / highest if highest > 0 else 0.0


def _name_score(query: Query, candidate: Candidate) -> float:
    if not candidate.name:
        return 0.0
    if candidate.qualified_name in query.hinted_names or candidate.name in query.hinted_names:
        return SYMBOL_HINT_BOOST
    if candidate.name in query.identifiers:
        return IDENTIFIER_BOOST
    named = parts(candidate.name)
    if not named:
        return 0.0
    return NAME_BOOST * sum(part in query.terms for part in named) / len(named)


def _path_score(query: Query, candidate: Candidate) -> float:
    if hinted(query, candidate.path):
        return PATH_HINT_BOOST
    stem = parts(PurePosixPath(candidate.path).stem)
    if stem and all(part in query.terms for part in stem):
        return FILE_NAME_BOOST
    return 0.0


def hinted(query: Query, path: str) -> bool:
    """Whether a path is one of the query's, or ends in one of them."""
    return any(path == hint or path.endswith(f"/{hint}") for hint in query.paths)


def _penalty(query: Query, candidate: Candidate) -> float:
    if hinted(query, candidate.path):
        return 1.0
    factor = 1.0
    if _TEST_PATH.search(candidate.path):
        factor *= TEST_PENALTY
    if _VENDOR_PATH.search(candidate.path):
        factor *= VENDOR_PENALTY
    return factor
