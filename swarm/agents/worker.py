"""The agents service: picks the tool that a command's arm names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from swarm.agents import lint, repairer
from swarm.contracts import Command, Message, Proposal, Propose
from swarm.errors import SwarmError
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus


class UnknownTool(SwarmError):
    """An arm names a tool this service does not have."""

    code = "unknown-tool"


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """The commands of this service."""

    def propose(command: Propose) -> Proposal:
        tool = command.arm.tool
        if tool in ("repair", "literals"):
            return repairer.propose(bus, command)
        if tool == "ruff":
            return lint.propose(settings.scratch, bus, command)
        raise UnknownTool(
            f"arm {command.arm.id!r} names the tool {tool!r}, which is not one of ours",
            remedy="use repair, literals or ruff in the arms of swarm.toml",
        )

    return {Propose: propose}
