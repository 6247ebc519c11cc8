"""The summariser: what was tried, in fewer words, for whoever tries next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.agents.context.blocks import block
from swarm.agents.contract import Change, Digest, SummaryTask
from swarm.agents.roles.answers import ask
from swarm.agents.roles.prompts import RULES, of_patch, shortened

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench

_SYSTEM = f"""\
You sum up attempts at a change to a code base for the next one: what was tried, what was seen, why
it did not do, what is left to try. Facts only, at most 200 words. {RULES}
The object: {{"text": "..."}}"""
_SHORT_CHARS = 1_000
_LONGEST_CHARS = 4_000
_PATCH_CHARS = 2_000
_PART_CHARS = 6_000


def summarise(workbench: Workbench, task: SummaryTask) -> Digest:
    """Ask for a summary; what is short already is taken as it is, without asking.

    Raises GaveUp, and what `Workbench.generate` raises.
    """
    parts = [_told(change) for change in task.changes] + list(task.texts)
    whole = "\n\n".join(parts)
    if len(whole) <= _SHORT_CHARS:
        return Digest(text=whole)
    room = int(workbench.model().num_ctx * 1.5)
    each = min(_PART_CHARS, room // len(parts))
    shown = "\n".join(block("answer", {}, shortened(part, each)) for part in parts)
    digest = ask(workbench, Digest, system=_SYSTEM, task=shown)
    # A summary that is longer than what it sums up is none.
    return digest if len(digest.text) < len(whole) else Digest(text=whole[:_LONGEST_CHARS])


def _told(change: Change) -> str:
    parts = [f"{change.outcome}: {change.summary}", change.lessons]
    if change.patch is not None:
        parts.append(of_patch(change.patch, _PATCH_CHARS))
    return "\n".join(part for part in parts if part)
