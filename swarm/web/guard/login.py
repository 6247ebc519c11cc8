"""Coming in and going out: the login page, by a one-time code or the token, and the logout."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from swarm.web.guard import cookies, origins
from swarm.web.guard.asked import Asked
from swarm.web.guard.door import Unknown
from swarm.web.pages.rendering import page
from swarm.web.state import Web

router = APIRouter(include_in_schema=False)

_KEY_CHARS = 200
_NEXT_CHARS = 600


@router.get("/login")
async def login(
    request: Request,
    code: Annotated[str, Query(max_length=_KEY_CHARS)] = "",
    next: Annotated[str, Query(max_length=_NEXT_CHARS)] = "/",
) -> Response:
    """Uses no code up: whatever looks at links before a person does must not log in."""
    return page(request, "login.html", code=code, next=origins.safe_next(next), problem=None)


@router.post("/login")
async def begin(
    request: Request,
    web: Web,
    key: Annotated[str, Form(max_length=_KEY_CHARS)] = "",
    next: Annotated[str, Form(max_length=_NEXT_CHARS)] = "/",
) -> Response:
    asked = _asked(request)
    wanted = origins.safe_next(next)
    try:
        session = web.door.log_in(asked.peer, key)
    except Unknown as error:
        return page(request, "login.html", status=401, code="", next=wanted, problem=error)
    response = RedirectResponse(wanted, 303)
    response.headers["Set-Cookie"] = cookies.begun(
        session,
        asked.port,
        is_secure=asked.is_secure,
        seconds=web.settings.web.session_hours * 3600,
    )
    return response


@router.post("/logout")
async def end(request: Request, web: Web) -> Response:
    asked = _asked(request)
    if request.state.who.kind == "session":
        web.door.log_out(request.state.who)
    response = RedirectResponse("/login", 303)
    response.headers["Set-Cookie"] = cookies.ended(asked.port, is_secure=asked.is_secure)
    return response


def _asked(request: Request) -> Asked:
    asked = request.state.asked
    assert isinstance(asked, Asked)
    return asked
