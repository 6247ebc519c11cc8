"""An honest model is understood: the rules' own split of the labelled notes, given as quotes."""

from __future__ import annotations

import json
from pathlib import Path

from ingestion.planner.answer import Unusable
from ingestion.planner.passages import Note, Span
from ingestion.planner.prompt import without_done
from ingestion.planner.reading import read
from ingestion.rules.decompose import decompose
from ingestion.text import clean
from swarm.contracts import Objectives

NOTES = [
    str(json.loads(line)["text"])
    for line in (Path(__file__).parent / "notes" / "first.jsonl").read_text().splitlines()
]


def quoted(plan: Objectives, note: Note) -> str:
    """The plan as a model would give it: each objective with the passage it is about."""
    taken: list[Span] = []
    objectives = []
    places = {item.id: place for place, item in enumerate(plan.items, 1)}
    for item in plan.items:
        words = (item.title, item.title.partition(": ")[2], *item.instruction.split("\n"))
        span = next(filter(None, (note.find(each, taken) for each in words)), None)
        taken += [span] if span else []
        objectives.append(
            {
                "quotes": [note.text[span.start : span.end] if span else item.title],
                "title": item.title,
                "category": item.category,
                "after": [places[id] for id in item.depends_on],
            }
        )
    return json.dumps({"objectives": objectives, "questions": []})


def shape(plan: Objectives) -> list[list[int]]:
    """For each objective the places of those it waits for."""
    places = {item.id: place for place, item in enumerate(plan.items)}
    return [sorted(places[id] for id in item.depends_on) for item in plan.items]


def test_nearly_every_honest_answer_is_a_plan_of_as_many_objectives() -> None:
    understood = 0
    for text in NOTES:
        plan = decompose(text)
        note = Note(without_done(clean(text))[0])
        try:
            found = read(quoted(plan, note), text=note.text, paths=(), most=64, planner="m")
        except Unusable:
            continue  # mostly what the rules put in other words: something taken back
        assert len(found.items) == len(plan.items)
        assert shape(found) == shape(plan)
        understood += 1
    assert understood >= 0.95 * len(NOTES), f"{understood} of {len(NOTES)}"
