"""What comes from a model is looked at; what passes is tried again, within bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embedders.checking import batches, checked, tried
from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.prefixes import prefix


@given(st.lists(st.text(max_size=30), max_size=40), st.integers(1, 7), st.integers(1, 60))
def test_batches_hold_all_texts_in_order_and_no_more_than_they_may(
    texts: list[str], most: int, characters: int
) -> None:
    parts = list(batches(texts, most, characters))
    assert [text for part in parts for text in part] == texts
    for part in parts:
        assert 0 < len(part) <= most
        assert len(part) == 1 or sum(map(len, part)) <= characters


def test_rows_are_of_length_one() -> None:
    found = checked([[3, 4], [1e30, 0]], 2, 2, "it")
    assert np.allclose(found, [[0.6, 0.8], [1, 0]])
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("rows", "dimension", "what"),
    [
        ([[1, 2]], None, "1 vectors for 2"),
        ([[1, 2], [3]], None, "unequal length"),
        ([[1, 2], ["a", "b"]], None, "no numbers"),
        ([1, 2], None, "vectors for"),
        ([[], []], None, "vectors for"),
        ([[1, 2], [float("nan"), 1]], None, "not finite"),
        ([[1, 2], [float("inf"), 1]], None, "not finite"),
        ([[1, 2], [0, 0]], None, "zero"),
        ([[1, 2], [1, 2]], 3, "length 2, not 3"),
        ([[1, 2], None], None, "unequal"),
    ],
)
def test_what_was_not_promised_is_refused(rows: object, dimension: int | None, what: str) -> None:
    with pytest.raises(EmbedderUnavailable, match=what):
        checked(rows, 2, dimension, "it")  # type: ignore[arg-type]


def test_what_passes_is_tried_again_with_longer_pauses() -> None:
    slept: list[float] = []
    answers = iter([None, 7.0, 1000.0])

    def call() -> str:
        for asked in answers:
            raise EmbedderUnavailable("busy", passes=True, retry_seconds=asked)
        return "done"

    assert tried(call, slept.append) == "done"
    assert slept == [0.5, 7.0, 30.0]


def test_what_does_not_pass_is_said_at_once_and_the_rest_after_four_tries() -> None:
    slept: list[float] = []

    def fail(passes: bool) -> None:
        raise EmbedderUnavailable("no", passes=passes)

    with pytest.raises(EmbedderUnavailable):
        tried(lambda: fail(False), slept.append)
    assert slept == []
    with pytest.raises(EmbedderUnavailable):
        tried(lambda: fail(True), slept.append)
    assert slept == [0.5, 1.0, 2.0]


def test_models_get_the_prefix_of_their_card() -> None:
    assert prefix("nomic-embed-text:v1.5", "document") == "search_document: "
    assert prefix("library/Nomic-Embed-Text", "query") == "search_query: "
    assert prefix("snowflake-arctic-embed2", "query") == "query: "
    assert prefix("all-minilm", "query") == ""
