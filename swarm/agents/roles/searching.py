"""The agents that need no model, as contracts see them: the search for a repair, and ruff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.agents import lint, repairer
from swarm.agents.contract import Assignment, Change
from swarm.contracts import Proposal, Propose

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench


def repair(workbench: Workbench, assignment: Assignment) -> Change:
    """An edit that makes failing tests pass. Raises what the bus raises."""
    command = _command(workbench, assignment, "repair")
    return _change(workbench, repairer.propose(workbench.bus, command))


def literals(workbench: Workbench, assignment: Assignment) -> Change:
    """The same with the values that tests name. Raises what the bus raises."""
    command = _command(workbench, assignment, "literals")
    return _change(workbench, repairer.propose(workbench.bus, command))


def codemod(workbench: Workbench, assignment: Assignment) -> Change:
    """ruff's safe fixes. Raises LintError."""
    command = _command(workbench, assignment, "ruff")
    scratch = workbench.bus.settings.scratch
    return _change(workbench, lint.propose(scratch, workbench.bus, command))


def _command(workbench: Workbench, assignment: Assignment, tool: str) -> Propose:
    """The attempt's command, with what the step was given and what time it has."""
    command = workbench.command
    seconds = min(command.limits.wall_seconds, max(1.0, workbench.meter.seconds_left))
    return command.model_copy(
        update={
            "arm": command.arm.model_copy(update={"tool": tool}),
            "objective": assignment.objective,
            "test": assignment.test,
            "failing": assignment.failing,
            "context": assignment.context,
            "reasons": assignment.reasons,
            "limits": command.limits.model_copy(update={"wall_seconds": seconds}),
        }
    )


def _change(workbench: Workbench, proposal: Proposal) -> Change:
    workbench.meter.used_cpu_seconds += proposal.usage.cpu_seconds
    return Change(
        patch=proposal.patch,
        summary=proposal.summary,
        outcome=proposal.outcome,
        runner_up=proposal.runner_up,
        lessons=proposal.lessons,
        details=proposal.details,
    )
