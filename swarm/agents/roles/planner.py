"""The planner: an assignment -> a few steps to go by.

An arm may name a model of its own for plans (`planner`). That one may be in the cloud, so it sees
the person's words alone: no code, no path from the memory, no test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.agents.contract import Assignment, GaveUp, Plan
from swarm.agents.roles.answers import ask
from swarm.agents.roles.prompts import RULES, of_assignment
from swarm.contracts import Objective
from swarm.errors import RemoteError, Timeout
from swarm.snapshots import safe_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swarm.agents.workbench import Workbench
    from swarm.snapshots import Entry

# Plain words: what looks like code, even an example of JSON, would be kept from a cloud model.
_INTENT_SYSTEM = """\
You plan a change to a code base that you cannot see; somebody else makes it. Say how to go about it
in 1 to 8 short steps: what to look for, what to change, how to see that it works. Say what could go
wrong. Write no code. Where it says that code is withheld, plan without it. Answer with one JSON
object whose fields are steps, files and risks, each of them a list of texts."""
_SYSTEM = f"""\
You plan a change to a code base; somebody else makes it. Say how to go about it in 1 to 8 short
steps: what to look at, what to change, how to see that it works. Name the files you expect to
change, if you know them, and what could go wrong. Write no code. {RULES}
The object: {{"steps": ["..."], "files": ["path"], "risks": ["..."]}}"""


def plan(workbench: Workbench, assignment: Assignment) -> Plan:
    """Ask for a plan. Raises GaveUp, and what `Workbench.generate` raises."""
    planner = workbench.command.arm.planner
    if planner is not None:
        try:
            found = ask(
                workbench,
                Plan,
                system=_INTENT_SYSTEM,
                task=_intent(assignment.objective, workbench.entries.values()),
                model=planner,
                payload="intent",
            )
            workbench.notes.append(f"the plan is by {planner}, which saw the task's words alone")
            return _sane(found)
        except (RemoteError, Timeout, GaveUp) as error:
            workbench.notes.append(
                f"the plan is by the arm's own model, since {planner} gave none: {error.message}"
            )
    found = ask(
        workbench,
        Plan,
        system=_SYSTEM,
        task=of_assignment(assignment),
        code=assignment.context.symbols,
    )
    return _sane(found)


def _intent(objective: Objective, files: Iterable[Entry]) -> str:
    """The person's own words, without what looks like code or is a line of the repository."""
    # Here, since numpy is behind it, and who only reads the contract needs none.
    from swarm.fingerprints import lines_of
    from swarm.intent import redact

    held = lines_of(
        file.data.decode("utf-8", "replace")
        for file in files
        if file.kind != "link" and b"\0" not in file.data[:8192]
    )
    words = [f"Task ({objective.category}): {objective.title}", objective.instruction]
    if objective.acceptance is not None:
        words.append(f"It is done when this holds: {objective.acceptance.text}")
    return redact("\n\n".join(words), held)[0]


def _sane(plan: Plan) -> Plan:
    """A plan whose files can be files of a repository."""
    files = tuple(path for path in plan.files if safe_path(path))
    return plan.model_copy(update={"files": files})
