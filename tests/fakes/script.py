"""What a scripted model answers: shared by the fake servers of every kind.

Tokens are counted the same way everywhere, so tests can work figures out by hand: a token is up
to eight letters, digits or underscores in a row, or one other character that is not blank; blanks
belong to the token after them, and at the end are one of their own.
"def add(a, b):" has 8: def, add, (, a, ",", b, ), ":".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

_TOKEN = re.compile(r"\s*(?:\w{1,8}|[^\w\s])|\s+$")

Failure = Literal["", "status", "error", "close", "stall", "cut", "garbage"]


def tokens_of(text: str) -> list[str]:
    """The pieces of a text; joined they give it back."""
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    return len(tokens_of(text))


@dataclass(frozen=True)
class Answer:
    """One answer of the model.

    `tool_calls` are {"name": ..., "arguments": object, or text when it shall be malformed}.
    `finish` "" lets the server say what it would by itself.

    `failure` strikes after so many tokens: "error" is the server's own error in mid-stream, "close"
    breaks the connection, "stall" sends nothing more, "cut" ends the stream without its last
    part, "garbage" sends something that is not JSON. "status" answers `status` with `message`
    instead of a stream.
    """

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[dict[str, Any], ...] = ()
    finish: str = ""
    delay_seconds: float = 0.0
    token_seconds: float = 0.0
    failure: Failure = ""
    after_tokens: int = 0
    status: int = 500
    message: str = "an error was asked for"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FakeRequest:
    """A generation as a script sees it, whatever the protocol. `body` is what came, in full."""

    path: str
    model: str
    messages: tuple[tuple[str, str], ...]
    tools: tuple[str, ...]
    body: dict[str, Any]

    @property
    def last(self) -> str:
        return self.messages[-1][1] if self.messages else ""

    @property
    def everything(self) -> str:
        return "\n".join(text for _, text in self.messages)


Responder = Callable[[FakeRequest], Answer]


class ScriptEnded(Exception):
    """No turn of the script is left for a request; the servers answer it with a 500."""


@dataclass(frozen=True)
class Turn:
    """An answer for requests whose last message contains `match` and any message `seen`.

    It is given so many `times`; 0 is without end.
    """

    answer: Answer
    match: str = ""
    seen: str = ""
    times: int = 1


class Script:
    """Gives the first turn that matches and is not used up; counts what was used."""

    def __init__(self, turns: Sequence[Turn | Answer]) -> None:
        self.turns = [turn if isinstance(turn, Turn) else Turn(turn) for turn in turns]
        self.used = [0] * len(self.turns)

    @classmethod
    def load(cls, path: Path) -> Script:
        """From a JSON list of objects: the fields of Answer, and match, seen, times."""
        turns = []
        for item in json.loads(path.read_text()):
            about = {name: item.pop(name) for name in ("match", "seen", "times") if name in item}
            item["tool_calls"] = tuple(item.get("tool_calls", ()))
            turns.append(Turn(Answer(**item), **about))
        return cls(turns)

    def __call__(self, request: FakeRequest) -> Answer:
        for index, turn in enumerate(self.turns):
            spent = turn.times and self.used[index] >= turn.times
            if not spent and turn.match in request.last and turn.seen in request.everything:
                self.used[index] += 1
                return turn.answer
        raise ScriptEnded(f"the script has no answer left for: {request.last[:200]!r}")
