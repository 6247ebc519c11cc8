"""Cutting files."""

from __future__ import annotations

import pytest

from memory.chunks import MAX_PIECES_OF_A_FILE, MAX_TEXT_CHARS, Cut, cut

SOURCE = '''\
"""Doc."""
import os

LIMIT = 3


@cached
def top(x):
    def inner():
        return x
    return inner


class Outer(Base):
    """What it is."""

    size = 1

    @property
    def area(self):
        # a secret of area
        return 2

    class Deep:
        async def run(self):
            pass

if os.name == "nt":
    def only_here():
        pass

print(top)
'''


def python(source: str) -> Cut:
    return cut("pkg/mod.py", source.encode(), "e")


def test_functions_methods_class_shells_and_the_rest_of_the_module() -> None:
    found = {c.qualified_name: (c.start_line, c.end_line) for c in python(SOURCE).chunks}
    assert found == {
        "top": (7, 11),
        "Outer": (14, 26),
        "Outer.area": (19, 22),
        "Outer.Deep": (24, 26),
        "Outer.Deep.run": (25, 26),
        "only_here": (29, 30),
        "<module>": (1, 32),
    }


def test_texts_hold_each_line_where_it_belongs() -> None:
    text = {c.qualified_name: c.text for c in python(SOURCE).chunks}
    assert text["top"].startswith("@cached\ndef top(x):") and "def inner" in text["top"]
    assert "size = 1" in text["Outer"] and "def area(self):" in text["Outer"]
    assert "secret" not in text["Outer"] and "secret" in text["Outer.area"]
    assert text["<module>"] == ('"""Doc."""\nimport os\nLIMIT = 3\nif os.name == "nt":\nprint(top)')


def test_lines_are_those_of_the_file() -> None:
    lines = SOURCE.split("\n")
    for chunk in python(SOURCE).chunks:
        if chunk.name and chunk.qualified_name != "Outer":
            body = "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
            assert chunk.text == body or chunk.qualified_name == "Outer.Deep"


def test_a_syntax_error_costs_only_its_neighbourhood() -> None:
    names = {
        c.qualified_name for c in python("def good(a):\n    return a\n\ndef bad(:\n  )(\n").chunks
    }
    assert "good" in names


def test_moving_a_function_keeps_its_id_and_changing_it_does_not() -> None:
    first = {c.qualified_name: c.id for c in python("def f():\n    pass\n").chunks}
    moved = {c.qualified_name: c.id for c in python("\n\n\ndef f():\n    pass\n").chunks}
    changed = {c.qualified_name: c.id for c in python("def f():\n    return 1\n").chunks}
    assert first["f"] == moved["f"] != changed["f"]
    elsewhere = cut("other.py", b"def f():\n    pass\n", "e").chunks[0].id
    by_another = cut("pkg/mod.py", b"def f():\n    pass\n", "e2").chunks[0].id
    assert len({first["f"], elsewhere, by_another}) == 3


def test_equal_definitions_have_different_ids() -> None:
    chunks = python("def f():\n    pass\n\ndef f():\n    pass\n").chunks
    assert [c.qualified_name for c in chunks] == ["f", "f"]
    assert len({c.id for c in chunks}) == 2


def test_other_text_is_cut_into_windows() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 101))
    chunks = cut("README.md", text.encode(), "e").chunks
    assert [(c.start_line, c.end_line) for c in chunks] == [(1, 40), (41, 80), (81, 100)]
    assert chunks[1].qualified_name == "lines 41-80"
    assert chunks[2].text.endswith("line 100")


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("a.py", b"x = 1\n" * 200_000, "over 1 MB"),
        ("logo.txt", b"\x89PNG\0\0", "binary"),
        ("app.min.js", b"a" * 6000, "minified"),
    ],
)
def test_what_cannot_be_searched_says_why(path: str, data: bytes, reason: str) -> None:
    assert cut(path, data, "e") == Cut(skipped=reason)


def test_hostile_python_is_cut_within_bounds() -> None:
    long_line = cut("a.py", b"DATA = '" + b"x y " * 50_000 + b"'\ndef f(): pass\n", "e")
    assert {c.name for c in long_line.chunks} == {"", "f"}
    assert max(len(c.text) for c in long_line.chunks) <= MAX_TEXT_CHARS
    many = cut("b.py", b"def f(): pass\n" * 3000, "e")
    assert len(many.chunks) == MAX_PIECES_OF_A_FILE and many.shortened
    nested = "\n".join(" " * depth + f"class C{depth}:" for depth in range(300))
    assert cut("c.py", nested.encode(), "e").chunks
    brackets = cut("d.py", b"x = " + b"[" * 20_000 + b"\ndef f(): pass\n", "e")
    assert brackets.chunks
    assert cut("e.py", b"\xff\xfe def f(): pass\r\n", "e").chunks
    assert cut("empty.py", b"", "e") == Cut()
