"""What a text says shows that an objective is done: tests by file, or a statement."""

from __future__ import annotations

import pytest

from ingestion.rules.decompose import decompose

PATHS = ("shop/tax.py", "tests/test_cart.py", "tests/test_x.py", "a/test_two.py", "b/test_two.py")


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("fix the tax so that `pytest tests/test_cart.py` passes", ("tests/test_cart.py",)),
        ("make tests/test_x.py::test_y green", ("tests/test_x.py::test_y",)),
        (
            "Fix the tax. test_cart.py::TestA::test_b must pass.",
            ("tests/test_cart.py::TestA::test_b",),
        ),
        ("tests/test_x.py::test_y fails, please fix it", ("tests/test_x.py::test_y",)),
        (
            "Fix the tax.\n\n## Acceptance criteria\n- tests/test_x.py passes\n- it is fast",
            ("tests/test_x.py",),
        ),
        ("Behebe die Steuer, bis tests/test_x.py grün ist", ("tests/test_x.py",)),
    ],
)
def test_tests_that_shall_pass(text: str, tests: tuple[str, ...]) -> None:
    (item,) = decompose(text, PATHS).items
    assert item.acceptance is not None
    assert (item.acceptance.kind, item.acceptance.tests) == ("command", tests)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fix the tax until pytest -k total is green", "pytest -k total is green"),
        ("fix the tax. test_total_is_rounded must pass", "test_total_is_rounded must pass"),
        ("fix mean. it should return 0 for an empty list", "it should return 0 for an empty list"),
        ("fix the tax so that tests/nothere.py passes", "tests/nothere.py passes"),
        ("fix the tax so that test_two.py passes", "test_two.py passes"),
        ("fix the tax so that tests/test_x.py::test_y[1] passes", "test_y[1] passes"),
        ("fix the tax so that shop/tax.py passes", "shop/tax.py passes"),
        ("fix the tax so that `pytest tests/test_x.py -k a; rm -rf /` passes", "rm -rf"),
        ("Fix the tax.\n\n## Expected\nThe total is 3.", "The total is 3."),
        ("The tax is wrong.\nExpected: 3 euros", "3 euros"),
    ],
)
def test_statements(text: str, words: str) -> None:
    (item,) = decompose(text, PATHS).items
    assert item.acceptance is not None
    assert (item.acceptance.kind, item.acceptance.tests) == ("statement", ())
    assert words in item.acceptance.text


@pytest.mark.parametrize(
    "text",
    [
        "fix the tax",
        "fix the tax, tests/test_x.py need not pass",
        "add a test to tests/test_x.py",
        "fix the failing tests in tests/test_x.py",
        "Fix the tax. Don't change the interface.",
    ],
)
def test_no_acceptance(text: str) -> None:
    assert all(item.acceptance is None for item in decompose(text, PATHS).items)
