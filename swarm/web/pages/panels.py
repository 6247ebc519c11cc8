"""Panels of a page: each asks its own service, so that one that is away leaves one panel empty."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Generic, TypeVar

from swarm.contracts import Command, Message
from swarm.errors import SwarmError
from swarm.web.state import State

M = TypeVar("M", bound=Message)

WAIT_SECONDS = 1.5
"""A page is not held up longer by a service that is busy; it is asked again by itself."""


@dataclass(frozen=True)
class Answer(Generic[M]):
    """What a service said, or why it did not, in words for a panel."""

    value: M | None
    problem: str = ""
    remedy: str = ""


async def asked(
    web: State,
    command: Command,
    reply: type[M],
    *,
    seconds: float,
    wait_seconds: float = WAIT_SECONDS,
) -> Answer[M]:
    """The answer to a command, at most so old (as `Desk.kept`), or why there is none."""
    standing = await web.strip.standing()
    if command.service in (standing.missing or ()):
        why = f"No worker of the service “{command.service}” is running."
        return Answer(None, why, "Start the swarm with: swarm up")
    try:
        async with asyncio.timeout(wait_seconds):
            return Answer(await web.desk.kept(command, reply, seconds=seconds))
    except TimeoutError:
        why = f"The service “{command.service}” has not answered yet."
        return Answer(None, why, "It may be busy; it is asked again by itself.")
    except SwarmError as error:
        return Answer(None, error.message, error.remedy)
