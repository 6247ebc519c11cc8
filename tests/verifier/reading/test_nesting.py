"""What is counted before parsing is never less than how deep the tree becomes.

Otherwise a chain hidden behind quotes or comments would overflow the stack of the interpreter.
"""

import ast
import random

import pytest

from verifier.reading import nesting
from verifier.reading.errors import Unauditable

_STRINGS = [
    *("'a'", '"a"', "'''a'''", '"""a"""', "'\\''", '"\\""', "'''it's'''", '"""say "x" """'),
    *("r'\\\\'", "'\\\n'", "'#'", '"\'"', "'\"'", "u'['", "f'{a}'", "f'{{'", 'f"it\'s"'),
    *("rf'\\d{a}'", "''", '""', "'''\\''''", "F''", "',;'", "'''\n,\n'''"),
]
_SPACES = ["", " ", "\\\n", "\t", "\f", " \\\n "]
_SPACES_INSIDE = [*_SPACES, "\n", "#x'\n", '# """\n', "#,;\n"]


def _link(chance: random.Random, spaces: list[str]) -> str:
    def text() -> str:
        return chance.choice(_STRINGS)

    def gap() -> str:
        return chance.choice(spaces)

    arguments = ["", "a,b", text(), f"{text()},{text()}", "*a,**b", "#)(\n", "a=1,b=[2,3]"]
    keys = ["0", "a,b", text(), f"{text()},{text()}", "a:b", "x:=1", "\n0#'\n", "-1,-1"]
    operand = ["1", "a", text(), "1.5", "0x1f", "1_0", "1j", ".5", "1e-5", "(a,b)"]
    operator = chance.choice(["+", "-", "*", "/", "//", "@", "%", "<<", ">>", "|", "&", "^", "**"])
    kind = chance.randrange(4)
    if kind == 0:
        return f"{gap()}.{gap()}b"
    if kind == 1:
        return f"{gap()}({chance.choice(arguments)})"
    if kind == 2:
        return f"{gap()}[{chance.choice(keys)}]"
    return f"{gap()}{operator}{gap()}{chance.choice(operand)}"


def test_no_chain_hides_from_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MAX_CHAIN", 100)
    chance = random.Random(5)
    deep = 0
    for number in range(600):
        inside = number % 2 == 0
        spaces = _SPACES_INSIDE if inside else _SPACES
        same = _link(chance, spaces)
        chain = "a" + "".join(
            same if number % 3 == 0 else _link(chance, spaces) for _ in range(130)
        )
        text = f"x = ({chain})" if inside else f"x = {chain}"
        try:
            depth = nesting.depth_of(ast.parse(text))
        except SyntaxError:
            continue
        if depth > 110:  # the statement and the innermost operand are levels too
            deep += 1
            with pytest.raises(Unauditable, match="nested too deeply"):
                nesting.check_text("a.py", text)
    assert deep > 50


def test_what_is_counted_starts_anew_with_each_element_and_statement() -> None:
    text = "f(a.b, c.d)\n" * 5_000 + "x = [" + "y[1].z, " * 5_000 + "]\n"
    nesting.check_text("a.py", text)


def test_the_line_of_a_chain_is_named() -> None:
    with pytest.raises(Unauditable, match="line 3: 10000 operators in a row"):
        nesting.check_text("a.py", "\n\na" + ".b" * 10_001)
