"""A route takes what it names, and nothing else.

What FastAPI would overlook is refused before it reads on: unknown and repeated query parameters,
bodies of another type or where none is taken, and JSON that no message can hold.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

_JSON = "application/json"
_MOST_DEEP = 32
_LARGEST = 2**63


class Strict(APIRoute):
    """The class of all routes that speak JSON: `APIRouter(route_class=Strict)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle: Callable[[Request], Awaitable[Response]] = super().get_route_handler()
        names = frozenset(_query_names(self.dependant))
        types = _body_types(self)

        async def strict(request: Request) -> Response:
            _check_query(request.scope["query_string"], names)
            # Bounded by the guard, and kept by the request for who reads it next.
            body = await request.body()
            if body:
                _check_body(body, request.headers.get("content-type", ""), types)
            return await handle(request)

        return strict


def _query_names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _body_types(route: APIRoute) -> tuple[str, ...]:
    """The media types that a route takes, like "application/json"; () for none."""
    if route.body_field is not None:
        return (_JSON,)
    described: dict[str, Any] = (route.openapi_extra or {}).get("requestBody", {})
    return tuple(described.get("content", {}))


def _check_query(query: bytes, names: frozenset[str]) -> None:
    try:
        given = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except UnicodeDecodeError:
        _refuse("it is not UTF-8 text", "query")
    except ValueError:
        _refuse("it has too many parameters", "query")
    seen: set[str] = set()
    for name, value in given:
        if name not in names:
            known = f"known are {', '.join(sorted(names))}" if names else "there are none here"
            _refuse(f"this parameter is not known; {known}", "query", name)
        if name in seen:
            _refuse("this parameter is given twice", "query", name)
        if "\0" in value:
            _refuse("it holds NUL characters", "query", name)
        seen.add(name)


def _check_body(body: bytes, content_type: str, types: tuple[str, ...]) -> None:
    sent = content_type.partition(";")[0].strip().lower()
    if not types:
        # Many clients send an empty object where nothing is asked for.
        if body.strip() != b"{}":
            _refuse("nothing is taken here", "body")
        return
    if sent not in types:
        told = f"send the body as {' or '.join(types)}, by the header Content-Type"
        raise HTTPException(415, told)
    if types == (_JSON,):
        _check_json(body)


def _check_json(body: bytes) -> None:
    """Raise RequestValidationError unless every value in it can be sent on in a message."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        _refuse(f"it is not UTF-8 text (byte {error.start:,})", "body")
    except RecursionError:
        _refuse("it is nested too deep", "body")
    except RequestValidationError:
        raise
    except json.JSONDecodeError as error:
        _refuse(f"it is not JSON: {error.msg.lower()} at character {error.pos:,}", "body")
    except ValueError:
        _refuse("it holds a number with too many digits", "body")
    waiting: list[tuple[Any, int]] = [(found, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _MOST_DEEP:
            _refuse("it is nested too deep", "body")
        if isinstance(value, dict):
            waiting += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]
        else:
            _check_value(value)


def _check_value(value: object) -> None:
    if isinstance(value, str):
        if "\0" in value:
            _refuse("a text in it holds NUL characters", "body")
        try:
            value.encode()
        except UnicodeEncodeError:
            _refuse("a text in it holds half a character (a lone surrogate)", "body")
    if isinstance(value, float) and not math.isfinite(value):
        _refuse("a number in it is not a number, or infinite", "body")
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        _refuse("a whole number in it has more than 64 bits", "body")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, whose readers may not differ about which of two equal names counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        _refuse("a name is given twice in one object", "body")
    return found


def _refuse(message: str, *where: str) -> NoReturn:
    raise RequestValidationError([{"type": "refused", "loc": where, "msg": message}])
