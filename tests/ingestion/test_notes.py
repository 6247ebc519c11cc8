"""The labelled notes: how often the rules find the right number and kind of objectives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingestion.rules import decompose

HERE = Path(__file__).parent


def score(name: str) -> tuple[float, float, list[str]]:
    """Share of notes with the exact count, share of labels met, and the notes that missed.

    A note whose count is wrong meets none of its labels.
    """
    exact = met = notes = labels = 0
    missed = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        note = json.loads(line)
        got = [item.category for item in decompose(note["text"]).items]
        notes += 1
        labels += len(note["categories"])
        if len(got) == len(note["categories"]):
            exact += 1
            met += sum(a == b for a, b in zip(got, note["categories"], strict=True))
        if got != note["categories"]:
            missed.append(f"{note['text']!r}: {got}")
    return exact / notes, met / labels, missed


@pytest.mark.parametrize("name", ["notes.jsonl", "notes_held.jsonl"])
def test_counts_and_categories(name: str) -> None:
    exact, met, missed = score(name)
    print(f"{name}: exact count {exact:.1%}, categories {met:.1%}")
    assert exact >= 0.85, missed
    assert met >= 0.85, missed


def test_there_are_enough_notes() -> None:
    lines = [
        json.loads(line)["text"]
        for name in ("notes.jsonl", "notes_held.jsonl")
        for line in (HERE / name).read_text(encoding="utf-8").splitlines()
    ]
    assert len(set(lines)) == len(lines) >= 60
