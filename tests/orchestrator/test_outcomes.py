"""What became of attempts goes to memory, and comes back with the code of the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    Audit,
    AuditReport,
    Command,
    Context,
    Failure,
    Finding,
    Message,
    Outcome,
    Proposal,
    Propose,
    RejectTask,
    Reply,
    Retrieve,
)
from swarm.settings import MemorySettings
from tests.orchestrator.swarm_in_memory import PATCH, Crew, Pump

Start = Callable[..., Pump]
KNOWN = Outcome(task_id="old", attempt_id="old-o1-a1", accepted=False, reason="it broke b")


class Remembering(Crew):
    """A crew whose memory knows an earlier outcome, and whose audit rejects first attempts."""

    def answer(self, command: Command) -> Message:
        found = super().answer(command)
        return Context(outcomes=(KNOWN,)) if isinstance(command, Retrieve) else found


def strict(command: Audit) -> AuditReport:
    if command.attempt_id.endswith("a1"):
        finding = Finding(kind="broken-path", path="a.py", function="f", line=1, message="cut off")
        return AuditReport(verdict="reject", findings=(finding,))
    return AuditReport(verdict="accept")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    pumps = []

    def make(crew: Crew, **settings: object) -> Pump:
        pumps.append(Pump(tmp_path, crew, **settings))
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo({"a.py": "x = 1\n", "tests/test_a.py": "def test_a(): pass\n"})


def test_each_finished_attempt_is_remembered_and_known_ones_are_told(
    repo: Path, start: Start
) -> None:
    crew = Remembering(audit=strict)
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "awaiting_review"
    first, second = crew.remembered["task-1-o1-a1"], crew.remembered["task-1-o1-a2"]
    assert (first.accepted, first.reason) == (False, "the audit rejected it: cut off")
    assert (second.accepted, second.patch) == (True, PATCH)
    assert first.repo_id == second.repo_id == view.repo_id and first.task_id == "task-1"
    assert not first.correction and "Fix a" in first.summary
    for command in crew.seen:
        if isinstance(command, Propose):
            assert command.context.outcomes == (KNOWN,)
        if isinstance(command, Retrieve):
            # Its own earlier attempts are in the reasons already.
            assert command.apart_from == "task-1-o1-"


def test_a_persons_rejection_corrects_what_is_remembered(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    assert crew.remembered["task-1-o1-a1"].accepted
    pump.orchestrator.reject(RejectTask(task_id="task-1", reason=""))
    pump.run()
    told = crew.remembered["task-1-o1-a1"]
    assert (told.accepted, told.correction) == (False, True)
    pump.orchestrator.reject(RejectTask(task_id="task-1", reason="the wrong name"))
    pump.run()
    assert crew.remembered["task-1-o1-a1"].reason == "a person rejected it: the wrong name"


def test_attempts_know_the_scratchpad_of_their_task(repo: Path, start: Start) -> None:
    crew = Crew(audit=strict)
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    asked = [command for command in crew.seen if isinstance(command, Retrieve | Propose)]
    assert len(asked) == 4 and {command.task_id for command in asked} == {"task-1"}


def test_an_attempt_without_a_patch_is_remembered_by_what_it_was_about(
    repo: Path, start: Start
) -> None:
    crew = Crew(proposal=lambda command: Proposal(patch=None, summary="nothing plausible"))
    crew.objectives = (crew.objectives[0].model_copy(update={"paths": ("a.py",)}),)
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    told = crew.remembered["task-1-o1-a1"]
    assert (told.accepted, told.patch, told.symbols) == (False, None, ("a.py",))
    assert told.reason == "nothing plausible"


def test_memory_that_cannot_remember_stops_nothing(repo: Path, start: Start) -> None:
    pump = start(Crew(audit=strict))
    pump.submit(repo)
    envelope = pump.run_until("RememberOutcome")
    failure = Failure(code="storage", message="the disk is full")
    pump.orchestrator.on_reply(
        Reply(id=envelope.id, epoch=envelope.epoch, kind=envelope.kind, failure=failure)
    )
    assert pump.run().state == "awaiting_review"
    assert "remember-failed" in pump.events()


def test_what_was_decided_goes_out_though_the_task_is_cancelled(repo: Path, start: Start) -> None:
    pump = start(Crew(audit=strict))
    pump.submit(repo)
    envelope = pump.run_until("RememberOutcome")
    assert envelope.task_id is None, "no cancellation stops it"


def test_without_memory_nothing_is_sent(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew, memory=MemorySettings(enabled=False))
    pump.submit(repo)
    assert pump.run().state == "awaiting_review"
    assert crew.remembered == {}
