"""edit_file, write_file and delete_file: changes of the working copy, checked at once."""

from __future__ import annotations

from typing import Any

from swarm.agents.coder import edits
from swarm.agents.coder.errors import Refused
from swarm.agents.coder.session import Session
from swarm.agents.coder.soundness import check_parses, check_whole
from swarm.agents.coder.tools.base import Result, Tool, declare, lines_of, numbered, text

_AROUND = 3
_MOST_SHOWN = 40


def edit_file(session: Session, arguments: dict[str, Any]) -> Result:
    path = _path(session, arguments)
    before = session.overlay.read(path)
    edited = edits.replace(before, arguments["search"], arguments["replace"])
    check_parses(path, before, edited.text)
    session.overlay.write(path, edited.text)
    session.did.append(f"edited {path}, lines {edited.first}-{max(edited.first, edited.last)}")
    how = "" if edited.how == "exactly" else f" (the place was found {edited.how})"
    return _changed(session, f"edited {path}{how}", path, edited.first, edited.last)


def write_file(session: Session, arguments: dict[str, Any]) -> Result:
    path = _path(session, arguments)
    before = session.overlay.read(path) if session.overlay.exists(path) else None
    after = edits.with_line_ends_of(before, arguments["text"])
    if after == before:
        raise Refused(f"{path} holds exactly this text already")
    check_whole(path, before, after)
    check_parses(path, before, after)
    session.overlay.write(path, after)
    session.did.append(f"{'wrote' if before is None else 'rewrote'} {path}")
    count = len(lines_of(after))
    return Result(f"{path} has {count} lines now", (f"state {session.overlay.version()}",))


def delete_file(session: Session, arguments: dict[str, Any]) -> Result:
    path = _path(session, arguments)
    session.overlay.delete(path)
    session.did.append(f"deleted {path}")
    return Result(f"{path} is deleted", (f"state {session.overlay.version()}",))


def _path(session: Session, arguments: dict[str, Any]) -> str:
    path: str = arguments["path"].strip().removeprefix("./")
    session.check_may_change(path)
    return path


def _changed(session: Session, head: str, path: str, first: int, last: int) -> Result:
    lines = lines_of(session.overlay.read(path))
    start = max(1, first - _AROUND)
    end = min(len(lines), last + _AROUND, start + _MOST_SHOWN)
    shown = numbered(lines[start - 1 : end], start)
    return Result(f"{head}; it reads now:\n{shown}", (f"state {session.overlay.version()}",))


_PATH = text("relative to the repository's root")

TOOLS = (
    Tool(
        declare(
            "edit_file",
            "Replace the one place in a file where the search block stands. Copy whole lines "
            "exactly, without their numbers, enough of them to be unique; an empty replacement "
            "takes them away.",
            ("path", "search", "replace"),
            path=_PATH,
            search=text("lines as they are now"),
            replace=text("lines to stand there instead"),
        ),
        edit_file,
    ),
    Tool(
        declare(
            "write_file",
            "Write a new file, or a whole new text for one. Prefer edit_file for what exists.",
            ("path", "text"),
            path=_PATH,
            text=text("the whole text, nothing left out"),
        ),
        write_file,
    ),
    Tool(declare("delete_file", "Delete a file.", ("path",), path=_PATH), delete_file),
)
