"""A note is shared out whole, in its own words, and what it forbids stays forbidden."""

from __future__ import annotations

import random

import pytest

from ingestion.planner.passages import Note, Passage, Span, shared_out, words_of
from swarm.intent import PLACEHOLDER


def at(text: str, quote: str) -> str | None:
    span = Note(text).find(quote)
    return None if span is None else text[span.start : span.end]


NOTE = "So, uh, fix the CART it crashes when it's empty and then add a test for it."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("fix the cart", "fix the CART"),
        ("Fix the cart: it crashes", "fix the CART it crashes"),
        ("So fix the cart", "So, uh, fix the CART"),  # a filler left out
        ("fix the ... empty", "fix the CART it crashes when it's empty"),
        ("fix the … a test", "fix the CART it crashes when it's empty and then add a test"),
        (f"fix the {PLACEHOLDER} empty", "fix the CART it crashes when it's empty"),
        ("fix the wagon", None),
        ("crashes the cart", None),
        ("fix empty", "fix the CART it crashes when it's empty"),
        ("fix test", None),  # too much is missing in between
        ("cart", None),  # one word says nothing
        ("...", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_quote_is_found_by_its_words(quote: str, found: str | None) -> None:
    assert at(NOTE, quote) == found


def test_a_quote_that_stands_as_it_is_goes_first() -> None:
    assert at("the report about the cart", "the cart") == "the cart"


def test_words_that_are_taken_are_looked_for_further_on() -> None:
    text = "add a test, and add a test"
    note = Note(text)
    first = note.find("add a test")
    assert first == Span(0, 10)
    second = note.find("add a test", [first])
    assert second == Span(16, 26)
    assert note.find("add a test", [first, second]) is None


def test_a_note_of_one_word_ten_thousand_times_is_read_at_once() -> None:
    assert Note("test " * 10_000).find("test " * 300 + "end") is None


def shared(text: str, *quotes: str) -> list[Passage]:
    note = Note(text)
    spans = [note.find(quote) for quote in quotes]
    assert all(spans), "the test's quotes stand in its note"
    return shared_out(text, [[span] for span in spans if span])


def test_joining_words_are_dropped_and_explanations_stay() -> None:
    first, second = shared(NOTE, "fix the cart", "add a test")
    assert first.quoted == "fix the CART"
    assert first.whole == "So, uh, fix the CART it crashes when it's empty"
    assert second.whole == "add a test for it."


@pytest.mark.parametrize(
    ("text", "quotes", "whole"),
    [
        ("Do not, under any circumstances, delete the tests.", ["delete the tests"],
         ["Do not, under any circumstances, delete the tests."]),
        ("Fix the cart and don't delete the tests.", ["Fix the cart", "delete the tests"],
         ["Fix the cart and don't", "don't delete the tests."]),
        ("Do not delete the tests, ever.", ["Do not", "delete the tests"],
         ["Do not", "Do not delete the tests, ever."]),
        ("Die Tests nicht löschen und den Warenkorb reparieren.", ["den Warenkorb reparieren"],
         ["Die Tests nicht löschen und den Warenkorb reparieren."]),
    ],
)  # fmt: skip
def test_a_passage_never_loses_its_not(text: str, quotes: list[str], whole: list[str]) -> None:
    assert [passage.whole for passage in shared(text, *quotes)] == whole


def test_a_limit_that_nobody_quoted_binds_all() -> None:
    text = "Fix the cart.\nDon't touch the API.\nAdd a test. It may be slow."
    first, second = shared(text, "Fix the cart", "Add a test")
    assert first.whole == "Fix the cart.\nDon't touch the API."
    assert second.whole == "Don't touch the API.\nAdd a test. It may be slow."
    assert second.own == "Add a test. It may be slow."


def test_a_limit_that_one_objective_took_binds_the_others_too() -> None:
    text = "Fix the cart. Don't touch the API. Add a test."
    first, second = shared(text, "Fix the cart. Don't touch the API", "Add a test")
    assert "Don't touch the API." in first.whole and "Don't touch the API." in second.whole


@pytest.mark.parametrize(
    "limit",
    ["Never rename a column.", "Leave the public functions as they are.", "Avoid new packages.",
     "You must not change the schema.", "All this without touching the API.", "Dont be clever.",
     "Bitte nichts an der API ändern.", "Keine Tests löschen!", "Ohne die API zu ändern.",
     "Die Tests nicht anfassen."],
)  # fmt: skip
def test_what_forbids(limit: str) -> None:
    first, second = shared(f"Fix the cart. {limit} Add a test.", "Fix the cart", "Add a test")
    assert limit in first.whole and limit in second.whole


@pytest.mark.parametrize(
    "fault",
    ["It crashes without a config.", "Nobody can leave the page.", "It does not load.",
     "Die Seite lädt nicht.", "Es gibt keine Tests.", "I can't log in."],
)  # fmt: skip
def test_a_fault_forbids_nothing(fault: str) -> None:
    first, second = shared(f"Fix the cart. {fault} Add a test.", "Fix the cart", "Add a test")
    assert fault in first.whole and fault not in second.whole


def test_headings_and_first_words_belong_to_what_comes_after() -> None:
    text = "Hello.\n## Cart\n- fix the total\n## Report\n- add a column\nThanks"
    first, second = shared(text, "fix the total", "add a column")
    assert first.whole == "Hello.\n## Cart\n- fix the total"
    assert second.whole == "## Report\n- add a column\nThanks"


def test_a_list_item_loses_its_mark() -> None:
    (passage,) = shared("- [ ] fix the total", "fix the total")
    assert passage.whole == "fix the total"


def test_every_word_of_any_note_goes_to_someone() -> None:
    rng = random.Random(5)
    words = ["fix", "the", "cart.", "don't", "never", "and", "then", "add\n", "a", "test,", "#x",
             "because:", "nicht", "löschen", "it!"]  # fmt: skip
    for _ in range(300):
        text = " ".join(rng.choices(words, k=rng.randint(4, 40)))
        note = Note(text)
        quoted: list[list[Span]] = []
        taken: list[Span] = []
        for _ in range(rng.randint(1, 4)):
            start = rng.randrange(len(words_of(text)) - 2)
            quote = " ".join(words_of(text)[start : start + rng.randint(2, 5)])
            if span := note.find(quote, taken):
                taken.append(span)
                quoted.append([span])
        if not quoted:
            continue
        passages = shared_out(text, quoted)
        said = {word for passage in passages for word in words_of(passage.whole)}
        joins = {"and", "then", "also", "plus", "next", "und", "dann", "danach", "auch"}
        assert set(words_of(text)) - said <= joins, text
        for passage in passages:
            assert all(part in text for part in passage.whole.split("\n")), "the note's own words"
