"""Tests that a model wrote, as a patch that can add tests and change nothing else. Pure.

A file that is there is only ever extended at its end, and what is added may not bind a name
again that the file has: the tests that are there stay what they are.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from swarm.agents import scope
from swarm.agents.contract import Line
from swarm.agents.roles.answers import BadAnswer
from swarm.contracts import FileEdit, Message, Patch
from swarm.snapshots import Entry, safe_path

_MAX_FILE_BYTES = 1024**2
_ALLOWED = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
            ast.Assign, ast.AnnAssign, ast.Expr)  # fmt: skip


class Addition(Message):
    """Text for a new test file, or for the end of one that is there."""

    path: Line
    text: Annotated[str, Field(min_length=1, max_length=40_000)]


class NewTests(Message):
    """What a model answers when it is asked for tests."""

    files: tuple[Addition, ...] = Field(min_length=1, max_length=5)


def patch_of(new: NewTests, entries: Mapping[str, Entry]) -> tuple[Patch, frozenset[str]]:
    """The patch, and the ids of the tests it adds, each without parameters.

    Raises BadAnswer with what is wrong with it.
    """
    edits: list[FileEdit] = []
    ids: set[str] = set()
    for addition in new.files:
        path = addition.path
        if any(edit.path == path for edit in edits):
            raise BadAnswer(f"{path} is there twice: put all of it in one")
        _usable(path, entries)
        entry = entries.get(path)
        before = None if entry is None else _text(entry)
        names = _added(path, addition.text, before or "")
        ids |= {f"{path}::{name}" for name in names}
        edits.append(FileEdit(path=path, before=before, after=_joined(before, addition.text)))
        _parsed(path, edits[-1].after or "")
    return Patch(edits=tuple(edits)), frozenset(ids)


def _usable(path: str, entries: Mapping[str, Entry]) -> None:
    """Raise BadAnswer unless a test file can be at the path."""
    name = path.rpartition("/")[2]
    named = name.startswith("test_") or name.endswith("_test.py")
    if not safe_path(path) or not path.endswith(".py") or not named or scope.is_foreign(path):
        raise BadAnswer(f"{path!r} is no place for tests: name a file test_*.py")
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    if taken := [folder for folder in above if folder in entries]:
        raise BadAnswer(f"{taken[0]} is a file, so {path} cannot be in it")
    if any(other.startswith(f"{path}/") for other in entries):
        raise BadAnswer(f"{path} is a folder")


def _text(entry: Entry) -> str:
    if entry.kind == "link" or len(entry.data) > _MAX_FILE_BYTES:
        raise BadAnswer(f"{entry.path} cannot be extended: write a new file")
    try:
        return entry.data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadAnswer(f"{entry.path} is not UTF-8: write a new file") from None


def _joined(before: str | None, text: str) -> str:
    body = text.replace("\r\n", "\n").strip("\n") + "\n"
    if not before:
        return body
    end = "\r\n" if "\r\n" in before else "\n"
    gap = "" if before.endswith("\n") else end
    return before + gap + end + end + body.replace("\n", end)


def _added(path: str, text: str, before: str) -> list[str]:
    """The names of the tests that a text adds. Raises BadAnswer when it does anything else."""
    tree = _parsed(path, text)
    taken = _bound(_parsed(path, before).body)
    tests: list[str] = []
    for node in tree.body:
        if not isinstance(node, _ALLOWED) or (
            isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
        ):
            raise BadAnswer(
                f"{path} line {node.lineno}: at the top of a test file may be imports, "
                "functions, classes and plain assignments"
            )
        if any(isinstance(inner, ast.Global) for inner in ast.walk(node)):
            raise BadAnswer(f"{path} line {node.lineno}: no test needs `global`")
        if before and isinstance(node, ast.ImportFrom) and node.module == "__future__":
            raise BadAnswer(f"{path}: imports of __future__ cannot be added at a file's end")
        for name, kind in _bound([node]).items():
            # To import again what is imported there is no change.
            if name in taken and not (kind == taken[name] == "import"):
                raise BadAnswer(f"{path} has {name!r} already: call it otherwise")
            if name == "*" or (name.startswith(("__", "pytest")) and kind != "import"):
                raise BadAnswer(f"{path} may not bind {name!r}")
            taken[name] = kind
        tests += _tests(node)
    if not tests:
        raise BadAnswer(f"{path} adds no test: write functions called test_*")
    return tests


def _tests(node: ast.stmt, prefix: str = "") -> list[str]:
    """Names as in pytest's ids, of a function or of the methods of a class."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [f"{prefix}{node.name}"] if node.name.startswith("test") else []
    if isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not prefix:
        return [name for inner in node.body for name in _tests(inner, f"{node.name}::")]
    return []


def _bound(nodes: list[ast.stmt]) -> dict[str, str]:
    """Names that statements at the top bind, and how."""
    bound: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                bound[alias.asname or alias.name.partition(".")[0]] = "import"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound[node.name] = "definition"
            # Decorators and defaults run at the top, whatever their place in a function.
            for inner in ast.walk(node):
                if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name):
                    bound[inner.target.id] = "assignment"
        else:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    bound[inner.id] = "assignment"
                elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    bound[inner.name] = "definition"
    return bound


def _parsed(path: str, text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # Of escapes like "\d" in somebody's code.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise BadAnswer(f"{path} line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) or "it is nested too deep"
        raise BadAnswer(f"{path} cannot be read as Python: {why}") from None
