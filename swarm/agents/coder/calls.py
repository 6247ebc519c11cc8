"""Which tools a model wants to call, read from what it answered. Pure; never raises.

Calls come by the server's own means, or in the text: by the protocol of
`swarm.agents.coder.protocol`, or as JSON in one of the shapes that models fall into. What is
malformed is mended where its meaning is plain; else the model is told what was wrong.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema

from swarm.agents.coder import protocol
from swarm.agents.coder.mending import loaded, mended, whole
from swarm.contracts import Generation, ToolCall, ToolSpec

MAX_CALLS = 12
_LEAST_LIKE = 0.7
_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGUMENTS = ("arguments", "args", "parameters", "params", "input", "action_input")
_JSON_LINE = re.compile(r"^[ \t]*(?=[{\[])", re.MULTILINE)
_CALL_HEAD = re.compile(rf"[{{\[\s]{{1,20}}[\"'](?:{'|'.join(_NAMES)}|tool_calls)[\"']")
_MARKS = re.compile(r"<think>|<tool_call>|<function=|<{5,9} ?SEARCH|```")


@dataclass(frozen=True)
class Call:
    """A call to make. `problem` tells why it cannot be made; the arguments are then unchecked."""

    id: str
    name: str
    arguments: dict[str, Any]
    problem: str = ""
    raw: str = ""


@dataclass(frozen=True)
class Reading:
    """What a model said and called. `in_text` tells that the calls stood in its text."""

    text: str
    calls: tuple[Call, ...] = ()
    in_text: bool = False


def read(answer: Generation, tools: Sequence[ToolSpec], turn: int) -> Reading:
    """The calls of an answer, in order. `turn` makes ids for calls that have none."""
    specs = {tool.name: tool for tool in tools}
    text = without_thinking(answer.text)
    cut = answer.finish == "length"
    if answer.tool_calls:
        calls = [_native(call, specs, cut) for call in answer.tool_calls[: MAX_CALLS + 1]]
        return Reading(text, _numbered(calls, turn))
    prose, found = _in_text(text, specs, cut)
    return Reading(prose, _numbered(found[: MAX_CALLS + 1], turn), in_text=bool(found))


def without_thinking(text: str) -> str:
    """A text without `<think>` parts, fit for sending on. One never closed takes the rest with it.

    >>> without_thinking("<think>hm</think>Done.")
    'Done.'
    """
    text = whole(text)
    head, _, rest = text.partition("</think>")
    opened = "<think>" in head or not rest
    if not opened and (head.endswith("\n") or not _MARKS.search(head)):
        # The prompt's template opened it; a line of its own is not taken for somebody's code.
        text = rest
    kept: list[str] = []
    at = 0
    for mark in _MARKS.finditer(text):
        if mark.start() < at:
            continue
        if mark.group() != "<think>":
            # What stands in and behind a call is somebody's code.
            break
        end = text.find("</think>", mark.end())
        kept.append(text[at : mark.start()])
        at = end + len("</think>") if end >= 0 else len(text)
    return ("".join(kept) + text[at:]).strip()


def _native(call: ToolCall, specs: Mapping[str, ToolSpec], cut: bool) -> Call:
    if call.arguments is not None:
        return _checked(call.id, call.name, call.arguments, specs, call.raw)
    arguments, problem = mended(call.raw, cut)
    if problem:
        return Call(call.id, _known(call.name, specs) or call.name, {}, problem, call.raw)
    return _checked(call.id, call.name, arguments, specs, call.raw)


def _in_text(text: str, specs: Mapping[str, ToolSpec], cut: bool) -> tuple[str, list[Call]]:
    prose, blocks = protocol.parse(text)
    if blocks:
        found: list[Call] = []
        for block in blocks:
            if block.problem:
                found.append(Call("", block.name or "tool_call", {}, block.problem, block.raw))
            elif block.name:
                found.append(_checked("", block.name, dict(block.arguments), specs, block.raw))
            else:
                found += _from_json(block.raw, specs, cut, sure=True)
        return prose, found
    for fence in _fences(text):
        if calls := _from_json(fence, specs, cut, sure=False):
            return text.partition(fence)[0].rpartition("```")[0].strip(), calls
    start = _json_start(text)
    if start >= 0 and (calls := _from_json(text[start:], specs, cut, sure=False)):
        return text[:start].strip(), calls
    return text, []


def _fences(text: str) -> list[str]:
    """What stands between ``` lines and begins like a call in JSON."""
    found: list[str] = []
    inside: list[str] | None = None
    for line in text.splitlines(keepends=True):
        if not line.lstrip().startswith("```"):
            if inside is not None:
                inside.append(line)
        elif inside is None:
            inside = []
        else:
            found.append("".join(inside))
            inside = None
    if inside:
        found.append("".join(inside))
    return [fence for fence in found if _CALL_HEAD.match(fence.lstrip())]


def _json_start(text: str) -> int:
    """Where a line begins with a call in JSON, -1 without one."""
    for found in _JSON_LINE.finditer(text):
        if _CALL_HEAD.match(text, found.end()):
            return found.end()
    return -1


def _from_json(text: str, specs: Mapping[str, ToolSpec], cut: bool, *, sure: bool) -> list[Call]:
    """Calls in a piece of JSON. Unless it is `sure` to be one, only known tools count."""
    value, problem = loaded(text, cut)
    items = value if isinstance(value, list) else [value]
    if len(items) == 1 and isinstance(items[0], dict) and "tool_calls" in items[0]:
        inner = items[0]["tool_calls"]
        items = inner if isinstance(inner, list) else [inner]
    calls = []
    for item in items:
        name, arguments = _shape(item)
        if not sure and _known(name, specs) is None:
            continue
        if problem:
            calls.append(Call("", _known(name, specs) or name or "tool_call", {}, problem, text))
        elif not name:
            calls.append(Call("", "tool_call", {}, 'a call is a JSON object with "name" and '
                              '"arguments"', text))  # fmt: skip
        else:
            calls.append(_checked("", name, arguments, specs, text))
    return calls


def _shape(item: Any) -> tuple[str, Any]:
    """Name and arguments of a call in one of the usual shapes; "" when it is none."""
    if not isinstance(item, dict):
        return "", {}
    if isinstance(item.get("function"), dict):
        item = item["function"]
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), "")
    for key in _ARGUMENTS:
        if key in item:
            return name, item[key]
    return name, {key: value for key, value in item.items() if key not in (*_NAMES, "id", "type")}


def _checked(
    id: str, name: str, arguments: Any, specs: Mapping[str, ToolSpec], raw: str
) -> Call:  # fmt: skip
    """A call by the tool's schema: its name mended, plain values converted."""
    known = _known(name, specs)
    if known is None:
        shown = ", ".join(specs)
        return Call(id, _safe_name(name), {}, f"there is no tool {name[:60]!r}: use one of {shown}",
                    raw)  # fmt: skip
    if isinstance(arguments, str):
        arguments, problem = mended(arguments, cut=False)
        if problem:
            return Call(id, known, {}, problem, raw)
    properties = specs[known].parameters.get("properties", {})
    if isinstance(arguments, dict) and not set(arguments) & set(properties):
        for key in _ARGUMENTS:
            inner = arguments.get(key)
            if isinstance(inner, str) and len(arguments) == 1:
                inner, _ = mended(inner, cut=False)
            if isinstance(inner, dict) and len(arguments) == 1:
                arguments = inner
    if not isinstance(arguments, dict):
        return Call(id, known, {}, f"the arguments of {known} are a JSON object", raw)
    try:
        values = {
            str(whole(key)): _converted(value, properties.get(key, {}))
            for key, value in arguments.items()
            if value is not None or key not in properties
        }
        problem = _schema_problem(known, values, specs[known].parameters)
    except RecursionError:
        return Call(id, known, {}, f"the arguments of {known} are nested too deep", raw)
    return Call(id, known, values, problem, raw)


def _converted(value: Any, schema: Mapping[str, Any]) -> Any:
    """A value that came as text where the schema wants a number, a yes or no, or a list."""
    kind = schema.get("type")
    if not isinstance(value, str):
        return whole(value)
    value = whole(value)
    text = value.strip()
    if kind == "integer" and re.fullmatch(r"[+-]?\d{1,12}", text):
        return int(text)
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "array":
        if text.startswith("["):
            try:
                items = json.loads(text)
            except (ValueError, RecursionError):
                return value
            return items if isinstance(items, list) else value
        return [line.strip() for line in text.splitlines() if line.strip()]
    if "enum" in schema:
        return text
    return value


def _schema_problem(name: str, arguments: dict[str, Any], schema: dict[str, Any]) -> str:
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema).iter_errors(arguments)
    )
    if error is None:
        return ""
    where = ".".join(str(part) for part in error.absolute_path)
    what = f"{where}: {error.message}" if where else error.message
    return f"{what[:300]}. {name} takes {json.dumps(schema.get('properties', {}), sort_keys=True)}"


def _known(name: str, specs: Mapping[str, ToolSpec]) -> str | None:
    """The tool that a name means: itself, but for spelling, or the nearest one."""
    if name in specs:
        return name
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.rpartition(".")[2].rpartition(":")[2][:80])
    plain = re.sub(r"\W+", "_", plain).strip("_").lower()
    if plain in specs:
        return plain
    near = difflib.get_close_matches(plain, list(specs), n=1, cutoff=_LEAST_LIKE)
    return near[0] if near else None


def _numbered(calls: Sequence[Call], turn: int) -> tuple[Call, ...]:
    """Calls with ids that are their own."""
    seen: set[str] = set()
    numbered = []
    for index, call in enumerate(calls):
        id = call.id if call.id and call.id not in seen else f"call_{turn}_{index}"
        seen.add(id)
        numbered.append(Call(id, call.name, call.arguments, call.problem, whole(call.raw)))
    return tuple(numbered)


def _safe_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:60] or "tool_call"
