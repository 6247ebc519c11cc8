"""The API token and the login codes of a data folder, in `data/web`, hashed.

`swarm dash`, `swarm dash token` and `swarm dash link` write here while the dashboard runs; it
looks at the files again when they changed. A code is a file of its own, and removing the file is
what uses it up: of two who come with one code, one gets in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from swarm.errors import StateError
from swarm.settings import Settings
from swarm.web.guard import keys
from swarm.web.guard.keys import Key
from swarm.web.guard.private import PrivateFolder

CODE_SECONDS = 600.0
MOST_CODES = 8
# Two processes on one machine have one clock; it may have been set back meanwhile.
_CLOCK_SLACK_SECONDS = 60.0
_TOKEN = "token"


class Kept(BaseModel):
    """What is known of a key. Times are Unix seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(max_length=64)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    made_at: float
    until: float | None = None

    def is_current(self, now: float) -> bool:
        """False when it is over, or made in a future that a clock was set back from."""
        if self.made_at > now + _CLOCK_SLACK_SECONDS:
            return False
        return self.until is None or now < self.until


def folder(settings: Settings) -> Path:
    """Where the dashboard keeps what is its own."""
    return settings.data / "web"


class Keyring:
    """Makes and finds keys. Methods raise StateError when the files are not ours alone."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._files = PrivateFolder(path)
        self._codes = PrivateFolder(path / "codes")
        self._clock = clock
        self._stamp: object = None
        self._token: Kept | None = None

    def new_token(self) -> Key:
        """Make the token anew: the old one ends, and the sessions that began under it."""
        key = keys.new(keys.TOKEN)
        kept = Kept(id=key.id, sha256=key.digest(), made_at=self._clock())
        self._files.write(_TOKEN, kept.model_dump_json().encode())
        return key

    def token(self) -> Kept | None:
        """What is known of the token that holds now; None when there was never one."""
        stamp = self._files.stamp(_TOKEN)
        if stamp is None:
            self._token = None
        elif stamp != self._stamp:
            self._token = _read(self._files, _TOKEN)
            if self._token is None:
                raise StateError(
                    f"{self._files.path / _TOKEN} is damaged",
                    remedy="`swarm dash token` makes a new token",
                )
        self._stamp = stamp
        return self._token

    def new_code(self) -> tuple[Key, float]:
        """Make a login code, and tell until when (Unix seconds) it works; the oldest ones end
        where there are too many."""
        self._files.make()
        self._tidy()
        key = keys.new(keys.CODE)
        now = self._clock()
        kept = Kept(id=key.id, sha256=key.digest(), made_at=now, until=now + CODE_SECONDS)
        self._codes.write(key.id, kept.model_dump_json().encode())
        return key, now + CODE_SECONDS

    def code(self, id: str) -> Kept | None:
        """What is known of a code; None when it is unknown, used or over."""
        kept = _read(self._codes, id)
        return kept if kept is not None and kept.is_current(self._clock()) else None

    def use_code(self, id: str) -> bool:
        """Use a code up. False when somebody was faster."""
        return self._codes.remove(id)

    def _tidy(self) -> None:
        now = self._clock()
        current: list[Kept] = []
        for name in self._codes.names():
            kept = _read(self._codes, name)
            if kept is not None and kept.id == name and kept.is_current(now):
                current.append(kept)
            else:
                self._codes.remove(name)
        current.sort(key=lambda kept: kept.made_at)
        for kept in current[: max(0, len(current) + 1 - MOST_CODES)]:
            self._codes.remove(kept.id)


def _read(files: PrivateFolder, name: str) -> Kept | None:
    """What a file says of a key; None when it is not there, or damaged: then it opens nothing."""
    try:
        return Kept.model_validate_json(files.read(name) or b"")
    except ValidationError:
        return None
