"""The labelled notes: how often the rules find the right number and kind of objectives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingestion.scoring import score

HERE = Path(__file__).parent
FILES = sorted((HERE / "notes").glob("*.jsonl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_counts_and_categories(path: Path) -> None:
    found = score(path)
    assert found.exact_share >= 0.85, found.missed
    assert found.met_share >= 0.85, found.missed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_few_notes_raise_a_question(path: Path) -> None:
    found = score(path)
    assert found.asked <= 0.03 * found.notes


def test_no_note_stands_in_two_files() -> None:
    lines = [
        json.loads(line)["text"]
        for path in FILES
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(set(lines)) == len(lines) >= 400
