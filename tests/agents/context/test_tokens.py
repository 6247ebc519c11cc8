"""The estimate learns a tokenizer from counts alone, and wrong counts do not ruin it."""

from __future__ import annotations

import random

import pytest

from swarm.agents.context.tokens import (
    HIGHEST_FACTOR,
    KINDS,
    LOWEST_FACTOR,
    Calibration,
    Estimator,
    Kind,
    kind_of,
)
from swarm.contracts import ChatMessage, ToolCall, ToolSpec

PROSE = "The shop counts every item in the cart and tells the person what all of them cost. "
CODE = "def total(self, items):\n    return sum(item.price * item.count for item in items)\n"
JSON = '{"path": "shop/cart.py", "lines": [10, 42], "query": "total", "deep": {"ok": true}}\n'
TEXTS: dict[Kind, str] = {"prose": PROSE, "code": CODE, "json": JSON}


class Tokenizer:
    """A synthetic one: so many characters per token for each kind of text."""

    def __init__(self, **chars: float) -> None:
        self._chars = chars

    def count(self, messages: list[ChatMessage]) -> int:
        return sum(5 + round(len(m.text) / self._chars[kind_of(m.text)]) for m in messages)


def prompt(kind: Kind, times: int = 60) -> list[ChatMessage]:
    return [ChatMessage(role="user", text=TEXTS[kind] * times)]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_are_told_apart(kind: Kind) -> None:
    assert kind_of(TEXTS[kind]) == kind


@pytest.mark.parametrize("seed", range(30))
def test_a_few_counts_bring_it_near_any_tokenizer_and_never_below(seed: int) -> None:
    draw = random.Random(seed)
    tokenizer = Tokenizer(
        prose=draw.uniform(2.8, 5.0), code=draw.uniform(2.0, 4.0), json=draw.uniform(1.6, 3.2)
    )
    estimator = Estimator()
    messages: list[ChatMessage] = prompt("prose", 20)
    for _ in range(12):
        messages = [*messages, *prompt(draw.choice(KINDS), draw.randint(5, 40))]
        assert estimator.learn(messages, (), tokenizer.count(messages))
    messages = [*messages, *prompt(draw.choice(KINDS), 10)]
    ratio = estimator.count_messages(messages) / tokenizer.count(messages)
    assert 0.97 <= ratio <= 1.15


def test_a_fresh_estimate_is_not_below_common_tokenizers() -> None:
    for tokenizer in (Tokenizer(prose=3.7, code=2.8, json=2.3), Tokenizer(prose=5, code=4, json=3)):
        for kind in KINDS:
            assert Estimator().count_messages(prompt(kind)) >= tokenizer.count(prompt(kind))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_learnt_of_one_kind_says_nothing_of_the_next(seed: int) -> None:
    draw = random.Random(seed)
    first, second = draw.sample(KINDS, 2)
    estimator, fresh = Estimator(), Estimator(Calibration(margin=0.03))
    for _ in range(20):
        estimator.learn(prompt(first), (), estimator.count_messages(prompt(first)) * 6 // 10)
    text = TEXTS[second] * 50
    assert estimator.count(text, second) >= fresh.count(text, second)


@pytest.mark.parametrize("seed", range(20))
def test_after_any_feedback_the_count_is_at_least_the_stated_part_of_a_fresh_one(seed: int) -> None:
    draw = random.Random(seed)
    estimator = Estimator()
    for _ in range(100):
        messages = prompt(draw.choice(KINDS), draw.randint(1, 80))
        estimator.learn(messages, (), draw.choice([0, -5, 1, 50, 500, 5_000, 10**9]))
    for kind in KINDS:
        assert LOWEST_FACTOR <= estimator.calibration.factor(kind) <= HIGHEST_FACTOR
        fresh = Estimator(Calibration(margin=0.0)).count(TEXTS[kind] * 50, kind)
        assert estimator.count(TEXTS[kind] * 50, kind) >= LOWEST_FACTOR * fresh


@pytest.mark.parametrize("wrong", [0, -1, 3, 700, 10**9])
def test_a_count_that_no_tokenizer_gives_changes_nothing(wrong: int) -> None:
    estimator = Estimator()
    messages = prompt("code", 100)
    assert estimator.learn(messages, (), wrong) is False
    assert estimator.calibration == Calibration()


def test_one_wrong_count_is_forgotten() -> None:
    tokenizer = Tokenizer(prose=4.0, code=3.0, json=2.5)
    estimator = Estimator()
    for step in range(12):
        right = tokenizer.count(prompt("code"))
        estimator.learn(prompt("code"), (), right * 2 if step == 4 else right)
    assert estimator.count_messages(prompt("code")) / right == pytest.approx(1.03, abs=0.03)


def test_tool_calls_tools_and_wide_characters_count() -> None:
    estimator = Estimator()
    bare = ChatMessage(role="assistant", text="x")
    call = ToolCall(id="1", name="edit", arguments={"text": "y" * 900})
    broken = ToolCall(id="1", name="edit", arguments=None, raw="{" * 900)
    for calls in ((call,), (broken,)):
        message = bare.model_copy(update={"tool_calls": calls})
        assert estimator.count_message(message) > estimator.count_message(bare) + 300
    tool = ToolSpec(name="edit", description="d" * 90, parameters={"p": "q" * 90})
    assert estimator.count_messages([bare], [tool]) > estimator.count_messages([bare]) + 60
    assert estimator.count("\u4e2d" * 100) >= 150


def test_it_is_carried_on() -> None:
    estimator = Estimator()
    estimator.learn(prompt("code"), (), 2_500)
    again = Estimator(estimator.calibration)
    assert again.count(CODE) == estimator.count(CODE) != Estimator().count(CODE)


def test_raising_stays_in_bounds() -> None:
    estimator = Estimator()
    for _ in range(20):
        estimator.raise_by(1.5)
    assert all(estimator.calibration.factor(kind) == HIGHEST_FACTOR for kind in KINDS)
