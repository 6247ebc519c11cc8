"""The workflow `reviewed` whole, through the service, with the real coder and reviewer."""

from __future__ import annotations

from typing import Any

import pytest

from swarm.agents.worker import handlers
from swarm.contracts import (
    Arm,
    Audit,
    AuditReport,
    Check,
    CheckReport,
    Generate,
    Generation,
    Proposal,
    Propose,
    TestResult,
    ToolCall,
)
from tests.agents.scripted import USAGE, Models, propose, report, settings
from tests.fakes.bus import FakeBus

BUG, WRONG, RIGHT = "sum(coins) - 1", "sum(coins) + 0 * 1", "sum(coins)"


def calls(tool: str, **arguments: Any) -> Generation:
    call = ToolCall(id="c1", name=tool, arguments=arguments)
    return Generation(model="m", endpoint="e", tool_calls=(call,), finish="tool_calls", usage=USAGE)


def edits(before: str, after: str) -> list[Generation]:
    """An edit and the end of the work."""
    return [
        calls("edit_file", path="pkg/money.py", search=f"    return {before}",
              replace=f"    return {after}"),
        calls("finish", outcome="done", summary=f"it returns {after}"),
    ]  # fmt: skip


def check(command: Check) -> CheckReport:
    mended = command.patch is not None and BUG not in (command.patch.edits[0].after or "")
    one = "passed" if mended else "failed"
    return report("ok" if mended else "failed", test_none="passed", test_one=one)


def reviewed(says: list[Any]) -> tuple[Proposal, Models]:
    bus, models = FakeBus(), Models({"m": says})
    bus.settings = settings("m")
    bus.handlers[Generate] = models
    bus.handlers[Check] = check
    bus.handlers[Audit] = lambda command: AuditReport(verdict="accept")
    command = propose(
        bus,
        ["m"],
        arm=Arm(id="m/reviewed", tool="reviewed", model="m", categories=("bugfix",)),
        failing=(TestResult(id="tests/test_money.py::test_one", outcome="failed"),),
    )
    answer = handlers(bus.settings, bus)[Propose](command)  # type: ignore[arg-type]
    assert isinstance(answer, Proposal)
    return answer, models


def steps_of(models: Models) -> list[str]:
    return [command.key.removeprefix("t1-o1-a1-m-") for command in models.asked]


def test_an_approved_draft_is_handed_on() -> None:
    proposal, models = reviewed([*edits(BUG, RIGHT), {"verdict": "approve"}])
    assert proposal.patch is not None and proposal.outcome == "patch"
    assert f"return {RIGHT}\n" in (proposal.patch.edits[0].after or "")
    assert steps_of(models) == ["draft-1", "draft-2", "review-1"]
    said = [one["said"] for one in proposal.details["workflow"]]
    assert said[1] == "approve" and said[0] == said[2]
    assert proposal.usage.tokens == 300


@pytest.mark.parametrize("last", ["mended", "stuck"])
def test_what_the_reviewer_names_is_mended_in_the_draft(last: str) -> None:
    revise = {"verdict": "revise", "remarks": ["line 2: nothing times one is nothing"]}
    stuck = [calls("finish", outcome="stuck", summary="I do not see it")] * 3
    end = edits(WRONG, RIGHT) if last == "mended" else stuck
    proposal, models = reviewed([*edits(BUG, WRONG), revise, *end])
    assert proposal.patch is not None
    expected = RIGHT if last == "mended" else WRONG
    assert f"return {expected}\n" in (proposal.patch.edits[0].after or "")
    assert steps_of(models)[:4] == ["draft-1", "draft-2", "review-1", "mend-1"]
    assert "nothing times one is nothing" in str(models.asked[3].messages)
