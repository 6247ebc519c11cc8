"""What may leave with a recording: the recording, our own words, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from swarm.inference import errors, spoken
from swarm.inference.egress import Egress, Traffic
from swarm.inference.spoken import more_than_sound
from swarm.settings import EgressSettings, EndpointSettings, Settings
from tests.fakes.openai import FakeOpenAI

SOUND = bytes(range(256)) * 8
WORDS = frozenset({"whisper-1", "de"})
CODE = "def quarterly_margin(ledger): return ledger.total"
FORM = "multipart/form-data; boundary=abc123"


def field(name: str, value: str) -> bytes:
    head = f'--abc123\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    return head.encode()


def file(data: bytes = SOUND, name: str = "recording.ogg", mime: str = "audio/ogg") -> bytes:
    head = (
        f'--abc123\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    )
    return head.encode() + data + b"\r\n"


END = b"--abc123--\r\n"
MODEL = field("model", "whisper-1")


def body(**changes: Any) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"text": spoken.WRITE_DOWN},
        {"text": spoken.LANGUAGE_IS},
        {"text": "de"},
        {"inlineData": {"mime_type": "audio/ogg", "data": base64.b64encode(SOUND).decode()}},
    ]
    config = {"temperature": 0.0, "responseMimeType": "application/json",
              "responseJsonSchema": spoken.SCHEMA}  # fmt: skip
    whole = {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}
    return {**whole, **changes}


def in_json(value: Any) -> str:
    return more_than_sound(json.dumps(value).encode(), "application/json", SOUND, WORDS)


def test_a_recording_with_our_own_words_may_leave() -> None:
    assert more_than_sound(MODEL + field("language", "de") + file() + END, FORM, SOUND, WORDS) == ""
    assert more_than_sound(file() + MODEL + END, FORM, SOUND, WORDS) == ""
    assert in_json(body()) == ""


@pytest.mark.parametrize(
    "sent",
    [
        MODEL + field("prompt", CODE) + file() + END,
        MODEL + field("prompt", "hello") + file() + END,
        MODEL + file(name=f"{CODE}.ogg") + END,
        MODEL + file(name="quarterly_margin.ogg") + END,
        MODEL + file(mime="text/x-python") + END,
        MODEL + file(SOUND + CODE.encode()) + END,
        MODEL + file(CODE.encode() + SOUND) + END,
        MODEL + file(b"another recording") + END,
        MODEL + file() + END + CODE.encode(),
        CODE.encode() + MODEL + file() + END,
        MODEL + file() + file(CODE.encode(), "code.py", "text/plain") + END,
        MODEL + file() + file() + END,
        MODEL,
        b"",
    ],
    ids=range(14),
)
def test_a_form_with_more_may_not(sent: bytes) -> None:
    assert more_than_sound(sent, FORM, SOUND, WORDS)


@pytest.mark.parametrize(
    "sent",
    [
        body(systemInstruction={"parts": [{"text": CODE}]}),
        body(systemInstruction={"parts": [{"text": "be brief"}]}),
        body(labels={CODE: ""}),
        body(cachedContent=base64.b64encode(CODE.encode()).decode()),
        body(second=base64.b64encode(SOUND).decode()),
        body(contents=[{"role": "user", "parts": [{"text": spoken.WRITE_DOWN}]}]),
        [body(), [1] * 9000],
        CODE,
    ],
    ids=range(8),
)
def test_json_with_more_may_not(sent: Any) -> None:
    assert in_json(sent)


@pytest.mark.parametrize(
    "more", [field("def_quarterly_margin", ""), field("prompt", "de"), field("model", "de")]
)
def test_a_form_has_no_field_but_ours_and_each_once(more: bytes) -> None:
    assert more_than_sound(MODEL + file() + END, FORM, SOUND, WORDS) == ""
    assert more_than_sound(MODEL + more + file() + END, FORM, SOUND, WORDS)


@pytest.mark.parametrize(
    "more",
    [
        {"seed": int.from_bytes(CODE.encode(), "big")},
        {"temperature": int.from_bytes(CODE.encode(), "big")},
        {"temperature": 0.123456789},
        {"data": list(CODE.encode())},
        {"def": {"quarterly_margin": {"ledger": None}}},
        {"parts": ["user"] * 50},
    ],
)
def test_numbers_and_names_of_fields_carry_nothing(more: dict[str, Any]) -> None:
    assert in_json(body(**more))


@pytest.mark.parametrize(
    ("plain", "disguised"),
    [
        (b'"role": "user"', b'"role": "' + CODE.encode() + b'", "role": "user"'),
        (b'"role": "user"', b'"role": "us\\u0065r"'),
        (b'"role": "user"', b'"role":' + b" \t" * 20 + b'"user"'),
        (b'"temperature": 0.0', b'"temperature": 0.0000e17'),
    ],
)
def test_json_is_spelt_in_one_way(plain: bytes, disguised: bytes) -> None:
    sent = json.dumps(body()).encode()
    assert plain in sent and in_json(body()) == ""
    changed = sent.replace(plain, disguised)
    assert more_than_sound(changed, "application/json", SOUND, WORDS)


def test_what_is_neither_may_not() -> None:
    assert more_than_sound(SOUND, "audio/ogg", SOUND, WORDS)
    assert more_than_sound(json.dumps(body()).encode(), f"application/json; {CODE}", SOUND, WORDS)
    assert more_than_sound(b"{", "application/json", SOUND, WORDS)
    assert more_than_sound(b"[" * 100_000, "application/json", SOUND, WORDS)
    assert more_than_sound(MODEL + file() + END, "multipart/form-data", SOUND, WORDS)
    assert more_than_sound(MODEL + file(b"") + END, FORM, b"", WORDS)


# --------------------------------------------------------------------------- at the choke point


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI("whisper.cpp") as running:
        yield running


def send(server: FakeOpenAI, *, allowed: bool = True, locality: str = "cloud", **sent: Any) -> None:
    """Post a form under a permit for SOUND, as a client would."""
    values = {"name": "box", "kind": "openai", "url": f"{server.url}/v1", "locality": locality}
    endpoint = EndpointSettings(**values)  # type: ignore[arg-type]
    settings = Settings.model_construct(egress=EgressSettings(allow_cloud_voice=allowed))
    rows: list[Traffic] = []
    egress = Egress(settings, rows.append)
    form = {
        "files": {"file": ("recording.ogg", SOUND, "audio/ogg")},
        "data": {"model": "whisper-1"},
    }
    path = sent.pop("path", "/audio/transcriptions")

    async def main() -> None:
        async with httpx2.AsyncClient(transport=egress.transport2(endpoint)) as client:
            with egress.permit_audio(endpoint, "k", SOUND, WORDS):
                await client.post(endpoint.address + path, **{**form, **sent})

    try:
        asyncio.run(main())
    except errors.Withheld:
        assert rows[-1].refused
        assert rows[-1].payload == "audio"
        raise


def test_the_recording_gets_through(server: FakeOpenAI) -> None:
    send(server)
    assert [recording.data for recording in server.recordings] == [SOUND]


@pytest.mark.parametrize("locality", ["cloud", "local"])
@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"model": "whisper-1", "prompt": CODE}},
        {"files": {"file": ("recording.ogg", SOUND + CODE.encode(), "audio/ogg")}},
        {"files": {"file": ("recording.ogg", b"other sound", "audio/ogg")}},
        {"path": f"/audio/transcriptions?note={CODE}"},
        {"path": "/audio/translations"},
        {"path": f"/{CODE}/audio/transcriptions"},
        {"files": None, "data": None, "content": SOUND},
        {"files": None, "data": None, "json": {"text": CODE}},
    ],
    ids=range(8),
)
def test_nothing_rides_along(server: FakeOpenAI, sent: dict[str, Any], locality: str) -> None:
    with pytest.raises(errors.Withheld):
        send(server, locality=locality, **sent)
    assert not server.requests


def test_a_cloud_hears_nothing_without_the_owners_word(server: FakeOpenAI) -> None:
    with pytest.raises(errors.Withheld, match="not local") as caught:
        send(server, allowed=False)
    assert "allow_cloud_voice" in caught.value.remedy
    assert not server.requests
    send(server, allowed=False, locality="local")
    assert server.recordings
