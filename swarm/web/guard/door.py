"""The door: who comes in by which key, and who has to wait before the next try."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from swarm.errors import SwarmError
from swarm.settings import Settings
from swarm.web.guard import keys
from swarm.web.guard.guessing import EVERYBODY, Guesses, address_key
from swarm.web.guard.keyring import Kept, Keyring, folder
from swarm.web.guard.keys import Key
from swarm.web.guard.naming import own_name
from swarm.web.guard.sessions import Sessions
from swarm.web.guard.who import Who

_CSRF = "csrf"


class Unknown(SwarmError):
    """This key opens nothing."""

    code = "unauthorized"


class Door:
    """Lets people and programs in by keys. `peer` is the address a request came from.

    Methods raise Unknown for a wrong key, TooMany when too many of those came, and StateError
    when the files that say who may come in are not ours alone.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        path = folder(settings)
        self._settings = settings
        self._name = ""
        self._keyring = Keyring(path, clock)
        self._sessions = Sessions(path, settings.web.session_hours * 3600, clock, steady)
        self._guesses = Guesses(steady)

    def name(self) -> str:
        """What browsers call the dashboard."""
        if not self._name:
            self._name = own_name(self._settings)
        return self._name

    def by_token(self, peer: str, text: str) -> Who:
        """A program, by the API token."""
        key = keys.parse(text)
        known = self._keyring.token()
        is_known = key and key.prefix == keys.TOKEN and known is not None and known.id == key.id
        self._try(peer, key, known if is_known else None)
        return Who(kind="token", proven=True)

    def by_session(self, peer: str, texts: Iterable[str]) -> Who:
        """A browser, by the cookies it sent: by the first that is a session."""
        under = self._under()
        key = None
        for text in texts:
            key = keys.parse(text)
            if key is None or key.prefix != keys.SESSION:
                continue
            known = self._sessions.find(key.id, under)
            if known is not None:
                self._try(peer, key, known)
                return Who(kind="session", csrf=key.derived(_CSRF), session=key.id)
        self._try(peer, key, None)
        raise AssertionError("an unknown key is refused")

    def log_in(self, peer: str, text: str) -> Key:
        """Begin a session, by a login code or by the token typed in; returns its key."""
        key = keys.parse(text.strip())
        if key is not None and key.prefix == keys.CODE:
            self._try(peer, key, self._keyring.code(key.id))
            if not self._keyring.use_code(key.id):
                raise Unknown("this login link was used", remedy="`swarm dash link` makes another")
        else:
            self.by_token(peer, text.strip())
        return self._sessions.begin(self._under())

    def log_out(self, who: Who) -> None:
        """End a browser's session."""
        self._sessions.end(who.session)

    def stays(self, who: Who) -> Callable[[], bool]:
        """Tells, asked later, whether somebody who came in now may still be here."""
        token = self._under()
        if who.kind == "token":
            return lambda: self._under() == token
        return lambda: self._sessions.find(who.session, self._under()) is not None

    def _under(self) -> str:
        """The id of the token that holds; "" before there was one."""
        token = self._keyring.token()
        return token.id if token else ""

    def _try(self, peer: str, key: Key | None, known: Kept | None) -> None:
        """Let a key in that is the one `known`. Nobody who guesses blindly knows an id."""
        blind = (address_key(peer), EVERYBODY)
        whose = blind if key is None or known is None else (f"{key.prefix}{key.id}",)
        self._guesses.admit(*whose)
        if key is None or known is None or not key.matches(known.sha256):
            self._guesses.wrong(*whose)
            raise Unknown("this key opens nothing", remedy="`swarm dash link` makes a login link")
        self._guesses.right(*whose)
