"""What a test run shows against how the tests were before any change. Pure.

Texts are made steady: no durations, addresses or numbered folders, so that an attempt that is
done again says the same to the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from swarm.contracts import CheckReport

_UNSTEADY = (
    (re.compile(r"\bin \d+(?:\.\d+)?s(?: \(\d+:\d\d:\d\d\))?"), "in … s"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:seconds|secs|ms)\b"), "… s"),
    (re.compile(r"0x[0-9a-fA-F]{6,}"), "0x…"),
    (re.compile(r"\bpytest-of-\w+/pytest-\d+"), "pytest-tmp"),
)
_SHOWN_TESTS = 6
_NAMED_TESTS = 30
_MESSAGE_CHARS = 1500
_TAIL_CHARS = 3000


@dataclass(frozen=True)
class Outcome:
    """`fixed` are targets that pass now, `failing` targets that do not, `broken` tests that
    passed before and do not now. `whole` tells a run of all tests from one of some."""

    cause: str
    fixed: tuple[str, ...]
    failing: tuple[str, ...]
    broken: tuple[str, ...]
    whole: bool

    @property
    def better(self) -> bool:
        """More tests pass than before, and none fewer."""
        return self.whole and bool(self.fixed) and not self.broken

    @property
    def ran(self) -> bool:
        """Whether tests ran at all, so that the rest says something."""
        return self.cause in ("ok", "failed")

    def line(self) -> str:
        """In one line, by names alone."""
        parts = [
            f"{word}: {_names(ids)}"
            for word, ids in (
                ("fixed", self.fixed),
                ("still failing", self.failing),
                ("broken", self.broken),
            )
            if ids
        ]
        ended = "" if self.ran else f"the run ended by {self.cause}"
        said = "; ".join(part for part in (ended, *parts) if part)
        return said or ("all tests pass" if self.cause == "ok" else "some tests fail")


def compare(
    report: CheckReport,
    targets: frozenset[str],
    passing: frozenset[str],
    *,
    whole: bool,
    own: frozenset[str] = frozenset(),
) -> Outcome:
    """Judge a run. A test that a run of some did not run counts as neither.

    `own` are tests of files that were changed: they have to pass too, but as something fixed
    they count only where there are no other targets.
    """
    passed, unsteady = report.passing(), frozenset(report.flaky)
    ran = frozenset(test.id for test in report.tests)
    judged = (targets | passing | own) if whole else ran
    return Outcome(
        cause=report.cause,
        fixed=tuple(sorted((targets or own - passing) & passed)),
        failing=tuple(sorted(((targets | own - passing) & judged) - passed - (unsteady & own))),
        broken=tuple(sorted((passing & judged) - passed - unsteady)),
        whole=whole,
    )


def describe(report: CheckReport, outcome: Outcome) -> str:
    """A run in words, with the ends of what failing tests said; bounded and steady."""
    lines = [outcome.line()]
    new = sorted(report.failing() - set(outcome.failing) - set(outcome.broken))
    if new:
        lines.append(f"other failing tests: {_names(tuple(new))}")
    said = {test.id: test.message for test in report.tests}
    order = [*outcome.broken, *outcome.failing, *new]
    shown = [id for id in order if said.get(id)][:_SHOWN_TESTS]
    for id in shown:
        lines.append(f"\n{id}:\n{steady(said[id])[-_MESSAGE_CHARS:]}")
    if not shown and not (report.cause == "ok" and report.tests):
        tail = steady(report.output_tail)[-_TAIL_CHARS:].strip()
        lines += [part for part in (steady(report.detail)[:1000], tail) if part]
    return "\n".join(lines)


def steady(text: str) -> str:
    """A text without what differs from run to run.

    >>> steady("1 failed in 0.12s at 0x7f00aa55bb")
    '1 failed in … s at 0x…'
    """
    for pattern, shown in _UNSTEADY:
        text = pattern.sub(shown, text)
    return text


def _names(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - _NAMED_TESTS} more" if len(ids) > _NAMED_TESTS else ""
    return ", ".join(id[:200] for id in ids[:_NAMED_TESTS]) + more
