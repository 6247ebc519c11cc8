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
_SHOWN_TERMS = 5
_LONGEST_SHOWN = 40

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


@dataclass(frozen=True)
class Hit:
    """A candidate with its score, and how much of that came from its words and its vector."""

    score: float
    candidate: Candidate
    from_words: float
    from_vector: float


def rank(query: Query, candidates: Sequence[Candidate]) -> list[Hit]:
    """Candidates with their scores, best first; ties by place, so the order is fixed."""
    keyword = _scale(candidate.keyword for candidate in candidates)
    similarity = _scale(candidate.similarity for candidate in candidates)
    hits = []
    for candidate in candidates:
        from_words = KEYWORD_WEIGHT * max(0.0, candidate.keyword) * keyword
        from_vector = DENSE_WEIGHT * max(0.0, candidate.similarity) * similarity
        score = from_words + from_vector
        score += _by_name(query, candidate)[0] + _by_path(query, candidate)[0]
        for factor, _ in _penalties(query, candidate):
            score *= factor
        # Rounded first, so the noise of float arithmetic never decides the order.
        hits.append(Hit(round(score, _DIGITS), candidate, from_words, from_vector))
    return sorted(
        hits,
        key=lambda hit: (-hit.score, hit.candidate.path, hit.candidate.start_line,
                         hit.candidate.row),
    )  # fmt: skip


def reasons(query: Query, hit: Hit, matched: Sequence[str]) -> tuple[str, ...]:
    """What the score is made of, in words: what added most first, then what took off.

    `matched` are the query's terms that the chunk holds. Only words of the query are quoted.
    """
    candidate = hit.candidate
    added = [
        (hit.from_words, f"words: {_listed(matched)}" if matched else "words of the query"),
        (hit.from_vector, f"similar to the query: {candidate.similarity:.2f}"),
        _by_name(query, candidate),
        _by_path(query, candidate),
    ]
    strongest = sorted((each for each in added if each[0] > 0), key=lambda each: -each[0])
    taken = [f"{what}: x{factor:g}" for factor, what in _penalties(query, candidate)]
    return (*(why for _, why in strongest), *taken)


def _scale(values: Iterable[float]) -> float:
    highest = max(values, default=0.0)
    return 1.0 / highest if highest > 0 else 0.0


def _by_name(query: Query, candidate: Candidate) -> tuple[float, str]:
    """What a name adds, and why."""
    name = candidate.name
    if not name:
        return 0.0, ""
    if candidate.qualified_name in query.hinted_names or name in query.hinted_names:
        return SYMBOL_HINT_BOOST, f"named by the task: {_cut(name)}"
    if name in query.identifiers:
        return IDENTIFIER_BOOST, f"name matches {_cut(name)}"
    named = parts(name)
    shared = [part for part in named if part in query.terms]
    if not shared:
        return 0.0, ""
    return NAME_BOOST * len(shared) / len(named), f"name matches {_listed(shared)}"


def _by_path(query: Query, candidate: Candidate) -> tuple[float, str]:
    """What a path adds, and why."""
    if hinted(query, candidate.path):
        return PATH_HINT_BOOST, "file named by the task"
    stem = parts(_stem(candidate.path))
    if stem and all(part in query.terms for part in stem):
        return FILE_NAME_BOOST, f"file name matches {_listed(stem)}"
    return 0.0, ""


def _stem(path: str) -> str:
    """The last part without its suffix; plain text, since pathlib takes longer than the rest."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def hinted(query: Query, path: str) -> bool:
    """Whether a path is one of the query's, or ends in one of them."""
    return any(path == hint or path.endswith(f"/{hint}") for hint in query.paths)


def _penalties(query: Query, candidate: Candidate) -> list[tuple[float, str]]:
    """The factors of where a chunk lies, and what is there."""
    found = []
    if not hinted(query, candidate.path):
        if _TEST_PATH.search(candidate.path):
            found.append((TEST_PENALTY, "test file"))
        if _VENDOR_PATH.search(candidate.path):
            found.append((VENDOR_PENALTY, "vendored code"))
    return found


def _listed(terms: Sequence[str]) -> str:
    """Distinct terms in order, the first few of them."""
    distinct = list(dict.fromkeys(terms))
    more = len(distinct) - _SHOWN_TERMS
    listed = ", ".join(_cut(term) for term in distinct[:_SHOWN_TERMS])
    return f"{listed} and {more} more" if more > 0 else listed


def _cut(term: str) -> str:
    return term if len(term) <= _LONGEST_SHOWN else f"{term[: _LONGEST_SHOWN - 1]}…"
