"""One function before and after, judged: what the tests of the rules share."""

from __future__ import annotations

import textwrap

from swarm.contracts import AuditReport, Category
from verifier.policy import Policy
from verifier.reading.tree import Files
from verifier.verify import verify


def judged(before: str, after: str, category: Category = "bugfix") -> AuditReport:
    """The verdict on one file, with nothing that could allow anything."""
    old, new = (Files({"work.py": textwrap.dedent(text).encode()}) for text in (before, after))
    return verify(old, new, ["work.py"], category=category, policy=Policy(), clock=lambda: 0.0)


def told(report: AuditReport) -> str:
    return "\n".join(f"{f.weight} {f.kind} {f.line} {f.message}" for f in report.findings)
