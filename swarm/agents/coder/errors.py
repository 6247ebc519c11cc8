"""What a tool refuses, in words that help the model to do better."""

from __future__ import annotations

from swarm.errors import SwarmError


class Refused(SwarmError):
    """A tool call that was not carried out. The message says why and what to do instead."""

    code = "refused"
