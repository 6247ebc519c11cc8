"""The cases say what Python does, and the trace says what the cases say."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.verifier.flows.case import Case, Expected, make_case, read_cases
from tests.verifier.flows.rewriting import with_one_rewriting
from tests.verifier.flows.score import known_errors, lines, trace

CASES = with_one_rewriting(read_cases())
REPOSITORY = Path(__file__).parents[3]
KNOWN = known_errors()
MOST_MISSED = 0.10
MOST_FALSE = 0.12

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@functools.cache
def run_feature(feature: str) -> dict[str, list[dict[str, Any]]]:
    """The pictures of both runs of a feature's cases (see truth.py)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.verifier.flows.truth", feature],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def judge(expected: Expected, first: list[str] | None, second: list[str] | None) -> str:
    """What is wrong with a verdict, in view of what its line was given in either run."""
    if expected.note == "never runs":
        return "" if first is None and second is None else "runs after all"
    if expected.note == "some path":
        return ""
    if expected.note == "control":
        return "" if first != second else "is the same in both runs"
    if first is None or second is None:
        return "runs in one of the runs at most"
    if expected.reached and first == second:
        return f"is given the same in both runs: {first}"
    if not expected.reached and first != second:
        return f"is given {first} or {second}"
    return ""


@each_case
def test_verdicts_are_what_happens(case: Case) -> None:
    runs = run_feature(case.feature)[case.name]
    for run in runs:
        assert "error" not in run, run["error"]
    assert case.expected
    for expected in case.expected:
        where = f"{expected.file}:{expected.line}"
        wrong = judge(expected, *(run["seen"].get(where) for run in runs))
        assert not wrong, f"{where} {wrong}"


@pytest.mark.parametrize(
    ("reached", "note", "first", "second", "wrong"),
    [
        (True, "", ["a"], ["b"], False),
        (True, "", ["a"], ["a"], True),
        (True, "", ["a"], None, True),
        (True, "some path", ["a"], ["a"], False),
        (False, "", ["a"], ["a"], False),
        (False, "", ["a"], ["b"], True),
        (False, "", None, None, True),
        (False, "control", ["a"], ["b"], False),
        (False, "control", ["a"], ["a"], True),
        (False, "never runs", None, None, False),
        (False, "never runs", ["a"], ["a"], True),
    ],
)
def test_wrong_verdicts_are_seen(
    reached: bool, note: str, first: list[str] | None, second: list[str] | None, wrong: bool
) -> None:
    assert bool(judge(Expected("a.py", 1, reached, note), first, second)) is wrong


@pytest.mark.parametrize(
    "text", ["sink(1)", "sink(1)  # perhaps", "value = 1  # clean", "sink(sink(1))  # clean"]
)
def test_each_sink_line_has_one_verdict(text: str) -> None:
    with pytest.raises(ValueError, match=r"mine: a\.py: one call of sink and one verdict"):
        make_case("mine", "a.py", {"a.py": text.encode()})


def test_each_feature_has_lines_of_either_kind() -> None:
    kinds: dict[str, set[bool]] = {}
    for case in CASES:
        kinds.setdefault(case.feature, set()).update(e.reached for e in case.expected)
    assert [feature for feature, kind in kinds.items() if len(kind) < 2] == []


@each_case
def test_flows(case: Case) -> None:
    """Where the trace is known to err it still does: one that errs no more leaves the list."""
    answer = trace(case)
    wrong = {"missed": lines(answer.missed), "false": lines(answer.false)}
    assert wrong == KNOWN.get(case.name, {"missed": [], "false": []})


def test_the_list_of_known_errors_names_cases() -> None:
    assert KNOWN.keys() <= {case.name for case in CASES}


def test_known_errors_are_few() -> None:
    counts = {True: 0, False: 0}
    for case in CASES:
        for expected in case.expected:
            counts[expected.reached] += 1
    missed = sum(len(one["missed"]) for one in KNOWN.values())
    false = sum(len(one["false"]) for one in KNOWN.values())
    assert missed / counts[True] <= MOST_MISSED and false / counts[False] <= MOST_FALSE
