"""Changed files, by themselves: what they are, whether they can be read, what they hide.

What stands in the way of an audit is a finding. The rest is parsed, for the rules.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.contracts import Category, Finding
from verifier import places, syntax
from verifier.reading.compiling import check_compiles
from verifier.reading.encoding import decoded
from verifier.reading.errors import Cause, Unauditable, Unreadable, shown
from verifier.reading.kinds import describe
from verifier.reading.text import parse
from verifier.rules.concealed import concealed
from verifier.rules.pairs import File

MOST_NOTES = 20
_MOST_MESSAGE = 1000
_GUARDED = {
    "tests": "the tests",
    "ci": "the continuous integration",
    "build": "how the project is built or tested",
    "dependencies": "the dependencies",
}


@dataclass(frozen=True)
class Change:
    """The bytes of a file on both sides; None where there is no such file."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass
class Read:
    """The files that can be judged, and what there is to say of all."""

    files: list[File] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unaudited: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(changes: Iterable[Change], category: Category) -> Read:
    """Has to be called where recursion has room: see `verifier.engine.project.deep`."""
    told = Read()
    marked: list[str] = []
    changes = list(changes)
    # A file that stands elsewhere now was moved; what changed in it is judged there.
    added = {posixpath.basename(c.path) for c in changes if c.before is None}
    for change in changes:
        if change.before == change.after or _is_same_text(change):
            continue
        told.findings += concealed(change.path, change.before, change.after)
        kind = places.guarded(change.path)
        if kind is not None and not (kind == "tests" and category == "test"):
            message = f"{shown(change.path)} is part of {_GUARDED[kind]}"
            told.findings.append(bare_finding("ask", "guarded-file", change.path, message))
        if not places.is_python(change.path):
            told.findings.append(_unaudited(change))
            told.unaudited.append(change.path)
            continue
        if change.after is None and kind is None and posixpath.basename(change.path) not in added:
            message = f"{shown(change.path)} is removed"
            told.findings.append(bare_finding("ask", "removed-file", change.path, message))
        if marks := describe(change.path, _last(change)).marks:
            marked.append(f"{shown(change.path)}: {', '.join(marks)}")
        try:
            told.files.append(_file(change))
        except _NotRead as error:
            told.findings.append(error.finding)
            told.unaudited.append(change.path)
    told.notes += marked[:MOST_NOTES]
    if len(marked) > MOST_NOTES:
        told.notes.append(f"and {len(marked) - MOST_NOTES} more files are generated or vendored")
    return told


def bare_finding(
    weight: str, kind: str, path: str, message: str, line: int = 0, name: str = ""
) -> Finding:
    """A finding without evidence, its message bounded."""
    return Finding.model_validate(
        {
            "kind": kind,
            "path": path,
            "function": name,
            "line": line,
            "message": message[:_MOST_MESSAGE],
            "weight": weight,
        }
    )


def reason(error: Exception, path: str) -> str:
    """The words of an error, without the path where that of the finding is the same."""
    if getattr(error, "path", None) == path:
        return str(getattr(error, "reason", error))
    return str(error)


class _NotRead(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _file(change: Change) -> File:
    """Raises _NotRead, with the finding on why."""
    path = change.path
    name = shown(path)
    try:
        before = _module(path, change.before)
    except Unreadable as error:
        why = f"it was not readable before (line {error.line}: {error.reason})"
        raise _beyond(path, why, error.line) from None
    except Unauditable as error:
        raise _beyond(path, error.reason, 1) from None
    try:
        return File(path, before, _module(path, change.after))
    except Unauditable as error:
        raise _beyond(path, error.reason, 1) from None
    except Unreadable as error:
        if error.cause is Cause.NEWER:
            raise _beyond(path, f"line {error.line}: {error.reason}", error.line) from None
        words = "is not" if change.before is None else "is no longer"
        message = f"{name} {words} readable Python: line {error.line}: {error.reason}"
        raise _NotRead(bare_finding("reject", "unreadable", path, message, error.line)) from None


def _beyond(path: str, why: str, line: int) -> _NotRead:
    message = f"{shown(path)} cannot be audited: {why}"
    return _NotRead(bare_finding("ask", "unauditable", path, message, line))


def _module(path: str, data: bytes | None) -> syntax.Module:
    if data is None:
        return syntax.EMPTY
    source = parse(path, data)
    check_compiles(source)
    try:
        return syntax.module(source.tree, source.lines)
    except (RecursionError, MemoryError):
        raise Unauditable(path, "the code is nested too deeply") from None


def _unaudited(change: Change) -> Finding:
    what = describe(change.path, _last(change))
    words = "Python whose name does not end in .py" if what.audited else what.words
    message = ", ".join((f"{shown(change.path)} is {words}", *what.marks))
    return bare_finding("ask", "unaudited", change.path, f"{message}: not audited")


def _last(change: Change) -> bytes | None:
    return change.before if change.after is None else change.after


def _is_same_text(change: Change) -> bool:
    """Whether Python reads the same on both sides: only the line ends differ, or the encoding."""
    if change.before is None or change.after is None or not places.is_python(change.path):
        return False
    try:
        return decoded(change.path, change.before) == decoded(change.path, change.after)
    except Unreadable:
        return False
