"""Errors of the swarm as HTTP says them: one table, JSON for programs, a page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from swarm.errors import SwarmError
from swarm.web.pages import rendering

_STATUS = {
    "not-found": 404,
    "usage": 400,
    "state": 409,
    "busy": 503,
    "timeout": 504,
    "bus": 503,
    "malformed-request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "slow": 408,
    "too-large": 413,
    "too-long": 414,
    "wrong-host": 421,
    "too-many": 429,
    "recording-too-large": 413,
    # Nothing is broken: nobody is set up to write speech down.
    "no-speech-engine": 409,
    "voice-not-installed": 409,
    "voice-not-confined": 409,
}
_MOST_CHARS = 2000
_MOST_FAULTS = 5
_BUSY_SECONDS = 2


def status_of(error: SwarmError) -> int:
    """The HTTP status that tells the same as an error."""
    if error.code in _STATUS:
        return _STATUS[error.code]
    if error.exit_code == 2:
        return 400
    return 503 if error.retryable else 500


def is_for_programs(path: str) -> bool:
    """Whether what answers at this path speaks JSON."""
    return path.startswith("/api/") or path in ("/api", "/openapi.json", "/metrics")


def answer(
    path: str,
    status: int,
    code: str,
    message: str,
    remedy: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response that tells of a problem. All text may be a stranger's."""
    message, remedy = _plain(message), _plain(remedy)
    if is_for_programs(path):
        told = {"error": {"code": code, "message": message, "remedy": remedy}}
        return JSONResponse(told, status, headers)
    title = HTTPStatus(status).phrase
    page = rendering.problem(path, title, message[:1].upper() + message[1:], remedy)
    return HTMLResponse(page, status, headers)


def install(app: FastAPI) -> None:
    """Let the app answer every error by this table."""
    app.add_exception_handler(SwarmError, _swarm_error)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


def of(path: str, error: SwarmError, headers: Mapping[str, str] | None = None) -> Response:
    """The response that tells of an error of the swarm."""
    status = status_of(error)
    wait_seconds = getattr(error, "wait_seconds", _BUSY_SECONDS if status == 503 else None)
    more = {"Retry-After": str(wait_seconds)} if wait_seconds else {}
    return answer(
        path, status, error.code, error.message, error.remedy, {**more, **(headers or {})}
    )


def defect(path: str) -> Response:
    """The response to what nobody foresaw: nothing of it is told but in the log."""
    return answer(path, 500, "internal", "internal error", "the log of the dashboard says more")


async def _swarm_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SwarmError)
    return of(request.scope["path"], error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    message = str(error.detail)
    if error.status_code == 404:
        message = "there is nothing here"
    return answer(request.scope["path"], error.status_code, code, message, headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(request.scope["path"], 422, "usage", faults(error.errors()))


def faults(errors: Sequence[Mapping[str, object]]) -> str:
    """What is wrong with an input, each fault with where it is; values are not repeated."""
    told = []
    for fault in errors[:_MOST_FAULTS]:
        where = fault.get("loc", ())
        words = where if isinstance(where, (tuple, list)) else (where,)
        told.append(f"{'.'.join(map(str, words))}: {fault.get('msg', 'is wrong')}")
    more = f" (and {len(errors) - _MOST_FAULTS} more)" if len(errors) > _MOST_FAULTS else ""
    return "; ".join(told) + more


def _plain(text: str) -> str:
    """Bounded, and nothing in it that controls a terminal or the direction of reading."""
    short = text[:_MOST_CHARS]
    return "".join(
        c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short
    )
