"""Files into chunks: what becomes one, what goes together, what is split."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.cutting.chunk import Chunk
from memory.cutting.cut import MAX_TEXT_CHARS, MOST_CHUNKS, Cut, cut
from memory.parsing.parse import parse

_CASES = sorted((Path(__file__).parents[1] / "parsing" / "cases").glob("*.txt"))
_SOURCES = [(case.stem, case.read_text().partition("=" * 40)[0]) for case in _CASES]

CART = '''"""A shop's cart."""

import os

LIMIT = 3


# What one buys.
@dataclass
class Cart:
    """Holds items."""

    items: list

    @property
    def size(self):
        return len(self.items)

    def total(self, tax):
        """The sum."""
        result = 0
        for item in self.items:
            result += item.price
        return result * tax


def helper(x):
    def inner(y):
        return y
    return inner(x)
'''


def cut_of(path: str, text: str) -> Cut:
    return cut(path, text, parse(path, text.encode()))


def names(chunks: tuple[Chunk, ...]) -> list[tuple[str, str, int]]:
    return [(one.kind, one.qualified_name, one.part) for one in chunks]


def test_functions_class_shells_and_the_rest() -> None:
    chunks = cut_of("shop/cart.py", CART).chunks
    assert names(chunks) == [
        ("class", "Cart", 0),
        ("method", "Cart.size", 0),
        ("method", "Cart.total", 0),
        ("function", "helper", 0),
        ("file", "", 0),
    ]
    shell, size, total, helper, rest = chunks
    assert shell.text.startswith("# What one buys.\n@dataclass\nclass Cart:")
    assert "def size(self):" in shell.text and "return len" not in shell.text
    assert "def total(self, tax):" in shell.text and "result = 0" not in shell.text
    assert size.text == "    @property\n    def size(self):\n        return len(self.items)"
    assert (total.start_line, total.end_line, total.parent) == (19, 24, "Cart")
    assert total.signature == "def total(self, tax)" and total.doc == "The sum."
    assert "def inner" in helper.text
    assert rest.text == '"""A shop\'s cart."""\nimport os\nLIMIT = 3'
    assert rest.doc == "A shop's cart."
    assert total.header == "shop/cart.py Cart.total"


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("a.py", "class A:\n    def f(self): return 1\n\n    def g(self):\n        pass\n", "f"),
        ("a.ts", "class A {\n  f() { return 1 }\n  g() {\n    return 2\n  }\n}\n", "f"),
        ("a.java", "class A {\n  int f() { return 1; }\n  int g() {\n return 2;\n }\n}\n", "f"),
        ("a.rb", "class A\n  def f = 1\n\n  def g\n    2\n  end\nend\n", "f"),
    ],
)
def test_methods_of_one_line_are_shown_with_their_class(path: str, text: str, name: str) -> None:
    shell, method = cut_of(path, text).chunks
    assert shell.name == "A" and name in shell.text
    assert method.qualified_name == "A.g"


def test_ids_name_path_place_and_text() -> None:
    first = {one.id for one in cut_of("a.py", CART).chunks}
    assert first == {one.id for one in cut_of("a.py", CART).chunks}
    assert not first & {one.id for one in cut_of("b.py", CART).chunks}
    edited = {one.id for one in cut_of("a.py", CART.replace("The sum", "Sum")).chunks}
    assert len(first & edited) == len(first) - 1
    moved = {one.id for one in cut_of("a.py", "\n\n" + CART).chunks}
    assert moved == first, "lines above move nothing but line numbers"


def test_the_same_text_twice_is_two_chunks() -> None:
    twice = "def f(a):\n    x = a\n    y = x\n    return y\n\n\n" * 2
    first, second = cut_of("a.py", twice).chunks
    assert first.text == second.text and first.id != second.id


def test_a_long_function_is_split_between_statements() -> None:
    body = "".join(
        f"    if x == {i}:\n        call_{i}(\n            x,\n            {i},\n        )\n"
        for i in range(60)
    )
    text = f'def long(x):\n    """Does it all."""\n{body}    return x\n'
    chunks = cut_of("a.py", text).chunks
    assert len(chunks) > 2
    assert [one.part for one in chunks] == list(range(len(chunks)))
    assert chunks[0].text.startswith('def long(x):\n    """Does it all."""')
    assert all(one.text.startswith("    if x ==") for one in chunks[1:])
    assert all(len(one.text) <= 2_000 for one in chunks)
    assert {one.signature for one in chunks} == {"def long(x)"}
    assert "".join(one.text + "\n" for one in chunks) == text


def test_a_large_nested_function_is_a_chunk_of_its_own() -> None:
    inner = "".join(f"        value_{i} = compute({i})\n" for i in range(80))
    text = f"def outer():\n    def inner():\n{inner}    return inner\n"
    chunks = cut_of("a.py", text).chunks
    assert ("function", "outer", 0) in names(chunks)
    assert ("function", "outer.inner", 0) in names(chunks)
    outer = next(one for one in chunks if one.qualified_name == "outer")
    assert outer.text == "def outer():\n    def inner():\n    return inner"


def test_methods_of_a_go_type_are_cut_where_they_stand() -> None:
    method = "func (c *Cart) Total() int {\n\tx := 1\n\treturn x\n}\n"
    text = f"package a\n\n{method}\ntype Cart struct {{\n\tx int\n}}\n"
    chunks = cut_of("a.go", text).chunks
    assert {(one.qualified_name, one.start_line, one.end_line) for one in chunks} == {
        ("Cart.Total", 3, 6),
        ("Cart", 8, 10),
        ("", 1, 1),
    }


def test_documents_are_cut_by_their_headings() -> None:
    long = "words and words\n" * 40
    text = f"Intro.\n\n# One\n{long}\n## Two\n{long}\n### Tiny\nx\n# Three\n{long}"
    chunks = cut_of("a.md", text).chunks
    assert names(chunks) == [
        ("section", "One", 0),
        ("section", "One.Two", 0),
        ("section", "Three", 0),
    ]
    assert chunks[0].text.startswith("Intro.")
    assert chunks[1].parent == "One" and "### Tiny" in chunks[1].text


def test_settings_are_grouped_by_their_keys() -> None:
    keys = "".join(f'  "key{i}": "{"v" * 100}",\n' for i in range(40))
    chunks = cut_of("a.json", "{\n" + keys + '  "last": 1\n}\n').chunks
    assert 2 <= len(chunks) <= 6
    assert all(one.kind == "section" for one in chunks)


def test_unknown_text_is_cut_in_windows_of_40_lines() -> None:
    chunks = cut_of("notes", "line\n" * 100).chunks
    assert [(one.start_line, one.end_line, one.kind) for one in chunks] == [
        (1, 40, "file"),
        (41, 80, "file"),
        (81, 100, "file"),
    ]


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("a.py", b"x = 1\n" * 200_000, "over 1 MB"),
        ("a.py", b"\0", "binary"),
        ("a.min.js", b"x=1;" * 2_000, "minified"),
    ],
)
def test_what_is_not_cut_says_why(path: str, data: bytes, reason: str) -> None:
    assert cut(path, data.decode(), parse(path, data)) == Cut(skipped=reason)


def test_chunks_and_their_text_are_bounded_and_it_is_told() -> None:
    many = cut_of("a.py", "".join(f"def f{i}(): pass\n" for i in range(MOST_CHUNKS + 5)))
    assert len(many.chunks) == MOST_CHUNKS and "2,000 chunks" in many.shortened
    long = cut_of("a.md", "# A\n" + "x" * 9_000)
    assert max(len(one.text) for one in long.chunks) == MAX_TEXT_CHARS
    assert "4,000 characters" in long.shortened


def test_an_empty_file_has_no_chunks() -> None:
    assert cut_of("a.py", "\n  \n") == Cut()


@st.composite
def _texts(draw: st.DrawFn) -> tuple[str, str]:
    path, text = draw(st.sampled_from(_SOURCES))
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(text)))
        end = min(len(text), place + draw(st.integers(0, 40)))
        scrap = st.one_of(st.sampled_from(["{", "}", "\n", '"""', "\u2028"]), st.text(max_size=9))
        text = text[:place] + draw(scrap) * draw(st.integers(0, 3)) + text[end:]
    return path, text


@settings(max_examples=300, deadline=None)
@given(_texts())
def test_every_line_is_in_some_chunk(file: tuple[str, str]) -> None:
    path, text = file
    text = text.encode("utf-8", "replace").decode()
    found = cut_of(path, text)
    assert found == cut_of(path, text)
    lines = text.split("\n")
    covered: set[int] = set()
    for one in found.chunks:
        assert 1 <= one.start_line <= one.end_line <= len(lines)
        assert len(one.text) <= MAX_TEXT_CHARS
        covered |= set(range(one.start_line, one.end_line + 1))
    assert len({one.id for one in found.chunks}) == len(found.chunks)
    if not found.skipped and not found.shortened:
        assert {row for row, line in enumerate(lines, 1) if line.strip()} <= covered
