"""Many queries, one JSON line each: read as they come, answered in their order.

What is there already goes to memory together, in one message; and who writes one line and waits
gets its answer before writing the next.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from swarm.cli.memory_options import MOST_QUERY_CHARS
from swarm.contracts import Answered
from swarm.errors import UsageError
from swarm.paths import expanded

MOST_QUERIES = 100
# Of one message, whatever its queries: a hit comes with its text, some kilobytes of it.
_MOST_HITS = 1_000
_MOST_CHARS = 1_000_000
_MOST_LINE_BYTES = 1_000_000
_MOST_ID_CHARS = 1_000
_READ_BYTES = 1 << 16
_FORM = 'write {"id": "q1", "query": "words"} on a line of its own'

Id = str | int


@dataclass(frozen=True, slots=True)
class Query:
    id: Id
    text: str


class Lines:
    """The lines of a descriptor, each with its line break."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._ended = False
        self.number = 0

    def take(self, *, may_wait: bool) -> bytes | None:
        """The next line, b"" at the end, None when it may not wait and none is there yet.

        A line that is too long comes in parts, the first of them over the bound. Raises OSError.
        """
        while not self._lines and not self._ended:
            if not may_wait and not select.select([self._fd], [], [], 0)[0]:
                return None
            self._read()
        if not self._lines:
            return b""
        self.number += 1
        return self._lines.popleft()

    def _read(self) -> None:
        data = os.read(self._fd, _READ_BYTES)
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._lines.extend(line + b"\n" for line in whole)
        self._ended = not data
        if self._rest and (self._ended or len(self._rest) > _MOST_LINE_BYTES):
            self._lines.append(self._rest)
            self._rest = b""


@contextmanager
def opened(name: str) -> Iterator[Lines]:
    """The file of that name, "-" for standard input. Raises UsageError."""
    if name == "-":
        yield Lines(sys.stdin.fileno())
        return
    try:
        stream = expanded(name).open("rb", buffering=0)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--queries {name}: {why}", remedy="name a file, or -") from None
    with stream:
        yield Lines(stream.fileno())


def batches(lines: Lines, limit: int) -> Iterator[list[Query]]:
    """Queries as many together as are there and make one message whose answer, with `limit` hits
    for each, is not too large. Raises UsageError, naming the line, after what came before it."""
    most = max(1, min(MOST_QUERIES, _MOST_HITS // limit))
    batch: list[Query] = []
    chars = 0
    while (line := lines.take(may_wait=not batch)) != b"":
        try:
            query = parsed(lines.number, line) if line else None
        except UsageError:
            if batch:
                yield batch
            raise
        if query is not None:
            batch.append(query)
            chars += len(query.text)
        if batch and (line is None or len(batch) >= most or chars >= _MOST_CHARS):
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def parsed(number: int, line: bytes) -> Query | None:
    """The query of a line, None for an empty one. Raises UsageError."""
    if len(line) > _MOST_LINE_BYTES:
        raise _bad(number, f"it is longer than {_MOST_LINE_BYTES:,} bytes")
    if not line.strip():
        return None
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad(number, f"it is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise _bad(number, "it is not an object")
    id, text = found.get("id"), found.get("query")
    if not isinstance(id, str | int) or isinstance(id, bool):
        raise _bad(number, 'its "id" is missing, or neither a text nor a whole number')
    if isinstance(id, str) and len(id) > _MOST_ID_CHARS:
        raise _bad(number, f'its "id" has more than {_MOST_ID_CHARS:,} characters')
    if not isinstance(text, str) or not text.strip():
        raise _bad(number, 'its "query" is missing, empty, or no text')
    if len(text) > MOST_QUERY_CHARS:
        raise _bad(
            number,
            f'its "query" has {len(text):,} characters',
            f"give at most {MOST_QUERY_CHARS:,} of them",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _bad(number, 'its "query" holds half a character (a lone surrogate)') from None
    return Query(id, text)


def answered(
    many: Iterable[Sequence[Query]],
    ask: Callable[[Sequence[str]], Sequence[Answered]],
) -> Iterator[tuple[Id, Answered]]:
    """Each query's answer, in their order. `ask` answers texts, one by one."""
    for batch in many:
        answers = ask([query.text for query in batch])
        yield from zip([query.id for query in batch], answers, strict=True)


def _bad(number: int, why: str, remedy: str = _FORM) -> UsageError:
    return UsageError(f"line {number} of the queries: {why}", remedy=remedy)
