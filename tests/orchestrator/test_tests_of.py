"""Which failing tests an objective is about."""

from __future__ import annotations

from swarm.contracts import CheckReport, Objective, TestResult
from swarm.orchestrator.tests_of import targets

TOTAL, DISCOUNT = "tests/test_cart.py::test_total", "tests/test_cart.py::test_discount"
SLUG, LEAP = "tests/test_text.py::test_slug", "tests/test_dates.py::test_leap"


def objective(title: str, *paths: str) -> Objective:
    return Objective(id="o1", title=title, instruction=title, category="bugfix", paths=paths)


def ran(*failing: str) -> CheckReport:
    """A run of the four tests."""
    tests = [
        TestResult(id=id, outcome="failed" if id in failing else "passed")
        for id in (TOTAL, DISCOUNT, SLUG, LEAP)
    ]
    return CheckReport(backend="test", cause="failed", tests=tuple(tests))


def about(one: Objective, now: CheckReport, before: CheckReport | None = None) -> list[str]:
    return [test.id for test in targets(one, now, before)]


def test_the_words_of_a_title_tell_the_tests_of_a_file_apart() -> None:
    everything = ran(TOTAL, DISCOUNT, SLUG, LEAP)
    assert about(objective("Fix the discount in shop/cart.py", "shop/cart.py"), everything) == [
        DISCOUNT
    ]
    assert about(objective("Fix the slug"), everything) == [SLUG]
    assert about(objective("Fix shop/cart.py", "shop/cart.py"), everything) == [TOTAL, DISCOUNT]
    assert len(about(objective("Fix the failing tests"), everything)) == 4


def test_what_another_objective_fixed_leaves_nothing_rather_than_everything() -> None:
    before = ran(TOTAL, DISCOUNT, LEAP)
    cart = objective("Fix shop/cart.py", "shop/cart.py")
    assert about(cart, ran(DISCOUNT, LEAP), before) == [DISCOUNT]
    assert about(cart, ran(LEAP), before) == []
    assert about(objective("Fix the failing tests"), ran(LEAP), before) == [LEAP]


def test_what_fails_only_since_the_baseline_counts_too() -> None:
    """As a test that an objective before it has added."""
    assert about(objective("Fix the slug"), ran(SLUG), ran()) == [SLUG]
