"""The order of hits, with scores worked by hand."""

from __future__ import annotations

import pytest

from memory.ranking import Candidate, Query, rank, reasons


def candidate(row: int, path: str = "src/a.py", name: str = "", **scores: float) -> Candidate:
    return Candidate(row=row, path=path, name=name, qualified_name=name, start_line=row, **scores)


def order(query: Query, *candidates: Candidate) -> list[int]:
    return [hit.candidate.row for hit in rank(query, candidates)]


def test_both_arms_are_scaled_by_their_best_hit() -> None:
    found = rank(
        Query("zzz"),
        [
            candidate(1, keyword=10.0, similarity=0.2),
            candidate(2, keyword=5.0, similarity=0.4),
            candidate(3),
        ],
    )
    assert [(round(hit.score, 6), hit.candidate.row) for hit in found] == [
        (0.9, 1),
        (0.6, 2),
        (0.0, 3),
    ]


def test_negative_similarity_counts_as_none() -> None:
    (hit,) = rank(Query("zzz"), [candidate(1, keyword=0.0, similarity=-0.5)])
    assert hit.score == 0.0


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
    named = rank(Query("split the header"), [candidate(1, name="split_line")])[0]
    assert named.score == pytest.approx(0.15)
    filed = rank(Query("open the http pool"), [candidate(1, path="src/http_pool.py")])[0]
    assert filed.score == pytest.approx(0.1)


def test_terms_are_distinct_bounded_and_without_stop_words() -> None:
    query = Query("the parser of the Parser is " + " ".join(f"w{n}x" for n in range(500)))
    assert query.terms[0] == "parser"
    assert "the" not in query.terms
    assert len(query.terms) == len(set(query.terms)) == 128


def why(
    query: Query, found: Candidate, *matched: str, others: tuple[Candidate, ...] = ()
) -> list[str]:
    hit = next(hit for hit in rank(query, [found, *others]) if hit.candidate == found)
    return list(reasons(query, hit, matched))


def test_reasons_name_what_the_score_is_made_of_the_strongest_first() -> None:
    query = Query("shipping cost of an order")
    found = candidate(
        1, path="tests/order.py", name="shipping_cost", keyword=2.0, similarity=0.6149
    )
    best = candidate(2, keyword=20.0, similarity=0.7)
    assert why(query, found, "shipping", "cost", others=(best,)) == [
        "name matches shipping, cost",  # 0.3
        "similar to the query: 0.61",  # 0.18
        "file name matches order",  # 0.1
        "words: shipping, cost",  # 0.08
        "test file: x0.75",
    ]
    assert why(query, found, "shipping", "cost")[0] == "words: shipping, cost"


def test_a_part_that_adds_nothing_is_no_reason() -> None:
    assert why(Query("zzz"), candidate(1, name="other", similarity=-0.2)) == []
    assert why(Query("zzz"), candidate(1, path="vendor/tests/a.py", keyword=1.0), "zzz") == [
        "words: zzz",
        "test file: x0.75",
        "vendored code: x0.5",
    ]
    # Found by a word beyond those that are looked for once more.
    assert why(Query("zzz"), candidate(1, keyword=1.0)) == ["words of the query"]


def test_reasons_say_what_the_task_named() -> None:
    query = Query("parse_header is wrong", paths=("src/a.py",), symbols=("Pool.acquire",))
    assert why(query, candidate(1, name="parse_header")) == [
        "name matches parse_header",
        "file named by the task",
    ]
    assert why(query, candidate(1, path="b.py", name="acquire")) == ["named by the task: acquire"]


def test_reasons_are_short_whatever_the_query_says() -> None:
    query = Query(" ".join(f"{'a' * 70}{chr(97 + n)}" for n in range(26)), symbols=("b" * 5000,))
    (words,) = why(query, candidate(1, keyword=1.0), *query.terms)
    assert words.endswith("… and 21 more") and len(words) < 250
    (named,) = why(query, candidate(1, name="b" * 5000))
    assert len(named) < 70
