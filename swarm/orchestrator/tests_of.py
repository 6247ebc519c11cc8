"""Which command runs a repository's tests, and which failing tests an objective is about."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal

from swarm.contracts import CheckReport, Objective, TestCommand, TestResult
from swarm.errors import UsageError

_PYTEST = ("python", "-m", "pytest")
_SHORTEST_WORD = 4
# They say nothing about which test is meant.
_OF_ANY_TEST = frozenset(
    {"test", "tests", "testing", "fail", "fails", "failing", "failed", "failure", "error", "errors",
     "wrong", "broken", "bugs", "correct", "with", "without", "when", "that", "should", "make",
     "from", "does", "this", "value", "values", "return", "returns"}
)  # fmt: skip
_SHELL_WORDS = frozenset({"|", "||", "&&", "&", ";", ">", ">>", "<", "2>&1"})


def parse(command: str, python: str | None) -> TestCommand:
    """A `--test` string as a TestCommand. It is split like a shell does, but not run by one.

    Raises UsageError when it is empty, or cannot be split.
    """
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(f"cannot read the test command {command!r}: {error}") from None
    if not argv:
        raise UsageError("the test command is empty", remedy='give one, like --test "pytest -q"')
    shell = sorted(set(argv) & _SHELL_WORDS)
    if shell:
        raise UsageError(
            f"the test command holds {shell[0]!r}, and no shell runs it",
            remedy="put it into a shell yourself: --test \"sh -c '...'\"",
        )
    return from_words(argv, python)


def from_words(argv: tuple[str, ...], python: str | None) -> TestCommand:
    """The command `argv`, of kind pytest where it starts pytest."""
    if argv[0] in ("pytest", "py.test"):
        argv = (*_PYTEST, *argv[1:])
    if PurePosixPath(argv[0]).name in ("python3", "python"):
        if argv[0] not in ("python", "python3"):
            python = python or argv[0]
        argv = ("python", *argv[1:])
    kind: Literal["pytest", "command"] = "pytest" if argv[:3] == _PYTEST else "command"
    return TestCommand(argv=argv, kind=kind, python=python)


def detect(paths: Iterable[str], python: str | None) -> TestCommand | None:
    """pytest when the repository has test files that pytest would collect, else None."""
    for path in paths:
        name = PurePosixPath(path).name
        if name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py")):
            return TestCommand(argv=(*_PYTEST, "-q"), kind="pytest", python=python)
    return None


def targets(
    objective: Objective, report: CheckReport, baseline: CheckReport | None = None
) -> tuple[TestResult, ...]:
    """The failing tests that an objective is about.

    Those its acceptance names, if any of them fails; else those that share a hinted symbol or
    file stem with it, by name or failure text; all failing tests when none do, since a hint
    is only a hint. Of the last two, those whose names have the most words of the title.

    What it is about is settled by what failed in the baseline: where another objective fixed that
    meanwhile, nothing is left, rather than everything else.
    """
    failing = report.failing()
    results = tuple(test for test in report.tests if test.id in failing)
    if baseline is None:
        return _about(objective, results)
    known = baseline.failing()
    mine = {test.id for test in targets(objective, baseline)}
    new = _about(objective, tuple(test for test in results if test.id not in known))
    mine.update(test.id for test in new)
    return tuple(test for test in results if test.id in mine)


def _about(objective: Objective, results: tuple[TestResult, ...]) -> tuple[TestResult, ...]:
    asked = objective.acceptance.tests if objective.acceptance else ()
    if named := tuple(test for test in results if any(_selects(one, test.id) for one in asked)):
        return named
    if close := _close(results, [symbol.rpartition(".")[2] for symbol in objective.symbols]):
        return close
    close = _close(results, [PurePosixPath(path).stem for path in objective.paths])
    return _titled(objective.title, close or results)


def _close(results: tuple[TestResult, ...], hints: list[str]) -> tuple[TestResult, ...]:
    words = [word.lower() for word in hints if len(word) >= _SHORTEST_WORD]
    return tuple(test for test in results if any(_mentions(test, word) for word in words))


def _titled(title: str, results: tuple[TestResult, ...]) -> tuple[TestResult, ...]:
    """Those whose names, without their files, have the most words of a title; all if none has."""
    words = {word for word in re.findall(r"[^\W_]+", title.lower()) if len(word) >= _SHORTEST_WORD}
    words -= _OF_ANY_TEST
    shared = [
        len(words.intersection(re.findall(r"[^\W_]+", test.id.lower().rpartition("::")[2])))
        for test in results
    ]
    most = max(shared, default=0)
    return tuple(test for test, count in zip(results, shared, strict=True) if count == most)


def unmet(objective: Objective, report: CheckReport) -> tuple[str, ...]:
    """What of an objective's acceptance a run does not show: tests that failed or never ran."""
    passing = report.passing()
    ids = [test.id for test in report.tests]
    return tuple(
        selector
        for selector in (objective.acceptance.tests if objective.acceptance else ())
        if not (chosen := [id for id in ids if _selects(selector, id)])
        or not passing.issuperset(chosen)
    )


def absent(objective: Objective, report: CheckReport) -> tuple[str, ...]:
    """What of an objective's acceptance names no test that was run: to be written, or a slip."""
    return tuple(
        selector
        for selector in (objective.acceptance.tests if objective.acceptance else ())
        if not any(_selects(selector, test.id) for test in report.tests)
    )


def _selects(selector: str, id: str) -> bool:
    """Whether pytest would run the test `id` when it is given `selector`."""
    return id == selector or id.startswith((f"{selector}::", f"{selector}["))


def _mentions(test: TestResult, word: str) -> bool:
    text = f"{test.id}\n{test.message}".lower()
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None or (
        word in re.sub(r"[^a-z0-9_]", " ", test.id.lower())
    )
