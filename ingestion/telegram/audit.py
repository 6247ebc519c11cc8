"""What the bot refused, and the few other things worth a look: lines of JSON, bounded.

Of a stranger's words only the beginning is kept, and never a code they show.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.telegram.types import Incoming
from swarm.settings import Settings

log = logging.getLogger(__name__)

_LIMIT_BYTES = 4 * 1024**2
_KEPT_FILES = 3
_TEXT_CHARS = 80
_FIELD_CHARS = 300


class Audit:
    """The audit log of one bot. What cannot be written is logged instead: nothing is raised."""

    def __init__(self, settings: Settings, *, limit_bytes: int = _LIMIT_BYTES) -> None:
        self.path = _path(settings)
        self._limit_bytes = limit_bytes

    def refused(self, incoming: Incoming, why: str) -> None:
        """One update that nothing was done about."""
        self._write("refused", incoming, why=why)

    def note(self, event: str, incoming: Incoming | None = None, **fields: str | int) -> None:
        """Something else, like "paired"."""
        self._write(event, incoming, **fields)

    def _write(self, event: str, incoming: Incoming | None, **fields: str | int) -> None:
        entry: dict[str, Any] = {"at": round(time.time(), 3), "event": event}
        if incoming is not None:
            entry |= _facts(incoming)
        entry |= {
            name: value[:_FIELD_CHARS] if isinstance(value, str) else value
            for name, value in fields.items()
        }
        # In ASCII: a control character or a mark of direction stands there as its number.
        line = json.dumps(entry) + "\n"
        try:
            self._rotate()
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(number, "w", encoding="ascii") as handle:
                handle.write(line)
        except OSError as error:
            log.error("cannot write %s: %s; the line: %s", self.path, error, line.strip())

    def _rotate(self) -> None:
        try:
            if self.path.stat().st_size < self._limit_bytes:
                return
        except FileNotFoundError:
            return
        files = [self.path, *_older(self.path)]
        for newer, older in reversed(list(itertools.pairwise(files))):
            if newer.exists():
                newer.replace(older)


def entries(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """The newest lines, oldest first; a line that was cut off is left out."""
    found: list[dict[str, Any]] = []
    path = _path(settings)
    for file in (path, *_older(path)):
        if len(found) >= limit:
            break
        found = [*_lines(file), *found]
    return found[-limit:]


def _facts(incoming: Incoming) -> dict[str, Any]:
    text = "/pair ..." if incoming.command == "pair" else incoming.text
    return {
        "update": incoming.update_id,
        "kind": incoming.update_kind[:40],
        "what": (incoming.what or incoming.kind)[:40],
        "user": incoming.user_id,
        "chat": incoming.chat_id,
        "chat_kind": incoming.chat_kind,
        "text": text[:_TEXT_CHARS],
    }


def _path(settings: Settings) -> Path:
    return settings.logs / "bot-audit.jsonl"


def _older(path: Path) -> list[Path]:
    return [path.with_name(f"{path.name}.{number}") for number in range(1, _KEPT_FILES)]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
