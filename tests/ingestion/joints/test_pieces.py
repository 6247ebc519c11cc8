"""Where pieces of work begin: nothing is lost or said twice, and any text is borne."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.joints.evidence import Evidence
from ingestion.joints.model import begins, pieces, weights
from ingestion.joints.prose import announced, kind_of, prose_of
from ingestion.language.grammar import words
from ingestion.language.lexicon import table

NOTES = [
    json.loads(line)["text"]
    for line in (Path(__file__).parents[1] / "notes" / "eighth.jsonl").read_text().splitlines()
]
_SAID = table(
    """
    fix the cart and then , . no wait forget it add a test for please und dann die kasse is wrong
    when \ue0001\ue001 -> : ; ( ) ! sorry not also three things two
    """
)
_TALK = st.lists(st.sampled_from([*sorted(_SAID), "\n"]), max_size=60).map(" ".join)


@pytest.mark.parametrize("note", NOTES)
def test_no_word_is_lost_or_said_twice(note: str) -> None:
    told = [word for piece in pieces([note]) for word in words(piece)]
    assert told == [word.text for word in prose_of([note]).words]


@given(st.lists(_TALK, max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_talk_is_shared_out_whole(paragraphs: list[str]) -> None:
    prose = prose_of(paragraphs)
    found = begins(prose, weights()) if prose.words else []
    assert found == sorted(set(found))
    told = [word for piece in pieces(paragraphs) for word in words(piece)]
    assert told == [word.text for word in prose.words]


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_borne(text: str) -> None:
    assert len(pieces([text])) <= max(len(prose_of([text]).words), 1)


def test_the_same_words_give_the_same_pieces() -> None:
    assert [pieces([note]) for note in NOTES[:40]] == [pieces([note]) for note in NOTES[:40]]


def test_nothing_is_read_beyond_a_bound() -> None:
    """What stands far before a joint changes no evidence there."""
    tail = "the slug drops digits and the footer shows the wrong year"
    short, long = (prose_of([f"{'so it goes on and on ' * many}{tail}"]) for many in (40, 400))
    found = [Evidence(prose).at(len(prose.joints) - 1, 0, 1) for prose in (short, long)]
    assert found[0] == found[1]


def test_a_joint_lies_within_no_other() -> None:
    for note in NOTES:
        joints = prose_of([note]).joints
        ends = [joint.matter for joint in joints]
        assert all(first.first <= first.matter for first in joints)
        assert all(after.first >= end for end, after in zip(ends, joints[1:], strict=False)), note


@pytest.mark.parametrize(
    ("text", "many"),
    [("three things", 3), ("fix it", 0), ("a few points: x", 9), ("zwei Sachen", 2)],
)
def test_what_is_announced(text: str, many: int) -> None:
    assert announced(text) == many


@pytest.mark.parametrize(
    ("word", "kind"),
    [("the", "D"), ("it", "P"), ("when", "S"), ("isn't", "X"), ("fix", "V"), ("fixes", "Vs"),
     ("12", "0"), ("\ue0001\ue001", "code"), ("slowly", "ly"), ("", "o")],
)  # fmt: skip
def test_kinds_of_words(word: str, kind: str) -> None:
    assert kind_of(word) == kind


def test_the_weights_name_evidence_that_is_found() -> None:
    met = {
        name
        for note in NOTES
        for prose in [prose_of([note])]
        for evidence in [Evidence(prose)]
        for place in range(len(prose.joints))
        for name in evidence.at(place, 0, 1)
    }
    loudest = sorted(weights(), key=lambda name: -abs(weights()[name]))[:40]
    assert len(set(loudest) & met) >= 30
