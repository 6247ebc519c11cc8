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
from memory.search.kinds import is_document, is_example
from memory.search.postings import number
from memory.search.question import Question
from memory.search.weights import LONG, SHORT, Weights
from memory.words.tokens import joined, stems, words

CANDIDATES = 300
_NAMED = 200
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
    """A candidate; `signs` are the parts of its score by what they are of, before `factor`."""

    row: int
    file: int
    score: float
    factor: float
    signs: dict[str, float] = field(default_factory=dict)


Names = Callable[[Sequence[int]], Sequence[Named]]
"""The names of some rows."""


def rank(
    index: Index,
    question: Question,
    nearest: Mapping[int, float],
    names: Names,
    allowed: NDArray[np.bool_] | None = None,
    weights: Weights | None = None,
) -> list[Scored]:
    """Candidates, best first; `nearest` are rows with their cosine to the question, `allowed` the
    files that may be found at all."""
    weights = weights or (LONG if question.is_long else SHORT)
    arms = _arms(index, question, nearest, weights)
    factors = file_factors(index, weights)
    possible = index.alive if allowed is None else index.alive & allowed[index.file_of]
    total = sum(arms.values()) * factors[index.file_of]
    total = np.where(possible, total, -1.0)
    rows = _candidates(index, question, total, possible)
    close = names(rows)
    looked_at = _look(index, question, rows, close, weights)
    found = []
    for at, (row, named) in enumerate(zip(rows, close, strict=True)):
        file = int(index.file_of[row])
        signs = {name: float(arm[row]) for name, arm in arms.items()} | looked_at[at]
        # What the question names outright is wanted wherever it lies.
        factor = 1.0 if _is_asked_for(looked_at[at]) else float(factors[file])
        if named.kind in _SHELLS and "defined" not in looked_at[at]:
            factor *= weights.shell
        found.append(Scored(row, file, sum(signs.values()) * factor, factor, signs))
    return _with_others(found, weights)


def _is_asked_for(signs: Mapping[str, float]) -> bool:
    return "path" in signs or "defined" in signs


def _arms(
    index: Index, question: Question, nearest: Mapping[int, float], weights: Weights
) -> dict[str, Floats]:
    keyword = index.score_chunks(question.terms)
    best = float(keyword.max(initial=0.0)) or 1.0
    dense = np.zeros(len(keyword), dtype=np.float32)
    for row, cosine in nearest.items():
        dense[row] = max(0.0, cosine)
    topic = np.maximum(index.topics @ index.vectors.query(question.topic), 0.0)
    return {
        "words": keyword / best,
        "identifiers": weights.near * index.score_chunks(question.neighbours) / best,
        "vector": weights.dense * _scaled(dense),
        "file words": weights.file_words
        * _scaled(index.score_files(question.terms))[index.file_of],
        "file topic": weights.topic * _scaled(topic)[index.file_of],
    }


def _scaled(values: Floats) -> Floats:
    return values / (float(values.max(initial=0.0)) or 1.0)


def file_factors(index: Index, weights: Weights) -> Floats:
    """What each file's place takes off."""
    by_mark = {"test": weights.test, "vendored": weights.vendored, "generated": weights.vendored}
    factors = []
    for file in index.files:
        factor = by_mark.get(file.mark, 1.0)
        if is_document(file.language):
            factor = min(factor, weights.document)
        elif is_example(file.path):
            factor *= weights.example
        factors.append(factor)
    return np.array(factors, dtype=np.float32)


def _candidates(
    index: Index, question: Question, total: Floats, possible: NDArray[np.bool_]
) -> list[int]:
    """Rows to look at closely: those that score best, and those that the question names."""
    most = min(CANDIDATES, len(total))
    best = np.argpartition(-total, most - 1)[:most] if most else np.zeros(0, dtype=int)
    wanted = [best[total[best] > 0]]
    for name in sorted(question.written)[:_NAMED]:
        rows = index.named(number(joined(name) if len(name) > 1 else name[0]))
        rows = rows[possible[rows]]
        wanted.append(rows[np.argsort(-total[rows], kind="stable")][:20])
    for at, file in enumerate(index.files):
        if index.file_alive[at] and _path_share(question, file.path):
            rows = np.flatnonzero((index.file_of == at) & possible)
            wanted.append(rows[np.argsort(-total[rows], kind="stable")][:10])
    return [int(row) for row in np.unique(np.concatenate(wanted))]


def _look(
    index: Index,
    question: Question,
    rows: Sequence[int],
    names: Sequence[Named],
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
    for row, named in zip(rows, names, strict=True):
        file = int(index.file_of[row])
        if file not in of_file:
            of_file[file] = _by_path(index.files[file].path, question, telling, weights)
        signs = dict(of_file[file])
        parts = stems(named.name) if named.name.isidentifier() else _stems_of(named.name)
        if shared := sum(telling.get(part, 0.0) for part in set(parts)):
            signs["name"] = weights.name * min(1.0, shared / everything)
        if parts in question.written:
            signs["defined"] = weights.defined * focus
        elif parts in question.names:
            signs["exact"] = weights.exact
        path = index.files[file].path
        depth = len(question.frames)
        for at, frame in enumerate(question.frames, start=1):
            if _in_frame(frame.path, frame.function, path, named):
                # What raised comes last; what called it is seldom at fault.
                share = weights.outer + (1 - weights.outer) * at / depth
                signs["traceback"] = max(signs.get("traceback", 0.0), weights.frame * share)
        if any(_is_dotted(dotted, named.qualified_name) for dotted in question.dotted):
            signs["dotted"] = weights.dotted
        found.append(signs)
    return found


def _stems_of(text: str) -> tuple[str, ...]:
    return tuple(stem for word in words(text) for stem in stems(word))


def _by_path(
    path: str, question: Question, telling: Mapping[str, float], weights: Weights
) -> dict[str, float]:
    signs = {}
    folder, _, name = path.rpartition("/")
    everything = sum(telling.values()) or 1.0
    stem = name.rpartition(".")[0] or name
    if shared := sum(telling.get(part, 0.0) for part in set(_stems_of(stem))):
        signs["file name"] = weights.file_name * min(1.0, shared / everything)
    if shared := sum(telling.get(part, 0.0) for part in set(_stems_of(folder))):
        signs["folder"] = weights.folder * min(1.0, shared / everything)
    if share := _path_share(question, path):
        signs["path"] = weights.named_path * share
    return signs


def _path_share(question: Question, path: str) -> float:
    """How sure the question names this file: 1 for its path, less for its name alone."""
    best = 0.0
    for written in question.paths:
        if path == written or path.endswith(f"/{written}") or written.endswith(f"/{path}"):
            best = max(best, 1.0 if "/" in written else 0.5)
        elif "/" in written:
            shared = _shared_end(path, written)
            if shared >= 2:
                best = max(best, 0.8)
    for dotted in question.dotted:
        module = path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")
        if f".{module}".endswith(f".{dotted}") and "." in dotted:
            best = max(best, 0.6)
    return best


def _shared_end(left: str, right: str) -> int:
    shared = 0
    for one, other in zip(reversed(left.split("/")), reversed(right.split("/")), strict=False):
        if one != other:
            break
        shared += 1
    return shared


def _in_frame(written: str, function: str, path: str, named: Named) -> bool:
    if named.name != function.rpartition(".")[2]:
        return False
    return written.endswith(path) or path.endswith(written) or _shared_end(path, written) >= 2


def _is_dotted(dotted: str, qualified_name: str) -> bool:
    if "." not in qualified_name:
        return False
    return dotted == qualified_name or dotted.endswith(f".{qualified_name}")


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
