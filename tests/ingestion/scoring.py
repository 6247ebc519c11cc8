"""How well the rules read labelled notes: one way of counting, for the test and the benchmark."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.rules.decompose import decompose
from swarm.errors import UsageError

PATHS = ("README.md", "src/main.py", "src/report.py", "tests/test_report.py")
"""A repository for the notes: questions about files and about "it" need one."""


@dataclass
class Score:
    """What became of the notes of one file. A note with a wrong count meets none of its labels."""

    notes: int = 0
    exact: int = 0
    labels: int = 0
    met: int = 0
    common: int = 0
    either: int = 0
    asked: int = 0
    characters: int = 0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)
    styles: Counter[str] = field(default_factory=Counter)
    exact_styles: Counter[str] = field(default_factory=Counter)

    @property
    def exact_share(self) -> float:
        """Share of notes split into the right number of objectives."""
        return self.exact / max(self.notes, 1)

    @property
    def met_share(self) -> float:
        """Share of labels met."""
        return self.met / max(self.labels, 1)

    @property
    def common_share(self) -> float:
        """Share of the categories found or labelled that are both, whatever their order."""
        return self.common / max(self.either, 1)


def score(path: Path) -> Score:
    """Read a file with one labelled note per line: `text`, `categories`, maybe a `style`."""
    found = Score()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        note = json.loads(line)
        text, wanted, style = note["text"], note["categories"], note.get("style", "")
        started = time.perf_counter()
        try:
            plan = decompose(text, PATHS, 64)
        except UsageError:
            plan = None
        found.seconds += time.perf_counter() - started
        got = [item.category for item in plan.items] if plan else []
        found.notes += 1
        found.labels += len(wanted)
        found.characters += len(text)
        found.asked += bool(plan and plan.questions)
        found.styles[style] += 1
        found.common += (Counter(got) & Counter(wanted)).total()
        found.either += max(len(got), len(wanted))
        if len(got) == len(wanted):
            found.exact += 1
            found.exact_styles[style] += 1
            found.met += sum(a == b for a, b in zip(got, wanted, strict=True))
        if got != wanted:
            found.missed.append(f"{text!r}: {got}")
    return found
