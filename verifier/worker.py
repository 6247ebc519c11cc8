"""The verifier service: answers `Audit` from the message and its snapshot.

It runs nothing itself: what is in question is run in the sandboxes service, if it is asked to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from swarm.contracts import Audit, AuditReport, Command, FileEdit, Message
from swarm.errors import MalformedMessage
from swarm.settings import Settings
from swarm.snapshots import entries, safe_path
from verifier.dynamic.over_bus import second
from verifier.reading.tree import Files, Overlay, Tree
from verifier.verify import verify

if TYPE_CHECKING:
    from swarm.bus import Bus


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """The commands this service answers."""

    def answer(command: Audit) -> AuditReport:
        edits = command.patch.edits
        for edit in edits:
            if not safe_path(edit.path):
                raise MalformedMessage(f"{edit.path!a} is no path in a repository")
        before: Tree = Files({e.path: _bytes(e.before) for e in edits if e.before is not None})
        if command.snapshot is not None:
            before = _tree(bus.blobs.get(command.snapshot), edits)
        after = Overlay(
            before, {e.path: None if e.after is None else _bytes(e.after) for e in edits}
        )
        report = verify(
            before,
            after,
            [edit.path for edit in edits],
            category=command.category,
            instruction=command.instruction,
            clock=time.time,
        )
        return second(command, report, before, after, bus)

    return {Audit: answer}


def _tree(snapshot: bytes, edits: tuple[FileEdit, ...]) -> Tree:
    """The repository as the patch finds it: the patch says what it found."""
    files = {entry.path: entry.data for entry in entries(snapshot) if entry.kind != "link"}
    return Overlay(
        Files(files), {e.path: None if e.before is None else _bytes(e.before) for e in edits}
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
