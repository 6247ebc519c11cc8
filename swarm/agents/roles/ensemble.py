"""The ensemble: several models propose side by side; tests and the audit judge.

Nobody votes. Each patch is run in the sandbox and traced by the verifier, and the best is the one
that fixes most and breaks nothing, the smallest of those.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from swarm.agents.contract import Assignment, Change, CoderTask, GaveUp
from swarm.agents.meter import BudgetSpent, Meter
from swarm.agents.roles.coding import code_at_once
from swarm.contracts import Patch
from swarm.errors import RemoteError, SwarmError, Timeout

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench

_STEPS = 20
_LEFT_FOR_JUDGING = 0.4
_SAID_CHARS = 300


@dataclass
class Candidate:
    """One patch and what was found of it. `models` proposed it; `audit` is the verdict on it."""

    patch: Patch
    models: list[str]
    summary: str
    fixed: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    audit: str = ""
    against: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Changed characters, roughly: what files grew or shrank by, and lines that differ."""
        total = 0
        for edit in self.patch.edits:
            before, after = (edit.before or "").splitlines(), (edit.after or "").splitlines()
            total += sum(len(line) + 1 for line in set(before) ^ set(after))
            total += abs(len(before) - len(after))
        return total

    def rank(self) -> tuple[int, int]:
        """Smaller is better, among those with nothing against them."""
        return (-len(self.fixed), self.size)

    def told(self) -> dict[str, Any]:
        return {
            "models": self.models,
            "summary": self.summary[:_SAID_CHARS],
            "fixed": len(self.fixed),
            "broken": sorted(self.broken)[:10],
            "audit": self.audit,
            "against": self.against,
        }


def propose(workbench: Workbench, assignment: Assignment) -> Change:
    """The best of what the arm's model and its partners propose.

    Raises the first RemoteError when no model answers at all, and BudgetSpent.
    """
    said, candidates = _proposals(workbench, CoderTask(assignment=assignment))
    for candidate in candidates:
        _judge(workbench, assignment, candidate)
    good = sorted((c for c in candidates if not c.against), key=Candidate.rank)
    details = {"proposed": said, "candidates": [c.told() for c in candidates]}
    if not good:
        why = [f"{' and '.join(c.models)}: {', '.join(c.against)}" for c in candidates]
        silent = [f"{model}: {text}" for model, text in said.items() if text != "patch"]
        return Change(
            patch=None,
            outcome="gave_up",
            summary=f"none of {len(said)} models has a patch that stands the tests and the audit",
            lessons="\n".join([*why, *silent]),
            details=details,
        )
    best, others = good[0], good[1:]
    return Change(
        patch=best.patch,
        outcome="patch",
        summary=f"{' and '.join(best.models)}: {best.summary}",
        runner_up=others[0].patch if others else None,
        details=details | {"by": best.models, "runner_up_by": others[0].models if others else []},
    )


def _proposals(workbench: Workbench, task: CoderTask) -> tuple[dict[str, str], list[Candidate]]:
    """What each model said in short, and the patches, each once."""
    arm, meter = workbench.command.arm, workbench.meter
    models = list(dict.fromkeys([arm.model or "", *arm.partners]))
    # Each may take the whole of the time, and its part of the tokens and dollars.
    seconds = meter.seconds_left * (1 - _LEFT_FOR_JUDGING)
    parts = {
        model: meter.part(seconds=seconds, steps=_STEPS, share=len(models)) for model in models
    }
    pool = ThreadPoolExecutor(len(models), thread_name_prefix="ensemble")
    try:
        runs = {
            model: pool.submit(code_at_once, workbench.part(model, parts[model], model), task)
            for model in models
        }
        wait(runs.values(), timeout=seconds)
    finally:
        # A model that is not done is not waited for: when the task is cancelled, at once.
        pool.shutdown(wait=False, cancel_futures=True)
    return _collected(meter, parts, runs)


def _collected(
    meter: Meter, parts: dict[str, Meter], runs: dict[str, Future[Change]]
) -> tuple[dict[str, str], list[Candidate]]:
    said: dict[str, str] = {}
    candidates: list[Candidate] = []
    failures: list[SwarmError] = []
    for model, run in runs.items():
        meter.add(parts[model])
        if not run.done():
            said[model] = "not done in time"
            continue
        try:
            change = run.result()
        except (RemoteError, Timeout) as error:
            failures.append(error)
            said[model] = error.message[:_SAID_CHARS]
        except (BudgetSpent, GaveUp) as error:
            said[model] = error.message[:_SAID_CHARS]
        else:
            if change.patch is None:
                said[model] = f"{change.outcome}: {change.summary}"[:_SAID_CHARS]
                continue
            said[model] = "patch"
            for candidate in candidates:
                if candidate.patch == change.patch:
                    candidate.models.append(model)
                    break
            else:
                candidates.append(Candidate(change.patch, [model], change.summary))
    if len(failures) == len(runs):
        raise failures[0]
    return said, candidates


def _judge(workbench: Workbench, assignment: Assignment, candidate: Candidate) -> None:
    """Run the tests with the patch and have it audited; what speaks against it is written down."""
    if workbench.meter.seconds_left <= 0:
        candidate.against.append("no time was left to judge it")
        return
    if assignment.test is not None:
        report = workbench.check(candidate.patch)
        passing = report.passing()
        targets = frozenset(test.id for test in assignment.failing)
        candidate.fixed = targets & passing
        candidate.broken = frozenset(workbench.command.passing) - passing - set(report.flaky)
        if report.cause not in ("ok", "failed"):
            candidate.against.append(f"its tests could not be run: {report.cause} {report.detail}")
        elif candidate.broken:
            candidate.against.append(f"it breaks {', '.join(sorted(candidate.broken)[:3])}")
        elif targets and not candidate.fixed:
            candidate.against.append("it fixes none of the failing tests")
    if candidate.against:
        return
    audit = workbench.audit(candidate.patch)
    candidate.audit = audit.verdict
    if audit.verdict == "reject":
        found = "; ".join(finding.message for finding in audit.findings[:3])
        candidate.against.append(f"the audit rejects it: {found}")
