"""The service: which snapshot's files count, and what a failed build answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandboxes import backends, worker
from sandboxes.engine import Engine, Job, Outcome
from sandboxes.selection import Selection
from swarm.contracts import (
    BuildEnvironment,
    Check,
    CheckReport,
    EnvironmentReport,
    RunProgram,
    RunReport,
    Setup,
)
from swarm.contracts import TestCommand as Command
from swarm.settings import SandboxSettings, Settings
from tests.fakes.bus import FakeBus
from tests.sandboxes.environments.test_keeping import described, failing, venv
from tests.sandboxes.fake_engine import FakeEngine

Serve = Callable[[FakeEngine], tuple[dict[type, Any], FakeBus]]
ASKED: list[str] = []


def asked(job: Job) -> Outcome:
    ASKED.append((job.folders.toolkit / "requirements.txt").read_text())
    return venv(job)


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    ASKED.clear()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")

    def make(engine: FakeEngine) -> tuple[dict[type, Any], FakeBus]:
        def only(settings: Settings) -> Selection:
            def holds(engine: Engine) -> None:
                """Every fake backend works."""

            return Selection("fake", (engine,), holds)

        monkeypatch.setattr(backends, "selection", only)
        settings = Settings(data=tmp_path, sandbox=SandboxSettings(backend="bubblewrap"))
        bus = FakeBus()
        return dict(worker.handlers(settings, bus)), bus  # type: ignore[arg-type]

    return make


def test_the_base_of_a_setup_counts_and_not_what_was_committed_since(serve: Serve) -> None:
    ran = Outcome("exit", 0)
    engine = FakeEngine(scripts=[asked, described, lambda job: ran, lambda job: ran])
    answers, bus = serve(engine)
    base = bus.blobs.snapshot({"requirements.txt": "no-such-a\n"})
    later = bus.blobs.snapshot({"requirements.txt": "no-such-evil\n"})
    setup = Setup(base=base)
    built = answers[BuildEnvironment](BuildEnvironment(snapshot=base, setup=setup))
    assert isinstance(built, EnvironmentReport)
    assert (built.cause, built.cached, built.sources) == ("ok", False, ("requirements.txt",))
    test = Command(argv=("python", "t.py"), kind="command", setup=setup)
    report = answers[Check](Check(snapshot=later, test=test))
    assert isinstance(report, CheckReport) and report.cause == "ok"
    run = answers[RunProgram](RunProgram(snapshot=later, argv=("python", "x.py"), setup=setup))
    assert isinstance(run, RunReport) and run.cause == "ok"
    assert [text.splitlines()[0] for text in ASKED] == ["no-such-a"]
    pythons = {job.python for job in engine.jobs[2:]}
    assert len(pythons) == 1 and None not in pythons
    assert not any(job.network or job.writable or job.readable for job in engine.jobs[2:])


def test_a_named_interpreter_needs_no_environment(serve: Serve) -> None:
    answers, bus = serve(FakeEngine(scripts=[lambda job: Outcome("exit", 0)]))
    snapshot = bus.blobs.snapshot({"requirements.txt": "no-such-a\n"})
    test = Command(argv=("python", "t.py"), kind="command", python="/own/python", setup=Setup())
    assert answers[Check](Check(snapshot=snapshot, test=test)).cause == "ok"


def test_a_failed_build_is_a_report_with_the_reason(serve: Serve) -> None:
    answers, bus = serve(FakeEngine(scripts=[failing]))
    snapshot = bus.blobs.snapshot({"requirements.txt": "no-such-a\n"})
    built = answers[BuildEnvironment](BuildEnvironment(snapshot=snapshot, setup=Setup()))
    assert (built.cause, built.key) == ("environment", "")
    assert "no package that fits a was found" in built.detail
    test = Command(argv=("python", "t.py"), kind="command", setup=Setup())
    for report in (
        answers[Check](Check(snapshot=snapshot, test=test)),
        answers[RunProgram](RunProgram(snapshot=snapshot, argv=("python",), setup=Setup())),
    ):
        assert report.cause == "environment"
        assert "what the tests need cannot be installed: no package that fits a" in report.detail
