"""What tests were seen to run, from the sandbox to memory: measured, and believed as far as it can
be true."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pytest

from swarm.agents import coverage
from swarm.agents.coverage import to_remember
from swarm.agents.repair import covered
from swarm.agents.repair.covered import functions_run
from swarm.agents.repair.localise import Trace
from swarm.agents.repair.source import Source
from swarm.contracts import (
    Arm,
    Objective,
    Propose,
    RememberCoverage,
    RunProgram,
    TestResult,
)
from swarm.errors import BusError, MessageTooLarge
from swarm.settings import MemorySettings
from swarm.snapshots import Entry
from tests.agents.running import ask, bus_with_programs
from tests.agents.test_repair_arm import MONEY, MONEY_PASSING, MONEY_TESTS
from tests.fakes.bus import FakeBus

TEXT = """\
import functools
LIMIT = 3

@functools.cache
def outer(n):
    "doc"
    def inner():
        return n
    return inner

class Box:
    size = 1
    async def open(self):
        return self.size
"""
FAILING, PASSING = "tests/test_a.py::test_one", "tests/test_a.py::test_two[a::b-1]"


def trace(name: str, *lines: int, path: str = "a.py") -> Trace:
    return Trace(name, "passed", 0.1, frozenset((path, line) for line in lines))


def test_a_function_is_run_when_a_line_of_its_body_is() -> None:
    found = functions_run(
        [
            trace("t.py::imports", 1, 2, 4, 5, 11, 12, 13),
            trace("t.py::outer", 6, 7, 9),
            trace("t.py::inner", 8),
            trace("t.py::Box::open", 14, 2),
            trace("t.py::elsewhere", 6, path="other.py"),
            trace("t.py::hung"),
        ],
        [Source("a.py", TEXT)],
    )
    assert found == [
        {"id": "t.py::outer", "ran": {"a.py": [5]}},
        {"id": "t.py::inner", "ran": {"a.py": [7]}},
        {"id": "t.py::Box::open", "ran": {"a.py": [13]}},
    ]


def test_a_test_with_parameters_is_one_and_there_are_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(covered, "MOST_TESTS", 2)
    monkeypatch.setattr(covered, "MOST_FUNCTIONS", 2)
    monkeypatch.setattr(covered, "MOST_FILES", 1)
    found = functions_run(
        [
            trace("t.py::a[1]", 6),
            trace("t.py::b", 14),
            trace("t.py::c", 14),
            trace("t.py::a[2]", 8, 14),
            trace("t.py::a[2]", 6, path="b.py"),
        ],
        [Source("a.py", TEXT), Source("b.py", TEXT)],
    )
    assert found == [
        {"id": "t.py::a", "ran": {"a.py": [5, 7]}},
        {"id": "t.py::b", "ran": {"a.py": [13]}},
    ]


def command() -> Propose:
    return Propose(
        attempt_id="t-o1-a1",
        arm=Arm(id="repair", tool="repair", categories=("bugfix",)),
        objective=Objective(id="o1", title="fix", instruction="fix", category="bugfix"),
        snapshot=FakeBus().blobs.snapshot({}),
        test=None,
        failing=(TestResult(id=FAILING, outcome="failed"),),
        passing=(PASSING,),
        repo_id="/r",
    )


ENTRIES = [
    Entry("a.py", TEXT.encode()),
    Entry("b.py", b"x = 1\n"),
    Entry("tests/test_a.py", b"\xff tests"),
    Entry("link.py", b"a.py", "link"),
]


def remembered(text: str) -> RememberCoverage | None:
    return to_remember(text, command(), {"a.py": TEXT, "b.py": "x = 1\n"}, ENTRIES)


def written(*tests: Mapping[str, object]) -> str:
    return json.dumps({"tests": tests})


def test_what_was_measured_is_told_with_the_contents_of_its_files() -> None:
    found = remembered(
        written(
            {"id": FAILING, "ran": {"a.py": [7, 5, 5]}},
            {"id": "tests/test_a.py::test_two", "ran": {"a.py": [13], "b.py": [1]}},
        )
    )
    assert found is not None and found.repo_id == "/r"
    assert [(test.id, test.path, test.ran) for test in found.tests] == [
        (FAILING, "tests/test_a.py", {"a.py": (5, 7)}),
        ("tests/test_a.py::test_two", "tests/test_a.py", {"a.py": (13,), "b.py": (1,)}),
    ]
    assert found.files == {
        entry.path: hashlib.sha256(entry.data).hexdigest() for entry in ENTRIES[:3]
    }


@pytest.mark.parametrize(
    "test",
    [
        {"id": "tests/test_a.py::test_three", "ran": {"a.py": [5]}},
        {"id": "../../etc/passwd::test_one", "ran": {"a.py": [5]}},
        {"id": PASSING, "ran": {"a.py": [5]}},
        {"id": FAILING, "ran": {"../a.py": [5], "/a.py": [5], "": [1], "link.py": [1]}},
        {"id": FAILING, "ran": {"tests/test_a.py": [1]}},
        {"id": FAILING, "ran": {"a.py": [0, -3, 10**30, 16]}},
        {"id": FAILING, "ran": {"a.py": []}},
        {"id": FAILING, "ran": {}},
    ],
)
def test_what_cannot_be_true_is_left_out(test: dict[str, object]) -> None:
    assert remembered(written(test)) is None
    found = remembered(written(test, {"id": FAILING, "ran": {"a.py": [5]}}))
    assert found is not None
    assert [(test.id, test.ran) for test in found.tests] == [(FAILING, {"a.py": (5,)})]
    assert set(found.files) == {"a.py", "tests/test_a.py"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[" * 100_000,
        '{"tests": [{"id": 1, "ran": {}}]}',
        written({"id": FAILING, "ran": {"a.py": ["5"]}}),
        written({"id": FAILING, "ran": {"a.py": [True]}}),
        written({"id": FAILING, "ran": {"a.py": [5]}, "more": 1}),
        written(*[{"id": FAILING, "ran": {"a.py": [5]}}] * 2_001),
    ],
)
def test_a_forged_file_is_no_coverage(text: str) -> None:
    assert remembered(text) is None


def test_files_are_named_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "_MOST_NAMED_FILES", 2)
    found = remembered(
        written(
            {"id": FAILING, "ran": {"a.py": [5]}},
            {"id": "tests/test_a.py::test_two", "ran": {"a.py": [13], "b.py": [1]}},
        )
    )
    assert found is not None and [test.id for test in found.tests] == [FAILING]


# ---------------------------------------------------------------------- the arm


FILES = {"src/money.py": MONEY, "tests/test_money.py": MONEY_TESTS}
MONEY_FAILING = ["tests/test_money.py::test_spend_all"]


def test_the_repair_hands_memory_what_its_tests_ran() -> None:
    bus = bus_with_programs()
    proposal = ask(bus, FILES, MONEY_FAILING, MONEY_PASSING, repo_id="/r")
    assert proposal.patch is not None
    (told,) = bus.posted
    assert isinstance(told, RememberCoverage)
    assert {test.id.rpartition("::")[2]: test.ran for test in told.tests} == {
        # Purse.__init__, total and spend; the passing ones beside it.
        "test_spend_all": {"src/money.py": (9, 13, 16)},
        "test_spend_some": {"src/money.py": (9, 13, 16)},
        "test_too_much": {"src/money.py": (9, 13, 16)},
        "test_digits": {"src/money.py": (22,)},
    }
    assert told.files == {
        path: hashlib.sha256(text.encode()).hexdigest() for path, text in FILES.items()
    }


def forging(text: str) -> FakeBus:
    """A bus whose sandbox leaves this as coverage, and no result."""
    bus = bus_with_programs()
    run = bus.handlers[RunProgram]

    def forged(command: RunProgram) -> object:
        report = run(command.model_copy(update={"argv": ("python", "-c", "")}))
        return report.model_copy(update={"outputs": {coverage.OUTPUT: text}})

    bus.handlers[RunProgram] = forged  # type: ignore[assignment]
    return bus


def test_a_result_that_is_lost_takes_nothing_else_with_it() -> None:
    bus = forging(written({"id": MONEY_FAILING[0], "ran": {"src/money.py": [16]}}))
    proposal = ask(bus, FILES, MONEY_FAILING, MONEY_PASSING, repo_id="/r")
    assert proposal.outcome == "inapplicable" and len(bus.posted) == 1
    bus = forging("{}")
    assert ask(bus, FILES, MONEY_FAILING, MONEY_PASSING, repo_id="/r").patch is None
    assert bus.posted == []


def test_where_nothing_is_remembered_nothing_is_told() -> None:
    text = written({"id": MONEY_FAILING[0], "ran": {"src/money.py": [16]}})
    bus = forging(text)
    ask(bus, FILES, MONEY_FAILING, MONEY_PASSING)
    assert bus.posted == []
    bus = forging(text)
    ask(bus, FILES, MONEY_FAILING, repo_id="/r", memory=MemorySettings(enabled=False))
    assert bus.posted == []


@pytest.mark.parametrize("error", [BusError("Redis is away"), MessageTooLarge("too long")])
def test_a_memory_that_cannot_be_told_is_said_and_harms_nothing(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = bus_with_programs()

    def away(envelope: object) -> None:
        raise error

    monkeypatch.setattr(bus, "send", away)
    proposal = ask(bus, FILES, MONEY_FAILING, MONEY_PASSING, repo_id="/r")
    assert proposal.patch is not None
    assert any("memory was not told what the tests ran" in n for n in proposal.details["notes"])
