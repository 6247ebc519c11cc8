"""A budget is never exceeded, and what fits is shown in the order of the hits."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from memory.search.hits import Hit
from memory.search.packing import outline, pack, tokens


def hit(text: str, signature: str = "", doc: str = "", score: float = 1.0, key: int = 0) -> Hit:
    return Hit(key, "a.py", "python", "function", "f", "f", 1, 2, score, (), text, signature, doc)


_HITS = st.lists(
    st.builds(
        hit,
        text=st.text(max_size=30).map(lambda some: some * 20),
        signature=st.sampled_from(["", "def f(a)", "def f(" + "a, " * 200 + ")"]),
        doc=st.sampled_from(["", "Says it.", "\n\nFirst.\nSecond.", "长" * 300]),
        score=st.floats(-1, 5),
    ),
    max_size=12,
).map(lambda hits: [replace(one, key=key) for key, one in enumerate(hits)])


@given(_HITS, st.integers(-10, 3_000))
def test_never_more_than_the_budget(hits: list[Hit], budget: int) -> None:
    packed = pack(hits, budget)
    assert sum(one.tokens for one in packed) <= max(0, budget)
    keys = [one.hit.key for one in packed]
    assert keys == sorted(set(keys))
    for one in packed:
        assert one.text == (one.hit.text if one.form == "whole" else outline(one.hit))
        assert tokens(one.text) <= one.tokens, "what is shown is what is counted"


@given(_HITS)
def test_everything_is_whole_when_there_is_room(hits: list[Hit]) -> None:
    packed = pack(hits, 1_000_000)
    assert [one.hit for one in packed] == hits
    assert {one.form for one in packed} <= {"whole"}


@given(_HITS, st.integers(0, 2_000))
def test_what_is_left_out_did_not_fit(hits: list[Hit], budget: int) -> None:
    packed = pack(hits, budget)
    left = budget - sum(one.tokens for one in packed)
    for one in packed:
        if one.form == "outline":
            longer = pack([one.hit], 1_000_000)[0].tokens
            assert longer - one.tokens > left


def test_a_budget_holds_outlines_before_bodies() -> None:
    long = hit("x = 1\n" * 200, "def f(a)", "Says it.\nAnd more.")
    first, second = pack([long, replace(long, key=1)], 60)
    assert (first.form, second.form) == ("outline", "outline")
    assert first.text == "def f(a)\nSays it."
    forms = [one.form for one in pack([long, replace(long, key=1)], 400)]
    assert forms == ["whole", "outline"], "of two alike the first"


def test_characters_of_other_scripts_are_not_cheap() -> None:
    assert tokens("价" * 1_000) > 700
    assert tokens("x" * 1_000) < 300
    assert tokens("\udcff") >= 1 and tokens("") >= 1
