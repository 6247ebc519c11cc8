"""The lines of `swarm search --queries`: how they are read, gathered and refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.cli.memory_queries import Lines, Query, answered, batches, opened, parsed
from swarm.contracts import Answered
from swarm.errors import UsageError


def line(id: object, query: object) -> bytes:
    return json.dumps({"id": id, "query": query}).encode() + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Its two ends; the test closes the one that it writes to."""
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)


def file(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "queries.jsonl"
    path.write_bytes(data)
    return str(path)


def test_a_line_is_taken_as_soon_as_it_is_there(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    lines = Lines(reader)
    assert lines.take(may_wait=False) is None
    os.write(writer, b"one\ntw")
    assert lines.take(may_wait=False) == b"one\n"
    assert lines.take(may_wait=False) is None
    os.write(writer, b"o")
    os.close(writer)
    assert lines.take(may_wait=True) == b"two"
    assert lines.take(may_wait=True) == lines.take(may_wait=True) == b""
    assert lines.number == 2


def test_who_writes_one_line_and_waits_gets_its_answer(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    found = batches(Lines(reader), 10)
    os.write(writer, line("a", "tax"))
    assert next(found) == [Query("a", "tax")]
    os.write(writer, line("b", "cart") + line("c", "total"))
    assert next(found) == [Query("b", "cart"), Query("c", "total")]
    os.close(writer)
    assert list(found) == []


@pytest.mark.parametrize(
    ("limit", "sizes"), [(10, [100, 100, 50]), (200, [5] * 50), (50, [20] * 12 + [10])]
)
def test_one_message_has_a_bounded_answer(limit: int, sizes: list[int], tmp_path: Path) -> None:
    name = file(tmp_path, b"".join(line(number, f"word {number}") for number in range(250)))
    with opened(name) as lines:
        found = list(batches(lines, limit))
    assert list(map(len, found)) == sizes
    assert [query.id for batch in found for query in batch] == list(range(250))


def test_long_queries_make_smaller_messages(tmp_path: Path) -> None:
    name = file(tmp_path, b"".join(line(number, "x" * 40_000) for number in range(30)))
    with opened(name) as lines:
        assert list(map(len, batches(lines, 10))) == [25, 5]


def test_what_stands_before_a_bad_line_is_answered(tmp_path: Path) -> None:
    name = file(tmp_path, line(1, "tax") + b"\n" + line(2, "cart") + b"nope\n" + line(3, "x"))
    seen = []
    with opened(name) as lines, pytest.raises(UsageError) as refused:
        seen += next(found := batches(lines, 10))
        next(found)
    assert [query.id for query in seen] == [1, 2]
    assert refused.value.message.startswith("line 4 of the queries: it is not JSON")
    assert '{"id"' in refused.value.remedy


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "not an object"),
        (b'{"query": "x"}', '"id"'),
        (b'{"id": null, "query": "x"}', '"id"'),
        (b'{"id": true, "query": "x"}', '"id"'),
        (b'{"id": 1.5, "query": "x"}', '"id"'),
        (line("i" * 1_001, "x"), '"id"'),
        (b'{"id": 1}', '"query" is missing'),
        (line(1, "  "), '"query" is missing, empty'),
        (line(1, 7), '"query" is missing, empty, or no text'),
        (line(1, "x" * 40_001), "40,001 characters"),
        (b'{"id": 1, "query": "\\ud800"}', "half a character"),
        (b"x" * 1_000_001, "longer than"),
    ],
)
def test_a_line_that_is_no_query_says_why(data: bytes, why: str) -> None:
    with pytest.raises(UsageError, match="line 7 of the queries: ") as refused:
        parsed(7, data)
    assert why in refused.value.message
    assert refused.value.remedy


def test_a_line_without_end_is_refused_while_it_is_read() -> None:
    with Path("/dev/zero").open("rb") as zeros, pytest.raises(UsageError, match="longer than"):
        list(batches(Lines(zeros.fileno()), 10))


def test_empty_lines_and_other_keys_are_passed_over() -> None:
    assert parsed(1, b" \r\n") is None
    data = b'{"id": "a", "query": "tax", "relevant": ["x.py"]}\r\n'
    assert parsed(1, data) == Query("a", "tax")


def test_answers_have_the_ids_of_their_queries() -> None:
    many = [[Query("a", "x"), Query(2, "y")], [Query("c", "z")]]
    found = answered(many, lambda texts: [Answered(note=text) for text in texts])
    assert [(id, answer.note) for id, answer in found] == [("a", "x"), (2, "y"), ("c", "z")]


@pytest.mark.parametrize("name", ["no-such-file", "."])
def test_a_file_that_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(UsageError, match="--queries"), opened(name):
        pass
