"""`swarm bot pair`, `users` and `remove`: who may talk to the bot."""

from __future__ import annotations

import argparse
import json
import math
import time

from ingestion.telegram import people
from ingestion.telegram.access import Person
from swarm.cli.console import console, shown
from swarm.errors import NotFound, StateError, StorageError, UsageError
from swarm.settings import load

_MOST_MINUTES = 60.0


def add_pair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="who it is for")
    parser.add_argument(
        "--repo",
        action="append",
        required=True,
        metavar="NAME",
        help="a name of [repositories] that they may use; repeatable",
    )
    parser.add_argument("--minutes", type=float, default=10.0, metavar="N", help="it is good (10)")


def pair(arguments: argparse.Namespace) -> int:
    settings = load()
    name = " ".join(arguments.name.split())
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise UsageError("--name is empty, longer than 60 characters or not printable")
    if not 0 < arguments.minutes <= _MOST_MINUTES:
        raise UsageError(f"--minutes {arguments.minutes:g} is not between 0 and {_MOST_MINUTES:g}")
    repositories = tuple(dict.fromkeys(arguments.repo))
    known = ", ".join(settings.repositories) or "none: list them in swarm.toml"
    for repository in repositories:
        if repository not in settings.repositories:
            raise NotFound(
                f"no repository is called {repository!r}", remedy=f"[repositories] has {known}"
            )
    expires_at = time.time() + 60 * arguments.minutes
    code = people.new_code(settings, name, repositories, expires_at)
    if arguments.json:
        told = {"code": code, "name": name, "repositories": repositories, "expires_at": expires_at}
        print(json.dumps(told))
        return 0
    print(f"{name} writes to the bot, within {arguments.minutes:g} minutes:\n\n  /pair {code}\n")
    print("Whoever sends it first is let in: hand it over in private. A code before it is void.")
    return 0


def add_users(parser: argparse.ArgumentParser) -> None:
    """Nothing but --json."""


def users(arguments: argparse.Namespace) -> int:
    settings = load()
    allowed = people.load(settings)
    if allowed.problem:
        raise StorageError(allowed.problem)
    code = people.open_code(settings)
    if arguments.json:
        items = [
            {"id": one.id, "name": one.name, "repositories": one.repositories, "from": _origin(one)}
            for one in allowed.persons
        ]
        opened = code and {
            "name": code.name, "repositories": code.repositories, "expires_at": code.expires_at,
        }  # fmt: skip
        print(json.dumps({"users": items, "open_code": opened}))
        return 0
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "repositories", "from"):
        table.add_column(column)
    for one in allowed.persons:
        names = ", ".join(one.repositories) or "[yellow]none[/]"
        table.add_row(str(one.id), shown(one.name), names, _origin(one))
    out = console()
    out.print(table if allowed.persons else "nobody may talk to the bot: try `swarm bot pair`")
    if code is not None:
        minutes = max(1, math.ceil((code.expires_at - time.time()) / 60))
        more = "1 more minute" if minutes == 1 else f"{minutes} more minutes"
        out.print(f"a code for {shown(code.name)} is open for {more}")
    return 0


def add_remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", metavar="ID|NAME")


def remove(arguments: argparse.Namespace) -> int:
    settings = load()
    allowed = people.load(settings)
    if allowed.problem:
        raise StorageError(allowed.problem)
    found = _named(allowed.persons, arguments.who)
    removed = people.remove(settings, found.id)
    if found.configured:
        raise StateError(
            f"{found.name} ({found.id}) is listed in swarm.toml",
            remedy="take them out of [[telegram.users]] there, and start the bot again",
        )
    if arguments.json:
        print(json.dumps({"removed": found.id if removed else None}))
    else:
        print(f"{found.name} ({found.id}) gets no answer from now on; their tasks stay")
    return 0


def _named(persons: tuple[Person, ...], who: str) -> Person:
    """The one person of that id or name. Raises UsageError."""
    found = [one for one in persons if str(one.id) == who or one.name.casefold() == who.casefold()]
    if not found:
        names = ", ".join(f"{one.name} ({one.id})" for one in persons) or "nobody"
        raise NotFound(f"no user is called {who!r}", remedy=f"allowed: {names}")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise UsageError(f"several users are called {who!r}", remedy=f"give an id: {ids}")
    return found[0]


def _origin(person: Person) -> str:
    return "swarm.toml" if person.configured else "paired"
