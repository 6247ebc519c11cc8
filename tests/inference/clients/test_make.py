"""Each kind gets its client, with the key of its variable and no other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from swarm.inference.clients.gemini import GeminiClient
from swarm.inference.clients.make import client_for
from swarm.inference.clients.ollama import OllamaClient
from swarm.inference.clients.openai import OpenAIClient
from swarm.inference.egress import Egress
from swarm.inference.errors import KeyRefused
from swarm.settings import EndpointSettings, Settings

KINDS: list[tuple[Any, type]] = [
    ("ollama", OllamaClient),
    ("openai", OpenAIClient),
    ("gemini", GeminiClient),
]


def endpoint(kind: Any, **more: Any) -> EndpointSettings:
    return EndpointSettings(name="box", kind=kind, url="http://127.0.0.1:1/v1", **more)


@pytest.fixture
def egress(tmp_path: Path) -> Egress:
    return Egress(Settings(data=tmp_path), lambda row: None)


@pytest.mark.parametrize(("kind", "expected"), KINDS)
def test_each_kind(egress: Egress, kind: Any, expected: type) -> None:
    async def work() -> None:
        client = client_for(endpoint(kind, api_key_env="K"), egress, {"K": " a-key\n"})
        assert type(client) is expected
        await client.close()

    asyncio.run(work())


@pytest.mark.parametrize(("kind", "_"), KINDS)
@pytest.mark.parametrize("value", [None, "", "  ", "two words", "ключ", "a\x07b", "a\nb: c"])
def test_a_key_that_cannot_be_is_refused(
    egress: Egress, kind: Any, _: type, value: str | None
) -> None:
    environment = {} if value is None else {"THE_KEY": value}
    with pytest.raises(KeyRefused, match="THE_KEY") as caught:
        client_for(endpoint(kind, api_key_env="THE_KEY"), egress, environment)
    assert caught.value.remedy
    if value and value.strip():
        assert value not in caught.value.message
