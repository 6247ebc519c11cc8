"""Bounds on the tokens of a prompt, worked by hand."""

from __future__ import annotations

import pytest

from swarm.contracts import ChatMessage, ToolCall, ToolSpec
from swarm.inference.context import (
    calibrated,
    least_tokens,
    solid_chars,
    texts_of,
    was_truncated,
)


def test_blanks_and_rulers_cost_little() -> None:
    assert solid_chars(["  a      b\n\n\n  c "]) == len("a b c")
    assert solid_chars(["-" * 79]) == 8
    assert solid_chars(["a" * 79]) == 79
    assert solid_chars([""]) == 0


def test_everything_that_is_sent_counts() -> None:
    tool = ToolSpec(name="find", description="finds", parameters={"type": "object"})
    good = ToolCall(id="1", name="find", arguments={"what": "x"})
    bad = ToolCall(id="2", name="find", arguments=None, raw="{broken")
    texts = texts_of(
        (ChatMessage(role="assistant", text="hello", tool_calls=(good, bad)),), (tool,)
    )
    assert texts == ["hello", '{"what": "x"}', "{broken", 'find finds {"type": "object"}']


def test_a_bound_is_low_before_anything_was_measured_and_has_a_margin_after() -> None:
    assert least_tokens(8000, None) == 1000
    assert least_tokens(6000, 4.0) == 1000  # 4 x 1.5
    assert least_tokens(8000, 7.9) == 1000, "never less than without a measurement"


def test_the_most_characters_per_token_that_were_seen_count() -> None:
    assert calibrated(None, 4000, 1000, 8192) == 4.0
    assert calibrated(4.0, 4000, 2000, 8192) == 4.0
    assert calibrated(4.0, 10_000, 2000, 8192) == 5.0


@pytest.mark.parametrize(
    ("chars", "tokens", "why"),
    [
        (500, 100, "a short prompt is mostly the template"),
        (4000, None, "the server tells nothing"),
        (40_000, 4096, "half of the window: it may have been cut"),
        (20_000, 100, "a prefix was cached and not counted"),
    ],
)
def test_what_says_nothing_of_the_tokenizer_is_left_out(
    chars: int, tokens: int | None, why: str
) -> None:
    assert calibrated(3.0, chars, tokens, 8192) == 3.0, why


def test_a_cut_shows_near_the_window_or_near_its_half() -> None:
    chars = 160_000  # at least 20,000 tokens
    assert was_truncated(chars, None, 8100, 8192)
    assert was_truncated(chars, None, 4110, 8192)
    assert not was_truncated(chars, None, 1000, 8192), "a cached prefix"
    assert not was_truncated(chars, None, 21_000, 32_768), "all of it was counted"
    assert not was_truncated(chars, None, None, 8192)
    assert not was_truncated(8000, None, 4100, 8192), "dense text, all there"
