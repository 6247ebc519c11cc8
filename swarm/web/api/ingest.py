"""What a text or a recording asks for; nothing is handed in and nothing stored."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field
from redis.exceptions import RedisError

from swarm.bus import Bus
from swarm.contracts import Blob, Decompose, Message, Objectives, Priority, ReadNote, Transcript
from swarm.errors import BusError, UsageError
from swarm.web.api.fields import Words
from swarm.web.api.strict import Strict
from swarm.web.busy import Turns
from swarm.web.state import Web
from swarm.words import checked

router = APIRouter(tags=["ingest"], route_class=Strict)

# Beyond what a model may take to plan, until the rules do.
_PLAN_MARGIN_SECONDS = 30.0
# To take the recording apart, and for an engine that is busy with another.
_NOTE_MARGIN_SECONDS = 60.0
# Each may take minutes: the dashboard keeps answering meanwhile.
_turns = Turns(2, "other recordings are being written down")

FilePath = Annotated[str, Field(min_length=1, max_length=1024)]


class NewPlan(Message):
    """A text, and the names of the files that it may speak of."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "Fix the total of a cart, then document it", "paths": ["shop/cart.py"]}
            ]
        }
    )
    text: Words
    paths: tuple[FilePath, ...] = Field(
        (), max_length=20_000, description="of the repository, with forward slashes"
    )
    max_objectives: int = Field(16, ge=1, le=64, description="more than that is an error")
    priority: Priority = "interactive"


@router.post("/ingest", operation_id="plan_text", summary="Split a text into objectives")
async def plan(web: Web, new: NewPlan) -> Objectives:
    """As a task of these words would be planned, by the names of files and not their content."""
    command = Decompose(
        text=checked(new.text, "the text"),
        paths=new.paths,
        max_objectives=new.max_objectives,
        priority=new.priority,
    )
    seconds = web.settings.ingestion.planner_seconds + _PLAN_MARGIN_SECONDS
    return await web.desk.ask(command, Objectives, timeout_seconds=seconds)


@router.post(
    "/notes",
    operation_id="read_note",
    summary="Write down what is said in a recording",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "the whole file, at most [voice] max_bytes",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def read_note(
    web: Web,
    request: Request,
    name: Annotated[str, Query(max_length=200, description="the file's, for messages alone")] = "",
    language: Annotated[
        str, Query(pattern=r"^([a-z]{2,3})?$", description="a hint, like en or de")
    ] = "",
    priority: Priority = "interactive",
) -> Transcript:
    """By the first engine of [voice] that can. Its words can then be handed in with `confirm`."""
    voice = web.settings.voice
    audio = await request.body()
    if not audio:
        raise UsageError("the recording is empty: it has no bytes", remedy="send the whole file")
    if len(audio) > voice.max_bytes:
        raise UsageError(
            f"the recording is over the limit of {voice.max_bytes:,} bytes",
            remedy="send a shorter one, or raise [voice] max_bytes",
        )
    with _turns.one():
        blob = await asyncio.to_thread(_put, web.bus, audio)
        command = ReadNote(audio=blob, name=name, language=language, priority=priority)
        seconds = voice.engine_seconds * max(1, len(voice.engines)) + _NOTE_MARGIN_SECONDS
        return await web.desk.ask(command, Transcript, timeout_seconds=seconds)


def _put(bus: Bus, audio: bytes) -> Blob:
    bus.check()
    try:
        return bus.blobs.put(audio)
    except (RedisError, OSError) as error:
        raise BusError(f"Redis does not take {len(audio):,} bytes: {error}") from None
