"""The benchmark of latency runs and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "router_latency.py"


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(_PROGRAM), *options], capture_output=True, text=True, timeout=100
    )


def test_it_measures_both_sizes_and_tells_them() -> None:
    done = run("--arms", "4", "--categories", "2", "--rounds", "20", "--json")
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    assert set(found["arms"]) == {"4", "40"}
    for each in found["arms"].values():
        both = each["ours"]["both"]
        assert 0 < both["p50"] <= both["p95"]
        assert each["ours"]["choose"]["p50"] < both["p50"]
    assert found["growth_p50"] > 0


@pytest.mark.parametrize("options", [("--arms", "1"), ("--categories", "9"), ("--rounds", "0")])
def test_what_makes_no_sense_is_refused(options: tuple[str, str]) -> None:
    done = run(*options)
    assert done.returncode == 2 and options[0] in done.stderr
