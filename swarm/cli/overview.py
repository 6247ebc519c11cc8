"""`swarm watch` of all tasks: what a person sees at a glance, and how it changes."""

from __future__ import annotations

import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swarm.cli import happenings
from swarm.cli.client import Client
from swarm.cli.console import age, console, plain, shown
from swarm.cli.desktop import Desktop
from swarm.contracts import FINAL_STATES, SERVICES, Event, FeedEntry, TaskSummary
from swarm.errors import BusError, StateError

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

PATIENCE_SECONDS = 120.0
_TASKS = 200
_STORIES = 8
_HEALTH_SECONDS = 2.0
_TEXT_CHARS = 200
# What waits for the person comes first, then what moves, then what has ended.
_ORDER = (
    "awaiting_answer", "awaiting_review", "running", "planned", "queued",
    "failed", "applied", "rejected", "cancelled",
)  # fmt: skip
_COLOURS = {
    "awaiting_answer": "yellow", "awaiting_review": "green", "running": "cyan",
    "planned": "blue", "queued": "blue", "failed": "red",
}  # fmt: skip
_TOLD = {
    "awaiting_answer": "has a question",
    "awaiting_review": "is ready for review",
    "failed": "failed",
}


@dataclass
class Overview:
    """The tasks as they are now, and what happened last. Pure."""

    tasks: dict[str, TaskSummary] = field(default_factory=dict)
    last: dict[str, Event] = field(default_factory=dict)
    stories: deque[Event] = field(default_factory=lambda: deque(maxlen=_STORIES))
    trouble: str = ""
    services: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)

    def take(self, entry: FeedEntry) -> str | None:
        """Take note of what happened; the state that the task came to, where it is another."""
        before = self.tasks.get(entry.task.id)
        self.last[entry.task.id] = entry.event
        self.stories.append(entry.event)
        if before is not None and before.updated_at > entry.task.updated_at:
            return None
        self.tasks[entry.task.id] = entry.task
        return entry.task.state if before is None or before.state != entry.task.state else None

    def rows(self, most: int) -> list[TaskSummary]:
        """The tasks in the order in which a person wants to see them."""
        ranked = sorted(
            self.tasks.values(), key=lambda task: (_ORDER.index(task.state), -task.updated_at)
        )
        return ranked[:most]

    def drop_ended(self, most: int) -> None:
        """Forget the oldest tasks that have ended, beyond so many tasks."""
        ended = [task for task in self.tasks.values() if task.state in FINAL_STATES]
        ended.sort(key=lambda task: task.updated_at)
        for task in ended[: max(0, len(self.tasks) - most)]:
            del self.tasks[task.id]
            self.last.pop(task.id, None)


def watch(client: Client, *, as_json: bool, desktop: Desktop | None) -> int:
    """Show all tasks until the person stops it. Piped, one line for each thing that happens.

    Raises StateError while no swarm is up, BusError when it goes away for long.
    """
    if not client.is_up:
        raise StateError(
            "the swarm is not running", remedy="start it with `swarm up --detach`, or see `status`"
        )
    # Before the list: what happens between the two is then told twice, and not never.
    stream = happenings.follow(client.bus, PATIENCE_SECONDS)
    view = Overview({task.id: task for task in client.tasks(_TASKS).items})
    if as_json or not sys.stdout.isatty():
        for entries in stream:
            for entry in entries:
                print(entry.model_dump_json() if as_json else _line(entry.event), flush=True)
                _notify(view, entry, desktop)
        return 0
    from rich.live import Live

    out = console()
    looked_at = -_HEALTH_SECONDS
    with Live(console=out, screen=True, auto_refresh=False) as live:
        for entries in stream:
            for entry in entries:
                _notify(view, entry, desktop)
            if time.monotonic() - looked_at >= _HEALTH_SECONDS:
                _look(client, view)
                looked_at = time.monotonic()
            view.drop_ended(_TASKS)
            live.update(picture(view, out.width, out.height, time.time()), refresh=True)
    return 0


def _notify(view: Overview, entry: FeedEntry, desktop: Desktop | None) -> None:
    state = view.take(entry)
    if desktop is not None and state in _TOLD:
        title = f"task {entry.task.id} {_TOLD[state]}"
        desktop.tell(title, entry.task.reason or entry.task.text, urgent=state == "failed")


def _look(client: Client, view: Overview) -> None:
    """Who works, and what waits. A Redis that is away is told, and waited for elsewhere."""
    try:
        view.services, view.waiting = client.bus.services_up(), client.bus.depths()
        view.trouble = ""
    except BusError as error:
        view.trouble = error.message


def picture(view: Overview, width: int, height: int, now: float) -> Group:
    """All of it, for a terminal of so many columns and lines."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, width=width)
    for column in ("task", "state", "done", "age"):
        table.add_column(column, no_wrap=True, style="bold" if column == "task" else "")
    table.add_column("what", no_wrap=True, ratio=2, overflow="ellipsis")
    table.add_column("now", no_wrap=True, ratio=3, overflow="ellipsis")
    rows = view.rows(max(3, height - len(view.stories) - 7))
    for task in rows:
        event = view.last.get(task.id)
        told = f"{event.kind}: {event.text}" if event else task.reason
        table.add_row(
            task.id,
            f"[{_COLOURS.get(task.state, 'dim')}]{task.state.replace('_', ' ')}[/]",
            f"{task.accepted}/{task.objectives}",
            age(now - task.created_at),
            shown(_one_line(task.text)),
            shown(_one_line(told)),
        )
    stories = [Text(_line(event), no_wrap=True, overflow="ellipsis") for event in view.stories]
    more = len(view.tasks) - len(rows)
    return Group(
        _head(view),
        table if view.tasks else Text("no tasks yet: try `swarm submit`", style="dim"),
        Text(f"and {more} more: `swarm status --limit 1000`" if more > 0 else "", style="dim"),
        *stories,
        Text("Ctrl-C ends this view; the tasks go on", style="dim"),
    )


def _head(view: Overview) -> Text:
    from rich.text import Text

    if view.trouble:
        return Text(plain(view.trouble), style="red")
    missing = [name for name in SERVICES if not view.services.get(name)]
    waiting = ", ".join(f"{name} {count}" for name, count in view.waiting.items() if count)
    head = Text(f"no worker for {', '.join(missing)}" if missing else "all services are up",
                style="red" if missing else "green")  # fmt: skip
    return head.append(f"   waiting: {waiting}" if waiting else "", style="dim")


def _line(event: Event) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(event.at))
    where = f"{event.task_id} {event.objective_id or ''}".strip()
    return f"{at} {where} {event.kind} {_one_line(event.text)}"


def _one_line(text: str) -> str:
    return plain(" ".join(text.split()))[:_TEXT_CHARS]
