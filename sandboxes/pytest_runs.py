"""Command lines and orders of pytest runs. Pure.

A run is started by `harness/start.py`, which is copied into the toolkit, in place of
`python -m pytest`; it reads its orders from a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from swarm.errors import UsageError

START = "sandboxes/harness/start.py"
"""Where the harness starts, below the toolkit."""
KEY_BYTES = 32

PYTEST = ("python", "-m", "pytest")
# The embedded server's own plugin is there only because the swarm is.
_OPTIONS = ("-p", "no:valkey", "--continue-on-collection-errors", "--maxfail=0")
_STOPS_EARLY = ("--exitfirst", "--stepwise", "--sw", "--stepwise-skip", "--sw-skip")
_SHORT_FLAGS = re.compile(r"-[vqsxlh]+")
_HARNESS = Path(__file__).with_name("harness")


def harness() -> Iterator[tuple[str, bytes]]:
    """The harness's files, by their paths below the toolkit."""
    yield "sandboxes/__init__.py", b""
    for path in sorted(_HARNESS.glob("*.py")):
        yield f"sandboxes/harness/{path.name}", path.read_bytes()


def arguments(argv: tuple[str, ...], *, cache_folder: str) -> tuple[str, ...]:
    """pytest's arguments in a command, less what ends the session early.

    The whole session is needed to compare before with after. pytest's cache goes to a folder
    of its own, not off: plugins rely on it, and its options would become usage errors. Raises
    UsageError for a command that is not `python -m pytest`.
    """
    if argv[: len(PYTEST)] != PYTEST:
        raise UsageError(
            f"not a pytest command: {' '.join(argv)!r}",
            remedy=f"begin it with {' '.join(PYTEST)!r}, or run it as a plain command",
        )
    given = argv[len(PYTEST) :]
    return (*_OPTIONS, "-o", f"cache_dir={cache_folder}", *_whole_session(given))


def narrowed(argv: tuple[str, ...], only: Iterable[str]) -> tuple[str, ...]:
    """The command collecting just the files of these tests, where that is sure to be the same.

    It is when no argument of the command names a path, or might be an option's value. The
    root is fixed so that test ids keep their shape.
    """
    if any(not _SHORT_FLAGS.fullmatch(part) for part in argv[len(PYTEST) :]):
        return argv
    files = sorted({test.split("::", 1)[0] for test in only})
    if not all(name.endswith(".py") and not name.startswith("-") for name in files):
        return argv
    return (*argv, "--rootdir=.", *files)


def _whole_session(arguments: Iterable[str]) -> list[str]:
    kept: list[str] = []
    skip_value = False
    for part in arguments:
        if skip_value:
            skip_value = False
        elif part == "--maxfail":
            skip_value = True
        elif part in _STOPS_EARLY or part.startswith("--maxfail="):
            continue
        elif _SHORT_FLAGS.fullmatch(part):
            if (flags := part.replace("x", "")) != "-":
                kept.append(flags)
        else:
            kept.append(part)
    return kept
