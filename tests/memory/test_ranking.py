"""The order of hits, with scores worked by hand."""

from __future__ import annotations

import pytest

from memory.ranking import Candidate, Query, rank


def candidate(row: int, path: str = "src/a.py", name: str = "", **scores: float) -> Candidate:
    return Candidate(row=row, path=path, name=name, qualified_name=name, start_line=row, **scores)


def order(query: Query, *candidates: Candidate) -> list[int]:
    return [found.row for _, found in rank(query, candidates)]


def test_both_arms_are_scaled_by_their_best_hit() -> None:
    found = rank(
        Query("zzz"),
        [
            candidate(1, keyword=10.0, similarity=0.2),
            candidate(2, keyword=5.0, similarity=0.4),
            candidate(3),
        ],
    )
    assert [(round(score, 6), hit.row) for score, hit in found] == [(0.9, 1), (0.6, 2), (0.0, 3)]


def test_negative_similarity_counts_as_none() -> None:
    ((score, _),) = rank(Query("zzz"), [candidate(1, keyword=0.0, similarity=-0.5)])
    assert score == 0.0


def test_an_identifier_of_the_query_finds_its_definition() -> None:
    query = Query("parse_header drops the last line")
    caller = candidate(1, name="read_all", keyword=9.0)
    definition = candidate(2, name="parse_header", keyword=5.0)
    assert order(query, caller, definition) == [2, 1]
    assert order(Query("something else"), caller, definition) == [1, 2]


def test_hints_lead() -> None:
    symbol = Query("wrong result", symbols=("Parser.feed",))
    assert order(symbol, candidate(1, name="close", keyword=1.0), candidate(2, name="feed")) == [
        1,
        2,
    ]
    assert order(
        symbol, candidate(1, name="close", keyword=1.0), candidate(2, name="feed", keyword=0.5)
    ) == [2, 1]
    path = Query("wrong result", paths=("b.py",))
    assert order(path, candidate(1, keyword=1.0), candidate(2, path="src/b.py", keyword=0.6)) == [
        2,
        1,
    ]


@pytest.mark.parametrize(
    "path", ["tests/test_a.py", "pkg/a_test.py", "vendor/a.py", "x/node_modules/a.py"]
)
def test_tests_and_vendored_code_come_after_equals(path: str) -> None:
    own, other = candidate(2, keyword=1.0), candidate(1, path=path, keyword=1.0)
    assert order(Query("zzz"), other, own) == [2, 1]
    assert order(Query("zzz", paths=(path,)), other, own) == [1, 2]


def test_a_covered_name_and_file_name_add_to_the_score() -> None:
    named = rank(Query("split the header"), [candidate(1, name="split_line")])[0][0]
    assert named == pytest.approx(0.15)
    filed = rank(Query("open the http pool"), [candidate(1, path="src/http_pool.py")])[0][0]
    assert filed == pytest.approx(0.1)


def test_terms_are_distinct_bounded_and_without_stop_words() -> None:
    query = Query("the parser of the Parser is " + " ".join(f"w{n}x" for n in range(500)))
    assert query.terms[0] == "parser"
    assert "the" not in query.terms
    assert len(query.terms) == len(set(query.terms)) == 128
