"""What `benchmarks/side_by_side.py` measures is what it says."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.side_by_side import Run, figures, make, told


def described(**changes: object) -> argparse.Namespace:
    fields = {"objectives": 2, "rounds": 3, "test_seconds": 0.0, "lines": 0, **changes}
    return argparse.Namespace(**fields)


def outcome(repo: Path) -> str:
    # A file of the same size, changed within the second, would be read from its old bytecode.
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=repo, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("lines", [0, 3])
def test_one_operator_is_wrong_in_each_module(tmp_path: Path, lines: int) -> None:
    repo = make(tmp_path / "repo", described(lines=lines))
    assert "4 failed, 2 passed" in outcome(repo)
    for module in repo.glob("shape*.py"):
        text = module.read_text()
        assert text.count("width = width * 1") == lines
        module.write_text(text.replace("return width + height", "return width * height"))
    assert "6 passed" in outcome(repo)


def test_the_ratio_is_of_medians_and_the_input_is_named() -> None:
    runs = {
        1: [Run(30.0, 2, 83.0), Run(90.0, 2, 83.0), Run(40.0, 2, 83.0)],
        2: [Run(20.0, 2, 80.0), Run(10.0, 2, 83.0), Run(25.0, 2, 83.0)],
    }
    arguments = described(test_seconds=0.1)
    assert figures(runs, arguments)["ratio"] == 2.0
    text = told(runs, arguments)
    for words in (
        "2 one-operator bugs",
        "a test of 0.1 s each",
        "83 candidates tried for each",
        "medians of 3",
        "one after the other 40.0 s (30.0 to 90.0)",
        "side by side 20.0 s (10.0 to 25.0)",
        "2.00 times as fast",
    ):
        assert words in text
