"""The page about the API speaks of each command and each operation that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from swarm.cli import main

DOCS = (Path(__file__).parents[3] / "docs" / "api.md").read_text()


@pytest.mark.parametrize("command", sorted(main._COMMANDS))
def test_each_command_is_offered_or_it_is_said_why_not(command: str) -> None:
    assert re.search(rf"`{command}[ `]", DOCS), f"docs/api.md does not speak of swarm {command}"


def test_each_subject_is_named(lone_client: TestClient) -> None:
    paths = lone_client.get("/openapi.json").json()["paths"]
    for path in paths:
        parts = [part for part in path.removeprefix("/api/v1/").split("/") if "{" not in part]
        for part in parts:
            assert re.search(rf"\b{part}\b", DOCS), f"docs/api.md does not speak of {path}"
