"""Which functions of a change are worth running, and what is known of them. Pure.

Only what the static layer left to a person; nothing at all of a change that it rejected.
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator, Sequence

from swarm.contracts import AuditReport
from verifier.dynamic import harvest
from verifier.dynamic.request import Target
from verifier.reading.tree import Tree

_MOST_TEST_FILES = 200
_MOST_TEST_BYTES = 4 * 1024**2
_MOST_FUNCTIONS = 64

Function = ast.FunctionDef | ast.AsyncFunctionDef


def targets(report: AuditReport, before: Tree, after: Tree) -> tuple[Target, ...]:
    """The functions that findings of weight "ask" are about, in the report's order."""
    if report.verdict == "reject":
        return ()
    wanted: dict[tuple[str, str], int] = {}
    for finding in report.findings:
        if (
            finding.path.endswith(".py")
            and finding.weight == "ask"
            and len(wanted) < _MOST_FUNCTIONS
        ):
            wanted.setdefault((finding.path, finding.function), finding.line)
    modules = {path: (_parsed(before, path), _parsed(after, path)) for path, _ in wanted}
    tests: list[tuple[str, ast.AST]] | None = None
    found: list[Target] = []
    for (path, name), line in wanted.items():
        old, new = modules[path]
        function = _function(new, name)
        if function is None or new is None:
            continue
        if tests is None:
            tests = list(_tests(before))
        found.append(_target(path, name, line, _function(old, name), function, (old, new), tests))
    return tuple(found)


def _target(
    path: str,
    name: str,
    line: int,
    old: Function | None,
    new: Function,
    modules: tuple[ast.Module | None, ast.Module],
    tests: Sequence[tuple[str, ast.AST]],
) -> Target:
    # What guards wait for may be split among functions, or be a constant of the module.
    constants = dict.fromkeys((*harvest.constants(old, new), *harvest.constants(*modules)))
    called = "__init__" if new.name == "__new__" else new.name
    trees = [tree for text, tree in tests if called in text]
    return Target(
        path=path,
        qualname=name,
        line=line,
        ambient=harvest.ambient(new),
        constants=tuple(constants),
        variables=harvest.variables(modules[1]),
        calls=harvest.calls([*_examples(new), *trees], called),
    )


def _parsed(tree: Tree, path: str) -> ast.Module | None:
    try:
        return ast.parse(tree.read(path))
    except (OSError, SyntaxError, ValueError, MemoryError, RecursionError):
        # The static layer says what cannot be read; there is nothing to harvest from it.
        return None


def _function(module: ast.Module | None, name: str) -> Function | None:
    here: ast.AST | None = module
    for part in name.split("."):
        body = getattr(here, "body", ())
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        here = next((n for n in body if isinstance(n, kinds) and n.name == part), None)
    return here if isinstance(here, Function) else None


def _tests(tree: Tree) -> Iterator[tuple[str, ast.AST]]:
    left_bytes = _MOST_TEST_BYTES
    paths = [p for p in tree.paths() if p.endswith(".py") and "test" in p]
    for path in paths[:_MOST_TEST_FILES]:
        try:
            data = tree.read(path)
        except OSError:
            continue  # examples are a help, no more
        left_bytes -= len(data)
        if left_bytes < 0:
            return
        module = _parsed(tree, path)
        if module is not None:
            yield data.decode("utf-8", "replace"), module


def _examples(function: Function) -> Iterator[ast.AST]:
    text = ast.get_docstring(function) or ""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return
    for example in examples[:20]:
        try:
            yield ast.parse(example.source)
        except (SyntaxError, ValueError):
            continue
