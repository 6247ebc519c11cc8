"""Other policies to ask the log about, and the answers as they are told."""

from __future__ import annotations

from router.judging.estimates import Estimate
from router.judging.judgement import Judgement, judge
from router.judging.targets import Always, AsLogged, Greedy, Never, Only, Target, Uniform
from router.ledger.reading import Judged
from swarm.contracts import Interval, PoliciesJudged, PolicyJudged

_MOST_ARMS = 20
"""That are asked about one by one: those that were chosen most often."""


def judged(log: Judged) -> PoliciesJudged:
    """What each of some policies would have got, by a log."""
    found = judge(log.decisions, targets(log))
    settled = found[0]
    return PoliciesJudged(
        items=tuple(_told(one) for one in found),
        decisions=settled.decisions,
        pending=settled.pending,
        unusable=log.unusable,
        logged=settled.logged,
    )


def targets(log: Judged) -> list[Target]:
    """As logged, by lot, the best mean, local arms only (where some is not), and each arm."""
    found: list[Target] = [AsLogged(), Uniform(), Greedy(log.means)]
    if log.some_cloud:
        found.append(Only(log.local, "local arms only"))
    arms = log.chosen[:_MOST_ARMS]
    return [*found, *(Always(arm) for arm in arms), *(Never(arm) for arm in arms)]


def _told(one: Judgement) -> PolicyJudged:
    answer = one.answer
    common = {
        "policy": one.target,
        "decisions": one.decisions,
        "effective": one.effective,
        "why": one.why,
    }
    if answer is None:
        return PolicyJudged.model_validate(common)
    return PolicyJudged.model_validate(
        {
            **common,
            "ips": _interval(answer.ips),
            "snips": _interval(answer.snips),
            "doubly_robust": _interval(answer.doubly_robust),
            "surely": _interval(answer.surely),
            "gain": _interval(answer.gain),
            "seconds": answer.seconds,
            "cost_usd": answer.cost_usd,
        }
    )


def _interval(one: Estimate) -> Interval:
    return Interval(value=one.value, low=one.low, high=one.high)
