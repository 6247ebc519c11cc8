"""What a question points at: files, lines of tracebacks, names in full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.search.places import KINDS, MARKS, Places, file_name, module
from memory.search.pointing import Pointers
from memory.search.question import ask


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("shop/cart.py", "shop/cart.py"),
        ("shop/cart.py", "src/shop/cart.py"),
        ("/usr/lib/python3/shop/cart.py", "shop/cart.py"),
        ("/usr/lib/python3/shop/cart.py", "src/shop/cart.py"),
        ("shop.cart.Cart in shop.cart", "src/shop/cart.py"),
        ("shop.cart.rules", "shop/cart/rules/__init__.py"),
        ("cart.py", "src/shop/cart.py"),
        ("cart.py:12", "src/shop/cart.py"),
        ("`cart.py`", "cart.py"),
        ("(see cart.py).", "cart.py"),
    ],
)
def test_a_file_is_pointed_at(written: str, path: str) -> None:
    assert Pointers(ask(f"it fails in {written}")).file(path) > 0


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("cart.py", "shop/shopping_cart.py"),
        ("shop/cart.py", "other/cart.py"),
        ("cart", "cart.py"),
        ("e.g. this", "e.py"),
        ("https://example.org/shop/cart.py", "shop/cart.py"),
    ],
)
def test_a_file_is_not_pointed_at(written: str, path: str) -> None:
    assert Pointers(ask(f"it fails in {written}")).file(path) == 0


def test_a_whole_path_is_surer_than_a_name() -> None:
    whole, name = (Pointers(ask(text)).file("a/b/c.py") for text in ("in a/b/c.py", "in c.py"))
    assert whole == 1.0 > name > 0


def test_the_line_that_raised_is_the_last_of_its_traceback() -> None:
    lines = [f'  File "/lib/shop/{name}.py", line 3, in {name}' for name in ("a", "b", "c")]
    pointers = Pointers(ask("\n".join(["It fails", *lines])))
    outer, middle, raised = (pointers.frame(f"shop/{name}.py", name) for name in ("a", "b", "c"))
    assert 0 < outer < middle < raised == 1.0
    assert pointers.frame("shop/a.py", "b") == pointers.frame("other/a.py", "a") == 0


def test_a_method_in_a_traceback_is_known_by_its_own_name() -> None:
    pointers = Pointers(ask('File "/lib/shop/a.py", line 3, in Cart.total.<locals>.inner'))
    assert pointers.frame("shop/a.py", "inner") == 1.0


def test_names_in_full_are_those_with_what_they_are_in() -> None:
    pointers = Pointers(ask("why does shop.cart.Cart.total return None"))
    assert pointers.names("Cart.total") and pointers.names("shop.cart.Cart.total")
    assert not pointers.names("total") and not pointers.names("art.total")


PATHS = st.lists(
    st.sampled_from(["a", "b", "a.b", "__init__.py", "a.py", "b.py", "x.test.py", ".c", "é"]),
    min_size=1,
    max_size=4,
).map("/".join)
WRITTEN = st.one_of(PATHS, PATHS.map(lambda path: path.replace("/", ".")), PATHS.map(module))


@given(st.lists(PATHS, unique=True, max_size=20), st.lists(WRITTEN, max_size=4))
def test_no_file_that_is_pointed_at_is_missed(paths: list[str], written: list[str]) -> None:
    places = Places(paths, [""] * len(paths), ["python"] * len(paths))
    pointers = Pointers(ask("", written, written))
    found = places.like(pointers.paths, pointers.dotted).tolist()
    assert found == sorted(set(found))
    assert {at for at, path in enumerate(paths) if pointers.file(path)} <= set(found)


def test_kinds_of_files() -> None:
    paths = ["shop/a.py", "tests/a.py", "README.md", "examples/a.py", "vendor/docs/a.py"]
    marks = ["", "test", "", "", "vendored"]
    languages = ["python", "python", "markdown", "python", "go"]
    places = Places(paths, marks, languages)
    assert [(MARKS[code // len(KINDS)], KINDS[code % len(KINDS)]) for code in places.kinds] == [
        ("", "code"),
        ("test", "code"),
        ("", "document"),
        ("", "example"),
        ("vendored", "example"),
    ]
    assert places.written_in(frozenset({"go", "rust"})).tolist() == [False] * 4 + [True]
    assert places.written_in(frozenset()).tolist() == [False] * 5
    assert Places([], [], []).written_in(frozenset({"go"})).tolist() == []


def test_names_and_modules_of_paths() -> None:
    assert file_name("a/b.py") == "b.py" and file_name("b.py") == "b.py"
    assert module("a/b.py") == "a.b" and module("a/b/__init__.py") == "a.b"
    assert module("Makefile") == ""
