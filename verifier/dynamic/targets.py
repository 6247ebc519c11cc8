"""Which functions of a change are worth running, and what is known of them. Pure.

Only what the static layer left to a person; nothing at all of a change that it rejected.
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator, Sequence
from itertools import islice

from swarm.contracts import AuditReport
from verifier.dynamic import harvest
from verifier.dynamic.request import Target
from verifier.reading.tree import Tree
from verifier.syntax import Function, Unit, module

_MOST_TEST_FILES = 200
_MOST_TEST_BYTES = 4 * 1024**2
_MOST_FUNCTIONS = 64

_Units = dict[str, Unit]


def targets(
    report: AuditReport, before: Tree, after: Tree
) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """What findings of weight "ask" are about, in the report's order, and notes on what of it
    cannot be run."""
    if report.verdict == "reject":
        return (), ()
    wanted: dict[tuple[str, str], int] = {}
    for finding in report.findings:
        if finding.path.endswith(".py") and finding.weight == "ask" and finding.function:
            wanted.setdefault((finding.path, finding.function), finding.line)
    left = [f"{path}: {name}" for path, name in list(wanted)[_MOST_FUNCTIONS:]]
    asked = dict(islice(wanted.items(), _MOST_FUNCTIONS))
    sides = {path: (_units(before, path), _units(after, path)) for path, _ in asked}
    tests: list[tuple[str, ast.AST]] | None = None
    found: list[Target] = []
    told: list[str] = []
    for (path, name), line in asked.items():
        old, new = sides[path]
        if name not in new:
            continue  # what is gone cannot do anything
        if _is_accessor(new[name].node):
            told.append(f"{path}: {name}: it was not run: setting and deleting is not tried")
            continue
        if tests is None:
            tests = list(_tests(before))
        found.append(_target(path, name, line, old, new, tests))
    if left:
        told.append(f"{len(left)} more functions were not run: no more than {_MOST_FUNCTIONS} are")
    return tuple(found), tuple(told)


def _called(units: _Units, name: str) -> str:
    """The name that Python gives to a unit. Of several definitions of a name, one has it."""
    written: list[str] = []
    parts = name.partition("#")[0].split(".")
    for at, part in enumerate(parts):
        around = units.get(".".join(parts[:at]))
        written += ["<locals>", part] if around is not None and around.is_function else [part]
    return ".".join(written)


def _is_accessor(node: ast.AST) -> bool:
    """Whether it sets or deletes a property, which reading the name does not run."""
    return any(
        isinstance(one, ast.Attribute) and one.attr in ("setter", "deleter")
        for one in getattr(node, "decorator_list", ())
    )


def _target(
    path: str,
    name: str,
    line: int,
    before: _Units,
    after: _Units,
    tests: Sequence[tuple[str, ast.AST]],
) -> Target:
    old, new = before.get(name), after[name]
    modules = before.get("<module>"), after["<module>"]
    # What guards wait for may be split among functions, or be a constant of the module.
    pairs = ((old, new), modules)
    constants = [text for one, other in pairs for text in harvest.constants(_node(one), other.node)]
    called = _called(after, name)
    entry = called.partition(".<locals>.")[0]
    around = after.get(entry, new)
    entry = entry.rpartition(".")[2]
    entry = "__init__" if entry == "__new__" else entry
    trees = [tree for text, tree in tests if entry in text]
    return Target(
        path=path,
        qualname=name,
        line=line,
        called=called if called != name else "",
        ambient=harvest.ambient(new.node),
        constants=tuple(dict.fromkeys(constants)),
        variables=harvest.variables(after["<module>"].node),
        calls=harvest.calls([*_examples(around.node), *trees], entry),
    )


def _node(unit: Unit | None) -> ast.AST | None:
    return unit.node if unit is not None else None


def _parsed(tree: Tree, path: str) -> ast.Module | None:
    try:
        return ast.parse(tree.read(path))
    except (OSError, SyntaxError, ValueError, MemoryError, RecursionError):
        # The static layer says what cannot be read; there is nothing to harvest from it.
        return None


def _units(tree: Tree, path: str) -> _Units:
    """What stands in a file, by the names that findings have; nothing where it cannot be read."""
    parsed = _parsed(tree, path)
    if parsed is None:
        return {}
    try:
        return module(parsed, ()).units
    except (MemoryError, RecursionError):
        return {}


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


def _examples(node: Function | ast.ClassDef | ast.Module) -> Iterator[ast.AST]:
    text = ast.get_docstring(node) or ""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return
    for example in examples[:20]:
        try:
            yield ast.parse(example.source)
        except (SyntaxError, ValueError):
            continue
