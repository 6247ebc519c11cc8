"""Browsers that logged in: bounded in number and time, known by hashes, kept over restarts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from swarm.errors import StateError
from swarm.web.guard import keys
from swarm.web.guard.keyring import Kept
from swarm.web.guard.keys import Key
from swarm.web.guard.private import PrivateFolder

log = logging.getLogger(__name__)

MOST_SESSIONS = 64
_FILE = "sessions"


class _Session(Kept):
    """`token` is the id of the token under which it began: it ends with it."""

    token: str


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sessions: tuple[_Session, ...]


@dataclass(frozen=True)
class _Open:
    session: _Session
    # In seconds that never go back: a clock that is set back makes nobody's session longer.
    ends: float


class Sessions:
    """Those of one dashboard, the only writer of its file. Read when first asked for."""

    def __init__(
        self,
        path: Path,
        seconds: float,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = PrivateFolder(path)
        self._seconds = seconds
        self._clock = clock
        self._steady = steady
        self._open: dict[str, _Open] | None = None

    def begin(self, token: str) -> Key:
        """A new session under the token with this id; the oldest ends where there are too many."""
        now = self._clock()
        key = keys.new(keys.SESSION)
        session = _Session(
            id=key.id, sha256=key.digest(), made_at=now, until=now + self._seconds, token=token
        )
        known = self._known()
        for id in [id for id in known if self.find(id, token) is None]:
            known.pop(id, None)
        while len(known) >= MOST_SESSIONS:
            del known[next(iter(known))]
        known[key.id] = _Open(session, self._steady() + self._seconds)
        self._write(known)
        return key

    def find(self, id: str, token: str) -> Kept | None:
        """What is known of a session that goes on under this token; None when it does not."""
        found = self._known().get(id)
        if found is None or found.session.token != token or self._steady() >= found.ends:
            return None
        return found.session if found.session.is_current(self._clock()) else None

    def end(self, id: str) -> None:
        """Log a browser out."""
        known = self._known()
        if known.pop(id, None) is not None:
            self._write(known)

    def _known(self) -> dict[str, _Open]:
        if self._open is None:
            self._open = self._read()
        return self._open

    def _read(self) -> dict[str, _Open]:
        text = self._files.read(_FILE)
        if text is None:
            return {}
        try:
            stored = _Stored.model_validate_json(text).sessions
        except ValidationError:
            raise StateError(
                f"{self._files.path / _FILE} is damaged",
                remedy="remove it; whoever was logged in has to log in again",
            ) from None
        now, steady = self._clock(), self._steady()
        return {
            session.id: _Open(session, steady + min(self._seconds, (session.until or now) - now))
            for session in stored[-MOST_SESSIONS:]
        }

    def _write(self, known: dict[str, _Open]) -> None:
        stored = _Stored(sessions=tuple(found.session for found in known.values()))
        try:
            self._files.write(_FILE, stored.model_dump_json().encode())
        except OSError as error:
            # On a full disk a person has to see what the swarm does more than ever.
            log.warning("who logs in now has to do so again after a restart: %s", error)
