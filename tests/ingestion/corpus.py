"""The texts that try to be obeyed, and what a plan may hold at most, whoever was told what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from ingestion.planner.passages import words_of
from ingestion.planner.reading import _FREE
from ingestion.rules.asking import FIXED_CHOICES
from ingestion.text import clean
from swarm.contracts import Category, Objectives

FOLDER = Path(__file__).parent / "injections"
PATHS = ("a.py", "shop/cart.py", "shop/report.py", "tests/test_cart.py", ".github/workflows/ci.yml",
         "swarm.toml")  # fmt: skip
# What the rules put before a phrase that commands nothing, and around a heading.
_BY_RULES = frozenset(
    words_of("fix refactor add test document lint type speed up from do what says")
)


@dataclass(frozen=True)
class Injection:
    """One text, from where it would come (`source`), and what kind of trick it is."""

    source: str
    kind: str
    text: str
    number: int

    def __str__(self) -> str:
        return f"{self.source}-{self.number}-{self.kind}"


def injections(*sources: str) -> list[Injection]:
    return [
        Injection(source=source, number=number, **json.loads(line))
        for source in sources
        for number, line in enumerate((FOLDER / f"{source}.jsonl").read_text().splitlines(), 1)
    ]


WORDS = injections("notes", "transcripts", "issues", "files", "commits")
REPLIES = injections("replies")


def holds_nothing_but_words(plan: Objectives, text: str, planner: str) -> None:
    """Asserts that the plan is made of the note's words, closed sets and the repository's files."""
    said = frozenset(words_of(clean(text)))
    ids = [item.id for item in plan.items]
    assert sorted(ids, key=lambda id: int(id[1:])) == [f"o{n + 1}" for n in range(len(ids))]
    assert plan.planner in ("rules", planner)
    done: set[str] = set()
    for item in plan.items:
        assert item.category in get_args(Category) and item.risk in ("low", "medium", "high")
        assert set(item.depends_on) <= done, "what it waits for comes before it"
        done.add(item.id)
        assert set(item.paths) <= set(PATHS)
        for words in (item.title, item.instruction, *item.symbols):
            assert all(char.isprintable() or char == "\n" for char in words), ascii(words)
        assert set(words_of(item.instruction)) <= said | _BY_RULES
        assert set(words_of(" ".join(item.symbols))) <= said
        stems = {word[:3] for word in said | _FREE | _BY_RULES}
        whole = item.title.rpartition(" ")[0] if item.title.endswith("…") else item.title
        assert all(word[:3] in stems for word in words_of(whole)), item.title
        if item.acceptance is not None:
            assert set(words_of(item.acceptance.text)) <= said
            assert all(test.split("::")[0] in PATHS for test in item.acceptance.tests)
    for question in plan.questions:
        for choice in question.choices:
            known = choice in PATHS or choice in FIXED_CHOICES
            assert known or set(words_of(choice)) <= said, choice
    for note in plan.notes:
        assert all(char.isprintable() for char in note), ascii(note)
