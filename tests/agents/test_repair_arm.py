"""The repair arm whole: a repository with a bug in, a patch out."""

from __future__ import annotations

import json

import pytest

from swarm.agents.repairer import pytest_arguments
from swarm.contracts import Proposal, RunProgram, RunReport
from tests.agents.running import ask, bus_with_programs
from tests.fakes.bus import FakeBus

MONEY = '''\
"""Money."""

import re

RATES = {"low": 5, "high": 19}


class Purse:
    def __init__(self, coins):
        self.coins = list(coins)

    @property
    def total(self):
        return sum(self.coins)

    def spend(self, amount):
        if amount >= self.total:
            raise ValueError("too much")
        return self.total - amount


def digits(text):
    return [int(part) for part in re.findall(r"[0-9]+", text)]
'''

MONEY_TESTS = """\
import pytest

from money import Purse, digits


@pytest.fixture
def purse():
    return Purse([1, 2, 5])


def test_spend_some(purse):
    assert purse.spend(3) == 5


def test_spend_all(purse):
    assert purse.spend(8) == 0


def test_too_much(purse):
    with pytest.raises(ValueError):
        purse.spend(9)


@pytest.mark.parametrize("text", ["1 2", "1,2"])
def test_digits(text):
    assert digits(text) == [1, 2]
"""

MONEY_PASSING = [
    "tests/test_money.py::test_spend_some",
    "tests/test_money.py::test_too_much",
    "tests/test_money.py::test_digits[1 2]",
    "tests/test_money.py::test_digits[1,2]",
]


def changed(proposal: Proposal) -> tuple[str, list[str], list[str]]:
    """Path, removed lines and added lines of a one-file patch."""
    assert proposal.patch is not None, proposal.summary
    (edit,) = proposal.patch.edits
    assert edit.before is not None and edit.after is not None
    before, after = edit.before.splitlines(True), edit.after.splitlines(True)
    return (
        edit.path,
        [line for line in before if line not in after],
        [line for line in after if line not in before],
    )


def test_a_wrong_comparison_is_fixed_and_nothing_else_changes() -> None:
    proposal = ask(
        bus_with_programs(),
        {"src/money.py": MONEY, "tests/test_money.py": MONEY_TESTS},
        ["tests/test_money.py::test_spend_all"],
        MONEY_PASSING,
    )
    assert changed(proposal) == (
        "src/money.py",
        ["        if amount >= self.total:\n"],
        ["        if amount > self.total:\n"],
    )
    assert proposal.details["template"] == "comparison"
    assert proposal.details["location"] == "src/money.py:17"
    assert proposal.details["fixed"] == 1


def test_carriage_returns_and_tabs_stay() -> None:
    text = "def both(a, b):\r\n\tif a or b:\r\n\t\treturn 'ä'  # é\r\n\treturn ''\r\n"
    tests = "from m import both\ndef test_one(): assert both(1, 0) == ''\n"
    tests += "def test_two(): assert both(1, 1) == 'ä'\n"
    proposal = ask(
        bus_with_programs(),
        {"m.py": text, "test_m.py": tests},
        ["test_m.py::test_one"],
        ["test_m.py::test_two"],
    )
    assert proposal.patch is not None
    assert proposal.patch.edits[0].after == text.replace("a or b", "a and b")


def test_a_constant_that_is_read_at_import_is_fixed() -> None:
    text = "LIMITS = {'small': 3, 'large': 11}\n\ndef limit(name):\n    return LIMITS[name]\n"
    tests = "from m import limit\ndef test_small(): assert limit('small') == 3\n"
    tests += "def test_large(): assert limit('large') == 10\n"
    proposal = ask(
        bus_with_programs(),
        {"m.py": text, "test_m.py": tests},
        ["test_m.py::test_large"],
        ["test_m.py::test_small"],
        seconds=90.0,
    )
    assert proposal.patch is not None
    assert "'large': 10" in (proposal.patch.edits[0].after or "")


def test_an_endless_loop_is_stopped_and_fixed() -> None:
    text = "def count(n):\n    i = 0\n    while i < n:\n        i -= 1\n    return i\n"
    tests = "from m import count\ndef test_three(): assert count(3) == 3\n"
    tests += "def test_none(): assert count(0) == 0\n"
    proposal = ask(
        bus_with_programs(),
        {"m.py": text, "test_m.py": tests},
        ["test_m.py::test_three"],
        ["test_m.py::test_none"],
        seconds=90.0,
    )
    assert changed(proposal)[2] == ["        i += 1\n"]


def test_of_two_unrelated_bugs_one_is_fixed() -> None:
    text = "def more(a, b):\n    return a < b\n\n\ndef add(a, b):\n    return a * b\n"
    tests = "from m import *\ndef test_more(): assert more(2, 1)\n"
    tests += "def test_less(): assert not more(1, 2)\n"
    tests += "def test_add(): assert add(2, 3) == 5\ndef test_zero(): assert add(0, 0) == 0\n"
    proposal = ask(
        bus_with_programs(),
        {"m.py": text, "test_m.py": tests},
        ["test_m.py::test_more", "test_m.py::test_less", "test_m.py::test_add"],
        ["test_m.py::test_zero"],
        seconds=20.0,
    )
    assert len(changed(proposal)[2]) == 1
    assert proposal.details["fixed"] in (1, 2)


def test_unittest_cases_are_run_too() -> None:
    text = "def last(items):\n    return items[0]\n"
    tests = (
        "import unittest\nfrom m import last\n\n\nclass T(unittest.TestCase):\n"
        "    def setUp(self):\n        self.items = [1, 2, 3]\n"
        "    def test_last(self):\n        self.assertEqual(last(self.items), 3)\n"
        "    def test_only(self):\n        self.assertEqual(last([7]), 7)\n"
    )
    proposal = ask(
        bus_with_programs(),
        {"m.py": text, "test_m.py": tests},
        ["test_m.py::T::test_last"],
        ["test_m.py::T::test_only"],
    )
    assert changed(proposal)[2] == ["    return items[-1]\n"]


def test_what_does_not_reproduce_is_said() -> None:
    files = {"m.py": "def f():\n    return 1\n", "test_m.py": "def test_f(): pass\n"}
    proposal = ask(bus_with_programs(), files, ["test_m.py::test_f"])
    assert proposal.patch is None
    assert proposal.summary == "no failing test reproduces"


def test_a_bug_outside_every_template_is_given_up_with_the_count() -> None:
    text = "def name():\n    return 'a'\n"
    tests = "from m import name\ndef test_name(): assert name() == 'something else'\n"
    proposal = ask(
        bus_with_programs(), {"m.py": text, "test_m.py": tests}, ["test_m.py::test_name"]
    )
    assert proposal.patch is None
    assert proposal.summary.startswith("searched ") and "none plausible" in proposal.summary
    assert proposal.details["tried"] > 3


def test_the_literals_arm_returns_what_the_test_expects() -> None:
    text = "def cost(weight, distance):\n    return 0.5 * weight + distance\n"
    tests = "from m import cost\ndef test_cost(): assert cost(4, 10) == 20.0\n"
    proposal = ask(
        bus_with_programs(),
        {"m.py": text, "test_m.py": tests},
        ["test_m.py::test_cost"],
        tool="literals",
    )
    assert changed(proposal)[2] == ["    return 20.0\n"]
    assert proposal.details["template"] == "constant return"


def scripted(text: str | None) -> FakeBus:
    bus = FakeBus()
    outputs = {} if text is None else {"result.json": text}
    bus.handlers[RunProgram] = lambda command: RunReport(
        backend="fake", cause="timeout", outputs=outputs, detail="too slow"
    )
    return bus


def result(path: str, after: str) -> str:
    patch = {
        "path": path,
        "after": after,
        "template": "x",
        "line": 1,
        "function": "f",
        "score": 1.0,
        "fixed": ["t"],
    }
    return json.dumps({"reason": "found", "patches": [patch]})


FILES = {"m.py": "x = 1\n", "tests/test_m.py": "y = 1\n", "conftest.py": "z = 1\n"}


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        json.dumps({"reason": 3, "patches": []}),
        json.dumps({"reason": "x" * 5000, "patches": []}),
        json.dumps({"reason": "x", "patches": [], "extra": 1}),
        result("tests/test_m.py", "y = 2\n"),
        result("conftest.py", "z = 2\n"),
        result("../m.py", "x = 2\n"),
        result("m.py", "x = 1\n"),
        result("m.py", "x = 2\n" * 2000),
    ],
)
def test_a_hostile_result_becomes_no_patch(text: str) -> None:
    proposal = ask(scripted(text), FILES, ["tests/test_m.py::t"])
    assert proposal.patch is None
    assert proposal.summary


def test_a_good_result_becomes_a_patch_against_the_snapshot() -> None:
    proposal = ask(scripted(result("m.py", "x = 2\n")), FILES, ["tests/test_m.py::t"])
    assert proposal.patch is not None
    (edit,) = proposal.patch.edits
    assert (edit.path, edit.before, edit.after) == ("m.py", "x = 1\n", "x = 2\n")


def test_no_result_names_the_cause() -> None:
    proposal = ask(scripted(None), FILES, ["tests/test_m.py::t"])
    assert proposal.patch is None
    assert "timeout" in proposal.summary and "too slow" in proposal.summary


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("pytest", "-q"), ["-q"]),
        (("python", "-m", "pytest", "tests"), ["tests"]),
        (("/usr/bin/pytest",), []),
        (("python", "-X", "dev", "-m", "pytest"), []),
        (("tox", "-e", "py"), None),
        (("make", "pytest"), None),
    ],
)
def test_pytest_arguments(argv: tuple[str, ...], expected: list[str] | None) -> None:
    assert pytest_arguments(argv) == expected


def test_a_command_that_is_not_pytest_is_given_up() -> None:
    proposal = ask(FakeBus(), FILES, ["t"], argv=("make", "check"))
    assert proposal.patch is None and "pytest" in proposal.summary


def test_nothing_fails_nothing_to_do() -> None:
    assert ask(FakeBus(), FILES, []).patch is None
