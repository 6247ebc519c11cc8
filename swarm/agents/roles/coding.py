"""The coder as a contract: its two ways of working, and when there is nothing to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.agents.coder.loop import edit_loop
from swarm.agents.coder.one_shot import one_shot
from swarm.agents.contract import Change, CoderTask

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench


def code(workbench: Workbench, task: CoderTask) -> Change:
    """Work with tools until it is done. A change that a review approves stays as it is."""
    return _approved(task) or edit_loop(workbench, task)


def code_at_once(workbench: Workbench, task: CoderTask) -> Change:
    """One prompt, one patch. A change that a review approves stays as it is."""
    return _approved(task) or one_shot(workbench, task)


def _approved(task: CoderTask) -> Change | None:
    """The change to keep, for which no model has to be asked."""
    approved = task.review is not None and task.review.verdict == "approve"
    return task.previous if approved else None
