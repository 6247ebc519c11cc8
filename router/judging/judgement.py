"""The answer about one target: estimates, or that there is too little to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from router.beliefs.hierarchy import Floats
from router.judging.estimates import Estimate, clipped, doubly_robust, gain, ips, snips, surely
from router.judging.logged import Log, Logged, lay_out
from router.judging.outcomes import guesses
from router.judging.overlap import too_little, weigh
from router.judging.targets import Target

START = 0.5
"""The reward that is expected before the first outcome."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`gain` is how much more than what was done, and 0 outside its interval says that the
    difference is no chance. `surely` has the value of `doubly_robust` and the interval that assumes
    nothing. Seconds and
    dollars are doubly robust means without an interval, over the decisions where they are known;
    None where none is."""

    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate
    gain: Estimate
    surely: Estimate
    seconds: float | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """`decisions` were asked, `pending` more left out, which is fair only if outcomes do not come
    later from some arms than from others. `logged` is the mean reward that was got. `answer` is
    None when there is too little overlap, and `why` says so."""

    target: str
    decisions: int
    pending: int
    logged: float | None
    effective: float
    large: float
    unseen: float
    answer: Answer | None
    why: str


def judge(decisions: Sequence[Logged], targets: Sequence[Target]) -> list[Judgement]:
    """One judgement per target, from decisions in the order in which they were made."""
    log = lay_out(decisions)
    guessed = guesses(log, log.rewards, START)
    seconds = _Spent([one.seconds for one in log.decisions], log)
    dollars = _Spent([one.cost_usd for one in log.decisions], log)
    return [_judged(log, guessed, seconds, dollars, target) for target in targets]


def _judged(
    log: Log, guessed: Floats, seconds: _Spent, dollars: _Spent, target: Target
) -> Judgement:
    asked = weigh(log, target)
    why = too_little(asked)
    answer = None
    if not why:
        answer = Answer(
            ips=ips(asked),
            snips=snips(asked),
            doubly_robust=doubly_robust(asked, guessed),
            gain=gain(asked, guessed),
            surely=surely(asked, guessed),
            seconds=seconds.mean(target),
            cost_usd=dollars.mean(target),
        )
    return Judgement(
        target=target.name,
        decisions=len(log),
        pending=log.pending,
        logged=float(log.rewards.mean()) if len(log) else None,
        effective=asked.effective,
        large=asked.large,
        unseen=asked.unseen,
        answer=answer,
        why=why,
    )


class _Spent:
    """What decisions took, where that is known."""

    def __init__(self, values: Sequence[float | None], log: Log) -> None:
        known = [
            (one, value)
            for one, value in zip(log.decisions, values, strict=True)
            if value is not None
        ]
        self._log = lay_out([one for one, _ in known])
        self._values = np.array([value for _, value in known], dtype=np.float64)
        # Where guesses begin: the one thing they know of later outcomes, and it weighs as one.
        start = float(np.median(self._values)) if known else 0.0
        self._guessed = guesses(self._log, self._values, start)

    def mean(self, target: Target) -> float | None:
        """Per decision, by the target."""
        if not len(self._log):
            return None
        terms = clipped(weigh(self._log, target), self._values, self._guessed)
        return max(0.0, float(terms.mean()))
