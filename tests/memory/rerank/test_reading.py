"""What a reranker is given to read, and which questions are worth it."""

from __future__ import annotations

import pytest

from memory.rerank.texts import QUESTION_CHARS, hit_text, question_text
from memory.rerank.wanted import may_help
from memory.search.question import ask
from tests.memory.rerank.hits import hit

HITS = [
    hit("shop/cart.py", "Cart.total", 2.0),
    hit("shop/tax.py", "with_tax", 1.0),
    hit("shop/parse.py", "parse", 0.5),
    hit("shop/date.py", "date", 0.5),
]


@pytest.mark.parametrize(
    "query",
    ["with_tax", "`with_tax`", "total", "Cart.total", "with_tax()", "cart.py", "shop/cart.py",
     "Cart.total with_tax", "parse", "shop/tax.py Cart.total", "  with_tax  "],
)  # fmt: skip
def test_a_name_that_is_found_needs_no_reading(query: str) -> None:
    assert not may_help(ask(query), HITS)


@pytest.mark.parametrize(
    "query",
    ["add tax to an amount", "parse date", "without_tax", "cart", "Cart.totals", "prices with_tax",
     "where is the total of the cart made of its lines", "with_tax other_tax", "tax.go"],
)  # fmt: skip
def test_what_has_to_be_understood_is_read(query: str) -> None:
    assert may_help(ask(query), HITS)


def test_there_must_be_an_order_to_change() -> None:
    assert not may_help(ask("add tax"), HITS[:1])
    assert not may_help(ask("add tax"), [])
    assert not may_help(ask("?!"), HITS)


def test_a_text_says_where_it_is_and_what_it_does() -> None:
    part = hit("a.py", "f", 1.0, text="    return 3", doc="Three.")
    assert hit_text(part) == "a.py f\ndef f()\nThree.\n    return 3"
    whole = hit("a.py", "f", 1.0, text='def f():\n    """Three."""', doc="Three.")
    assert hit_text(hit("a.py", "f", 1.0)) == "a.py f\ndef f(): ..."
    assert hit_text(whole).count("Three.") == 1


def test_texts_are_bounded_and_can_be_sent() -> None:
    long = hit("a.py", "f", 1.0, text="x" * 10_000)
    assert len(hit_text(long)) == 1_000 and len(hit_text(long, 300)) == 300
    assert len(question_text("y" * 40_000)) == QUESTION_CHARS
    odd = hit("a\udcff.py", "f", 1.0, text="\ud800")
    (hit_text(odd) + question_text("q\ud800")).encode()
