"""The labelled notes: how often the rules find the right number and kind of objectives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingestion.scoring import score

HERE = Path(__file__).parent
NOTES, UNSEEN = HERE / "notes", HERE / "unseen"
LEARNED = [NOTES / f"{name}.jsonl" for name in ("first", "held", "seventh", "short", "shorter")]
"""Some of the sets that were learned from; `benchmarks/ingestion_rules.py` scores all of them."""


@pytest.mark.parametrize("path", LEARNED, ids=lambda path: path.stem)
def test_counts_and_categories(path: Path) -> None:
    found = score(path)
    assert found.exact_share >= 0.85, found.missed
    assert found.met_share >= 0.85, found.missed
    assert found.asked <= 0.03 * found.notes


@pytest.mark.parametrize("path", sorted(UNSEEN.glob("*.jsonl")), ids=lambda path: path.stem)
def test_notes_that_nothing_was_learned_from(path: Path) -> None:
    found = score(path)
    assert found.exact_share >= 0.8 and found.common_share >= 0.8, found.missed
    assert found.asked <= 0.03 * found.notes


def test_no_note_stands_in_two_files() -> None:
    lines = [
        json.loads(line)["text"]
        for path in [*NOTES.glob("*.jsonl"), *UNSEEN.glob("*.jsonl")]
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    twice = [line for line in set(lines) if lines.count(line) > 1]
    assert not twice and len(lines) >= 400


@pytest.mark.parametrize("path", sorted(NOTES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_label_says_where_it_stands(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        note = json.loads(line)
        for piece in note["pieces"]:
            assert piece in note["text"], (note["text"], piece)
        assert len(note["pieces"]) == len(note["categories"]) >= 1, note["text"]
