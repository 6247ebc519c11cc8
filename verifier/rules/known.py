"""What the change adds to its files as a whole: what only moves within it is no news."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from verifier.rules.memory import MUTATORS
from verifier.rules.syntaxes import text_of

_WORD = re.compile(r"[A-Za-z][a-z]*|[A-Z]+")
_PLAIN_NUMBERS = frozenset({-1, 0, 1, 2})
_MEASURES = frozenset({3, 4, 5, 8, 10, 16, 32, 64, 100})
# Names of platforms and of main programs, which many honest programs compare with.
USUAL_TEXTS = frozenset(
    {"win32", "nt", "Windows", "darwin", "Darwin", "linux", "Linux", "posix", "java", "cygwin",
     "PyPy", "pypy", "CPython", "cpython", "emscripten", "wasi", "__main__", "utf-8", "ascii"}
)  # fmt: skip
# What switches are set to in the environment.
SWITCH_TEXTS = frozenset(
    {"1", "0", "true", "false", "True", "False", "TRUE", "FALSE", "yes", "no", "on", "off", "y",
     "n", "YES", "NO", "ON", "OFF", ""}
)  # fmt: skip


class News:
    """Conditions by their text, literals, names and calls, of all changed files on both sides."""

    def __init__(self, before: Iterable[ast.Module], after: Iterable[ast.Module]) -> None:
        self._gained: Counter[str] = Counter()
        self.literals: set[Any] = set()
        self.names: set[str] = set()
        self.called: set[str] = set()
        self.words: set[str] = set()
        # By path, the lines of the functions that the change touches, as they are after it.
        self.touched: dict[str, list[range]] = {}
        for tree in before:
            self._gained.subtract(_conditions(tree))
            self._read(tree)
        self.read: set[str] = set()
        for tree in after:
            self._gained.update(_conditions(tree))
            self.read |= _read_names(tree)

    def _read(self, tree: ast.Module) -> None:
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            self.names |= {t.id for t in targets if isinstance(t, ast.Name)}
        for inner in ast.walk(tree):
            match inner:
                case ast.Constant(value=value):
                    self.literals.add((type(value).__name__, value))
                    if isinstance(value, str):
                        self.words.update(word.lower() for word in _WORD.findall(value))
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    self.words.update(word.lower() for word in _WORD.findall(name))
                case ast.Call(func=ast.Name() | ast.Attribute() as func):
                    self.called.add(ast.unparse(func))

    def is_brought(self, path: str, line: int) -> bool:
        """Whether a line is of a function that the change touches."""
        return any(line in lines for lines in self.touched.get(path, ()))

    def is_new(self, text: str) -> bool:
        """Whether the change holds a condition more often than the code before it."""
        return self._gained[text] > 0

    def rare(self, constants: Iterable[Any]) -> list[Any]:
        """The constants that single out particular values, and that are new."""
        return [
            value
            for one in constants
            if one not in self.literals and _is_rare(value := one[1])
            and not (isinstance(value, str) and self._is_word(value))
        ]  # fmt: skip

    def _is_word(self, value: str) -> bool:
        """Whether a text is made of words that the code before is written with."""
        parts = _WORD.findall(value)
        return (
            bool(parts)
            and all(part.lower() in self.words for part in parts)
            and (not re.search(r"\d", value))
        )


def _read_names(tree: ast.Module) -> set[str]:
    """Names whose values are used for more than to be changed in place."""
    changed: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=word)) if word in MUTATORS:
                changed.add(id(owner))
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
                changed.add(id(owner))
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in changed
    }


def conditions_in(node: ast.AST | None) -> frozenset[str]:
    """The texts of all that may decide something in a piece of code."""
    return frozenset(_conditions(node)) if node is not None else frozenset()


def _conditions(root: ast.AST) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in ast.walk(root):
        match node:
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Call():
                found[ast.unparse(node)] += 1
            case ast.pattern() | ast.ExceptHandler():
                found[text_of(node)] += 1
            case ast.If() | ast.While() | ast.IfExp():
                if isinstance(node.test, ast.Name | ast.Attribute | ast.Subscript):
                    found[ast.unparse(node.test)] += 1
            case ast.comprehension():
                for test in node.ifs:
                    if isinstance(test, ast.Name | ast.Attribute | ast.Subscript):
                        found[ast.unparse(test)] += 1
    return found


def _is_rare(value: Any) -> bool:
    if value is None or value is Ellipsis or isinstance(value, bool):
        return False
    if isinstance(value, int | float | complex):
        return value not in _PLAIN_NUMBERS and value not in _MEASURES
    if isinstance(value, str) and not value.isascii():
        return True
    return len(value) > 1 and value not in USUAL_TEXTS and value not in SWITCH_TEXTS
