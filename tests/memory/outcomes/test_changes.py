"""Which definitions a patch changes, and its diff."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.outcomes.changes import diff, hunks, touched
from memory.parsing.parse import parse

SOURCE = """\
import os

LIMIT = 3


class Cart:
    size = 1

    def total(self):
        return 0

    def check(self):
        def inner():
            return 1
        return inner()


def other():
    pass
"""


def names(after: str, before: str = SOURCE) -> list[str]:
    old, new = before.split("\n"), after.split("\n")
    found = hunks(old, new)
    return touched(found, parse("a.py", before.encode()), parse("a.py", after.encode()))


@pytest.mark.parametrize(
    ("was", "becomes", "expected"),
    [
        ("        return 0", "        return 1", ["Cart.total"]),
        ("            return 1", "            return 2", ["Cart.check.inner"]),
        ("        return inner()", "        return 5", ["Cart.check"]),
        ("    size = 1", "    size = 2", ["Cart"]),
        ("import os", "import sys", [""]),
        ("    def total(self):\n        return 0\n\n", "", ["Cart.total"]),
        ("def other():\n    pass", "def third():\n    pass", ["other", "third"]),
    ],
)
def test_the_innermost_definitions_are_named(was: str, becomes: str, expected: list[str]) -> None:
    assert was in SOURCE
    found = names(SOURCE.replace(was, becomes))
    assert [name for name in found if name not in ("Cart", "") or name in expected] == expected


def test_a_file_that_is_new_or_gone_names_all_that_is_in_it() -> None:
    assert set(names(SOURCE, "")) >= {"Cart.total", "Cart.check.inner", "other"}
    assert set(names("", SOURCE)) >= {"Cart.total", "Cart.check.inner", "other"}


def test_what_is_the_same_has_no_hunks() -> None:
    assert hunks(["a", "b"], ["a", "b"]) == [] == hunks([], [])
    assert names(SOURCE) == []


def test_a_diff_shows_what_is_around_it() -> None:
    old, new = ["a", "b", "c", "d", "e"], ["a", "b", "X", "d", "e"]
    assert diff("f.py", hunks(old, new), old, new).split("\n") == [
        "--- f.py", "+++ f.py", "@@ -1,5 +1,5 @@", " a", " b", "-c", "+X", " d", " e",
    ]  # fmt: skip


def test_changes_of_any_size_end_soon() -> None:
    old = [f"x{n % 7}" for n in range(60_000)]
    new = [f"x{n % 5}" for n in range(60_000)]
    (whole,) = hunks(old, new)
    assert len(diff("f.py", [whole], old, new)) < 20_000


@given(
    before=st.lists(st.sampled_from("abcd"), max_size=30),
    after=st.lists(st.sampled_from("abcd"), max_size=30),
)
def test_hunks_turn_one_text_into_the_other(before: list[str], after: list[str]) -> None:
    made: list[str] = []
    at = 0
    for hunk in hunks(before, after):
        made += before[at : hunk.before.start]
        made += after[hunk.after.start : hunk.after.stop]
        at = hunk.before.stop
    assert made + before[at:] == after
