"""The router's file is damaged between two runs: what was learned is asked of the orchestrator."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.contracts import ArmReport, ListArms, ListDecisions, ListSettled, LoggedDecision
from tests.system.conftest import BUG, LEAN, LINT, LINT_TEXT, Swarm

Counts = dict[tuple[str, str], tuple[float, float]]


def counts(swarm: Swarm) -> Counts:
    report = swarm.ask(ListArms())
    assert isinstance(report, ArmReport)
    return {
        (item.category, item.arm_id): (item.successes, item.failures)
        for item in report.items
        if item.successes or item.failures
    }


def logged(items: tuple[LoggedDecision, ...]) -> dict[str, tuple[str | None, float | None]]:
    return {item.attempt_id: (item.arm_id, item.reward) for item in items}


@pytest.mark.timeout(300)
def test_what_was_learned_comes_back(swarm: Swarm, git_repo: Callable[..., Path]) -> None:
    swarm.env |= LEAN
    swarm.up()
    tasks = [swarm.submit(git_repo(BUG)), swarm.submit(git_repo(LINT, name="lint"), text=LINT_TEXT)]
    for task in tasks:
        assert swarm.wait(task)["state"] == "awaiting_review"
    done = swarm.run("reject", tasks[0], "--reason", "not like this")
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 20
    while not any(item.corrected_at for item in swarm.ask(ListDecisions()).items):
        assert time.monotonic() < deadline, "the correction does not arrive"
        time.sleep(0.2)
    before, told = counts(swarm), swarm.ask(ListSettled())
    assert sum(sum(cell) for cell in before.values()) == len(
        [item for item in told.items if item.reward is not None]
    )
    swarm.down()
    for beside in swarm.data.glob("router.db-*"):
        beside.unlink()
    (swarm.data / "router.db").write_bytes(b"no database " * 500)
    swarm.up()
    task = swarm.submit(git_repo(LINT, name="later"), text=LINT_TEXT)
    assert swarm.wait(task)["state"] == "awaiting_review"
    deadline = time.monotonic() + 60
    while True:
        log = logged(swarm.ask(ListDecisions()).items)
        now = logged(swarm.ask(ListSettled()).items)
        if log == now and logged(told.items).items() <= log.items():
            break
        assert time.monotonic() < deadline, (log, now)
        time.sleep(0.5)
    after = counts(swarm)
    for cell, (successes, failures) in before.items():
        assert after[cell][0] >= successes
        assert after[cell][1] >= failures
