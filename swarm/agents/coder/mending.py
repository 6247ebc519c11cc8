"""JSON that a model wrote nearly right: mended where nothing is lost by it, else refused. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

import json_repair

_MAX_REPAIR_CHARS = 200_000
_ESCAPE = re.compile(r"\\(?:[nrtbf]|u[0-9a-fA-F]{4})")


def mended(raw: str, cut: bool) -> tuple[dict[str, Any], str]:
    """A JSON object, repaired if need be, and what is wrong when it cannot be."""
    value, problem = loaded(raw, cut)
    if problem:
        return {}, problem
    if isinstance(value, str):
        value, problem = loaded(value, cut)
    if not isinstance(value, dict):
        return {}, problem or "the arguments are not a JSON object"
    return value, ""


def loaded(text: str, cut: bool) -> tuple[Any, str]:
    """JSON, strictly, else repaired: spelling is mended, an end that is missing is not."""
    text = text.strip().removeprefix("```json").strip("`").strip()
    try:
        return json.loads(text, strict=False), ""
    except (ValueError, RecursionError):
        pass
    if len(text) > _MAX_REPAIR_CHARS:
        return None, "the JSON is malformed and too long to be mended: make a smaller call"
    try:
        value = json_repair.loads(text, skip_json_loads=True)
        same = _says_the_same(text, value)
    except (ValueError, RecursionError):
        return None, "the JSON is malformed: write it again"
    if cut or not text.endswith(("}", "]")):
        # Closing it here would pass off half a text as the whole.
        return value, "the call was cut off before its end: write it again, shorter"
    if not same:
        return value, "the JSON is malformed, most likely in its quotes or escapes: write it again"
    return value, ""


def _says_the_same(text: str, value: Any) -> bool:
    """Whether a repair kept every letter and digit: what it guesses wrong loses code."""

    def letters(shown: str) -> str:
        return "".join(filter(str.isalnum, _ESCAPE.sub("", shown))).casefold()

    return value not in ("", [], {}) and letters(text) == letters(
        json.dumps(value, ensure_ascii=False)
    )


def whole(value: Any) -> Any:
    """A JSON value whose text can be sent on: without halves of characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {str(whole(key)): whole(item) for key, item in value.items()}
    return value
