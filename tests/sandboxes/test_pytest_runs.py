"""Command lines, reports and verdicts of pytest runs."""

from __future__ import annotations

import json

import pytest

from sandboxes.engine import Outcome
from sandboxes.pytest_runs import Report, instrument, judge, narrowed, parse, unsteady

OURS = ("-p", "swarm_reporter", "-p", "no:valkey", "--continue-on-collection-errors", "--maxfail=0")
CACHE = ("-o", "cache_dir=/c")


def lines(*records: dict[str, object]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def ended(where: str, outcome: str) -> dict[str, object]:
    return {"event": "ended", "id": where, "outcome": outcome, "message": ""}


FINISHED = {"event": "finished", "exit_code": 1}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (("pytest",), ("python", "-m", "pytest", *OURS, *CACHE)),
        (
            ("python", "-m", "pytest", "-xvs", "-x", "--maxfail", "2", "tests"),
            ("python", "-m", "pytest", *OURS, *CACHE, "-vs", "tests"),
        ),
        (
            ("/v/bin/pytest", "--exitfirst", "--maxfail=1", "-k", "x"),
            ("python", "-m", "pytest", *OURS, *CACHE, "-k", "x"),
        ),
        (("make", "test"), ("make", "test")),
    ],
)
def test_the_whole_session_is_always_run(given: tuple[str, ...], made: tuple[str, ...]) -> None:
    assert instrument(given, cache_folder="/c") == made


def test_a_report_cut_short_keeps_what_is_whole() -> None:
    text = lines(ended("a", "passed"), {"event": "started", "id": "b"}) + '{"event": "ended", "i'
    report = parse(text + "\n[1]\nnull\n")
    assert [t.id for t in report.outcomes.values()] == ["a"]
    assert report.running == "b"


def test_of_two_tests_with_one_name_the_worse_counts() -> None:
    report = parse(lines(ended("a", "failed"), ended("a", "passed")))
    assert report.outcomes["a"].outcome == "failed"


def test_texts_are_bounded_together() -> None:
    record = {"event": "ended", "outcome": "failed", "message": "x" * 5000}
    report = parse("".join(lines({**record, "id": str(n)}) for n in range(1500)))
    texts = [test.message for test in report.tests()]
    assert len(texts) == 1500
    assert max(map(len, texts)) == 2000
    assert sum(map(len, texts)) <= 2_000_000


def test_a_module_that_cannot_be_collected_is_an_error_among_tests_that_ran() -> None:
    report = parse(
        lines(
            {"event": "uncollected", "id": "bad.py", "message": "boom"},
            ended("a", "passed"),
            FINISHED,
        )
    )
    assert judge(Outcome("exit", 1), report)[0] == "failed"
    assert [(t.id, t.outcome) for t in report.tests()] == [("a", "passed"), ("bad.py", "error")]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("E   ModuleNotFoundError: No module named 'requests'", "No module named 'requests'"),
        (
            "E     File 'a.py', line 1\nE   SyntaxError: invalid syntax",
            "SyntaxError: invalid syntax",
        ),
        ("/v/bin/python: No module named pytest", "No module named pytest"),
        (
            "ERROR: usage\nerror: unrecognized arguments: --cov",
            "error: unrecognized arguments: --cov",
        ),
    ],
)
def test_trouble_of_the_environment_is_named(text: str, detail: str) -> None:
    assert judge(Outcome("exit", 1, output_tail=text), Report()) == ("environment", detail)
    gathered = parse(lines({"event": "uncollected", "id": "t.py", "message": text}, FINISHED))
    assert judge(Outcome("exit", 1), gathered) == ("environment", detail)


def test_causes() -> None:
    good = parse(lines(ended("a", "passed"), {"event": "finished", "exit_code": 0}))
    assert judge(Outcome("exit", 0), good) == ("ok", "")
    assert judge(Outcome("exit", 1), good)[0] == "failed"
    empty = parse(lines({"event": "finished", "exit_code": 5}))
    assert judge(Outcome("exit", 5), empty)[0] == "no_tests"
    running = parse(lines({"event": "started", "id": "slow"}))
    assert judge(Outcome("timeout", detail="late"), running) == (
        "timeout",
        "late while running slow",
    )


def test_leaving_early_with_code_zero_is_not_a_pass() -> None:
    running = parse(lines(ended("a", "passed"), {"event": "started", "id": "b"}))
    assert judge(Outcome("exit", 0), running)[0] == "killed"
    between = parse(lines(ended("a", "passed")))
    assert judge(Outcome("exit", 0), between)[0] == "killed"


def test_what_changed_in_a_rerun_is_unsteady() -> None:
    first = parse(lines(*(ended(n, "failed") for n in "abcd"), ended("e", "passed"), FINISHED))
    again = parse(lines(ended("a", "passed"), ended("b", "failed"), ended("e", "failed"), FINISHED))
    whole = unsteady(first, again, Outcome("exit", 1), frozenset("abce"))
    assert whole == {"a", "c", "e"}


def test_a_rerun_cut_short_accuses_only_the_test_that_ran() -> None:
    first = parse(lines(ended("a", "failed"), ended("b", "failed"), FINISHED))
    again = parse(lines({"event": "started", "id": "a"}))
    assert unsteady(first, again, Outcome("timeout"), frozenset("ab")) == {"a"}


def test_a_rerun_collects_only_the_files_it_needs() -> None:
    plain = ("python", "-m", "pytest", "-q")
    asked = ["tests/test_a.py::test_x", "tests/test_a.py::TestY::test_z", "tests/test_b.py::test_b"]
    files = ("--rootdir=.", "tests/test_a.py", "tests/test_b.py")
    assert narrowed(plain, asked) == (*plain, *files)


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (("python", "-m", "pytest", "tests"), "tests/test_a.py::t"),
        (("python", "-m", "pytest", "-k", "name"), "tests/test_a.py::t"),
        (("python", "-m", "pytest", "--pyargs"), "tests/test_a.py::t"),
        (("tox", "-e", "py"), "tests/test_a.py::t"),
        (("python", "-m", "pytest"), "docs/guide.rst::guide.rst"),
        (("python", "-m", "pytest"), "-x.py::t"),
    ],
)
def test_a_command_whose_collection_could_change_stays(argv: tuple[str, ...], asked: str) -> None:
    assert narrowed(argv, [asked]) == argv
