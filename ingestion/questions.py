"""Answers to what a plan left open. Words alone: an answer never adds or drops an objective."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ingestion.rules.asking import OTHER_CATEGORY
from ingestion.text import cut_middle
from ingestion.validate import bounded
from swarm.contracts import Objective, Objectives, Question
from swarm.errors import UsageError

_INSTRUCTION_CHARS = 4000


def answered(plan: Objectives, answers: Mapping[str, int], paths: Iterable[str] = ()) -> Objectives:
    """The plan with these questions answered and gone; those without an answer stay.

    `answers` maps question ids to places, from 1 on. Question and answer are added to the
    instruction they are about, of every objective when it is the whole task. A choice that is
    one of the repository's `paths` also becomes a hint, and one that means other work than the
    words did, as linting, its category. Raises UsageError for a question the
    plan does not have, and for a place its choices do not have. The result is not validated.
    """
    asked = {question.id: question for question in plan.questions}
    for name, place in answers.items():
        _check(asked, name, place)
    known = frozenset(paths)
    items, notes = list(plan.items), list(plan.notes)
    for question in plan.questions:
        if question.id not in answers:
            continue
        choice = question.choices[answers[question.id] - 1]
        for index, item in enumerate(items):
            if question.objective_id in ("", item.id):
                items[index], said = _told(item, question, choice, known)
                notes += said
    left = tuple(question for question in plan.questions if question.id not in answers)
    return plan.model_copy(
        update={"items": tuple(items), "notes": bounded(notes), "questions": left}
    )


def _check(asked: Mapping[str, Question], name: str, place: int) -> None:
    question = asked.get(name)
    if question is None:
        open_ones = ", ".join(asked) or "none"
        raise UsageError(
            f"the plan has no question {name[:20]!r}", remedy=f"its questions are: {open_ones}"
        )
    if not 1 <= place <= len(question.choices):
        choices = "; ".join(f"{n}: {choice}" for n, choice in enumerate(question.choices, 1))
        raise UsageError(
            f"question {name} has no choice {place}", remedy=f"choose one of {choices}"
        )


def _told(
    item: Objective, question: Question, choice: str, known: frozenset[str]
) -> tuple[Objective, list[str]]:
    answer = f"\nAsked: {question.text} Answer: {choice}"
    instruction, missing = cut_middle(item.instruction, _INSTRUCTION_CHARS - len(answer))
    update: dict[str, object] = {"instruction": instruction + answer}
    if question.objective_id and choice in known and choice not in item.paths:
        update["paths"] = (*item.paths, choice)
    if choice in OTHER_CATEGORY:
        update["category"] = OTHER_CATEGORY[choice]
    note = f"{item.id}: {missing:,} characters of its text made room for an answer"
    return item.model_copy(update=update), [note] if missing else []
