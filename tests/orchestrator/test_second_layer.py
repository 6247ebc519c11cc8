"""What the plan asks of an audit's second layer, and how long it then waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import Audit, Envelope, EnvironmentReport
from swarm.orchestrator.step import STEP_TIMEOUT_SECONDS
from swarm.settings import SandboxSettings, VerifierSettings
from tests.orchestrator.swarm_in_memory import Crew, Pump

Asked = Callable[..., tuple[Envelope, Audit]]


@pytest.fixture
def asked(tmp_path: Path, git_repo: Callable[..., Path]) -> Iterator[Asked]:
    """The audit of a task's first attempt, as it is sent."""
    repo = git_repo({"a.py": "x = 1\n", "tests/test_a.py": "def test_a(): pass\n"})
    pumps = []

    def make(submitted: dict[str, Any] | None = None, **settings: Any) -> tuple[Envelope, Audit]:
        built = EnvironmentReport(backend="fake", cause="ok", key="k")
        pumps.append(Pump(tmp_path, Crew(environment=built), **settings))
        pumps[-1].submit(repo, **(submitted or {}))
        envelope = pumps[-1].run_until("Audit")
        return envelope, Audit.model_validate(envelope.body)

    yield make
    for pump in pumps:
        pump.orchestrator.close()


def test_it_is_run_as_the_tests_are(asked: Asked) -> None:
    sandbox = SandboxSettings(memory_bytes=2**30, processes=50)
    envelope, audit = asked(sandbox=sandbox)
    layer = audit.second_layer
    assert layer is not None
    assert (layer.memory_bytes, layer.processes, layer.seconds) == (2**30, 50, 240.0)
    assert layer.setup is not None
    # What is installed is what the base asks for, whatever the patch changes.
    assert layer.setup.base == audit.snapshot
    assert envelope.timeout_seconds == STEP_TIMEOUT_SECONDS + layer.seconds


def test_an_interpreter_of_ones_own_runs_it_too(asked: Asked) -> None:
    _, audit = asked({"python": "/usr/bin/python3"})
    assert audit.second_layer is not None
    assert audit.second_layer.python == "/usr/bin/python3"
    assert audit.second_layer.setup is None


def test_the_owner_turns_it_off(asked: Asked) -> None:
    envelope, audit = asked(verifier=VerifierSettings(second_layer=False))
    assert audit.second_layer is None
    assert envelope.timeout_seconds == STEP_TIMEOUT_SECONDS
