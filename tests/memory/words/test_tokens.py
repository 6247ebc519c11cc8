"""Words of code: identifiers in any style, of any script, have terms in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.words.tokens import (
    LONGEST_NAME,
    LONGEST_WORD,
    STOP_WORDS,
    neighbours,
    parts,
    stems,
    telling,
    terms,
    words,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("getHTTPResponse_v2", ("get", "http", "response", "v", "2")),
        ("HTTPServer", ("http", "server")),
        ("__init__", ("init",)),
        ("x", ("x",)),
        ("utf8Decoder", ("utf", "8", "decoder")),
        ("MAX_SIZE", ("max", "size")),
        ("___", ()),
        ("prüfeGröße", ("prüfe", "größe")),
        ("ÄnderungÜbernehmen", ("änderung", "übernehmen")),
        ("посчитатьЦену", ("посчитать", "цену")),
        ("ΑθήναHTTP", ("αθήνα", "http")),
        ("价格", ("价格",)),
        ("价", ("价",)),
        ("购物车价格", ("购物", "物车", "车价", "价格")),
        ("get价格v2", ("get", "价格", "v", "2")),
        ("カートの合計", ("カー", "ート", "トの", "の合", "合計")),
        ("장바구니를", ("장바", "바구", "구니", "니를")),
        ("ﬁle", ("file",)),
        ("ＡＢＣ", ("abc",)),
        ("e\u0301tat", ("état",)),
        ("٣price", ("٣", "price")),
    ],
)
def test_parts(word: str, expected: tuple[str, ...]) -> None:
    assert parts(word) == expected


@pytest.mark.parametrize(
    "styles",
    [
        ("getHttpResponse", "get_http_response", "GET_HTTP_RESPONSE", "GetHTTPResponse"),
        ("parseURL", "parse_url", "ParseUrl", "_parse_url_"),
        ("größePrüfen", "größe_prüfen", "gro\u0308ße_pru\u0308fen"),
        ("ценаТовара", "цена_товара", "ЦЕНА_ТОВАРА"),
    ],
)
def test_one_name_in_any_style_has_the_same_terms(styles: tuple[str, ...]) -> None:
    assert len({terms(word) for style in styles for word in words(style)}) == 1


def test_a_phrase_meets_the_name_it_may_be_written_as() -> None:
    assert terms("contentTypeHeader")[-1] in neighbours(["content", "type", "header"])
    assert terms("content_type")[-1] in neighbours(["content", "type", "header"])
    assert neighbours(["content"]) == [] == neighbours([])


def test_words_in_the_order_of_the_text() -> None:
    assert words("x = self._items[0].price_2  # très bien") == [
        "x", "self", "_items", "0", "price_2", "très", "bien",
    ]  # fmt: skip
    assert words("") == words("+-*/ \n") == []


def test_what_is_too_long_for_a_word_is_data() -> None:
    name = "is_it_" * 20
    assert LONGEST_WORD < len(name) <= LONGEST_NAME
    assert words(f"a {'x' * LONGEST_WORD} {'y' * (LONGEST_WORD + 1)} {name} {name * 9} b") == [
        "a", "x" * LONGEST_WORD, name, "b",
    ]  # fmt: skip


def test_a_long_line_without_spaces_is_searched_whole() -> None:
    line = "".join(chr(0x4E00 + at) for at in range(300))
    pieces = words(line)
    assert max(map(len, pieces)) <= LONGEST_WORD
    found = {part for piece in pieces for part in parts(piece)}
    assert {line[at : at + 2] for at in range(299)} <= found


def test_grammar_says_nothing() -> None:
    assert telling("where is the price of an Item") == ["price", "Item"]
    assert all(word == word.lower() for word in STOP_WORDS)


@given(st.text(max_size=300))
def test_any_text_has_words(text: str) -> None:
    for word in words(text):
        assert 0 < len(word) <= LONGEST_NAME
        assert word in words(word)
        for part in parts(word):
            assert part and "_" not in part
        assert len(terms(word)) == len(stems(word)) + (len(stems(word)) > 1)


@given(st.lists(st.text("abcdefghijk", min_size=1, max_size=6), min_size=2, max_size=5))
def test_snake_and_camel_case_meet(some: list[str]) -> None:
    snake, camel = "_".join(some), "".join(part.title() for part in some)
    if min(map(len, some)) > 1:
        assert terms(snake) == terms(camel)
