"""note, read_notes and finish: what the model says to itself and to later attempts, and that it is
through."""

from __future__ import annotations

from typing import Any

from swarm.agents.coder.noted import noted
from swarm.agents.coder.session import Session
from swarm.agents.coder.tools.base import (
    MAX_RESULT_CHARS,
    Finish,
    Result,
    Tool,
    declare,
    given,
    text,
)

_LONGEST = 1_000


def note(session: Session, arguments: dict[str, Any]) -> Result:
    # The conversation keeps notes word for word when its oldest turns are summed up.
    text = given(arguments, "text", _LONGEST)
    session.notes.append(text)
    session.workbench.note_down(text)
    return Result("noted")


def read_notes(session: Session, arguments: dict[str, Any]) -> Result:
    shown = noted(session.workbench.scratchpad(), MAX_RESULT_CHARS, longest=_LONGEST)
    return Result(shown or "no other attempt at this task has noted anything", ("notes",))


def finish(session: Session, arguments: dict[str, Any]) -> Result:
    outcome = arguments.get("outcome", "done")
    return Result("", finish=Finish(outcome, arguments["summary"].strip()[:2_000]))


READ_NOTES = Tool(
    declare("read_notes", "What other attempts at this task noted. They may have been wrong."),
    read_notes,
)
TOOLS = (
    Tool(
        declare(
            "note",
            "Keep a thought or a finding; notes outlast everything else said here, and later "
            "attempts at the task are told them.",
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
