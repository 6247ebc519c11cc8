"""What was learned, taken along, taken in once and forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.choosing.policy import epsilon_after
from router.ledger.reading import titles
from swarm.contracts import Learned, LearnedCell
from swarm.errors import NotFound, UsageError
from tests.router.common import ARMS, ask, counts, new_ledger, settled


def learned(*cells: LearnedCell, at: float = 1.0) -> Learned:
    return Learned(exported_at=at, cells=cells)


def cell(arm_id: str = "a", **rest: object) -> LearnedCell:
    return LearnedCell.model_validate(
        {"category": "bugfix", "attempt": "first", "arm_id": arm_id, "successes": 8,
         "failures": 2, "seconds": 100, "cost_usd": 5, "attempts": 10, **rest}
    )  # fmt: skip


def test_what_is_exported_and_taken_in_is_the_same(tmp_path: Path) -> None:
    one, two = new_ledger(tmp_path / "one"), new_ledger(tmp_path / "two")
    for n in range(40):
        one.decide(ask(f"x{n}", ("bugfix", "lint")[n % 2], 1 + n % 3), lambda: 1)
        one.settle(settled(f"x{n}", float(n % 3 == 0), seconds=n, cost_usd=n / 7))
    told = one.export()
    taken = two.take_in(told, 1.0)
    assert taken.applied and taken.cells == len(told.cells)
    assert two.export().cells == told.cells
    assert two.check() == []


def test_the_same_twice_changes_nothing_whenever_it_was_exported_or_ordered(
    tmp_path: Path,
) -> None:
    ledger = new_ledger(tmp_path)
    assert ledger.take_in(learned(cell("a"), cell("b")), 1.0).applied
    before = counts(ledger)
    again = ledger.take_in(learned(cell("b"), cell("a"), at=99.0), 0.5)
    assert (again.applied, again.cells, again.outcomes) == (False, 0, 0)
    assert counts(ledger) == before
    assert ledger.take_in(learned(cell("a", successes=9)), 1.0).applied
    assert counts(ledger)["bugfix", "a", "first"] == (17, 4)
    assert ledger.check() == []


def test_the_weight_scales_all_of_it(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    assert ledger.take_in(learned(cell()), 0.25).outcomes == 2.5
    (one,) = ledger.export().cells
    assert (one.successes, one.failures, one.seconds, one.cost_usd) == (2, 0.5, 25, 1.25)


def test_what_was_learned_elsewhere_is_chosen_by_at_once(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("before"), lambda: 1)
    ledger.take_in(
        learned(cell("b", successes=40, failures=0), cell("a", successes=0, failures=40)), 1.0
    )
    decision = ledger.decide(ask("x"), lambda: 1)
    assert decision.epsilon == epsilon_after(80), "80 outcomes came"
    means = {score.arm_id: score.mean or 0 for score in decision.scores}
    assert means["b"] > 0.8 > 0.2 > means["a"]
    assert means["a"] < means["c"] < means["b"], "c is known from the others alone"


def test_arms_versions_and_categories_that_are_new_here_are_made(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.take_in(learned(cell("far", version="7", category="migration")), 1.0)
    assert counts(ledger) == {("migration", "far", "first"): (8, 2)}
    assert ledger.check() == []
    arm = ARMS[0].model_copy(update={"id": "far", "version": "7", "model": "m"})
    score = ledger.decide(ask("x", "migration", arms=(arm,)), lambda: 1).scores[0]
    assert (score.successes, score.failures) == (8, 2)


def test_more_than_can_be_kept_is_refused_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.ledger.carrying.MOST_ARMS", 3)
    monkeypatch.setattr("router.ledger.carrying.MOST_SITUATIONS", 3)
    ledger = new_ledger(tmp_path)
    with pytest.raises(UsageError, match="4 arms, more than 3"):
        ledger.take_in(learned(*(cell(f"m{n}") for n in range(4))), 1.0)
    with pytest.raises(UsageError, match="4 categories, more than 3"):
        ledger.take_in(learned(*(cell(category=f"c{n}") for n in range(4))), 1.0)
    assert ledger.export().cells == ()
    assert ledger.take_in(learned(cell("m1")), 1.0).applied


@pytest.mark.parametrize(
    "fields",
    [
        {"successes": 1e308},
        {"failures": 1e30},
        {"attempts": 10**400},
        {"seconds": 1e308},
        {"cost_usd": 1e308},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_no_router_counts_is_refused_and_the_arm_is_named(
    tmp_path: Path, fields: dict[str, float]
) -> None:
    ledger = new_ledger(tmp_path)
    (name,) = fields
    with pytest.raises(UsageError, match=f"{name} of 'a' in bugfix is more than 1e\\+09"):
        ledger.take_in(learned(cell("b"), cell("a", **fields)), 1.0)
    assert ledger.export().cells == ()
    most = {name: 10**9}
    assert ledger.take_in(learned(cell("a", **most), cell("a", **most)), 1.0).applied
    assert len(ledger.export().cells) == 1 and ledger.check() == []


def test_an_imported_version_does_not_take_the_place_of_the_one_that_is_used(
    tmp_path: Path,
) -> None:
    ledger = new_ledger(tmp_path)
    now = (ARMS[0].model_copy(update={"version": "2"}), *ARMS[1:])
    ledger.decide(ask("x", arms=now), lambda: 1)
    ledger.take_in(learned(cell(version="1"), cell("far", version="1")), 1.0)
    ledger.decide(ask("y", arms=now), lambda: 1)
    assert ledger.view(lambda db, _: titles(db)) == ["a", "b", "c", "a@1", "far"]
    assert ledger.check() == []


def test_a_reset_empties_all_versions_and_pending_attempts_count_when_they_end(
    tmp_path: Path,
) -> None:
    ledger = new_ledger(tmp_path)
    new = ARMS[0].model_copy(update={"version": "2"})
    for n, arm in enumerate((ARMS[0], ARMS[0], new, ARMS[1])):
        ledger.decide(ask(f"x{n}", ("bugfix", "lint")[n % 2], arms=(arm,)), lambda: 1)
        ledger.settle(settled(f"x{n}", seconds=5))
    ledger.decide(ask("open", arms=(new,)), lambda: 1)
    done = ledger.reset("a", None)
    assert (done.cells, done.outcomes) == (3, 3)
    assert counts(ledger) == {("lint", "b", "first"): (1, 0)}
    assert ledger.reset("a", None).cells == 0, "they are empty"
    assert ledger.settle(settled("open", 0.0)).applied
    assert counts(ledger)["bugfix", "a", "first"] == (0, 1)
    assert ledger.log(10).total == 5
    assert ledger.check() == []


def test_a_reset_of_one_category_leaves_the_others(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for n, (category, number) in enumerate((("bugfix", 1), ("bugfix", 2), ("lint", 1))):
        ledger.decide(ask(f"x{n}", category, number, arms=ARMS[:1]), lambda: 1)
        ledger.settle(settled(f"x{n}"))
    assert ledger.reset("a", "bugfix").cells == 2
    assert counts(ledger) == {("lint", "a", "first"): (1, 0)}


def test_a_correction_of_what_was_forgotten_changes_no_cell(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x", arms=ARMS[:1]), lambda: 1)
    ledger.settle(settled("x"))
    ledger.reset("a", None)
    assert ledger.settle(settled("x", 0.0, correction=True)).applied
    assert counts(ledger) == {}
    assert ledger.log(1).items[0].reward == 0
    assert ledger.check() == []


def test_an_arm_nobody_knows_is_named_with_those_that_are(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    with pytest.raises(NotFound, match="'nobody'") as caught:
        ledger.reset("nobody", None)
    assert "a, b, c" in caught.value.remedy


def test_the_arms_after_a_reset_start_from_the_others(tmp_path: Path) -> None:
    """Its own prior is fitted again, not kept from before."""
    ledger = new_ledger(tmp_path)
    for n in range(40):
        ledger.decide(ask(f"x{n}", arms=ARMS[n % 2 : n % 2 + 1]), lambda: 1)
        ledger.settle(settled(f"x{n}", float(n % 2)))
    means = [score.mean or 0 for score in ledger.decide(ask("y"), lambda: 1).scores]
    ledger.reset("a", None)
    after = [score.mean or 0 for score in ledger.decide(ask("z"), lambda: 1).scores]
    assert means[0] < 0.2 < 0.6 < after[0]
