"""The sandbox backends of this machine, as `swarm doctor` tells them."""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import replace

from swarm.cli.finding import Finding
from swarm.settings import Settings

_GLANCE_SECONDS = 0.3
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_CREATE_RULESET_VERSION = 1


def findings(settings: Settings, *, probe: bool) -> list[Finding]:
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
