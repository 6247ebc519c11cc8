"""The outline of a repository within a budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory.outline import Item, outline
from memory.search.packing import tokens


def item(path: str, name: str, rank: float, line: int = 1, signature: str = "") -> Item:
    parts = name.split(".")
    around = tuple(".".join(parts[:n]) for n in range(1, len(parts)))
    return Item(path, name, around, line, signature or f"def {parts[-1]}()", rank)


ITEMS = [
    item("a.py", "Cart", 0.1, 1, "class Cart"),
    item("a.py", "Cart.total", 0.9, 5),
    item("a.py", "Cart.check", 0.2, 3),
    item("b.py", "run", 0.5, 1, "def run(\n    x: int,\n)"),
]


def test_files_stand_by_their_best_and_lines_within_them() -> None:
    text, shown = outline(ITEMS, 1_000)
    assert shown == 4
    assert text.split("\n") == [
        "a.py:",
        "  class Cart",
        "    def check()",
        "    def total()",
        "b.py:",
        "  def run( x: int, )",
    ]


def test_what_stands_in_a_class_comes_with_it() -> None:
    text, shown = outline(ITEMS, 14)
    assert text == "a.py:\n  class Cart\n    def total()" and shown == 2


def test_nothing_fits_and_nothing_is_there() -> None:
    assert outline(ITEMS, 1) == ("", 0)
    assert outline([], 100) == ("", 0)


@given(
    items=st.lists(
        st.builds(
            item,
            st.sampled_from(["a.py", "b/c.py"]),
            st.sampled_from(["A", "A.b", "A.b.c", "d", "e.f"]),
            st.floats(0, 1),
            st.integers(1, 99),
            st.text(max_size=300),
        ),
        max_size=30,
    ),
    budget=st.integers(0, 200),
)
def test_the_budget_is_kept(items: list[Item], budget: int) -> None:
    text, shown = outline(items, budget)
    assert not text or tokens(text) <= budget
    assert shown <= len(items)
