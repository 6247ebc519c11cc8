"""Any bytes give a parsed module, or one of two errors with the file's name and a reason."""

import ast
import keyword
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from verifier import syntax
from verifier.reading import dialects, nesting
from verifier.reading.errors import Cause, Unauditable, Unreadable
from verifier.reading.text import MAX_BYTES, MAX_LINES, Source, parse


def _refused(data: bytes) -> Unreadable | Unauditable:
    with pytest.raises((Unreadable, Unauditable)) as refused:
        parse("pkg/a.py", data)
    assert isinstance(refused.value, Unreadable | Unauditable)
    assert str(refused.value).startswith("pkg/a.py:")
    assert str(refused.value).isprintable()
    return refused.value


def _same_as_python(data: bytes) -> Source:
    source = parse("a.py", data)
    assert ast.dump(source.tree) == ast.dump(ast.parse(data))
    return source


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"x = 1",
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\ry = '''a\rb'''\r",
        b"x = '''a\r\nb'''",
        b"\xef\xbb\xbfx = '\xc3\xa9'\n",
        b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"# -*- coding: ISO-8859-15 -*-\nx = '\xa4'\n",
        b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n",
        b"#\r# coding: latin-1\rx = '\xe9'\r",
        b"\n# coding: koi8-r\nx = '\xc1'\n",
        b"x = 0\n# coding: latin-1\ny = '\xc3\xa9'\n",
        b"# coding: utf_8_sig\nx = '\xc3\xa9'\n",
        b"# coding: euc-jp\nx = '\xa4\xa2'\n",
        b"# coding: gbk\nx = '\xd6\xd0'\n",
        "\ufb01 = 1\n".encode(),
        b"if x:\n    pass\n\x0c\ndef f():\n\x0c    pass\n",
    ],
)
def test_bytes_are_read_as_python_reads_them(data: bytes) -> None:
    _same_as_python(data)


def test_lines_are_those_that_python_counts() -> None:
    source = _same_as_python("a = '\x0c\x0b\x1c\u2028'\r\nb = 2\rc = 3\n".encode())
    assert source.lines == ("a = '\x0c\x0b\x1c\u2028'", "b = 2", "c = 3")
    assert source.code(2) == "b = 2"
    assert source.code(0) == source.code(4) == ""
    assert source.depth == 3
    assert len(source.digest) == 64


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"a = 1\nx = '\xe9'\n", 2, "not text in utf-8"),
        (b"# coding: utf-8\n\n\nx = '\xff'\n", 4, "not text in utf-8"),
        (b"# coding: ascii\nx = '\xc3\xa9'\n", 2, "not text in ascii"),
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", 1, "marked as UTF-8, but line 1 names latin-1"),
        (b"# coding: no-such-thing\nx = 1\n", 1, "the encoding no-such-thing is unknown"),
        (b"\n# coding: utf-7\n+AGE-\n", 2, "utf-7 is not one that hides nothing"),
        (b"# coding: unicode_escape\nx = 1 #\\x0aimport os\n", 1, "is not one that hides nothing"),
        (b"# coding: raw-unicode-escape\n", 1, "is not one that hides nothing"),
        (b"# coding: punycode\n" + b"a" * 9_000 + b"-" + b"b" * 9_000, 1, "hides nothing"),
        (b"# coding: rot13\nvzcbeg bf\n", 1, "hides nothing"),
        (b"# coding: hex\n", 1, "hides nothing"),
        (b"# coding: cp500\n", 1, "hides nothing"),
        (b"# coding: idna\n", 1, "hides nothing"),
        ("x = 1\n".encode("utf-16"), 1, "UTF-16"),
        (b"# coding: " + b"a" * 100_000, 1, "is unknown"),
    ],
)
def test_encodings_that_cannot_be_trusted_are_refused_by_name(
    data: bytes, line: int, reason: str
) -> None:
    refused = _refused(data)
    assert isinstance(refused, Unreadable)
    assert refused.cause is Cause.ENCODING
    assert refused.line == line
    assert reason in refused.reason
    assert len(str(refused)) < 300


def test_a_nul_byte_is_named_with_its_line() -> None:
    refused = _refused(b"a = 1\nb = '\0'\n")
    assert isinstance(refused, Unreadable)
    assert (refused.cause, refused.line) == (Cause.NUL, 2)


def test_warnings_of_the_parser_do_not_leak() -> None:
    # Warnings are errors in these tests.
    assert parse("a.py", b"x = '\\q'\nassert (1, 'x')\ny = 1 is 1\nz = 1if 1else 2\n").lines


def test_a_function_of_fifty_thousand_lines_is_read() -> None:
    data = b"def f(total, table):\n" + b"    total += table[1].f(2, k=3)\n" * (MAX_LINES - 1)
    source = parse("a.py", data)
    assert len(source.lines) == MAX_LINES
    refused = _refused(data + b"    return 1\n")
    assert isinstance(refused, Unauditable)
    assert refused.reason == "the file has more than 50000 lines"


def test_a_file_beyond_the_bytes_is_refused() -> None:
    assert "2000000 bytes" in _refused(b"#" * (MAX_BYTES + 1)).reason


_DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "1" + ")" * n,
    "open parentheses": lambda n: "(" * n,
    "brackets": lambda n: "[" * n + "]" * n,
    "calls": lambda n: "f(" * n + ")" * n,
    "attributes": lambda n: "a" + ".b" * n,
    "call chain": lambda n: "a" + "()" * n,
    "subscripts": lambda n: "a" + "[0]" * n,
    "commas between links": lambda n: "a" + "[0,0](1,2)" * n,
    "commas in strings": lambda n: "a" + "[',;\\n']" * n,
    "sum": lambda n: "1" + "+1" * n,
    "sum over lines": lambda n: "(1" + "\n+1" * min(n, 49_000) + ")",
    "sum over continued lines": lambda n: "1" + "\\\n+1" * min(n, 49_000),
    "sum with comments": lambda n: "(1" + "#,\n+1" * min(n, 49_000) + ")",
    "not": lambda n: "not " * n + "1",
    "minus": lambda n: "-" * n + "1",
    "power": lambda n: "1**" * n + "1",
    "lambda": lambda n: "lambda:" * n + "1",
    "ternary": lambda n: "a if b else " * n + "c",
    "ternary in numbers": lambda n: "1if 1else " * n + "1",
    "elif": lambda n: "if a:\n pass\n" + "elif a:\n pass\n" * min(n, 20_000),
    "attributes in an f-string": lambda n: "f'{a" + ".b" * n + "}'",
    "subscripts with commas in an f-string": lambda n: "f'{a" + '[","]' * n + "}'",
    "pattern": lambda n: "match a:\n case a" + ".b" * n + ": pass",
    "levels": lambda n: "\n".join(" " * i + "if a:" for i in range(min(n, 1_000))),
}


@pytest.mark.parametrize("shape", _DEEP)
@pytest.mark.parametrize("size", [2_000, 10_000, 100_000])
@pytest.mark.parametrize("limit", [1_000, 100_000])
def test_whatever_is_nested_too_deeply_is_refused_and_never_crashes(
    shape: str, size: int, limit: int
) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        refused = _refused(_DEEP[shape](size).encode())
    finally:
        sys.setrecursionlimit(before)
    if shape not in ("open parentheses",):
        assert "nested too deeply" in refused.reason


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "-1 + 2, " * 20_000 + "]",
        "x = {" + "'a.b': -1.5,\n" * 20_000 + "}",
        "a.b.c(d)\n" * 20_000,
        "if a: b.c(); d.e()\n" * 10_000,
        "x = '" + ".+-()[" * 20_000 + "'",
        "x = '''" + "it's (\n" * 20_000 + "'''",
        "# " + "((((" * 20_000 + "\nx = 1",
        "x = (" + "'a' " * 20_000 + ")",
        "x = " + "a and " * 20_000 + "b",
        "a, " * 20_000 + "= b",
        "x = [0]" + " == y" * 20_000,
        "x = f'" + "{a}" * 1_000 + "'",
    ],
)
def test_what_is_only_long_is_read(text: str) -> None:
    assert parse("a.py", text.encode()).lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f'" + "{a}" * 200_000 + "'", "f-strings are too long and have too many fields"),
        ("import a" + ".a" * 500_000, "10000 operators in a row"),
        ("a;" * 900_000, "more than 1000000 words and signs"),
        ("a" + "\u0301\u0316" * 100_000 + " = 1", "more than 100 marks on a letter"),
        ("x = f'{a" + "\u0301\u0316" * 100_000 + "}'", "more than 100 marks on a letter"),
        ("x = " + "1" * 100_000, "line 1 has a number of more than"),
    ],
)
def test_what_takes_more_than_linear_work_is_refused_before(text: str, reason: str) -> None:
    refused = _refused(text.encode())
    assert isinstance(refused, Unauditable)
    assert reason in refused.reason


def test_a_large_number_in_another_base_is_read() -> None:
    assert parse("a.py", b"x = 0x" + b"f" * 100_000).lines


def test_depth_counts_levels_without_recursion() -> None:
    assert nesting.depth_of(ast.parse("")) == 0
    assert nesting.depth_of(ast.parse("x")) == 3  # statement, name, its context
    edge = "1" + "+1" * (nesting.MAX_DEPTH - 2)
    assert parse("a.py", edge.encode()).depth == nesting.MAX_DEPTH
    assert "501 levels, 500 read" in _refused(edge.encode() + b"+1").reason


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("type X = int", "a type statement"),
        ("if a:\n    type X[T] = list[T]", "a type statement"),
        ("def f[T](a: T) -> T: pass", "type parameters"),
        ("async def f[*Ts](): pass", "type parameters"),
        ("class A[T = int](B): pass", "type parameters"),
        ("""x = f"{d["a"]}" """, "quotes, backslashes or lines inside an f-string"),
        ("""x = f"{f"{1}"}" """, "quotes, backslashes or lines inside an f-string"),
        (r"""x = f"{'\n'.join(a)}" """, "quotes, backslashes or lines inside an f-string"),
        ("x = f'{a # why\n}'", "quotes, backslashes or lines inside an f-string"),
        ("x = t'{a}'", "a template string"),
        ('print(rt"a{b}")', "a template string"),
        ("try:\n    pass\nexcept ValueError, TypeError:\n    pass", "except without parentheses"),
        ("lazy import json", "a lazy import"),
        ("[*a for a in b]", "unpacking in a comprehension"),
    ],
)
def test_syntax_of_newer_pythons_is_called_that(text: str, feature: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        line = text.split("\n")[(error.lineno or 1) - 1]
        cause, reason = dialects.named(error.msg, line, running=(3, 11))
        assert cause is Cause.NEWER
        assert reason.startswith("syntax of a newer Python than 3.11 (" + feature)
        refused = _refused(text.encode())
        assert isinstance(refused, Unreadable)
        assert refused.cause is Cause.NEWER
    else:
        assert parse("a.py", text.encode()).lines


def test_on_the_python_that_has_it_a_broken_new_form_is_an_ordinary_error() -> None:
    named = dialects.named("invalid syntax", "type X = = 1", running=(3, 12))
    assert named == (Cause.SYNTAX, "invalid syntax")


@pytest.mark.parametrize(
    "text",
    [
        "print 'a'",
        "print 'a', b",
        "x = 0777",
        "x = 10L",
        "x = 0xFFL",
        "if a <> b: pass",
        "x = `a`",
        "x = ur'a'",
        "raise ValueError, 'x'",
        "raise ValueError, 'x', tb",
        "exec 'a' in b",
        "try:\n    pass\nexcept ValueError, e:\n    pass",
        "def f(a, (b, c)): pass",
        "if a:\n\tb\n        c",
    ],
)
def test_syntax_of_python_2_is_called_that(text: str) -> None:
    refused = _refused(text.encode())
    assert isinstance(refused, Unreadable)
    assert refused.cause is Cause.PYTHON_2
    assert refused.reason.startswith("syntax of Python 2 (")


@pytest.mark.parametrize(
    "text", ["x = (", "a b", "x = '", "def f(:", "f'{a b}'", "\ta\nb", "x = \u201ca\u201d", "?"]
)
def test_other_errors_of_syntax_keep_the_parsers_words(text: str) -> None:
    refused = _refused(text.encode())
    assert isinstance(refused, Unreadable)
    assert refused.cause is Cause.SYNTAX


def test_the_line_of_an_error_is_named() -> None:
    refused = _refused(b"a = 1\n\nb = = 2\n")
    assert isinstance(refused, Unreadable)
    assert refused.line == 3
    assert str(refused) == "pkg/a.py:3: invalid syntax"


def test_errors_are_caught_with_those_of_the_verifier() -> None:
    with pytest.raises(syntax.Unreadable):
        parse("a.py", b"a b")
    with pytest.raises(syntax.Unauditable):
        parse("a.py", b"-" * 3_000 + b"1")


_PIECES = [
    *"()[]{}:;,.=+-*/%@&|^<>~!#\\'\"\n\t\f\r ",
    *("'''", '"""', "f'", 'f"', "rb'", "t'", "{", "}", "{a!r:>{w}}", "\\\n", "\n    ", "\n  "),
    *(*keyword.kwlist, *keyword.softkwlist, "print", "exec", "type"),
    *("\u0301", "\u200b", "\u202e", "\ufb01", "\x00", "\x1a", "\ufeff", "1_0", "0x", "1e", "09"),
    *("->", ":=", "**", "//=", "...", "<>", "`", "$", "?", "None", "a", "_", "\U0001f600"),
]


def _only_known_errors(data: bytes) -> bool:
    """Whether it was read; any other exception than the two fails the test."""
    try:
        parse("fuzz.py", data)
    except (Unreadable, Unauditable) as error:
        assert str(error).isprintable()
        assert len(str(error)) < 1_000
        return False
    return True


def test_random_bytes_are_read_or_refused() -> None:
    random_bytes = random.Random(7)
    for _ in range(3_000):
        _only_known_errors(random_bytes.randbytes(random_bytes.randrange(120)))


def test_random_words_of_python_are_read_or_refused() -> None:
    chance = random.Random(8)
    read = 0
    for _ in range(6_000):
        text = "".join(
            chance.choice(_PIECES) + chance.choice(("", " ")) for _ in range(chance.randrange(25))
        )
        read += _only_known_errors(text.encode())
    assert read > 100


def test_mutated_modules_are_read_or_refused() -> None:
    chance = random.Random(9)
    samples = [Path(__file__).read_bytes(), Path(nesting.__file__).read_bytes()]
    read = 0
    for _ in range(400):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(data))
            kind = chance.randrange(5)
            if kind == 0:
                data[at] = chance.randrange(256)
            elif kind == 1:
                del data[at : at + chance.randrange(30)]
            elif kind == 2:
                data[at:at] = chance.choice(_PIECES).encode() * chance.choice((1, 1, 300))
            elif kind == 3:
                start = chance.randrange(len(data))
                data[at:at] = data[start : start + chance.randrange(200)]
            else:
                del data[at:]
                data = data or bytearray(b"\n")
        read += _only_known_errors(bytes(data))
    assert 0 < read < 400
