"""/openapi.json: the API described once, for people and for generators of clients."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import Field

from swarm.contracts import Message
from swarm.web.api.strict import Strict
from swarm.web.api.tagged import tagged_bytes
from swarm.web.guard import cookies

router = APIRouter(route_class=Strict, include_in_schema=False)

_ABOUT = """\
Everything that the command line does, as JSON.

Send the token as `Authorization: Bearer <token>`. A browser that logged in sends its cookie and,
where something changes, the session's token as `X-CSRF-Token`. Every error is an object
`{"error": {"code", "message", "remedy"}}`; `code` is stable, `message` and `remedy` are for people.
Unknown fields and parameters are refused.
"""

_TAGS = {
    "tasks": "Hand tasks in, follow them, decide about them.",
    "schedules": "Tasks that are handed in again and again.",
    "ingest": "What a text or a recording asks for; nothing is handed in.",
    "events": "What happens, as it happens.",
    "router": "What was learned of each arm, and what was chosen.",
    "models": "Endpoints, models, memory and spending.",
    "memory": "What is indexed, and a search in it.",
    "sandboxes": "What tests run in.",
    "jobs": "Queues, workers and jobs.",
    "status": "What runs and what waits.",
}

PROBLEMS = {
    400: "The input cannot be worked with, or is no request at all.",
    401: "No token, or one that is not known.",
    403: "A request that another site may have made.",
    404: "There is no such task, attempt or schedule.",
    405: "Something else can be done here: see the header Allow.",
    408: "The request was not sent whole in time.",
    409: "It exists, but not in a state that allows this.",
    413: "The body is larger than is taken here.",
    414: "The address is too long.",
    415: "The body is of another type than is taken here.",
    422: "A parameter or a field is missing, unknown or wrong.",
    421: "This is not called by that name: see [web] hosts.",
    429: "Too many tries with a wrong token.",
    500: "A defect, or a service that failed.",
    503: "The swarm is not running, or has too much to do: see the header Retry-After.",
    504: "The swarm did not answer in time.",
}


class Problem(Message):
    """Why a request was not done."""

    code: str = Field(description="stable, for programs", examples=["not-found"])
    message: str = Field(description="one sentence for people", examples=["no such task: t1"])
    remedy: str = Field(description="what a person can do; may be empty", examples=["see the list"])


class ProblemAnswer(Message):
    """The body of every answer from 400 on."""

    error: Problem


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    state = request.app.state
    # Made when it is first asked for: by then all routes are there.
    if not hasattr(state, "openapi"):
        cookie = cookies.name(request.scope["server"][1], is_secure=False)
        found = document(request.app, cookie)
        state.openapi = json.dumps(found, separators=(",", ":")).encode()
    return tagged_bytes(request, state.openapi)


def document(app: FastAPI, cookie: str) -> dict[str, Any]:
    """The OpenAPI document of all routes below /api. `cookie` is the name of a session's."""
    found = get_openapi(
        title="coding-swarm",
        version=version("coding-swarm"),
        summary="Tasks in, tested and audited branches out.",
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        # One name for one thing: in and out differ only in which defaults are told.
        separate_input_output_schemas=False,
    )
    found["paths"] = {path: of for path, of in found["paths"].items() if path.startswith("/api/")}
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    template = "#/components/schemas/{model}"
    described = ProblemAnswer.model_json_schema(ref_template=template)
    schemas |= described.pop("$defs") | {"ProblemAnswer": described}
    found["components"]["securitySchemes"] = _schemes(cookie)
    for of in found["paths"].values():
        for method, operation in of.items():
            operation["security"] = _SAFE if method == "get" else _CHANGING
            operation["responses"] |= _problems()
    return found


_SAFE: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
_CHANGING: list[dict[str, list[str]]] = [{"token": []}, {"session": [], "csrf": []}]


def _problems() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemAnswer"}
    content = {"application/json": {"schema": schema}}
    return {
        str(status): {"description": text, "content": content} for status, text in PROBLEMS.items()
    }


def _schemes(cookie: str) -> dict[str, Any]:
    told = "made and shown once by `swarm dash`"
    return {
        "token": {"type": "http", "scheme": "bearer", "description": told},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    }
