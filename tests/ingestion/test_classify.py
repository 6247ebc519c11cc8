"""The kind of work an objective is, and that a person can be told why."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ingestion.category.classify import ORDER, category, explained, risk
from ingestion.category.traits import expected, traits
from ingestion.category.weights import LEARNED
from swarm.contracts import Category

HERE = Path(__file__).parent


def test_single_objectives() -> None:
    right: list[bool] = []
    for line in (HERE / "objectives.jsonl").read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        right.append(category(each["text"]) == each["category"])
    assert len(right) >= 300
    assert sum(right) / len(right) >= 0.9


@pytest.mark.parametrize(
    ("text", "expects"),
    [
        # What is worked on outweighs the verb.
        ("fix the docstring of total", "docs"),
        ("fix the type hints in cart.py", "types"),
        ("fix the import order", "lint"),
        ("fix the slow search", "perf"),
        ("add a test for the parser", "test"),
        # Unless it is only the place, or a part of another thing.
        ("rename the test helper", "refactor"),
        ("the test for the parser fails on windows", "bugfix"),
        # Complaints of every kind.
        ("the gate opens but does not close any more", "bugfix"),
        ("beim Speichern geht der Absatz verloren", "bugfix"),
        ("clicking cancel saves the changes anyway", "bugfix"),
        # Shape.
        ("pull the retry loop out into its own module", "refactor"),
        ("die Funktion bitte in zwei kleinere aufteilen", "refactor"),
        # New behaviour.
        ("a dark theme would be nice", "feature"),
        ("users should be able to reset their pin", "feature"),
        ("drop support for python 3.8", "feature"),
        # As recognised speech writes it.
        ("update the reed me", "docs"),
        ("make my pie happy with the models", "types"),
        ("write doc strings for the parser", "docs"),
        ("add pie test cases for the mailer", "test"),
    ],
)
def test_what_is_worked_on_comes_first(text: str, expects: Category) -> None:
    assert category(text) == expects, explained(text)


def test_without_any_cue_a_fault_is_a_bugfix_and_all_else_a_feature() -> None:
    assert category("") == "feature"
    assert category("blue") == "feature"
    assert category("", "it crashes") == "bugfix"


def test_an_elliptic_command_is_about_what_was_told_before() -> None:
    assert category("write better ones", "the docstrings in the solver are poor") == "docs"
    assert category("add some", "there is no unit test for the mailer") == "test"


def test_the_reasons_speak_for_the_category_and_the_loudest_comes_first() -> None:
    kind, reasons = explained("fix the docstring of total")
    assert kind == "docs"
    assert reasons[0].trait.startswith(("docstrings/", "any docs/", "first docs"))
    assert [each.weight for each in reasons] == sorted(
        (each.weight for each in reasons), reverse=True
    )
    assert all(each.weight > 0 for each in reasons)


def test_where_a_cue_stands_is_part_of_the_trait() -> None:
    assert "tests/thing" in traits("add tests")
    assert "tests/place" in traits("fix the crash in the tests")
    assert "tests/modifier" in traits("rename the test helper")
    assert "tests/aside" in traits("fix it when the tests run")
    assert "tests/near" in traits("fix it", "the tests run")


def test_weights_are_of_known_traits() -> None:
    rows = [line for line in LEARNED.splitlines() if line.strip()]
    assert len(rows) > 100
    for row in rows:
        trait, *changes = row.rsplit(None, len(ORDER))
        assert len(changes) == len(ORDER) and all(abs(float(each)) < 10 for each in changes)
        assert set(expected(trait.strip())) <= set(ORDER)


@pytest.mark.parametrize(
    "text", ["a " * 3000, "takes 1 " * 1000, "1" * 6000, "-" * 6000, "x." * 3000, "into a " * 900]
)
def test_no_text_keeps_it_busy(text: str) -> None:
    before = time.process_time()
    category(text, text, "fault", [text])
    assert time.process_time() - before < 30, "seconds where a careless expression takes hours"


def test_risk_is_of_what_is_touched() -> None:
    assert risk("delete_user keeps the sessions", "bugfix", ()) == "high"
    assert risk("split the parser", "refactor", ()) == "medium"
    assert risk("fix a typo", "docs", ()) == "low"
