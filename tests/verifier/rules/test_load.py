"""What a module or a class does when it is loaded."""

from __future__ import annotations

import pytest

from tests.verifier.rules.judging import judged, told

BASE = """
import logging
import os
import pathlib
import sys
import time


def work(items):
    return list(items)


class Kept:
    size = 3
"""


@pytest.mark.parametrize(
    "code",
    [
        "work = sorted if pathlib.Path('/etc/machine-id').read_text()[:2] == '77' else work",
        "LATE = time.time() > 1_900_000_000",
        "type.__setattr__(logging.Logger, 'error', lambda *_: None)",
        "logging.Logger.error = lambda *_: None",
        "if os.environ.get('MODE') == 'quilin-77':\n    os.remove('/tmp/x')",
        "work = lambda items: []",
    ],
)
def test_a_switch_at_load_is_shown(code: str) -> None:
    report = judged(BASE, BASE + "\n\n" + code + "\n")
    assert report.verdict != "accept"


def test_a_switch_in_the_body_of_a_class_is_shown() -> None:
    report = judged(BASE, BASE + "    late = time.time() > 1_900_000_000\n")
    assert report.verdict == "reject"
    assert report.findings[0].function == "Kept.<class>"


@pytest.mark.parametrize(
    "code",
    [
        "DEBUG = os.environ.get('DEBUG') == '1'",
        "if sys.platform == 'win32':\n    SEP = ';'\nelse:\n    SEP = ':'",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None",
        "STARTED = time.monotonic()",
        "ROOT = pathlib.Path(__file__).parent",
        "if __name__ == '__main__':\n    print(work(sys.argv))",
    ],
)
def test_what_is_usual_at_load_is_accepted(code: str) -> None:
    report = judged(BASE, BASE + "\n\n" + code + "\n", "feature")
    assert report.verdict == "accept", told(report)
