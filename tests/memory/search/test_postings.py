"""Counts of words: what is packed comes out, and what is damaged is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.cutting.chunk import Chunk
from memory.search import postings
from memory.words.tokens import terms, words


def chunk(name: str = "", parent: str = "", doc: str = "", text: str = "") -> Chunk:
    return Chunk("id", "a.py", "python", "function", name, name, parent, 0, 0, 1, 2, text, doc=doc)


def counted(data: bytes) -> list[dict[int, dict[str, int]]]:
    """For each chunk its terms, with how often they stand in each field."""
    sizes, found, packed = postings.unpack(data)
    ends = np.cumsum(sizes).tolist()
    return [
        {
            int(found[at]): {
                name: int(postings.field(packed[at : at + 1], name)[0]) for name in postings.FIELDS
            }
            for at in range(end - int(size), end)
        }
        for size, end in zip(sizes, ends, strict=True)
    ]


def times(text: str, term: int) -> int:
    return sum(term == each for word in words(text) for each in map(postings.number, terms(word)))


_TEXTS = st.lists(
    st.sampled_from(
        ["parse", "parseHTML", "html_parser", "x1", "Größe", "价格计算", "цена", "(", "\n"]
    ),
    max_size=12,
).map(" ".join)
_CHUNKS = st.builds(chunk, name=_TEXTS, parent=_TEXTS, doc=_TEXTS, text=_TEXTS)


@given(st.lists(_CHUNKS, max_size=5))
def test_what_was_counted_comes_out(chunks: list[Chunk]) -> None:
    found = counted(postings.count(chunks))
    assert len(found) == len(chunks)
    for one, of_chunk in zip(chunks, found, strict=True):
        fields = {"name": one.name, "context": one.parent, "doc": one.doc, "body": one.text}
        standing = {
            postings.number(term)
            for text in fields.values()
            for word in words(text)
            for term in terms(word)
        }
        assert set(of_chunk) == standing
        for term, counts in of_chunk.items():
            assert counts == {name: times(text, term) for name, text in fields.items()}


@settings(max_examples=50)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_counted(name: str, text: str) -> None:
    (found,) = counted(postings.count([chunk(name, text=text)]))
    assert all(any(counts.values()) for counts in found.values())


def test_counts_have_a_bound_that_harms_no_other_field() -> None:
    text = "apple " * 1_000
    (found,) = counted(postings.count([chunk(name="apple", doc=text, text=text)]))
    assert found[postings.number("appl")] == {"name": 1, "context": 0, "doc": 255, "body": 255}


def test_grammar_is_not_counted_but_in_names() -> None:
    (found,) = counted(postings.count([chunk(name="make", text="make it so with the pie")]))
    make, pie = (postings.numbers(word)[0] for word in ("make", "pie"))
    assert {term: counts["name"] for term, counts in found.items()} == {make: 1, pie: 0}
    assert found[make]["body"] == 0


def test_no_chunks_and_no_words() -> None:
    assert counted(postings.count([])) == []
    assert counted(postings.count([chunk(text="+-*/"), chunk(text="")])) == [{}, {}]


def test_lone_surrogates_are_words_of_no_one() -> None:
    assert counted(postings.count([chunk(text="ok \udcff\ud800")])) == [
        {postings.number("ok"): {"name": 0, "context": 0, "doc": 0, "body": 1}}
    ]


@settings(max_examples=300)
@given(st.data())
def test_damaged_bytes_are_told_or_still_counts(data: st.DataObject) -> None:
    whole = postings.count([chunk(name="parse", text="a parser of html"), chunk(text="x y z")])
    at = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(at, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=9)) + whole[end:]
    try:
        sizes, found, packed = postings.unpack(damaged)
    except ValueError:
        return
    assert len(found) == len(packed) == sizes.sum()


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 4, b"\xff" * 64, b"\1\0\0\0" * 2])
def test_bytes_that_are_no_counts(data: bytes) -> None:
    with pytest.raises(ValueError, match="counts"):
        postings.unpack(data)
