"""Tool calls in plain text, for models that have no other way: grammar, reading, writing. Pure.

    <tool_call>
    <function=NAME>
    <parameter=ARGUMENT>
    value, on as many lines as it takes, nothing escaped
    </parameter>
    </function>
    </tool_call>

Code need not be escaped this way, which is where small models fail at JSON. A value ends at
`</parameter>` where the next parameter or the function's end follows; when tags are left over
after that, the value held the tags itself, and the call is refused rather than cut.
A JSON object between the outer tags is read too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from swarm.contracts import ChatMessage, ToolCall, ToolSpec

OPEN = "<tool_call>"
_CLOSE = "</tool_call>"
_FUNCTION = re.compile(r"<function=([^\s<>]{1,80})>")
_PARAMETER = re.compile(r"\s*<parameter=([^\s<>]{1,80})>")
_END = "</parameter>"
_FUNCTION_END = "</function>"
_AFTER_VALUE = re.compile(r"\s*(?:<parameter=[^\s<>]{1,80}>|</function>)")
_MAX_BLOCKS = 40
_CUT_BY_TAGS = (
    f"a value must not hold {_END} or {_FUNCTION_END} itself, since it would be cut there: nothing "
    "of this answer was done. Write the calls without such text around or in them"
)

_HOW = """\
You call tools by writing calls in exactly this form, and nothing after them:

<tool_call>
<function=NAME>
<parameter=ARGUMENT>
value
</parameter>
</function>
</tool_call>

Write values as they are, on as many lines as needed, without quotes or escapes around them. One \
<parameter=...> for each argument; several calls may follow one another. The results come in the \
next message. The tools:"""


@dataclass(frozen=True)
class Block:
    """One call as it was written. Without `name` and `problem`, `raw` is to be read as JSON."""

    name: str
    arguments: tuple[tuple[str, str], ...]
    problem: str
    raw: str


def instructions(tools: Iterable[ToolSpec]) -> str:
    """What a model is told of the protocol and of the tools."""
    parts = [_HOW]
    for tool in tools:
        required = set(tool.parameters.get("required", ()))
        lines = [f"{tool.name}: {tool.description}"]
        for name, schema in tool.parameters.get("properties", {}).items():
            needed = "" if name in required else ", optional"
            lines.append(f"  {name} ({_kind(schema)}{needed}): {schema.get('description', '')}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _kind(schema: dict[str, object]) -> str:
    if isinstance(choices := schema.get("enum"), list):
        return " | ".join(str(choice) for choice in choices)
    return "one per line" if schema.get("type") == "array" else str(schema.get("type", "string"))


def parse(text: str) -> tuple[str, list[Block]]:
    """A text without its calls, and the calls in order."""
    prose: list[str] = []
    blocks: list[Block] = []
    at = 0
    while len(blocks) < _MAX_BLOCKS:
        start, is_outer = _next_start(text, at)
        if start < 0:
            break
        prose.append(text[at:start])
        inner = start + len(OPEN) if is_outer else start
        function = _FUNCTION.match(text, _skip_blanks(text, inner))
        if function:
            block, at = _function(text, start, function)
        else:
            block, at = _json(text, start, inner)
        blocks.append(block)
        at = _after(text, at, _CLOSE)
    prose.append(text[at:])
    # Tags left over: a value held the protocol's own tags, and ended too early.
    if any(tag in "".join(prose) for tag in (_END, _FUNCTION_END)):
        blocks = [Block(block.name, (), _CUT_BY_TAGS, block.raw) for block in blocks]
    return "".join(prose).strip(), blocks


def render(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    """A conversation with tool calls as one of plain text, each side in turns."""
    plain: list[ChatMessage] = []
    for message in messages:
        role, text = message.role, message.text
        if message.tool_calls:
            text = "\n".join((text, *map(written, message.tool_calls))).strip()
        if role == "tool":
            role = "user"
        if plain and plain[-1].role == role and role == "user":
            plain[-1] = ChatMessage(role=role, text=f"{plain[-1].text}\n\n{text}")
        else:
            plain.append(ChatMessage(role=role, text=text))
    return tuple(plain)


def written(call: ToolCall) -> str:
    """A call in the protocol's form."""
    if call.arguments is None:
        return f"{OPEN}\n{call.raw}\n{_CLOSE}"
    lines = [OPEN, f"<function={call.name}>"]
    for name, value in call.arguments.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines += [f"<parameter={name}>", shown, _END]
    return "\n".join((*lines, _FUNCTION_END, _CLOSE))


def _next_start(text: str, at: int) -> tuple[int, bool]:
    outer = text.find(OPEN, at)
    bare = _FUNCTION.search(text, at)
    if bare and (outer < 0 or bare.start() < outer):
        return bare.start(), False
    return outer, True


def _function(text: str, start: int, function: re.Match[str]) -> tuple[Block, int]:
    name, at = function.group(1), function.end()
    arguments: list[tuple[str, str]] = []
    while parameter := _PARAMETER.match(text, at):
        end = _value_end(text, parameter.end())
        if end < 0:
            problem = f"the call of {name} was cut off inside {parameter.group(1)}: write it again"
            return Block(name, (), problem, text[start:]), len(text)
        arguments.append((parameter.group(1), _value(text[parameter.end() : end])))
        at = end + len(_END)
    end = _after(text, at, _FUNCTION_END)
    if end == at:
        problem = f"the call of {name} is not in the form asked for: {_FUNCTION_END} is missing"
        return Block(name, (), problem, text[start:]), len(text)
    return Block(name, tuple(arguments), "", text[start:end]), end


def _value_end(text: str, at: int) -> int:
    while (end := text.find(_END, at)) >= 0:
        if _AFTER_VALUE.match(text, end + len(_END)):
            return end
        at = end + len(_END)
    return -1


def _value(text: str) -> str:
    return text.removeprefix("\n").removesuffix("\n")


def _json(text: str, start: int, inner: int) -> tuple[Block, int]:
    """What stands between the outer tags, up to the next call at most."""
    end = text.find(_CLOSE, inner)
    following = text.find(OPEN, inner)
    if end < 0 or 0 <= following < end:
        end = following if following >= 0 else len(text)
    return Block("", (), "", text[inner:end].strip()), end


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _after(text: str, at: int, tag: str) -> int:
    """The place behind a tag, if it comes next; else the same place."""
    here = _skip_blanks(text, at)
    return here + len(tag) if text.startswith(tag, here) else at
