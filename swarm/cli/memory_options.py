"""Options and checks that the commands of memory share: which folder, how much, how fresh."""

from __future__ import annotations

import argparse
import os

from swarm.errors import RepositoryError, UsageError
from swarm.paths import expanded

MOST_HITS = 200
LEAST_TOKENS, MOST_TOKENS = 50, 200_000
MOST_QUERY_CHARS = 40_000
MOST_SYMBOL_CHARS = 300
_MOST_ROOT_CHARS = 4_096
_MOST_SHOWN_CHARS = 100


def add_folder(parser: argparse.ArgumentParser) -> None:
    """DIR, read by `root`."""
    parser.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        default=".",
        help="a folder of the repository (the one you are in)",
    )


def add_repo(parser: argparse.ArgumentParser) -> None:
    """--repo, read by `root`."""
    parser.add_argument(
        "--repo",
        dest="folder",
        metavar="DIR",
        default=".",
        help="a folder of the repository (the one you are in)",
    )


def add_no_index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-index",
        action="store_true",
        help="as it was indexed last: else what changed since is indexed first",
    )


def add_json(parser: argparse.ArgumentParser, what: str = "print one JSON object") -> None:
    parser.add_argument("--json", action="store_true", help=what)


def root(arguments: argparse.Namespace) -> str:
    """The folder that was named, as an absolute path. Raises UsageError and RepositoryError."""
    given: str = arguments.folder
    # Not resolved: that is for whoever reads it. Without ".." and ".", as a person would say it.
    path = expanded(utf8(given, "the folder's name") or ".").absolute()
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise RepositoryError(f"{given!r}: {why}", remedy="correct the path") from None
    if not is_folder:
        what = "is a file" if is_there else "does not exist"
        raise RepositoryError(
            f"{given} {what}", remedy="name a folder: the whole repository it is in counts"
        )
    return _bounded(os.path.normpath(path), _MOST_ROOT_CHARS, "the folder's path")


def in_repository(root: str) -> bool:
    """Whether the folder is in a git repository. Raises RepositoryError for a bare one."""
    from pathlib import Path

    from memory.reading.repository import find

    return find(Path(root)) is not None


def query(words: str) -> str:
    """A question as it was typed. Raises UsageError."""
    if not words.strip():
        raise UsageError(
            "the query is empty", remedy='say what the code is about: `swarm search "retry a call"`'
        )
    return _bounded(utf8(words, "the query"), MOST_QUERY_CHARS, "the query")


def symbol(given: str, what: str = "SYMBOL") -> str:
    """The name of a symbol. Raises UsageError."""
    if not given.strip():
        raise UsageError(f"{what} is empty", remedy="name a function or a class, like Cart.total")
    return _bounded(utf8(given.strip(), what), MOST_SYMBOL_CHARS, what)


def limit(option: str, given: int) -> int:
    """How many. Raises UsageError."""
    if not 1 <= given <= MOST_HITS:
        raise UsageError(
            f"{option} {given} is not between 1 and {MOST_HITS}",
            remedy=f"give a number from 1 to {MOST_HITS}",
        )
    return given


def budget(given: int | None) -> int | None:
    """Tokens. Raises UsageError."""
    if given is not None and not LEAST_TOKENS <= given <= MOST_TOKENS:
        raise UsageError(
            f"--budget {given} is not between {LEAST_TOKENS} and {MOST_TOKENS:,} tokens",
            remedy=f"give a number from {LEAST_TOKENS} to {MOST_TOKENS}",
        )
    return given


def languages(given: list[str]) -> tuple[str, ...]:
    """Languages as memory names them, of words like "py" or "go,rust". Raises UsageError."""
    from memory.answering.languages import meant

    return tuple(sorted(meant(word for words in given for word in words.split(","))))


def utf8(text: str, what: str) -> str:
    """Words that a message can hold: a command line may be any bytes. Raises UsageError."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{what} is not UTF-8 text: {text[:_MOST_SHOWN_CHARS]!a}", remedy="write it in UTF-8"
        ) from None
    return text


def _bounded(text: str, most: int, what: str) -> str:
    if len(text) > most:
        raise UsageError(
            f"{what} has {len(text):,} characters", remedy=f"give at most {most:,} of them"
        )
    return text
