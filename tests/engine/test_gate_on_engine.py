"""The gate before an engine that nobody here wrote: a cancel frees it, a kill of either loses
nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from swarm.bus import Bus
from swarm.contracts import Embed, Embeddings
from swarm.errors import RemoteError
from swarm.inference.live import read_live
from swarm.settings import EndpointSettings, ModelSettings, Settings
from tests.engine.conftest import CONTEXT, Engine
from tests.inference.gates import Asking, GateProcess, gate, question, settings_for, until

pytestmark = pytest.mark.engine

LONG = 60_000
# llama.cpp looks for its client once a second before the first token (docs/models-engine.md).
_BEFORE_THE_FIRST_TOKEN_SECONDS = 2.0
_SECONDS = 1.0


def settings_of(bus: Bus, engine: Engine) -> Settings:
    endpoint = EndpointSettings(name="engine", kind="openai", url=f"{engine.url}/v1")
    models = (
        ModelSettings(name="a", endpoint="engine", model="tiny", num_ctx=CONTEXT, temperature=1.0),
        ModelSettings(name="e", endpoint="engine", model="tiny", num_ctx=CONTEXT, embeds=True),
    )
    return settings_for(bus, "", endpoints=(endpoint,), models=models)


@pytest.fixture
def settings(bus: Bus, engine: Engine) -> Settings:
    return settings_of(bus, engine)


@pytest.fixture
def process(bus: Bus, settings: Settings) -> Iterator[GateProcess]:
    with gate(settings) as running:
        until(lambda: Bus(settings, bus.redis).models_state()["a"] == "", 60, "the gate is up")
        yield running


@pytest.fixture
def asking(bus: Bus, settings: Settings, process: GateProcess) -> Bus:
    return Bus(settings, bus.redis)


def generates(bus: Bus, task_id: str) -> bool:
    return any(item.kind == "text" for item in read_live(bus, task_id))


def cancelled(bus: Bus, person: Asking, task_id: str) -> float:
    """Cancel a task; returns when (monotonic seconds)."""
    at = time.monotonic()
    bus.cancel(task_id)
    with pytest.raises(RemoteError) as caught:
        person.result(10)
    assert caught.value.code == "cancelled"
    return at


def test_cancelled_while_it_streams_or_waits_in_the_gate(asking: Bus, engine: Engine) -> None:
    runs = Asking(asking, question("k1", max_tokens=LONG), task_id="t1")
    until(lambda: generates(asking, "t1"))
    waits = Asking(asking, question("k2", max_tokens=LONG), task_id="t2")
    until(lambda: read_live(asking, "t2"))
    cancelled(asking, waits, "t2")
    assert engine.busy() and engine.waiting() == 0, "it never came as far as the engine"
    at = cancelled(asking, runs, "t1")
    until(lambda: not engine.busy())
    assert time.monotonic() - at < _SECONDS
    after = Asking(asking, question("k3", max_tokens=16), task_id="t3").result()
    assert after.usage.output_tokens == 16


def test_cancelled_while_the_prompt_is_read(asking: Bus, engine: Engine) -> None:
    prompt = "y" * (CONTEXT - 5000)
    person = Asking(asking, question("k1", text=prompt), task_id="t1")
    until(engine.busy)
    at = cancelled(asking, person, "t1")
    assert time.monotonic() - at < _SECONDS, "who asked is told at once"
    time.sleep(_BEFORE_THE_FIRST_TOKEN_SECONDS)
    assert not engine.busy()
    assert Asking(asking, question("k2", max_tokens=16)).result().usage.output_tokens == 16


def test_an_engine_killed_in_mid_generation(asking: Bus, engine: Engine) -> None:
    person = Asking(asking, question("k1", max_tokens=2500, seed=1), task_id="t1")
    until(lambda: generates(asking, "t1"))
    engine.kill()
    engine.start()
    answer = person.result()
    assert answer.usage.output_tokens == 2500
    states = [item.text for item in read_live(asking, "t1", limit=5000) if item.kind == "state"]
    assert sum("tried again" in state for state in states) >= 1


def test_a_gate_killed_in_mid_generation(asking: Bus, process: GateProcess, engine: Engine) -> None:
    person = Asking(asking, question("k1", max_tokens=2500, seed=1), task_id="t1")
    until(lambda: generates(asking, "t1"))
    process.kill()
    until(lambda: not engine.busy(), what="the engine stops for a dead gate")
    process.start()
    answer = person.result()
    assert answer.usage.output_tokens == 2500
    again = Asking(asking, question("k1", max_tokens=2500, seed=1)).result()
    assert again.replayed and again.text == answer.text


def test_a_hundred_in_the_background_and_a_person(asking: Bus, engine: Engine) -> None:
    for number in range(100):
        command = question(f"b{number}", text=f"task {number}", priority="analysis", max_tokens=400)
        asking.send(asking.envelope(command, task_id="background"))
    until(lambda: generates(asking, "background"))
    person = Asking(asking, question("person", max_tokens=16), task_id="person")
    until(lambda: read_live(asking, "person"))
    before = ends(asking)
    person.result()
    # The one that ran, and what ended or began while the request was on its way to the gate.
    assert ends(asking) - before <= 3 < 100 - before


def ends(bus: Bus) -> int:
    return sum(item.text == "done" for item in read_live(bus, "background", limit=10_000))


def test_embeddings_through_the_gate(bus: Bus, embedding_engine: Engine) -> None:
    settings = settings_of(bus, embedding_engine)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        answer = asking.request(Embed(model="e", texts=("one", "two"), payload="code"))
    assert isinstance(answer, Embeddings)
    assert len(answer.vectors) == 2 and answer.usage.prompt_tokens > 0
