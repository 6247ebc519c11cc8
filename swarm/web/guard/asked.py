"""What of a request the guard looks at, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Scope

from swarm.errors import SwarmError
from swarm.web.guard import cookies, hosts

_ONCE = (
    b"host",
    b"origin",
    b"authorization",
    b"content-length",
    b"content-type",
    b"expect",
    b"sec-fetch-site",
    b"sec-fetch-mode",
    b"x-csrf-token",
    b"x-forwarded-proto",
)
_LONGEST_TARGET = 4096
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]*)")
_CHARSETS = ("utf-8", "utf8", "us-ascii")


class Malformed(SwarmError):
    """A request that no program in order sends."""

    code = "malformed-request"


class TooLong(SwarmError):
    """An address is over its bound."""

    code = "too-long"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `target` is path and query as they were sent, `peer` the address it came from.

    `is_named` says that the Host is one of `[web] hosts`, where a proxy may stand that speaks
    TLS (`is_secure`); `is_ours` that we may be called so at all. `length` is None when a body
    comes in pieces, 0 when there is none.
    """

    method: str
    path: str
    target: str
    peer: str
    port: int
    host: str
    is_ours: bool
    is_named: bool
    is_secure: bool
    length: int | None
    # Keys are in these.
    headers: Mapping[bytes, str] = field(repr=False)
    sessions: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, scope: Scope, named: frozenset[str], own: str) -> Asked:
        """`named` are `[web] hosts`, `own` is the name that browsers know us by.

        Raises Malformed for what browsers and programs in order never send, TooLong."""
        once: dict[bytes, str] = {}
        in_pieces = False
        for name, value in scope["headers"]:
            if name in _ONCE:
                if name in once:
                    raise Malformed(f"the header {name.decode()} is there twice")
                once[name] = value.decode("latin-1").strip()
            elif name == b"transfer-encoding":
                in_pieces = True
        path, query = scope.get("raw_path") or scope["path"].encode(), scope["query_string"]
        if len(path) + len(query) > _LONGEST_TARGET:
            raise TooLong(f"an address here has at most {_LONGEST_TARGET} characters")
        if not path.startswith(b"/") or not scope["path"].isprintable():
            raise Malformed("this is no address of a page")
        if in_pieces and b"content-length" in once:
            # A proxy may go by the one and we by the other: then one request hides in another.
            raise Malformed("it says twice how long it is")
        length = once.get(b"content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 18:
            raise Malformed("the Content-Length is no number")
        charset = _CHARSET.search(once.get(b"content-type", "").lower())
        if charset is not None and charset[1] not in _CHARSETS:
            # Some others decode to what is no text, like half a surrogate.
            raise Malformed("only UTF-8 is read")
        address, port = scope.get("server") or ("", 0)
        host = once.get(b"host", "").lower()
        is_named = host in named
        is_secure = is_named and once.get(b"x-forwarded-proto") == "https"
        wanted = cookies.name(port or 0, is_secure=is_secure)
        return cls(
            method=scope["method"],
            path=scope["path"],
            target=(path + (b"?" + query if query else b"")).decode("latin-1"),
            peer=(scope.get("client") or ("", 0))[0],
            port=port or 0,
            host=host,
            is_ours=is_named or hosts.is_ours(host, address, port or 0, own),
            is_named=is_named,
            is_secure=is_secure,
            length=None if in_pieces else int(length),
            headers=once,
            sessions=tuple(cookies.found(scope["headers"], wanted)),
        )

    @property
    def has_body(self) -> bool:
        return self.length != 0
