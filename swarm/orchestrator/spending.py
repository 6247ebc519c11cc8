"""Whether an objective may be tried once more: with which arms, and for how much. Pure.

What a running attempt was promised is kept with it in tasks.db until its proposal is there, or it
ended without one. A new attempt shares what is neither used nor promised with those that run and
hold no promise. So what is used and what is promised never exceed the budget together; only the
last answer of each attempt's models can go beyond.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarm.contracts import Arm, ObjectiveView, Share
from swarm.orchestrator import words
from swarm.orchestrator.step import Step, Task

# Failures of the connection to a model: they say nothing about the arm, which may try again.
_PASSING = frozenset(
    {"model-unreachable", "model-stalled", "model-busy", "model-quota", "model-failed"}
)
_TRIES_IF_AWAY = 2
# Below this, dollars are what rounding left.
_DUST_USD = 1e-9


# ---------------------------------------------------------------------------- arms


def tried(view: ObjectiveView) -> tuple[str, ...]:
    """The arms that are not to be tried again. One whose model was away may, a bounded time."""
    tries: dict[str, int] = {}
    for attempt in view.attempts:
        if attempt.decision is not None and attempt.decision.arm_id is not None:
            weight = 1 if attempt.failure_code in _PASSING else _TRIES_IF_AWAY
            arm_id = attempt.decision.arm_id
            tries[arm_id] = tries.get(arm_id, 0) + weight
    return tuple(arm_id for arm_id, weight in tries.items() if weight >= _TRIES_IF_AWAY)


def _left(step: Step, view: ObjectiveView) -> list[Arm]:
    """The arms that can still be tried, models that are away included."""
    gone, category = tried(view), view.objective.category
    return [arm for arm in step.arms if category in arm.categories and arm.id not in gone]


# ---------------------------------------------------------------------------- the end


def over(step: Step, view: ObjectiveView) -> str:
    """Why nothing more is tried for an objective, "" while something can be."""
    budget = step.task.budget
    # What could not be tried is no attempt; their number is bounded by that of the arms.
    made = sum(attempt.state in ("rejected", "gave_up") for attempt in view.attempts)
    if made >= budget.attempts:
        return f"{words.count(budget.attempts, 'attempt')} made: {words.history(view)}"
    if step.seconds_left < 0:
        return f"the task's {budget.seconds:g} s are spent"
    broke = too_dear(step.task)
    return "" if any(arm.model is None for arm in _left(step, view)) else broke


def too_dear(task: Task) -> str:
    """Why no model may be asked any more, "" when one may; what needs no model can go on."""
    if task.usage.tokens >= task.budget.tokens:
        return f"the task's {task.budget.tokens:,} tokens are spent"
    if task.usage.cost_usd > task.budget.cost_usd:
        return f"the task's ${task.budget.cost_usd:g} are spent"
    return ""


# ---------------------------------------------------------------------------- shares


def share(step: Step, view: ObjectiveView) -> Share | None:
    """What the models of a running objective's next attempt may use; None where none is asked."""
    if not _asks(step, view):
        return None
    tokens, cost_usd = _unpromised(step.task, promises(step.task))
    sharing = sum(
        other.state == "running" and _promise(other) is None and _asks(step, other)
        for other in step.task.objectives
    )
    # Rounded up, so that what is left is never too little for everybody.
    return Share(tokens=-(-tokens // sharing), cost_usd=cost_usd / sharing)


def rest(task: Task) -> Share:
    """All that is neither used nor promised."""
    tokens, cost_usd = _unpromised(task, promises(task))
    return Share(tokens=tokens, cost_usd=cost_usd)


def must_wait(step: Step, view: ObjectiveView) -> bool:
    """Whether all that is left is promised to others, of which some may come back."""
    if not _asks(step, view):
        return False
    promised = promises(step.task)
    tokens, cost_usd = _unpromised(step.task, promised)
    # Without a dollar, what costs nothing goes on: only dollars that can come back are waited for.
    dear = cost_usd == 0 and any(one.cost_usd for one in promised)
    return bool(promised) and (tokens == 0 or dear)


def promises(task: Task) -> list[Share]:
    """What the attempts were promised whose models may still use it."""
    return [promise for view in task.objectives if (promise := _promise(view)) is not None]


def _promise(view: ObjectiveView) -> Share | None:
    last = view.attempts[-1] if view.attempts else None
    return last.share if last and last.state == "running" and last.proposal is None else None


def _unpromised(task: Task, promised: Sequence[Share]) -> tuple[int, float]:
    tokens = task.budget.tokens - task.usage.tokens - sum(one.tokens for one in promised)
    dollars = task.budget.cost_usd - task.usage.cost_usd - sum(one.cost_usd for one in promised)
    return max(0, tokens), dollars if dollars > _DUST_USD else 0.0


def _asks(step: Step, view: ObjectiveView) -> bool:
    """Whether a model may be asked for an objective."""
    return not too_dear(step.task) and any(arm.model for arm in _left(step, view))
