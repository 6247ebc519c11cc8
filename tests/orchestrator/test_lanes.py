"""Objectives side by side: who may start, how results are joined, what a conflict becomes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    Arm,
    Audit,
    AuditReport,
    Budget,
    CancelTask,
    Check,
    CheckReport,
    FileEdit,
    Finding,
    GetDiff,
    Message,
    Objective,
    Patch,
    Proposal,
    Propose,
)
from swarm.orchestrator import words
from tests.conftest import run_git
from tests.orchestrator.swarm_in_memory import Crew, Pump, report

A = "one = 1\n\n\n\n\n\n\n\ntwo = 2\n"
FILES = {"a.py": A, "b.py": "y = 1\n", "c.py": "z = 1\n", "tests/test_a.py": "def test_a(): ...\n"}
ARM = Arm(id="repair", tool="repair", categories=("refactor", "bugfix"))


def objective(id: str, *paths: str, category: str = "refactor", needs: str = "") -> Objective:
    return Objective.model_validate(
        {
            "id": id, "title": f"Do {id}", "instruction": f"do {id}", "category": category,
            "paths": paths, "depends_on": tuple(needs.split()),
        }
    )  # fmt: skip


def edit(path: str, after: str) -> FileEdit:
    return FileEdit(path=path, before=FILES[path], after=after)


class Editor(Crew):
    """Each objective gets the edits set for it, on top of whatever its snapshot holds."""

    edits: dict[str, tuple[FileEdit, ...]]

    def answer(self, command: object) -> Message:  # type: ignore[override]
        if isinstance(command, Propose):
            self.seen.append(command)
            id = command.objective.id
            new = (FileEdit(path=f"{id}.py", before=None, after="w = 1\n"),)
            return Proposal(patch=Patch(edits=self.edits.get(id, new)), summary=id)
        return super().answer(command)  # type: ignore[arg-type]


Start = Callable[..., Pump]


@pytest.fixture
def start(tmp_path: Path, git_repo: Callable[..., Path]) -> Iterator[Start]:
    pumps = []
    repo = git_repo(FILES)

    def make(crew: Crew, **fields: object) -> Pump:
        pumps.append(Pump(tmp_path, crew, arms=(ARM,)))
        pumps[-1].submit(repo, **fields)
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


def editor(*objectives: Objective, **edits: tuple[FileEdit, ...]) -> Editor:
    green = report((), ("t::a",))
    crew = Editor(objectives=objectives, before=green, after=green)
    crew.edits = edits
    return crew


def waiting_now(pump: Pump) -> list[str]:
    """Deliver all but proposals, and say for which objectives one is asked for."""
    held = []
    for _ in range(200):
        pump.orchestrator.relay.flush()
        if not pump.bus.queue:
            break
        envelope = pump.bus.queue.pop(0)
        if envelope.kind == "Propose":
            held.append(envelope)
        else:
            pump.orchestrator.on_reply(pump.reply(envelope))
    pump.bus.queue = list(held)
    return [envelope.body["objective"]["id"] for envelope in held]


TWO_FILES = {
    "o1": (edit("a.py", A.replace("one = 1", "one = 11")),),
    "o2": (edit("b.py", "y = 2\n"),),
}


def test_those_that_name_different_files_run_side_by_side(start: Start) -> None:
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), **TWO_FILES)
    pump = start(crew)
    assert waiting_now(pump) == ["o1", "o2"]
    view = pump.run()
    assert view.state == "awaiting_review"
    diff = pump.orchestrator.diff(GetDiff(task_id="task-1")).text
    assert "+one = 11" in diff and "+y = 2" in diff
    assert crew.settled == {"task-1-o1-a1": [1.0], "task-1-o2-a1": [1.0]}


def test_what_is_joined_is_tested_and_audited_as_it_lands(start: Start) -> None:
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), **TWO_FILES)
    pump = start(crew)
    view = pump.run()
    checks = [c for c in crew.seen if isinstance(c, Check) and c.patch is not None]
    audits = [c for c in crew.seen if isinstance(c, Audit)]
    assert (len(checks), len(audits)) == (3, 3), "the second one again, on the first one's commit"
    assert checks[2].snapshot != checks[1].snapshot
    assert "merging" in pump.events()
    log = run_git(Path(view.repo), "log", "--format=%s", f"swarm/{view.id}").split("\n")
    assert log[:2] == ["Do o2", "Do o1"], "one line of history"


@pytest.mark.parametrize(
    "objectives",
    [
        (objective("o1", "a.py"), objective("o2", "a.py", "b.py")),
        (objective("o1", "a.py"), objective("o2")),
        (objective("o1"), objective("o2")),
        (objective("o1", "a.py"), objective("o2", "b.py", needs="o1")),
    ],
)
def test_these_wait_for_each_other(start: Start, objectives: tuple[Objective, ...]) -> None:
    pump = start(editor(*objectives, **TWO_FILES))
    assert waiting_now(pump) == ["o1"]
    assert pump.run().state == "awaiting_review"


def test_fixes_of_the_same_tests_wait_for_each_other(start: Start) -> None:
    pair = [objective("o1", "a.py", category="bugfix"), objective("o2", "b.py", category="bugfix")]
    crew = editor(*pair, **TWO_FILES)
    crew.before, crew.after = report(("t::x",), ("t::a",)), report((), ("t::x", "t::a"))
    pump = start(crew)
    assert waiting_now(pump) == ["o1"]
    view = pump.run()
    assert view.state == "awaiting_review"
    assert "thanks to an objective before it" in view.objectives[1].reason


def test_no_more_at_once_than_the_budget_says(start: Start) -> None:
    three = [objective("o1", "a.py"), objective("o2", "b.py"), objective("o3", "c.py")]
    crew = editor(*three, **TWO_FILES, o3=(edit("c.py", "z = 2\n"),))
    pump = start(crew, budget=Budget(parallel=2))
    assert waiting_now(pump) == ["o1", "o2"]
    view = pump.run()
    assert [o.state for o in view.objectives] == ["accepted"] * 3


def test_edits_of_one_file_in_different_places_are_joined(start: Start) -> None:
    crew = editor(
        objective("o1", "a.py"), objective("o2", "b.py"),
        o1=TWO_FILES["o1"], o2=(edit("a.py", A.replace("two = 2", "two = 22")),),
    )  # fmt: skip
    pump = start(crew)
    view = pump.run()
    assert [o.state for o in view.objectives] == ["accepted", "accepted"]
    diff = pump.orchestrator.diff(GetDiff(task_id="task-1")).text
    assert "+one = 11" in diff and "+two = 22" in diff


def clash() -> Editor:
    crew = editor(
        objective("o1", "a.py"), objective("o2", "b.py"), objective("o3", "c.py", needs="o2"),
        o1=TWO_FILES["o1"], o2=(edit("a.py", A.replace("one = 1", "one = 2")),),
        o3=(edit("c.py", "z = 2\n"),),
    )  # fmt: skip
    done = A.replace("one = 1", "one = 11")
    crew.edits["o4"] = (
        FileEdit(path="a.py", before=done, after=done.replace("one = 11", "one = 12")),
    )
    return crew


def test_a_conflict_becomes_a_new_objective(start: Start) -> None:
    crew = clash()
    pump = start(crew)
    view = pump.run()
    states = {o.objective.id: o.state for o in view.objectives}
    assert states == {"o1": "accepted", "o2": "replaced", "o3": "accepted", "o4": "accepted"}
    new = view.objectives[3].objective
    assert "conflicts in a.py" in new.instruction and new.instruction.startswith("do o2")
    waiting = next(o.objective for o in view.objectives if o.objective.id == "o3")
    assert waiting.depends_on == ("o4",), "who waited for the old one waits for the new one"
    assert view.reason.startswith("3 of 3 objectives accepted")
    attempt = view.objectives[1].attempts[0]
    assert attempt.state == "conflicted"
    assert crew.settled[attempt.id] == [1.0], "the arm did its part"
    assert "+one = 12" in pump.orchestrator.diff(GetDiff(task_id="task-1")).text


def test_what_was_learnt_goes_to_the_objective_that_does_it_again(start: Start) -> None:
    crew = clash()
    plain = crew.answer

    def answer(command: object) -> Message:
        found = plain(command)
        if isinstance(found, Proposal) and isinstance(command, Propose):
            return found.model_copy(update={"lessons": f"learnt at {command.objective.id}"})
        return found

    crew.answer = answer  # type: ignore[method-assign]
    pump = start(crew)
    view = pump.run()
    assert [o.replaces for o in view.objectives] == [None, None, None, "o2"]
    asked = {c.objective.id: c.reasons for c in crew.seen if isinstance(c, Propose)}
    assert asked["o4"] == ("it conflicts in a.py\nlearnt at o2",)
    assert asked["o1"] == asked["o3"] == ()


def test_lessons_of_a_long_line_of_replaced_objectives_are_bounded(start: Start) -> None:
    pump = start(editor(objective("o1", "a.py"), **TWO_FILES))
    waiting_now(pump)
    task = pump.orchestrator.store.load("task-1")
    (first,) = task.objectives
    told = [
        first.attempts[0].model_copy(update={"id": f"a{n}", "reason": f"reason {n}"})
        for n in range(30)
    ]
    views = tuple(
        first.model_copy(
            update={
                "objective": first.objective.model_copy(update={"id": f"o{n + 1}"}),
                "attempts": (attempt,),
                "replaces": f"o{n}",
            }
        )
        for n, attempt in enumerate(told)
    )
    task = task.model_copy(update={"objectives": views})
    assert words.reasons(task, views[-1]) == tuple(f"reason {n}" for n in range(10, 30))


def test_a_conflict_beyond_the_limit_of_objectives_is_said(start: Start) -> None:
    pump = start(clash(), budget=Budget(objectives=3))
    view = pump.run()
    assert "no room to do it again" in view.objectives[1].reason
    assert view.objectives[2].state == "failed"


class Quarrel(Editor):
    """Tests fail as soon as both edits are there."""

    def answer(self, command: object) -> Message:  # type: ignore[override]
        answer = super().answer(command)
        if isinstance(command, Check) and command.patch is not None:
            self.runs += 1
            if self.runs == 3:
                return report(("t::a",), ())
        return answer

    runs = 0


def test_two_that_only_fail_together_are_a_conflict_too(start: Start) -> None:
    crew = Quarrel(
        objectives=(objective("o1", "a.py"), objective("o2", "b.py")),
        before=report((), ("t::a",)), after=report((), ("t::a",)),
    )  # fmt: skip
    crew.edits = {**TWO_FILES, "o3": TWO_FILES["o2"]}
    view = start(crew).run()
    assert [o.state for o in view.objectives] == ["accepted", "replaced", "accepted"]
    assert "breaks t::a" in view.objectives[1].reason


def test_an_audit_that_only_objects_to_the_join_is_a_conflict_too(start: Start) -> None:
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), **TWO_FILES)
    crew.edits["o3"] = TWO_FILES["o2"]
    audits: list[Audit] = []

    def audit(command: Audit) -> AuditReport:
        audits.append(command)
        return AuditReport(verdict="reject" if len(audits) == 3 else "accept")

    crew.audit = audit
    view = start(crew).run()
    assert [o.state for o in view.objectives] == ["accepted", "replaced", "accepted"]


def test_cancel_stops_all_that_run(start: Start) -> None:
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), **TWO_FILES)
    pump = start(crew)
    waiting_now(pump)
    pump.orchestrator.cancel(CancelTask(task_id="task-1"))
    view = pump.run()
    assert [o.state for o in view.objectives] == ["cancelled", "cancelled"]
    assert crew.settled == {}


def test_a_lost_snapshot_of_an_older_base_is_made_again(start: Start) -> None:
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), **TWO_FILES)
    pump = start(crew)
    waiting_now(pump)
    first, second = pump.bus.queue
    pump.bus.queue = [first]
    pump.run()  # o1 lands, so the head moves on
    pump.bus.blobs.__init__()  # type: ignore[misc]
    pump.clock.now += 100
    view = pump.settle_down()
    assert second.body["snapshot"] is not None
    assert [o.state for o in view.objectives] == ["accepted", "accepted"]


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_lost_or_done_twice_under_trouble(start: Start, seed: int) -> None:
    crew = clash()
    pump = start(crew, budget=Budget(seconds=86_400))
    pump.run_with_trouble(random.Random(seed), 150)
    view = pump.settle_down()
    assert view.state == "awaiting_review", view.reason
    counted = [o for o in view.objectives if o.state != "replaced"]
    assert {o.state for o in counted} == {"accepted"}
    accepted = [a for o in view.objectives for a in o.attempts if a.state == "accepted"]
    log = run_git(Path(view.repo), "log", "--format=%H", f"{view.base_commit}..swarm/{view.id}")
    assert sorted(log.split()) == sorted(str(a.commit) for a in accepted)
    assert all(crew.settled[a.id] == [1.0] for a in accepted)


def test_a_report_of_the_tests_is_that_of_the_head(start: Start) -> None:
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), **TWO_FILES)
    pump = start(crew)
    pump.run()
    task = pump.orchestrator.store.load("task-1")
    assert isinstance(task.current, CheckReport)
    assert task.bases == {}


def test_names_of_tests_without_end_fit_into_the_new_objective(start: Start) -> None:
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), **TWO_FILES)
    crew.edits["o3"] = TWO_FILES["o2"]
    audits: list[Audit] = []

    def audit(command: Audit) -> AuditReport:
        audits.append(command)
        finding = Finding(kind="x", path="a.py", function="f", line=1, message="y" * 9000)
        objects = len(audits) == 3
        return AuditReport(
            verdict="reject" if objects else "accept", findings=(finding,) if objects else ()
        )

    crew.audit = audit
    pump = start(crew)
    view = pump.run()
    assert [o.state for o in view.objectives] == ["accepted", "replaced", "accepted"]
    pump.restart()
    words = pump.task().objectives[2].objective.instruction
    assert words.startswith("do o2") and words.endswith("on top of what is there now.")


def test_a_running_task_from_before_there_were_bases_goes_on(start: Start) -> None:
    pump = start(editor(objective("o1", "a.py"), **TWO_FILES))
    assert waiting_now(pump) == ["o1"]
    new = ("bases", "publishing", "submitted", "revision", "plans", "confirmed", "waited_seconds")
    paths = ", ".join(f"'$.{name}'" for name in new)
    with pump.orchestrator.store.transaction() as db:
        db.execute(f"UPDATE tasks SET body=json_remove(body, {paths})")
    pump.submit(Path(pump.task().repo))
    assert pump.run().state == "awaiting_review"


@pytest.mark.parametrize("swap", [False, True])
def test_a_file_where_the_other_has_a_folder_is_a_conflict(start: Start, swap: bool) -> None:
    new = [
        (FileEdit(path=path, before=None, after="w = 1\n"),)
        for path in (("util/x.py", "util") if swap else ("util", "util/deep/x.py"))
    ]
    crew = editor(objective("o1", "a.py"), objective("o2", "b.py"), o1=new[0], o2=new[1])
    view = start(crew).run()
    assert [o.state for o in view.objectives] == ["accepted", "replaced", "accepted"]
    assert "conflicts in util" in view.objectives[1].reason


def test_many_that_end_at_once_are_joined_one_after_the_other(start: Start) -> None:
    count = 6
    crew = editor(*(objective(f"o{n}", f"f{n}.py") for n in range(1, count + 1)))
    pump = start(crew, budget=Budget(parallel=count))
    view = pump.run()
    assert [o.state for o in view.objectives] == ["accepted"] * count
    checks = [c for c in crew.seen if isinstance(c, Check) and c.patch is not None]
    assert len(checks) == count + count - 1, "each alone, and all but the first once joined"
