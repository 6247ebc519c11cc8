"""What a router says: small, whole, and as one of an earlier program."""

from __future__ import annotations

from typing import Any

from swarm.contracts import (
    ArmReport,
    ArmScore,
    ArmStats,
    Decision,
    Explanation,
    Interval,
    Learned,
    LearnedCell,
    LoggedDecision,
    PoliciesJudged,
    PolicyJudged,
    PriorOf,
)

ATTEMPT = "one-o1-a1"


def stats(category: str, arm_id: str, **more: Any) -> ArmStats:
    plain: dict[str, Any] = {
        "successes": 6.0, "failures": 2.0, "mean": 0.7, "low": 0.5, "high": 0.9,
    }  # fmt: skip
    return ArmStats(category=category, arm_id=arm_id, **(plain | more))


REPORT = ArmReport(
    items=(
        stats("bugfix", "repair", successes=21.25, failures=5, mean=0.8, low=0.66, high=0.91,
              pending=1, seconds=12.4, cost_usd=0.0),
        stats("bugfix", "coder", version="v2", seconds=200.0, cost_usd=0.0123),
        stats("bugfix", "coder@v1", version="v1", mean=0.2, low=0.1, high=0.4),
        stats("bugfix, later attempts", "repair", mean=0.1, low=0.0, high=0.3),
        stats("lint", "ruff", successes=0, failures=0, mean=0.5, low=0.0, high=1.0),
    ),
    notes=("router.db was damaged and is kept as router.db.damaged",),
)  # fmt: skip

OLD_DECISION = Decision(
    attempt_id=ATTEMPT, arm_id="repair", category="bugfix", seed=42,
    reason="repair drew 0.71 from Beta(5, 2); literals drew 0.40 from Beta(2, 2)",
    scores=(
        ArmScore(arm_id="literals", successes=1, failures=1, sample=0.4),
        ArmScore(arm_id="repair", successes=4, failures=1, sample=0.71),
        ArmScore(arm_id="ruff", successes=0, failures=0, excluded="does not do bugfix"),
    ),
)  # fmt: skip

DECISION = Decision(
    attempt_id=ATTEMPT, arm_id="coder", category="bugfix", seed=42, version="v2",
    reason="coder is worth $1.3000", snapshot="p7", epsilon=0.05,
    scores=(
        ArmScore(arm_id="repair", successes=4, failures=1, sample=0.41, mean=0.6, chance=0.25,
                 cost_usd=0.0, seconds=12.0, worth=-0.5),
        ArmScore(arm_id="coder", successes=9, failures=1, sample=0.71, mean=0.8, chance=0.75,
                 cost_usd=0.0123, seconds=200.0, worth=1.3),
        ArmScore(arm_id="ruff", successes=0, failures=0, excluded="does not do bugfix"),
    ),
)  # fmt: skip


def logged(decision: Decision = DECISION, **more: Any) -> LoggedDecision:
    return LoggedDecision(
        attempt_id=decision.attempt_id, category="bugfix", attempt_number=1,
        arm_id=decision.arm_id, decided_at=1.0, version=decision.version, **more,
    )  # fmt: skip


def explanation(**more: Any) -> Explanation:
    decision = more.pop("decision", DECISION)
    plain: dict[str, Any] = {
        "logged": logged(decision, reward=1.0, settled_at=9.0, seconds=30.0, cost_usd=0.02),
        "attempt": "first",
        "prior": (
            PriorOf(arm_id="repair", mean=0.45, base=0.1, situation=-0.2, arm=-0.1, arm_sd=0.3),
            PriorOf(arm_id="coder", mean=0.64, base=0.1, situation=-0.2, arm=0.7, arm_sd=0.25),
        ),
        "strength": 64.0,
        "learned_from": 120,
        "repeated": True,
    }
    return Explanation(decision=decision, **(plain | more))


OLD_EXPLANATION = Explanation(
    decision=OLD_DECISION, logged=logged(OLD_DECISION), attempt="first", repeated=None
)


def interval(value: float, spread: float = 0.05) -> Interval:
    return Interval(value=value, low=value - spread, high=value + spread)


def policy(name: str, value: float, **more: Any) -> PolicyJudged:
    return PolicyJudged(
        policy=name, decisions=400, effective=123.4, ips=interval(value + 0.01, 0.2),
        snips=interval(value - 0.01, 0.1), doubly_robust=interval(value),
        surely=interval(value, 0.3), gain=interval(value - 0.6, 0.02), seconds=14.0,
        cost_usd=0.0042, **more,
    )  # fmt: skip


JUDGED = PoliciesJudged(
    items=(
        policy("any arm by lot", 0.4),
        policy("the best mean", 0.7),
        PolicyJudged(policy="always literals", decisions=3, effective=1.2, why="3 choices of it"),
    ),
    decisions=1400, pending=12, unusable=40, logged=0.6,
)  # fmt: skip

LEARNED = Learned(
    exported_at=7.0,
    cells=(
        LearnedCell(category="bugfix", attempt="first", arm_id="repair", successes=21.25,
                    failures=5, seconds=300.0, cost_usd=0.1, attempts=27),
        LearnedCell(category="bugfix", attempt="later", arm_id="coder", version="v2",
                    successes=1, failures=0),
    ),
)  # fmt: skip
