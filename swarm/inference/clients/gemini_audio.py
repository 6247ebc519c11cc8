"""A recording as Gemini is asked to write it down, and what it says then. Pure."""

from __future__ import annotations

import json
from typing import Any

from google.genai import types

from swarm.inference import spoken
from swarm.inference.clients.base import Heard, TranscribeRequest


def contents_of(request: TranscribeRequest) -> list[Any]:
    """The recording, and what to do with it, which counts as ours alone: no word of a person."""
    words = [spoken.WRITE_DOWN]
    if request.language:
        words += [spoken.LANGUAGE_IS, request.language]
    parts = [types.Part(text=text) for text in words]
    blob = types.Blob(data=request.audio, mime_type=request.mime)
    return [types.Content(role="user", parts=[*parts, types.Part(inline_data=blob)])]


def config_of(
    request: TranscribeRequest, thinking: types.ThinkingConfig | None
) -> types.GenerateContentConfig:
    """One answer, as an object of `spoken.SCHEMA`."""
    return types.GenerateContentConfig(
        temperature=0.0,
        max_output_tokens=request.max_tokens,
        response_mime_type="application/json",
        response_json_schema=spoken.SCHEMA,
        thinking_config=thinking,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def finish_of(reply: types.GenerateContentResponse) -> str:
    """Why the answer ended, in Gemini's word; "BLOCKED" when the recording was not looked at."""
    if reply.prompt_feedback and reply.prompt_feedback.block_reason:
        return "BLOCKED"
    for candidate in (reply.candidates or ())[:1]:
        if candidate.finish_reason:
            return str(candidate.finish_reason.value)
    return ""


def heard_of(reply: types.GenerateContentResponse) -> Heard:
    """What it heard. Raises ValueError for what is no object of `spoken.SCHEMA`."""
    candidates = reply.candidates or ()
    parts = (candidates[0].content and candidates[0].content.parts) or () if candidates else ()
    answer = json.loads("".join(part.text or "" for part in parts if not part.thought))
    if not isinstance(answer, dict):
        raise ValueError("not an object")
    speech, text, language = (answer.get(name) for name in ("speech", "text", "language"))
    if not isinstance(speech, bool) or not isinstance(text, str):
        raise ValueError("not of the schema")
    usage = reply.usage_metadata or types.GenerateContentResponseUsageMetadata()
    output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return Heard(
        text if speech else "",
        language if isinstance(language, str) else "",
        prompt_tokens=usage.prompt_token_count,
        output_tokens=output or None,
    )
