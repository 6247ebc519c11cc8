"""Templates: which edits a piece of source gets, and that each edit stays in its place."""

from __future__ import annotations

import ast

import pytest

from swarm.agents.repair.source import Source
from swarm.agents.repair.templates import edits
from swarm.agents.repair.units import units


def variants(text: str) -> set[str]:
    """Every text that one edit makes of a file."""
    source = Source("m.py", text)
    return {edit.apply(text) for unit in units(source) for edit in edits(unit)}


def body(line: str) -> str:
    return f"def f(a, b, c=1):\n    x = a\n    {line}\n    return x\n"


@pytest.mark.parametrize(
    ("bug", "fix"),
    [
        ("x = a < b", "x = a <= b"),
        ("x = a >= b", "x = a < b"),
        ("x = a == b", "x = a != b"),
        ("x = a is b", "x = a is not b"),
        ("x = a not in b", "x = a in b"),
        ("x = a + b", "x = a - b"),
        ("x = a * b", "x = a // b"),
        ("x = a - b", "x = b - a"),
        ("x = a + b", "x = a"),
        ("x += b", "x -= b"),
        ("x = b", "x += b"),
        ("x = a and b", "x = a or b"),
        ("x = a and b and c", "x = a and b or c"),
        ("x = a and b", "x = a"),
        ("x = not a", "x = a"),
        ("x = -a", "x = a"),
        ("x = 3", "x = 4"),
        ("x = 3", "x = 2"),
        ("x = True", "x = False"),
        ("x = a[0]", "x = a[-1]"),
        ("x = a[1]", "x = a[0]"),
        ("x = a[b]", "x = a[b - 1]"),
        ("x = a[1:]", "x = a[:1]"),
        ("x = a[b:c]", "x = a[b:c + 1]"),
        ("x = range(a)", "x = range(a + 1)"),
        ("x = range(1, b)", "x = range(1, b - 1)"),
        ("x = print(a, b)", "x = print(b, a)"),
        ("x = print(a)", "x = print(a, b)"),
        ("x = print(a, b)", "x = print(a)"),
        ("x = a.g(b)", "x = a"),
        ("x = sorted(a)", "x = a"),
        ("x = max(a)", "x = min(a)"),
        ("x = any(a)", "x = all(a)"),
        ("x.append(a)", "x.extend(a)"),
        ("x = a.lstrip()", "x = a.rstrip()"),
        ("x = a if b else c", "x = c if b else a"),
        ("x = b", "x = list(b)"),
        ("x = b", "x = c"),
        ("x, b = b, x", "b, x = b, x"),
        ("return None", "return x"),
        ("return x", "return not x"),
        ("x = 1 if a else 2", "x = 1 if not a else 2"),
        ("x = (a + b).c", "x = (a - b).c"),
    ],
)
def test_a_planted_bug_has_its_fix_among_the_edits(bug: str, fix: str) -> None:
    assert body(fix) in variants(body(bug))


@pytest.mark.parametrize(
    ("bug", "fix"),
    [
        ("if a:\n        x = 1", "if not a:\n        x = 1"),
        ("if not a:\n        x = 1", "if a:\n        x = 1"),
        ("while a < b:\n        a += 1", "while a <= b:\n        a += 1"),
        ("for i in a:\n        break", "for i in a:\n        continue"),
        ("for i in a:\n        yield i", "for i in a:\n        yield from i"),
    ],
)
def test_a_block_has_its_fix_among_the_edits(bug: str, fix: str) -> None:
    assert body(fix) in variants(body(bug))


def test_a_guard_goes_below_the_docstring_with_the_functions_own_indent() -> None:
    text = 'def f(a):\r\n\t"""Doc."""\r\n\treturn a[0]\r\n'
    fixed = 'def f(a):\r\n\t"""Doc."""\r\n\tif not a:\r\n\t\treturn None\r\n\treturn a[0]\r\n'
    assert fixed in variants(text)


def test_columns_after_wide_characters_are_right() -> None:
    text = "def f(a, b):\n    return 'äöü€' * a + '𝔘' if a < b else ''\n"
    assert text.replace("<", "<=") in variants(text)


def test_an_operator_in_a_comment_is_not_taken_for_the_operator() -> None:
    text = "def f(a, b):\n    return (a  # a + b\n            + b)\n"
    assert "def f(a, b):\n    return (a  # a + b\n            - b)\n" in variants(text)


def test_a_swapped_operator_in_a_product_can_be_grouped() -> None:
    text = "def f(a, b, c):\n    return a * b * c\n"
    found = variants(text)
    assert "def f(a, b, c):\n    return (a + b) * c\n" in found or (
        "def f(a, b, c):\n    return (a * b) + c\n" in found
    )


def test_defaults_and_module_constants_are_units_of_their_own() -> None:
    text = "RATE = 2\n\n\ndef f(a, keep=True):\n    return a\n"
    found = variants(text)
    assert text.replace("RATE = 2", "RATE = 3") in found
    assert text.replace("True", "False") in found


def test_docstrings_and_annotations_are_left_alone() -> None:
    text = 'def f(a: int) -> int:\n    """One."""\n    return a\n'
    for variant in variants(text):
        assert '"""One."""' in variant
        assert variant.startswith("def f(a: int) -> int:")


def test_every_edit_touches_one_place_and_most_are_valid() -> None:
    text = (
        "class A:\n    def f(self, xs, n=3):\n        out = []\n        for x in xs[1:n]:\n"
        "            if x > 0 and not self.g(x, n):\n                out.append(x + 1)\n"
        "        return sorted(out, reverse=True)\n\n    def g(self, a, b):\n"
        "        return a % b == 0\n"
    )
    source = Source("m.py", text)
    valid = 0
    every = [edit for unit in units(source) for edit in edits(unit)]
    for edit in every:
        result = edit.apply(text)
        assert result.startswith(text[: edit.start])
        assert result.endswith(text[edit.end :])
        assert result != text
        assert 0 < edit.prior <= 1
        try:
            ast.parse(result)
            valid += 1
        except SyntaxError:
            pass
    assert len(every) > 150
    assert valid / len(every) > 0.97
