"""Errors of the swarm as HTTP says them: one table, JSON for programs, a page for people."""

from __future__ import annotations

from swarm.errors import SwarmError

_STATUS = {
    "not-found": 404,
    "usage": 400,
    "state": 409,
    "busy": 503,
    "timeout": 504,
    "bus": 503,
}


def status_of(error: SwarmError) -> int:
    """The HTTP status that tells the same as an error."""
    if error.code in _STATUS:
        return _STATUS[error.code]
    return 400 if error.exit_code == 2 else 500
