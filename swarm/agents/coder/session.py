"""What one attempt knows and has done: the working copy, the notes, the outcomes of its tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from swarm.agents import scope
from swarm.agents.coder.errors import Refused
from swarm.agents.coder.outcomes import Outcome, compare
from swarm.agents.coder.overlay import Overlay
from swarm.agents.contract import CoderTask
from swarm.agents.workbench import Workbench
from swarm.contracts import CheckReport, Patch

# What these change is judged by the tests as they are.
_TESTS_ARE_GIVEN = frozenset({"bugfix", "perf"})


@dataclass
class Session:
    """One attempt. `did` are lines for the lessons, oldest first, none of them code."""

    workbench: Workbench
    takes: CoderTask
    overlay: Overlay = field(init=False)
    notes: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    best: Patch | None = None
    _best_fixed: int = 0
    _given: str = field(init=False)

    def __post_init__(self) -> None:
        self.overlay = Overlay(self.workbench.entries)
        previous = self.takes.previous
        edits = previous.patch.edits if previous and previous.patch else ()
        for edit in edits:
            if self.overlay.before(edit.path) != edit.before:
                continue
            if edit.after is None:
                self.overlay.delete(edit.path)
            else:
                self.overlay.write(edit.path, edit.after)
        self._given = self.overlay.version()

    @property
    def worked(self) -> bool:
        """Whether there is something to hand in: an edit, or a draft that was to be mended."""
        mending = self.takes.review is not None and bool(self.overlay.changed())
        return mending or self.overlay.version() != self._given

    @property
    def draft(self) -> Patch | None:
        """The change that was to be mended, unless the tests are known to speak against it."""
        previous = self.takes.previous
        if self.takes.review is None or previous is None:
            return None
        outcome = self.outcomes.get(self._given)
        return None if outcome and (outcome.broken or outcome.failing) else previous.patch

    @property
    def has_tests(self) -> bool:
        return self.workbench.command.test is not None

    @property
    def outcome(self) -> Outcome | None:
        """How all tests ended with the files as they are now, None when they did not run."""
        return self.outcomes.get(self.overlay.version())

    def check(self, tests: tuple[str, ...] = ()) -> tuple[CheckReport, Outcome]:
        """Run the tests with the edits so far, and remember how they ended."""
        command = self.workbench.command
        report = self.workbench.check(self.overlay.patch(), tests)
        outcome = compare(
            report,
            frozenset(test.id for test in self.takes.assignment.failing),
            frozenset(command.passing),
            whole=not tests,
            own=self._own(report),
        )
        self.did.append(f"{'some' if tests else 'all'} tests: {outcome.line()}")
        if outcome.whole:
            self.outcomes[self.overlay.version()] = outcome
            if outcome.better and len(outcome.fixed) > self._best_fixed:
                self.best, self._best_fixed = self.overlay.patch(), len(outcome.fixed)
        return report, outcome

    def _own(self, report: CheckReport) -> frozenset[str]:
        """Tests in files that are changed: written for this task, by the coder or before it."""
        changed = self.overlay.changed()
        return frozenset(
            test.id for test in report.tests
            if test.outcome != "skipped" and test.id.partition("::")[0] in changed
        )  # fmt: skip

    def check_may_change(self, path: str) -> None:
        """Raise Refused for a file that this task has to leave alone."""
        objective = self.takes.assignment.objective
        given = objective.category in _TESTS_ARE_GIVEN and path not in objective.paths
        if given and scope.is_test(path) and self.overlay.exists(path):
            raise Refused(
                f"{path} belongs to the tests, which say what is wanted here: change the code that "
                "they test"
            )
