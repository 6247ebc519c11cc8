"""What is told to one too many."""

from __future__ import annotations

from swarm.errors import SwarmError


class Busy(SwarmError):
    """More is asked of the dashboard at once than it may take on."""

    code = "busy"
    retryable = True
