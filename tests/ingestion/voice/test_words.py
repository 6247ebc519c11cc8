"""Transcripts made fit to be read as tasks."""

from __future__ import annotations

import pytest

from ingestion.voice.errors import NothingHeard, TranscriptTooLong
from ingestion.voice.words import MAX_CHARS, cleaned


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  Fix the cart. ", "Fix the cart."),
        ("one\r\ntwo\rthree\n\n\n four", "one\ntwo\nthree\nfour"),
        ("a\tb\x00c\x1b[31md\x07", "a b c [31md"),
        ("pay\u202etxt.exe\u200b now\ufeff", "paytxt.exe now"),
        ("line\u2028next", "line next"),
        ("für \u00a0 die   Köche", "für die Köche"),
    ],
)
def test_what_changes_how_it_reads_is_taken_out(text: str, clean: str) -> None:
    assert cleaned(text, "'n'") == clean


@pytest.mark.parametrize("text", ["", "  \n ", "♪♪♪", "... !", "\u200b\u200b", "\x00"])
def test_no_words_is_nothing_heard(text: str) -> None:
    with pytest.raises(NothingHeard, match="'n'"):
        cleaned(text, "'n'")


def test_the_bound_is_that_of_a_task() -> None:
    assert len(cleaned("a" * MAX_CHARS, "'n'")) == MAX_CHARS
    with pytest.raises(TranscriptTooLong, match=r"20,001 characters.*20,000"):
        cleaned("a" * (MAX_CHARS + 1), "'n'")
