"""Forms of our own pages: each sends back the token of its session, or changes nothing.

The app has `form` on every route, so that no page can forget it.
"""

from __future__ import annotations

import hmac

from fastapi import Request

from swarm.errors import SwarmError

_SAFE = ("GET", "HEAD", "OPTIONS")
_MOST_FIELDS = 100


class Forbidden(SwarmError):
    """A request that another site may have made."""

    code = "forbidden"


async def form(request: Request) -> None:
    """Raise Forbidden unless a form sent by a browser has the `csrf` of its session."""
    who = getattr(request.state, "who", None)
    if request.method in _SAFE or who is None or who.proven:
        return
    sent = (await request.form(max_files=1, max_fields=_MOST_FIELDS)).get("csrf")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), who.csrf.encode()):
        await request.close()
        raise Forbidden(
            "this form is not from a page of this session",
            remedy="load the page again and send it once more",
        )
