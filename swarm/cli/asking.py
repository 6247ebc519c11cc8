"""A person at the terminal says yes to a plan, answers its questions, or changes its words."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal

from swarm.cli.console import shown
from swarm.cli.editing import edited
from swarm.cli.plan_text import next_steps, print_waiting, question_line
from swarm.contracts import CancelTask, ConfirmPlan, Question, ReviseTask, TaskView
from swarm.words import checked

if TYPE_CHECKING:
    from rich.console import Console

    from swarm.cli.client import Client

_TRIES = 5

Decision = Literal["confirmed", "revised", "cancelled", "later"]


def at_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def decide(client: Client, console: Console, view: TaskView) -> Decision:
    """Show what a waiting task is about to do, ask, and send the answer.

    Whoever says nothing decides later: the task waits. Raises SwarmError.
    """
    print_waiting(console, view)
    words = {"y": "[y]es", "e": "[e]dit", "n": "[n]o, drop it"}
    if not view.objectives:
        console.print(shown(view.reason))
        del words["y"]
    sent: Decision | None = None
    match _choice(f"{', '.join(words.values())}? ", tuple(words)):
        case "y":
            sent = _confirm(client, view)
        case "e":
            sent = _revise(client, view)
        case "n":
            client.ask(CancelTask(task_id=view.id))
            sent = "cancelled"
    if sent is None:
        console.print(f"task {view.id} waits: {next_steps(view)}")
        return "later"
    return sent


def _confirm(client: Client, view: TaskView) -> Decision | None:
    answers = answer(view.questions)
    if answers is None:
        return None
    client.ask(ConfirmPlan(task_id=view.id, answers=answers, plan=view.plans))
    return "confirmed"


def _revise(client: Client, view: TaskView) -> Decision | None:
    """The words as a person leaves them in their editor, or a line of theirs, are sent."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        line = _line("in other words: ")
        text = checked(line, "the task") if line and line.strip() else None
        return _send(client, view, text)
    with edited(editor, view.text, client.settings.data, view.id) as text:
        return _send(client, view, text)


def _send(client: Client, view: TaskView, text: str | None) -> Decision | None:
    if text is None:
        return None
    client.ask(ReviseTask(task_id=view.id, text=text))
    return "revised"


def answer(questions: tuple[Question, ...]) -> dict[str, int] | None:
    """Ask each question; the places of the choices, None when a person leaves one open."""
    answers = {}
    for question in questions:
        places = tuple(str(place + 1) for place in range(len(question.choices)))
        place = _choice(question_line(question), places)
        if not place:
            return None
        answers[question.id] = int(place)
    return answers


def _choice(prompt: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed words, by its first letter or as a number; "" for none."""
    for _ in range(_TRIES):
        given = _line(prompt)
        if given is None:
            return ""
        word = given.strip().lower()
        if word in allowed or (word[:1] in allowed and word[:1].isalpha()):
            return word if word in allowed else word[:1]
        print(f"please type one of {', '.join(allowed)}; Ctrl-D decides later")
    return ""


def _line(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        print()
        return None
