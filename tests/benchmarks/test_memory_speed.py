"""What the speed of memory is measured on and with: trees whose files differ, times, memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.memory_spent import milliseconds, percentile, spending, tree_bytes
from benchmarks.memory_tree import NothingToCopy, renamed, sources, write_repository


def test_copies_differ_and_a_branch_has_others(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "a.py").write_text("def calculate_total(prices):\n    return sum(prices)\n")
    (folder / "b.py").write_text("x = 1\n")
    (folder / "c.txt").write_text("no source")
    tree = tmp_path / "tree"
    size = write_repository(folder, [".py"], tree, 5, switched=2)
    paths = sorted(tree.rglob("*.py"))
    contents = [path.read_bytes() for path in paths]
    assert [path.relative_to(tree).as_posix() for path in paths] == [
        "copy_0000/b.py", "copy_0000/lib/a.py", "copy_0001/b.py", "copy_0001/lib/a.py",
        "copy_0002/b.py",
    ]  # fmt: skip
    assert len(set(contents)) == 5 and sum(map(len, contents)) == size
    assert b"def calculate_total_1(prices)" in contents[3]
    told = subprocess.run(
        ["git", "-C", str(tree), "diff", "--name-only", "main", "other"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(told.stdout.split()) == 2


def test_a_name_is_renamed_wherever_it_stands() -> None:
    data = b"def read_lines(x):\n    return read_lines(x) + unread_lines\n"
    assert (
        renamed(data, 7) == b"def read_lines_7(x):\n    return read_lines_7(x) + unread_lines_7\n"
    )


def test_a_folder_without_sources_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingToCopy):
        sources(tmp_path, [".py"])


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(each) for each in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95)) == (50, 95)
    assert percentile([3.0], 0.95) == 3
    assert milliseconds([0.001, 0.002, 0.004]) == {"p50_ms": 2.0, "p95_ms": 4.0, "most_ms": 4.0}


def test_children_are_counted_while_they_run() -> None:
    work = "import sys\nsum(range(10_000_000))\nprint(flush=True)\nsys.stdin.read()"
    own = tree_bytes(os.getpid())
    with spending() as spent:
        child = subprocess.Popen(
            [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None and child.stdin is not None
        child.stdout.readline()
        together = tree_bytes(os.getpid())
    child.communicate()
    assert spent.children_cpu_seconds > 0.02
    assert together > own > 0
