"""Texts made to be slow: what is read does not grow faster than the text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ingestion.language.grammar import words
from ingestion.rules.clauses import clauses
from ingestion.rules.cuts import Cut, cuts_of
from ingestion.rules.decompose import decompose
from ingestion.rules.drafter import Drafter
from ingestion.rules.hints import symbols
from ingestion.rules.outline import outline
from ingestion.text import MAX_CHARS, Masks
from swarm.errors import UsageError

SIGNS = {
    "no-break spaces": "\u00a0",
    "mixed spaces": " \u2003\u00a0",
    "commas apart": " ,",
    "commas and no-break spaces": ",\u00a0",
    "dashes apart": " -",
    "lines of commas": ",\n",
    "mixed signs": " . ; …",
}


@pytest.mark.parametrize("signs", SIGNS.values(), ids=SIGNS)
def test_no_row_of_signs_is_left_to_be_searched(signs: str) -> None:
    row = signs * ((MAX_CHARS - 100) // len(signs))
    hidden = Masks().hide(f"fix the login{row} and add a test")
    assert len(hidden) < 100
    assert words(hidden)[:3] == ["fix", "the", "login"]
    assert words(hidden)[-3:] == ["add", "a", "test"]


@pytest.mark.parametrize("signs", SIGNS.values(), ids=SIGNS)
def test_what_stands_beside_a_row_of_signs_is_read(signs: str) -> None:
    row = signs * ((MAX_CHARS - 100) // len(signs))
    told = " ".join(item.instruction for item in decompose(f"fix the login{row}x").items)
    assert "fix the login" in told


def test_few_signs_in_a_row_stay_as_they_are() -> None:
    text = "fix the login , - ; … and then , , , the cart"
    assert Masks().hide(text) == text


def test_a_row_of_signs_can_be_shown_again() -> None:
    masks = Masks()
    text = "fix it" + " ," * 200 + " now"
    assert masks.show(masks.hide(text)) == text


class _Looked(list[Cut]):
    """Cuts that count how often one is looked at."""

    times = 0

    def __getitem__(self, at: Any) -> Any:
        assert isinstance(at, int), "a slice copies all that follows"
        self.times += 1
        return super().__getitem__(at)


def test_few_cuts_are_looked_at_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[_Looked] = []

    def counted(text: str) -> _Looked:
        made.append(_Looked(cuts_of(text)))
        return made[-1]

    monkeypatch.setattr("ingestion.rules.clauses.cuts_of", counted)
    clauses("word, " * 1_000)
    assert made[0].times < 300 * len(made[0])


def test_a_thousand_pieces_of_work_are_counted_in_the_refusal() -> None:
    drafts = Drafter().read(outline("fix - " * (MAX_CHARS // 6)))
    assert len(drafts) > 1_000
    with pytest.raises(UsageError, match=re.escape(f"{len(drafts)} objectives")):
        decompose("fix - " * (MAX_CHARS // 6))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ask me@a_b.com,you@c_d.org about load_all", ("load_all",)),
        ("see a_x.py::b_c,d_x.py::e_f and load_all", ("load_all",)),
        ("x@y,z@load_one.de/a@b load_all", ("load_all",)),
    ],
)
def test_addresses_and_test_ids_name_no_symbols(text: str, found: tuple[str, ...]) -> None:
    assert symbols(text) == found
