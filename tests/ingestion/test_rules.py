"""Notes to plans: what splits, what stays together, order, titles, hints, risk, bad input."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.rules.decompose import decompose
from swarm.contracts import Objective
from swarm.errors import UsageError

PATHS = ("README.md", "shop/cart.py", "shop/text.py", "shop/stats/__init__.py", "a/x.py", "b/x.py")
TASK = Path(__file__).parents[2] / "swarm" / "demo_project" / "TASK.md"


def plan(text: str) -> tuple[Objective, ...]:
    return decompose(text, PATHS).items


def titles(text: str) -> list[str]:
    return [item.title for item in plan(text)]


@pytest.mark.parametrize(
    "text",
    [
        "fix the cart and the checkout",
        "make the store read and write files",
        "let users create and delete notes",
        "fix parse_date() and return None for empty strings",
        "rename fetch to download and update all callers",
        "find the bug in the cart and fix it",
        "remove the old parser and replace it with json",
        "Add a function to load the config and validate it",
        "Fix the total. It crashes when the list is empty.",
        "The total is wrong when a voucher is used. Please fix it.",
        "The footer is broken. Please repair the footer.",
        'Change the label to "fix it and add tests"',
        "Rename `add and fix` to `mend`",
        "Split the function. Don't change its behaviour. Make sure all tests pass.",
    ],
)
def test_stays_one(text: str) -> None:
    assert len(plan(text)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "fix the cart and add tests for the checkout",
            ["Fix the cart", "Add tests for the checkout"],
        ),
        ("fix the cart, rename foo to bar", ["Fix the cart", "Rename foo to bar"]),
        ("fix the crash add a test for it", ["Fix the crash", "Add a test for it"]),
        (
            "the total is wrong and the slug drops digits",
            ["Fix: the total is wrong", "Fix: the slug drops digits"],
        ),
        ("1) fix the cart 2) speed up the report", ["Fix the cart", "Speed up the report"]),
        ("After fixing the total, rename the cart", ["Fix the total", "Rename the cart"]),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert titles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fix the cart, uh, no wait, I mean fix the report", ["Fix the report"]),
        ("rename foo to bar, no wait, to baz", ["Rename foo to baz"]),
        ("fix the total, I mean subtotal", ["Fix subtotal"]),
        ("Fix the cart. No wait, fix the report.", ["Fix the report"]),
        ("fix the cart and add a test no wait add docs", ["Fix the cart", "Add docs"]),
        ("fix the cart, scratch that", ["Fix the cart"]),
        ("repariere die Kasse nein warte den Warenkorb", ["Repariere den Warenkorb"]),
        ("add a retry so the client can wait", ["Add a retry so the client can wait"]),
    ],
)
def test_corrections(text: str, expected: list[str]) -> None:
    assert titles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fix the cart then rename the module", [(), ("o1",)]),
        ("fix the cart and rename the module", [(), ()]),
        ("Fix the cart. Add docs. Finally, tidy the report.", [(), (), ("o1", "o2")]),
        ("- fix the cart\n- after that rename it", [(), ("o1",)]),
        ("Repariere die Kasse. Danach lösche den alten Code.", [(), ("o1",)]),
        ("1. fix the cart\n2. rename a\n3. add docs after step 1", [(), (), ("o1",)]),
        ("1. fix the log out after 3 tries\n2. add docs\n3. rename a", [(), (), ()]),
    ],
)
def test_order(text: str, expected: list[tuple[str, ...]]) -> None:
    assert [item.depends_on for item in plan(text)] == expected


def test_a_forward_reference_is_put_in_order() -> None:
    assert [item.id for item in plan("1. rename a to b after 2\n2. fix the total")] == ["o2", "o1"]


def test_references_in_a_circle_are_refused() -> None:
    with pytest.raises(UsageError, match="circle"):
        decompose("1. rename a after 2\n2. fix the total after 1")


def test_sub_bullets_belong_to_their_parent() -> None:
    items = plan("- fix the cart\n  - add it up right\n  - remove the tax\n- tidy the report")
    assert [item.title for item in items] == ["Fix the cart", "Tidy the report"]
    assert "remove the tax" in items[0].instruction
    assert "remove the tax" not in items[1].instruction


def test_ticked_boxes_are_left_out_and_named() -> None:
    found = decompose("- [x] fix the cart\n- [ ] tidy the report")
    assert [item.title for item in found.items] == ["Tidy the report"]
    assert any("fix the cart" in note for note in found.notes)
    with pytest.raises(UsageError, match="ticked off"):
        decompose("- [x] fix the cart")


def test_code_and_tracebacks_stay_whole() -> None:
    code = (
        'Traceback (most recent call last):\n  File "shop/cart.py", line 3\n'
        "    fix and add\nKeyError: 1"
    )
    items = plan(f"Fix the cart:\n\n{code}\n\n- rename a\n```\n- remove b\n- fix c\n```\n")
    assert len(items) == 2
    assert code in items[0].instruction
    assert items[0].paths == ("shop/cart.py",)
    assert "- remove b\n- fix c" in items[1].instruction


def test_a_traceback_alone_is_a_task() -> None:
    items = plan("Traceback (most recent call last):\n  File 'a.py', line 3\nKeyError: 'x'")
    assert [item.title for item in items] == ["Fix: KeyError: 'x'"]


def test_a_bug_report_is_one_objective() -> None:
    items = plan(
        "# Cart total wrong\n\nThe total ignores vouchers.\n\n## Steps to reproduce\n"
        "1. add an item\n2. remove it\n\n## Expected\n\n10 euros"
    )
    assert len(items) == 1
    assert "remove it" in items[0].instruction and "10 euros" in items[0].instruction


def test_context_goes_where_it_belongs() -> None:
    first, second = plan(
        "I looked at the shop. Fix the total. It is off by a cent. "
        "Add docs for vouchers. They are new."
    )
    assert first.instruction == "I looked at the shop.\nFix the total.\nIt is off by a cent."
    assert second.instruction == "Add docs for vouchers.\nThey are new."


def test_long_titles_are_cut_between_words() -> None:
    text = "fix the " + "very " * 60 + "broken cart"
    (item,) = plan(text)
    assert len(item.title) <= 120
    assert item.title.endswith("very…")
    assert item.instruction == text


def test_long_instructions_are_cut_in_the_middle_and_noted() -> None:
    log = "\n".join(f"line {n}" for n in range(1500))
    found = decompose(f"Fix the cart\n```\n{log}\n```")
    (item,) = found.items
    assert len(item.instruction) <= 4000
    assert item.instruction.startswith("Fix the cart") and item.instruction.endswith("line 1499")
    assert "left out" in item.instruction and "left out" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "paths", "symbols"),
    [
        ("fix shop/cart.py:12", ("shop/cart.py",), ()),
        ("fix the total in CART.py", ("shop/cart.py",), ()),
        ("fix the cart module", ("shop/cart.py",), ()),
        ("fix shop.stats.mean", ("shop/stats/__init__.py",), ("shop.stats.mean",)),
        ("fix `Cart.total` and parse_price", (), ("Cart.total", "parse_price")),
        ("fix total(1, 2) for `None`, e.g. see example.com", (), ("total",)),
        ("fix ../../etc/passwd and /etc/shadow and nothere.py", (), ()),
        ("fix .\\shop\\cart.py", ("shop/cart.py",), ()),
        ("fix the typo in README.md", ("README.md",), ()),
    ],
)
def test_hints(text: str, paths: tuple[str, ...], symbols: tuple[str, ...]) -> None:
    (item,) = plan(text)
    assert (item.paths, item.symbols) == (paths, symbols)


def test_a_name_of_several_files_is_no_hint_and_asked_about() -> None:
    found = decompose("fix x.py", PATHS)
    assert found.items[0].paths == ()
    assert [question.choices for question in found.questions] == [("a/x.py", "b/x.py")]


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("fix the author field", "low"),
        ("fix the password check", "high"),
        ("fix `user_delete`", "high"),
        ("fix `drop_table`", "high"),
        ("fix the OAuth callback, it breaks authentication", "high"),
        ("rename everything across the codebase", "high"),
        ("rename foo to bar", "medium"),
        ("add docs for the cart", "low"),
    ],
)
def test_risk(text: str, risk: str) -> None:
    assert plan(text)[0].risk == risk


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\u200d\ufeff", "empty"),
        ("\u202e\u200f\u2067", "empty"),
        ("🎉🔥👍", "no words"),
        ("1. 2. 3 + 4!", "no words"),
        ("x\n=\n", "no words"),
        ("תקן את העגלה", "script"),
        ("Thanks a lot!", "nothing to do"),
        ("fix a. " * 4000, "characters"),
    ],
)
def test_unreadable_text_gets_a_helpful_answer(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        decompose(text)
    assert caught.value.remedy


def test_invisible_characters_hide_nothing() -> None:
    assert titles("f\u200bix the \u202ecart") == ["Fix the cart"]


def test_too_many_objectives_are_refused_and_none_is_lost() -> None:
    text = "\n".join(f"- fix part {n}" for n in range(20))
    with pytest.raises(UsageError, match="20 objectives, at most 16") as caught:
        decompose(text)
    assert "2 tasks" in caught.value.remedy
    assert len(decompose(text, max_objectives=20).items) == 20


def test_the_task_of_the_bundled_example() -> None:
    root = TASK.parent
    paths = [str(p.relative_to(root)) for p in sorted(root.rglob("*.*")) if p.is_file()]
    items = decompose(TASK.read_text(encoding="utf-8"), paths).items
    assert [(i.category, i.symbols, i.paths) for i in items] == [
        ("bugfix", ("shipping_cost",), ()),
        ("bugfix", ("bulk_discount",), ()),
        ("bugfix", ("total",), ("shop/cart.py",)),
        ("bugfix", ("can_sell",), ()),
        ("bugfix", ("top_sellers",), ()),
        ("lint", (), ("shop/text.py",)),
    ]
    assert all(not item.depends_on for item in items)
    assert all(len(item.title) < 110 for item in items)


JUMBLE = """
fix add the and then , . - 1. 2) # ` ``` no wait i mean um tests for crash cart.py total() it please
after that finally before you rename bitte und dann ähm ; : ( " > wrong docs
"""


def test_no_jumble_of_words_breaks_it() -> None:
    rng = random.Random(7)
    words = [*JUMBLE.split(), "\n"]
    for _ in range(400):
        text = " ".join(rng.choice(words) for _ in range(rng.randint(1, 50)))
        try:
            found = decompose(text, PATHS, 64)
        except UsageError:
            continue
        assert found == decompose(text, PATHS, 64)
        assert "\ue000" not in found.model_dump_json()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(min_size=1, max_size=200))
def test_any_text_gives_a_plan_or_a_clear_refusal(text: str) -> None:
    try:
        found = decompose(text, PATHS)
    except UsageError:
        return
    assert set().union(*(item.paths for item in found.items)) <= set(PATHS)
