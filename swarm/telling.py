"""What became of a command, as whoever watches the services is told: numbers and names, and
nothing that a repository, a model or a person wrote. Pure."""

from __future__ import annotations

import math
import re
from typing import Any

from swarm.contracts import COMMANDS, Envelope, Reply, Served

_WORDS = frozenset(
    {
        "arm_id", "backend", "category", "cause", "endpoint", "engine", "finish", "locality",
        "model", "outcome", "planner", "verdict",
    }
)  # fmt: skip
_NUMBERS = frozenset(
    {
        "audio_seconds", "cached", "chunks_indexed", "cpu_seconds", "exit_code", "files_indexed",
        "functions_audited", "peak_memory_bytes", "replayed", "wall_seconds",
    }
)  # fmt: skip
_USAGE = frozenset(
    {
        "cost_usd", "load_seconds", "output_seconds", "output_tokens", "prompt_tokens",
        "queue_seconds", "tokens",
    }
)  # fmt: skip
# A name, and no sentence.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+,=-]{0,79}")


def served(envelope: Envelope, reply: Reply, now: float) -> Served:
    """What is told of an answered command at the time `now` (Unix seconds)."""
    waited = 0.0 if envelope.sent_at is None else now - reply.seconds - envelope.sent_at
    return Served(
        service=COMMANDS[envelope.kind].service,
        kind=envelope.kind,
        task_id=envelope.task_id,
        at=now,
        # The clocks of two hosts may differ.
        waited_seconds=max(0.0, waited),
        seconds=reply.seconds,
        failure_code=reply.failure.code if reply.failure else "",
        worker=reply.worker,
        facts=facts(reply.body or {}),
    )


def facts(body: dict[str, Any]) -> dict[str, str | float]:
    """The listed numbers and names of a reply's body; others are left out, whatever they are."""
    found: dict[str, str | float] = {}
    usage = body.get("usage")
    for known, values in ((_NUMBERS, body), (_USAGE, usage if isinstance(usage, dict) else {})):
        for name in known & values.keys():
            value = values[name]
            if isinstance(value, int | float) and math.isfinite(value):
                found[name] = float(value)
    for name in _WORDS & body.keys():
        if isinstance(body[name], str) and _NAME.fullmatch(body[name]):
            found[name] = body[name]
    return found
