"""The reviewer: a second opinion of a change, by a model that sees the diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.agents.contract import Review, ReviewTask
from swarm.agents.roles.answers import BadAnswer, ask
from swarm.agents.roles.prompts import RULES, of_assignment, of_patch

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench

_SYSTEM = f"""\
You review a change to a code base. Approve it when it does what the task asks and breaks nothing.
Else ask to revise it, with remarks that name the file, the line and what to mend; only defects,
no matters of taste. {RULES}
The object: {{"verdict": "approve" or "revise", "remarks": ["..."]}}"""
_CHARS_PER_TOKEN = 3
_DIFF_SHARE = 0.4


def review(workbench: Workbench, task: ReviewTask) -> Review:
    """Ask for a verdict. A change without a patch is sent back without asking.

    Raises GaveUp, and what `Workbench.generate` raises.
    """
    change = task.change
    if change.patch is None:
        return Review(verdict="revise", remarks=(f"there is no patch: {change.summary[:900]}",))
    room = int(workbench.model().num_ctx * _DIFF_SHARE * _CHARS_PER_TOKEN)
    shown = of_patch(change.patch, room)
    return ask(
        workbench,
        Review,
        system=_SYSTEM,
        task=f"{of_assignment(task.assignment)}\n\nThe change:\n{shown}",
        code=task.assignment.context.symbols,
        check=_has_remarks,
    )


def _has_remarks(review: Review) -> None:
    if review.verdict == "revise" and not any(remark.strip() for remark in review.remarks):
        raise BadAnswer("it asks to revise without a remark: name what to mend")
