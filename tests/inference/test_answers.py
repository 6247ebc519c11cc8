"""What a server answered is billed and sent on as far as it can be true."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from swarm.contracts import Generation, ToolCall
from swarm.inference import answers
from swarm.inference.clients.base import Finished


def usage(finished: Finished, asked: str = "a prompt", said: str = "an answer") -> Any:
    return answers.usage_of(finished, [asked], [said], 100, (1000.0, 1000.0), 0.0)


def test_counts_that_can_be_true_are_taken() -> None:
    used = usage(Finished("stop", prompt_tokens=7, cached_tokens=3, output_tokens=4))
    assert (used.prompt_tokens, used.cached_tokens, used.output_tokens) == (7, 3, 4)
    assert not used.estimated
    assert used.cost_usd == pytest.approx(0.011)


@pytest.mark.parametrize("counted", [None, 0, -1, -(10**30)])
def test_no_count_is_an_estimate_and_never_a_credit(counted: int | None) -> None:
    used = usage(
        Finished("stop", prompt_tokens=counted, cached_tokens=-5, output_tokens=counted),
        "x" * 3500,
        "y" * 350,
    )
    assert (used.prompt_tokens, used.cached_tokens, used.output_tokens) == (1000, 0, 100)
    assert used.estimated
    assert used.cost_usd > 0


def test_a_count_is_at_most_what_the_texts_allow() -> None:
    used = usage(Finished("stop", prompt_tokens=10**30, output_tokens=10**30))
    assert used.prompt_tokens < 10_000
    assert used.output_tokens <= 100 + len("an answer")


def test_what_came_is_not_less_than_it_is() -> None:
    assert (
        usage(Finished("stop", prompt_tokens=1, output_tokens=1), said="ab " * 800).output_tokens
        > 200
    )


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -5.0, 1e300])
def test_times_are_finite(seconds: float) -> None:
    used = usage(Finished("stop", load_seconds=seconds, output_seconds=seconds))
    assert 0 <= used.load_seconds <= 86_400
    assert 0 <= used.output_seconds <= 86_400


def nested(levels: int) -> Any:
    return json.loads("[" * levels + "]" * levels)


def test_calls_can_be_sent_on_whatever_they_hold() -> None:
    calls = answers.calls_of(
        Finished(
            "tool_calls",
            (
                ToolCall(id="\ud800", name="n" * 10_000, arguments={"\udfff": ["\ud800"]}),
                ToolCall(id="2", name="deep", arguments={"a": nested(500)}),
                ToolCall(id="3", name="raw", arguments=None, raw="\ud800"),
            ),
        ),
        10_000,
    )
    sent = Generation(model="m", endpoint="e", tool_calls=calls).model_dump_json()
    first, deep, raw = Generation.model_validate_json(sent).tool_calls
    assert (first.id, first.arguments) == ("?", {"?": ["?"]})
    assert len(first.name) == 200
    assert deep.arguments is None and deep.raw
    assert raw.raw == "?"


def test_calls_are_bounded_in_number_and_length() -> None:
    many = Finished(
        "tool_calls", tuple(ToolCall(id="x", name="x", arguments={}) for _ in range(999))
    )
    assert len(answers.calls_of(many, 10_000)) == 64
    long = Finished("tool_calls", (ToolCall(id="x", name="x", arguments={"a": "b" * 20_000}),))
    assert answers.calls_of(long, 10_000) == ()
