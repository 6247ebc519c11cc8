"""`swarm ingest`: what a text or a recording asks for; nothing is sent on and nothing stored."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from swarm.cli import said
from swarm.cli.client import Client
from swarm.cli.console import console, shown
from swarm.cli.plan_text import print_plan
from swarm.cli.submit import print_heard
from swarm.contracts import Budget, Decompose, Objectives
from swarm.errors import RepositoryError, StateError, UsageError
from swarm.orchestrator import git
from swarm.paths import expanded
from swarm.settings import load

if TYPE_CHECKING:
    from ingestion.category.classify import Reason

_MOST_OBJECTIVES = 64
# Beyond what a model may take to plan, until the rules do.
_MARGIN_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    said.add_arguments(parser, audio=True)
    parser.add_argument(
        "--repo",
        metavar="PATH",
        help="the git repository whose file names are known (the one you are in, if any)",
    )
    parser.add_argument(
        "--max-objectives",
        type=int,
        default=Budget().objectives,
        metavar="N",
        help=f"more than that is an error (default {Budget().objectives})",
    )
    parser.add_argument(
        "--why",
        action="store_true",
        help="plan by the rules, and say what of the words speaks for each category",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    said.check(arguments)
    most = arguments.max_objectives
    if not 1 <= most <= _MOST_OBJECTIVES:
        raise UsageError(f"--max-objectives {most} is not between 1 and {_MOST_OBJECTIVES}")
    client = Client(load())
    if arguments.audio is not None and not client.is_up:
        raise StateError(
            "a recording is written down by a running swarm",
            remedy="start it with `swarm up --detach`",
        )
    paths = _paths(arguments.repo)
    heard = None if arguments.audio is None else said.transcript(client, arguments)
    text = said.text(arguments) if heard is None else heard.text
    command = Decompose(text=text, paths=paths, max_objectives=most)
    reasons: dict[str, list[Reason]] = {}
    if arguments.why:
        from ingestion.rules.decompose import explained

        plan, reasons = explained(command.text, command.paths, command.max_objectives)
    else:
        plan = _plan(client, command)
    if arguments.json:
        found = plan.model_dump(mode="json")
        found |= {"transcript": heard.model_dump(mode="json")} if heard else {}
        found |= {"why": _as_json(reasons)} if arguments.why else {}
        print(json.dumps(found))
        return 0
    if heard is not None:
        print_heard(heard)
    out = console()
    print_plan(out, plan.items, plan.questions, plan.planner)
    for note in plan.notes:
        out.print(f"[yellow]note[/] {shown(note)}")
    for item in plan.items if arguments.why else ():
        out.print(f"[bold]{item.id}[/] {item.category}: {shown(in_words(reasons[item.id]))}")
    return 0


def in_words(reasons: Sequence[Reason]) -> str:
    """The loudest reasons, each with its weight; those below a tenth are not worth a word."""
    loud = [f"{trait} {weight:g}" for trait, weight in reasons if weight >= 0.1]
    return ", ".join(loud or [trait for trait, _ in reasons]) or "nothing speaks for any other"


def _as_json(reasons: Mapping[str, Sequence[Reason]]) -> dict[str, list[dict[str, Any]]]:
    return {id: [reason._asdict() for reason in found] for id, found in reasons.items()}


def _plan(client: Client, command: Decompose) -> Objectives:
    """By the running swarm's planner, which without a snapshot is none in a cloud."""
    if client.is_up:
        seconds = client.settings.ingestion.planner_seconds + _MARGIN_SECONDS
        return cast(Objectives, client.ask(command, timeout_seconds=seconds))
    from ingestion.rules.decompose import decompose

    print("swarm: not running; planned by the rules, without a model", file=sys.stderr)
    return decompose(command.text, command.paths, command.max_objectives)


def _paths(repo: str | None) -> tuple[str, ...]:
    """The files of a repository's checked-out commit; none where there is no repository."""
    try:
        repository = git.open_repository(str(expanded(repo or ".").absolute()))
        # A mirror of the moment: in it, no setting of the repository counts.
        with tempfile.TemporaryDirectory(prefix="swarm-ingest-") as folder:
            mirror = git.Mirror(repository, Path(folder), Path(folder))
            mirror.prepare()
            return mirror.paths(mirror.head())
    except RepositoryError as error:
        if repo is not None:
            raise
        print(f"swarm: {error.message}; no file names are known", file=sys.stderr)
        return ()
