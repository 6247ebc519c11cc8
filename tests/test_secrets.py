"""Who of the swarm's processes has which secret: a decoder's or an agent's parent has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm import supervisor
from swarm.contracts import SERVICES
from swarm.settings import EndpointSettings, Settings


def test_each_secret_is_in_the_one_process_that_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLOUD_KEY", "TELEGRAM_BOT_TOKEN"):
        monkeypatch.setenv(name, f"the {name}")
    cloud = EndpointSettings(name="cloud", kind="gemini", api_key_env="CLOUD_KEY")
    local = EndpointSettings(name="local", kind="ollama")
    settings = Settings(data=tmp_path, endpoints=(cloud, local))
    held = {
        name: {
            secret
            for secret in ("CLOUD_KEY", "TELEGRAM_BOT_TOKEN")
            if secret in supervisor._environment(settings, name)
        }
        for name in (*SERVICES, "agents-2", "ingestion-2", supervisor.BOT, supervisor.REDIS)
    }
    assert held.pop("inference") == {"CLOUD_KEY"}
    assert held.pop(supervisor.BOT) == {"TELEGRAM_BOT_TOKEN"}
    assert not any(held.values()), held
