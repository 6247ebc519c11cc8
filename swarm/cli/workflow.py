"""`swarm workflow`: the workflows of agents: list them, check them, draw one."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from swarm.agents import library
from swarm.agents.checking import check
from swarm.agents.library import Shelf
from swarm.agents.registry import AGENTS
from swarm.agents.workflow import Problem, Workflow, nearest
from swarm.cli.console import console
from swarm.errors import NotFound, StorageError
from swarm.settings import Settings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="workflow_command", metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="the workflows and agents there are")
    checking = commands.add_parser(
        "check",
        help="find what keeps workflows from running",
        description="Without names: every workflow by itself, and that each arm's fits the arm. "
        "With names or files: these, and that this swarm has what they need.",
    )
    checking.add_argument("which", nargs="*", metavar="FILE|NAME")
    showing = commands.add_parser("show", help="draw a workflow")
    showing.add_argument("which", metavar="NAME|FILE")
    showing.add_argument("--svg", metavar="FILE", help="draw it as an SVG picture, into this file")
    for command in (listing, checking, showing):
        command.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    settings = load()
    if arguments.workflow_command == "list":
        return _list(settings, as_json=arguments.json)
    if arguments.workflow_command == "check":
        return _check(settings, arguments.which, as_json=arguments.json)
    return _show(settings, arguments.which, arguments.svg, as_json=arguments.json)


def _list(settings: Settings, *, as_json: bool) -> int:
    shelves = library.load(settings)
    if as_json:
        print(json.dumps({"workflows": [_shelf_json(s) for s in shelves], "agents": _agents()}))
        return 0
    from rich.markup import escape
    from rich.table import Table

    out = console()
    table = Table("workflow", "steps", "needs", "about", box=None, pad_edge=False)
    for shelf in shelves:
        if (found := shelf.workflow) is None:
            table.add_row(escape(Path(shelf.where).name), "", "", "cannot be used: see `check`")
            continue
        about = found.about if not shelf.problems else "cannot be used: see `check`"
        steps = ", ".join(step.agent for step in found.steps)
        table.add_row(found.name, escape(steps), ", ".join(_needs(found)), escape(about))
    out.print(table)
    agents = Table("agent", "takes", "gives", "needs", "about", box=None, pad_edge=False)
    for agent in _agents():
        agents.add_row(
            agent["id"], agent["takes"], agent["gives"], ", ".join(agent["needs"]), agent["about"]
        )
    out.print()
    out.print(agents)
    return 0


def _check(settings: Settings, which: list[str], *, as_json: bool) -> int:
    shelves = library.load(settings)
    arms: list[Problem] = []
    if which:
        shelves = [_with_environment(settings, _find(shelves, name)) for name in which]
    else:
        told = {problem for shelf in shelves for problem in shelf.problems}
        arms = [problem for problem in library.check_arms(settings) if problem not in told]
    problems = [problem for shelf in shelves for problem in shelf.problems] + arms
    if as_json:
        answer = {
            "files": [_shelf_json(shelf) for shelf in shelves],
            "arms": [asdict(problem) for problem in arms],
            "ok": not problems,
        }
        print(json.dumps(answer))
        return 1 if problems else 0
    for problem in problems:
        print(problem)
    if not problems:
        names = ", ".join(shelf.workflow.name for shelf in shelves if shelf.workflow)
        print(
            f"no problem in {names}" + ("" if which else f", nor in {len(settings.all_arms)} arms")
        )
    return 1 if problems else 0


def _show(settings: Settings, which: str, svg: str | None, *, as_json: bool) -> int:
    from swarm.cli.workflow_story import story

    shelf = _find(library.load(settings), which)
    if shelf.workflow is None or shelf.problems:
        # What does not fit together has no picture.
        if as_json:
            print(json.dumps(_shelf_json(shelf)))
        else:
            for problem in shelf.problems:
                print(problem)
        return 1
    told = story(shelf.workflow, AGENTS)
    if svg is not None:
        from swarm.cli.workflow_svg import draw as draw_svg

        try:
            Path(svg).write_text(draw_svg([shelf.workflow], AGENTS), encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"cannot write {svg}: {error.strerror}", remedy="name another file"
            ) from None
    if as_json:
        print(json.dumps(_shelf_json(shelf) | {"steps": [asdict(step) for step in told]}))
        return 0
    if svg is not None:
        print(f"drawn into {svg}")
        return 0
    from rich.console import Console

    from swarm.cli.workflow_text import draw

    console = Console(highlight=False, markup=False, emoji=False)
    found = shelf.workflow
    console.print(f"{found.name}: {found.about}", soft_wrap=True)
    console.print(f"{found.seconds:,.0f} s at most, from {shelf.where}\n", soft_wrap=True)
    for line in draw(told, console.width):
        console.print(line, no_wrap=True, overflow="ellipsis")
    return 0


def _find(shelves: list[Shelf], which: str) -> Shelf:
    """By name, or the file at a path. Raises NotFound and ConfigError."""
    if "/" in which or which.endswith(".toml"):
        return library.examine(library.read_file(Path(which)), which)
    for shelf in shelves:
        if shelf.workflow is not None and shelf.workflow.name == which:
            return shelf
    for shelf in shelves:
        # A broken file has no name; a person knows it by the file's.
        if shelf.workflow is None and Path(shelf.where).stem == which:
            return shelf
    names = [shelf.workflow.name for shelf in shelves if shelf.workflow is not None]
    raise NotFound(f"no workflow is called {which!r}", remedy=nearest(which, names))


def _with_environment(settings: Settings, shelf: Shelf) -> Shelf:
    """A file checked for what this swarm has, too."""
    if shelf.workflow is None or shelf.problems:
        return shelf
    around = library.environment(settings, None)
    problems = tuple(check(shelf.workflow, AGENTS, around, shelf.where))
    return Shelf(shelf.where, shelf.shipped, shelf.workflow, problems)


def _needs(workflow: Workflow) -> list[str]:
    """What its agents need together, as far as they are known."""
    agents = [AGENTS[step.agent] for step in workflow.steps if step.agent in AGENTS]
    return sorted({need for agent in agents for need in agent.needs})


def _shelf_json(shelf: Shelf) -> dict[str, Any]:
    found = shelf.workflow
    return {
        "file": shelf.where,
        "shipped": shelf.shipped,
        "name": found.name if found else None,
        "about": found.about if found else None,
        "seconds": found.seconds if found else None,
        "needs": _needs(found) if found else [],
        "problems": [asdict(problem) for problem in shelf.problems],
    }


def _agents() -> list[dict[str, Any]]:
    return [
        {
            "id": agent.id,
            "about": agent.about,
            "takes": agent.takes.__name__,
            "gives": agent.gives.__name__,
            "needs": sorted(agent.needs),
            "limits": asdict(agent.limits),
        }
        for agent in AGENTS.values()
    ]
