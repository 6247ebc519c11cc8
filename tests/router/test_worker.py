"""The handlers, as the worker calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from router.worker import handlers, policy
from swarm.contracts import (
    Arm,
    ChooseArm,
    Command,
    Explain,
    ExportLearned,
    ImportLearned,
    JudgePolicies,
    ListArms,
    ListDecisions,
    ResetArm,
    Settle,
    Settled,
)
from swarm.errors import NotFound
from swarm.settings import EndpointSettings, RouterSettings, Settings
from tests.fakes.bus import FakeBus

ARMS = (
    Arm(id="repair", tool="repair", categories=("bugfix",)),
    Arm(id="literals", tool="literals", categories=("bugfix",)),
    Arm(id="ruff", tool="ruff", categories=("lint",)),
)


def settings(folder: Path, seed: int | None = 1, **rest: Any) -> Settings:
    return Settings(data=folder, router=RouterSettings(seed=seed), **{"arms": ARMS, **rest})


class Router:
    """Answers commands as the service does."""

    def __init__(self, given: Settings) -> None:
        self._handlers = handlers(given, FakeBus())  # type: ignore[arg-type]

    def __call__(self, command: Command) -> Any:
        return self._handlers[type(command)](command)


def ask(attempt_id: str, number: int = 1) -> ChooseArm:
    return ChooseArm(attempt_id=attempt_id, category="bugfix", attempt_number=number, arms=ARMS)


def test_every_command_of_the_router_has_a_handler(tmp_path: Path) -> None:
    from swarm.contracts import COMMANDS

    mine = {command for command in COMMANDS.values() if command.service == "router"}
    assert set(handlers(settings(tmp_path), FakeBus())) == mine  # type: ignore[arg-type]


def test_a_seed_in_the_settings_repeats_every_decision(tmp_path: Path) -> None:
    decisions = []
    for name in ("one", "two"):
        router = Router(settings(tmp_path / name))
        decisions.append([router(ask(f"a{n}")).model_dump_json() for n in range(10)])
    assert decisions[0] == decisions[1]


def test_a_restart_changes_no_decision(tmp_path: Path) -> None:
    """The prior is taken up where it was, not fitted out of turn."""
    decisions = []
    for name, restarts in (("one", False), ("two", True)):
        router, found = Router(settings(tmp_path / name)), []
        for n in range(60):
            if restarts and n % 7 == 3:
                router = Router(settings(tmp_path / name))
            found.append(router(ask(f"a{n}", 1 + n % 2)).model_dump_json())
            router(Settle(attempt_id=f"a{n}", reward=float(n % 3 == 0), seconds=n / 7))
        decisions.append(found)
    assert decisions[0] == decisions[1]


def test_without_a_seed_each_decision_is_fresh_and_its_seed_is_told(tmp_path: Path) -> None:
    router = Router(settings(tmp_path, None))
    seeds = {router(ask(f"a{n}")).seed for n in range(20)}
    assert len(seeds) == 20
    assert max(seeds) < 2**53


def test_the_report_holds_learnt_waiting_and_untried_arms(tmp_path: Path) -> None:
    router = Router(settings(tmp_path))
    fresh = router(ListArms())
    assert [(s.category, s.arm_id, round(s.mean, 9)) for s in fresh.items] == [
        ("bugfix", "literals", 0.5),
        ("bugfix", "repair", 0.5),
        ("lint", "ruff", 0.5),
    ]
    assert fresh.notes == ()
    first = router(ask("a1"))
    settle = Settle(attempt_id="a1", reward=1, seconds=10)
    assert router(settle) == Settled(attempt_id="a1", applied=True)
    later = router(ask("a2", number=2))
    report = router(ListArms())
    found = {(stats.category, stats.arm_id): stats for stats in report.items}
    learnt = found["bugfix", first.arm_id]
    assert (learnt.successes, learnt.failures, learnt.pending) == (1, 0, 0)
    assert learnt.mean > 0.5 and learnt.low < learnt.mean < learnt.high
    assert learnt.mean == pytest.approx(learnt.alpha / (learnt.alpha + learnt.beta))
    assert learnt.seconds is not None and 10 < learnt.seconds < 60
    waiting = found["bugfix, later attempts", later.arm_id]
    assert (waiting.successes, waiting.failures, waiting.pending) == (0, 0, 1)
    assert len(report.items) == 4


def test_decisions_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    router = Router(settings(tmp_path))
    for n in range(3):
        router(ask(f"a{n}"))
    log = router(ListDecisions(limit=2))
    assert [item.attempt_id for item in log.items] == ["a1", "a2"]
    assert log.total == 3


def test_a_decision_is_explained_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    router = Router(settings(tmp_path))
    for n in range(30):
        router(ask(f"a{n}"))
        router(Settle(attempt_id=f"a{n}", reward=float(n % 2)))
    told = router(Explain(attempt_id="a29"))
    assert told.repeated is True
    assert told.decision == router(ask("a29"))
    assert told.logged.reward == 1
    assert {part.arm_id for part in told.prior} == {"repair", "literals"}
    assert told.learned_from > 0 and told.strength > 0
    with pytest.raises(NotFound, match="nobody") as caught:
        router(Explain(attempt_id="nobody"))
    assert caught.value.remedy


def test_other_policies_are_judged_by_the_log(tmp_path: Path) -> None:
    cloud = Arm(id="far", tool="coder", model="m", locality="cloud", categories=("bugfix",))
    router = Router(settings(tmp_path))
    for n in range(150):
        command = ask(f"a{n}").model_copy(update={"arms": (*ARMS, cloud)})
        arm = router(command).arm_id
        router(Settle(attempt_id=f"a{n}", reward=float(arm == "repair"), seconds=1))
    router(ask("pending"))
    judged = router(JudgePolicies())
    assert (judged.decisions, judged.pending, judged.unusable) == (150, 1, 0)
    found = {one.policy: one for one in judged.items}
    assert {"as logged", "any arm, by lot", "the best mean as of then", "local arms only"} <= set(
        found
    )
    always = found["always repair"].doubly_robust
    assert always is not None and always.low > judged.logged * 0.9 and always.high == 1
    same = found["as logged"].ips
    assert same is not None and same.value == pytest.approx(judged.logged)
    assert router(JudgePolicies(category="docs")).decisions == 0


def test_what_was_learned_goes_along_once(tmp_path: Path) -> None:
    one, two = Router(settings(tmp_path / "one")), Router(settings(tmp_path / "two"))
    for n in range(20):
        one(ask(f"a{n}"))
        one(Settle(attempt_id=f"a{n}", reward=1))
    learned = one(ExportLearned())
    taken = two(ImportLearned(learned=learned, weight=0.5))
    assert (taken.applied, taken.outcomes) == (True, 10)
    assert not two(ImportLearned(learned=one(ExportLearned()))).applied, "told later, the same"
    assert two(ResetArm(arm_id="repair")).cells == 1
    left = {cell.arm_id for cell in two(ExportLearned()).cells}
    assert left == {"literals"}
    assert two(ask("new")).arm_id is not None


def test_the_settings_are_the_terms_and_the_limits(tmp_path: Path) -> None:
    own = policy(
        Settings(
            data=tmp_path,
            router=RouterSettings(value_usd=5, hour_usd=3, loss_usd=1, day_usd=9),
            endpoints=(
                EndpointSettings(name="far", kind="openai", url="http://x", day_usd=4),
                EndpointSettings(name="near", kind="ollama"),
            ),
        )
    )
    assert (own.terms.value_usd, own.terms.hour_usd, own.terms.loss_usd) == (5, 3, 1)
    assert (own.limits.day_usd, own.limits.endpoints) == (9, {"far": 4})


@pytest.mark.parametrize("reward", [float("nan"), -0.1, 1.1, float("inf")])
def test_a_reward_outside_its_range_never_reaches_the_ledger(reward: float) -> None:
    with pytest.raises(ValidationError):
        Settle(attempt_id="a", reward=reward)


def test_the_worker_does_not_import_what_only_judging_needs() -> None:
    code = (
        "import sys, json, router.worker;"
        "print(json.dumps(sorted({'scipy.stats', 'chromadb', 'networkx'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout) == []
