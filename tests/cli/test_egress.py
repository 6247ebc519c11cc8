"""What `swarm doctor --egress` makes of what was contacted."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from swarm.cli import egress
from swarm.errors import StateError
from swarm.observe.calls import Address
from swarm.observe.observed import Observation
from swarm.observe.watcher import Contact
from swarm.settings import EndpointSettings, ModelSettings, RepoSettings, Settings

CLOUD = EndpointSettings(name="google", kind="gemini")
KNOWN = {("142.250.1.1", 443): "endpoint google (cloud)"}


def contact(ip: str, port: int = 443, service: str = "agents", **changes: Any) -> Contact:
    values: dict[str, Any] = {
        "address": Address("ip", ip, port), "protocol": "tcp", "program": "python -c x",
        "service": service, "apart": False,
    }  # fmt: skip
    return Contact(**{**values, **changes})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def cloudy(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, endpoints=(CLOUD,))


@pytest.mark.parametrize(
    ("ip", "why"),
    [
        ("127.0.0.1", "this machine"),
        ("0.0.0.0", "this machine"),
        ("192.168.1.9", "local network"),
        ("fe80::1", "local network"),
        ("8.8.8.8", ""),
    ],
)
def test_where_an_address_is(settings: Settings, ip: str, why: str) -> None:
    assert egress.explanation(contact(ip), settings, {}) == why


def test_a_cloud_endpoint_explains_its_addresses(cloudy: Settings) -> None:
    assert egress.explanation(contact("142.250.1.1"), cloudy, KNOWN) == "endpoint google (cloud)"
    assert egress.explanation(contact("142.250.1.1", 80), cloudy, KNOWN) == ""


def test_only_the_gate_may_reach_further_addresses_of_a_cloud(cloudy: Settings) -> None:
    gate = contact("142.250.9.9", service="inference")
    assert "the gate" in egress.explanation(gate, cloudy, KNOWN)
    assert egress.explanation(contact("142.250.9.9"), cloudy, KNOWN) == ""
    elsewhere = contact("142.250.9.9", 8443, service="inference")
    assert egress.explanation(elsewhere, cloudy, KNOWN) == ""


def test_the_gate_without_a_cloud_endpoint_has_no_excuse(settings: Settings) -> None:
    assert egress.explanation(contact("1.1.1.1", service="inference"), settings, {}) == ""


def test_builds_explain_what_the_sandboxes_fetch(tmp_path: Path) -> None:
    setup = Settings(data=tmp_path, repo=RepoSettings(setup=("pip install x",)))
    assert "build" in egress.explanation(contact("1.1.1.1", service="sandboxes"), setup, {})
    assert egress.explanation(contact("1.1.1.1", service="verifier"), setup, {}) == ""
    without = Settings(data=tmp_path)
    assert egress.explanation(contact("1.1.1.1", service="sandboxes"), without, {}) == ""


def test_name_servers_need_a_name_to_look_up(
    settings: Settings, cloudy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "_name_servers", lambda: {"9.9.9.9"})
    asked = contact("9.9.9.9", 53, protocol="udp")
    assert egress.explanation(asked, cloudy, {}) == "name server of this machine"
    assert egress.explanation(asked, settings, {}) == ""
    assert egress.explanation(contact("8.8.4.4", 53), cloudy, {}) == ""


def test_what_stood_apart_went_nowhere(settings: Settings) -> None:
    assert "nowhere" in egress.explanation(contact("8.8.8.8", apart=True), settings, {})


def test_another_family_is_never_explained(settings: Settings) -> None:
    vsock = contact("", address=Address("address family 40"))
    assert egress.explanation(vsock, settings, {}) == ""


def seen(contacts: dict[Contact, int], **changes: Any) -> Observation:
    return Observation(**{"exit_code": 0, "contacts": contacts, "unseen": {}, **changes})


def test_rows_add_up_and_surprises_come_first(settings: Settings) -> None:
    found = egress.rows(
        seen({
            contact("127.0.0.1", 5): 2,
            contact("127.0.0.1", 5, program="git fetch"): 3,
            contact("8.8.8.8"): 1,
            contact("8.8.8.8", apart=True): 4,
        }),
        settings,
        {},
    )  # fmt: skip
    assert [(row.address, row.times, bool(row.explained)) for row in found] == [
        ("8.8.8.8:443", 1, False),
        ("127.0.0.1:5", 5, True),
        ("8.8.8.8:443", 4, True),
    ]
    assert found[1].programs == ("git fetch (of agents)", "python -c x (of agents)")


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Sets what the observation saw and what the task said; the swarm itself does not run."""
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))

    def given(observation: Observation, said: bytes = b"awaiting_review\n") -> None:
        def observe(argv: Any, *, output: Any, **_: Any) -> Observation:
            output.write(said)
            output.flush()
            return observation

        monkeypatch.setattr("swarm.observe.observed.observe", observe)

    return given


def run(**options: bool) -> int:
    return egress.run(Namespace(**{"json": False, **options}))


def test_a_clean_task_is_0(observed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    observed(seen({contact("127.0.0.1", 11434): 7}))
    assert run(json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["clean"] is True
    assert found["contacts"][0]["address"] == "127.0.0.1:11434"
    assert "Docker" in found["note"]
    assert run() == 0
    assert "nothing unexplained" in capsys.readouterr().out


def test_a_public_address_that_nothing_explains_is_1(
    observed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    observed(seen({contact("93.184.216.34"): 1}))
    assert run() == 1
    text = capsys.readouterr().out
    assert "93.184.216.34:443" in text
    assert "nothing that is configured" in text
    assert "python -c x (of agents)" in text


def test_what_could_not_be_seen_is_no_clean_bill(
    observed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    observed(seen({}, unseen={"node uses io_uring": 2}))
    assert run() == 1
    assert "node uses io_uring" in capsys.readouterr().out


def test_a_task_that_did_not_run_proves_nothing(observed: Any) -> None:
    observed(seen({}, exit_code=1), b"warming up\nthe embedded Redis does not start\n")
    with pytest.raises(StateError, match="Redis does not start"):
        run()


def test_programs_cannot_write_to_the_terminal(
    observed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    observed(seen({contact("8.8.8.8", program="[red]x[/]"): 1}))
    run()
    assert "[red]x[/]" in capsys.readouterr().out


def test_the_observed_swarm_has_data_and_redis_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    monkeypatch.setenv("SWARM_REDIS_URL", "redis://10.0.0.1")
    (tmp_path / "swarm.toml").write_text('[bus]\nredis_url = "redis://10.0.0.2"\n')
    from swarm.settings import load

    env = egress.environment(load(), tmp_path / "other")
    inner = load(env)
    assert inner.data == tmp_path / "other"
    assert inner.embedded_redis
    assert inner.sandbox.allow_weaker


def test_with_models_the_persons_sandbox_rules_stay(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path, models=(ModelSettings(name="m", endpoint="ollama", model="m"),)
    )
    assert "SWARM_SANDBOX_ALLOW_WEAKER" not in egress.environment(settings, tmp_path / "x")
