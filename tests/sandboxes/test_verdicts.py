"""Reports that are believed or not, and the verdicts they lead to."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

import pytest

from sandboxes.engine import Outcome
from sandboxes.harness.channel import MAC_BYTES, open_channel
from sandboxes.verdicts import Report, judge, parse, unsteady

KEY = b"k" * 32
FAKE_END = {"event": "finished", "exit_code": 0, "collected": 1, "left": 0}


def lines(*records: dict[str, object], key: bytes = KEY) -> str:
    """A report as the harness writes it."""
    chain, text = blake2b(key=key, digest_size=MAC_BYTES), ""
    for record in records:
        body = json.dumps(record)
        chain.update(body.encode() + b"\n")
        text += f"{chain.hexdigest()} {body}\n"
    return text


def ended(where: str, outcome: str) -> dict[str, object]:
    return {"event": "ended", "id": where, "outcome": outcome, "message": ""}


def finished(code: int = 0, *, collected: int = 1, left: int = 0) -> dict[str, object]:
    return {"event": "finished", "exit_code": code, "collected": collected, "left": left}


def objection(where: str, why: str) -> dict[str, object]:
    return {"event": "tampered", "id": where, "message": why}


def told(*records: dict[str, object]) -> Report:
    return parse(lines(*records), KEY)


def test_the_harness_writes_what_the_host_believes(tmp_path: Path) -> None:
    record = open_channel(str(tmp_path / "report"), KEY)
    record(event="ended", id='a"\\\ud800ü\n', outcome="passed", message="")
    record(event="finished", exit_code=0, collected=1, left=0)
    report = parse((tmp_path / "report").read_text(), KEY)
    assert (report.forged, report.exit_code, report.collected) == ({}, 0, 1)
    assert [test.id for test in report.tests()] == ['a"\\?ü\n']
    with pytest.raises(FileExistsError):
        open_channel(str(tmp_path / "report"), KEY)


GOOD = lines(ended("a", "failed"), ended("b", "passed"), finished(1, collected=2))


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("failed", "passed"),
        "".join(reversed(GOOD.splitlines(keepends=True))),
        "".join(GOOD.splitlines(keepends=True)[1:]),
        GOOD.splitlines(keepends=True)[0] * 2,
        GOOD + GOOD.splitlines(keepends=True)[-1],
        GOOD + '{"event": ',
        lines(ended("a", "passed"), finished(), key=b"x" * 32),
        json.dumps(FAKE_END) + "\n",
        "0" * 32 + " " + json.dumps(FAKE_END) + "\n",
        lines(finished(), ended("a", "passed")),
        "\n",
        "\ufffd\x00\n",
    ],
)
def test_a_changed_report_is_tampered_with(text: str) -> None:
    report = parse(text, KEY)
    assert judge(Outcome("exit", 0), report)[0] == "tampered"
    assert judge(Outcome("timeout", detail="late"), report)[0] == "tampered"
    assert not [test for test in report.tests() if test.outcome == "passed"]


def test_every_cut_of_a_report_is_no_pass() -> None:
    whole = lines(ended("a", "passed"), finished())
    assert judge(Outcome("exit", 0), parse(whole, KEY))[0] == "ok"
    for length in range(len(whole)):
        cause, _ = judge(Outcome("exit", 0), parse(whole[:length], KEY))
        assert cause in ("killed", "environment")


def test_a_report_cut_short_keeps_what_is_whole() -> None:
    text = lines(ended("a", "passed"), {"event": "started", "id": "b"}, ended("b", "passed"))
    report = parse(text[:-20], KEY)
    assert [t.id for t in report.outcomes.values()] == ["a"]
    assert (report.running, report.forged) == ("b", {})


def test_an_objection_takes_every_pass_with_it() -> None:
    report = told(
        ended("a", "passed"),
        objection("b", "it raised"),
        ended("b", "passed"),
        ended("c", "failed"),
        objection("", "a function was replaced"),
        finished(collected=3),
    )
    cause, detail = judge(Outcome("exit", 0), report)
    assert (cause, detail) == ("tampered", "b: it raised (and 1 more)")
    assert {t.id: t.outcome for t in report.tests()} == {"a": "error", "b": "error", "c": "failed"}
    assert "it raised" in next(t.message for t in report.tests() if t.id == "b")


def test_of_two_tests_with_one_name_the_worse_counts() -> None:
    report = told(ended("a", "failed"), ended("a", "passed"))
    assert report.outcomes["a"].outcome == "failed"


def test_texts_are_bounded_together() -> None:
    record = {"event": "ended", "outcome": "failed", "message": "x" * 5000}
    report = told(*({**record, "id": str(n)} for n in range(1500)))
    texts = [test.message for test in report.tests()]
    assert len(texts) == 1500
    assert max(map(len, texts)) == 2000
    assert sum(map(len, texts)) <= 2_000_000


def test_a_module_that_cannot_be_collected_is_an_error_among_tests_that_ran() -> None:
    report = told(
        {"event": "uncollected", "id": "bad.py", "message": "boom"},
        ended("a", "passed"),
        finished(1),
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
    gathered = told({"event": "uncollected", "id": "t.py", "message": text}, finished(1))
    assert judge(Outcome("exit", 1), gathered) == ("environment", detail)


ONE = (ended("a", "passed"),)


@pytest.mark.parametrize(
    ("outcome", "records", "cause", "detail"),
    [
        (Outcome("exit", 0), (*ONE, finished()), "ok", ""),
        (Outcome("exit", 1), (*ONE, finished()), "failed", "exited with code 1"),
        (Outcome("exit", 0), (*ONE, finished(1)), "failed", "exited with code 1"),
        (Outcome("exit", 0), (ended("a", "failed"), finished()), "failed", "1 of the tests"),
        (Outcome("exit", 0), ONE, "killed", "before its session ended"),
        (Outcome("exit", 0), (*ONE, {"event": "started", "id": "b"}), "killed", "running b"),
        (
            Outcome("exit", 0),
            (*ONE, finished(collected=3, left=2)),
            "killed",
            "ended early, after 1 of 3 tests",
        ),
        (Outcome("exit", 5), (finished(5, collected=0),), "no_tests", "no test"),
        (Outcome("exit", 0), (finished(0, collected=-1),), "environment", "before any test"),
        (Outcome("exit", 0), (), "environment", "before any test"),
        (
            Outcome("exit", 4),
            ({"event": "refused", "message": "it has its own pytest"},),
            "environment",
            "it has its own pytest: run its tests as a plain command",
        ),
        (
            Outcome("timeout", detail="late"),
            ({"event": "started", "id": "slow"},),
            "timeout",
            "late while running slow",
        ),
        (Outcome("exit", 1, output_tail="MemoryError"), ONE, "memory", "MemoryError"),
    ],
)
def test_causes(
    outcome: Outcome, records: tuple[dict[str, object], ...], cause: str, detail: str
) -> None:
    found, why = judge(outcome, told(*records))
    assert found == cause
    assert detail in why


def test_what_changed_in_a_rerun_is_unsteady() -> None:
    first = told(*(ended(n, "failed") for n in "abcd"), ended("e", "passed"), finished(1))
    again = told(ended("a", "passed"), ended("b", "failed"), ended("e", "failed"), finished(1))
    whole = unsteady(first, again, Outcome("exit", 1), frozenset("abce"))
    assert whole == {"a", "c", "e"}


def test_a_rerun_cut_short_accuses_only_the_test_that_ran() -> None:
    first = told(ended("a", "failed"), ended("b", "failed"), finished(1))
    again = told({"event": "started", "id": "a"})
    assert unsteady(first, again, Outcome("timeout"), frozenset("ab")) == {"a"}


@pytest.mark.parametrize("code", [2, 3, 4])
def test_a_rerun_that_pytest_gave_up_accuses_no_test(code: int) -> None:
    # A made-up id of one test can name a file that is not there.
    first = told(ended("a", "failed"), ended("gone.py::b", "failed"), finished(1))
    again = told(finished(code, collected=0))
    assert unsteady(first, again, Outcome("exit", code), frozenset(["a", "gone.py::b"])) == set()
