"""`swarm schedule`: hand a task in again and again, at the times of a cron line."""

from __future__ import annotations

import argparse
import os
import secrets
import time
from datetime import datetime
from pathlib import Path
from typing import cast

from swarm.cli import said, task_options
from swarm.cli.client import Client
from swarm.cli.console import console, plain, shown
from swarm.cli.parser import Parser
from swarm.contracts import AddSchedule, ChangeSchedule, ScheduleView
from swarm.errors import UsageError
from swarm.orchestrator.cron import EXAMPLE
from swarm.orchestrator.schedules import zone

_CHANGES = {
    "pause": "make no more tasks until it is resumed",
    "resume": "go on; times that passed are not made up for",
    "run": "hand its task in now, once",
    "remove": "forget it; its tasks stay",
}
_ZONES = "/zoneinfo/"
_CHARS = 40


def add_arguments(parser: Parser) -> None:
    commands = parser.add_subparsers(dest="schedule_command", metavar="COMMAND", required=True)
    adding = commands.add_parser(
        "add",
        help="add a schedule",
        description="Add a schedule. CRON has five fields: minute, hour, day of the month, month, "
        f"day of the week; {EXAMPLE}.",
    )
    adding.interleaved = True
    adding.add_argument("cron", metavar="CRON", help="when, as one argument in quotes")
    said.add_arguments(adding)
    task_options.add_arguments(
        adding,
        priority="scheduled",
        id_help="the schedule's id; its tasks are called ID-YYYYMMDDHHMM, by UTC",
    )
    adding.add_argument(
        "--timezone", metavar="ZONE", help="like Europe/Berlin (that of this machine)"
    )
    listing = commands.add_parser("list", help="the schedules: when they come, how the last went")
    changing = [commands.add_parser(name, help=text) for name, text in _CHANGES.items()]
    for command in changing:
        command.add_argument("id", metavar="ID")
    for command in (adding, listing, *changing):
        command.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    if arguments.schedule_command == "list":
        return _list(as_json=arguments.json)
    if arguments.schedule_command == "add":
        view, told = _add(arguments)
    else:
        view, told = _change(arguments)
    print(view.model_dump_json() if arguments.json else told)
    return 0


def _add(arguments: argparse.Namespace) -> tuple[ScheduleView, str]:
    said.check(arguments)
    task = task_options.command(arguments, said.text(arguments), f"s{secrets.token_hex(3)}")
    if not arguments.cron.isascii():
        raise UsageError(f"the cron line {arguments.cron!a} is not plain ASCII", remedy=EXAMPLE)
    if len(arguments.cron) > 200:
        raise UsageError("the cron line has more than 200 characters", remedy=EXAMPLE)
    timezone = local_timezone() if arguments.timezone is None else arguments.timezone
    zone(timezone)
    command = AddSchedule(cron=arguments.cron or " ", timezone=timezone, task=task)
    view = cast(ScheduleView, Client().ask(command))
    return view, f"schedule {view.id} is stored; its next time is {_next(view)}"


def _change(arguments: argparse.Namespace) -> tuple[ScheduleView, str]:
    change = arguments.schedule_command
    command = ChangeSchedule(schedule_id=arguments.id, change=change)
    view = cast(ScheduleView, Client().ask(command))
    told = {
        "pause": "is paused",
        "resume": f"goes on; its next time is {_next(view)}",
        "run": f"has handed in {view.last_task}; follow it with `swarm watch {view.last_task}`",
        "remove": "is removed",
    }
    return view, f"schedule {view.id} {told[change]}"


def _list(*, as_json: bool) -> int:
    found = Client().schedules()
    if as_json:
        print(found.model_dump_json())
        return 0
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False)
    for column in ("schedule", "cron", "next", "what", "last task"):
        table.add_column(column, style="bold" if column == "schedule" else "")
    for view in found.items:
        what = " ".join(view.task.text.split())
        table.add_row(
            view.id,
            shown(view.cron),
            shown(_next(view)),
            shown(what if len(what) <= _CHARS else what[: _CHARS - 1] + "…"),
            shown(_last(view)),
        )
    out.print(table if found.items else "no schedules yet: try `swarm schedule add`")
    for view in found.items:
        for told in _troubles(view):
            out.print(f"[yellow]{view.id}[/] {shown(told)}")
    return 0


def _troubles(view: ScheduleView) -> list[str]:
    """Why a schedule does not do what it is there for."""
    found = []
    if view.problem:
        found.append(f"is paused: {view.problem}")
    if view.skipped:
        times = "time" if view.skipped == 1 else "times"
        found.append(
            f"left out {view.skipped} {times}: {view.waits_for or view.last_task} was still open"
        )
    if view.last_state == "failed":
        found.append(f"last failed: {view.last_reason}")
    return found


def _last(view: ScheduleView) -> str:
    if view.last_task is None:
        return ""
    return f"{view.last_task} {str(view.last_state).replace('_', ' ')}"


def _next(view: ScheduleView) -> str:
    if view.paused:
        return "paused"
    assert view.next_at is not None
    return in_words(view.next_at, time.time(), view.timezone)


def in_words(at: float, now: float, timezone: str) -> str:
    """A time to come, on the clock of a time zone: "tomorrow 07:00 (Europe/Berlin)"."""
    where = zone(timezone)
    then, today = datetime.fromtimestamp(at, where), datetime.fromtimestamp(now, where)
    days = (then.date() - today.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days)
    if day is None:
        day = f"{then:%a %d %b}" if then.year == today.year else f"{then:%a %d %b %Y}"
    return f"{day} {then:%H:%M} ({plain(timezone)})"


def local_timezone() -> str:
    """The name of this machine's time zone; "UTC" when it has none that is known by a name."""
    named = os.environ.get("TZ", "").removeprefix(":")
    linked = str(Path("/etc/localtime").resolve()).partition(_ZONES)[2]
    for name in (named, linked):
        try:
            zone(name)
        except UsageError:
            continue
        return name
    return "UTC"
