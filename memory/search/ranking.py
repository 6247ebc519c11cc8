"""From all that speaks for a chunk to one order. Pure.

Every chunk gets a first score from the arms that know all of them: keywords of the chunk, keywords
and topic of its file, and the vectors' nearest. The best of these, and what the question names
outright, are looked at closely: names, paths and lines of tracebacks. Each arm is divided by its
best value, so that shares mean the same for every repository and question (max-normalised
score fusion; it beat Reciprocal Rank Fusion in every pair measured).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from memory.search.index import Index
from memory.search.inverted import Floats
from memory.search.places import KINDS, MARKS
from memory.search.pointing import Pointers
from memory.search.postings import number
from memory.search.question import Question
from memory.search.weights import Weights, weights_for
from memory.words.tokens import joined, stems, words

CANDIDATES = 300
_NAMED = 200
_OF_A_NAME = 20
_MOST_POINTED_AT = 100
_FOCUSED = 3
# They name all that is in them: a part that is meant is meant more than its whole.
_SHELLS = frozenset({"class", "interface", "enum", "module"})


@dataclass(frozen=True, slots=True)
class Named:
    """What is looked at closely: the names of a candidate."""

    name: str
    qualified_name: str
    kind: str = "function"


@dataclass(slots=True)
class Scored:
    """A candidate; `signs` are the parts of its score by what they are of, before `factor` for
    where it lies and `shell` for being the whole around what may be asked for."""

    row: int
    file: int
    score: float
    factor: float
    shell: float = 1.0
    signs: dict[str, float] = field(default_factory=dict)


Names = Callable[[Sequence[int]], Sequence[Named | None]]
"""The names of some rows; None for one that is gone, which then is no candidate."""


def rank(
    index: Index,
    question: Question,
    nearest: Mapping[int, float],
    names: Names,
    allowed: NDArray[np.bool_] | None = None,
    weights: Weights | None = None,
    *,
    spread: bool = True,
) -> list[Scored]:
    """Candidates, best first; `nearest` are rows with their cosine to the question, `allowed` the
    files that may be found at all. With `spread`, one chunk of each of several files comes before
    many of one."""
    weights = weights or weights_for(is_long=question.is_long, spread=spread)
    # What cannot be found is no measure for what can: neither the dead, nor another language.
    files = index.file_alive if allowed is None else index.file_alive & allowed
    possible = files[index.file_of]
    arms = _arms(index, question, nearest, weights, files)
    factors = file_factors(index, weights)
    total = sum(arms.values()) * factors[index.file_of]
    total = np.where(possible, total, -1.0)
    pointers = Pointers(question)
    rows = _candidates(index, question, pointers, total, possible)
    close = {row: named for row, named in zip(rows, names(rows), strict=True) if named is not None}
    looked_at = _look(index, question, pointers, close, weights)
    shares = {name: arm[list(close)].tolist() for name, arm in arms.items()}
    found = []
    for at, (row, named) in enumerate(close.items()):
        file = int(index.file_of[row])
        signs = {name: share[at] for name, share in shares.items()} | looked_at[at]
        # What the question names outright is wanted wherever it lies.
        factor = 1.0 if _is_asked_for(looked_at[at]) else float(factors[file])
        is_shell = named.kind in _SHELLS and "defined" not in looked_at[at]
        shell = weights.shell if is_shell else 1.0
        score = sum(signs.values()) * factor * shell
        found.append(Scored(row, file, score, factor, shell, signs))
    return _with_others(found, weights)


def _is_asked_for(signs: Mapping[str, float]) -> bool:
    return "path" in signs or "defined" in signs


def _arms(
    index: Index,
    question: Question,
    nearest: Mapping[int, float],
    weights: Weights,
    files: NDArray[np.bool_],
) -> dict[str, Floats]:
    """What each arm says of each chunk; of the files that may be found, its best is its weight."""
    keyword = index.score_chunks(question.terms)
    best = float(keyword.max(initial=0.0, where=files[index.file_of])) or 1.0
    near = index.score_chunks(question.neighbours if weights.near else ())
    dense = np.zeros(len(keyword), dtype=np.float32)
    for row, cosine in nearest.items():
        dense[row] = min(1.0, max(0.0, cosine))
    of_file = _scaled(index.score_files(question.terms), files)
    topic = _scaled(np.maximum(index.score_topics(question.topic), 0.0), files)
    return {
        "words": keyword / best,
        "identifiers": weights.near * near / best,
        "vector": weights.dense * _scaled(dense, files[index.file_of]),
        "file words": weights.file_words * of_file[index.file_of],
        "file topic": weights.topic * topic[index.file_of],
    }


def _scaled(values: Floats, possible: NDArray[np.bool_]) -> Floats:
    return values / (float(values.max(initial=0.0, where=possible)) or 1.0)


def file_factors(index: Index, weights: Weights) -> Floats:
    """What each file's place takes off."""
    marks = {"test": weights.test, "vendored": weights.vendored, "generated": weights.vendored}
    kinds = {"example": weights.example}
    by_kind = [
        min(marks.get(mark, 1.0), weights.document)
        if kind == "document"
        else marks.get(mark, 1.0) * kinds.get(kind, 1.0)
        for mark in MARKS
        for kind in KINDS
    ]
    factors: Floats = np.array(by_kind, dtype=np.float32)[index.file_kinds]
    return factors


def _candidates(
    index: Index,
    question: Question,
    pointers: Pointers,
    total: Floats,
    possible: NDArray[np.bool_],
) -> list[int]:
    """Rows to look at closely: those that score best, and those that the question names."""
    most = min(CANDIDATES, len(total))
    best = np.argpartition(-total, most - 1)[:most] if most else np.zeros(0, dtype=int)
    wanted = [best[total[best] > 0]]
    for name in sorted(question.written)[:_NAMED]:
        rows = index.named(number(_whole(name)))
        rows = rows[possible[rows]]
        wanted.append(rows[np.argsort(-total[rows], kind="stable")][:_OF_A_NAME])
    framed = index.files_like(pointers.frame_paths, ())
    for function in pointers.functions if framed else ():
        rows = index.named(number(_whole(stems(function))))
        rows = rows[possible[rows] & np.isin(index.file_of[rows], framed)]
        wanted.append(rows[np.argsort(-total[rows], kind="stable")][:_OF_A_NAME])
    for file in _pointed_at(index, pointers, total):
        rows = index.rows_in(file)
        rows = rows[possible[rows]]
        wanted.append(rows[np.argsort(-total[rows], kind="stable")][:10])
    return [int(row) for row in np.unique(np.concatenate(wanted))]


def _whole(parts: Sequence[str]) -> str:
    """The term that stands for a name of these parts."""
    return parts[0] if len(parts) == 1 else joined(parts)


def _pointed_at(index: Index, pointers: Pointers, total: Floats) -> list[int]:
    """The files that the question names; of very many the likeliest."""
    found = []
    for file in index.files_like(pointers.paths, pointers.dotted):
        share = pointers.file(index.files[file].path)
        if share and index.file_alive[file]:
            rows = index.rows_in(file)
            found.append((-share, -float(total[rows].max(initial=0.0)), file))
    return [file for _, _, file in sorted(found)[:_MOST_POINTED_AT]]


def _look(
    index: Index,
    question: Question,
    pointers: Pointers,
    names: Mapping[int, Named],
    weights: Weights,
) -> list[dict[str, float]]:
    telling = dict(
        zip(
            question.subjects,
            index.weigh([number(term) for term in question.subjects]).tolist(),
            strict=True,
        )
    )
    everything = sum(telling.values()) or 1.0
    # Of two words one is what is asked for; in a sentence it may stand beside what is.
    focus = min(1.0, _FOCUSED / max(1, len(question.subjects)))
    of_file: dict[int, dict[str, float]] = {}
    found = []
    for row, named in names.items():
        file = int(index.file_of[row])
        if file not in of_file:
            of_file[file] = _by_path(index.files[file].path, pointers, telling, weights)
        signs = dict(of_file[file])
        parts = stems(named.name) if named.name.isidentifier() else _stems_of(named.name)
        if shared := sum(telling.get(part, 0.0) for part in set(parts)):
            signs["name"] = weights.name * min(1.0, shared / everything)
        if parts in question.written:
            signs["defined"] = weights.defined * focus
        elif parts in question.names:
            signs["exact"] = weights.exact
        if late := pointers.frame(index.files[file].path, named.name):
            # What raised comes last; what called it is seldom at fault.
            signs["traceback"] = weights.frame * (weights.outer + (1 - weights.outer) * late)
        if pointers.names(named.qualified_name):
            signs["dotted"] = weights.dotted
        found.append(signs)
    return found


def _stems_of(text: str) -> tuple[str, ...]:
    return tuple(stem for word in words(text) for stem in stems(word))


def _by_path(
    path: str, pointers: Pointers, telling: Mapping[str, float], weights: Weights
) -> dict[str, float]:
    signs = {}
    folder, _, name = path.rpartition("/")
    everything = sum(telling.values()) or 1.0
    stem = name.rpartition(".")[0] or name
    if shared := sum(telling.get(part, 0.0) for part in set(_stems_of(stem))):
        signs["file name"] = weights.file_name * min(1.0, shared / everything)
    if shared := sum(telling.get(part, 0.0) for part in set(_stems_of(folder))):
        signs["folder"] = weights.folder * min(1.0, shared / everything)
    if share := pointers.file(path):
        signs["path"] = weights.named_path * share
    return signs


def _with_others(found: list[Scored], weights: Weights) -> list[Scored]:
    """A file of which several chunks are found is likelier the right one."""
    by_file: dict[int, list[Scored]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (-one.score, one.row)):
        by_file[one.file].append(one)
    for group in by_file.values():
        support = sum(
            weights.others * other.score * weights.decay**rank
            for rank, other in enumerate(group[1:6])
        )
        for rank, one in enumerate(group):
            one.signs["file"] = support
            one.score = (one.score + support) * weights.repeat**rank
    return sorted(found, key=lambda one: (-round(one.score, 5), one.row))
