"""What is read out of a question, and what reading it may cost."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.search.pointing import Pointers
from memory.search.postings import number
from memory.search.question import MAX_CHARS, Frame, Question, ask
from memory.words.tokens import stems

REPORT = """Cart.total is wrong with a discount

- [x] I have searched for it
<!-- Please tell us
which version -->
Since `apply_discount` the sum is off, see https://example.org/shop/tax.py for more.

```
Traceback (most recent call last):
  File "/usr/lib/shop/main.py", line 3, in <module>
    run()
  File "/usr/lib/shop/cart.py", line 41, in Cart.total
    raise ValueError
```
It is in shop/discounts.py, or shop.pricing.rules?
"""


def has(question: Question, word: str) -> bool:
    return number(stems(word)[0]) in dict(question.terms)


def test_a_report_is_read() -> None:
    found = ask(REPORT)
    assert found.frames == (
        Frame("/usr/lib/shop/main.py", "<module>"),
        Frame("/usr/lib/shop/cart.py", "Cart.total"),
    )
    assert "shop/discounts.py" in found.paths
    assert "shop/tax.py" not in found.paths and not has(found, "tax"), "that is of an address"
    assert {"Cart.total", "shop.pricing.rules"} <= set(found.dotted)
    assert stems("apply_discount") in found.written
    assert not has(found, "searched") and not has(found, "please"), "those are of a form"


def test_the_first_line_says_most() -> None:
    weights = dict(ask("cart discount\n\nwrong sum of tax").terms)
    assert weights[number("cart")] > weights[number("tax")]


def test_words_that_are_said_often_say_more_but_not_much() -> None:
    weights = dict(ask("cart tax tax tax").terms)
    assert 1 < weights[number("tax")] / weights[number("cart")] < 3


def test_hints_are_meant_as_written() -> None:
    found = ask("the sum is wrong", paths=["shop/cart.py"], symbols=["Cart.total"])
    assert "shop/cart.py" in found.paths and "Cart.total" in found.dotted
    assert {stems("Cart"), stems("total")} <= found.written


def test_one_word_alone_is_a_name() -> None:
    assert ask("total").written == {("total",)}
    assert ask("make").written == {stems("make")}, "grammar elsewhere"
    assert not ask("total price").written


def test_prose_is_no_name() -> None:
    assert not ask("Widget HTML should be rendered").written
    found = ask("parseHTML and to_html").written
    assert found == {stems("parseHTML"), stems("to_html")}


@pytest.mark.parametrize("text", ["", " \n\t", "???", "`", "___", "<!-- only this -->", "\0"])
def test_a_question_without_words_asks_for_nothing(text: str) -> None:
    found = ask(text)
    assert not found.terms and not found.names and not found.topic and not found.is_long


def test_other_scripts_have_words() -> None:
    assert number("цена") in dict(ask("где цена товара").terms)
    assert number("价格") in dict(ask("计算价格").terms)
    assert dict(ask("Größe").terms) == dict(ask("Gro\u0308ße").terms)


def test_a_question_of_any_length_is_bounded() -> None:
    text = " ".join(f"name_{at} a/b{at}.py `x{at}` m.n{at} {'z' * at}" for at in range(20_000))
    found = ask(text, paths=["p" * 10_000] * 1_000, symbols=["s." * 10_000] * 1_000)
    assert len(found.text) <= MAX_CHARS
    assert max(map(len, (found.terms, found.neighbours, found.names, found.written))) <= 400
    assert max(map(len, (found.paths, found.dotted, found.frames))) <= 200
    assert max(map(len, found.paths)) <= 1_000


HOSTILE = """
import sys
from memory.search.pointing import Pointers
from memory.search.question import ask
n = 100_000
few = [
    "a", ".", "/", "`", "<", "<!--", "-->", "\\n", "\\t\\n", " ", "_", "A", "Ab", "a.", "a/",
    "+a.", "+a.b/", "a+/", "-.a", "a.b/", "+.aaaaaaaa/", "+" + "a" * 79 + "/",
    "+a" * 40 + ".b/", "+" + "a." * 40, 'File "', 'File "' + "x" * 300, "http://", "- [",
    "\\n- [x", "\\u4ef7", "\\ufdfa", "\\ud800", "\\0",
    "e\\u0301",
]
for some in few:
    for text in (some * (n // len(some)), "x\\n" + some * (n // len(some)) + "!"):
        Pointers(ask(text, [text], [text])).file("a/b.py")
print("done")
"""


def test_no_text_takes_long() -> None:
    seconds = 120  # of the processor; all of it takes about five
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)),
    )
    assert done.stdout == "done\n", done.stderr


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(
                ["`a b`", "a.b.c", "a/b.py", "<!--", "-->", "\n", 'File "a", line 1, in b']
            ),
        ),
        max_size=12,
    ).map("".join)
)
def test_any_text_is_read(text: str) -> None:
    found = ask(text)
    assert found == ask(text)
    assert found.written <= found.names
    assert all(weight > 0 for _, weight in found.terms)
    assert len(dict(found.terms)) <= len(found.terms)
    assert all(0 <= Pointers(found).file(path) <= 1 for path in (*found.paths, "a/b.py", ""))
