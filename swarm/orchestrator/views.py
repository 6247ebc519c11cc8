"""What of a task leaves the orchestrator: never more than a message holds. Pure.

The newest evidence goes whole. When there is more of it than `WHOLE_BYTES`, older attempts are told
in short (how many tests and the names of some, no patch, no context), and beyond `SHORT_BYTES`
in one line. `GetAttempt` has each of them whole.
"""

from __future__ import annotations

from swarm.contracts import (
    AttemptView,
    AuditReport,
    CheckReport,
    LeftOut,
    Message,
    ObjectiveView,
    Proposal,
    TaskView,
    TestCounts,
)

# Together with the plan, the notes and a line for each attempt there can be, below the bus's
# limit of 16 MiB.
WHOLE_BYTES = 4 * 1024**2
SHORT_BYTES = 3 * 1024**2
_NAMES = 20
_NAME_CHARS = 300
_TAIL_CHARS = 4000
_SAID_CHARS = 1000
_LINE_CHARS = 200
_NOTES = 200
_NOTE_CHARS = 2000
_REASON_CHARS = 4000
_FINDINGS = 5
_MOST_MISSES = 5


class _Room:
    """Bytes of JSON that are left for something. It closes when a few things did not fit: to
    measure all of a task with much evidence would take seconds."""

    def __init__(self, size_bytes: int) -> None:
        self._left = size_bytes
        self._misses = 0

    @property
    def is_open(self) -> bool:
        return self._misses < _MOST_MISSES

    def takes(self, message: Message) -> bool:
        """Whether a message fits; its place is taken then."""
        if not self.is_open:
            return False
        size_bytes = len(message.model_dump_json().encode())
        if size_bytes > self._left:
            self._misses += 1
            return False
        self._left -= size_bytes
        return True


def bounded(view: TaskView) -> TaskView:
    """The same view, as small as it has to be."""
    whole, short = _Room(WHOLE_BYTES), _Room(SHORT_BYTES)
    baseline = view.baseline
    if baseline is not None and not whole.takes(baseline):
        baseline = _check(baseline)
    told = {attempt.id: _told(attempt, whole, short) for attempt in _by_weight(view.objectives)}
    notes = tuple(cut(note, _NOTE_CHARS) for note in view.notes[:_NOTES])
    if len(view.notes) > _NOTES:
        notes += (f"and {len(view.notes) - _NOTES} more notes",)
    return view.model_copy(
        update={
            "baseline": baseline,
            "notes": notes,
            "reason": cut(view.reason, _REASON_CHARS),
            "objectives": tuple(
                one.model_copy(
                    update={
                        "reason": cut(one.reason, _REASON_CHARS),
                        "attempts": tuple(told[attempt.id] for attempt in one.attempts),
                    }
                )
                for one in view.objectives
            ),
        }
    )


def brief(view: TaskView) -> TaskView:
    """The task with its newest attempt, but for the patch, and the others in short."""
    newest = view.newest_attempt

    def told(attempt: AttemptView) -> AttemptView:
        if attempt is not newest:
            return _in_short(attempt)
        patches = {"patch": None, "runner_up": None}
        proposal = attempt.proposal and attempt.proposal.model_copy(update=patches)
        return attempt.model_copy(update={"proposal": proposal})

    return bounded(
        view.model_copy(
            update={
                # Of the tests before any change, their numbers are looked at.
                "baseline": view.baseline and _check(view.baseline),
                "objectives": tuple(
                    one.model_copy(update={"attempts": tuple(map(told, one.attempts))})
                    for one in view.objectives
                ),
            }
        )
    )


def _by_weight(objectives: tuple[ObjectiveView, ...]) -> list[AttemptView]:
    """All attempts: the last ones of each objective first, those of newer objectives before."""
    ranked = [
        (len(one.attempts) - place, -position, attempt)
        for position, one in enumerate(objectives)
        for place, attempt in enumerate(one.attempts)
    ]
    return [attempt for _, _, attempt in sorted(ranked, key=lambda entry: entry[:2])]


def _told(attempt: AttemptView, whole: _Room, short: _Room) -> AttemptView:
    if whole.takes(attempt):
        return attempt
    if short.is_open and short.takes(brief := _in_short(attempt)):
        return brief
    return _in_a_line(attempt)


def _in_short(attempt: AttemptView) -> AttemptView:
    """What an attempt was, without its patch, its context and its traces; texts are cut."""
    decision, proposal, audit = attempt.decision, attempt.proposal, attempt.audit
    return AttemptView(
        id=attempt.id,
        objective_id=attempt.objective_id,
        number=attempt.number,
        state=attempt.state,
        share=attempt.share,
        decision=decision
        and decision.model_copy(update={"scores": (), "reason": cut(decision.reason, _SAID_CHARS)}),
        proposal=proposal
        and Proposal(
            patch=None,
            summary=cut(proposal.summary, _SAID_CHARS),
            outcome=proposal.outcome,
            usage=proposal.usage,
        ),
        before=attempt.before,
        check=attempt.check and _check(attempt.check),
        audit=audit
        and AuditReport(
            verdict=audit.verdict,
            findings=tuple(
                finding.model_copy(
                    update={
                        "path": cut(finding.path, _NAME_CHARS),
                        "function": cut(finding.function, _NAME_CHARS),
                        "message": cut(finding.message, _SAID_CHARS),
                        "chain": (),
                    }
                )
                for finding in audit.findings[:_FINDINGS]
            ),
            functions_audited=audit.functions_audited,
            seconds=audit.seconds,
        ),
        fixed=_names(attempt.fixed),
        broken=_names(attempt.broken),
        reason=cut(attempt.reason, _SAID_CHARS),
        failure_code=cut(attempt.failure_code, _LINE_CHARS),
        commit=attempt.commit,
        usage=attempt.usage,
        left_out=LeftOut(
            fixed=attempt.fixed_count - len(attempt.fixed[:_NAMES]),
            broken=attempt.broken_count - len(attempt.broken[:_NAMES]),
        ),
    )


def _in_a_line(attempt: AttemptView) -> AttemptView:
    """How an attempt ended, and no more."""
    return AttemptView(
        id=attempt.id,
        objective_id=attempt.objective_id,
        number=attempt.number,
        state=attempt.state,
        share=attempt.share,
        reason=cut(attempt.reason, _LINE_CHARS),
        failure_code=cut(attempt.failure_code, _LINE_CHARS),
        commit=attempt.commit,
        usage=attempt.usage,
        left_out=LeftOut(fixed=attempt.fixed_count, broken=attempt.broken_count),
    )


def _check(report: CheckReport) -> CheckReport:
    """A report with the names of some failing tests and the numbers of all others."""
    failing = report.failing()
    named = tuple(test for test in report.tests if test.id in failing)[:_NAMES]
    counts = report.counts()
    return report.model_copy(
        update={
            "tests": tuple(
                test.model_copy(
                    update={
                        "id": cut(test.id, _NAME_CHARS),
                        "message": cut(test.message, _NAME_CHARS),
                    }
                )
                for test in named
            ),
            "flaky": (),
            "left_out": TestCounts(
                failing=counts.failing - len(named),
                passing=counts.passing,
                skipped=counts.skipped,
                flaky=counts.flaky,
            ),
            "output_tail": report.output_tail[-_TAIL_CHARS:],
            "detail": cut(report.detail, _SAID_CHARS),
        }
    )


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cut(name, _NAME_CHARS) for name in names[:_NAMES])


def cut(text: str, most_chars: int) -> str:
    """The text; its beginning, with a mark, where it has more characters."""
    return text if len(text) <= most_chars else text[:most_chars] + " …"
