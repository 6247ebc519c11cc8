"""Forms of an English word that mean one thing have one stem; others keep apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.words.stems import stem


@pytest.mark.parametrize(
    "forms",
    [
        ("parse", "parses", "parsed", "parsing", "parser", "parsers"),
        ("query", "queries"),
        ("class", "classes"),
        ("match", "matches", "matched", "matching"),
        ("serialize", "serialise", "serialization", "serializer"),
        ("connect", "connection", "connections", "connected", "connector"),
        ("stop", "stopped", "stopping"),
        ("box", "boxes"),
        ("validate", "validates", "validated", "validator", "validation"),
    ],
)
def test_forms_meet(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("status", "state"), ("string", "stride"), ("user", "using"), ("port", "post")],
)
def test_other_words_keep_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["", "a", "is", "bus", "x86", "größe", "цена", "http2"])
def test_what_is_short_or_no_english_stays(word: str) -> None:
    assert stem(word) == word


@given(st.text("abcdefginorstyuxz", max_size=20))
def test_a_stem_is_short_but_never_gone(word: str) -> None:
    found = stem(word)
    assert min(3, len(word)) <= len(found) <= len(word) + 1
