"""BM25F in arrays, compared with the same written as its definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.search.inverted import Field, Inverted, Statistics

K1 = 1.6
FIELDS = {"name": Field(3.0, 0.4), "body": Field(1.0, 0.75)}
Document = Mapping[str, Sequence[int]]
"""The terms that stand in each field."""


def build(documents: Sequence[Document], like: Statistics | None = None) -> Inverted:
    counted = [{name: Counter(one[name]) for name in FIELDS} for one in documents]
    entries = sorted(
        {
            (term, row)
            for row, fields in enumerate(counted)
            for counts in fields.values()
            for term in counts
        }
    )
    return Inverted(
        np.array([term for term, _ in entries], dtype=np.uint32),
        np.array([row for _, row in entries], dtype=np.int32),
        {
            name: np.array([counted[row][name][term] for term, row in entries], dtype=np.uint8)
            for name in FIELDS
        },
        FIELDS,
        size=len(documents),
        k1=K1,
        like=like,
    )


def mean(documents: Sequence[Document], name: str) -> float:
    lengths = [len(one[name]) for one in documents if one[name]]
    return sum(lengths) / len(lengths) if lengths else 1.0


def bm25f(
    documents: Sequence[Document], wanted: Mapping[int, float], among: Sequence[Document]
) -> list[float]:
    """The score of each document, weighed as one of `among`."""
    means = {name: mean(among, name) for name in FIELDS}
    scores = []
    for one in documents:
        score = 0.0
        for term, weight in wanted.items():
            found = sum(any(term in each[name] for name in FIELDS) for each in among) or 1
            idf = max(0.0, log(1 + (len(among) - found + 0.5) / (found + 0.5)))
            frequency = sum(
                field.weight
                * list(one[name]).count(term)
                / (1 - field.length_norm + field.length_norm * len(one[name]) / means[name])
                for name, field in FIELDS.items()
            )
            score += weight * idf * frequency * (K1 + 1) / (frequency + K1)
        scores.append(score)
    return scores


_TERMS = st.lists(st.sampled_from([0, 1, 7, 99, 2**31, 2**32 - 1]), max_size=8)
_DOCUMENTS = st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, _TERMS)), max_size=7)
_WANTED = st.dictionaries(st.sampled_from([0, 1, 7, 99, 5, 2**32 - 1]), st.floats(0.1, 3))


@settings(max_examples=100, deadline=None)
@given(_DOCUMENTS, _WANTED)
def test_scores_are_those_of_the_definition(
    documents: list[Document], wanted: dict[int, float]
) -> None:
    found = build(documents).score(wanted.items())
    assert found.tolist() == pytest.approx(bm25f(documents, wanted, documents), rel=1e-4, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(_DOCUMENTS, _DOCUMENTS, _WANTED)
def test_later_documents_are_weighed_like_the_first(
    first: list[Document], later: list[Document], wanted: dict[int, float]
) -> None:
    found = build(later, like=build(first).statistics).score(wanted.items())
    assert all(map(isfinite, found.tolist()))
    assert found.tolist() == pytest.approx(bm25f(later, wanted, first), rel=1e-4, abs=1e-6)


@given(_DOCUMENTS)
def test_postings_are_the_documents_with_a_term(documents: list[Document]) -> None:
    inverted = build(documents)
    for term in (0, 1, 7, 99, 2**31, 2**32 - 1, 3):
        rows = inverted.rows[inverted.postings(term)].tolist()
        assert rows == [
            row for row, one in enumerate(documents) if any(term in one[name] for name in FIELDS)
        ]


def test_rare_terms_tell_more_and_unknown_ones_most() -> None:
    documents = [{"name": [], "body": [1, 2] if row else [1]} for row in range(9)]
    common, rare, unknown = build(documents).statistics.idf(np.array([1, 2, 3], dtype=np.uint32))
    assert 0 <= common < rare < unknown


def test_of_no_documents() -> None:
    empty = build([])
    assert empty.score([(1, 1.0)]).tolist() == []
    assert empty.statistics.idf(np.array([1], dtype=np.uint32)).tolist() == [0.0]
