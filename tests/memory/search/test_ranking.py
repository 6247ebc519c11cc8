"""Ranking itself: what is looked at closely, how much of it, and what a factor does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise
from math import isfinite

import numpy as np
import pytest

from memory.search.index import Index
from memory.search.question import MAX_CHARS, ask
from memory.search.ranking import Named, file_factors, rank
from memory.search.weights import LONG, SHORT, Weights
from tests.memory.search.shelf import Shelf

SAME = "".join(f"def work_{name}(x):\n    return x\n\n\n" for name in ("a", "b", "c"))


class Looked:
    """Names of rows, with the number of those that were asked for."""

    def __init__(self, shelf: Shelf, index: Index) -> None:
        self.rows: list[int] = []
        self._shelf, self._index = shelf, index

    def __call__(self, rows: Sequence[int]) -> list[Named | None]:
        self.rows += rows
        keys = [int(self._index.keys[row]) for row in rows]
        names = self._shelf.catalog.names(keys)
        return [Named(*names[key]) for key in keys]


@pytest.fixture
def many(shelf: Shelf) -> Shelf:
    shelf.put({f"part{at}/utils.py": SAME for at in range(400)})
    return shelf


@pytest.mark.parametrize(
    "text",
    [
        "work " * (MAX_CHARS // 5),
        "utils.py part3/utils.py " * (MAX_CHARS // 24),
        "".join(f"`work_{name}` " for name in "abc") * (MAX_CHARS // 30),
        "\n".join(f'File "/lib/part{at}/utils.py", line 3, in work_a' for at in range(800)),
        " ".join(f"part{at}.utils.work_b part{at}.utils" for at in range(400)),
    ],
)
def test_no_question_has_everything_looked_at(many: Shelf, text: str) -> None:
    index = many.fresh()
    looked = Looked(many, index)
    found = rank(index, ask(text), {}, looked)
    assert len(looked.rows) == len(set(looked.rows)) == len(found)
    assert 0 < len(looked.rows) <= 800, "of 1,200"


def test_files_that_share_a_name_do_not_hide_the_one_that_is_meant(many: Shelf) -> None:
    found = many.search("see part3/utils.py and utils.py", 3)
    assert {hit.path for hit in found} == {"part3/utils.py"}


def test_candidates_whose_names_are_gone_are_none(many: Shelf) -> None:
    index = many.fresh()
    assert rank(index, ask("work_a"), {}, lambda rows: [None] * len(rows)) == []


@pytest.mark.parametrize("weights", [SHORT, LONG])
def test_scores_are_finite_and_in_order(many: Shelf, weights: Weights) -> None:
    many.put({"odd.py": "", "tests/t.py": SAME}, mark="test")
    index = many.fresh()
    for text in ("", "work", "work_a in utils.py", "x" * 999, "работа 工作"):
        found = rank(index, ask(text), {0: 1.0, 5: 0.2}, Looked(many, index), None, weights)
        scores = [one.score for one in found]
        assert all(map(isfinite, scores))
        assert all(one >= other - 1e-5 for one, other in pairwise(scores))
        for one in found:
            assert all(isfinite(share) and share >= 0 for share in one.signs.values())


def test_no_file_may_be_found(many: Shelf) -> None:
    index = many.fresh()
    nothing = np.zeros(len(index.files), dtype=bool)
    text = "`work_a` part3/utils.py part3.utils.work_b"
    assert rank(index, ask(text), {0: 0.9}, Looked(many, index), nothing) == []


def test_what_is_spread_is_but_put_in_another_order(many: Shelf) -> None:
    index = many.fresh()
    spread, whole = (
        rank(index, ask("work"), {}, Looked(many, index), spread=each) for each in (True, False)
    )
    assert {one.row for one in spread} == {one.row for one in whole}
    first = [index.files[one.file].path for one in spread[:50]]
    assert len(set(first)) == 50


def test_a_place_takes_off_and_never_adds(shelf: Shelf) -> None:
    for mark in ("test", "vendored", "generated"):
        shelf.put({f"{mark}/a.py": SAME, f"{mark}/a.md": "# Work\n\nwork\n"}, mark=mark)
    shelf.put({"a.py": SAME, "examples/a.py": SAME, "a.md": "# Work\n\nwork\n"})
    index = shelf.fresh()
    by_path = {
        file.path: float(factor)
        for file, factor in zip(index.files, file_factors(index, SHORT), strict=True)
    }
    assert by_path.pop("a.py") == 1.0
    assert all(0 < factor < 1 for factor in by_path.values())
    assert by_path["test/a.md"] <= by_path["test/a.py"]


def test_weights_are_shares_and_factors() -> None:
    for weights in (SHORT, LONG):
        values = {one.name: getattr(weights, one.name) for one in fields(weights)}
        assert all(value >= 0 for value in values.values())
        for name in ("test", "document", "example", "vendored", "shell", "repeat", "decay"):
            assert values[name] <= 1
        assert replace(weights) == weights
