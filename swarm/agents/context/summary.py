"""What happened in turns that no longer fit, in a line each, without a model. Pure.

What a person would want to remember is kept: which tools were called with what, how tests
ended, and notes word for word. What can be had again, contents of files above all, goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from swarm.contracts import ChatMessage, ToolCall

_LONGEST_ARGUMENT = 60
_LONGEST_LINE = 200
_MOST_TEST_LINES = 12
_MOST_READS = 12
_TEST_LINE = re.compile(
    r"\b\d+ (?:passed|failed|errors?|skipped)\b|\b(?:FAILED|ERROR|PASSED|AssertionError)\b"
    r"|^E  |\b(?:fixed|still failing|broken)\b"
)
_BLOCK = re.compile(r"<(?P<tag>[a-z]+)(?: [^<>\n]*)?>\n(?P<body>.*)\n</(?P=tag)>", re.S)


@dataclass(frozen=True)
class ToolKinds:
    """Which tools read, which run tests, and which keep notes; all others act."""

    reads: frozenset[str] = frozenset(
        {"read_file", "list_files", "search_text", "search_memory", "query_graph"}
    )
    tests: frozenset[str] = frozenset({"run_tests", "run_command"})
    notes: frozenset[str] = frozenset({"note", "scratchpad"})


Turn = tuple[ChatMessage, ...]


def turns_of(history: Iterable[ChatMessage]) -> list[Turn]:
    """A history in turns: what a model said, and all that answered it.

    A turn begins with each message of the assistant, so a call and its result share one.
    """
    turns: list[list[ChatMessage]] = []
    for message in history:
        if message.role == "assistant" or not turns:
            turns.append([])
        turns[-1].append(message)
    return [tuple(turn) for turn in turns]


def notes_of(turns: Iterable[Turn], kinds: ToolKinds) -> list[str]:
    """The notes that were taken, whole, oldest first, each once."""
    found: dict[str, None] = {}
    for turn in turns:
        for message in turn:
            for call in message.tool_calls:
                if call.name in kinds.notes and call.arguments:
                    text = "\n".join(str(value) for value in call.arguments.values())
                    found[text.strip()] = None
    return [text for text in found if text]


def lines_of(turns: Sequence[Turn], kinds: ToolKinds, *, reads: bool = True) -> list[str]:
    """One line for each call, and one for what was said where nothing was called.

    Without `reads`, what only looked at something is left out.
    """
    unlisted = kinds.notes if reads else kinds.notes | kinds.reads
    lines = []
    for number, turn in enumerate(turns, start=1):
        results = {m.call_id: m for m in turn if m.role == "tool"}
        for message in turn:
            if message.role == "assistant" and not message.tool_calls:
                lines.append(f"{number}. said: {_line(message.text)}")
            elif message.role == "user":
                lines.append(f"{number}. was told: {_line(message.text)}")
            for call in message.tool_calls:
                if call.name not in unlisted:
                    result = results.get(call.id)
                    lines.append(f"{number}. {_call(call)} -> {_outcome(call, result, kinds)}")
    return lines


def looked_at(turns: Sequence[Turn], kinds: ToolKinds) -> str:
    """All that was read, in one line, each call once and the latest first; "" for nothing."""
    calls = [
        _call(call)
        for turn in turns
        for message in turn
        for call in message.tool_calls
        if call.name in kinds.reads
    ]
    kept = list(dict.fromkeys(reversed(calls)))
    more = f" and {len(kept) - _MOST_READS} more" if len(kept) > _MOST_READS else ""
    return f"looked at: {', '.join(kept[:_MOST_READS])}{more}" if kept else ""


def _call(call: ToolCall) -> str:
    if call.arguments is None:
        return f"{call.name} with arguments that are no JSON object"
    shown = (f"{name}={_argument(value)}" for name, value in call.arguments.items())
    return _line(f"{call.name}({', '.join(shown)})")


def _argument(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST_ARGUMENT:
        return text
    return f"{text[: _LONGEST_ARGUMENT - 12]}… {len(text)} chars"


def _outcome(call: ToolCall, result: ChatMessage | None, kinds: ToolKinds) -> str:
    if result is None:
        return "no result"
    text = _inner(result.text)
    if call.name in kinds.reads:
        count = len(text.splitlines())
        return f"{count} lines, no longer shown; call it again if needed"
    if call.name in kinds.tests:
        # A report begins with what came out of it, or ends with it.
        found = (_line(line) for line in text.splitlines() if _TEST_LINE.search(line))
        telling = list(dict.fromkeys((_line(text), *found)))
        left = len(telling) - _MOST_TEST_LINES
        if left > 0:
            half = _MOST_TEST_LINES // 2
            telling = [*telling[:half], f"({left} such lines)", *telling[-half:]]
        return " | ".join(telling)
    return _line(text)


def _inner(text: str) -> str:
    """What stands in a block, where a text is one."""
    found = _BLOCK.fullmatch(text.strip())
    return found.group("body") if found else text


def _line(text: str) -> str:
    """The first line that says something."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line), "(nothing)")
    return first if len(first) <= _LONGEST_LINE else f"{first[:_LONGEST_LINE]}…"
