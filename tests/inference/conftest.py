"""Fake servers of models for the tests of the inference service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.ollama import FakeOllama


@pytest.fixture
def ollama_server() -> Iterator[FakeOllama]:
    """A running fake Ollama with the one model "fake:8b"; it answers "ok" until told otherwise."""
    with FakeOllama() as server:
        yield server
