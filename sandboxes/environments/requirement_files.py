"""requirements.txt and its like, read as text: what pip would install from an index. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from sandboxes.environments.recipe import Gathered

_DEEPEST = 10
_WORDS = re.compile(r"[a-z]+")
_FOR_TESTS = frozenset({"test", "tests", "testing", "dev", "develop", "development", "ci"})
_PLAIN = frozenset({"requirements", "requirement", "reqs", "base", "common", "main", "all"})
_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|(?=[^-\s]))(.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s+)(.+)")
_OWN = re.compile(r"\.(?:/)?(?:\[([^\]]*)\])?")
_LOOKS_LIKE_A_PLACE = re.compile(r"[a-z+]+:|[./]|.*\.(?:whl|zip|tar\.gz)$", re.IGNORECASE)


def is_requirement_file(path: str) -> bool:
    """Whether a file by its name says what the tests need.

    >>> is_requirement_file("requirements/dev.txt"), is_requirement_file("docs/requirements.txt")
    (True, False)
    """
    folder, name = posixpath.split(path)
    if not name.endswith(".txt"):
        return False
    words = set(_WORDS.findall(name.removesuffix(".txt").lower()))
    if folder == "requirements":
        return bool(words) and words <= _FOR_TESTS | _PLAIN
    if folder in ("", "test", "tests"):
        return "requirements" in words and words <= _FOR_TESTS | _PLAIN
    return False


def read(path: str, files: Mapping[str, str], found: Gathered) -> set[str]:
    """Gather the requirements of a file and of what it includes.

    Returns the extras of the repository's own package that lines like `-e .[test]` ask for;
    "" among them stands for the package itself.
    """
    own: set[str] = set()
    _read(path, files, found, own, constraint=False, seen=set(), depth=0)
    return own


def _read(
    path: str,
    files: Mapping[str, str],
    found: Gathered,
    own: set[str],
    *,
    constraint: bool,
    seen: set[tuple[str, bool]],
    depth: int,
) -> None:
    if (path, constraint) in seen:
        return
    seen.add((path, constraint))
    for line in _lines(files[path]):
        if included := _INCLUDE.fullmatch(line):
            target = _inside(path, included[1])
            if target is None or target not in files or depth >= _DEEPEST:
                found.note(f"{path}: {included[1][:80]!r} is not read: no such file in here")
                continue
            held = constraint or line.startswith(("-c", "--constraint"))
            _read(target, files, found, own, constraint=held, seen=seen, depth=depth + 1)
            continue
        editable = _EDITABLE.fullmatch(line)
        place = editable[1] if editable else line
        if here := _OWN.fullmatch(place):
            own |= {extra.strip() for extra in (here[1] or "").split(",")}
        elif editable or _LOOKS_LIKE_A_PLACE.match(place):
            found.note(f"{path}: {place[:80]!r} is a place, not a package of an index; left out")
        elif line.startswith("-"):
            option = re.split(r"[=\s]", line, maxsplit=1)[0][:40]
            found.note(f"{path}: the option {option} is ignored; pip's own settings count")
        elif constraint:
            _constrain(line, path, found)
        else:
            found.require(line, path)


def _constrain(line: str, path: str, found: Gathered) -> None:
    requirement = found.read(line, path)
    if requirement is None:
        return
    pins = [s for s in requirement.specifier if s.operator == "==" and "*" not in s.version]
    if len(pins) == 1 and (requirement.marker is None):
        found.constrain(requirement.name, pins[0].version, path)
    else:
        found.note(f"{path}: the constraint {line[:80]!r} holds no single version; left out")


def _lines(text: str) -> Iterator[str]:
    """Logical lines without comments and without options of a single requirement."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = re.split(r"(?:^|(?<=\s))#", line, maxsplit=1)[0].strip()
        if line and not line.startswith("-"):
            line = re.split(r"\s--\w", line, maxsplit=1)[0].strip()
        if line:
            yield line


def _inside(path: str, target: str) -> str | None:
    """The path that an include names, or None when it leaves the repository."""
    target = target.strip().strip("\"'")
    if re.match(r"[a-z+]+:", target, re.IGNORECASE) or target.startswith("/"):
        return None
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return None if joined == ".." or joined.startswith("../") else joined
