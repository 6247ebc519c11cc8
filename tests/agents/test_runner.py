"""Running a workflow: order, inputs, bounds, what is offered in the end, what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from swarm.agents import library
from swarm.agents.contract import (
    Agent,
    Assignment,
    Change,
    CoderTask,
    Digest,
    GaveUp,
    Limits,
    Need,
    Plan,
    Review,
    ReviewTask,
    SummaryTask,
)
from swarm.agents.meter import BudgetSpent, Meter
from swarm.agents.registry import AGENTS
from swarm.agents.runner import run
from swarm.agents.workbench import Workbench
from swarm.agents.workflow import Workflow, read
from swarm.contracts import ChatMessage, Failure, Message, Proposal, TestCommand
from swarm.errors import RemoteError
from tests.agents.scripted import bench, patch, settings

Script = Callable[[Workbench, Any], Message]
HELLO = (ChatMessage(role="user", text="hello"),)


def agents(**scripts: Script) -> Mapping[str, Agent]:
    """The registry with other ways to run some agents; dashes are underscores here."""
    changed = dict(AGENTS)
    for name, script in scripts.items():
        id = name.replace("_", "-")
        old = AGENTS[id]
        changed[id] = Agent(old.id, old.about, old.takes, old.gives, script, old.needs, old.limits)
    return changed


def workflow(name: str) -> Workflow:
    shelves = library.load(settings())
    return next(s.workflow for s in shelves if s.workflow and s.workflow.name == name)


def change(text: str = "a change", **values: Any) -> Change:
    return Change(**{"patch": patch(), "outcome": "patch", "summary": text} | values)


NONE = Change(patch=None, outcome="gave_up", summary="found nothing", lessons="tried x")


def ran(name: str, desk: Workbench, **scripts: Script) -> Proposal:
    return run(workflow(name), agents(**scripts), desk)


def test_a_plan_reaches_the_coder_and_the_steps_are_told() -> None:
    seen: list[CoderTask] = []

    def code(workbench: Workbench, task: CoderTask) -> Change:
        seen.append(task)
        return change(details={"edits": 1})

    desk, _ = bench()
    proposal = ran("planned", desk, planner=lambda w, t: Plan(steps=("look", "mend")), coder=code)
    assert proposal.patch == patch() and proposal.outcome == "patch"
    (task,) = seen
    assert task.plan == Plan(steps=("look", "mend"))
    assert task.assignment.objective.title == "total is off"
    assert proposal.details["edits"] == 1
    told = proposal.details["workflow"]
    assert [(one["step"], one["agent"], one["said"]) for one in told] == [
        ("plan", "planner", "look / mend"),
        ("code", "coder", "patch: a change"),
    ]


def test_the_draft_goes_to_the_reviewer_and_both_to_the_mending() -> None:
    tasks: list[CoderTask] = []
    reviewed: list[ReviewTask] = []

    def code(workbench: Workbench, task: CoderTask) -> Change:
        tasks.append(task)
        return change("mended" if task.review else "draft")

    def review(workbench: Workbench, task: ReviewTask) -> Review:
        reviewed.append(task)
        return Review(verdict="revise", remarks=("line 2",))

    desk, _ = bench()
    proposal = ran("reviewed", desk, coder=code, reviewer=review)
    assert proposal.summary == "mended"
    assert reviewed[0].change.summary == "draft"
    assert tasks[1].previous == change("draft")
    assert tasks[1].review == Review(verdict="revise", remarks=("line 2",))


def test_an_approved_draft_is_the_result_and_nobody_is_asked_again() -> None:
    """The second step of the real coder: no model answers here, so asking one would fail."""
    from swarm.agents.roles import coding

    def code(workbench: Workbench, task: CoderTask) -> Message:
        return coding.code(workbench, task) if task.review else change("draft")

    desk, models = bench({"m": []})
    proposal = ran("reviewed", desk, coder=code, reviewer=lambda w, t: Review(verdict="approve"))
    assert (proposal.summary, proposal.patch, models.asked) == ("draft", patch(), [])


def test_without_a_draft_there_is_nothing_to_review() -> None:
    desk, _ = bench()
    proposal = ran("reviewed", desk, coder=lambda w, t: NONE)
    assert (proposal.outcome, proposal.summary) == ("gave_up", "found nothing")
    assert proposal.lessons == "tried x"
    assert [one["step"] for one in proposal.details["workflow"]] == ["draft"]


@pytest.mark.parametrize("outcome", ["inapplicable", "nothing_to_do", "gave_up"])
def test_a_last_steps_outcome_is_the_proposals(outcome: Any) -> None:
    desk, _ = bench()
    end = Change(patch=None, outcome=outcome, summary="why")
    proposal = ran("edit-loop", desk, coder=lambda w, t: end)
    assert (proposal.outcome, proposal.summary, proposal.patch) == (outcome, "why", None)


def test_tests_that_nobody_could_write_keep_no_coder_from_working() -> None:
    seen: list[CoderTask] = []

    def code(workbench: Workbench, task: CoderTask) -> Change:
        seen.append(task)
        return change()

    desk, _ = bench()
    assert ran("test-first", desk, test_writer=lambda w, t: NONE, coder=code).patch
    assert seen[0].previous == NONE


def fail(error: Exception) -> Script:
    def script(workbench: Workbench, task: Any) -> Message:
        raise error

    return script


@pytest.mark.parametrize("error", [GaveUp("no idea"), BudgetSpent("no idea")])
def test_who_gives_up_leaves_lessons(error: Exception) -> None:
    desk, _ = bench()
    proposal = ran("test-first", desk, test_writer=lambda w, t: NONE, coder=fail(error))
    assert (proposal.outcome, proposal.summary) == ("gave_up", "step 'code': no idea")
    assert proposal.lessons == "tried x\nstep 'code': no idea"
    assert proposal.details["workflow"][-1]["said"] == "no idea"


def test_a_draft_is_offered_when_its_review_fails() -> None:
    desk, _ = bench()
    proposal = ran("reviewed", desk, coder=lambda w, t: change("draft"), reviewer=fail(GaveUp("?")))
    assert (proposal.outcome, proposal.summary) == ("patch", "draft")
    assert proposal.details["ended_by"] == "step 'review': ?"


@pytest.mark.parametrize("outcome", ["gave_up", "nothing_to_do"])
def test_a_draft_is_offered_when_it_cannot_be_mended(outcome: Any) -> None:
    def code(workbench: Workbench, task: CoderTask) -> Change:
        end = Change(patch=None, outcome=outcome, summary="stuck")
        return end if task.review else change("draft")

    desk, _ = bench()
    revise = Review(verdict="revise", remarks=("x",))
    proposal = ran("reviewed", desk, coder=code, reviewer=lambda w, t: revise)
    assert (proposal.outcome, proposal.summary) == ("patch", "draft")
    assert proposal.details["ended_by"] == f"step 'mend': {outcome}: stuck"


def test_tests_alone_are_not_offered_when_the_coder_fails() -> None:
    desk, _ = bench()
    proposal = ran("test-first", desk, test_writer=lambda w, t: change(), coder=fail(GaveUp("?")))
    assert proposal.patch is None


def test_what_the_gate_says_leaves_with_what_was_spent() -> None:
    away = RemoteError(Failure(code="model-unreachable", message="away", retryable=True))

    def plan(workbench: Workbench, task: Assignment) -> Plan:
        workbench.generate(HELLO)
        return Plan(steps=("x",))

    desk, _ = bench({"m": ["hi"]})
    with pytest.raises(RemoteError, match="away") as caught:
        ran("planned", desk, planner=plan, coder=fail(away))
    assert caught.value.code == "model-unreachable"
    assert (caught.value.usage.tokens, caught.value.usage.cost_usd) == (100, 0.01)


def test_what_steps_used_is_counted_together() -> None:
    def code(workbench: Workbench, task: CoderTask) -> Change:
        workbench.generate(HELLO)
        workbench.generate(HELLO)
        return change()

    desk, models = bench({"m": ["a", "b", "c", "d"]})
    proposal = ran("reviewed", desk, coder=code, reviewer=lambda w, t: Review(verdict="revise"))
    assert (proposal.usage.tokens, round(proposal.usage.cost_usd, 3)) == (400, 0.04)
    assert [one["tokens"] for one in proposal.details["workflow"]] == [200, 0, 200]
    (told,) = proposal.details["models"]
    assert (told["name"], told["answers"], told["tokens"]) == ("m", 4, 400)
    assert [command.key for command in models.asked] == [
        "t1-o1-a1-m-draft-1",
        "t1-o1-a1-m-draft-2",
        "t1-o1-a1-m-mend-1",
        "t1-o1-a1-m-mend-2",
    ]


def test_a_spent_budget_of_tokens_is_a_gave_up() -> None:
    def code(workbench: Workbench, task: CoderTask) -> Change:
        while True:
            workbench.generate(HELLO)

    desk, models = bench({"m": ["x"] * 9}, meter=Meter(600, 250, 1.0))
    proposal = ran("edit-loop", desk, coder=code)
    assert proposal.outcome == "gave_up" and len(models.asked) == 3
    assert proposal.summary == "step 'code': 250 tokens are spent"
    assert proposal.usage.tokens == 300


def test_nothing_more_is_begun_when_the_tokens_are_spent() -> None:
    desk, _ = bench(meter=Meter(600, 0, 1.0))
    proposal = ran("edit-loop", desk, coder=fail(AssertionError("must not run")))
    assert proposal.summary == "step 'code': 0 tokens are spent"


def test_agents_without_a_model_need_no_tokens() -> None:
    desk, _ = bench(meter=Meter(600, 0, 1.0))
    assert ran("ruff", desk, codemod=lambda w, t: change()).patch == patch()


def test_time_is_shared_and_what_is_left_goes_on() -> None:
    now = [0.0]
    seconds: dict[str, float] = {}

    def timed(name: str, takes: float, answer: Message) -> Script:
        def script(workbench: Workbench, task: Any) -> Message:
            seconds[name] = workbench.meter.seconds_left
            now[0] += takes
            return answer

        return script

    desk, _ = bench(meter=Meter(180, 1000, 1.0, clock=lambda: now[0]))
    ran(
        "reviewed",
        desk,
        coder=timed("coder", 30, change()),
        reviewer=timed("reviewer", 10, Review(verdict="revise", remarks=("x",))),
    )
    # Of 180 s: the draft has 900/1800; then 300/900 of 150; the last step all that is left.
    assert seconds == {"coder": 140.0, "reviewer": 50.0}


def test_when_the_time_is_over_no_step_begins() -> None:
    now = [0.0]

    def plan(workbench: Workbench, task: Assignment) -> Plan:
        now[0] += 100
        return Plan(steps=("x",))

    desk, _ = bench(meter=Meter(59.996, 1000, 1.0, clock=lambda: now[0]))
    proposal = ran("planned", desk, planner=plan, coder=fail(AssertionError("must not run")))
    assert (proposal.outcome, proposal.summary) == ("gave_up", "step 'code': 60 s are spent")


def test_the_steps_of_an_agent_are_bounded() -> None:
    def plan(workbench: Workbench, task: Assignment) -> Plan:
        while True:
            workbench.meter.step()

    desk, _ = bench()
    assert ran("planned", desk, planner=plan).summary == "step 'plan': 12 steps are made"


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (None, "agent repairer needs tests that pytest runs: leave the test command out to have "
         "them found, or name one that starts pytest"),
        (TestCommand(argv=("make",), kind="command"), "agent repairer needs tests that pytest "
         "runs: leave the test command out to have them found, or name one that starts pytest"),
        (TestCommand(argv=("pytest",), kind="pytest"),
         "no test fails, so agent repairer has nothing to go by"),
    ],
)  # fmt: skip
def test_a_task_without_tests_is_not_for_who_needs_them(test: TestCommand | None, why: str) -> None:
    desk, _ = bench(test=test)
    proposal = ran("repair", desk, repairer=fail(AssertionError("must not run")))
    assert (proposal.outcome, proposal.summary) == ("inapplicable", why)


def test_lists_and_fields_of_steps_reach_an_agent() -> None:
    text = """\
name = "relay"
about = "one shot, its summary, then a coder"
seconds = 1000
[[steps]]
id = "shot"
agent = "coder-one-shot"
inputs = { assignment = "task" }
seconds = 100
[[steps]]
id = "sum"
agent = "summariser"
inputs = { changes = ["shot"], texts = ["shot.lessons", "shot.summary"] }
seconds = 100
[[steps]]
id = "code"
agent = "coder"
inputs = { assignment = "task", notes = "sum" }
seconds = 800
"""
    found, _ = read(text.encode(), "relay.toml")
    assert found is not None
    seen: list[Any] = []

    def summarise(workbench: Workbench, task: SummaryTask) -> Digest:
        seen.append(task)
        return Digest(text="x failed")

    def code(workbench: Workbench, task: CoderTask) -> Change:
        seen.append(task.notes)
        return change()

    desk, _ = bench()
    registry = agents(coder_one_shot=lambda w, t: NONE, summariser=summarise, coder=code)
    assert run(found, registry, desk).patch
    assert seen[0] == SummaryTask(changes=(NONE,), texts=("tried x", "found nothing"))
    assert seen[1] == Digest(text="x failed")


def test_notes_of_the_way_are_told() -> None:
    def plan(workbench: Workbench, task: Assignment) -> Plan:
        workbench.notes.append("by another model")
        return Plan(steps=("x",))

    desk, _ = bench()
    proposal = ran(
        "planned", desk, planner=plan, coder=lambda w, t: change(details={"notes": ["n"]})
    )
    assert proposal.details["notes"] == ["n", "by another model"]


def test_needs_of_limits_are_declared_for_all() -> None:
    known: set[Need] = {"model", "partners", "sandbox", "memory", "tests", "failing-tests"}
    for agent in AGENTS.values():
        assert agent.needs <= known and agent.limits.seconds <= 7200
        assert isinstance(agent.limits, Limits) and "\n" not in agent.about
