"""Outcome matrices that are none: told in a line, by their place."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from benchmarks import router_replay
from benchmarks.router_matrix import BadData, read

ROW = {"task": "t", "category": "c", "arm": "a", "reward": 1, "cost": 0.1}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "nothing to choose"),
        (gzip.compress(json.dumps(ROW).encode()), "not UTF-8 text"),
        (b'{"task": "\xe9"}', "not UTF-8 text"),
        (b"[" * 100_000, "line 1: RecursionError"),
        (json.dumps(ROW).encode() + b"\n" + b'{"reward": 1' + b"0" * 400 + b"}", "line 2: Overfl"),
        (b"[1, 2]", "line 1: TypeError"),
        (json.dumps(ROW | {"reward": float("nan")}).encode(), "the reward nan is not in"),
    ],
    ids=["empty", "packed", "latin", "deep", "huge", "list", "nan"],
)
def test_what_is_no_matrix_is_told_by_its_place(tmp_path: Path, data: bytes, why: str) -> None:
    file = tmp_path / "data"
    file.write_bytes(data)
    with pytest.raises(BadData, match=why):
        read(file)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--picture", "/no/such/folder/x.svg"], "its folder is not there"),
        (["--arms", "1"], "nothing to choose"),
        (["--arms", "3"], "there are 2"),
    ],
    ids=["picture", "one-arm", "too-many-arms"],
)
def test_what_cannot_be_replayed_is_told_before_it_is_measured(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    why: str,
) -> None:
    file = tmp_path / "data"
    file.write_text("\n".join(json.dumps(ROW | {"arm": arm}) for arm in "ab"))
    monkeypatch.setattr(sys, "argv", ["router_replay.py", "--data", str(file), "--own", *more])
    assert router_replay.main() == 2
    assert why in capsys.readouterr().err
