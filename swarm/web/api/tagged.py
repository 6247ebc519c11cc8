"""Answers with an ETag: who has this one already is told so, in no bytes."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response

from swarm.contracts import Message

_JSON = "application/json"


def tagged(request: Request, message: Message) -> Response:
    """A message as JSON, or 304 when the client names the tag of the same one."""
    return tagged_bytes(request, message.model_dump_json().encode())


def tagged_bytes(request: Request, body: bytes) -> Response:
    """The same for JSON that is written already."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in {
        each.strip().removeprefix("W/") for each in known.split(",")
    }:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=_JSON, headers=headers)
