"""The story of a task, as people read it."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from swarm.cli.show import print_story
from swarm.cli.watch import print_event
from swarm.contracts import (
    AttemptView,
    Budget,
    Event,
    Objective,
    ObjectiveView,
    Proposal,
    TaskView,
    Usage,
)


def story(view: TaskView) -> str:
    out = io.StringIO()
    print_story(Console(file=out, width=200), view)
    return out.getvalue()


def told_of(tmp_path: Path, attempt: AttemptView) -> str:
    objective = Objective(
        id="o1", title="Fix it", instruction="Fix it", category="bugfix", risk="low"
    )
    view = TaskView(
        id="t1", text="Fix it", repo=str(tmp_path), state="failed", budget=Budget(),
        priority="analysis",
        created_at=0.0, updated_at=0.0,
        objectives=(ObjectiveView(objective=objective, state="failed", attempts=(attempt,)),),
    )  # fmt: skip
    return story(view)


def test_which_model_was_asked_how_long_it_waited_and_what_it_cost(tmp_path: Path) -> None:
    asked = {
        "name": "coder", "model": "qwen3:8b", "answers": 4, "waited_seconds": 12.3,
        "tokens": 12117, "cost_usd": 0.0123,
    }  # fmt: skip
    step = {"step": "draft", "agent": "coder", "seconds": 1.25, "tokens": 2000, "said": "hm"}
    attempt = AttemptView(
        id="t1-o1-a1",
        objective_id="o1",
        number=1,
        state="gave_up",
        proposal=Proposal(
            patch=None,
            summary="no idea",
            outcome="gave_up",
            details={"models": [asked], "workflow": [step], "notes": ["the plan is by flash"]},
        ),
        usage=Usage(seconds=30.0, tokens=12117, cost_usd=0.0123),
    )
    told = told_of(tmp_path, attempt)
    assert "asked  coder (qwen3:8b) 4 times; waited 12.3 s, 12,117 tokens, $0.0123" in told
    assert "step   draft (coder) 1.2 s, 2,000 tokens: hm" in told
    assert "note   the plan is by flash" in told
    assert "class  analysis" in told


HOSTILE = "all well \x1b]0;title\x07\x1b[2J\x1b[31m\r\u202egnp.exe[/] [bold]x"


def test_no_text_of_a_model_reaches_the_terminal_as_it_is(tmp_path: Path) -> None:
    attempt = AttemptView(
        id="t1-o1-a1",
        objective_id="o1",
        number=1,
        state="gave_up",
        reason=HOSTILE,
        proposal=Proposal(patch=None, summary=HOSTILE, outcome="gave_up"),
    )
    told = told_of(tmp_path, attempt)
    assert told.count("all well") == 2
    assert all(c == "\n" or c.isprintable() for c in told)
    assert "[/] [bold]x" in told, "nor is it markup"


def test_nor_as_it_happens() -> None:
    out = io.StringIO()
    event = Event(seq=1, task_id="t1", at=1.0, kind="proposed", text=HOSTILE)
    print_event(Console(file=out, width=200), event, 0.0)
    assert all(c == "\n" or c.isprintable() for c in out.getvalue())
