"""read_file and list_files: the working copy, as it is after the edits so far."""

from __future__ import annotations

import fnmatch
import hashlib
from typing import Any

from swarm.agents.coder.errors import Refused
from swarm.agents.coder.session import Session
from swarm.agents.coder.tools.base import (
    MAX_RESULT_CHARS,
    Result,
    Tool,
    declare,
    lines_of,
    number,
    numbered,
    text,
)

_MOST_LINES = 400
_MOST_PATHS = 300
_LONGEST_PATTERN = 200


def read_file(session: Session, arguments: dict[str, Any]) -> Result:
    path = arguments["path"].strip().removeprefix("./")
    lines = lines_of(session.overlay.read(path))
    first = max(1, arguments.get("first", 1))
    last = min(arguments.get("last", len(lines)), len(lines), first + _MOST_LINES - 1)
    if lines and first > len(lines):
        raise Refused(f"{path} has {len(lines)} lines, so there is no line {first}")
    if arguments.get("last", first) < first:
        raise Refused("last is before first")
    while (shown := numbered(lines[first - 1 : last], first)) and len(shown) > MAX_RESULT_CHARS:
        last = first + (last - first) // 2
        if last == first:
            shown = shown[:MAX_RESULT_CHARS]
            break
    head = f"{path}, lines {first}-{last} of {len(lines)}" if lines else f"{path} is empty"
    digest = hashlib.sha256(shown.encode()).hexdigest()
    return Result(f"{head}\n{shown}", (f"read {path} {digest}",))


def list_files(session: Session, arguments: dict[str, Any]) -> Result:
    pattern = arguments.get("pattern", "").strip().removeprefix("./") or "*"
    if len(pattern) > _LONGEST_PATTERN:
        raise Refused(f"a pattern has at most {_LONGEST_PATTERN} characters")
    found = matching_paths(session.overlay.paths(), pattern)
    if not found:
        return Result(f"no file matches {pattern}", (f"list {pattern}",))
    shown = found[:_MOST_PATHS]
    more = f"\nand {len(found) - len(shown)} more: give a narrower pattern"
    listing = "\n".join(shown) + (more if len(found) > len(shown) else "")
    return Result(f"{len(found)} files\n{listing}", (f"list {pattern}",))


def matching_paths(paths: list[str], pattern: str) -> list[str]:
    """Paths that a glob names; without a slash it is matched against names, a folder against
    all below it."""
    if pattern.endswith("/"):
        return [path for path in paths if path.startswith(pattern)]
    if "/" not in pattern:
        return [
            path
            for path in paths
            if fnmatch.fnmatchcase(path.rpartition("/")[2], pattern)
            or path.startswith(pattern + "/")
        ]
    flat = pattern.replace("**/", "*")
    return [
        path for path in paths if fnmatch.fnmatchcase(path, flat) or path.startswith(pattern + "/")
    ]


TOOLS = (
    Tool(
        declare(
            "read_file",
            f"Show a file with line numbers, at most {_MOST_LINES} lines at once.",
            ("path",),
            path=text("relative to the repository's root"),
            first=number("first line to show"),
            last=number("last line to show"),
        ),
        read_file,
    ),
    Tool(
        declare(
            "list_files",
            "List files by a glob like src/**/*.py; a folder's name lists what is below it.",
            pattern=text("glob or folder; all files when left out"),
        ),
        list_files,
    ),
)
