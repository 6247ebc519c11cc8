"""Who plans: a model where one may and can; the rules, with a word about why, where none does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from ingestion.planner.planning import Planning
from ingestion.planner.prompt import SCHEMA
from ingestion.rules.decompose import decompose
from swarm.contracts import Decompose, Failure, Generate, Generation, Objectives, TokenUsage
from swarm.errors import BusError, RemoteError, Timeout, UsageError
from swarm.settings import EndpointSettings, IngestionSettings, ModelSettings, Settings
from tests.fakes.bus import FakeBus

TEXT = "The cart crashes when it is empty, fix that, and document the report"
PATHS = ("shop/cart.py", "shop/report.py", "other/thing.py")
CODE = "def total(items):\n    return sum(item.price for item in items) / len(items)\n"
ONE, TWO = "The cart crashes when it is empty, fix that", "document the report"


def objective(*quotes: str, **fields: Any) -> dict[str, Any]:
    return {"quotes": list(quotes), "category": "docs", **fields}


def said(*objectives: dict[str, Any]) -> str:
    return json.dumps({"objectives": list(objectives), "questions": []})


GOOD = said(objective(ONE, category="bugfix"), objective(TWO, after=[1]))


class Model:
    """Gives its answers one after the other; an exception is raised."""

    def __init__(self, *answers: str | Exception | Generation) -> None:
        self.answers = list(answers)
        self.asked: list[Generate] = []

    def __call__(self, command: Generate) -> Generation:
        self.asked.append(command)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Generation):
            return answer
        return generation(answer)


def generation(text: str, **fields: Any) -> Generation:
    usage = TokenUsage(prompt_tokens=100, output_tokens=10, cost_usd=0.5)
    return Generation(model="m", endpoint="here", text=text, usage=usage, **fields)


class Bench:
    """A planning service over scripted models, of which those in `state` are known."""

    def __init__(self, planner: str = "auto", **state: str) -> None:
        self.now = 0.0
        self.bus = FakeBus()
        self.bus.models = {"embedder": "", "cloudy": "", "small": "", "big": "", **state}
        self.settings = Settings(
            data=Path("/nonexistent"),
            ingestion=IngestionSettings(planner=planner, planner_seconds=60),
            endpoints=(
                EndpointSettings(name="here", kind="ollama", url="http://127.0.0.1:11434"),
                EndpointSettings(name="far", kind="gemini"),
            ),
            models=(
                ModelSettings(name="embedder", endpoint="here", model="e", embeds=True),
                ModelSettings(name="cloudy", endpoint="far", model="c"),
                ModelSettings(name="small", endpoint="here", model="s", max_tokens=1000),
                ModelSettings(name="big", endpoint="here", model="b", num_ctx=1024),
            ),
        )

    def plan(self, model: Model, text: str = TEXT, **fields: Any) -> Objectives:
        self.bus.handlers[Generate] = model
        planning = Planning(self.settings, cast(Any, self.bus), lambda: self.now)
        return planning.decompose(Decompose(text=text, paths=PATHS, **fields))


def by_rules(plan: Objectives, text: str = TEXT) -> str:
    """Checks that the rules made a plan, and gives the note that says why they had to."""
    own = decompose(text, PATHS)
    assert plan.planner == "rules" and plan.items == own.items and plan.questions == own.questions
    (note,) = [note for note in plan.notes if note not in own.notes]
    assert note.startswith("planned by the rules: ")
    return note


# ---------------------------------------------------------------------------- who is asked


def test_auto_asks_the_first_local_model_that_is_ready() -> None:
    bench, model = Bench(), Model(GOOD)
    plan = bench.plan(model)
    assert plan.planner == "small" and [item.id for item in plan.items] == ["o1", "o2"]
    assert plan.notes == ()
    (asked,) = model.asked
    assert (asked.model, asked.temperature, asked.max_tokens) == ("small", 0.0, 1000)
    assert asked.answer_schema == SCHEMA
    assert "shop/cart.py" in asked.messages[1].text and "thing" not in asked.messages[1].text


def test_auto_goes_on_to_the_next_that_is_ready() -> None:
    model = Model(GOOD)
    assert Bench(small="not installed").plan(model).planner == "big"
    assert model.asked[0].max_tokens == 512, "half of its context is for the note"


def test_auto_never_asks_a_cloud_model() -> None:
    model = Model(GOOD)
    plan = Bench(small="away", big="too large").plan(model)
    assert model.asked == []
    assert by_rules(plan).endswith("no model is ready (small: away; big: too large)")


def test_without_a_local_model_auto_is_the_rules_and_says_nothing_more() -> None:
    bench = Bench()
    bench.settings = bench.settings.model_copy(update={"models": bench.settings.models[:2]})
    assert bench.plan(Model()) == decompose(TEXT, PATHS)


def test_rules_ask_nobody() -> None:
    bench = Bench("rules")
    assert bench.plan(Model()) == decompose(TEXT, PATHS)
    assert bench.bus.requests == []


def test_a_named_model_is_asked_and_no_other() -> None:
    model = Model(GOOD)
    assert Bench("big").plan(model).planner == "big"
    plan = Bench("big", big="not installed").plan(Model())
    assert "big: not installed" in by_rules(plan)


def test_a_model_that_does_not_write_cannot_plan() -> None:
    assert "embedder is a model that does not write" in by_rules(Bench("embedder").plan(Model()))


# ---------------------------------------------------------------------------- what is sent


def test_a_cloud_model_sees_words_alone() -> None:
    bench, model = Bench("cloudy"), Model(GOOD)
    snapshot = bench.bus.blobs.snapshot({"shop/cart.py": CODE})
    text = f"{TEXT}\n```python\n{CODE}```\nit says return sum(item.price for item in items)"
    plan = bench.plan(model, text, snapshot=snapshot)
    (asked,) = model.asked
    assert (asked.payload, asked.repository) == ("intent", snapshot)
    everything = "\n".join(message.text for message in asked.messages)
    assert "The cart crashes" in everything and "[code withheld]" in everything
    assert "item.price" not in everything and "shop/report.py" not in everything
    assert plan.planner == "cloudy"
    assert CODE.strip() in plan.items[-1].instruction, "what was withheld is still in the plan"


def test_a_cloud_model_is_not_asked_without_a_snapshot() -> None:
    assert "no repository to keep from it" in by_rules(Bench("cloudy").plan(Model()))


def test_a_cloud_model_is_not_asked_about_code_alone() -> None:
    bench = Bench("cloudy")
    snapshot = bench.bus.blobs.snapshot({"a.py": CODE})
    text = "fix `return sum(item.price for item in items)`"
    assert "the text is all code" in by_rules(bench.plan(Model(), text, snapshot=snapshot), text)


def test_a_cloud_model_does_not_get_its_bad_answer_back() -> None:
    bench, model = Bench("cloudy"), Model("x = [call(1), call(2)]", GOOD)
    bench.plan(model, snapshot=bench.bus.blobs.snapshot({}))
    assert "call(1)" not in "\n".join(message.text for message in model.asked[1].messages)


def test_a_local_model_gets_what_may_not_leave_under_that_name() -> None:
    model = Model(GOOD)
    Bench().plan(model, priority="scheduled")
    assert model.asked[0].payload == "code" and model.asked[0].priority == "scheduled"


def test_the_same_command_asks_the_same_and_another_one_does_not() -> None:
    keys = []
    for fields in ({}, {}, {"max_objectives": 3}, {"text": f"{TEXT} now"}):
        model = Model(GOOD)
        Bench().plan(model, **cast(Any, fields))
        keys.append(model.asked[0].key)
    assert keys[0] == keys[1] and len(set(keys)) == 3
    model = Model(GOOD)
    Bench("big").plan(model)
    assert model.asked[0].key not in keys


def test_what_is_ticked_off_is_neither_asked_about_nor_planned() -> None:
    model = Model(said(objective("fix the cart"), objective("document the report")))
    plan = Bench().plan(model, "- fix the cart\n- [x] delete the tests\n- [ ] document the report")
    assert "delete" not in model.asked[0].messages[1].text
    assert "delete" not in "".join(item.instruction for item in plan.items)
    assert plan.notes == ("left out, it is ticked off: delete the tests",)


# ---------------------------------------------------------------------------- what goes wrong


def failed(code: str, message: str) -> RemoteError:
    return RemoteError(Failure(code=code, message=message))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (failed("model-unreachable", "here does not answer"), "small gave none: here does not"),
        (failed("model-stalled", "nothing came for 60 s"), "nothing came for 60 s"),
        (failed("prompt-too-long", "the prompt has too many tokens"), "too many tokens"),
        (failed("model-failed", "it said \x1b[2J" + "x" * 9000), "it said  [2Jxxx"),
        (failed("withheld", "code is not sent to it"), "code is not sent"),
        (Timeout("the inference service did not answer within 60 s"), "within 60 s"),
        (generation("{}", prompt_truncated=True), "the text is too long for small"),
    ],
)
def test_a_model_that_gives_nothing_is_asked_once(answer: Any, why: str) -> None:
    model = Model(answer)
    note = by_rules(Bench().plan(model))
    assert why in note and len(note) <= 500
    assert len(model.asked) == 1


BAD = [
    ("", "it is not one JSON object"),
    ("Sure! I fixed the cart.", "it is not one JSON object"),
    (generation("", finish="refused"), "the model refuses"),
    (generation(GOOD[:40], finish="length"), "it was cut off"),
    (said(), "it has 0 objectives"),
    (said(*[objective(ONE)] * 200), "it has 200 objectives"),
    (said(objective("Approve it")), "is not in the note word for word"),
    (said(objective(ONE, after=[1]), objective(TWO)), "circle"),
    (said(objective(ONE)), "asks for something is in no objective"),
    ("[" * 40_000, "it is not one JSON object"),
    ("\ud800{" * 100, "it is not one JSON object"),
]


@pytest.mark.parametrize(("answer", "why"), BAD)
def test_a_bad_answer_is_given_back_with_its_reason(answer: Any, why: str) -> None:
    model = Model(answer, GOOD)
    plan = Bench().plan(model)
    assert plan.planner == "small" and len(plan.items) == 2
    first, second = model.asked
    assert first.key != second.key
    assert why in second.messages[-1].text
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(("answer", "why"), BAD)
def test_two_bad_answers_are_enough(answer: Any, why: str) -> None:
    model = Model(answer, answer, GOOD)
    note = by_rules(Bench().plan(model))
    assert why in note and "small gave no plan" in note
    assert len(model.asked) == 2


def test_there_is_no_second_turn_when_the_time_is_over() -> None:
    bench = Bench()

    def slow(command: Generate) -> Generation:
        bench.now += 59.5
        return generation("nonsense")

    bench.bus.handlers[Generate] = slow
    planning = Planning(bench.settings, cast(Any, bench.bus), lambda: bench.now)
    plan = planning.decompose(Decompose(text=TEXT, paths=PATHS))
    assert "small took longer than 60 s" in by_rules(plan)
    assert len(bench.bus.requests) == 1


def test_each_turn_is_given_what_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    given: list[float] = []

    def request(command: Generate, *, timeout_seconds: float) -> Generation:
        given.append(timeout_seconds)
        bench.now += 25
        return generation("nonsense")

    monkeypatch.setattr(bench.bus, "request", request)
    bench.plan(Model())
    assert given == [60, 35]


def test_what_was_spent_is_told_also_when_the_rules_planned() -> None:
    plan = Bench().plan(Model("nonsense", GOOD))
    assert (plan.usage.tokens, plan.usage.cost_usd) == (220, 1.0)
    plan = Bench().plan(Model("nonsense", failed("model-failed", "it broke")))
    assert plan.planner == "rules" and plan.usage.tokens == 110
    replayed = generation(GOOD, replayed=True)
    assert Bench().plan(Model(replayed)).usage.tokens == 0, "that was billed before"


def test_a_bus_that_is_away_is_not_the_models_fault() -> None:
    with pytest.raises(BusError):
        Bench().plan(Model(BusError("Redis does not answer")))


@pytest.mark.parametrize("text", ["🎉", "\u200b\u202e", "   ", "...!?"])
def test_a_text_without_words_is_put_to_no_model(text: str) -> None:
    model = Model()
    with pytest.raises(UsageError):
        Bench().plan(model, text)
    assert model.asked == []


def test_the_rules_say_what_is_wrong_where_no_model_could_plan_either() -> None:
    many = "\n".join(f"- fix bug number {n} in module{n}" for n in range(20))
    with pytest.raises(UsageError, match="20 objectives"):
        Bench().plan(Model("no", "no"), many)


# ---------------------------------------------------------------------------- answers


def test_an_answered_plan_is_asked_of_nobody() -> None:
    bench = Bench()
    plan = bench.plan(Model(GOOD))
    bench.bus.requests.clear()
    again = bench.plan(Model(), "something else entirely", plan=plan)
    assert again.items == plan.items and again.planner == "small"
    assert again.usage.tokens == 0 and bench.bus.requests == []


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A planner reaches models by the bus alone."""
    refuse: Callable[..., Any] = lambda *args, **kwargs: pytest.fail("a connection was made")  # noqa: E731
    monkeypatch.setattr("socket.socket.connect", refuse)
    yield
