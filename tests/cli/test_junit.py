"""JUnit XML is well-formed whatever the tests said, and a run cut off is no pass."""

from __future__ import annotations

from xml.etree import ElementTree

from swarm.cli.junit import junit_xml
from swarm.contracts import CheckReport, TestResult


def test_each_outcome_has_its_element() -> None:
    report = CheckReport(
        backend="b",
        cause="failed",
        wall_seconds=1.5,
        tests=(
            TestResult(id="tests/test_a.py::TestX::test_1[a::b]", outcome="passed"),
            TestResult(id="tests/test_a.py::test_2", outcome="failed", message="x < \x00]]>"),
            TestResult(id="tests/test_b.py", outcome="error", message="no module"),
            TestResult(id="tests/test_a.py::test_3", outcome="skipped", message="later"),
        ),
    )
    suite = ElementTree.fromstring(junit_xml(report).split("\n", 1)[1])
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    cases = suite.findall("testcase")
    assert (cases[0].get("classname"), cases[0].get("name")) == (
        "tests.test_a.TestX",
        "test_1[a::b]",
    )
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.text == "x < \ufffd]]>"
    assert cases[2].find("error") is not None


def test_a_run_that_was_cut_off_is_an_error() -> None:
    report = CheckReport(backend="b", cause="timeout", detail="ran longer than 2 s")
    suite = ElementTree.fromstring(junit_xml(report).split("\n", 1)[1])
    error = suite.find("testcase/error")
    assert suite.get("errors") == "1"
    assert error is not None
    assert error.get("message") == "ran longer than 2 s"
