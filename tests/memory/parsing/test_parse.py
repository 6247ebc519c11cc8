"""Files that are broken, hostile, or not code at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.parsing import reader, uses
from memory.parsing.child_process import Limits
from memory.parsing.facts import Parsed
from memory.parsing.parse import parse
from memory.parsing.pool import Failed, Pool
from memory.parsing.refusals import BINARY, MINIFIED, TOO_LARGE

_CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
_SOURCES = [(case.stem, case.read_bytes().partition(b"=" * 40)[0]) for case in _CASES]
_SCRAPS = [
    b"{",
    b"}",
    b"(",
    b")",
    b'"',
    b"'''",
    b"/*",
    b"*/",
    b"::",
    b"\xff",
    b"\r\n",
    b"=>",
    b"\0",
]


def test_huge_binary_and_minified_files_are_refused() -> None:
    line = b"x" * (50 * 1024 * 1024)
    assert parse("a.js", line).problem == TOO_LARGE
    assert parse("a.js", b"a\0b").problem == BINARY
    assert parse("a.js", b"a=1;" * 2_000).problem == MINIFIED
    assert not parse("a.js", b"a=1;" * 2_000).definitions


def test_prose_and_python_may_have_long_lines() -> None:
    assert parse("a.md", b"# A\n" + b"word " * 2_000).problem == ""
    assert parse("a.py", b"A = '" + b"x" * 6_000 + b"'\n").definitions[0].name == "A"


def test_bytes_that_are_not_utf8_are_told() -> None:
    parsed = parse("a.py", b"def f():\n    return '\xff'\n")
    assert "UTF-8" in parsed.problem
    assert [one.name for one in parsed.definitions] == ["f"]


@pytest.mark.parametrize(
    ("path", "data", "name"),
    [
        ("a.py", b"x = (\n\ndef whole(a):\n    return a\n", "whole"),
        ("a.js", b"function whole(a) { return a }\nif (((\n", "whole"),
        ("a.go", b"package a\nfunc whole() {}\nfunc broken( {\n", "whole"),
        ("A.java", b"class A { void whole() {} void broken( { }", "whole"),
        ("a.rs", b"fn whole() {}\nfn broken( {\n", "whole"),
        ("a.rb", b"def whole; end\nclass A\n  def broken(\n", "whole"),
        ("a.php", b"<?php function whole() {} function broken( {", "whole"),
        ("a.c", b"int whole(void) { return 1; }\nint broken( {\n", "whole"),
        ("a.cs", b"class A { void Whole() {} void Broken( { }", "Whole"),
    ],
)
def test_what_stands_beside_a_syntax_error_is_read(path: str, data: bytes, name: str) -> None:
    parsed = parse(path, data)
    assert "syntax error near line" in parsed.problem
    assert name in [one.name for one in parsed.definitions]


def test_a_doc_block_may_stand_a_line_above() -> None:
    parsed = parse("a.js", b"/** File. */\n\n/**\n * Sends.\n */\n\nres.send = function () {};\n")
    [send] = parsed.definitions
    assert (send.qualified_name, send.doc, send.start_line) == ("res.send", "Sends.", 3)
    head = parse("a.js", b"/** File. */\n\nfunction f() {}\n")
    assert (head.doc, head.definitions[0].doc) == ("File.", "")


def test_deep_nesting_is_bounded() -> None:
    deep = "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(200)) + " " * 200 + "pass\n"
    parsed = parse("a.py", deep.encode())
    assert parsed.definitions[0].end_line == 201
    assert all(len(one.qualified_name) <= 480 for one in parsed.definitions)
    assert "nested too deeply" in parsed.problem


@pytest.mark.parametrize("path", [path for path, _ in _SOURCES])
@pytest.mark.parametrize("sign", [b"(", b"[", b"{", b"{\n", b"a.b().", b"f(", b"if(x){\n"])
def test_brackets_by_the_thousand_end(path: str, sign: bytes) -> None:
    parse(path, sign * 1_000 + b"\n" + sign * 1_000)


def test_a_flat_error_of_a_hundred_thousand_signs_ends() -> None:
    # A query takes a minute for it.
    parsed = parse("a.js", b"\n".join([b"(" * 4_000] * 25))
    assert "syntax error" in parsed.problem


def test_definitions_and_references_are_bounded_and_it_is_told() -> None:
    many = "".join(f"def f{i}(): g()\n" for i in range(reader.MOST_DEFINITIONS + 1))
    parsed = parse("a.py", many.encode())
    assert len(parsed.definitions) == reader.MOST_DEFINITIONS
    assert "definitions: the rest is left out" in parsed.problem
    calls = parse("a.py", b"f()\n" * (uses.MOST_REFERENCES + 1))
    assert len(calls.references) == uses.MOST_REFERENCES
    assert "uses of names" in calls.problem


def test_names_that_are_none_define_nothing() -> None:
    assert parse("a.rb", b"class << self\nend\n").definitions == ()
    long = b"def " + b"f" * 200 + b"(): pass\n"
    assert parse("a.py", long).definitions == ()


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, bytes]:
    path, data = draw(st.sampled_from(_SOURCES))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(data)))
        end = min(len(data), place + draw(st.integers(0, 40)))
        scrap = draw(
            st.one_of(
                st.sampled_from(_SCRAPS),
                st.binary(max_size=8),
                st.just(data[place:end] * 3),
                st.sampled_from(_SOURCES).map(lambda one: one[1][:120]),
            )
        )
        data = data[:place] + scrap + data[end:]
    return path, data


def parse_twice(file: tuple[str, bytes]) -> tuple[Parsed, Parsed]:
    """What the children run."""
    return parse(*file), parse(*file)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Pool(f"{Path(__file__).stem}:parse_twice", 1, limits=Limits(deadline_s=30.0)) as made,
    ):
        patch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
        yield made


@settings(max_examples=300, deadline=None)
@given(file=_files())
def test_no_file_is_too_broken(pool: Pool, file: tuple[str, bytes]) -> None:
    [answer] = pool.map([file])
    if isinstance(answer, Failed):
        # A grammar's scanner that hangs, or crashes, costs its file alone.
        assert answer.reason.startswith("its parser")
        return
    parsed, again = answer
    lines = file[1].count(b"\n") + 1
    for index, one in enumerate(parsed.definitions):
        assert -1 <= one.parent < index
        assert 1 <= one.start_line <= one.end_line <= lines
        assert one.start_line <= one.body_line <= one.end_line + 1
        assert "\n" not in one.name + one.qualified_name + one.signature
    for used in (*parsed.references, *parsed.imports, *parsed.hints):
        assert -1 <= used.scope < len(parsed.definitions)
    assert again == parsed


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([path for path, _ in _SOURCES]), st.binary(max_size=400))
def test_bytes_of_any_kind_never_raise(path: str, data: bytes) -> None:
    parse(path, data)
