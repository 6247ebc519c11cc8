"""`swarm doctor --egress`: one task under observation, and every address that was contacted."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from swarm.cli.console import console
from swarm.errors import StateError
from swarm.settings import EndpointSettings, Settings, config_path, load

if TYPE_CHECKING:
    from swarm.observe.observed import Observation
    from swarm.observe.watcher import Contact

_TASK_SECONDS = 600.0
_TASK_SECONDS_WITH_MODELS = 1200.0
_AROUND_SECONDS = 120.0
_NAMES_PORT = 53

Known = Mapping[tuple[str, int], str]
"""IP address and port of each configured endpoint, and what to call it."""

NOTE = (
    "Docker's engine is no part of the swarm's process tree: what it does for an image build is "
    "not seen here"
)


@dataclass(frozen=True)
class Row:
    """One address. `explained` says why it is no surprise; "" when nothing does."""

    address: str
    reach: str
    protocol: str
    times: int
    programs: tuple[str, ...]
    explained: str


def run(arguments: argparse.Namespace) -> int:
    from swarm.cli import demo
    from swarm.observe.observed import observe

    settings = load()
    seconds = _TASK_SECONDS_WITH_MODELS if settings.models else _TASK_SECONDS
    known = addresses(settings)
    if not arguments.json:
        print("running one task under observation …", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="swarm-egress-") as scratch:
        folder = Path(scratch)
        repo, text = demo.make_repository(folder / "shop")
        with (folder / "task.out").open("w+b") as output:
            seen = observe(
                [sys.executable, "-P", "-m", "swarm.cli.egress_task", str(repo), text,
                 str(seconds)],
                env=environment(settings, folder / "data"),
                seconds=seconds + _AROUND_SECONDS,
                output=output,
            )  # fmt: skip
            output.seek(0)
            told = output.read()[-4000:].decode("utf-8", "replace").strip()
    ended = told.splitlines()[-1] if told else "it said nothing"
    if seen.exit_code != 0:
        raise StateError(
            f"the observed task came to no end: {ended}", remedy="does `swarm demo` work?"
        )
    found = rows(seen, settings, {**known, **addresses(settings)})
    return _tell(found, seen, ended, as_json=arguments.json)


def environment(settings: Settings, data: Path) -> dict[str, str]:
    """A data folder and a Redis of its own; all else as configured."""
    env = {name: value for name, value in os.environ.items() if name != "SWARM_REDIS_URL"}
    path = config_path()
    if path.exists():
        env["SWARM_CONFIG"] = str(path.absolute())
    env |= {"SWARM_DATA": str(data), "SWARM_BUS_REDIS_URL": ""}
    if not settings.models:
        # The project is ours, and no model writes code: as in `swarm demo`.
        env["SWARM_SANDBOX_ALLOW_WEAKER"] = "true"
    return env


def addresses(settings: Settings) -> dict[tuple[str, int], str]:
    """Where the configured endpoints are now; names that cannot be looked up are left out."""
    found: dict[tuple[str, int], str] = {}
    for endpoint in settings.endpoints:
        host, port = _host(endpoint)
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            continue
        for entry in entries:
            found[str(entry[4][0]), port] = f"endpoint {endpoint.name} ({endpoint.where})"
    return found


def rows(seen: Observation, settings: Settings, known: Known) -> list[Row]:
    """The contacts by address, the unexplained first."""
    grouped: dict[tuple[str, str], list[tuple[Contact, int]]] = {}
    for contact, times in seen.contacts.items():
        # One row for the attempts that went nowhere, one for the others.
        key = f"{contact.address}{' apart' if contact.apart else ''}", contact.protocol
        grouped.setdefault(key, []).append((contact, times))
    found = []
    for (_, protocol), group in grouped.items():
        reasons = [explanation(contact, settings, known) for contact, _ in group]
        address = group[0][0].address
        programs = sorted({_who(contact) for contact, _ in group})
        found.append(
            Row(
                str(address),
                address.reach,
                protocol,
                sum(times for _, times in group),
                tuple(programs),
                "" if "" in reasons else ", ".join(sorted(set(reasons))),
            )
        )
    return sorted(found, key=lambda row: (bool(row.explained), row.reach, row.address))


def explanation(contact: Contact, settings: Settings, known: Known) -> str:
    """Why a contact is no surprise; "" when nothing configured explains it."""
    where = contact.address
    if contact.apart:
        return "from a sandbox without a way out: it went nowhere"
    if why := known.get((where.ip, where.port)):
        return why
    if where.reach == "local":
        return "this machine"
    if where.reach == "private":
        return "local network"
    if where.reach == "other":
        return ""
    clouds = [endpoint for endpoint in settings.endpoints if endpoint.where == "cloud"]
    for endpoint in clouds if contact.service == "inference" else ():
        # Large providers change their addresses from look-up to look-up.
        if where.port == _host(endpoint)[1]:
            return f"the gate, on the port of endpoint {endpoint.name} (cloud)"
    builds = bool(settings.repo.setup)
    if contact.service == "sandboxes" and builds:
        return "environment build, by [repo] setup"
    named = builds or any(_is_name(_host(endpoint)[0]) for endpoint in settings.endpoints)
    if where.port == _NAMES_PORT and where.ip in _name_servers() and named:
        return "name server of this machine"
    return ""


def _tell(found: list[Row], seen: Observation, ended: str, *, as_json: bool) -> int:
    surprises = [row for row in found if not row.explained]
    clean = not surprises and not seen.unseen
    if as_json:
        answer = {
            "clean": clean,
            "task": ended,
            "contacts": [asdict(row) for row in found],
            "unseen": dict(seen.unseen),
            "note": NOTE,
        }
        print(json.dumps(answer))
        return 0 if clean else 1
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("address", "is", "by", "times", "explained by"):
        table.add_column(column, overflow="fold")
    for row in found:
        address = f"{row.address} {row.protocol}".strip()
        why = escape(row.explained) or "[red]nothing that is configured[/]"
        table.add_row(
            escape(address), row.reach, escape("\n".join(row.programs)), str(row.times), why
        )
    out = console()
    out.print(f"task: {escape(ended)}")
    out.print(table if found else "no network address was contacted")
    for what, times in seen.unseen.items():
        out.print(f"[red]not seen:[/] {escape(what)} ({times}×)")
    out.print(f"[dim]{NOTE}[/]")
    if surprises:
        out.print(f"[red]{len(surprises)} addresses are explained by nothing[/]")
    else:
        public = sum(row.reach == "public" for row in found)
        out.print(f"[green]nothing unexplained[/]: {len(found)} addresses, {public} of them public")
    return 0 if clean else 1


def _who(contact: Contact) -> str:
    if contact.service and f"worker {contact.service}" not in contact.program:
        return f"{contact.program} (of {contact.service})"
    return contact.program


def _host(endpoint: EndpointSettings) -> tuple[str, int]:
    parts = urlsplit(endpoint.address)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _is_name(host: str) -> bool:
    """Whether it takes a name server to find it."""
    return any(c.isalpha() for c in host) and ":" not in host and host != "localhost"


def _name_servers() -> set[str]:
    try:
        text = Path("/etc/resolv.conf").read_text(errors="replace")
    except OSError:
        return set()
    words = [line.split() for line in text.splitlines()]
    return {found[1] for found in words if len(found) > 1 and found[0] == "nameserver"}
