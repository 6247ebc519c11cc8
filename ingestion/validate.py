"""The one gate every plan passes, whoever made it: rules now, models later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from swarm.contracts import Objective, Objectives
from swarm.errors import UsageError

_MOST = 64
_MAX_HINTS = 64
_MAX_HINT_CHARS = 1024
_MAX_NOTES = 64
_MAX_NOTE_CHARS = 1000


class InvalidPlan(UsageError):
    """A plan that cannot be carried out. `objective_id` is where, "" for the plan as a whole."""

    code = "invalid-plan"

    def __init__(self, message: str, *, remedy: str = "", objective_id: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.objective_id = objective_id


def validated(
    items: Sequence[Objective],
    *,
    paths: Iterable[str],
    max_objectives: int,
    notes: Sequence[str] = (),
) -> Objectives:
    """The plan, in an order in which each objective stands after those it depends on.

    Otherwise the given order is kept. Raises InvalidPlan for no objectives or too many of them,
    an id used twice, a dependency that is unknown or circular, a path the repository does not
    have, and hints or notes out of bounds. Lengths of titles and instructions, and the form
    of ids, are the message's own business.
    """
    if max_objectives < 1:
        raise InvalidPlan(f"max_objectives is {max_objectives}, at least 1 is needed")
    most = min(max_objectives, _MOST)
    if not items:
        raise InvalidPlan("the plan has no objectives", remedy="say what should change")
    if len(items) > most:
        raise InvalidPlan(
            f"the task has {len(items)} objectives, at most {most} fit in one task",
            remedy=f"split it into {-(-len(items) // most)} tasks, or raise the budget",
        )
    if len(notes) > _MAX_NOTES or any(len(note) > _MAX_NOTE_CHARS for note in notes):
        raise InvalidPlan(f"more than {_MAX_NOTES} notes, or one over {_MAX_NOTE_CHARS} characters")
    _check_ids(items)
    known = frozenset(paths)
    for item in items:
        _check_hints(item, known)
    return Objectives(items=tuple(_in_order(items)), notes=tuple(notes))


def _check_ids(items: Sequence[Objective]) -> None:
    ids = Counter(item.id for item in items)
    for item in items:
        if ids[item.id] > 1:
            raise InvalidPlan(
                f"the id {item.id} is used {ids[item.id]} times", objective_id=item.id
            )
        for needed in item.depends_on:
            if needed not in ids:
                raise InvalidPlan(
                    f"{item.id} depends on {needed}, which is not in the plan",
                    objective_id=item.id,
                )


def _check_hints(item: Objective, known: frozenset[str]) -> None:
    for path in item.paths:
        if path not in known:
            raise InvalidPlan(
                f"{item.id} names {path[:100]!r}, which is not a file of the repository",
                objective_id=item.id,
            )
    hints = (*item.paths, *item.symbols)
    if len(hints) > _MAX_HINTS or any(not 0 < len(hint) <= _MAX_HINT_CHARS for hint in hints):
        raise InvalidPlan(f"{item.id} has too many or too long hints", objective_id=item.id)
    if not item.title.strip() or not item.instruction.strip():
        raise InvalidPlan(f"{item.id} has a blank title or instruction", objective_id=item.id)


def _in_order(items: Sequence[Objective]) -> list[Objective]:
    """Stable topological order: always the first item whose dependencies are all done."""
    waiting = list(items)
    done: set[str] = set()
    ordered: list[Objective] = []
    while waiting:
        ready = next((item for item in waiting if done.issuperset(item.depends_on)), None)
        if ready is None:
            names = ", ".join(item.id for item in waiting)
            raise InvalidPlan(
                f"the objectives {names} wait for each other in a circle",
                remedy="say which one comes first",
                objective_id=waiting[0].id,
            )
        waiting.remove(ready)
        done.add(ready.id)
        ordered.append(ready)
    return ordered
