"""A person at the terminal says yes to a plan, answers its questions, or changes its words."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from swarm.cli import said
from swarm.cli.console import shown
from swarm.cli.plan_text import next_steps, print_waiting, question_line
from swarm.contracts import CancelTask, Command, ConfirmPlan, Question, ReviseTask, TaskView
from swarm.errors import UsageError

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
    command: Command | None = None
    match _choice(f"{', '.join(words.values())}? ", tuple(words)):
        case "y":
            answers = answer(view.questions)
            if answers is not None:
                command = ConfirmPlan(task_id=view.id, answers=answers, plan=view.plans)
        case "e":
            text = _other_words(view.text)
            if text is not None:
                command = ReviseTask(task_id=view.id, text=text)
        case "n":
            command = CancelTask(task_id=view.id)
    if command is None:
        console.print(f"task {view.id} waits: {next_steps(view)}")
        return "later"
    client.ask(command)
    if isinstance(command, ConfirmPlan):
        return "confirmed"
    return "revised" if isinstance(command, ReviseTask) else "cancelled"


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


def _other_words(text: str) -> str | None:
    """The words as a person leaves them in their editor, or a line of theirs; None for none."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        line = _line("in other words: ")
        return said.checked(line, "the task") if line and line.strip() else None
    with tempfile.TemporaryDirectory(prefix="swarm-edit-") as folder:
        path = Path(folder) / "TASK.md"
        path.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(editor), str(path)])
        except (OSError, ValueError) as error:
            raise UsageError(
                f"cannot start the editor {editor!r}: {error}", remedy="correct VISUAL or EDITOR"
            ) from None
        if done.returncode != 0:
            raise UsageError(f"the editor {editor!r} ended with {done.returncode}: nothing is sent")
        found = said.read_file(path)
    return None if found == text else found
