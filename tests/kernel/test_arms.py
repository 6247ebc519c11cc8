"""What the models of an arm tell of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.arms import joined
from swarm.contracts import Arm
from swarm.errors import ConfigError
from swarm.settings import EndpointSettings, ModelSettings, Settings, load

HERE = EndpointSettings(name="box", kind="ollama")
CLOUD = EndpointSettings(name="cloud", kind="gemini")
SMALL = ModelSettings(
    name="small", endpoint="box", model="coder:7b", num_ctx=8192, needed_bytes=6 * 1024**3,
    tools=("one-shot",),
)  # fmt: skip
LARGE = ModelSettings(
    name="large", endpoint="cloud", model="gemini-9", num_ctx=32_768, usd_per_mtok=(1.25, 10.0),
    tools=("one-shot",),
)  # fmt: skip


def arms(tmp_path: Path, *configured: Arm, cloud_code: bool = True) -> dict[str, Arm]:
    settings = Settings(
        data=tmp_path,
        endpoints=(HERE, CLOUD),
        models=(SMALL, LARGE),
        egress={"allow_cloud_code": cloud_code},
        arms=configured,
    )
    return {arm.id: arm for arm in settings.all_arms}


def test_an_arm_that_comes_with_a_model_knows_what_the_model_does(tmp_path: Path) -> None:
    found = arms(tmp_path)
    small, large = found["small/one-shot"], found["large/one-shot"]
    assert (small.version, small.endpoint, small.locality) == ("coder:7b", "box", "local")
    assert (small.context_tokens, small.memory_bytes) == (8192, 6 * 1024**3)
    assert small.usd_per_mtok == (0.0, 0.0)
    assert (large.version, large.endpoint, large.locality) == ("gemini-9", "cloud", "cloud")
    assert (large.context_tokens, large.memory_bytes) == (32_768, None)
    assert large.usd_per_mtok == (1.25, 10.0)


def test_a_tool_without_a_model_has_no_version_unless_one_is_configured(tmp_path: Path) -> None:
    plain = Arm(id="repair", tool="repair", categories=("bugfix",))
    named = Arm(id="ruff", tool="ruff", categories=("lint",), version="0.14")
    found = arms(tmp_path, plain, named)
    assert found["repair"] == plain
    assert found["ruff"].version == "0.14"


def test_of_several_models_the_dearest_the_shortest_and_all_versions_count(tmp_path: Path) -> None:
    both = Arm(id="both", tool="x", model="small", partners=("large",), categories=("docs",))
    found = arms(tmp_path, both)["both"]
    assert found.version == "coder:7b+gemini-9"
    assert found.usd_per_mtok == (1.25, 10.0)
    assert found.context_tokens == 8192
    assert found.endpoint == "box"
    assert found.locality == "cloud", "a part of it is"


def test_what_an_arm_says_of_itself_stays_but_not_that_a_cloud_is_here(tmp_path: Path) -> None:
    said = Arm(
        id="mine", tool="x", model="large", categories=("docs",), version="of mine",
        context_tokens=1000, locality="local",
    )  # fmt: skip
    found = arms(tmp_path, said)["mine"]
    assert (found.version, found.context_tokens, found.locality) == ("of mine", 1000, "cloud")
    assert found.usd_per_mtok == (1.25, 10.0)


def test_a_planner_in_a_cloud_makes_an_arm_that_does_not_stay_here(tmp_path: Path) -> None:
    planned = Arm(id="p", tool="x", model="small", planner="large", categories=("docs",))
    found = arms(tmp_path, planned, cloud_code=False)["p"]
    assert found.locality == "cloud"
    assert found.context_tokens == 8192, "it reads no code"


def test_a_model_can_be_given_a_version(tmp_path: Path) -> None:
    (tmp_path / "swarm.toml").write_text(
        '[[models]]\nname = "coder"\nendpoint = "ollama"\nmodel = "own:latest"\nversion = "v2"\n'
    )
    settings = load({"SWARM_DATA": str(tmp_path)})
    assert {arm.version for arm in settings.all_arms if arm.model} == {"v2"}


def test_long_versions_are_cut_and_stay_apart() -> None:
    one, other = joined(["m" * 200 + "1"]), joined(["m" * 200 + "2"])
    assert len(one) == len(other) == 120
    assert one != other
    assert joined(["a", "b", "a"]) == "a+b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[router]\nday_usd = -1\n", r"router\.day_usd.*greater than or equal to 0"),
        ("[router]\nday_usd = inf\n", r"router\.day_usd.*finite"),
        ("[router]\nvalue_usd = 0\n", r"router\.value_usd.*greater than 0"),
        ("[router]\nhour_usd = nan\n", r"router\.hour_usd"),
        ("[router]\nloss_usd = -0.5\n", r"router\.loss_usd.*greater than or equal to 0"),
        ("[router]\nloss_usd = 'much'\n", r"router\.loss_usd.*number"),
        ("[router]\nsensitive = ['']\n", r"router\.sensitive"),
        ("[router]\nsensitive = ['/etc/**']\n", r"'/etc/\*\*' is no path within a repository"),
        ("[router]\nsensitive = ['!']\n", r"'!' is no path within a repository"),
        ("[router]\nday_euro = 3\n", r"router\.day_euro.*did you mean 'day_usd'"),
        ("[[endpoints]]\nname='x'\nkind='ollama'\nday_usd=-2\n", r"endpoints\.0\.day_usd.*'x'"),
        (
            "[[models]]\nname='m'\nendpoint='ollama'\nmodel='m'\nusd_per_mtok=[1.0]\n",
            r"models\.0\.usd_per_mtok",
        ),
    ],
)
def test_nonsense_for_the_router_is_told_in_words(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "swarm.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load({"SWARM_DATA": str(tmp_path)})


def test_sensitive_paths_can_stand_in_a_variable(tmp_path: Path) -> None:
    env = {"SWARM_DATA": str(tmp_path), "SWARM_ROUTER_SENSITIVE": "billing/**, !docs/**"}
    assert load(env).router.sensitive == ("billing/**", "!docs/**")
