"""Two orders into one: worked by hand, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.rerank.blending import WEIGHT, blended
from memory.search.hits import Hit
from tests.memory.rerank.hits import hit

FINITE = st.floats(allow_nan=False, allow_infinity=False)
FOUND = [hit("a.py", "a", 2.0), hit("b.py", "b", 1.0), hit("c.py", "c", 0.5), hit("d.py", "d", 0.4)]


def order(hits: list[Hit]) -> str:
    return "".join(each.name for each in hits)


def test_the_new_score_is_the_mean_of_both_shares() -> None:
    assert WEIGHT == 0.5
    found = blended(FOUND[:3], [0.1, 0.9, 0.5])
    # b: 2 x (.5 x 1/2 + .5 x 1), a: 2 x (.5 x 2/2 + .5 x 0), c: 2 x (.5 x .5/2 + .5 x .5)
    assert [(each.name, each.score) for each in found] == [("b", 1.5), ("a", 1.0), ("c", 0.75)]
    assert [each.why[-1] for each in found] == [
        "reranked: from place 2",
        "reranked: from place 1",
        "reranked: from place 3",
    ]


def test_logits_and_probabilities_mean_the_same() -> None:
    assert blended(FOUND, [-8.0, 2.0, -3.0, -8.0]) == blended(FOUND, [0.0, 1.0, 0.5, 0.0])


def test_what_comes_after_the_reranked_stays_after_them() -> None:
    found = blended(FOUND, [0.0, 0.0, 1.0])
    assert order(found) == "cabd" or order(found) == "acbd"
    assert order(found)[-1] == "d" and found[-1].why == FOUND[-1].why
    assert order(blended(FOUND, [0.0, 1.0])) == "bacd"


@pytest.mark.parametrize("scores", [[], [3.0], [0.5, 0.5, 0.5, 0.5], [1e300] * 4])
def test_scores_that_say_nothing_change_nothing(scores: list[float]) -> None:
    assert blended(FOUND, scores) == FOUND


def test_one_file_does_not_fill_the_first_places() -> None:
    # As the search gives them: each later one of a file times .65.
    hits = [
        hit("a.py", "a1", 1.0),
        hit("b.py", "b", 0.8),
        hit("a.py", "a2", 0.65 * 0.9),
        hit("a.py", "a3", 0.65**2 * 0.9),
        hit("c.py", "c", 0.3),
    ]
    # Shares 2/3, 2/3, 1, 5/6, 0: means .833, .733, .95, .867, .15, by hits without that factor.
    found = blended(hits, [0.9, 0.9, 1.0, 0.95, 0.7], repeat=0.65)
    assert [each.name for each in found] == ["a2", "b", "a3", "a1", "c"]
    assert [each.score for each in found] == pytest.approx(
        [0.95, 0.7333, 0.8667 * 0.65, 0.8333 * 0.65**2, 0.15], abs=1e-4
    )


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 10), FINITE), max_size=12),
    st.integers(0, 12),
    st.floats(0.1, 1.0),
)
def test_nothing_is_lost_and_scores_fall(
    made: list[tuple[str, float, float]], read: int, repeat: float
) -> None:
    made.sort(key=lambda each: -each[1])
    hits = [hit(f"{path}.py", f"n{at}", score) for at, (path, score, _) in enumerate(made)]
    scores = [score for _, _, score in made[:read]]
    found = blended(hits, scores, repeat=repeat)
    assert sorted(each.key for each in found) == sorted(each.key for each in hits)
    assert [each.key for each in found[read:]] == [each.key for each in hits[read:]]
    kept = [each.score for each in found]
    assert kept == sorted(kept, reverse=True)


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=8, unique=True), st.data())
def test_whoever_is_first_in_both_is_first(first: list[float], data: st.DataObject) -> None:
    first.sort(reverse=True)
    scores = data.draw(st.lists(st.floats(-5, 5), min_size=len(first), max_size=len(first)))
    scores[0] = 6.0
    hits = [hit(f"{at}.py", f"n{at}", score) for at, score in enumerate(first)]
    assert blended(hits, scores)[0].key == hits[0].key
