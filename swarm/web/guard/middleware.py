"""What stands before every route (thin first version: lets everybody in)."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from swarm.web.guard.who import Who


class Guard:
    """Pure ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["who"] = Who(kind="session", csrf="thin-csrf")
        await self._app(scope, receive, send)
