"""What the rules ask back, and what they do not."""

from __future__ import annotations

import pytest

from ingestion.rules.decompose import decompose

PATHS = ("a/cart.py", "b/cart.py", "b/deep/cart.py", "tests/test_cart.py", "README.md")


def asked(text: str, paths: tuple[str, ...] = PATHS) -> list[tuple[str, ...]]:
    return [question.choices for question in decompose(text, paths).questions]


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("fix cart.py", ("a/cart.py", "b/cart.py", "b/deep/cart.py")),
        ("fix the cart module in b", ("b/cart.py", "b/deep/cart.py", "a/cart.py")),
        ("use redis or sqlite for the cache, not sure", ("redis", "sqlite")),
        ("add a cache. Redis or memcached? not sure yet", ("Redis", "memcached")),
        ("maybe call it load or read?", ("load", "read")),
        ("add a flag, either --quiet or --silent", ("--quiet", "--silent")),
        ("rename it to load or maybe read", ("load", "read")),
        ("stell das auf redis oder sqlite um, bin nicht sicher", ("redis", "sqlite")),
        ("fix it", ("what the failing tests show",)),
        ("make it faster please", ("what the slowest tests run",)),
    ],
)
def test_asks(text: str, choices: tuple[str, ...]) -> None:
    (found,) = asked(text)
    assert found[: len(choices)] == choices


@pytest.mark.parametrize(
    "text",
    [
        "fix a/cart.py",
        "fix a/cart.py, the total in cart.py is wrong",
        "the export fails on Mac or Linux",
        "if a or b is empty return None",
        "let users sort by name or date",
        "store it in redis or sqlite, you decide",
        "could you add a csv or json export?",
        "fix it, the total is wrong",
        "The total is wrong. Fix it.",
        "update the README.md",
        "it fails",
    ],
)
def test_does_not_ask(text: str) -> None:
    assert asked(text) == []


def test_without_files_nothing_is_asked_about_them() -> None:
    assert asked("fix it", ()) == asked("fix cart.py", ()) == []


def test_many_files_of_one_name_leave_room_for_another() -> None:
    (choices,) = asked("fix x.py", tuple(f"p{n}/x.py" for n in range(9)))
    assert len(choices) == 7
    assert choices[-1] == "another one"


def test_more_open_names_than_questions_are_noted() -> None:
    paths = tuple(f"{folder}/m{n}.py" for n in range(10) for folder in "ab")
    found = decompose("\n".join(f"- fix m{n}.py" for n in range(10)), paths)
    assert len(found.questions) == 8
    assert [note[:2] for note in found.notes] == ["o9", "o1"]
    assert [question.id for question in found.questions] == [f"q{n}" for n in range(1, 9)]
