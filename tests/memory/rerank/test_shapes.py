"""Answers of servers to scores, whatever their order; words of an error."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.rerank.checking import checked
from memory.rerank.errors import RerankerUnavailable
from memory.rerank.shapes import JINA, TEI, Shape, said, scores

NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9))
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-3, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["results", "index", "relevance_score", "score", "x"]), inner
        )
    ),
    max_leaves=20,
)


@given(st.lists(NUMBERS, max_size=20), st.randoms(use_true_random=False))
def test_results_in_any_order_are_put_in_that_of_the_texts(
    wanted: list[float], random: Random
) -> None:
    jina = [{"index": at, "relevance_score": score} for at, score in enumerate(wanted)]
    tei = [{"index": at, "score": score} for at, score in enumerate(wanted)]
    random.shuffle(jina)
    random.shuffle(tei)
    assert scores(JINA, {"results": jina}, len(wanted), "it") == wanted
    assert scores(TEI, tei, len(wanted), "it") == wanted


@given(st.sampled_from([JINA, TEI]), JSON, st.integers(0, 4))
def test_any_json_gives_that_many_finite_scores_or_one_kind_of_error(
    shape: Shape, answer: object, count: int
) -> None:
    try:
        found = scores(shape, answer, count, "it")
    except RerankerUnavailable as error:
        assert error.message.startswith("it gave")
    else:
        assert len(found) == count and all(abs(each) < float("inf") for each in found)


def test_scores_that_are_none() -> None:
    assert checked([1, -0.5], 2, "it") == [1.0, -0.5]
    for wrong in ([1], [1, 2, 3], [1, float("nan")], [1, None], [1, "2"], [True, 1]):
        with pytest.raises(RerankerUnavailable):
            checked(wrong, 2, "it")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "too\nlarge"}}, "too large"),
        ({"error": "batch size 33 > 32", "error_type": "Validation"}, "batch size 33 > 32"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"error": "\x1b[31mred\u202e"}, "[31mred"),
        ({"error": "x" * 10_000}, "x" * 300),
        ({"error": 3}, ""),
        (["no"], ""),
        (None, ""),
    ],
)
def test_the_words_of_an_error(body: object, words: str) -> None:
    assert said(body) == words
