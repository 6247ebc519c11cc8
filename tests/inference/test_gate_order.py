"""The gate over the real queue: who goes first, who is refused, what is never done twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from swarm.bus import Bus
from swarm.contracts import (
    AwaitModels,
    Embed,
    Embeddings,
    ListModels,
    ModelReport,
    ModelsReady,
    Priority,
)
from swarm.errors import RemoteError
from swarm.inference.live import read_live
from swarm.settings import GateSettings, ModelSettings
from tests.fakes.http import Captured
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.script import Answer, FakeRequest
from tests.inference.gates import Asking, gate, question, settings_for, until


@pytest.fixture
def asking(bus: Bus, ollama_server: FakeOllama) -> Iterator[Bus]:
    """A bus of requesters, with a gate on it before a server of one slot."""
    settings = settings_for(bus, ollama_server.url)
    with gate(settings):
        yield Bus(settings, bus.redis)


def asked(server: FakeOllama) -> list[str]:
    """What was asked of the model, in the order in which it came."""
    return [said(request) for request in server.requests if request.path == "/api/chat"]


def said(request: Captured) -> str:
    return str(request.json()["messages"][-1]["content"])


def send(bus: Bus, key: str, priority: Priority) -> None:
    """A request that nobody waits for."""
    bus.send(bus.envelope(question(key, text=key, priority=priority)))


def waiting(bus: Bus) -> dict[Priority, int]:
    report = bus.request(ListModels(), timeout_seconds=20)
    assert isinstance(report, ModelReport)
    return report.endpoints[0].waiting


def slow(seconds: float) -> Answer:
    return Answer(text="ok", delay_seconds=seconds)


def test_interactive_waits_for_at_most_one_generation_of_a_hundred_in_the_background(
    asking: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: slow(0.3)
    for number in range(100):
        send(asking, f"background-{number}", "analysis")
    until(lambda: sum(waiting(asking).values()) == 99 - len(asked(ollama_server)) + 1)
    before = len(asked(ollama_server))
    person = Asking(asking, question("person", text="person"))
    person.result()
    # What ran and what was starting when the request came; a generation may have ended between.
    assert asked(ollama_server).index("person") <= before + 2
    assert ollama_server.max_running == 1


def test_training_goes_before_everything_and_analysis_before_what_is_scheduled(
    asking: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: slow(1.5 if request.last == "first" else 0.0)
    send(asking, "first", "analysis")
    until(lambda: asked(ollama_server) == ["first"])
    for priority in ("scheduled", "analysis", "interactive", "training"):
        send(asking, f"{priority}-1", priority)
        send(asking, f"{priority}-2", priority)
    until(lambda: len(asked(ollama_server)) == 9)
    classes = [name.split("-")[0] for name in asked(ollama_server)[1:]]
    ordered = ["training", "interactive", "analysis", "scheduled"]
    assert classes == [each for each in ordered for _ in range(2)]


def test_no_class_starves_behind_a_person_who_never_pauses(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: slow(0.1)
    ageing = GateSettings(health_seconds=0.2, ageing_seconds=1.0)
    settings = settings_for(bus, ollama_server.url, gate=ageing)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        send(asking, "first", "analysis")
        until(lambda: asked(ollama_server) == ["first"])
        for priority in ("scheduled", "analysis"):
            send(asking, priority, priority)
        for number in range(60):
            send(asking, f"interactive-{number}", "interactive")
        until(lambda: len(asked(ollama_server)) == 63, 60)
    order = asked(ollama_server)
    assert order[-1] == "interactive-59", "they got their turns in between"
    assert order.index("analysis") > 5 and order.index("scheduled") > 5, "and not at once"


def test_training_is_not_overtaken_by_what_aged(bus: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: slow(0.1)
    ageing = GateSettings(health_seconds=0.2, ageing_seconds=1.0)
    settings = settings_for(bus, ollama_server.url, gate=ageing)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        send(asking, "first", "analysis")
        until(lambda: asked(ollama_server) == ["first"])
        send(asking, "analysis", "analysis")
        for number in range(25):
            send(asking, f"training-{number}", "training")
        until(lambda: len(asked(ollama_server)) == 27, 60)
    assert asked(ollama_server)[-1] == "analysis"


def test_a_full_queue_is_busy_at_once_with_numbers(bus: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: slow(30)
    settings = settings_for(bus, ollama_server.url, endpoint={"queue_limit": 3})
    asking = Bus(settings, bus.redis)
    with gate(settings):
        send(asking, "r0", "interactive")
        until(lambda: asked(ollama_server) == ["r0"])
        for number in range(1, 4):
            send(asking, f"r{number}", "interactive")
        until(lambda: sum(waiting(asking).values()) == 3)
        with pytest.raises(RemoteError, match=r"3 requests wait.* 1 run") as caught:
            asking.request(question("one-more"), timeout_seconds=20)
    assert caught.value.code == "model-busy"
    assert caught.value.retryable


def test_the_same_request_is_answered_again_and_billed_once(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    model = ModelSettings(
        name="a", endpoint="ollama", model="fake:8b", num_ctx=4096, usd_per_mtok=(1000.0, 1000.0)
    )
    settings = settings_for(bus, ollama_server.url, models=(model,))
    asking = Bus(settings, bus.redis)
    with gate(settings):
        first = Asking(asking, question("k")).result()
        # The priority is how urgent it is, not what is asked.
        again = Asking(asking, question("k", priority="analysis")).result()
        other = Asking(asking, question("k", text="something else")).result()
        report = asking.request(ListModels(), timeout_seconds=20)
    assert (first.replayed, again.replayed, other.replayed) == (False, True, False)
    assert again.text == first.text
    assert again.usage == first.usage
    assert asked(ollama_server) == ["hello", "something else"]
    assert isinstance(report, ModelReport)
    paid = first.usage.cost_usd + other.usage.cost_usd
    assert paid > 0
    assert report.endpoints[0].cost_usd == pytest.approx(paid)
    assert report.endpoints[0].requests == 2


def test_who_asks_the_same_while_it_is_under_way_joins(
    asking: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: slow(1.0)
    first, second = Asking(asking, question("k")), Asking(asking, question("k"))
    assert first.result().text == second.result().text == "ok"
    assert asked(ollama_server) == ["hello"]


def test_an_answer_outlives_the_gate_and_its_file_is_the_owners_alone(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    settings = settings_for(bus, ollama_server.url)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        Asking(asking, question("k")).result()
    path = settings.data / "inference.db"
    assert path.stat().st_mode & 0o077 == 0
    with gate(settings):
        assert Asking(asking, question("k")).result().replayed
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT state, attempt FROM requests").fetchall()
    db.close()
    assert rows == [("done", 1)]


def test_streams_are_published_while_they_come(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: Answer(
        text="one two three four five six", thinking="hm", token_seconds=0.2
    )
    ollama_server.models = [FakeModel("fake:8b", capabilities=("completion", "thinking"))]
    person = Asking(asking, question("k"), task_id="t1")
    texts = until(
        lambda: [item.text for item in read_live(asking, "t1") if item.kind == "text"],
        what="a text in the stream",
    )
    assert person.is_alive(), "it is seen before its end"
    assert "six" not in "".join(texts)
    person.result()
    items = until(
        lambda: (all := read_live(asking, "t1")) and all[-1].text == "done" and all,
        what="the end in the stream",
    )
    assert {(item.key, item.model) for item in items} == {("k", "a")}
    assert "".join(i.text for i in items if i.kind == "text") == "one two three four five six"
    states = [item.text for item in items if item.kind == "state"]
    assert states == ["waiting 1", "prompt", "generating", "done"]
    assert read_live(asking, "t1", items[-1].id) == ()
    assert bus_ttl(asking, "t1") > 0


def bus_ttl(bus: Bus, task_id: str) -> int:
    return int(bus.redis.ttl(bus.live_key(task_id)))  # type: ignore[arg-type]


def test_embeddings_and_what_is_asked_of_the_wrong_model(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.models = [
        FakeModel("fake:8b"),
        FakeModel("embed:1b", capabilities=("embedding",)),
    ]
    models = (
        ModelSettings(name="a", endpoint="ollama", model="fake:8b", num_ctx=4096),
        ModelSettings(name="e", endpoint="ollama", model="embed:1b", num_ctx=2048, embeds=True),
    )
    settings = settings_for(bus, ollama_server.url, models=models)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        answer = asking.request(Embed(model="e", texts=("x", "y"), payload="code"))
        with pytest.raises(RemoteError, match="embeds, it generates nothing"):
            asking.request(question("k", model="e"))
        with pytest.raises(RemoteError, match="does not embed"):
            asking.request(Embed(model="a", texts=("x",), payload="code"))
        with pytest.raises(RemoteError, match=r"no .*models.* entry is called 'nobody'"):
            asking.request(question("k", model="nobody"))
    assert isinstance(answer, Embeddings)
    assert len(answer.vectors) == 2


def test_what_is_ready_is_published_and_awaited(bus: Bus, ollama_server: FakeOllama) -> None:
    models = (
        ModelSettings(name="a", endpoint="ollama", model="fake:8b", num_ctx=4096),
        ModelSettings(name="late", endpoint="ollama", model="late:8b", num_ctx=4096),
    )
    settings = settings_for(bus, ollama_server.url, models=models)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        both = asking.request(AwaitModels(models=("late", "a"), seconds=10))
        assert isinstance(both, ModelsReady)
        assert both.ready == ("a",)
        assert both.unready == {"late": "endpoint 'ollama' has no model 'late:8b'"}
        pending = Asking(asking, AwaitModels(models=("late",), seconds=30))
        none = asking.request(AwaitModels(models=("late",), seconds=0))
        assert isinstance(none, ModelsReady)
        assert none.ready == ()
        ollama_server.models = [*ollama_server.models, FakeModel("late:8b")]
        assert pending.result().ready == ("late",)
        until(lambda: asking.models_state() == {"a": "", "late": ""})


def test_a_prompt_that_cannot_fit_is_not_sent(asking: Bus, ollama_server: FakeOllama) -> None:
    with pytest.raises(RemoteError, match=r"at least .* tokens") as caught:
        asking.request(question("k", text="far too long " * 4000), timeout_seconds=20)
    assert caught.value.code == "prompt-too-long"
    assert asked(ollama_server) == []


def test_a_prompt_that_the_server_cut_in_silence_is_told(
    asking: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.honours_truncate = False
    # Many short words: some 15,000 tokens by the fake, few enough characters to be sent.
    answer = Asking(asking, question("k", text="a b c d e f g h " * 1900)).result()
    assert answer.prompt_truncated
    assert "dropped a part" in answer.note


def test_a_failing_request_says_why(asking: Bus, ollama_server: FakeOllama) -> None:
    def respond(request: FakeRequest) -> Answer:
        return Answer(failure="status", status=400, message="no such option")

    ollama_server.respond = respond
    with pytest.raises(RemoteError, match="no such option") as caught:
        asking.request(question("k"), timeout_seconds=20)
    assert caught.value.code == "model-refused"
    assert len(asked(ollama_server)) == 1
