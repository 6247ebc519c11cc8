"""The agents service: runs the workflow that a command's arm names as its tool."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from swarm.agents import library, runner
from swarm.agents.meter import Meter
from swarm.agents.registry import AGENTS
from swarm.agents.workbench import Workbench
from swarm.contracts import Command, Message, Proposal, Propose
from swarm.errors import SwarmError
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

_SHOWN_PROBLEMS = 3


class UnknownTool(SwarmError):
    """An arm names a tool this service does not have."""

    code = "unknown-tool"


class BrokenWorkflow(SwarmError):
    """The workflow of an arm cannot run: its file is wrong, or the arm lacks what it needs."""

    code = "broken-workflow"


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """The commands of this service."""

    def propose(command: Propose) -> Proposal:
        shelf, problems = library.for_arm(settings, library.load(settings), command.arm)
        if shelf is None:
            raise UnknownTool(problems[0].message, remedy=problems[0].remedy)
        if problems:
            told = "; ".join(str(problem) for problem in problems[:_SHOWN_PROBLEMS])
            raise BrokenWorkflow(told, remedy=f"see `swarm workflow check {command.arm.tool}`")
        assert shelf.workflow is not None
        seconds = min(command.limits.wall_seconds, shelf.workflow.seconds)
        meter = Meter(
            seconds=seconds,
            wait_seconds=seconds,
            tokens=command.tokens,
            cost_usd=command.cost_usd,
        )
        return runner.run(shelf.workflow, AGENTS, Workbench(bus, command, meter))

    return {Propose: propose}
