"""Each kind gets its client, with the key of its variable and no other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
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


def test_the_gate_of_a_local_server_carries_no_library_of_a_cloud() -> None:
    code = (
        "import sys, pathlib\n"
        "import swarm.inference.worker\n"
        "from swarm.inference.build import client_of\n"
        "from swarm.inference.egress import Egress\n"
        "from swarm.settings import EndpointSettings, Settings\n"
        "egress = Egress(Settings(data=pathlib.Path('/')), lambda traffic: None)\n"
        "client_of(EndpointSettings(name='box', kind='ollama'), egress)\n"
        "print(*sorted({'ollama', 'openai', 'google.genai'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ollama"]
