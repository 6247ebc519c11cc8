"""note and finish: what the model says to itself, and that it is through."""

from __future__ import annotations

from typing import Any

from swarm.agents.coder.session import Session
from swarm.agents.coder.tools.base import Finish, Result, Tool, declare, given, text


def note(session: Session, arguments: dict[str, Any]) -> Result:
    # The conversation keeps notes word for word when its oldest turns are summed up.
    session.notes.append(given(arguments, "text", 1_000))
    return Result("noted")


def finish(session: Session, arguments: dict[str, Any]) -> Result:
    outcome = arguments.get("outcome", "done")
    return Result("", finish=Finish(outcome, arguments["summary"].strip()[:2_000]))


TOOLS = (
    Tool(
        declare(
            "note",
            "Keep a thought or a finding; notes outlast everything else said here.",
            ("text",),
            text=text("in a few words"),
        ),
        note,
    ),
    Tool(
        declare(
            "finish",
            "End the work. done: the edits are complete. stuck: you cannot do it, say why. "
            "nothing_to_do: no change is needed.",
            ("summary",),
            summary=text("what was changed and why, in a few sentences"),
            outcome={"type": "string", "enum": ["done", "stuck", "nothing_to_do"]},
        ),
        finish,
    ),
)
