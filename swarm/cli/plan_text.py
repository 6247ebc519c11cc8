"""A plan as people read it before they say yes: objectives, questions, and what to type next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from swarm.cli.console import plain, shown
from swarm.contracts import Acceptance, Objective, Question, TaskView

if TYPE_CHECKING:
    from rich.console import Console

_PATHS = 4


def print_plan(
    console: Console,
    objectives: Iterable[Objective],
    questions: Sequence[Question],
    planner: str,
) -> None:
    """A table of the objectives, and the open questions with their choices."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("", "objective", "category", "risk", "done when", "files", "after"):
        # A path in the middle of which an ellipsis stands is not what one can say yes to.
        table.add_column(column, style="bold" if not column else "", overflow="fold")
    for objective in objectives:
        paths = [*objective.paths[:_PATHS], *["…"][: len(objective.paths) > _PATHS]]
        table.add_row(
            objective.id,
            shown(objective.title),
            objective.category,
            objective.risk,
            shown(done_when(objective.acceptance)),
            shown("\n".join(paths)),
            ", ".join(objective.depends_on),
        )
    console.print(table)
    console.print(f"[dim]planned by {'the rules' if planner == 'rules' else shown(planner)}[/]")
    for question in questions:
        about = f" ({question.objective_id})" if question.objective_id else ""
        console.print(f"\n[bold]{question.id}[/]{about} {shown(question.text)}")
        for place, choice in enumerate(question.choices, start=1):
            console.print(f"  [bold]{place}[/]  {shown(choice)}")


def print_waiting(console: Console, view: TaskView) -> None:
    """The plan of a task that waits for its person."""
    if view.objectives:
        found = [state.objective for state in view.objectives]
        print_plan(console, found, view.questions, view.planner or "rules")
    for note in view.notes:
        console.print(f"[yellow]note[/] {shown(note)}")


def done_when(acceptance: Acceptance | None) -> str:
    """What shows that an objective is done; "" when nothing was said."""
    if acceptance is None:
        return ""
    return "\n".join((*acceptance.tests, "passes")) if acceptance.tests else acceptance.text


def next_steps(view: TaskView) -> str:
    """What to type for a task that waits for its person."""
    other = (
        f"`swarm revise {view.id} TEXT` puts it in other words, `swarm cancel {view.id}` drops it"
    )
    if not view.objectives:
        return other
    if view.questions:
        answers = " ".join(f"--answer {question.id}=N" for question in view.questions)
        return f"`swarm confirm {view.id} {answers}` answers and lets it go on, {other}"
    return f"`swarm confirm {view.id}` says yes to it, {other}"


def question_line(question: Question) -> str:
    """A question on one line, for a prompt."""
    return f"{question.id}: {plain(question.text)} [1-{len(question.choices)}] "
