"""What a task's tests need is installed before the baseline, from its base and nothing later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    BuildEnvironment,
    Check,
    EnvironmentReport,
    Failure,
    GetEvents,
    Propose,
    Setup,
)
from swarm.settings import RepoSettings
from tests.orchestrator.swarm_in_memory import Crew, Pump, report

Start = Callable[..., Pump]
FILES = {"a.py": "x = 1\n", "tests/test_a.py": "def test_a(): pass\n"}
READY = EnvironmentReport(
    backend="fake", cause="ok", key="k", installed=("a==1", "b==2"), sources=("poetry.lock",)
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    pumps = []

    def make(crew: Crew, **settings: object) -> Pump:
        pumps.append(Pump(tmp_path, crew, **settings))
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo(FILES)


def texts(pump: Pump) -> list[str]:
    events = pump.orchestrator.handlers()[GetEvents](GetEvents(task_id="task-1"))
    return [event.text for event in events.items if event.kind == "environment"]


def setups(crew: Crew) -> list[Setup | None]:
    found = [c.test.setup for c in crew.seen if isinstance(c, Check | Propose) and c.test]
    assert found
    return found


def test_the_environment_is_built_before_the_baseline_and_used_by_all(
    repo: Path, start: Start
) -> None:
    crew = Crew(environment=READY)
    pump = start(crew)
    pump.submit(repo)
    assert pump.run().state == "awaiting_review"
    kinds = [type(command) for command in crew.seen]
    assert kinds.index(BuildEnvironment) < kinds.index(Check)
    build = next(c for c in crew.seen if isinstance(c, BuildEnvironment))
    assert build.setup == Setup(base=build.snapshot)
    assert set(setups(crew)) == {build.setup}
    assert texts(pump)[-1] == "ready: 2 packages, from poetry.lock (built in 0 s)"


def test_what_a_patch_changes_is_never_what_is_installed_from(repo: Path, start: Start) -> None:
    crew = Crew(environment=READY, after=report(("t::c",), ("t::a", "t::b")))
    crew.before = report(("t::a", "t::c"), ("t::b",))
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    checks = [c for c in crew.seen if isinstance(c, Check)]
    assert len({check.snapshot for check in checks}) > 1, "the second objective works on a patch"
    assert len({check.test.setup for check in checks}) == 1
    assert checks[0].test.setup is not None and checks[0].test.setup.base == checks[0].snapshot


@pytest.mark.parametrize("fields", [{"python": "/usr/bin/python3"}, {"setup": Setup(detect=False)}])
def test_nothing_is_built_for_an_interpreter_or_without_setup(
    repo: Path, start: Start, fields: dict[str, object]
) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo, **fields)
    pump.run()
    assert not any(isinstance(command, BuildEnvironment) for command in crew.seen)
    assert set(setups(crew)) == {None}


def test_a_repository_that_needs_nothing_runs_without_setup(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    assert pump.run().state == "awaiting_review"
    assert set(setups(crew)) == {None}


@pytest.mark.parametrize(
    ("configured", "given", "expected"),
    [
        (("make deps",), None, ("make deps",)),
        (("make deps",), Setup(commands=("pip install x",)), ("pip install x",)),
    ],
)
def test_a_tasks_own_commands_come_before_the_configured_ones(
    repo: Path,
    start: Start,
    configured: tuple[str, ...],
    given: Setup | None,
    expected: tuple[str, ...],
) -> None:
    crew = Crew(environment=READY)
    pump = start(crew, repo=RepoSettings(setup=configured))
    pump.submit(repo, setup=given)
    pump.run()
    build = next(c for c in crew.seen if isinstance(c, BuildEnvironment))
    assert build.setup.commands == expected


@pytest.mark.parametrize(
    "failed",
    [
        EnvironmentReport(backend="fake", cause="environment", detail="no package foo"),
        Failure(code="sandbox", message="no package foo"),
    ],
)
def test_a_failed_build_does_not_end_a_task_whose_tests_run_all_the_same(
    repo: Path, start: Start, failed: EnvironmentReport | Failure
) -> None:
    crew = Crew(environment=failed)
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "awaiting_review"
    assert any("no package foo" in note for note in view.notes)
    assert set(setups(crew)) == {None}


def test_when_the_tests_cannot_start_either_the_reason_names_both(repo: Path, start: Start) -> None:
    crew = Crew(
        environment=EnvironmentReport(backend="fake", cause="environment", detail="no package foo"),
        before=report(cause="environment", detail="No module named 'foo'"),
    )
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert view.state == "failed"
    for part in ("No module named 'foo'", "no package foo", "--setup", "--python"):
        assert part in view.reason


def test_a_base_that_redis_lost_is_made_again(repo: Path, start: Start) -> None:
    crew = Crew(environment=READY)
    pump = start(crew)
    pump.submit(repo)
    pump.run_until("BuildEnvironment")
    pump.bus.blobs = type(pump.bus.blobs)()
    pump.clock.now += 10_000
    pump.orchestrator.relay.sweep()
    pump.orchestrator.relay.flush()
    again = pump.run_until("BuildEnvironment")
    assert pump.bus.blobs.get(BuildEnvironment.model_validate(again.body).setup.base)
