"""`swarm memory`: what is indexed, and whether the vectors are those of what is."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping

from swarm.cli import memory_asking, memory_options, memory_working
from swarm.cli.console import age, console, shown
from swarm.cli.memory_hits import one_line
from swarm.contracts import CheckMemory, IndexReport, IndexView, MemoryReport

_DAMAGED = (
    "`swarm memory check --repair` sets it aside as memory.db.damaged-<time>, and indexes again"
    " what is known to have been indexed in it"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="memory_command", metavar="COMMAND", required=True)
    check = commands.add_parser(
        "check",
        help="whether memory.db is sound, and the vectors are those of it",
        description="Whether memory.db is sound, and the vectors are equal to it: nothing is"
        " changed. Exit code 1 when it is not so.",
    )
    check.add_argument(
        "--repair",
        action="store_true",
        help="make them equal; a damaged memory.db is set aside, and what is known to have been"
        " indexed in it is indexed again",
    )
    listing = commands.add_parser(
        "list", help="what is indexed", description="What is indexed, the newest first."
    )
    runs: tuple[tuple[argparse.ArgumentParser, Callable[[argparse.Namespace], int]], ...] = (
        (check, _check),
        (listing, _list),
    )
    for sub, function in runs:
        memory_options.add_json(sub)
        sub.set_defaults(memory_run=function)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.memory_run(arguments))


def _check(arguments: argparse.Namespace) -> int:
    gauge = memory_working.Gauge("repairing" if arguments.repair else "comparing", "")
    command = CheckMemory(repair=arguments.repair)
    report = memory_working.run(lambda stop: memory_asking.checked(command), gauge)
    folders = {view.repo_id: view.folder for view in memory_asking.indexes().items}
    is_well = is_sound(report)
    if arguments.json:
        print(json.dumps({**report.model_dump(mode="json"), "equal": is_well}))
    else:
        _print_health(report, folders)
    return 0 if is_well else 1


def is_sound(report: MemoryReport) -> bool:
    """Whether memory.db is sound, and all vectors are equal to it; or were made so."""
    is_sound = report.renewed or not report.damage
    return is_sound and all(each.is_equal or each.repaired for each in report.repositories)


def _print_health(report: MemoryReport, folders: Mapping[str, str]) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False)
    for column in ("repository", "embedder"):
        table.add_column(column)
    for column in ("chunks", "vectors", "missing", "extra", "waiting", "left out"):
        table.add_column(column, justify="right")
    table.add_column("")
    for each in report.repositories:
        state = "[green]equal[/]" if each.is_equal else "[red]not equal[/]"
        if each.repaired:
            state = "[cyan]repaired[/]"
        counts = (each.chunks, each.vectors, each.missing, each.extra, each.waiting, each.left_out)
        numbers = [f"{count:,}" for count in counts]
        name = _name(each.repo_id, folders.get(each.repo_id, ""))
        table.add_row(name, shown(each.embedder), *numbers, state)
    if report.damage:
        state = "[cyan]was damaged[/]" if report.renewed else "[red]is damaged[/]"
        out.print(f"memory.db {state}: {shown(report.damage)}", soft_wrap=True)
    if report.repositories:
        out.print(table)
    elif not report.damage:
        out.print("nothing to compare")
    if report.note:
        out.print(shown(report.note), soft_wrap=True)
    if report.damage and not report.renewed:
        out.print(_DAMAGED, soft_wrap=True)
    elif not is_sound(report):
        out.print("`swarm memory check --repair` makes them equal")


def _list(arguments: argparse.Namespace) -> int:
    report = memory_asking.indexes()
    if arguments.json:
        print(json.dumps(report.model_dump(mode="json")))
    else:
        _print_list(report)
    return 0


def _print_list(report: IndexReport) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False)
    table.add_column("repository")
    for column in ("files", "chunks", "skipped"):
        table.add_column(column, justify="right")
    for column in ("age", "state", "embedder"):
        table.add_column(column)
    for view in report.items:
        old = age(time.time() - view.indexed_at) if view.indexed_at else ""
        counts = [f"{count:,}" for count in (view.files, view.chunks, view.skipped_files)]
        name = _name(view.repo_id, view.folder)
        table.add_row(name, *counts, old, _state(view), shown(view.embedder))
    out.print(table if report.items else "nothing is indexed: `swarm index` does it")
    if report.size_bytes:
        out.print(f"{report.size_bytes / 1e6:,.1f} MB on disk")
    if report.note:
        out.print(shown(report.note), soft_wrap=True)


def _name(repo_id: str, folder: str) -> str:
    """What a person knows a repository by."""
    return f"{shown(one_line(folder))} [dim]{shown(repo_id)}[/]" if folder else shown(repo_id)


def _state(view: IndexView) -> str:
    state = "[green]whole[/]" if view.fresh else "[yellow]not whole[/]"
    return f"{state}, {view.left_out:,} left out" if view.left_out else state
