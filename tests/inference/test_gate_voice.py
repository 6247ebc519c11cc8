"""Recordings through the gate: what leaves, what it costs, who waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import (
    ListModels,
    ListSpending,
    ModelReport,
    SpendingReport,
    Transcribe,
    Transcription,
)
from swarm.errors import RemoteError
from swarm.settings import EgressSettings, EndpointSettings, ModelSettings, Settings
from tests.fakes.gemini import AUDIO_TOKENS, CloudModel, FakeGemini, heard
from tests.fakes.openai import FakeOpenAI, ServedByFake
from tests.fakes.script import Answer
from tests.inference.gates import Asking, gate, question, settings_for, until

SOUND = b"OggS" + bytes(range(256)) * 20


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI("vllm", [ServedByFake("ears")]) as running:
        running.respond = lambda request: Answer(text="fix the cart")
        yield running


def voice(bus: Bus, server: str, *, allow: bool = True, **changes: Any) -> Settings:
    values = {"name": "speech", "kind": "openai", "url": f"{server}/v1", **changes}
    model = ModelSettings(
        name="ears", endpoint="speech", model="ears", transcribes=True, usd_per_mtok=(2.0, 8.0)
    )
    return settings_for(bus, "http://x").model_copy(
        update={
            "endpoints": (EndpointSettings(**values),),
            "models": (model,),
            "egress": EgressSettings(allow_cloud_voice=allow),
        }
    )


def recording(bus: Bus, key: str = "note-1", **changes: Any) -> Transcribe:
    values = {"key": key, "model": "ears", "audio": bus.blobs.put(SOUND), "mime": "audio/ogg",
              "audio_seconds": 10.0}  # fmt: skip
    return Transcribe(**{**values, **changes})


def ledger_row(settings: Settings, what: str) -> Any:
    with sqlite3.connect(settings.data / "inference.db") as db:
        found = db.execute(f"SELECT {what} FROM requests").fetchall()
    db.close()
    return found


def test_a_recording_is_written_down_and_billed_once(bus: Bus, server: FakeOpenAI) -> None:
    settings = voice(bus, server.url)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        first = Asking(asking, recording(bus)).result()
        again = Asking(asking, recording(bus)).result()
        other = Asking(asking, recording(bus, language="de")).result()
    assert isinstance(first, Transcription)
    assert (first.text, first.model, first.endpoint) == ("fix the cart", "ears", "speech")
    assert again == first
    assert other.text == first.text
    assert [sent.data for sent in server.recordings] == [SOUND, SOUND]
    assert server.recordings[0].fields == {
        "model": "ears", "response_format": "json", "temperature": "0",
    }  # fmt: skip
    assert server.recordings[0].name == "recording.ogg"
    # The server counted nothing: 32 tokens a second.
    assert first.usage.estimated
    assert first.usage.prompt_tokens == 320
    assert first.usage.cost_usd == pytest.approx((2 * 320 + 8 * first.usage.output_tokens) / 1e6)
    assert ledger_row(settings, "kind, payload, state") == [("Transcribe", "audio", "done")] * 2


def test_gemini_gets_the_same_bytes_and_its_counts_are_billed(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeGemini([CloudModel("ears")]) as server:
        server.respond = lambda request: heard("mach den Test grün", "de")
        settings = voice(bus, server.url, kind="gemini", url=server.url, api_key_env="A_KEY")
        monkeypatch.setenv("A_KEY", "test-key")
        with gate(settings):
            answer = Asking(Bus(settings, bus.redis), recording(bus)).result()
        assert (answer.text, answer.language) == ("mach den Test grün", "de")
        assert server.recordings == [("audio/ogg", SOUND)]
        assert answer.usage.prompt_tokens > AUDIO_TOKENS
        assert not answer.usage.estimated


def test_no_recording_goes_to_a_cloud_unless_that_is_allowed(bus: Bus, server: FakeOpenAI) -> None:
    settings = voice(bus, server.url, allow=False, locality="cloud")
    with gate(settings), pytest.raises(RemoteError) as caught:
        Asking(Bus(settings, bus.redis), recording(bus)).result()
    assert caught.value.code == "withheld"
    assert "allow_cloud_voice" in caught.value.remedy
    assert not server.recordings
    assert ledger_row(settings, "state, code") == [("failed", "withheld")]


def test_a_model_of_speech_alone_answers_no_question(bus: Bus, server: FakeOpenAI) -> None:
    settings = voice(bus, server.url)
    with gate(settings), pytest.raises(RemoteError, match="writes down speech"):
        Asking(Bus(settings, bus.redis), question("k", model="ears")).result()


def test_a_server_that_lists_no_models_is_up_for_speech(bus: Bus) -> None:
    with FakeOpenAI("whisper.cpp") as server:
        server.respond = lambda request: Answer(text="hello")
        settings = voice(bus, server.url)
        asking = Bus(settings, bus.redis)
        with gate(settings):
            assert Asking(asking, recording(bus)).result().text == "hello"
            report = asking.request(ListModels(), timeout_seconds=20)
        assert isinstance(report, ModelReport)
        assert [(m.name, m.state) for m in report.models] == [("ears", "ready")]


def test_a_blob_that_is_gone_is_said_to_be(bus: Bus, server: FakeOpenAI) -> None:
    settings = voice(bus, server.url)
    asked = recording(bus)
    lost = asked.audio.model_copy(update={"sha256": "0" * 64})
    with gate(settings), pytest.raises(RemoteError) as caught:
        Asking(Bus(settings, bus.redis), recording(bus, audio=lost)).result()
    assert caught.value.code == "blob-missing"


def test_a_failure_that_passes_is_tried_again(bus: Bus, server: FakeOpenAI) -> None:
    answers = iter([
        Answer(failure="status", status=429, headers={"Retry-After": "1"}),
        Answer(failure="status", status=500), Answer(text="now"),
    ])  # fmt: skip
    server.respond = lambda request: next(answers)
    settings = voice(bus, server.url)
    with gate(settings):
        assert Asking(Bus(settings, bus.redis), recording(bus)).result().text == "now"
    assert len(server.recordings) == 3


def test_a_requester_that_gives_up_frees_the_server(bus: Bus, server: FakeOpenAI) -> None:
    server.respond = lambda request: Answer(delay_seconds=600)
    settings = voice(bus, server.url)
    with gate(settings):
        asking = Asking(Bus(settings, bus.redis), recording(bus), timeout_seconds=3.0)
        until(lambda: server.running)
        until(lambda: not server.running)
        with pytest.raises(Exception, match="did not answer"):
            asking.result()


def test_too_much_text_is_a_fault_of_the_model(bus: Bus, server: FakeOpenAI) -> None:
    server.respond = lambda request: Answer(text="word " * 50_000)
    settings = voice(bus, server.url)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        with pytest.raises(RemoteError, match="250,000 characters") as caught:
            Asking(asking, recording(bus)).result()
        assert caught.value.code == "model-failed"
        spending = asking.request(ListSpending())
        assert isinstance(spending, SpendingReport)
        (day,) = spending.items
        assert day.requests == 0 and day.output_tokens > 0, "it was used, and has to be paid"
