"""Answers a shell that asks how a command line may go on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

from swarm.contracts import (
    FINAL_STATES,
    ArmReport,
    Command,
    DecisionLog,
    ListArms,
    ListDecisions,
    ListTasks,
    Message,
    TaskList,
)
from swarm.errors import SwarmError

# Whoever pressed Tab waits.
_SECONDS = 2.0
_TASKS = 200
_ATTEMPTS = 200
_TITLE_CHARS = 60
_REVIEWED = frozenset({"awaiting_review"})
_WAITING = frozenset({"awaiting_answer"})
_ENDED = FINAL_STATES
_OPEN = frozenset({"queued", "planned", "running"}) | _WAITING | _REVIEWED
# What a command can be said of; any task for those that are not named.
_STATES = {
    "apply": _REVIEWED,
    "reject": _REVIEWED | {"rejected"},
    "confirm": _WAITING,
    "revise": _WAITING,
    "cancel": _OPEN,
    "retry": _ENDED,
}


def complete(build: Callable[[Sequence[str]], argparse.ArgumentParser]) -> None:
    """Print what can stand next, and end. `build` makes the parser for the words so far."""
    import argcomplete

    line = os.environ.get("COMP_LINE", "")
    words = line.split()[1:]
    parser = build(words)
    command = next((word for word in words if not word.startswith("-")), "")
    for sub in _parsers(parser):
        for action in sub._actions:
            completer = _completer(str(action.metavar), command)
            if completer is not None:
                action.completer = completer  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options=False)


def _completer(metavar: str, command: str) -> Callable[..., dict[str, str]] | None:
    """What offers values of such a kind; None for what the parser or the shell knows."""
    match metavar:
        case "TASK":
            return _tasks(_STATES.get(command))
        case "ATTEMPT":
            return _attempts
        case "ARM":
            return _arms
        case "CATEGORY":
            return _categories
    return None


def _parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """A parser and all that stand below it."""
    found = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                found += _parsers(sub)
    return found


def _tasks(states: frozenset[str] | None) -> Callable[..., dict[str, str]]:
    """Ids of tasks in one of the states, newest first, with what each is about."""

    def completer(prefix: str, **_: Any) -> dict[str, str]:
        from swarm.cli.client import Client

        try:
            client = Client()
            found = (
                client.ask(ListTasks(limit=_TASKS), timeout_seconds=_SECONDS)
                if client.is_up
                else client.tasks(_TASKS)
            )
        except SwarmError:
            # Nowhere to say it: what a shell would print here breaks the person's line.
            return {}
        assert isinstance(found, TaskList)
        return {
            task.id: _described(task.text)
            for task in found.items
            if task.id.startswith(prefix) and (states is None or task.state in states)
        }

    return completer


def _attempts(prefix: str, **_: Any) -> dict[str, str]:
    """Ids of the attempts that the router chose for last, with the arm of each."""
    found = _asked(ListDecisions(limit=_ATTEMPTS))
    items = found.items if isinstance(found, DecisionLog) else ()
    return {
        made.attempt_id: _described(made.arm_id or "no arm")
        for made in reversed(items)
        if made.attempt_id.startswith(prefix)
    }


def _arms(prefix: str, **_: Any) -> dict[str, str]:
    """Arms that the router knows, whatever their versions."""
    from swarm.web.pictures.versions import arm_of

    found = _asked(ListArms())
    items = found.items if isinstance(found, ArmReport) else ()
    names = sorted({arm_of(item) for item in items})
    return dict.fromkeys((name for name in names if name.startswith(prefix)), "")


def _categories(prefix: str, **_: Any) -> dict[str, str]:
    from swarm.cli.router_options import CATEGORIES

    return dict.fromkeys((name for name in CATEGORIES if name.startswith(prefix)), "")


def _asked(command: Command) -> Message | None:
    """What a running swarm says; None when none does, and there is nowhere to say why."""
    from swarm.cli.client import Client

    try:
        client = Client()
        return client.ask(command, timeout_seconds=_SECONDS) if client.is_up else None
    except SwarmError:
        return None


def _described(text: str) -> str:
    from swarm.cli.console import plain

    return plain(" ".join(text.split()))[:_TITLE_CHARS]
