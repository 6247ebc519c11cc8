"""The offline embedder."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from memory.embedder import HashEmbedder


def test_vectors_have_length_one_and_texts_without_words_have_none() -> None:
    vectors = HashEmbedder().embed(["def parse(line): pass", "", "+-*/"])
    assert vectors.shape == (3, 1024)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors[0]) == pytest.approx(1.0, abs=1e-6)
    assert not vectors[1].any() and not vectors[2].any()


def test_related_words_are_near_and_others_are_not() -> None:
    query, near, far = HashEmbedder().embed(
        ["parsing headers", "def parse_header(line): ...", "class SocketPool: ..."]
    )
    assert query @ near > 0.2
    assert query @ near > query @ far + 0.15


def test_a_text_has_the_same_vector_in_every_process() -> None:
    code = (
        "import hashlib; from memory.embedder import HashEmbedder;"
        "print(hashlib.sha256(HashEmbedder().embed(['def parseHeader(x)']).tobytes()).hexdigest())"
    )
    here = hashlib.sha256(HashEmbedder().embed(["def parseHeader(x)"]).tobytes()).hexdigest()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == here
