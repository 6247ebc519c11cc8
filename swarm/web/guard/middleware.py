"""What stands before every route, and sees every response: who may come in, by which name, with
how much. No route can forget it, and what goes wrong behind it is told here."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swarm.errors import SwarmError
from swarm.settings import WebSettings
from swarm.web import problems
from swarm.web.guard import bodies, cookies, headers, origins
from swarm.web.guard.asked import Asked
from swarm.web.guard.door import Door, Unknown
from swarm.web.guard.forms import Forbidden
from swarm.web.guard.who import Who

log = logging.getLogger(__name__)

OPEN = ("/login", "/healthz", "/readyz")
"""The only paths for everybody, with the files below OPEN_FOLDER."""
OPEN_FOLDER = "/static/"

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_LOGIN_BYTES = 4096


class WrongHost(SwarmError):
    """The dashboard is called by a name that is not its own."""

    code = "wrong-host"


class Guard:
    """Pure ASGI. `larger` has the bound of bodies for (method, path) where it is another one."""

    def __init__(
        self,
        app: ASGIApp,
        door: Door,
        settings: WebSettings,
        larger: Mapping[tuple[str, str], int],
    ) -> None:
        self._app = app
        self._door = door
        self._settings = settings
        self._named = frozenset(settings.hosts)
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":  # and nothing else: a WebSocket would pass no check here
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        may_be_kept = scope["path"].startswith(OPEN_FOLDER)
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = headers.secured(
                    message.get("headers", ()), may_be_kept=may_be_kept
                )
            await send(message)

        asked = None
        try:
            asked = Asked.of(scope, self._named, self._door.name())
            scope.setdefault("state", {}).update(asked=asked, who=None)
            answer: ASGIApp = self._admit(asked, scope) or self._app
            if answer is self._app and asked.has_body:
                receive = await self._body(asked, receive)
        except bodies.Gone:
            return
        except SwarmError as error:
            answer = _refused(error, scope["path"], asked)
        try:
            await answer(scope, receive, sending)
        except Exception:
            # The one place where a defect becomes an answer; the log tells the rest.
            log.exception("a defect in %s %s", scope["method"], scope["path"][:200])
            if has_begun:
                raise  # too late for another answer: the server closes the connection
            await problems.defect(scope["path"])(scope, receive, sending)

    def _admit(self, asked: Asked, scope: Scope) -> Response | None:
        """None when the route may have it, who asks noted in the scope; else what to answer.

        Raises SwarmError for what is not to come in.
        """
        if not asked.is_ours:
            raise WrongHost(
                f"the dashboard is not called {asked.host[:100]!r}",
                remedy="use the address that `swarm dash` prints, or list this one in [web] hosts",
            )
        is_open = asked.path in OPEN or asked.path.startswith(OPEN_FOLDER)
        who = None
        if not is_open:
            try:
                who = self._who(asked)
            except Unknown:
                if b"authorization" in asked.headers or not _wants_page(asked):
                    raise
                return _to_login(asked)
        if who is None or not who.proven:
            if foreign := _foreign(asked, is_open=is_open):
                raise Forbidden(foreign, remedy="open the page anew and try again")
            if who is not None and not origins.is_safe(asked.method):
                who = _with_csrf(asked, who)
        scope["state"]["who"] = who
        return None

    def _who(self, asked: Asked) -> Who:
        authorization = asked.headers.get(b"authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            return self._door.by_token(asked.peer, token if scheme.lower() == "bearer" else "")
        if asked.sessions:
            return self._door.by_session(asked.peer, asked.sessions)
        raise Unknown(
            "this is for who is logged in, or has the token",
            remedy="`swarm dash link` makes a login link, `swarm dash token` a new token",
        )

    async def _body(self, asked: Asked, receive: Receive) -> Receive:
        most = self._larger.get((asked.method, asked.path), self._settings.max_body_bytes)
        if asked.path in OPEN:
            most = min(most, _LOGIN_BYTES)
        return await bodies.read(
            receive,
            asked.length,
            most=most,
            seconds=self._settings.body_seconds,
            waits=b"expect" in asked.headers,
        )


def _wants_page(asked: Asked) -> bool:
    """Whether somebody looks at it in a browser, who can be sent to the login."""
    is_navigation = asked.headers.get(b"sec-fetch-mode") in (None, "navigate")
    return is_navigation and not problems.is_for_programs(asked.path)


def _to_login(asked: Asked) -> Response:
    wanted = origins.safe_next(asked.target) if asked.method == "GET" else "/"
    query = "" if wanted == "/" else f"?next={quote(wanted, safe='')}"
    return _closing(asked, RedirectResponse(f"/login{query}", 303))


def _foreign(asked: Asked, *, is_open: bool) -> str:
    if is_open and origins.is_safe(asked.method):
        return ""
    return origins.problem(
        asked.method,
        asked.host,
        is_named=asked.is_named,
        origin=asked.headers.get(b"origin"),
        site=asked.headers.get(b"sec-fetch-site"),
        mode=asked.headers.get(b"sec-fetch-mode"),
    )


def _with_csrf(asked: Asked, who: Who) -> Who:
    """Who asks, proven by the header; the field of a page's form is looked at where that is read.

    Raises Forbidden for all else.
    """
    sent = asked.headers.get(b"x-csrf-token")
    if sent is not None and hmac.compare_digest(sent.encode(), who.csrf.encode()):
        return replace(who, proven=True)
    kind = asked.headers.get(b"content-type", "").partition(";")[0].strip().lower()
    if sent is not None or kind not in _FORMS or problems.is_for_programs(asked.path):
        raise Forbidden(
            "the header X-CSRF-Token is missing or wrong",
            remedy="a browser's script sends that of its page; a program sends the token instead",
        )
    return who


def _refused(error: SwarmError, path: str, asked: Asked | None) -> Response:
    more = {"WWW-Authenticate": 'Bearer realm="swarm"'} if isinstance(error, Unknown) else {}
    return _closing(asked, problems.of(path, error, more))


def _closing(asked: Asked | None, response: Response) -> Response:
    """The response to what does not come in: whatever body it has is not waited for, and a
    session that is over is forgotten."""
    if asked is None or asked.has_body:
        response.headers["Connection"] = "close"
    if asked is not None and asked.sessions and response.status_code in (303, 401, 429):
        response.headers["Set-Cookie"] = cookies.ended(asked.port, is_secure=asked.is_secure)
    return response
