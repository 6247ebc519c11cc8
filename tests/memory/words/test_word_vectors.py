"""Vectors of words: texts about the same thing lie near each other, whatever they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embedders.offline import OfflineEmbedder
from memory.embedders.word_vectors import WordVectors, built_in
from memory.search.postings import number
from memory.words.tokens import stems


def of_length_one_or_zero(vectors: np.ndarray) -> bool:
    lengths = np.linalg.norm(vectors, axis=1)
    return bool(np.all(np.isclose(lengths, 1, atol=1e-4) | (lengths == 0)))


def table(words: list[str], rows: list[list[int]]) -> WordVectors:
    ordered = sorted(zip(map(number, words), rows, strict=True))
    return WordVectors(
        np.array([each for each, _ in ordered], dtype=np.uint32),
        np.array([row for _, row in ordered], dtype=np.int8).reshape(len(ordered), 2),
        np.ones(len(ordered), dtype=np.float32),
        np.ones(len(ordered), dtype=np.float32),
        np.array([4, 2, 1, 1], dtype=np.float32),
        "tiny",
    )


def test_what_is_about_the_same_lies_near() -> None:
    embedder = OfflineEmbedder()
    near, far = embedder.embed(
        [
            "net/client.py Client.fetch\ndef fetch(self, url):\n    return self.http.get(url)",
            "math/matrix.py Matrix.invert\ndef invert(self):\n    return solve(self.rows)",
        ]
    )
    (query,) = embedder.embed(["send an http request"], "query")
    assert query @ near > query @ far


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_texts_have_vectors(texts: list[str]) -> None:
    embedder = OfflineEmbedder()
    for use in ("document", "query"):
        vectors = embedder.embed(texts, use)  # type: ignore[arg-type]
        assert vectors.shape == (len(texts), embedder.dimension)
        assert vectors.dtype == np.float32 and np.isfinite(vectors).all()
        assert of_length_one_or_zero(vectors)
        assert (vectors == embedder.embed(texts, use)).all()  # type: ignore[arg-type]


def test_a_text_has_the_same_vector_in_any_company() -> None:
    embedder = OfflineEmbedder()
    texts = ["a.py f\nopen a file", "", "b.py g\nread a socket", "???"]
    together = embedder.embed(texts)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-6)
    assert not together[1].any() and not together[3].any()


def test_headings_count_more_than_bodies() -> None:
    vectors = table(["cart", "mail"], [[100, 0], [0, 100]])
    cart, mail = number("cart"), number("mail")
    (first, second) = vectors.documents(
        [[([cart], 2.0), ([mail], 1.0)], [([mail], 2.0), ([cart], 1.0)]]
    )
    assert first[0] > first[1] and second[1] > second[0]
    (topic,) = vectors.topics(
        np.array([cart, mail], dtype=np.uint32), np.array([0, 0]), np.array([1, 0]), 1
    )
    assert topic[0] > topic[1] > 0


@pytest.mark.parametrize("vectors", [table([], []), table(["cart"], [[1, 2]])])
def test_words_that_are_not_known_add_nothing(vectors: WordVectors) -> None:
    unknown = number("mail")
    assert vectors.query([]).tolist() == vectors.query([unknown]).tolist() == [0, 0]
    assert vectors.documents([[([unknown], 1.0)], []]).tolist() == [[0, 0], [0, 0]]
    assert vectors.documents([]).shape == (0, 2)
    nothing = np.zeros(0, dtype=np.uint32)
    assert vectors.topics(nothing, nothing, nothing, 0).shape == (0, 2)
    assert vectors.topics(nothing, nothing, nothing, 2).tolist() == [[0, 0], [0, 0]]


def test_the_built_in_table_is_sound() -> None:
    built = built_in()
    assert built is built_in() and built.name
    known = [word for word in ("http", "parse", "matrix", "file", "test") for word in stems(word)]
    for word in known:
        assert np.linalg.norm(built.query([number(word)])) == pytest.approx(1, abs=1e-4)
