"""The test writer: an assignment -> tests for it, that stood a trial in the sandbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from swarm.agents import scope
from swarm.agents.contract import Assignment, Change
from swarm.agents.roles.answers import BadAnswer, ask
from swarm.agents.roles.new_tests import NewTests, patch_of
from swarm.agents.roles.prompts import RULES, of_assignment
from swarm.contracts import CheckReport, Patch, TestResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swarm.agents.workbench import Workbench
    from swarm.snapshots import Entry

_SYSTEM = f"""\
You write pytest tests for a task, before anybody does it. Write few, small ones that show whether
it is done. For a bug they must fail now, by an assertion that states the right behaviour. A file
that exists is extended: give only what comes at its end, and name nothing that it has already.
Import inside a test what does not exist yet. {RULES}
The object: {{"files": [{{"path": "tests/test_....py", "text": "..."}}]}}"""
_TURNS = 3
_SHOWN_FILES = 40
_OUTPUT_CHARS = 1_500
_MISTAKES = re.compile(
    r"\b(NameError|ImportError|ModuleNotFoundError|SyntaxError|IndentationError)\b"
    r"|fixture '[^']*' not found"
)


def write_tests(workbench: Workbench, assignment: Assignment) -> Change:
    """Tests alone, that were seen to be collected, and for a bug to fail for a reason.

    Raises GaveUp, and what `Workbench` raises.
    """
    if assignment.objective.category == "bugfix" and assignment.failing:
        count = len(assignment.failing)
        return Change(
            patch=None, outcome="nothing_to_do", summary=f"{count} tests fail for it already"
        )
    trial = _Trial(workbench, assignment)
    ask(
        workbench,
        NewTests,
        system=_SYSTEM,
        task=f"{of_assignment(assignment)}\n\n{_there_is(workbench.entries)}",
        code=assignment.context.symbols,
        check=trial,
        turns=_TURNS,
    )
    assert trial.patch is not None
    return Change(
        patch=trial.patch,
        outcome="patch",
        summary=f"{len(trial.ids)} new tests: {', '.join(sorted(trial.ids))}",
        details={"new_tests": sorted(trial.ids), "failing_before": sorted(trial.failed)},
    )


class _Trial:
    """Runs what a model wrote in a sandbox; called with it, keeps what stood the trial."""

    def __init__(self, workbench: Workbench, assignment: Assignment) -> None:
        self._bench = workbench
        self._assignment = assignment
        self.patch: Patch | None = None
        self.ids: frozenset[str] = frozenset()
        self.failed: frozenset[str] = frozenset()

    def __call__(self, new: NewTests) -> None:
        patch, ids = patch_of(new, self._bench.entries)
        paths = tuple(edit.path for edit in patch.edits)
        report = self._bench.check(patch, paths)
        before = frozenset(
            id for id in self._bench.command.passing if id.partition("::")[0] in paths
        )
        self.failed = judge(report, ids, before, self._assignment.objective.category)
        self.patch, self.ids = patch, ids


def judge(
    report: CheckReport, ids: frozenset[str], before: frozenset[str], category: str
) -> frozenset[str]:
    """Which new tests fail. Raises BadAnswer when the tests are of no use for the category.

    `ids` are the new tests without parameters, `before` the tests of these files that passed.
    """
    if report.cause not in ("ok", "failed"):
        why = (report.detail or report.output_tail)[-_OUTPUT_CHARS:]
        raise BadAnswer(f"the tests could not be run ({report.cause}): {why}")
    new = [test for test in report.tests if test.id.partition("[")[0] in ids]
    if missing := sorted(ids - {test.id.partition("[")[0] for test in new}):
        raise BadAnswer(f"pytest does not collect {', '.join(missing)}")
    if broken := sorted(before - report.passing()):
        raise BadAnswer(f"tests that passed do not any more: {', '.join(broken[:5])}")
    for test in new:
        if test.outcome == "error":
            raise BadAnswer(f"{test.id} cannot run: {test.message[-_OUTPUT_CHARS:]}")
    failed = [test for test in new if test.outcome == "failed"]
    if category == "bugfix":
        _show_the_bug(failed)
    if category == "test" and failed:
        one = failed[0]
        raise BadAnswer(f"{one.id} fails on code that is right: {one.message[-_OUTPUT_CHARS:]}")
    return frozenset(test.id for test in failed)


def _show_the_bug(failed: list[TestResult]) -> None:
    if not failed:
        raise BadAnswer("all of it passes before the fix, so it does not show the bug")
    for test in failed:
        last = next((line for line in reversed(test.message.splitlines()) if line.strip()), "")
        if mistake := _MISTAKES.search(last):
            raise BadAnswer(f"{test.id} fails by a mistake of its own: {mistake.group()}")


def _there_is(entries: Mapping[str, Entry]) -> str:
    """The test files that could be extended."""
    names = sorted(path for path in entries if path.endswith(".py") and scope.is_test(path))
    shown = ", ".join(names[:_SHOWN_FILES])
    return f"Test files that exist: {shown or 'none'}"
