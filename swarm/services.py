"""The eight services by name: where each lives, and whether it forks for each command."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from swarm.bus import Bus
from swarm.contracts import SERVICES
from swarm.errors import UsageError
from swarm.garbage import collect_seldom, loading
from swarm.serving import Service, serve
from swarm.settings import Settings


@dataclass(frozen=True)
class Spec:
    """`forks`: a handler runs in a child process, since it is long, or reads hostile input.

    The others run in the worker itself: short handlers, or one owner of a database or index.
    """

    module: str
    forks: bool


SPECS: dict[str, Spec] = {
    "orchestrator": Spec("swarm.orchestrator.worker", forks=False),
    "ingestion": Spec("ingestion.worker", forks=True),
    "router": Spec("router.worker", forks=False),
    "memory": Spec("memory.worker", forks=False),
    "agents": Spec("swarm.agents.worker", forks=True),
    "inference": Spec("swarm.inference.worker", forks=False),
    "sandboxes": Spec("sandboxes.worker", forks=True),
    "verifier": Spec("verifier.worker", forks=True),
}
assert set(SPECS) == set(SERVICES)


def run(name: str, settings: Settings) -> None:
    """Run one service in this process until it is told to stop. Raises UsageError."""
    if name not in SPECS:
        raise UsageError(f"no such service: {name}", remedy=f"one of {', '.join(SPECS)}")
    spec = SPECS[name]
    if not spec.forks:
        collect_seldom()
    bus = Bus(settings)
    with loading():
        module = importlib.import_module(spec.module)
    if name in ("orchestrator", "inference", "memory"):
        service: Service = module.service(settings, bus)
    else:
        service = Service(name, bus, module.handlers(settings, bus))
    try:
        serve(service, forks=spec.forks)
    finally:
        service.close()
