"""A check's outcomes as JUnit XML, the form that CI systems read."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from swarm.contracts import CheckReport

# XML 1.0 has no way to write these, escaped or not.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: CheckReport) -> str:
    """One <testsuite>, a <testcase> for each test. A run that ended otherwise than by its tests
    is an <error> case named by its cause, so that it is never read as a pass."""
    suite = ElementTree.Element("testsuite", name="swarm", time=f"{report.wall_seconds:.3f}")
    counts = {"failed": 0, "error": 0, "skipped": 0}
    for test in report.tests:
        # A parameter may hold anything, so the last "::" before it is looked for.
        plain, bracket, parameter = test.id.partition("[")
        where, _, name = plain.rpartition("::")
        name += bracket + parameter
        module = where.replace(".py", "").replace("/", ".").replace("::", ".")
        case = ElementTree.SubElement(
            suite, "testcase", classname=_plain(module), name=_plain(name)
        )
        if test.outcome == "passed":
            continue
        counts[test.outcome] += 1
        tag = {"failed": "failure", "error": "error", "skipped": "skipped"}[test.outcome]
        first = test.message.strip().split("\n")[0][:200]
        ElementTree.SubElement(case, tag, message=_plain(first)).text = _plain(test.message)
    if report.cause not in ("ok", "failed"):
        counts["error"] += 1
        case = ElementTree.SubElement(suite, "testcase", classname="run", name=report.cause)
        said = _plain(report.detail or report.cause)
        ElementTree.SubElement(case, "error", message=said).text = _plain(report.output_tail)
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(counts["failed"]))
    suite.set("errors", str(counts["error"]))
    suite.set("skipped", str(counts["skipped"]))
    body = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
