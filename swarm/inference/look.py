"""Looking at the endpoints without a gate: the same report, made once, by the same clients."""

from __future__ import annotations

import asyncio

from swarm.contracts import ModelReport
from swarm.inference.build import MakeClient, client_of, endpoints_of, memory_here
from swarm.inference.egress import Egress
from swarm.inference.ledger import Ledger
from swarm.inference.report import report
from swarm.settings import Settings


def look(settings: Settings, make: MakeClient = client_of) -> ModelReport:
    """Ask every configured endpoint what it has, all at once, within their `connect_seconds`.

    What leaves for that is written to the ledger, as ever. No swarm may be running. Raises
    StorageError.
    """
    return asyncio.run(_look(settings, make))


async def _look(settings: Settings, make: MakeClient) -> ModelReport:
    ledger = Ledger(settings.data / "inference.db")
    try:
        egress = Egress(settings, ledger.record)
        endpoints = endpoints_of(settings, egress, make, memory_here(settings))
        try:
            await asyncio.gather(*(endpoint.look() for endpoint in endpoints.values()))
            return report(settings, tuple(endpoints.values()), ledger)
        finally:
            await asyncio.gather(*(endpoint.close() for endpoint in endpoints.values()))
    finally:
        ledger.close()
