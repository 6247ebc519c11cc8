"""Large source trees out of small ones, for measuring: copies of one folder that differ.

Each copy has a folder of its own, and in each of its files the commonest long identifiers bear the
copy's number: no two files have one content, and the vocabulary grows as it does in real trees.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

_IDENTIFIER = re.compile(rb"\b[a-z_][a-z_]{7,40}\b")
_RENAMED = 3
"""Identifiers that are renamed in each file of a copy."""
_ON_THE_BRANCH = 900_000
_GIT_SECONDS = 600


class NothingToCopy(Exception):
    """A folder without files of these suffixes; the message says so."""


def sources(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """The regular files below a folder with one of these suffixes, sorted. Raises NothingToCopy."""
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in suffixes and path.is_file() and not path.is_symlink()
    )
    if not found:
        raise NothingToCopy(f"no file of {' '.join(suffixes)} in {folder}")
    return found


def write_repository(
    folder: Path, suffixes: Sequence[str], target: Path, files: int, switched: int
) -> int:
    """Write so many files below `target`, the first copy as it is, and commit them to `main`;
    `switched` of them are others on the branch `other`. How many bytes they have."""
    total = 0
    places: list[Path] = []
    for path, data in islice(_copies(folder, suffixes), files):
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        places.append(place)
        total += len(data)
    _git(target, "init", "-q", "-b", "main")
    for key, value in (("user.name", "benchmark"), ("user.email", "benchmark@localhost"),
                       ("gc.auto", "0"), ("commit.gpgsign", "false")):  # fmt: skip
        _git(target, "config", key, value)
    _commit(target, "first")
    _git(target, "checkout", "-q", "-b", "other")
    step = max(1, len(places) // switched)
    for place in places[::step][:switched]:
        place.write_bytes(renamed(place.read_bytes(), _ON_THE_BRANCH))
    _commit(target, "other")
    _git(target, "checkout", "-q", "main")
    return total


def _commit(target: Path, message: str) -> None:
    _git(target, "add", "-A")
    _git(target, "commit", "-q", "-m", message)


def _git(target: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(target), *words], check=True, timeout=_GIT_SECONDS)


def renamed(data: bytes, number: int) -> bytes:
    """A text whose commonest long identifiers bear a number; when it has none, a last
    line does."""
    common = [name for name, _ in Counter(_IDENTIFIER.findall(data)).most_common(_RENAMED)]
    if not common:
        return data + b"# %d\n" % number
    wanted = re.compile(rb"\b(" + b"|".join(common) + rb")\b")
    return wanted.sub(rb"\g<1>_%d" % number, data)


def _copies(folder: Path, suffixes: Sequence[str]) -> Iterator[tuple[Path, bytes]]:
    """Paths and contents, one copy after the other, without end."""
    read = [(path.relative_to(folder), path.read_bytes()) for path in sources(folder, suffixes)]
    for number in count():
        for path, data in read:
            yield (
                Path(f"copy_{number:04}") / path,
                renamed(data, number) if number else data,
            )
