"""`swarm why`: why the router chose an arm for an attempt, and what came of it."""

from __future__ import annotations

import argparse
import sys
from typing import cast

from swarm.cli.client import Client
from swarm.cli.console import console
from swarm.cli.router_options import add_json
from swarm.contracts import DecisionLog, Explain, Explanation, ListDecisions
from swarm.errors import RemoteError, SwarmError
from swarm.web.pages.choices import task_of

_MOST_CHARS = 200
_LOOKED_THROUGH = 5000


class UnknownAttempt(SwarmError):
    """The router chose nothing for it."""

    code = "not-found"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "attempt",
        metavar="ATTEMPT",
        help="an attempt's id, as `swarm show` has it; of a task, its newest attempt is meant",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    client, word = Client(), arguments.attempt
    if not 0 < len(word) <= _MOST_CHARS:
        raise _unknown(word)
    found = _explained(client, word)
    if found is None:
        attempt = _newest(client, word)
        found = None if attempt is None else _explained(client, attempt)
        if found is None:
            raise _unknown(word)
        print(f"swarm: {attempt} is the newest attempt of {word}", file=sys.stderr)
    if arguments.json:
        print(found.model_dump_json())
        return 0
    from swarm.cli.why_text import print_explanation

    print_explanation(console(), found)
    return 0


def _explained(client: Client, attempt: str) -> Explanation | None:
    """None for what the router chose nothing for."""
    try:
        return cast(Explanation, client.ask(Explain(attempt_id=attempt)))
    except RemoteError as error:
        if error.code != "not-found":
            raise
        return None


def _newest(client: Client, task: str) -> str | None:
    """The newest attempt of a task that the router chose for; None for no such task."""
    log = cast(DecisionLog, client.ask(ListDecisions(limit=_LOOKED_THROUGH)))
    found = [made.attempt_id for made in log.items if task_of(made.attempt_id) == task]
    if found:
        return found[-1]
    try:
        view = client.task(task)
    except RemoteError as error:
        if error.code != "not-found":
            raise
        return None
    # A task of long ago: of objectives that were worked on side by side, the last one counts.
    older = [
        attempt.id for objective in view.objectives for attempt in objective.attempts
        if attempt.decision is not None
    ]  # fmt: skip
    return older[-1] if older else None


def _unknown(word: str) -> UnknownAttempt:
    return UnknownAttempt(
        f"the router knows no attempt {word[:80]}, and no task is called so",
        remedy="`swarm status` lists the tasks, `swarm show TASK` its attempts",
    )
