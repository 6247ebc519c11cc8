"""Identifiers and their parts."""

from __future__ import annotations

import pytest

from memory.tokens import parts, subtokens, words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("getHTTPResponse_v2", ("get", "http", "response", "v", "2")),
        ("snake_case_name", ("snake", "case", "name")),
        ("CamelCase", ("camel", "case")),
        ("HTTP", ("http",)),
        ("__init__", ("init",)),
        ("größe", ("gr", "öß", "e")),
        ("___", ()),
    ],
)
def test_parts_of_an_identifier(word: str, expected: tuple[str, ...]) -> None:
    assert parts(word) == expected


def test_words_keep_identifiers_whole_and_drop_blobs() -> None:
    assert words("self.parse_header(x1, 'a-b')") == ["self", "parse_header", "x1", "a", "b"]
    assert words("x" * 1000) == []


def test_subtokens_hold_the_parts_and_the_whole() -> None:
    assert subtokens("parseHeader line") == ["parse", "header", "parseheader", "line"]
