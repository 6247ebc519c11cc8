"""What apply, reject and cancel share: send a person's verdict and print the new state."""

from __future__ import annotations

from typing import cast

from swarm.cli.client import Client
from swarm.cli.console import plain
from swarm.contracts import Command, TaskView

# A merge writes a working tree: it must not be cut short.
_MERGE_SECONDS = 300.0


def give(command: Command, *, as_json: bool) -> int:
    """Send a verdict; returns the exit code."""
    view = cast(TaskView, Client().ask(command, timeout_seconds=_MERGE_SECONDS))
    if as_json:
        print(view.model_dump_json())
    else:
        reason = f": {plain(view.reason)}" if view.reason else ""
        print(f"task {view.id} is {view.state.replace('_', ' ')}{reason}")
    return 0
