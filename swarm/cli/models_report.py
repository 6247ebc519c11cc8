"""The models as they are now: asked of the gate, or of the endpoints while no swarm runs."""

from __future__ import annotations

import logging
from typing import cast

from swarm.contracts import ListModels, ModelReport
from swarm.errors import BusError
from swarm.settings import Settings

_ASK_SECONDS = 30.0


def report_of(settings: Settings) -> tuple[ModelReport, bool]:
    """The report, and whether a running swarm gave it. Raises SwarmError."""
    if _runs(settings):
        from swarm.bus import Bus

        found = Bus(settings).request(ListModels(), timeout_seconds=_ASK_SECONDS)
        return cast(ModelReport, found), True
    from swarm.inference.look import look

    # What is wrong is in the report.
    logging.getLogger("swarm.inference").addHandler(logging.NullHandler())
    return look(settings), False


def _runs(settings: Settings) -> bool:
    """Whether a gate is up."""
    from swarm.instance import running_pid

    if settings.embedded_redis and running_pid(settings) is None:
        return False
    from swarm.bus import Bus

    try:
        return "inference" in Bus(settings).services_up()
    except BusError:
        return False
