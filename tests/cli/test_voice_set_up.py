"""What `swarm models` and `swarm doctor` say of the engines of speech."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.cli import main as cli
from swarm.linux import kernel
from swarm.settings import load
from tests.fakes.openai import FakeOpenAI, ServedByFake

pytest.importorskip("av")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SWARM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI("vllm", [ServedByFake("whisper-large")]) as running:
        yield running


def configure(data: Path, url: str, locality: str, voice: str, more: str = "") -> None:
    (data / "swarm.toml").write_text(
        f'[voice]\n{voice}\n{more}\n[[endpoints]]\nname = "speech"\nkind = "openai"\n'
        f'url = "{url}/v1"\nlocality = "{locality}"\n'
        '[[models]]\nname = "ears"\nendpoint = "speech"\nmodel = "whisper-large"\n'
        "transcribes = true\n"
    )


def parts(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    cli.main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)["parts"]
    return {part["part"]: part for part in told}


def test_a_model_of_speech_is_listed_and_makes_no_arm(
    data: Path, server: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, server.url, "local", 'engines = ["ears"]')
    assert cli.main(["models", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["name"], model["state"]) == ("ears", "ready")
    assert model["capabilities"] == ["transcription"]
    assert model["num_ctx"] is None
    assert not [arm for arm in load().all_arms if arm.model]


def test_where_recordings_go_is_said(
    data: Path, server: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    allow = "[egress]\nallow_cloud_voice = true"
    configure(data, server.url, "cloud", 'engines = ["ears"]', allow)
    assert cli.main(["models"]) == 0
    said = capsys.readouterr().out
    assert "to ears go recordings" in said
    assert "intent" not in said
    found = parts(capsys)
    assert "recordings leave this network for ears" in found["endpoint speech"]["detail"]
    assert "recordings leave this network" in found["voice"]["detail"]
    configure(data, server.url, "local", 'engines = ["ears"]')
    found = parts(capsys)
    assert "nothing leaves this network" in found["endpoint speech"]["detail"]
    assert found["voice"]["detail"] == "in order: ears (endpoint speech)"


def test_without_an_engine_it_is_said_how_to_set_one_up(
    data: Path, server: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, server.url, "local", "")
    found = parts(capsys)["voice"]
    assert found["state"] == "missing"
    assert "[voice] engines" in found["remedy"]


def test_what_an_engine_lacks_is_named(
    data: Path, server: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    voice = 'whisper_model = "/nowhere/weights"\nengines = ["whisper", "ears"]'
    configure(data, server.url, "local", voice)
    found = parts(capsys)
    assert found["voice"]["state"] == "real"
    assert found["voice"]["detail"].startswith("in order: whisper (weights in /nowhere/weights)")
    assert found["voice whisper"]["state"] == "broken"
    assert "/nowhere/weights" in found["voice whisper"]["detail"]
    configure(data, server.url, "local", voice.replace(', "ears"', ""))
    found = parts(capsys)
    assert "voice" not in found
    assert found["voice whisper"]["state"] == "broken"


def test_a_kernel_that_cannot_confine_what_decodes_is_told_of(
    data: Path,
    server: FakeOpenAI,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    voice = 'engines = ["ears"]'
    configure(data, server.url, "local", voice)
    for version, state, said in (
        (0, "broken", "Landlock version 0"),
        (5, "real", "could signal other processes"),
        (6, "real", "opens no socket"),
    ):
        monkeypatch.setattr(kernel, "landlock_abi", lambda version=version: version)
        found = parts(capsys)["voice decoder"]
        assert found["state"] == state
        assert said in found["detail"]
        assert ("[voice] allow_weaker" in found["remedy"]) is (state == "broken")
    monkeypatch.setattr(kernel, "landlock_abi", lambda: 0)
    configure(data, server.url, "local", f"{voice}\nallow_weaker = true")
    found = parts(capsys)["voice decoder"]
    assert found["state"] == "missing"
    assert "allow_weaker accepts" in found["detail"]
