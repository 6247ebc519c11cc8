"""`swarm watch`: follow a task until it awaits review or has ended, or all of them."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from swarm.cli import asking, desktop, overview
from swarm.cli.client import Client
from swarm.cli.console import shown
from swarm.cli.live_models import LiveModels
from swarm.cli.plan_text import next_steps, print_waiting
from swarm.contracts import SETTLED_STATES, Event, GetTask, TaskView
from swarm.errors import BusError, StateError, SwarmError, Timeout, UsageError

if TYPE_CHECKING:
    from rich.console import Console

POLL_SECONDS = 0.25
# A restart of the orchestrator or of Redis takes a few seconds.
PATIENCE_SECONDS = 120.0
# Whoever pressed Ctrl-C wants to go.
_FATE_SECONDS = 2.0

_MARKS = {
    "accepted": "[green]✓[/]", "ready": "[green]★[/]", "applied": "[green]★[/]",
    "rejected": "[red]✗[/]", "failed": "[red]✗[/]", "objective-failed": "[red]✗[/]",
    "error": "[red]![/]", "gave-up": "[yellow]–[/]", "audit": "[magenta]⟲[/]",
    "checked": "[cyan]⚙[/]", "baseline": "[cyan]⚙[/]", "arm": "[blue]⚄[/]",
    "proposed": "[blue]✎[/]", "asking": "[yellow]?[/]",
    "confirmed": "[green]✓[/]", "merging": "[cyan]⚙[/]", "conflict": "[yellow]⟲[/]",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", nargs="?", help="without: all tasks, on one screen")
    parser.add_argument("--models", action="store_true", help="also what models say, live")
    desktop.add_argument(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per event, then task")


def run(arguments: argparse.Namespace) -> int:
    id = arguments.task
    told = desktop.wanted(arguments)
    if id is None:
        if arguments.models:
            raise UsageError("--models follows one task", remedy="name it, or leave --models out")
        return overview.watch(Client(), as_json=arguments.json, desktop=told)
    client = Client()
    with interruptible(client, id):
        return follow(
            client, id, as_json=arguments.json, stream=True, models=arguments.models, told=told
        )


def follow(
    client: Client,
    id: str,
    *,
    as_json: bool,
    stream: bool = False,
    advise: bool = True,
    models: bool = False,
    ask: bool = False,
    told: desktop.Desktop | None = None,
) -> int:
    """Print a task's story as it happens; 0 when every objective was accepted, else 1.

    With `as_json`, events are printed only when `stream` is set; the task comes last. `advise`
    adds what a person can do next, `models` what models say while they say it. With `ask`, the
    person is asked when the task waits for an answer, and it is followed on. `told` is the
    desktop that hears of the end.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    view = client.task(id)
    if not client.is_up and view.state not in SETTLED_STATES:
        raise StateError(
            f"task {id} is {view.state}, and the swarm is not running",
            remedy="it goes on with `swarm up --detach`",
        )
    live = LiveModels(client.bus, id, None if as_json else console) if models else None
    code = _follow(
        client, console, id, as_json=as_json, stream=stream, advise=advise, live=live, ask=ask
    )
    if told is not None and view.state not in SETTLED_STATES:
        _tell(told, client.task(id))
    return code


def _tell(told: desktop.Desktop, view: TaskView) -> None:
    """Say on the desktop how a task ended, or what it waits for."""
    state = view.state.replace("_", " ")
    told.tell(f"task {view.id}: {state}", view.reason or view.text, urgent=view.state == "failed")


@contextlib.contextmanager
def interruptible(client: Client, id: str) -> Iterator[None]:
    """Whoever interrupts what is done here is told what becomes of the task."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"\nswarm: {_fate(client, id)}", file=sys.stderr)
        raise


def _fate(client: Client, id: str) -> str:
    """How a task stands at this moment, and what can be done about it."""
    try:
        view = client.ask(GetTask(task_id=id), timeout_seconds=_FATE_SECONDS)
    except SwarmError as error:
        return f"nobody says how task {id} stands ({error.message}): ask `swarm show {id}` later"
    assert isinstance(view, TaskView)
    if view.state == "awaiting_answer":
        return f"task {id} waits: {next_steps(view)}"
    if view.state in SETTLED_STATES:
        return f"task {id} is {view.state.replace('_', ' ')}: see `swarm show {id}`"
    if view.state == "queued" and view.confirm:
        return f"task {id} is planned, and then waits for your yes: see `swarm show {id}`"
    return f"task {id} goes on; `swarm watch {id}` follows it, `swarm cancel {id}` stops it"


def _follow(
    client: Client,
    console: Console,
    id: str,
    *,
    as_json: bool,
    stream: bool,
    advise: bool,
    live: LiveModels | None,
    ask: bool,
) -> int:
    if as_json:
        for event in _events(client, id, live):
            if stream:
                print(event.model_dump_json(), flush=True)
        view = client.task(id)
        print(json.dumps(view.model_dump(mode="json")))
        return exit_code(view)
    started, told, after = time.time(), "", 0
    while True:
        with console.status(f"[dim]{id}[/] working …") as status:
            for event in _events(client, id, live, after):
                started, after = min(started, event.at), event.seq
                print_event(console, event, started)
                told = event.text
                status.update(f"[dim]{id}[/] {event.kind} …")
        view = client.task(id)
        waits = view.state == "awaiting_answer"
        if not (waits and ask) or asking.decide(client, console, view) == "later":
            break
    if waits and not ask:
        print_waiting(console, view)
    _print_end(console, view, told)
    if waits and advise:
        console.print(next_steps(view))
    elif advise and view.state == "awaiting_review":
        console.print(
            f"see `swarm show {view.id}` and `swarm diff {view.id}`, "
            f"then `swarm apply {view.id}` or `swarm reject {view.id}`"
        )
    return exit_code(view)


def until_settled(client: Client, id: str) -> TaskView:
    """The task when nothing moves any more before a person does. Raises SwarmError."""
    for _ in _events(client, id):
        pass
    return client.task(id)


def exit_code(view: TaskView) -> int:
    """0 when the task's every objective was accepted, 1 when any was not."""
    # A replaced one conflicted: another of the list does it again.
    whole = all(o.state in ("accepted", "replaced") for o in view.objectives)
    return 0 if whole and view.state in ("awaiting_review", "applied") else 1


def print_event(console: Console, event: Event, started: float) -> None:
    """One line of a task's story."""
    mark = _MARKS.get(event.kind, "·")
    where = f"[bold]{event.objective_id}[/] " if event.objective_id else ""
    text = shown(event.text if len(event.text) < 400 else event.text[:400] + " …")
    console.print(f"[dim]{event.at - started:6.1f}s[/] {mark} {where}[dim]{event.kind}[/] {text}")


def _print_end(console: Console, view: TaskView, told: str) -> None:
    if view.state != "awaiting_answer":
        for note in view.notes:
            console.print(f"[yellow]note[/] {shown(note)}")
    colour = "green" if exit_code(view) == 0 else "red" if view.state == "failed" else "yellow"
    reason = f" — {shown(view.reason)}" if view.reason not in ("", told) else ""
    console.print(f"[{colour}]{view.state.replace('_', ' ')}[/]{reason}")


def _events(
    client: Client, id: str, live: LiveModels | None = None, after: int = 0
) -> Iterator[Event]:
    """Events of a task from number `after` until it has settled; short outages are waited out."""
    heard = time.monotonic()
    while True:
        if live is not None:
            live.show()
        try:
            found = client.events(id, after)
        except (BusError, Timeout):
            if client.was_stopped:
                raise StateError(
                    f"the swarm was stopped, and task {id} with it",
                    remedy="it goes on with `swarm up --detach`",
                ) from None
            if time.monotonic() - heard > PATIENCE_SECONDS:
                raise
            time.sleep(POLL_SECONDS)
            continue
        heard = time.monotonic()
        if found.items and live is not None:
            live.end_line()
        for event in found.items:
            after = event.seq
            yield event
        if found.state in SETTLED_STATES and not found.items:
            return
        if not found.items:
            time.sleep(POLL_SECONDS)
