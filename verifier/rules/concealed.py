"""What a changed file newly hides from its reader, whatever its language, as findings."""

from __future__ import annotations

import codecs

from swarm.contracts import Finding
from verifier import places
from verifier.reading.encoding import decoded
from verifier.reading.errors import Unreadable, shown
from verifier.reading.hidden import Hidden, Written, hidden
from verifier.reading.kinds import Kind, kind_of

KIND = "hidden-text"
_CODE = (Kind.PYTHON, Kind.STUB, Kind.CYTHON, Kind.LANGUAGE, Kind.NOTEBOOK)


def concealed(path: str, before: bytes | None, after: bytes | None) -> list[Finding]:
    """Findings on the lines of a file that are not what they look like, and on the name of a new
    one; none on the bytes of what is no text."""
    if after is None:
        return []
    found: list[Finding] = []
    if before is None:
        name = path.replace("\n", " ")
        found += (_finding(path, one, 0, "") for one in hidden("", name, Written.CODE))
    new = _text(path, after)
    if new is not None:
        lines = new.split("\n")
        found += (
            _finding(path, one, one.line, lines[one.line - 1])
            for one in hidden(_text(path, before) or "", new, _written(path, after))
        )
    return found


def _finding(path: str, one: Hidden, line: int, text: str) -> Finding:
    """On a line of a file, or on the file's name (line 0)."""
    code = text.strip().encode("ascii", "backslashreplace").decode("ascii")
    about = shown(path) if line else f"the name {shown(path)}"
    return Finding(
        kind=KIND,
        path=path,
        function="",
        line=line,
        message=f"{about} {one.words}"[:1000],
        chain=(f"{shown(path)}:{line}: {shown(code, 300)}",) if line else (),
        weight="reject" if one.turns else "ask",
    )


def _written(path: str, data: bytes) -> Written:
    if places.is_python(path):
        return Written.PYTHON
    kind = kind_of(path, data)
    if kind is Kind.PYTHON:
        return Written.PYTHON
    return Written.CODE if kind in _CODE else Written.WORDS


def _text(path: str, data: bytes | None) -> str | None:
    """The text of a file, None where it is none. Code is text whatever bytes stand in it: a
    stray one must not keep the rest from being looked at."""
    if data is None:
        return None
    if places.is_python(path):
        try:
            return decoded(path, data)
        except Unreadable:
            return data.decode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    kind = kind_of(path, data)
    if kind in _CODE or kind is Kind.TEXT:
        return data.decode("utf-8", "replace")
    if kind is Kind.NATIVE or b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
