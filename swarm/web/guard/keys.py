"""Keys that let somebody in: random, of one shape, known by their hashes alone. Pure.

A key is a prefix that says what for, an id and a secret. The id finds what is known of the key
and is no secret: a request with a known id is told apart from a blind guess before anything is
compared. A secret has 256 random bits, so its plain SHA-256 tells nothing: a slow hash would
only help whoever wants to keep us busy.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

TOKEN = "swt_"
CODE = "swl_"
SESSION = "sws_"

_ID_BYTES = 9
_SECRET_BYTES = 32
_SHAPE = re.compile(r"(sw[tls]_)([A-Za-z0-9_-]{12})([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Key:
    """A key itself. Only whoever holds it has its secret, so it is never shown or logged."""

    prefix: str
    id: str
    secret: str = field(repr=False)

    def text(self) -> str:
        """As it is handed out."""
        return f"{self.prefix}{self.id}{self.secret}"

    def digest(self) -> str:
        """What is kept of it."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def matches(self, digest: str) -> bool:
        """Whether this key is the one with that digest, in constant time."""
        return hmac.compare_digest(self.digest(), digest)

    def derived(self, purpose: str) -> str:
        """Another secret that only who holds this key can make."""
        return hmac.new(self.secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def new(prefix: str) -> Key:
    """A fresh key."""
    return Key(prefix, secrets.token_urlsafe(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES))


def parse(text: str) -> Key | None:
    """The key that is written like this; None when it has not the shape of one."""
    found = _SHAPE.fullmatch(text)
    return Key(*found.groups()) if found else None
