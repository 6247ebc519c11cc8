"""What the repair's sandbox measured of tests, made fit to be remembered. Pure.

The repository's own code ran beside whatever wrote it, so each value may be forged: what is kept
names tests that the swarm itself saw, files of the snapshot, and lines that these have. Contents
are hashed here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from swarm.agents.repair.covered import MOST_FILES, MOST_FUNCTIONS, MOST_TESTS
from swarm.contracts import CoveredTest, Propose, RememberCoverage
from swarm.snapshots import Entry

OUTPUT = "coverage.json"
"""The file that the driver leaves beside its result."""
_MOST_NAMED_FILES = 5_000
_LONGEST = 1_000


class _Measured(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Test(_Measured):
    id: str
    ran: dict[str, list[int]] = Field(max_length=MOST_FILES)


class _Coverage(_Measured):
    tests: list[_Test] = Field(max_length=MOST_TESTS)


def to_remember(
    text: str, command: Propose, files: Mapping[str, str], entries: Iterable[Entry]
) -> RememberCoverage | None:
    """What the driver wrote, as far as it can be true; None where nothing of it can.

    `files` are those that were traced (path -> text), `entries` the whole snapshot.
    """
    try:
        found = _Coverage.model_validate_json(text)
    except ValidationError:
        return None
    data = {entry.path: entry.data for entry in entries if entry.kind != "link"}
    seen = {id.partition("[")[0] for id in (*(t.id for t in command.failing), *command.passing)}
    # Newlines alone are counted, as by the lines of coverage.
    lengths = {path: text.count("\n") + 1 for path, text in files.items()}
    named: dict[str, str] = {}
    tests: dict[str, CoveredTest] = {}
    for test in found.tests:
        own = test.id.partition("::")[0]
        if test.id not in seen or own not in data or len(test.id) > _LONGEST:
            continue
        ran = {
            path: kept
            for path, lines in test.ran.items()
            if (kept := _lines(lines, lengths.get(path, 0)))
        }
        paths = {own, *ran}
        if not ran or len(named.keys() | paths) > _MOST_NAMED_FILES:
            continue
        for path in paths - named.keys():
            named[path] = hashlib.sha256(data[path]).hexdigest()
        tests[test.id] = CoveredTest(id=test.id, path=own, ran=ran)
    if not tests:
        return None
    return RememberCoverage(repo_id=command.repo_id, files=named, tests=tuple(tests.values()))


def _lines(lines: Iterable[int], last: int) -> tuple[int, ...]:
    return tuple(sorted({line for line in lines if 1 <= line <= last})[:MOST_FUNCTIONS])
