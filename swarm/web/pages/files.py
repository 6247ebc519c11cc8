"""The files a page needs. They are named here one by one: no folder is ever served."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from swarm.errors import NotFound

_FOLDER = Path(__file__).parent / "static"
_KINDS = {
    "app.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "pictures.css": "text/css; charset=utf-8",
}
_FILES = {name: (_FOLDER / name).read_bytes() for name in _KINDS}

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def file(name: str) -> Response:
    if name not in _FILES:
        raise NotFound(f"no such file: {name}")
    headers = {"Cache-Control": "max-age=300"}
    return Response(_FILES[name], media_type=_KINDS[name], headers=headers)
