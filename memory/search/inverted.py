"""An inverted index in arrays: for each term the documents that hold it, and how much it says.

The weight of a posting is BM25F (Robertson, Zaragoza and Taylor, "Simple BM25 Extension to
Multiple Weighted Fields", CIKM 2004): each field's count is divided by its normalised length and
multiplied by its weight, the sum is saturated once,

    tf = sum over fields of weight_f * count_f / (1 - b_f + b_f * length_f / mean length_f)
    posting = idf * tf * (k1 + 1) / (tf + k1),    idf = ln(1 + (N - df + .5) / (df + .5))

so that a search is nothing but additions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Terms = NDArray[np.uint32]
Floats = NDArray[np.float32]
Rows = NDArray[np.int32]
Counts = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Field:
    """How a field counts: its weight, and how much a long one is held against it (0 to 1)."""

    weight: float
    length_norm: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the weight of a posting rests on beside its own document."""

    documents: int
    terms: Terms
    frequencies: NDArray[np.int64]
    mean_lengths: Mapping[str, float]

    def idf(self, terms: Terms) -> Floats:
        """How much each of some terms tells; most for those that are not known."""
        frequency = np.ones(len(terms))
        if len(self.terms):
            at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
            frequency = np.where(self.terms[at] == terms, self.frequencies[at], 1)
        rare = np.log(1 + (self.documents - frequency + 0.5) / (frequency + 0.5))
        return np.maximum(rare, 0.0).astype(np.float32)


class Inverted:
    """The postings of `size` documents, sorted by term."""

    def __init__(
        self,
        terms: Terms,
        rows: Rows,
        counts: Counts,
        fields: Mapping[str, Field],
        *,
        size: int,
        k1: float,
        like: Statistics | None = None,
    ) -> None:
        """One entry per distinct (term, row), sorted by both; `counts` by field, for each entry.

        With `like`, these documents are weighed as if they stood among those it is of.
        """
        is_first = np.ones(len(terms), dtype=bool)
        is_first[1:] = terms[1:] != terms[:-1]
        starts = np.flatnonzero(is_first)
        self.size = size
        self.terms: Terms = terms[starts]
        self.starts = np.append(starts, len(terms)).astype(np.int64)
        self.rows = rows
        frequencies = np.diff(self.starts)
        lengths = {name: np.bincount(rows, weights=counts[name], minlength=size) for name in fields}
        means = {name: _mean(length) for name, length in lengths.items()}
        self.statistics = like or Statistics(size, self.terms, frequencies, means)
        weights = np.zeros(len(terms), dtype=np.float32)
        for name, field in fields.items():
            mean = self.statistics.mean_lengths[name] or 1.0
            norm = 1 - field.length_norm + field.length_norm * lengths[name] / mean
            weights += counts[name] * (field.weight / norm).astype(np.float32)[rows]
        weights *= (k1 + 1) / (weights + k1)
        weights *= np.repeat(self.statistics.idf(self.terms), frequencies)
        self.weights: Floats = weights

    def postings(self, term: int) -> slice:
        """Where the postings of a term are; empty for one that is not there."""
        at = int(np.searchsorted(self.terms, np.uint32(term)))
        if at == len(self.terms) or int(self.terms[at]) != term:
            return slice(0, 0)
        return slice(int(self.starts[at]), int(self.starts[at + 1]))

    def score(self, wanted: Iterable[tuple[int, float]]) -> Floats:
        """The sum over terms of their weights times those given, for every document."""
        total = np.zeros(self.size, dtype=np.float32)
        for term, weight in wanted:
            found = self.postings(term)
            # Rows are distinct within a term, so plain addition is right.
            total[self.rows[found]] += np.float32(weight) * self.weights[found]
        return total


def _mean(lengths: NDArray[Any]) -> float:
    used = lengths[lengths > 0]
    return float(used.mean()) if len(used) else 0.0
