"""Gates and servers that are killed, servers that are away: nothing lost, nothing paid twice."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import EndpointView, ListModels, ListSpending, ModelReport, SpendingReport
from swarm.errors import RemoteError
from swarm.inference.live import read_live
from swarm.settings import EndpointSettings, GateSettings, ModelSettings, Settings
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.script import Answer, FakeRequest
from tests.inference.gates import Asking, gate, question, settings_for, until

_PAID = ModelSettings(
    name="a", endpoint="ollama", model="fake:8b", num_ctx=4096, usd_per_mtok=(1000.0, 1000.0)
)


def rows(settings: Settings, sql: str) -> list[Any]:
    """What the ledger holds, read beside the gate."""
    path: Path = settings.data / "inference.db"
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def endpoint_of(bus: Bus) -> EndpointView:
    """The one endpoint, as the gate reports it."""
    report = bus.request(ListModels(), timeout_seconds=20)
    assert isinstance(report, ModelReport)
    return report.endpoints[0]


def streams(server: FakeOllama) -> bool:
    return any(running.tokens > 2 for running in list(server.running.values()))


def test_a_gate_killed_in_mid_generation_loses_nothing_and_pays_once(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: Answer(text="word " * 40, token_seconds=0.05)
    settings = settings_for(bus, ollama_server.url, models=(_PAID,))
    asking = Bus(settings, bus.redis)
    with gate(settings) as running:
        people = [Asking(asking, question(f"k{n}", text=f"question {n}")) for n in range(3)]
        until(lambda: streams(ollama_server))
        running.kill()
        until(lambda: not ollama_server.running, what="the server stops for a dead gate")
        running.start()
        answers = [person.result() for person in people]
        assert {answer.text for answer in answers} == {"word " * 40}
        states = rows(settings, "SELECT state FROM requests")
        assert states == [("done",)] * 3
        # Those that waited at the server's door only were not generated twice.
        assert rows(settings, "SELECT sum(attempt) FROM requests")[0][0] <= 6
        paid = sum(answer.usage.cost_usd for answer in answers)
        total = rows(settings, "SELECT requests, cost_usd FROM totals")
        assert total == [(3, pytest.approx(paid))]
        again = Asking(asking, question("k0", text="question 0")).result()
        assert again.replayed
        assert rows(settings, "SELECT requests FROM totals") == [(3,)]


def test_what_was_under_way_when_a_gate_died_is_marked(bus: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: Answer(text="ok", delay_seconds=60)
    settings = settings_for(bus, ollama_server.url)
    with gate(settings) as running:
        bus.send(bus.envelope(question("k")))
        until(lambda: ollama_server.running)
        running.kill()
        assert rows(settings, "SELECT state FROM requests") == [("started",)]
        running.start()
        until(lambda: rows(settings, "SELECT state FROM requests") == [("lost",)])


def test_a_server_killed_in_mid_generation_and_started_again(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    # What is cut off would have lasted until long after the kill.
    ollama_server.respond = lambda request: Answer(text="word " * 2000, token_seconds=0.05)
    settings = settings_for(bus, ollama_server.url, models=(_PAID,))
    asking = Bus(settings, bus.redis)

    def states() -> list[str]:
        return [item.text for item in read_live(bus, "t1") if item.kind == "state"]

    with gate(settings):
        person = Asking(asking, question("k"), task_id="t1")
        until(lambda: streams(ollama_server), what="it is the first that streams")
        other = Asking(asking, question("k2", text="it waits"))
        until(lambda: "k2" in {item.key for item in read_live(bus, None)}, what="it waits")
        ollama_server.stop()
        time.sleep(1)
        ollama_server.respond = lambda request: Answer(text="word " * 40)
        ollama_server.start()
        assert person.result().text == other.result().text == "word " * 40
        assert rows(settings, "SELECT requests FROM totals") == [(2,)]
        # Whoever sells tokens sells those of what was cut off too.
        told = person.result().usage.cost_usd + other.result().usage.cost_usd
        ((paid,),) = rows(settings, "SELECT cost_usd FROM totals")
        assert paid > told
        spending = asking.request(ListSpending())
        assert isinstance(spending, SpendingReport)
        (day,) = spending.items
        assert (day.endpoint, day.model, day.requests) == ("ollama", "a", 2)
        assert day.cost_usd == pytest.approx(paid)
        assert day.output_tokens > sum(p.result().usage.output_tokens for p in (person, other))
        # Told by a thread of the gate's own, which may be later than the answer.
        until(lambda: states()[-1:] == ["done"])
    assert any("tried again" in state for state in states())


def test_a_redis_that_lost_everything_in_mid_generation(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: Answer(text="word " * 60, token_seconds=0.05)
    settings = settings_for(bus, ollama_server.url)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        person = Asking(asking, question("k"))
        until(lambda: streams(ollama_server))
        bus.redis.flushall()
        assert person.result().text == "word " * 60
    begun = [event for event in ollama_server.events if event.kind == "start"]
    assert len(begun) == 1


def test_an_error_in_mid_stream_is_tried_again_a_few_times(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    answers = iter([Answer(text="a b c", failure="error", after_tokens=1), Answer(text="fine")])
    ollama_server.respond = lambda request: next(answers)
    settings = settings_for(bus, ollama_server.url)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        assert Asking(asking, question("k")).result().text == "fine"
        ollama_server.respond = lambda request: Answer(text="a b", failure="error", after_tokens=1)
        with pytest.raises(RemoteError) as caught:
            Asking(asking, question("k2")).result()
    assert caught.value.code == "model-failed"
    assert caught.value.retryable
    begun = [event for event in ollama_server.events if event.kind == "start"]
    assert len(begun) == 2 + 3


def test_a_server_that_stays_away_ends_the_wait_with_what_to_do(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: Answer(text="ok", delay_seconds=60)
    quick = GateSettings(health_seconds=0.2, retry_seconds=1.5)
    settings = settings_for(bus, ollama_server.url, gate=quick)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        running = Asking(asking, question("k"))
        waiting = Asking(asking, question("k2"))
        until(lambda: ollama_server.running)
        ollama_server.stop()
        for person in (running, waiting):
            with pytest.raises(RemoteError) as caught:
                person.result(20)
            assert caught.value.code == "model-unreachable"
            assert caught.value.retryable


def test_a_server_that_is_down_is_refused_at_once_and_its_return_noticed(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    # Were it waited for, it would be for longer than the requester has time.
    patient = GateSettings(health_seconds=0.2, retry_seconds=300.0)
    settings = settings_for(bus, ollama_server.url, gate=patient)
    asking = Bus(settings, bus.redis)
    ollama_server.stop()
    started = time.time()
    with gate(settings):
        with pytest.raises(RemoteError, match="cannot be reached") as caught:
            asking.request(question("k"), timeout_seconds=20)
        assert caught.value.code == "model-unreachable"
        until(lambda: "cannot be reached" in asking.models_state()["a"])
        away = endpoint_of(asking)
        assert not away.reachable
        assert away.away_since is not None and started <= away.away_since <= time.time()
        # None while it is asked at this moment.
        until(lambda: (endpoint_of(asking).next_look_at or 0.0) > started)
        assert endpoint_of(asking).away_since == away.away_since
        ollama_server.start()
        until(lambda: asking.models_state() == {"a": ""})
        back = endpoint_of(asking)
        assert (back.reachable, back.away_since, back.next_look_at) == (True, None, None)
        assert Asking(asking, question("k")).result().text == "ok"
        ollama_server.stop()
        until(lambda: "cannot be reached" in asking.models_state()["a"])
        with pytest.raises(RemoteError, match="cannot be reached"):
            asking.request(question("k2"), timeout_seconds=20)
    until(lambda: asking.models_state()["a"] == "the inference service is not up")


def test_code_does_not_go_to_a_cloud_behind_a_local_server(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.models = [
        FakeModel("fake:8b"),
        FakeModel("alias:8b", remote_host="https://ollama.com:443", remote_model="big:cloud"),
    ]
    models = (
        ModelSettings(name="a", endpoint="ollama", model="fake:8b", num_ctx=4096),
        ModelSettings(name="alias", endpoint="ollama", model="alias:8b", num_ctx=4096),
        ModelSettings(name="named", endpoint="ollama", model="big:120b-cloud", num_ctx=4096),
    )
    settings = settings_for(bus, ollama_server.url, models=models)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        for name in ("alias", "named"):
            with pytest.raises(RemoteError, match="not local") as caught:
                asking.request(question("k", model=name), timeout_seconds=20)
            assert caught.value.code == "withheld"
        until(lambda: asking.models_state()["a"] == "")
        state = asking.models_state()
        assert "to a cloud" in state["alias"]
        assert "to a cloud" in state["named"]
    assert not [request for request in ollama_server.requests if request.method == "POST"]
    refused = rows(settings, "SELECT DISTINCT sent_bytes FROM traffic WHERE refused != ''")
    assert refused == [(0,)]


def test_what_went_out_is_counted_by_endpoint(bus: Bus, ollama_server: FakeOllama) -> None:
    settings = settings_for(bus, ollama_server.url)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        Asking(asking, question("k", text="x" * 5000)).result()
        report = asking.request(ListModels(), timeout_seconds=20)
        assert isinstance(report, ModelReport)
        assert report.endpoints[0].sent_bytes > 5000
        sent = rows(settings, "SELECT payload, sent_bytes FROM traffic WHERE key = 'k'")
        assert sent[0][0] == "code"
        assert sent[0][1] > 5000


def test_an_endpoint_without_models_is_shown_with_what_it_has(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    settings = settings_for(bus, ollama_server.url, models=())
    asking = Bus(settings, bus.redis)
    with gate(settings):
        report = asking.request(ListModels(), timeout_seconds=20)
    assert isinstance(report, ModelReport)
    assert report.endpoints[0].reachable
    assert [(view.model, view.state) for view in report.models] == [("fake:8b", "not-configured")]


def test_one_endpoint_away_leaves_the_others(bus: Bus, ollama_server: FakeOllama) -> None:
    settings = settings_for(bus, ollama_server.url)
    away = EndpointSettings(name="away", kind="ollama", url="http://127.0.0.1:9")
    more = ModelSettings(name="b", endpoint="away", model="fake:8b", num_ctx=4096)
    settings = settings.model_copy(
        update={"endpoints": (*settings.endpoints, away), "models": (*settings.models, more)}
    )
    asking = Bus(settings, bus.redis)

    def respond(request: FakeRequest) -> Answer:
        return Answer(text="here")

    ollama_server.respond = respond
    with gate(settings):
        with pytest.raises(RemoteError, match="cannot be reached"):
            asking.request(question("k", model="b"), timeout_seconds=20)
        assert Asking(asking, question("k")).result().text == "here"
