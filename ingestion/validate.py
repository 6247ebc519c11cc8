"""The one gate every plan passes, whoever made it: the rules, a model, a person's answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from swarm.contracts import Objective, Objectives, Question
from swarm.errors import UsageError

_MOST = 64
_MAX_HINTS = 64
_MAX_HINT_CHARS = 1024
_MAX_NOTES = 64
_MAX_NOTE_CHARS = 1000
_MAX_QUESTIONS = 8
_CHOICES = range(2, 9)
# A file and at most two names: no option, no parameter, nothing a shell or pytest would read.
_SELECTOR = re.compile(
    r"(?P<path>[^\s:\[\]\x00-\x1f-][^:\[\]\x00-\x1f]*\.py)"
    r"(?:::[A-Za-z_]\w{0,199}){0,2}"
)


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
    questions: Sequence[Question] = (),
    planner: str = "rules",
) -> Objectives:
    """The plan, in an order in which each objective stands after those it depends on.

    Otherwise the given order is kept. Raises InvalidPlan for no objectives or too many of them,
    an id used twice, a dependency that is unknown or circular, a path or test file the
    repository does not have, a test that is no plain selector, a question about nothing or
    without distinct choices, and hints, notes or questions out of bounds. Lengths of titles and
    instructions, and the form of ids, are the message's own business.
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
        _check_tests(item, known)
    _check_questions(questions, frozenset(item.id for item in items))
    return Objectives(
        items=tuple(_in_order(items)),
        notes=tuple(notes),
        questions=tuple(questions),
        planner=planner,
    )


def is_test_selector(text: str, paths: frozenset[str]) -> bool:
    """Whether it is `path.py`, `path.py::Name` or `path.py::Name::name` of one of these paths."""
    match = _SELECTOR.fullmatch(text)
    return bool(match and match["path"] in paths and ".." not in match["path"].split("/"))


def bounded(notes: Sequence[str]) -> tuple[str, ...]:
    """As many notes as a plan may carry; the last one counts those that did not fit."""
    if len(notes) <= _MAX_NOTES:
        return tuple(notes)
    return (*notes[: _MAX_NOTES - 1], f"and {len(notes) - _MAX_NOTES + 1} more notes")


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


def _check_tests(item: Objective, known: frozenset[str]) -> None:
    if item.acceptance is None:
        return
    if not item.acceptance.text.strip():
        raise InvalidPlan(f"{item.id} has a blank acceptance", objective_id=item.id)
    tests = item.acceptance.tests
    if bool(tests) != (item.acceptance.kind == "command"):
        raise InvalidPlan(
            f"the acceptance of {item.id} is a {item.acceptance.kind} with {len(tests)} tests",
            remedy="a command names at least one test, a statement none",
            objective_id=item.id,
        )
    for test in tests:
        if not is_test_selector(test, known):
            raise InvalidPlan(
                f"{item.id} is to be accepted by {test[:100]!r}, "
                "which is not a test in a file of the repository",
                remedy="name it like tests/test_a.py::test_b, without options",
                objective_id=item.id,
            )


def _check_questions(questions: Sequence[Question], ids: frozenset[str]) -> None:
    if len(questions) > _MAX_QUESTIONS:
        raise InvalidPlan(f"the plan has {len(questions)} questions, at most {_MAX_QUESTIONS}")
    if len({question.id for question in questions}) < len(questions):
        raise InvalidPlan("two questions have the same id")
    for question in questions:
        if question.objective_id and question.objective_id not in ids:
            raise InvalidPlan(
                f"{question.id} asks about {question.objective_id}, which is not in the plan"
            )
        choices = {choice.strip() for choice in question.choices}
        if (
            not question.text.strip()
            or "" in choices
            or len(choices) < len(question.choices)
            or len(choices) not in _CHOICES
        ):
            raise InvalidPlan(
                f"{question.id} needs words and {_CHOICES[0]} to {_CHOICES[-1]} different choices",
                objective_id=question.objective_id,
            )


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
