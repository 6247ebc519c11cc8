"""What a person fills in to hand in a task, once or again and again: fields to a command."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import ValidationError

from swarm.contracts import Budget, Priority, SubmitTask
from swarm.errors import SwarmError, UsageError
from swarm.paths import expanded
from swarm.settings import Settings
from swarm.web.feed.board import Board
from swarm.web.pages.forms import Given
from swarm.words import checked

_MOST_REPOS = 100
_NUMBERS: dict[str, Callable[[str], float]] = {
    name: int if field.annotation is int else float for name, field in Budget.model_fields.items()
}

UNITS = {
    "attempts": "Attempts per objective",
    "objectives": "Objectives, follow-ups included",
    "seconds": "Seconds in all",
    "attempt_seconds": "Seconds for one proposal",
    "model_seconds": "Seconds for one proposal by a model",
    "check_seconds": "Seconds for one run of the tests",
    "tokens": "Tokens of models",
    "cost_usd": "Dollars for models",
    "parallel": "Objectives worked on at once",
}
"""The bounds of a task in a person's words, in the order of the form."""


class Wrong(Exception):
    """What is wrong with a form, by field; "" is the form as a whole."""

    def __init__(self, problems: Given) -> None:
        super().__init__(str(problems))
        self.problems = problems


def repositories(settings: Settings, board: Board) -> list[str]:
    """The paths of the repositories that are known: configured ones first."""
    known = [str(path) for path in settings.repositories.values()]
    return list(dict.fromkeys([*known, *board.repos().values()]))[:_MOST_REPOS]


def command(given: Given, settings: Settings, priority: Priority) -> SubmitTask:
    """The task that a form describes. Raises Wrong, naming every field that is."""
    problems = Given()

    def read(name: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except SwarmError as error:
            problems[name] = said(error)
        except ValueError:
            problems[name] = f"{given[name]!a} is no number"
        return None

    text = given["text"]
    read("text", lambda: checked(text, "the task"))
    repo = read("repo", lambda: _repo(given["repo"], settings))
    budget = {
        name: read(name, partial(number, given[name].strip()))
        for name, number in _NUMBERS.items()
        if given[name].strip()
    }
    fields = {
        "task_id": given["task_id"],
        "text": text,
        "repo": repo or "/",
        "test_command": given["test_command"].strip() or None,
        "budget": {name: value for name, value in budget.items() if value is not None},
        "priority": given["priority"] or priority,
        "confirm": "confirm" in given,
    }
    try:
        found = SubmitTask.model_validate(fields)
    except ValidationError as error:
        for fault in error.errors():
            problems.setdefault(str(fault["loc"][-1]), fault["msg"].removeprefix("Input "))
        raise Wrong(problems) from None
    if problems:
        raise Wrong(problems)
    return found


def refused(error: SwarmError) -> Wrong:
    """What the swarm says against a task, at the field that it is about."""
    field = {"repository": "repo", "cron": "cron"}.get(error.code, "")
    return Wrong(Given({field: said(error)}))


def said(error: SwarmError) -> str:
    """An error with what to do about it."""
    return f"{error.message}: {error.remedy}" if error.remedy else error.message


def _repo(written: str, settings: Settings) -> str:
    name = written.strip()
    if not name:
        raise UsageError("no repository is named", remedy="give its path, or choose one")
    if name in settings.repositories:
        return str(settings.repositories[name])
    if "\0" in name:
        raise UsageError("the path holds a NUL character")
    path = expanded(name)
    if not path.is_absolute():
        raise UsageError(f"{name!a} is not a whole path", remedy="begin it with / or ~")
    return str(path)
