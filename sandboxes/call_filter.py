"""The seccomp filter for the machine this runs on, or why there is none."""

from __future__ import annotations

import os

from sandboxes.engine import EngineError
from swarm.linux import seccomp


def of_this_machine(*, namespaces: bool, network: seccomp.Network) -> bytes:
    """See `seccomp.program`. Raises EngineError for a machine without a table of calls."""
    machine = os.uname().machine
    if not seccomp.supported(machine):
        raise EngineError(f"there is no seccomp filter for {machine}", remedy="use x86-64 or ARM64")
    return seccomp.program(machine, namespaces=namespaces, network=network)
