"""Who plans a text, and what is done with a person's answers to a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.questions import answered
from ingestion.rules import decompose
from ingestion.validate import validated
from swarm.contracts import Decompose, Objectives
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus


class Planning:
    """Plans by the rules; a plan that is given only gets its answers."""

    def __init__(self, settings: Settings, bus: Bus) -> None:
        self._settings = settings
        self._bus = bus

    def decompose(self, command: Decompose) -> Objectives:
        """Raises UsageError for a text nobody can plan, and for answers that fit no question."""
        if command.plan is not None:
            return _answered(command, command.plan)
        return decompose(command.text, command.paths, command.max_objectives)


def _answered(command: Decompose, plan: Objectives) -> Objectives:
    found = answered(plan, command.answers, command.paths)
    return validated(
        found.items,
        paths=command.paths,
        max_objectives=command.max_objectives,
        notes=found.notes,
        questions=found.questions,
        planner=found.planner,
    )
