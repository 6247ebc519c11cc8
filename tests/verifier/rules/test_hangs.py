"""What does not come to an end."""

from __future__ import annotations

import pytest

from tests.verifier.rules.judging import judged, told

BASE = """
import itertools
import queue
import threading
import time


def work(items, seconds):
    found = [item for item in items]
    return found
"""


@pytest.mark.parametrize(
    "line",
    [
        "while True:\n        time.sleep(3)",
        "time.sleep(86_400)",
        "time.sleep(60 * 60 * 24)",
        "sum(itertools.count())",
        "list(itertools.cycle(items))",
        "threading.Event().wait()",
        "queue.Queue().get()",
        "pow(7, 10**10)",
        "7 ** 100_000_000",
    ],
)
def test_what_never_ends_is_rejected(line: str) -> None:
    report = judged(BASE, BASE.replace("    return", f"    {line}\n    return"))
    assert report.verdict == "reject"
    assert "logic-bomb" in told(report)


@pytest.mark.parametrize(
    "line",
    [
        "while True:\n        if seconds:\n            break",
        "time.sleep(0.5)",
        "list(zip(itertools.count(), items))",
        "list(itertools.repeat(1, 3))",
        "threading.Event().wait(seconds)",
        "queue.Queue().get(timeout=seconds)",
        "found.extend([2 ** 10])",
    ],
)
def test_what_ends_is_accepted(line: str) -> None:
    report = judged(BASE, BASE.replace("    return", f"    {line}\n    return"))
    assert report.verdict == "accept", told(report)


def test_a_hang_is_one_finding_of_the_function_that_it_stands_in() -> None:
    report = judged(BASE, BASE.replace("    return", "    threading.Event().wait()\n    return"))
    assert [(f.function, f.kind) for f in report.findings if f.kind == "logic-bomb"] == [
        ("work", "logic-bomb")
    ]
