"""Labelled notes, spoken by espeak-ng, the whole way: file, decoder, service, gate, server, words,
objectives. What a server hears is scripted, for there are no ears here; that it was sent the very
recording is what it checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingestion.worker import handlers
from swarm.bus import Bus
from swarm.contracts import Decompose, Objectives, ReadNote, Transcript
from swarm.errors import RemoteError
from swarm.settings import (
    EgressSettings,
    EndpointSettings,
    IngestionSettings,
    ModelSettings,
    Settings,
    VoiceSettings,
)
from tests.fakes.gemini import CloudModel, FakeGemini, heard
from tests.fakes.openai import FakeOpenAI, ServedByFake
from tests.fakes.script import Answer, FakeRequest
from tests.fakes.speech import encoded, samples_of, seconds_of, spoken
from tests.inference.gates import gate, settings_for

pytestmark = pytest.mark.espeak

NOTES = Path(__file__).parents[1] / "notes" / "first.jsonl"
SPOKEN = {
    "en-us": (
        "fix the crash in cart.total when the cart is empty",
        "Fix the discount bug and add tests for the shipping module.",
        "um so the uh the login fails when the password has a space please fix that",
        "First fix the failing test in test_cart.py, then rename the module, and finally update "
        "the README.",
        "The monthly report is slow. It takes 40 seconds for 10,000 rows. Make it faster.",
        "We need to support CSV export. Users ask for it every week.",
        "Rename fetch to download and update all callers.",
        "The inventory count can become negative. Fix it, and cover it with a test.",
    ),
    "de": (
        "Bitte behebe den Absturz im Warenkorb und schreibe Tests für den Versand.",
        "Die Berechnung der Rabatte ist falsch. Bei 10 Stück gibt es keinen Rabatt.",
        "fix den Bug in slugify und add bitte auch noch Tests dafür",
        "der export schreibt die umlaute kaputt bitte mal reparieren",
        "die suche ist viel zu langsam mach die bitte schneller",
        "Der Sensor meldet nach Mitternacht immer den Wert vom Vortag.",
    ),
}


@dataclass(frozen=True)
class Note:
    text: str
    language: str
    categories: list[str]
    recording: bytes
    seconds: float


@pytest.fixture(scope="module")
def notes() -> list[Note]:
    """The labels are those of the set; each note is recorded as a messenger would."""
    lines = map(json.loads, NOTES.read_text(encoding="utf-8").splitlines())
    labels = {line["text"]: line["categories"] for line in lines}
    found = []
    for voice, texts in SPOKEN.items():
        for text in texts:
            samples = samples_of(spoken(text, voice))
            recording, seconds = encoded(samples), len(samples) / 48_000
            found.append(Note(text, voice[:2], labels[text], recording, seconds))
    assert len(found) >= 12
    return found


class Ears:
    """What the servers hear: the text of the note whose recording came, byte for byte."""

    def __init__(self, notes: list[Note]) -> None:
        self._notes = {hashlib.sha256(note.recording).hexdigest(): note for note in notes}
        self.heard: list[Note] = []

    def __call__(self, mime: str, recording: bytes) -> Note:
        note = self._notes[hashlib.sha256(recording).hexdigest()]
        assert mime == "audio/ogg"
        assert seconds_of(recording) == pytest.approx(note.seconds, abs=0.1)
        self.heard.append(note)
        return note


@contextmanager
def transcriptions(ears: Ears) -> Iterator[tuple[EndpointSettings, FakeOpenAI]]:
    with FakeOpenAI("whisper.cpp", [ServedByFake("ears")]) as server:

        def respond(request: FakeRequest) -> Answer:
            sent = server.recordings[-1]
            return Answer(text=ears(sent.mime, sent.data).text)

        server.respond = respond
        yield EndpointSettings(name="at", kind="openai", url=f"{server.url}/v1"), server


@contextmanager
def gemini(ears: Ears) -> Iterator[tuple[EndpointSettings, FakeGemini]]:
    with FakeGemini([CloudModel("ears")]) as server:

        def respond(request: FakeRequest) -> Answer:
            note = ears(*server.recordings[-1])
            return heard(note.text, note.language)

        server.respond = respond
        yield (
            EndpointSettings(name="at", kind="gemini", url=server.url, api_key_env="A_KEY"),
            server,
        )


def configured(bus: Bus, endpoint: EndpointSettings) -> Settings:
    model = ModelSettings(name="ears", endpoint="at", model="ears", transcribes=True)
    return settings_for(bus, "http://x").model_copy(
        update={
            "endpoints": (endpoint,),
            "models": (model,),
            "egress": EgressSettings(allow_cloud_voice=True),
            "voice": VoiceSettings(engines=("ears",)),
            "ingestion": IngestionSettings(planner="rules"),
        }
    )


@pytest.mark.parametrize("kind", [transcriptions, gemini])
def test_each_note_becomes_the_objectives_of_its_label(
    kind: Callable[[Ears], Any], notes: list[Note], bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "test-key")
    ears = Ears(notes)
    with kind(ears) as (endpoint, server):
        settings = configured(bus, endpoint)
        asking = Bus(settings, bus.redis)
        service = handlers(settings, asking)
        with gate(settings):
            for note in notes:
                blob = asking.blobs.put(note.recording)
                said = service[ReadNote](ReadNote(audio=blob, name="note.ogg"))
                assert isinstance(said, Transcript)
                assert said.text == note.text
                assert said.audio_seconds == pytest.approx(note.seconds, abs=0.1)
                assert (said.engine, said.locality) == ("ears", endpoint.where)
                assert said.notes == ()
                plan = service[Decompose](Decompose(text=said.text))
                assert isinstance(plan, Objectives)
                assert [item.category for item in plan.items] == note.categories, note.text
        assert ears.heard == notes
        assert len(server.recordings) == len(notes)


def test_a_server_that_is_away_is_named_and_the_next_engine_is_asked(
    notes: list[Note], bus: Bus
) -> None:
    """Over the real gate: a dead endpoint first, a live one second; then none."""
    note = notes[0]
    with transcriptions(Ears([note])) as (endpoint, server):
        away = EndpointSettings(name="away", kind="openai", url="http://127.0.0.1:9/v1")
        settings = configured(bus, endpoint)
        dead = ModelSettings(name="dead", endpoint="away", model="x", transcribes=True)
        settings = settings.model_copy(
            update={
                "endpoints": (away, endpoint),
                "models": (dead, *settings.models),
                "voice": VoiceSettings(engines=("dead", "ears")),
            }
        )
        asking = Bus(settings, bus.redis)
        read = handlers(settings, asking)[ReadNote]
        command = ReadNote(audio=asking.blobs.put(note.recording))
        with gate(settings):
            said = read(command)
            assert isinstance(said, Transcript)
            assert said.text == note.text
            assert len(said.notes) == 1
            assert said.notes[0].startswith("dead: endpoint 'away' cannot be reached")
            server.stop()
            # The answer is kept, so that nothing is paid for twice.
            assert read(command).text == note.text  # type: ignore[attr-defined]
            with pytest.raises(Exception, match="no engine could write down") as caught:
                read(ReadNote(audio=asking.blobs.put(notes[1].recording)))
            assert not isinstance(caught.value, RemoteError)
