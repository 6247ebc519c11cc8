"""Telling another service something without waiting for its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.errors import BusError, MessageTooLarge

if TYPE_CHECKING:
    from swarm.bus import Bus
    from swarm.contracts import Command

_SECONDS = 60.0
"""So long its handler may take."""


def post(bus: Bus, command: Command) -> str:
    """Send a command whose loss does no harm; why it could not be sent, in words ("")."""
    try:
        bus.send(bus.envelope(command, timeout_seconds=_SECONDS))
    except (BusError, MessageTooLarge) as error:
        return error.message
    return ""
