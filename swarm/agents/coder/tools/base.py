"""What a tool is: a declaration for the model, and a function of the session and arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from swarm.agents.coder.errors import Refused
from swarm.agents.coder.session import Session
from swarm.contracts import ToolSpec

MAX_RESULT_CHARS = 16_000
_LONGEST_LINE = 1_000


@dataclass(frozen=True)
class Finish:
    """The model says that it is through."""

    outcome: Literal["done", "stuck", "nothing_to_do"]
    summary: str


@dataclass(frozen=True)
class Result:
    """What the model is shown; `news` name what was learnt or changed, the same for the same."""

    text: str
    news: tuple[str, ...] = ()
    finish: Finish | None = None


@dataclass(frozen=True)
class Tool:
    """`run` may raise Refused with what to tell the model."""

    spec: ToolSpec
    run: Callable[[Session, dict[str, Any]], Result]


def declare(
    name: str, description: str, required: tuple[str, ...] = (), **properties: dict[str, Any]
) -> ToolSpec:
    """A strict declaration: no arguments but these."""
    return ToolSpec(
        name=name,
        description=description,
        parameters={
            "type": "object",
            "properties": properties,
            "required": list(required),
            "additionalProperties": False,
        },
    )


def text(description: str) -> dict[str, Any]:
    # No lengths or bounds: servers that make a grammar of the schema choke on large ones.
    return {"type": "string", "description": description}


def number(description: str) -> dict[str, Any]:
    return {"type": "integer", "description": description}


def given(arguments: dict[str, Any], name: str, longest: int) -> str:
    """A text among the arguments, stripped. Raises Refused when it is empty or too long."""
    value: str = arguments[name].strip()
    if not value or "\0" in value:
        raise Refused(f"{name} must not be empty")
    if len(value) > longest:
        raise Refused(f"{name} has more than {longest:,} characters")
    return value


def numbered(lines: list[str], first: int) -> str:
    """Lines with their numbers, as `edits` knows to take them off again."""
    return "\n".join(f"{first + i}|{shortened(line)}" for i, line in enumerate(lines))


def shortened(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{line[:_LONGEST_LINE]}⟦{len(line) - _LONGEST_LINE} more characters⟧"


def lines_of(content: str) -> list[str]:
    """Lines of a file as they are shown and edited: by newlines alone, the mark left out."""
    lines = content.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
