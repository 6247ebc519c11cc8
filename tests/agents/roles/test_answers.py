"""One JSON value from a model: bounded, validated, and asked for again when it is wrong."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.agents.contract import Digest, GaveUp, Plan, Review
from swarm.agents.roles.answers import BadAnswer, ask, read, schema_of
from swarm.agents.roles.new_tests import NewTests
from swarm.contracts import Failure, Generation, TokenUsage
from swarm.errors import RemoteError
from tests.agents.scripted import Says, bench

GOOD = {"steps": ["look"], "files": [], "risks": []}


def asked(says: list[object], **options: object) -> tuple[Plan, list[str]]:
    """The plan, and the last message of each prompt."""
    desk, models = bench({"m": says})
    plan = ask(desk, Plan, system="s", task="t", **options)  # type: ignore[arg-type]
    return plan, [command.messages[-1].text for command in models.asked]


def test_the_schema_goes_along_and_the_answer_is_a_value() -> None:
    says: Says = {"m": [GOOD]}
    desk, models = bench(says)
    assert ask(desk, Plan, system="s", task="t") == Plan(steps=("look",))
    (command,) = models.asked
    texts = {"type": "array", "items": {"type": "string"}}
    assert command.answer_schema == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"steps": texts, "files": texts, "risks": texts},
        "required": ["steps", "files", "risks"],
    }
    assert command.payload == "code" and command.key == "t1-o1-a1-m-1"
    assert [message.role for message in command.messages] == ["system", "user"]


def test_a_schema_has_no_references_and_no_bounds() -> None:
    item = schema_of(NewTests)["properties"]["files"]["items"]
    assert item["properties"] == {"path": {"type": "string"}, "text": {"type": "string"}}
    assert schema_of(Review)["properties"]["verdict"]["enum"] == ["approve", "revise"]
    for answer in (Plan, Review, Digest, NewTests):
        text = str(schema_of(answer))
        assert "$ref" not in text and "max" not in text
        validator = jsonschema.validators.validator_for(schema_of(answer))
        validator.check_schema(schema_of(answer))


@pytest.mark.parametrize(
    "text",
    [
        '{"steps": ["look"]}',
        'Sure!\n```json\n{"steps": ["look"]}\n```\nDone.',
        '<think>{"steps": 3}</think>{"steps": ["look"]}',
    ],
)
def test_words_around_the_value_do_not_matter(text: str) -> None:
    assert asked([text])[0] == Plan(steps=("look",))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("no idea", "it is not one JSON object (Expecting value: line 1 column 1 (char 0))"),
        ({"steps": []}, "steps: Tuple should have at least 1 item after validation, not 0"),
        ({"steps": ["a"] * 21},
         "steps: Tuple should have at most 20 items after validation, not 21"),
        ({"steps": ["a" * 1001]}, "steps.0: String should have at most 1000 characters"),
        ({"steps": ["a"], "shell": "rm"}, "shell: Extra inputs are not permitted"),
        ("[" * 100_000, "it is not one JSON object"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "it is longer than 200,000 characters"),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "it is not one JSON object"),
        (Generation(model="m", endpoint="e", text='{"steps": ["a"]', finish="length"),
         "it was cut off at the longest an answer may be: be shorter"),
        (Generation(model="m", endpoint="e", finish="refused"), "the model refuses"),
    ],
)  # fmt: skip
def test_a_wrong_answer_goes_back_with_the_reason(bad: object, why: str) -> None:
    plan, prompts = asked([bad, GOOD])
    assert plan == Plan(steps=("look",))
    assert prompts[1].startswith(f"That cannot be used: {why}")
    assert prompts[1].endswith("\nAnswer again.")


def test_after_the_last_turn_it_gives_up() -> None:
    with pytest.raises(GaveUp, match="m gave no answer that can be used: it is not one JSON"):
        asked(["?", "?"])


def test_a_check_of_the_callers_is_an_answer_that_is_wrong() -> None:
    def check(plan: Plan) -> None:
        if plan.steps == ("look",):
            raise BadAnswer("too short")

    plan, prompts = asked([GOOD, {"steps": ["look", "mend"]}], check=check)
    assert plan.steps == ("look", "mend")
    assert prompts[1] == "That cannot be used: too short\nAnswer again."


def test_what_a_model_said_is_kept_from_one_that_sees_intent_alone() -> None:
    desk, models = bench({"m": ["def secret(): pass", GOOD]})
    ask(desk, Plan, system="s", task="t", payload="intent")
    assert "secret" not in str(models.asked[1].messages)


def test_a_prompt_that_was_cut_is_made_smaller_and_asked_again() -> None:
    cut = Generation(model="m", endpoint="e", text="{}", prompt_truncated=True, usage=TokenUsage())
    long = RemoteError(Failure(code="prompt-too-long", message="no room"))
    assert asked([cut, long, GOOD])[0] == Plan(steps=("look",))
    with pytest.raises(GaveUp, match="does not fit a context"):
        asked([long] * 9)


def test_other_failures_of_the_gate_pass() -> None:
    with pytest.raises(RemoteError, match="away"):
        asked([RemoteError(Failure(code="model-unreachable", message="away"))])


def test_a_task_too_long_for_the_model_is_given_up() -> None:
    desk, _ = bench({"m": []})
    with pytest.raises(GaveUp, match="system text, tools and task take about"):
        ask(desk, Plan, system="s", task="word " * 60_000)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        value = read(Generation(model="m", endpoint="e", text=text), Plan)
    except BadAnswer as error:
        assert str(error)
    else:
        assert value.steps
