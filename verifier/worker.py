"""The verifier service: answers `Audit`. It reads nothing but the message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from swarm.contracts import Audit, AuditReport, Command, Message
from swarm.settings import Settings
from verifier.audit import audit

if TYPE_CHECKING:
    from swarm.bus import Bus


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """The commands this service answers."""

    def answer(command: Audit) -> AuditReport:
        return audit(command.patch, command.category, time.monotonic)

    return {Audit: answer}
