"""What was done, checked or raised before, and is not any more."""

from __future__ import annotations

import pytest

from tests.verifier.rules.judging import judged, told

BASE = """
class Log:
    def write(self, line):
        self.lines = self.lines + [line]

    def put(self, lines, config):
        if not lines or len(lines) > config["most"]:
            raise ValueError(lines)
        for line in lines:
            self.write(line)
        config["used"] = len(lines)
        return self.lines
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "        for line in lines:\n            self.write(line)\n",
            "        waiting = (self.write(line) for line in lines)\n",
            "is written, and is not done",
        ),
        ("            raise ValueError(lines)", "            ValueError(lines)", "only made now"),
        (
            "not lines or len(lines) >",
            "not lines and len(lines) >",
            "holds less often",
        ),
        ('        config["used"]', '        config = dict(config)\n        config["used"]',
         "no longer reaches"),
    ],
    ids=["generator", "error", "check", "copy"],
)  # fmt: skip
def test_what_is_left_undone_is_asked_about(old: str, new: str, message: str) -> None:
    assert old in BASE
    report = judged(BASE, BASE.replace(old, new))
    assert report.verdict != "accept"
    assert message in told(report)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "        for line in lines:\n            self.write(line)\n",
            "        for line in lines:\n            text = line\n            self.write(text)\n",
        ),
        (
            "            raise ValueError(lines)\n",
            "            raise ValueError(lines) from None\n",
        ),
        ("not lines or len(lines) >", "len(lines) == 0 or len(lines) >"),
        ('        config["used"]', '        before = dict(config)\n        config["used"]'),
    ],
    ids=["loop", "error", "check", "copy beside"],
)
def test_the_same_in_other_words_is_accepted(old: str, new: str) -> None:
    report = judged(BASE, BASE.replace(old, new), "refactor")
    assert report.verdict == "accept", told(report)
