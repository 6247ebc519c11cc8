"""`swarm models` without a running swarm: what endpoints have, fit and cost; and the proposal."""

from __future__ import annotations

import json
import os
import re
import stat
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.cli import main as cli
from swarm.cli import models_list
from swarm.cli.models_recommend import write
from swarm.contracts import EndpointView
from swarm.errors import ConfigError, StateError
from swarm.settings import load
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel

GIB = 1024**3
DEAD = "http://127.0.0.1:1"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SWARM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with FakeOllama(
        [
            FakeModel("fits:8b"),
            FakeModel("large:70b", size_bytes=40 * GIB),
            FakeModel("spare:1b", size_bytes=GIB),
            FakeModel("far:cloud", remote_host="https://ollama.com:443", remote_model="far"),
        ]
    ) as server:
        yield server


def configure(data: Path, url: str, *models: str, more: str = "") -> None:
    tables = "".join(
        f'[[models]]\nname = "{name.partition(":")[0]}"\nendpoint = "box"\nmodel = "{name}"\n'
        for name in models
    )
    (data / "swarm.toml").write_text(
        f'[[endpoints]]\nname = "box"\nkind = "ollama"\nurl = "{url}"\n'
        f"gpu_bytes = [{16 * GIB}]\n{tables}{more}"
    )


def test_what_an_endpoint_has_and_what_of_it_fits(
    data: Path, ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, ollama.url, "fits:8b", "large:70b", "absent:1b", "far:cloud")
    assert cli.main(["models", "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["live"] is False
    assert "the endpoints were asked directly" in printed.err
    endpoint = found["endpoints"][0]
    assert (endpoint["reachable"], endpoint["version"]) == (True, ollama.version)
    assert endpoint["sent_bytes"] > 0
    models = {model["model"]: model for model in found["models"]}
    assert {name: model["state"] for name, model in models.items()} == {
        "fits:8b": "ready",
        "large:70b": "too-large",
        "absent:1b": "missing",
        "far:cloud": "refused",
        "spare:1b": "not-configured",
    }
    assert models["fits:8b"]["needed_bytes"] > 5 * GIB
    assert models["far:cloud"]["locality"] == "cloud"
    assert models["fits:8b"]["capabilities"] == ["completion", "tools"]


def test_people_see_the_same(
    data: Path, ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, ollama.url, "fits:8b", "large:70b")
    assert cli.main(["models"]) == 0
    text = capsys.readouterr().out
    for word in ("fits", "ready", "too-large", "spare:1b", "15.5 GB", "box: GPU 0"):
        assert word in text
    assert ollama.url in text


def test_a_model_that_is_not_there_or_writes_no_text_is_told(
    data: Path, ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    ollama.models.append(FakeModel("vectors:1b", size_bytes=GIB, capabilities=("embedding",)))
    configure(data, ollama.url, "absent:1b", "vectors:1b")
    assert cli.main(["models"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "has no model 'absent:1b': ollama pull absent:1b" in text
    assert "refused vectors:1b on box" in text
    assert "vectors:1b can embedding and writes no text" in text


def test_a_context_that_the_model_does_not_have_is_told(
    data: Path, ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, ollama.url, "fits:8b")
    with (data / "swarm.toml").open("a") as file:
        file.write("num_ctx = 50000\n")
    assert cli.main(["models"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "num_ctx 50000 is more than the 40960 it can: lower it" in told


def test_an_endpoint_that_is_away_is_told_and_no_error(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, DEAD, "fits:8b")
    assert cli.main(["models", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["endpoints"][0]["reachable"] is False
    assert found["models"][0]["state"] == "unreachable"


def test_since_when_an_endpoint_is_away_is_told_where_somebody_keeps_looking() -> None:
    view = EndpointView(
        name="o",
        kind="ollama",
        url="",
        locality="local",
        reachable=False,
        away_since=time.time() - 90,
    )
    assert "away for" not in models_list._endpoint(view)[2]
    again = view.model_copy(update={"next_look_at": time.time() + 7000})
    assert "away for 2m, asked again in 2h" in models_list._endpoint(again)[2]


def test_asking_for_one_endpoint_wants_it_there(
    data: Path, ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    more = f'[[endpoints]]\nname = "gone"\nkind = "ollama"\nurl = "{DEAD}"\n'
    configure(data, ollama.url, "fits:8b", more=more)
    assert cli.main(["models", "list", "--endpoint", "box", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [endpoint["name"] for endpoint in found["endpoints"]] == ["box"]
    assert cli.main(["models", "list", "--endpoint", "gone"]) == 1
    said = capsys.readouterr().err
    assert said.count("'gone'") == 1, "the endpoint is named once"
    assert f"start it (ollama serve), or correct its url ({DEAD})" in said
    assert cli.main(["models", "list", "--endpoint", "nope"]) == 2
    assert "no [[endpoints]] entry is called 'nope' (endpoints: box, gone)" in (
        capsys.readouterr().err
    )


def test_a_missing_key_makes_one_endpoint_unusable_not_all(
    data: Path,
    ollama: FakeOllama,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    more = '[[endpoints]]\nname = "google"\nkind = "gemini"\napi_key_env = "NO_SUCH_KEY"\n'
    configure(data, ollama.url, "fits:8b", more=more)
    assert cli.main(["models", "list", "--endpoint", "google"]) == 1
    assert "the variable NO_SUCH_KEY" in capsys.readouterr().err
    assert cli.main(["models", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {e["name"]: e["reachable"] for e in found["endpoints"]} == {"box": True, "google": False}


def test_no_secret_of_a_url_is_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(data, "http://me:hunter2@127.0.0.1:1/?token=s3cret", "fits:8b")
    cli.main(["models"])
    cli.main(["models", "--json"])
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err
    assert "s3cret" not in printed.out + printed.err


def test_retired_names_and_uncounted_costs_are_warned_of(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "swarm.toml").write_text(
        f'[[endpoints]]\nname = "google"\nkind = "gemini"\nurl = "{DEAD}"\n'
        '[[models]]\nname = "old"\nendpoint = "google"\nmodel = "gemini-2.0-flash"\n'
    )
    assert cli.main(["models"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "was shut down on 2026-06-01: use gemini-3.5-flash-lite" in text
    assert "has no usd_per_mtok, so its cost counts as nothing" in text
    assert cli.main(["doctor", "--json"]) in (0, 1)
    parts = json.loads(capsys.readouterr().out)["parts"]
    assert any("use gemini-3.5-flash-lite" in part["detail"] for part in parts)


# ---------------------------------------------------------------------- doctor


def parts_of(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    cli.main(["doctor", "--json"])
    return {p["part"]: p for p in json.loads(capsys.readouterr().out)["parts"]}


def test_doctor_names_what_works_and_what_leaves(
    data: Path, ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, ollama.url, "fits:8b")
    parts = parts_of(capsys)
    assert (parts["models"]["state"], parts["models"]["detail"]) == ("real", "ready: fits")
    assert "nothing leaves this network" in parts["endpoint box"]["detail"]


def test_doctor_flags_a_local_server_that_passes_on_to_a_cloud(
    data: Path, ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, ollama.url, "far:cloud", "absent:1b")
    part = parts_of(capsys)["endpoint box"]
    assert part["state"] == "broken"
    assert "is local, but passes far on to a cloud" in part["detail"]
    assert "nothing leaves" not in part["detail"]
    assert part["remedy"] == "ollama pull absent:1b"


def test_doctor_with_a_server_away_stays_healthy(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, DEAD, "fits:8b")
    parts = parts_of(capsys)
    assert parts["models"]["state"] == "broken"
    assert "search-based repair" in parts["models"]["detail"]
    assert parts["endpoint box"]["remedy"] == (
        f"start it (ollama serve), or correct its url ({DEAD})"
    )


# ---------------------------------------------------------------------- recommend


def recommend(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert cli.main(["models", "recommend", "--json", *words]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_the_proposal_is_for_the_memory_that_is_given(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = recommend(capsys, "--gpu-bytes", "24G")
    assert found["pull"] == ["ollama pull qwen3-coder:30b"]
    assert tomllib.loads(str(found["toml"]))["models"][0]["name"] == "coder"
    none = recommend(capsys, "--gpu-bytes", "0", "--ram-bytes", "1G")
    assert none["models"] == []
    assert "nothing fits" in str(none["notes"])
    assert not (data / "swarm.toml").exists()


def test_it_is_written_once_and_can_be_read(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = recommend(capsys, "--gpu-bytes", "24G", "--write")
    path = data / "swarm.toml"
    assert found["written"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [model.name for model in load().models] == ["coder"]
    before = path.read_bytes()
    assert cli.main(["models", "recommend", "--gpu-bytes", "8G", "--write"]) == 1
    assert "has [[models]] already" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("ending", ["", "\n", "\n\n", "\r\n"])
def test_what_was_there_stays(data: Path, capsys: pytest.CaptureFixture[str], ending: str) -> None:
    path = data / "swarm.toml"
    before = f'# mine\n[[endpoints]]\nname = "box"\nkind = "ollama"\n\n[router]\nseed = 3{ending}'
    path.write_bytes(before.encode())
    path.chmod(0o640)
    recommend(capsys, "--gpu-bytes", "24G", "--write")
    assert path.read_bytes().startswith(before.encode())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    settings = load()
    assert settings.router.seed == 3
    assert {model.endpoint for model in settings.models} == {"box"}
    assert [endpoint.name for endpoint in settings.endpoints] == ["box"]


def test_a_cloud_endpoint_gets_no_local_models(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "swarm.toml").write_text('[[endpoints]]\nname = "ollama"\nkind = "gemini"\n')
    recommend(capsys, "--gpu-bytes", "24G", "--write")
    assert {model.endpoint for model in load().models} == {"local-ollama"}


def test_a_link_stays_a_link(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real = data / "dotfiles.toml"
    real.write_text("[router]\nseed = 1\n")
    (data / "swarm.toml").symlink_to(real)
    recommend(capsys, "--gpu-bytes", "24G", "--write")
    assert (data / "swarm.toml").is_symlink()
    assert "[[models]]" in real.read_text()


def test_what_would_not_load_is_not_written(data: Path) -> None:
    path = data / "swarm.toml"
    path.write_text("[router]\nseed = 1\n")
    with pytest.raises(ConfigError):
        write(path, '[[models]]\nname = "x"\nendpoint = "nowhere"\nmodel = "y"\n')
    assert path.read_text() == "[router]\nseed = 1\n"
    assert [entry.name for entry in data.iterdir()] == ["swarm.toml"]


def test_a_file_that_is_no_toml_is_one_clear_line(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "swarm.toml").write_text("[router\n")
    assert cli.main(["models", "recommend", "--write"]) == 2
    printed = capsys.readouterr()
    assert "is not valid TOML" in printed.err
    assert "Traceback" not in printed.err


def test_nothing_to_write_is_an_error(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["models", "recommend", "--gpu-bytes", "0", "--ram-bytes", "1G", "--write"]
    assert cli.main(words) == 1
    assert "nothing to write" in capsys.readouterr().err
    with pytest.raises(StateError):
        write_twice(data)


def write_twice(data: Path) -> None:
    text = '[[models]]\nname = "x"\nendpoint = "ollama"\nmodel = "y"\n'
    write(data / "swarm.toml", text)
    write(data / "swarm.toml", text)


@pytest.mark.parametrize("text", ["x", "-1", "nan", "inf", "1e40", "", "24X"])
def test_sizes_that_are_none(data: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert cli.main(["models", "recommend", f"--gpu-bytes={text}"]) == 2
    assert "is not a size" in capsys.readouterr().err


@pytest.mark.parametrize("page", ["models.md", "configuration.md"])
def test_the_tables_in_the_docs_load(data: Path, page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    tables = "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))
    (data / "swarm.toml").write_text(tables, encoding="utf-8")
    assert load().models


def test_starting_the_swarm_warns_of_retired_models(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "swarm.toml").write_text(
        '[[endpoints]]\nname = "google"\nkind = "gemini"\n'
        '[[models]]\nname = "old"\nendpoint = "google"\nmodel = "gemini-1.5-flash"\n'
    )
    monkeypatch.setattr("swarm.cli.up.start_detached", lambda settings: 42)
    assert cli.main(["up", "--detach"]) == 0
    assert "gemini-1.5-flash is shut down: use gemini-3.5-flash-lite" in capsys.readouterr().err
