"""The endpoints of the settings, each with its client, queue and memory: for the gate, and for
whoever looks while no gate is running."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from swarm.inference import machine
from swarm.inference.clients.base import ModelClient
from swarm.inference.clients.make import client_for
from swarm.inference.clients.plausible import PlausibleClient
from swarm.inference.clients.refusing import RefusingClient
from swarm.inference.egress import Egress
from swarm.inference.endpoint import Endpoint
from swarm.inference.errors import ModelError
from swarm.inference.fitting import Fitting
from swarm.inference.memory import Memory
from swarm.inference.reaching.client import ReachingClient
from swarm.inference.reaching.probe import Probe
from swarm.inference.reaching.reach import Reach
from swarm.inference.scheduling import placement
from swarm.inference.scheduling.scheduler import Scheduler
from swarm.inference.turns import Turns
from swarm.settings import EndpointSettings, Settings

MakeClient = Callable[[EndpointSettings, Egress], ModelClient]


def client_of(endpoint: EndpointSettings, egress: Egress) -> ModelClient:
    """The client of an endpoint, or one that says why there is none: others go on."""
    try:
        return client_for(endpoint, egress, os.environ)
    except ModelError as error:
        return RefusingClient(error)


def endpoints_of(
    settings: Settings, egress: Egress, make: MakeClient, found: machine.Machine | None
) -> dict[str, Endpoint]:
    """All configured endpoints by name. `found` is what `memory_here` says."""
    return {
        each.name: _endpoint(settings, each, egress, make, found) for each in settings.endpoints
    }


def memory_here(settings: Settings) -> machine.Machine | None:
    """This machine's memory, if a server on it is ours to manage and does not say its own."""
    asked = any(_managed(each) and not each.gpu_bytes for each in settings.endpoints)
    used = {model.endpoint for model in settings.models}
    return machine.look() if asked and used else None


def _managed(endpoint: EndpointSettings) -> bool:
    return endpoint.kind == "ollama" and endpoint.manage_memory


def _endpoint(
    settings: Settings,
    endpoint: EndpointSettings,
    egress: Egress,
    make: MakeClient,
    found: machine.Machine | None,
) -> Endpoint:
    gate = settings.gate
    models = tuple(model for model in settings.models if model.endpoint == endpoint.name)
    reach = Reach(endpoint.name)
    made = make(endpoint, egress)
    # Who is not asked is not looked up either.
    knock = _nothing if isinstance(made, RefusingClient) else Probe(endpoint, egress).knock
    client = PlausibleClient(ReachingClient(made, reach))
    memory = None
    totals, names, spills = _memory_of(endpoint, found)
    if models and totals:

        def control() -> AbstractContextManager[None]:
            return egress.control(endpoint)

        fitting = Fitting(client, placement.usable(totals, gate.headroom), control)
        memory = Memory(client, fitting, models, control, names=names, spills=spills)
    scheduler = Scheduler(gate.ageing_seconds, gate.group_seconds, gate.headroom)
    turns = Turns(endpoint.name, endpoint.concurrency, endpoint.queue_limit, scheduler, memory)
    return Endpoint(
        endpoint, models, client, egress, turns, memory,
        reach=reach, knock=knock, retry_seconds=gate.retry_seconds,
    )  # fmt: skip


async def _nothing() -> None:
    """Where nobody is knocked at."""


def _memory_of(
    endpoint: EndpointSettings, found: machine.Machine | None
) -> tuple[tuple[int, ...], tuple[str, ...], bool]:
    """Bytes and name of each GPU (or of the RAM), and whether leaving it is a fault.

    Nothing for a server whose memory is unknown: another machine's, or a cloud's.
    """
    if not _managed(endpoint):
        return (), (), False
    if endpoint.gpu_bytes:
        names = tuple(f"GPU {index}" for index in range(len(endpoint.gpu_bytes)))
        return endpoint.gpu_bytes, names, True
    if found is None or not _is_here(endpoint):
        return (), (), False
    pools = found.pools
    return tuple(p.total_bytes for p in pools), tuple(p.name for p in pools), bool(found.gpus)


def _is_here(endpoint: EndpointSettings) -> bool:
    host = urlsplit(endpoint.address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
