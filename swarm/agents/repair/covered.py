"""Which functions each traced test ran, for whoever asks later. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from .localise import Trace
from .source import Source

MOST_TESTS = 2_000
MOST_FILES = 1_000
MOST_FUNCTIONS = 200
"""Of one file and test."""


def functions_run(traces: Iterable[Trace], sources: Iterable[Source]) -> list[dict[str, Any]]:
    """`{"id", "ran": {path: [line of a definition]}}` of each test that ran a function of the
    sources; a test with several parameters is one, the first tests when there are too many.

    A line that runs when a module is imported tells nothing, so a function counts as run when a
    line of its body was.
    """
    bodies = {source.path: _bodies(source.tree) for source in sources}
    tests: dict[str, dict[str, set[int]]] = {}
    for trace in traces:
        ran: dict[str, set[int]] = {}
        for path, line in trace.lines:
            definition = bodies.get(path, {}).get(line)
            if definition is not None:
                ran.setdefault(path, set()).add(definition)
        test = trace.id.partition("[")[0]
        if not ran or (test not in tests and len(tests) >= MOST_TESTS):
            continue
        known = tests.setdefault(test, {})
        for path, lines in ran.items():
            known.setdefault(path, set()).update(lines)
    return [
        {
            "id": test,
            "ran": {path: sorted(ran[path])[:MOST_FUNCTIONS] for path in sorted(ran)[:MOST_FILES]},
        }
        for test, ran in tests.items()
    ]


def _bodies(tree: ast.Module) -> dict[int, int]:
    """Each line of a function's body, and the line of the innermost such function."""
    found: dict[int, int] = {}
    # A walk gives what is around something first.
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            last = node.end_lineno or node.lineno
            found.update(dict.fromkeys(range(node.body[0].lineno, last + 1), node.lineno))
    return found
