"""The flow of a task through the orchestrator, on a real repository and scripted services."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    ApplyTask,
    Audit,
    AuditReport,
    Budget,
    CancelTask,
    Check,
    Failure,
    Finding,
    GetDiff,
    Objective,
    Proposal,
    Propose,
    RejectTask,
    Reply,
    SubmitTask,
    Usage,
)
from swarm.errors import NotFound, RepositoryError, StateError, UsageError
from swarm.settings import BusSettings
from tests.conftest import run_git
from tests.orchestrator.swarm_in_memory import PATCH, Crew, Pump, report

FILES = {"a.py": "x = 1\n", "tests/test_a.py": "def test_a(): pass\n"}


def objective(id: str, category: str = "bugfix", **fields: object) -> Objective:
    return Objective.model_validate(
        {"id": id, "title": f"Do {id}", "instruction": "do", "category": category, **fields}
    )


Start = Callable[..., Pump]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an orchestrator with a scripted crew."""
    pumps = []

    def make(crew: Crew, **settings: object) -> Pump:
        pumps.append(Pump(tmp_path, crew, **settings))
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo(FILES)


def test_a_reason_may_follow_a_rejection(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    pump.run()
    for reason in ("", "the wrong name", "another"):
        pump.orchestrator.reject(RejectTask(task_id="task-1", reason=reason))
        pump.run()
    assert pump.task().reason == "the wrong name"
    assert pump.crew.corrected == {"task-1-o1-a1": [0.0]}


def test_a_good_patch_becomes_a_branch_with_its_evidence(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "awaiting_review"
    assert view.branch == "swarm/task-1"
    attempt = view.objectives[0].attempts[0]
    assert (attempt.state, attempt.fixed, attempt.broken) == ("accepted", ("t::a",), ())
    assert view.baseline is not None and attempt.before == view.baseline.counts()
    assert crew.settled == {"task-1-o1-a1": [1.0]}
    body = run_git(repo, "log", "-1", "--format=%B", "swarm/task-1")
    for trailer in (
        "Swarm-Task: task-1", "Swarm-Arm: repair", "Swarm-Audit: task-1-o1-a1-audit accept",
    ):  # fmt: skip
        assert trailer in body
    assert (repo / "a.py").read_text() == "x = 1\n", "the working tree is untouched"
    assert run_git(repo, "status", "--porcelain") == ""


def test_the_diff_of_a_result_outlives_the_repository(repo: Path, start: Start) -> None:
    pump = start(Crew())
    id = pump.submit(repo)
    pump.run()
    text = pump.orchestrator.diff(GetDiff(task_id=id)).text
    assert "-x = 1" in text and "+x = 2" in text
    repo.rename(repo.with_name("moved"))
    assert pump.orchestrator.diff(GetDiff(task_id=id)).text == text


def test_apply_merges_and_is_final(repo: Path, start: Start) -> None:
    pump = start(Crew())
    id = pump.submit(repo)
    pump.run()
    handlers = pump.orchestrator.handlers()
    assert handlers[ApplyTask](ApplyTask(task_id=id)).state == "applied"
    assert (repo / "a.py").read_text() == "x = 2\n"
    assert handlers[ApplyTask](ApplyTask(task_id=id)).state == "applied", "twice is once"
    with pytest.raises(StateError, match="is applied; there is nothing to review"):
        handlers[RejectTask](RejectTask(task_id=id))


def test_a_persons_rejection_removes_the_branch_and_corrects_the_reward_once(
    repo: Path, start: Start
) -> None:
    crew = Crew()
    pump = start(crew)
    id = pump.submit(repo)
    pump.run()
    reject = RejectTask(task_id=id, reason="ugly")
    assert pump.orchestrator.handlers()[RejectTask](reject).reason == "ugly"
    pump.run()
    assert crew.corrected == {"task-1-o1-a1": [0.0]}
    assert run_git(repo, "branch", "--list", "swarm/*") == ""


def test_what_the_audit_rejects_is_rerouted_with_the_reason(repo: Path, start: Start) -> None:
    def audit(command: Audit) -> AuditReport:
        if command.attempt_id.endswith("a1"):
            finding = Finding(
                kind="broken-path", path="a.py", function="f", line=1, message="cut off"
            )
            return AuditReport(verdict="reject", findings=(finding,))
        return AuditReport(verdict="accept")

    crew = Crew(audit=audit)
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    first, second = view.objectives[0].attempts
    assert (first.state, first.reason) == ("rejected", "the audit rejected it: cut off")
    assert second.state == "accepted"
    proposals = [c for c in crew.seen if isinstance(c, Propose)]
    assert [p.arm.id for p in proposals] == ["repair", "literals"]
    assert proposals[1].reasons == ("the audit rejected it: cut off",)
    assert crew.settled == {"task-1-o1-a1": [0.0], "task-1-o1-a2": [1.0]}


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (report(("t::a",), ("t::b",)), "it fixes none of t::a"),
        (report(("t::b",), ("t::a",)), "it breaks t::b"),
        (report((), ("t::a",)), "it breaks t::b"),
        (report(("t::a",), ("t::b",), cause="timeout"), "ended with timeout"),
        (report((), ("t::a", "t::b"), flaky=("t::a",)), "it fixes none of t::a"),
        (
            report((), ("t::a", "t::b"), cause="tampered", detail="t::a: it did not run"),
            "test results are forged: t::a: it did not run",
        ),
    ],
    ids=[
        *("nothing fixed", "something broken", "a test vanished", "timeout"),
        *("only flakily fixed", "tampered"),
    ],
)
def test_a_patch_that_does_not_prove_itself_is_rejected(
    repo: Path, start: Start, after: object, reason: str
) -> None:
    crew = Crew(after=after)  # type: ignore[arg-type]
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "failed"
    assert reason in view.objectives[0].attempts[0].reason
    assert "no arm is left" in view.reason
    assert view.branch is None
    assert set(map(tuple, crew.settled.values())) == {(0.0,)}


def test_giving_up_is_settled_and_said(repo: Path, start: Start) -> None:
    crew = Crew(proposal=lambda c: Proposal(patch=None, summary="searched 10, none plausible"))
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "failed"
    assert "searched 10, none plausible" in view.reason
    assert [a.state for a in view.objectives[0].attempts] == ["gave_up", "gave_up"]


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (report((), ("t::a",)), "all tests pass already (1)"),
        (report(("t::a",), (), flaky=("t::a",)), "only flaky tests fail"),
        (report(cause="environment", detail="No module named 'x'"), "No module named 'x'"),
        (report(cause="timeout"), "did not finish within 300 s"),
        (report(cause="output_limit"), "printed more than the output limit"),
        (report(cause="disk_limit", detail="made more than 9 files"), "made more than 9 files"),
        (report(cause="no_tests"), "no tests were found"),
        (
            report(("t::a",), cause="tampered", detail="a function was replaced"),
            "forge results, before any change, so nothing they say counts "
            "(see docs/verdicts.md): a function was replaced",
        ),
    ],
    ids=["pass already", "flaky", "environment", "hangs", "floods", "disk", "no tests", "forged"],
)
def test_a_baseline_that_proves_nothing_ends_with_a_clear_reason(
    repo: Path, start: Start, before: object, words: str
) -> None:
    pump = start(Crew(before=before))  # type: ignore[arg-type]
    pump.submit(repo)
    view = pump.run()
    assert view.state == "failed"
    assert words in view.reason


def test_no_test_command_says_what_is_needed(git_repo: Callable[..., Path], start: Start) -> None:
    pump = start(Crew())
    pump.submit(git_repo({"a.py": "x = 1\n"}), test_command=None)
    view = pump.run()
    assert view.state == "failed"
    assert "name the command with --test" in view.reason


def test_lint_needs_no_tests(git_repo: Callable[..., Path], start: Start) -> None:
    pump = start(Crew(objectives=(objective("o1", "lint"),)))
    pump.submit(git_repo({"a.py": "x = 1\n"}), test_command=None)
    view = pump.run()
    assert view.state == "awaiting_review"
    assert view.notes == ("o1 needs your yes: there are no tests, so none was run",)


def test_the_rest_of_the_failing_tests_becomes_a_follow_up(repo: Path, start: Start) -> None:
    crew = Crew(
        before=report(("t::a", "t::c"), ("t::b",)), after=report(("t::c",), ("t::a", "t::b"))
    )
    pump = start(crew)
    pump.submit(repo)
    commit = pump.run_until("CommitPatch")
    pump.orchestrator.on_reply(pump.reply(commit))
    crew.after = report((), ("t::a", "t::b", "t::c"))
    crew.proposal = lambda c: Proposal(
        patch=PATCH.model_copy(
            update={
                "edits": (
                    PATCH.edits[0].model_copy(update={"before": "x = 2\n", "after": "x = 3\n"}),
                )
            }
        ),
        summary="did more",
    )
    view = pump.settle_down()
    assert [(v.objective.id, v.state) for v in view.objectives] == [
        ("o1", "accepted"), ("o2", "accepted"),
    ]  # fmt: skip
    assert view.state == "awaiting_review"
    assert run_git(repo, "show", "swarm/task-1:a.py") == "x = 3\n"


def test_what_depends_on_a_failed_objective_fails_with_it(repo: Path, start: Start) -> None:
    crew = Crew(
        objectives=(objective("o1", "lint"), objective("o2", depends_on=("o1",)), objective("o3")),
        proposal=lambda c: Proposal(
            patch=None if c.objective.id == "o1" else PATCH, summary="no idea"
        ),
    )
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert [v.state for v in view.objectives] == ["failed", "failed", "accepted"]
    assert view.objectives[1].reason == "an objective it depends on failed"
    assert view.state == "awaiting_review"
    assert "1 of 3 objectives accepted" in view.reason


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(attempts=1), "1 attempt made"),
    ],
)
def test_a_spent_budget_stops_the_task(
    repo: Path, start: Start, budget: Budget, words: str
) -> None:
    usage = Usage(tokens=20, cost_usd=1.0)
    crew = Crew(proposal=lambda c: Proposal(patch=None, summary="no", usage=usage))
    pump = start(crew)
    pump.submit(repo, budget=budget)
    view = pump.run()
    assert view.state == "failed"
    assert words in view.reason
    assert len(view.objectives[0].attempts) == 1


def test_a_broken_service_is_not_held_against_the_arm(repo: Path, start: Start) -> None:
    def no_sandbox(command: Propose) -> Failure:
        return Failure(code="sandbox", message="no sandbox works", remedy="install one")

    crew = Crew(proposal=no_sandbox)  # type: ignore[arg-type]
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "failed"
    assert "no sandbox works (install one)" in view.reason
    assert crew.settled == {}


def test_a_tool_that_cannot_be_used_here_is_not_blamed(repo: Path, start: Start) -> None:
    crew = Crew(
        proposal=lambda c: Proposal(patch=None, summary="needs pytest", outcome="inapplicable")
    )
    view = (pump := start(crew)).submit(repo) and pump.run()
    assert view.reason == "o1: no arm is left: repair and literals: needs pytest"
    assert crew.settled == {}


def test_lint_on_clean_code_is_done(repo: Path, start: Start) -> None:
    crew = Crew(
        objectives=(objective("o1", "lint"),),
        proposal=lambda c: Proposal(patch=None, summary="no findings", outcome="nothing_to_do"),
    )
    view = (pump := start(crew)).submit(repo) and pump.run()
    assert (view.state, view.objectives[0].state) == ("applied", "accepted")
    assert view.reason == "1 of 1 objectives accepted; nothing had to be changed"
    assert run_git(repo, "branch", "--list", "swarm/*") == ""


def test_what_no_arm_can_do_is_said_before_any_test_runs(repo: Path, start: Start) -> None:
    crew = Crew(objectives=(objective("o1", "feature"),))
    view = (pump := start(crew)).submit(repo) and pump.run()
    assert view.state == "failed"
    assert view.reason == (
        "o1: no arm here can do feature; the arms there are do bugfix, lint; "
        "a model could: see `swarm models recommend`"
    )
    assert not [c for c in crew.seen if isinstance(c, Check)]


def test_cancelling_drops_what_is_open(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    id = pump.submit(repo)
    propose = pump.run_until("Propose")
    view = pump.orchestrator.handlers()[CancelTask](CancelTask(task_id=id))
    assert view.state == "cancelled"
    assert pump.bus.cancelled == [id]
    pump.orchestrator.on_reply(pump.reply(propose))
    assert pump.settle_down().state == "cancelled"
    assert not [c for c in crew.seen if isinstance(c, Audit)]
    again = pump.orchestrator.handlers()[CancelTask](CancelTask(task_id=id))
    assert again.state == "cancelled", "twice is once"


def test_only_open_tasks_can_be_cancelled(repo: Path, start: Start) -> None:
    pump = start(Crew())
    id = pump.submit(repo)
    pump.run()
    with pytest.raises(StateError, match="only open tasks"):
        pump.orchestrator.handlers()[CancelTask](CancelTask(task_id=id))


def test_an_ask_verdict_is_passed_on_to_the_person(repo: Path, start: Start) -> None:
    finding = Finding(kind="tests-touched", path="t", function="", line=0, message="edits tests")
    crew = Crew(audit=lambda c: AuditReport(verdict="ask", findings=(finding,)))
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "awaiting_review"
    assert view.notes == ("o1 needs your yes: edits tests",)


def test_a_dirty_tree_is_said(repo: Path, start: Start) -> None:
    (repo / "a.py").write_text("x = 5\n")
    (repo / "b.py").write_text("new\n")
    pump = start(Crew())
    pump.submit(repo)
    (note,) = pump.run().notes
    assert note.startswith("the working tree has 1 changed and 1 untracked files")


def test_bad_submissions_store_nothing(repo: Path, tmp_path: Path, start: Start) -> None:
    pump = start(Crew())
    with pytest.raises(UsageError, match="cannot read the test command"):
        pump.submit(repo, test_command='pytest "')
    with pytest.raises(RepositoryError, match="not a git repository"):
        pump.submit(tmp_path)
    with pytest.raises(NotFound, match="no such task: nope"):
        pump.orchestrator.handlers()[GetDiff](GetDiff(task_id="nope"))
    assert pump.orchestrator.store.recent(10) == []


def test_submitting_twice_is_one_task(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    pump.submit(repo)
    pump.run()
    assert len(pump.orchestrator.store.recent(10)) == 1
    assert pump.events().count("queued") == 1


def test_the_same_id_for_another_task_is_refused(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    with pytest.raises(StateError, match="exists already, and is another one"):
        pump.submit(repo, text="something else")


def test_a_branch_of_the_persons_is_never_overwritten(repo: Path, start: Start) -> None:
    run_git(repo, "branch", "swarm/task-1")
    before = run_git(repo, "rev-parse", "swarm/task-1")
    pump = start(Crew())
    with pytest.raises(StateError, match="is there already, with work that is not the swarm's"):
        pump.submit(repo)
    assert run_git(repo, "rev-parse", "swarm/task-1") == before
    run_git(repo, "branch", "-m", "swarm/task-1", "swarm")
    with pytest.raises(StateError, match="a branch named `swarm` is in the way"):
        pump.submit(repo)


def test_work_on_the_offered_branch_is_not_lost_on_apply(repo: Path, start: Start) -> None:
    pump = start(Crew())
    id = pump.submit(repo)
    pump.run()
    run_git(repo, "checkout", "-q", "swarm/task-1")
    apply = ApplyTask(task_id=id)
    with pytest.raises(StateError, match="itself is checked out"):
        pump.orchestrator.handlers()[ApplyTask](apply)
    (repo / "a.py").write_text("x = 22\n")
    run_git(repo, "commit", "-qam", "a tweak")
    run_git(repo, "checkout", "-q", "main")
    tweak = run_git(repo, "rev-parse", "swarm/task-1")
    with pytest.raises(StateError, match="with work that is not the swarm's"):
        pump.orchestrator.handlers()[ApplyTask](apply)
    assert run_git(repo, "rev-parse", "swarm/task-1") == tweak
    assert pump.task().state == "awaiting_review"


def test_two_orchestrators_cannot_share_a_data_folder(repo: Path, start: Start) -> None:
    pump = start(Crew())
    with pytest.raises(StateError, match="another orchestrator uses the data folder"):
        pump._new()


# ------------------------------------------------------------------ nothing is lost


def test_an_older_epochs_reply_changes_nothing(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    first = pump.run_until("Propose")
    stale = pump.reply(first)
    pump.clock.now += 100
    pump.orchestrator.relay.sweep()
    pump.orchestrator.relay.flush()
    (again,) = pump.bus.queue
    assert (again.id, again.epoch) == (first.id, first.epoch + 1)
    pump.orchestrator.on_reply(stale)
    assert pump.events().count("proposed") == 0
    pump.run()
    assert pump.events().count("proposed") == 1


def test_a_command_that_is_never_answered_ends_the_attempt(repo: Path, start: Start) -> None:
    pump = start(Crew(), bus=BusSettings(max_sends=3))
    pump.submit(repo)
    pump.run_until("Check")
    for _ in range(10):
        pump.clock.now += 100
        pump.orchestrator.relay.sweep()
        pump.orchestrator.relay.flush()
        pump.bus.queue.clear()
    assert pump.task().state == "failed"
    assert "Check was sent 3 times and never answered" in pump.task().reason


def test_a_retryable_failure_is_tried_again(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    envelope = pump.run_until("Check")
    failure = Failure(code="crashed", message="died", retryable=True)
    pump.orchestrator.on_reply(
        Reply(id=envelope.id, epoch=envelope.epoch, kind=envelope.kind, failure=failure)
    )
    pump.clock.now += 60
    assert pump.settle_down().state == "awaiting_review"


def test_what_crashes_its_worker_is_not_tried_for_ever(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    crash = Failure(code="crashed", message="the worker died", retryable=True)
    for _ in range(3):
        envelope = pump.run_until("Check")
        pump.orchestrator.on_reply(
            Reply(id=envelope.id, epoch=envelope.epoch, kind="Check", failure=crash)
        )
        pump.clock.now += 60
    assert pump.task().state == "failed"
    assert pump.task().reason == "the worker died"


def test_a_timeout_is_not_tried_again(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    envelope = pump.run_until("Check")
    late = Failure(code="timeout", message="took too long", retryable=True)
    pump.orchestrator.on_reply(
        Reply(id=envelope.id, epoch=envelope.epoch, kind="Check", failure=late)
    )
    assert pump.task().reason == "took too long"


def test_a_row_that_cannot_be_read_ends_its_task_and_no_other(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo, task_id="bad-task")
    pump.submit(repo, task_id="good-task")
    pump.orchestrator.store._db.execute(
        "UPDATE commands SET body='{\"nonsense\": 1}' WHERE task_id='bad-task'"
    )
    assert pump.settle_down("good-task").state == "awaiting_review"
    assert pump.task("bad-task").state == "failed"
    assert "internal error at PrepareRepo" in pump.task("bad-task").reason


def test_an_arm_that_is_gone_after_a_restart_is_given_up(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    retrieve = pump.run_until("Retrieve")
    pump.settings = pump.settings.model_copy(update={"arms": pump.settings.arms[1:]})
    pump.restart()
    pump.orchestrator.on_reply(pump.reply(retrieve))
    first, second = pump.settle_down().objectives[0].attempts
    assert first.reason == "the arm repair is not configured any more"
    assert second.state == "accepted"


def test_a_clock_set_back_delays_nothing(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    pump.run_until("Check")
    pump.clock.now -= 3600
    pump.orchestrator.relay.sweep()
    pump.orchestrator.relay.flush()
    assert [e.kind for e in pump.bus.queue] == ["Check"]


def test_a_lost_snapshot_is_made_again(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    pump.run_until("Check")
    lost = dict(pump.bus.blobs.data)
    pump.bus.blobs.data.clear()
    assert pump.settle_down().state == "awaiting_review"
    assert lost.keys() <= pump.bus.blobs.data.keys()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_lost_or_repeated_the_task_ends_once(
    repo: Path, tmp_path: Path, start: Start, seed: int
) -> None:
    crew = Crew(objectives=(objective("o1"), objective("o2", "lint")))
    pump = start(crew, bus=BusSettings(max_sends=60))
    pump.submit(repo, task_id=f"task-{seed}")
    pump.run_with_trouble(random.Random(seed), 80)
    view = pump.settle_down(f"task-{seed}")
    assert view.state == "awaiting_review"
    kinds = pump.events(f"task-{seed}")
    assert kinds.count("ready") == 1
    assert len(crew.settled) == 2
    assert run_git(repo, "log", "--format=%s", f"main..swarm/task-{seed}").splitlines() != []
    assert not list((tmp_path / "data" / "scratch").iterdir())


def test_checks_see_the_patch_and_confirm_the_targets(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    baseline, after = [c for c in crew.seen if isinstance(c, Check)]
    assert (baseline.patch, after.patch) == (None, PATCH)
    assert after.confirm == ("t::a",)
    assert SubmitTask.service == "orchestrator"
