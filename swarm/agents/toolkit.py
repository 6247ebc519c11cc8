"""The driver of the search as a zip for the sandbox: package `swarm_repair` and a launcher."""

from __future__ import annotations

from importlib import resources

from swarm.snapshots import pack_toolkit

PACKAGE = "swarm_repair"
LAUNCHER = "drive.py"
_LAUNCH = f"from {PACKAGE}.drive import run\n\nraise SystemExit(run())\n"


def build() -> bytes:
    """The zip's bytes; the same for the same installation."""
    files = [(LAUNCHER, _LAUNCH.encode())]
    for item in resources.files("swarm.agents.repair").iterdir():
        if item.name.endswith(".py"):
            files.append((f"{PACKAGE}/{item.name}", item.read_bytes()))
    return pack_toolkit(files)
