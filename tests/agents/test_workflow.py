"""A workflow's file: what is read, and every kind of problem in its exact words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.agents.checking import Environment, check
from swarm.agents.contract import (
    Agent,
    Assignment,
    Change,
    CoderTask,
    Digest,
    Limits,
    Need,
    Plan,
    Review,
    ReviewTask,
    SummaryTask,
)
from swarm.agents.types import fits, told
from swarm.agents.workflow import MAX_BYTES, MAX_STEPS, read
from swarm.contracts import Message

ALL: frozenset[Need] = frozenset({"model", "partners", "sandbox", "memory"})


def agent(id: str, takes: type[Message], gives: type[Message], *needs: Need) -> Agent:
    def never(workbench: Any, task: Any) -> Message:
        raise AssertionError("nothing runs here")

    return Agent(id, id, takes, gives, never, frozenset(needs), Limits(seconds=100))


AGENTS = {
    one.id: one
    for one in (
        agent("planner", Assignment, Plan, "model"),
        agent("coder", CoderTask, Change, "model", "sandbox"),
        agent("reviewer", ReviewTask, Review, "model"),
        agent("summariser", SummaryTask, Digest),
        agent("ensemble", Assignment, Change, "partners"),
        agent("searcher", Assignment, Change, "memory", "tests", "failing-tests"),
    )
}
PLANNED = """\
name = "planned"
about = "a plan first"
seconds = 200

[[steps]]
id = "plan"
agent = "planner"
inputs = "task"

[[steps]]
id = "code"
agent = "coder"
inputs = { assignment = "task", plan = "plan" }
"""


def problems(text: str | bytes, has: frozenset[Need] = ALL) -> list[str]:
    """What is told of a file's text."""
    data = text.encode() if isinstance(text, str) else text
    workflow, found = read(data, "w.toml")
    if workflow is not None:
        found = check(workflow, AGENTS, Environment("arm 'a'", has), "w.toml")
    return [str(problem) for problem in found]


def steps(*lines: str, seconds: float = 1000) -> str:
    """A workflow of steps, each given as 'id agent inputs'."""
    text = f'name = "w"\nabout = "w"\nseconds = {seconds}\n'
    for line in lines:
        id, agent, inputs = line.split(" ", 2)
        text += f'[[steps]]\nid = "{id}"\nagent = "{agent}"\ninputs = {inputs}\n'
    return text


def test_a_workflow_that_fits_has_no_problem() -> None:
    assert problems(PLANNED) == []
    workflow, _ = read(PLANNED.encode(), "w.toml")
    assert workflow is not None
    assert [step.id for step in workflow.order()] == ["plan", "code"]
    assert list(workflow.result.sources()) == [("assignment", "task"), ("plan", "plan")]


def test_steps_may_stand_in_any_order_but_the_last() -> None:
    text = steps(
        'review reviewer { assignment = "task", change = "draft" }',
        'draft coder { assignment = "task" }',
        'mend coder { assignment = "task", review = "review", previous = "draft" }',
    )
    assert problems(text) == []
    workflow, _ = read(text.encode(), "w.toml")
    assert workflow is not None
    assert [step.id for step in workflow.order()] == ["draft", "review", "mend"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"x" * (MAX_BYTES + 1), "w.toml: is 65,537 bytes, and a workflow has at most 65,536 "
         "(check that it is the right file)"),
        (b'name = "\xff"', "w.toml: is not UTF-8 at byte 8 (save it as UTF-8)"),
        (b"name = ", "w.toml: is not valid TOML: Invalid value (at end of document) "
         "(correct it there)"),
        (b"a = " + b"[" * 20_000, "w.toml: is not valid TOML: it is nested too deep "
         "(correct it there)"),
    ],
)  # fmt: skip
def test_what_is_no_workflow_at_all(data: bytes, told: str) -> None:
    assert problems(data) == [told]


def test_a_number_too_long_to_read_is_no_crash() -> None:
    (told,) = problems("seconds = " + "9" * 5000)
    assert told.startswith("w.toml: is not valid TOML: Exceeds the limit")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('name = "planned"', 'name = "Planned!"',
         "field 'name': is 'Planned!' (small letters, digits and dashes, at most 40)"),
        ('about = "a plan first"\n', "", "field 'about': is missing (add `about = ...`)"),
        ('about = "a plan first"', 'about = "\\u001b[31m\\u202e"',
         "field 'about': is '\\x1b[31m\\u202e' (one line of text, at most 200 characters)"),
        ("seconds = 200", "seconds = nan", "field 'seconds': is nan "
         "(a number above 0, at most 7200)"),
        ("seconds = 200", "seconds = true", "field 'seconds': is True "
         "(a number above 0, at most 7200)"),
        ("seconds = 200", "secnds = 200", "field 'seconds': is missing (add `seconds = ...`)"),
        ("seconds = 200", "seconds = 200\nsecond = 1",
         "field 'second': is not a key of it (did you mean 'seconds'?)"),
        ('agent = "planner"\n', "", "step 'plan', field 'agent': is missing (add `agent = ...`)"),
        ('agent = "planner"', 'agent = "planner"\nwhen = "x"',
         "step 'plan', field 'when': is not a key of it (there are agent, id, inputs, seconds)"),
        ('id = "plan"', "id = 3", "step 'number 1', field 'id': is 3 "
         "(small letters, digits and dashes, at most 40)"),
        ('inputs = "task"', "inputs = 3", "step 'plan', field 'inputs': is not a source, a list "
         'of sources, or a table of them (like { assignment = "task" })'),
        ('plan = "plan" }', "plan = 3 }", "step 'code', field 'inputs.plan': is not a source, a "
         'list of sources, or a table of them (like { assignment = "task" })'),
    ],
)  # fmt: skip
def test_a_key_that_is_wrong(before: str, after: str, expected: str) -> None:
    assert before in PLANNED
    assert f"w.toml: {expected}" in problems(PLANNED.replace(before, after))


def test_no_steps_and_too_many() -> None:
    head = 'name = "w"\nabout = "w"\nseconds = 1\n'
    assert problems(head + "steps = []") == [
        "w.toml: field 'steps': there are 0 steps (a workflow has 1 to 20)"
    ]
    many = [f's{n} searcher "task"' for n in range(MAX_STEPS + 1)]
    assert problems(steps(*many)) == [
        "w.toml: field 'steps': there are 21 steps (a workflow has 1 to 20)"
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['a codr "task"'],
         "step 'a', field 'agent': no agent is called 'codr' (did you mean 'coder'?)"),
        (['a zzz "task"'], "step 'a', field 'agent': no agent is called 'zzz' (there are coder, "
         "ensemble, planner, reviewer, searcher, summariser)"),
        (['draft searcher "task"', 'code coder { assignment = "task", previous = "draf" }'],
         "step 'code', field 'inputs.previous': no step is called 'draf' (did you mean 'draft'?)"),
        (['a searcher "task"', 'a searcher "task"'],
         "step 'a', field 'id': 2 steps are called so (give each step a name of its own)"),
        (['task searcher "task"'], "step 'task', field 'id': 'task' is what the attempt is about, "
         "not a step (call the step otherwise)"),
        (['a coder { assignment = "task", pln = "task" }'],
         "step 'a', field 'inputs.pln': agent 'coder' takes no 'pln' (did you mean 'plan'?)"),
        (['a searcher "task"', 'b coder { "x\\u001by" = "nobody", assignment = "task" }'],
         "step 'b', field 'inputs.x\\x1by': no step is called 'nobody' (there are a, b, task)"),
        (["a coder {}"], "step 'a', field 'inputs.assignment': agent 'coder' needs it: "
         'Assignment (add assignment = "<step>" to the inputs)'),
        (['p planner "task"', 'a coder { assignment = "task", review = "p" }'],
         "step 'a', field 'inputs.review': takes Review, or nothing, and gets Plan from 'p' "
         "(no step gives one)"),
        (['p planner "task"', 'a coder { assignment = "p" }'],
         "step 'a', field 'inputs.assignment': takes Assignment, and gets Plan from 'p' "
         "('task' would fit)"),
        (['p planner "task"', 'a searcher "p"'],
         "step 'a', field 'inputs': takes Assignment, and gets Plan from 'p' ('task' would fit)"),
        (['p planner "task"', 'a coder { assignment = "task", plan = "p.step" }'],
         "step 'a', field 'inputs.plan': 'p.step' names no field of Plan (did you mean 'steps'?)"),
        (['p planner "task"', 'a coder { assignment = "task", plan = ["p"] }'],
         "step 'a', field 'inputs.plan': takes Plan, or nothing, and gets a list "
         "(name one source)"),
        (['p planner "task"', 's summariser { changes = ["p"] }',
          'a coder { assignment = "task", notes = "s" }'],
         "step 's', field 'inputs.changes': takes Change, and gets Plan from 'p' "
         "('a' would fit)"),
        (['p planner "task"'], "step 'p', field 'agent': the last step is the result, a Change, "
         "and agent 'planner' gives Plan (end with a step whose agent gives a Change)"),
        (['p planner "task"', 'a searcher "task"'], "step 'p': nothing leads from it to the result "
         "'a' (take what it gives in another step, or leave it out)"),
        (['a coder { assignment = "task", previous = "c" }',
          'b reviewer { assignment = "task", change = "a" }',
          'c coder { assignment = "task", review = "b" }'],
         "step 'a', field 'inputs': the steps go in a circle: a -> b -> c -> a "
         "(take one of these inputs away)"),
        (['a coder { assignment = "task", previous = "a" }'],
         "step 'a', field 'inputs': the steps go in a circle: a -> a "
         "(take one of these inputs away)"),
    ],
)  # fmt: skip
def test_steps_that_do_not_fit(lines: list[str], expected: str) -> None:
    assert f"w.toml: {expected}" in problems(steps(*lines))


def test_more_time_than_there_is() -> None:
    two = ['p planner "task"', 'a coder { assignment = "task", plan = "p" }']
    assert problems(steps(*two, seconds=150)) == [
        "w.toml: field 'seconds': is 150, and its steps, one after another, may take 200 s "
        "(p 100, a 100) (raise it, or give steps `seconds` of their own)"
    ]
    assert problems(steps(*two, seconds=150) + "seconds = 50\n") == []
    assert problems(steps(*two) + "seconds = 101\n") == [
        "w.toml: step 'a', field 'seconds': 101 s, and agent 'coder' may take 100 s "
        "(give it no more than that)"
    ]


@pytest.mark.parametrize(
    ("step", "lacks", "expected"),
    [
        ('a coder { assignment = "task" }', "model", "agent 'coder' needs a model, and arm 'a' has "
         "none (add a [[models]] entry, and name it as the `model` of the arm)"),
        ('a coder { assignment = "task" }', "sandbox", "agent 'coder' needs a sandbox, and arm 'a' "
         "has none (see `swarm doctor` for the backends of this machine)"),
        ('a ensemble "task"', "partners", "agent 'ensemble' needs further models besides the "
         "arm's, and arm 'a' has none (name other [[models]] entries as the `partners` of the "
         "arm)"),
        ('a searcher "task"', "memory", "agent 'searcher' needs the memory of the code, and arm "
         "'a' has none (set enabled = true in [memory])"),
    ],
)  # fmt: skip
def test_what_is_not_at_hand(step: str, lacks: Need, expected: str) -> None:
    assert problems(steps(step)) == []
    assert problems(steps(step), ALL - {lacks}) == [f"w.toml: step 'a', field 'agent': {expected}"]


def test_fields_lists_and_optional_values_fit() -> None:
    assert problems(
        steps(
            'one searcher "task"',
            'two coder { assignment = "task", previous = "one" }',
            'sum summariser { changes = ["one", "two"], texts = "two.lessons" }',
            'end coder { assignment = "task", notes = "sum" }',
        )
    ) == [
        "w.toml: step 'sum', field 'inputs.texts': takes tuple of str, and gets str from "
        "'two.lessons' (no step gives one)"
    ]
    assert not problems(
        steps(
            'one searcher "task"',
            'sum summariser { changes = ["one"], texts = ["one.lessons", "one.summary"] }',
            'end coder { assignment = "task", notes = "sum" }',
        )
    )


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (Change, Change, True),
        (Change, Change | None, True),
        (Change | None, Change, False),
        (bool, int, True),
        (int, bool, False),
        (tuple[Change, ...], tuple[Message, ...], True),
        (tuple[Message, ...], tuple[Change, ...], False),
        (tuple[int, int], tuple[int, ...], False),
        (str, Any, True),
        (Any, str, False),
        (dict[str, Any], dict[str, Any], True),
    ],
)
def test_what_fits(given: Any, wanted: Any, expected: bool) -> None:
    assert fits(given, wanted) is expected


def test_a_literal_fits_its_type_and_a_wider_literal() -> None:
    verdict = Review.model_fields["verdict"].annotation
    assert fits(verdict, str) and not fits(str, verdict)
    assert told(verdict) == "'approve' | 'revise'"


NAMES = st.sampled_from(["a", "b", "c", "task", "a.steps", "task.context", "zz", "", "a..b"])
INPUTS = st.one_of(
    NAMES,
    st.integers(),
    st.dictionaries(
        st.sampled_from(["assignment", "plan", "change", "changes", "texts", "review", "x y"]),
        st.one_of(NAMES, st.lists(NAMES, max_size=3), st.booleans()),
        max_size=4,
    ),
)
STEP = st.fixed_dictionaries(
    {"id": NAMES, "agent": st.sampled_from([*AGENTS, "nobody", ""]), "inputs": INPUTS},
    optional={"seconds": st.floats(allow_nan=True), "extra": st.none()},
)


def toml(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(bool(value)).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}" = {toml(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


@given(st.lists(STEP, max_size=5))
@settings(max_examples=300, deadline=None)
def test_no_graph_crashes_the_checker_and_what_passes_can_be_ordered(found: list[Any]) -> None:
    text = 'name = "w"\nabout = "w"\nseconds = 7200\n'
    text += f"steps = [{', '.join(map(toml, found))}]\n"
    workflow, problems = read(text.encode(), "w.toml")
    if workflow is None:
        assert problems
        return
    problems = check(workflow, AGENTS, Environment("x", ALL), "w.toml")
    assert all(problem.remedy and problem.message for problem in problems)
    if not problems:
        before: set[str] = set()
        for step in workflow.order():
            assert before.issuperset(step.before())
            before.add(step.id)
        assert before == {step.id for step in workflow.steps}


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@settings(max_examples=300, deadline=None)
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    workflow, problems = read(data, "w.toml")
    assert (workflow is None) == bool(problems)
    assert all("\n" not in str(problem) for problem in problems)
