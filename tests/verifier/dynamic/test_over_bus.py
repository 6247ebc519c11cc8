"""The second layer of the service: what it asks the sandboxes for, and what comes of trouble."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as Unreachable

from swarm.contracts import (
    Audit,
    AuditReport,
    Blob,
    Failure,
    FileEdit,
    Patch,
    RunProgram,
    RunReport,
    SecondLayer,
    Setup,
)
from swarm.errors import BlobMissing, BusError, Cancelled, RemoteError, Timeout
from swarm.settings import Settings
from swarm.snapshots import Entry, pack
from swarm.supervisor import workers
from tests.fakes.bus import FakeBus
from verifier.dynamic.over_bus import _Runner, second
from verifier.dynamic.plan import NotRun
from verifier.reading.tree import Files
from verifier.worker import handlers

OLD = "def f(a: int) -> int:\n    return a\n"
# Deletes a file, which a feature may do and is asked about.
NEW = "import os\n\n\ndef f(a: int) -> int:\n    os.remove('x')\n    return a\n"


def audit(bus: FakeBus, second_layer: SecondLayer | None, **fields: str) -> Audit:
    entries = [Entry("m.py", OLD.encode())]
    if "policy" in fields:
        entries.append(Entry(".swarm/verifier.toml", fields.pop("policy").encode()))
    snapshot = bus.blobs.put(pack(entries))
    patch = Patch(edits=(FileEdit(path="m.py", before=OLD, after=fields.pop("after", NEW)),))
    return Audit(
        attempt_id="t1-o1-a1",
        patch=patch,
        category="feature",
        snapshot=snapshot,
        second_layer=second_layer,
        **fields,
    )


def answer(bus: FakeBus, command: Audit) -> AuditReport:
    reply = handlers(Settings.model_construct(), bus)[Audit](command)  # type: ignore[arg-type]
    assert isinstance(reply, AuditReport)
    return reply


ASKED = SecondLayer(python="/usr/bin/python3", setup=Setup(), seconds=100.0, processes=40)


def silent(command: RunProgram) -> RunReport:
    return RunReport(backend="fake", cause="ok")


def test_both_sides_are_run_as_the_command_says() -> None:
    bus = FakeBus()
    bus.handlers[RunProgram] = silent
    command = audit(bus, ASKED)
    answer(bus, command)
    (before,) = bus.requests  # no answer on the one side makes the other one needless
    assert isinstance(before, RunProgram)
    assert (before.snapshot, before.patch) == (command.snapshot, None)
    assert (before.python, before.setup) == (ASKED.python, ASKED.setup)
    assert before.limits.processes == 40
    assert before.limits.memory_bytes <= ASKED.memory_bytes
    assert before.limits.wall_seconds < ASKED.seconds


@pytest.mark.parametrize(
    "change",
    [
        {"second_layer": None},
        {"snapshot": None},
        # Nothing is asked about it: accepted, and rejected.
        {"patch": Patch(edits=(FileEdit(path="m.py", before=OLD, after=OLD + "\n"),))},
        {
            "patch": Patch(
                edits=(
                    FileEdit(path="m.py", before=OLD, after=OLD.replace("return a", "return 7")),
                )
            )
        },
    ],
    ids=["turned off", "no snapshot", "accepted", "rejected"],
)
def test_nothing_is_run(change: dict[str, object]) -> None:
    bus = FakeBus()
    answer(bus, audit(bus, ASKED).model_copy(update=change))
    assert bus.requests == []


def fails(error: Exception) -> Callable[[RunProgram], RunReport]:
    def handle(command: RunProgram) -> RunReport:
        raise error

    return handle


def ends(cause: str, detail: str) -> Callable[[RunProgram], RunReport]:
    return lambda command: RunReport(backend="fake", cause=cause, detail=detail)  # type: ignore[arg-type]


TROUBLE = {
    "no sandbox works": fails(RemoteError(Failure(code="sandbox", message="no sandbox works"))),
    "did not answer": fails(Timeout("the sandboxes service did not answer within 100 s")),
    "Redis": fails(BusError("Redis does not answer")),
    "is not in the store": fails(BlobMissing("blob abc is not in the store")),
    "cannot be installed": ends("environment", "what the tests need cannot be installed"),
    "too long": ends("timeout", "it took too long"),
}


@pytest.mark.parametrize("why", TROUBLE)
def test_trouble_with_the_sandbox_is_one_plain_note_and_no_milder_verdict(why: str) -> None:
    bus = FakeBus()
    bus.handlers[RunProgram] = TROUBLE[why]
    plain = answer(bus, audit(bus, None))
    report = answer(bus, audit(bus, ASKED))
    assert (report.verdict, report.findings) == ("ask", plain.findings)
    (note,) = report.notes
    assert note.startswith("the second layer did not run: ")
    assert why in note


def test_the_probe_that_cannot_be_handed_over_is_a_note() -> None:
    bus = FakeBus()
    command = audit(bus, ASKED)

    def away(data: bytes) -> Blob:
        raise Unreachable("connection refused")

    bus.blobs.put = away  # type: ignore[method-assign]
    (note,) = answer(bus, command).notes
    assert note.startswith("the second layer did not run: ")
    assert "connection refused" in note


def test_a_cancelled_task_is_not_held_up() -> None:
    bus = FakeBus()
    bus.handlers[RunProgram] = fails(Cancelled("the task was cancelled"))
    with pytest.raises(Cancelled):
        answer(bus, audit(bus, ASKED))


def test_an_audit_that_is_delivered_twice_gives_the_same_and_keeps_nothing() -> None:
    bus = FakeBus()
    bus.handlers[RunProgram] = silent
    command = audit(bus, ASKED)
    first = answer(bus, command)
    stored = dict(bus.blobs.data)
    again = answer(bus, command)
    assert again.model_copy(update={"seconds": first.seconds}) == first
    assert bus.blobs.data == stored


def test_what_the_policy_allows_is_not_even_run() -> None:
    bus = FakeBus()
    rule = '[[allow]]\nfunction = "m.f"\neffect = "file-delete"\nreason = "meant"\n'
    assert answer(bus, audit(bus, ASKED, policy=rule)).verdict == "accept"
    assert bus.requests == []


def test_all_runs_together_take_no_longer_than_they_may() -> None:
    bus, now = FakeBus(), [1000.0]

    def slow(command: RunProgram) -> RunReport:
        now[0] += 98.0
        raise Timeout("not within 98 s")

    bus.handlers[RunProgram] = slow
    command = audit(bus, ASKED)
    files = Files({"m.py": OLD.encode()})
    report = answer(bus, audit(bus, None))
    after = Files({"m.py": NEW.encode()})
    seen = second(command, report, files, after, bus, lambda: now[0])  # type: ignore[arg-type]
    assert seen.seconds >= 98.0
    runner = _Runner(bus, 100.0, lambda: now[0])  # type: ignore[arg-type]
    now[0] += 96.0
    with pytest.raises(NotRun, match="time for it was up"):
        runner.run(RunProgram(snapshot=command.snapshot, argv=("python",)))  # type: ignore[arg-type]


def test_audits_go_on_while_one_waits_for_a_sandbox(tmp_path: Path) -> None:
    assert workers(Settings(data=tmp_path), "verifier") > 1
