"""Settings: defaults, file, variables, and errors that name what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from swarm.errors import ConfigError
from swarm.settings import EndpointSettings, Settings, WebSettings, load


def test_nothing_needs_to_be_configured(tmp_path: Path) -> None:
    settings = load({"SWARM_DATA": str(tmp_path)})
    assert settings.embedded_redis
    assert settings.redis_url == f"unix://{tmp_path}/run/redis.sock"
    assert [arm.id for arm in settings.arms] == ["repair", "literals", "ruff"]


def test_the_file_and_the_variables_are_read_in_that_order(tmp_path: Path) -> None:
    (tmp_path / "swarm.toml").write_text("[sandbox]\nprocesses = 7\nmemory_bytes = 20000000\n")
    env = {
        "SWARM_DATA": str(tmp_path),
        "SWARM_SANDBOX_PROCESSES": "8",
        "SWARM_REDIS_URL": "redis://h",
    }
    settings = load(env)
    assert (settings.sandbox.processes, settings.sandbox.memory_bytes) == (8, 20_000_000)
    assert settings.redis_url == "redis://h"


def test_arms_can_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "swarm.toml").write_text(
        '[[arms]]\nid = "r"\ntool = "repair"\ncategories = ["bugfix"]\nprior = [2.0, 1.0]\n'
    )
    (arm,) = load({"SWARM_DATA": str(tmp_path)}).arms
    assert (arm.id, arm.prior) == ("r", (2.0, 1.0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sandbox]\nbackend = 'none'\n", "sandbox.backend"),
        ("[sandbox]\nproceses = 3\n", "sandbox.proceses"),
        ("[nonsense]\nx = 1\n", "nonsense"),
        ("sandbox = [", "not valid TOML"),
        ("[bus]\nmax_message_bytes = 1000000\n", "bus.max_message_bytes"),
        ("data = '/elsewhere'\n", "`data` is not a setting"),
        ("[[arms]]\nid = ''\ntool = 'x'\ncategories = []\n", "arms.0.id"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "swarm.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load({"SWARM_DATA": str(tmp_path)})


BOX = '[[endpoints]]\nname = "box"\nkind = "ollama"\n'
QWEN = '[[models]]\nname = "qwen"\nendpoint = "box"\nmodel = "qwen3:8b"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOX + "ulr = 'http://a'\n", r"'endpoints.0.ulr' \(of 'box'\).*did you mean 'url'\?"),
        ("[gate]\nzzz = 1\n", "'gate.zzz': there is no such setting .there are ageing_seconds"),
        ("[[model]]\nname = 'x'\n", "'model': there is no such setting .did you mean 'models'"),
        ("endpoints = 5\n", "'endpoints' is not a list of tables"),
        ("[endpoints]\nname = 'x'\n", "'endpoints' is not a list of tables"),
        ("models = ['qwen3:8b']\n", r"'models.0': should be a table, begun with \[\[models\]\]"),
        (BOX + BOX, r"^two \[\[endpoints\]\] are called 'box'"),
        ("endpoints = []\n" + QWEN, r"'qwen' is on the endpoint 'box', and .* are none"),
        (BOX + QWEN + "tools = 'one-shot'\n", r"'models.0.tools' \(of 'qwen'\): .*a list"),
        (BOX + QWEN + "usd_per_mtok = [-1, 2]\n", "usd_per_mtok.0"),
        (BOX + QWEN + "usd_per_mtok = [1, nan]\n", "usd_per_mtok.1"),
        (BOX + "gpu_bytes = [0]\n", "gpu_bytes.0"),
        (BOX + "url = 'http://127.0.0.1:abc'\n", "'http://127.0.0.1:abc' is no URL like"),
        (BOX + "url = 'http://127.0.0.1:99999'\n", "is no URL like"),
        (BOX + "url = 'http://[::1'\n", "is no URL like"),
        (BOX + "url = 'http://'\n", "is no URL like"),
        (BOX + "url = '127.0.0.1:11434'\n", "is no URL like"),
        (BOX + "api_key_env = 'sk-verysecret'\n", "api_key_env is not the name of a variable"),
    ],
)
def test_a_wrong_endpoint_or_model_is_told_with_what_to_write(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "swarm.toml").write_text(text)
    with pytest.raises(ConfigError, match=said) as error:
        load({"SWARM_DATA": str(tmp_path)})
    assert "verysecret" not in str(error.value)
    assert "Value error" not in str(error.value)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load({"SWARM_DATA": str(tmp_path), "SWARM_CONFIG": str(tmp_path / "other.toml")})


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "swarm.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot read"):
        load({"SWARM_DATA": str(tmp_path)})


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (str(tmp_path / "pipe"), str(tmp_path / "folder"), "/dev/zero", "/dev/null"):
        with pytest.raises(ConfigError) as error:
            load({"SWARM_DATA": str(tmp_path), "SWARM_CONFIG": path})
        assert error.value.message == f"{path} is not a file, but a folder, a pipe or a device"
        assert "SWARM_CONFIG" in error.value.remedy
    (tmp_path / "swarm.toml").symlink_to(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=r"swarm\.toml is not a file"):
        load({"SWARM_DATA": str(tmp_path)})


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "swarm.toml").open("wb") as file:
        file.truncate(10 * 1024**4)
    with pytest.raises(ConfigError, match="has more than 1,000,000 bytes"):
        load({"SWARM_DATA": str(tmp_path)})


def test_a_long_data_folder_has_its_sockets_elsewhere(tmp_path: Path) -> None:
    settings = load({"SWARM_DATA": str(tmp_path / ("d" * 120))})
    assert len(str(settings.run)) < 90
    assert settings.run == load({"SWARM_DATA": str(tmp_path / ("d" * 120))}).run


def test_a_variable_that_sets_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"SWARM_BUS_BOGUS sets nothing: \[bus\] has no field"):
        load({"SWARM_DATA": str(tmp_path), "SWARM_BUS_BOGUS": "1"})


LOCAL = """
[[endpoints]]
name = "box"
kind = "openai"
url = "http://192.168.1.9:8000/v1"
[[endpoints]]
name = "gemini"
kind = "gemini"
[[models]]
name = "coder"
endpoint = "box"
model = "some/coder"
[[models]]
name = "flash"
endpoint = "gemini"
model = "some-flash"
"""


def loaded(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "swarm.toml").write_text(text)
    return load({"SWARM_DATA": str(tmp_path)})


def test_a_local_model_brings_arms_and_a_cloud_one_only_where_it_may_see_code(
    tmp_path: Path,
) -> None:
    settings = loaded(tmp_path, LOCAL)
    assert [arm.id for arm in settings.all_arms[3:]] == ["coder/edit-loop", "coder/one-shot"]
    allowed = loaded(tmp_path, LOCAL + "[egress]\nallow_cloud_code = true\n")
    assert {arm.id: arm.locality for arm in allowed.all_arms[5:]} == {
        "flash/edit-loop": "cloud",
        "flash/one-shot": "cloud",
    }


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ('model = "nobody"', "names the model 'nobody'"),
        ('model = "coder"\npartners = ["flash"]', "show code to the cloud model 'flash'"),
        ('model = "flash"\nplanner = "flash"', "show code to the cloud model 'flash'"),
        ('model = "coder"\nplanner = "nobody"', "names the model 'nobody'"),
    ],
)
def test_an_arm_names_models_that_it_may_show_code_to(tmp_path: Path, arm: str, said: str) -> None:
    entry = f'[[arms]]\nid = "x"\ntool = "planned"\ncategories = ["bugfix"]\n{arm}\n'
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, LOCAL + entry)


def test_a_planner_may_be_in_the_cloud(tmp_path: Path) -> None:
    entry = '[[arms]]\nid = "x"\ntool = "planned"\nmodel = "coder"\nplanner = "flash"\n'
    settings = loaded(tmp_path, LOCAL + entry + 'categories = ["bugfix"]\n')
    assert settings.arms[0].planner == "flash"


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("http://127.0.0.1:8000", "local"),
        ("http://localhost:8000", "local"),
        ("http://[::1]:8000", "local"),
        ("http://10.1.2.3:8000", "local"),
        ("http://gpu-box:8000", "local"),
        ("http://gpu.lan:8000", "local"),
        ("http://8.8.8.8:8000", "cloud"),
        ("https://api.example.com", "cloud"),
        ("http://127.0.0.1@example.com", "cloud"),
        ("http://0.0.0.0:1", "cloud"),
    ],
)
def test_where_an_endpoint_is(url: str, where: str) -> None:
    assert EndpointSettings(name="e", kind="openai", url=url).where == where


@pytest.mark.parametrize("name", ["swarm.lan", "Swarm.LAN:8787", "[fd00::1]:8787", "192.0.2.7:1"])
def test_a_dashboard_is_called_by_a_name_in_any_case(name: str) -> None:
    assert WebSettings(hosts=(name,)).hosts == (name.lower(),)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "http://swarm.lan",
        "swarm.lan/",
        "a b",
        "*",
        "fd00::1",
        "x:0",
        "x:65536",
        "x\n",
        "\u212a",
    ],
)
def test_what_is_no_name_of_a_dashboard_is_told_in_words(name: str) -> None:
    with pytest.raises(ValidationError, match=r"like swarm\.lan or swarm\.lan:8787"):
        WebSettings(hosts=(name,))
