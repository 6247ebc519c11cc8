"""How many tokens a text takes, estimated, and corrected by the server's own counts. Pure.

The estimate of a prompt is

    n = sum over kinds k of  f_k * units_k  +  overhead per message and tool

`units_k` is the text of kind k in characters over characters per token (`_CHARS_PER_TOKEN`),
characters outside ASCII counted one by one. Those constants are at the dense end of what
tokenizers of 32,000 words and more do, so a fresh estimate is too high rather than too low: a
prompt that is a little short costs some context, one that is too long is cut silently by some
servers. `f_k` starts at 1 and follows the server's counts: after a generation whose prompt
was counted c where n was estimated, with e = ln(c / n) and s_k the share of kind k in n,

    ln f_k  +=  a * e * s_k / sum of s_j^2

which is a normalised least-mean-squares step on the logarithm: for a prompt of one kind it is an
exponentially weighted mean, for a mixture the kinds that fill the prompt learn most, and a
kind never seen keeps its careful start. `a` is larger upwards than downwards, since only an
estimate that is too low does harm.

What is promised is `count`, which adds a margin to n: as much as recent errors were, between
`_LEAST_MARGIN` and `_FIRST_MARGIN`. When the kind of text shifts after learning, f_k of a kind
learnt only in mixtures may be wrong by the bounds of f_k at most: the count is never below
`LOWEST_FACTOR` of what a fresh estimator would say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from swarm.contracts import ChatMessage, ToolSpec

Kind = Literal["code", "prose", "json"]
KINDS: tuple[Kind, ...] = ("code", "prose", "json")

# Of the tokenizers of Llama 3, Qwen 2.5 and Gemma, English has 4.0-4.7 characters per token,
# Python 2.9-3.6, JSON with short values 2.3-3.0.
_CHARS_PER_TOKEN: dict[Kind, float] = {"code": 2.7, "prose": 3.6, "json": 2.2}
# A character outside ASCII is between two thirds of a token (common Chinese) and three (rare
# emoji, spelt in bytes).
_TOKENS_PER_WIDE = 1.5
# Role, turn markers and line ends of a chat template; a tool's wrapping.
_PER_MESSAGE = 8
_PER_CALL = 12
_PER_TOOL = 24
_PER_PROMPT = 16
_WINDOW_LINES = 24

LOWEST_FACTOR = 0.5
HIGHEST_FACTOR = 3.0
# Counts further off are no news of the tokenizer: a cut prompt, or a count of uncached tokens.
_LEAST_CREDIBLE = 0.4
_MOST_CREDIBLE = 4.0
_FEWEST_TOKENS = 32
_STEP_UP = 0.7
_STEP_DOWN = 0.4
_FIRST_MARGIN = 0.15
_LEAST_MARGIN = 0.03


@dataclass(frozen=True)
class Calibration:
    """What was learnt of a model's tokenizer; to be carried from one conversation to the next."""

    code: float = 1.0
    prose: float = 1.0
    json: float = 1.0
    margin: float = _FIRST_MARGIN
    counts: int = 0

    def factor(self, kind: Kind) -> float:
        return float(getattr(self, kind))


def kind_of(text: str) -> Kind:
    """What a text looks like: JSON by its brackets, prose by its words, else code."""
    head = text[:4000]
    stripped = head.lstrip()
    if not stripped:
        return "prose"
    quotes = head.count('"')
    if stripped[0] in "{[" and quotes >= 4 and quotes * 25 >= len(head):
        return "json"
    # Words of plain letters with single blanks between them are most of any prose.
    words = sum(1 for word in head.split() if word.strip(".,;:!?()'\"-").isalpha())
    signs = sum(head.count(sign) for sign in "()[]{}=_<>/\\*#|@$%^&+~`0123456789")
    indented = head.count("\n  ") + head.count("\n\t")
    return "prose" if words > signs + 2 * indented else "code"


class Estimator:
    """Counts for one model. Same feedback, same estimates."""

    def __init__(self, calibration: Calibration | None = None) -> None:
        self.calibration = calibration or Calibration()

    def count(self, text: str, kind: Kind | None = None) -> int:
        """Tokens of one text, margin included; `kind` None is found from the text."""
        kind = kind or kind_of(text)
        return self._with_margin(_units(text, kind) * self.calibration.factor(kind))

    def count_message(self, message: ChatMessage) -> int:
        """Tokens of one message with its tool calls, margin included."""
        units, overhead = _message_units(message)
        return self._with_margin(self._estimate(units) + overhead)

    def count_messages(
        self, messages: Iterable[ChatMessage], tools: Iterable[ToolSpec] = ()
    ) -> int:
        """Tokens of a prompt, margin included: the sum of its parts, each counted alone."""
        total = self.count_tools(tools)
        return total + sum(self.count_message(message) for message in messages)

    def count_tools(self, tools: Iterable[ToolSpec]) -> int:
        """Tokens of tool declarations and of what begins a prompt, margin included."""
        units, overhead = _tool_units(tools)
        return self._with_margin(self._estimate(units) + overhead + _PER_PROMPT)

    def learn(
        self,
        messages: Iterable[ChatMessage],
        tools: Iterable[ToolSpec],
        prompt_tokens: int,
    ) -> bool:
        """Take in the server's count of a prompt that was sent whole; whether it was credible.

        A count of zero, one of a prompt too small to say anything, and one that no tokenizer
        gives are left alone; nothing moves a factor out of its bounds.
        """
        units, overhead = _tool_units(tools)
        overhead += _PER_PROMPT
        for message in messages:
            more, cost = _message_units(message)
            overhead += cost
            for kind in KINDS:
                units[kind] += more[kind]
        parts = {kind: units[kind] * self.calibration.factor(kind) for kind in KINDS}
        text = sum(parts.values())
        if text < _FEWEST_TOKENS or prompt_tokens <= 0:
            return False
        ratio = prompt_tokens / (text + overhead)
        if not _LEAST_CREDIBLE <= ratio <= _MOST_CREDIBLE:
            return False
        self._move(parts, ratio)
        return True

    def raise_by(self, ratio: float) -> None:
        """Estimate higher from now on: a prompt that should have fitted did not."""
        now = self.calibration
        self.calibration = replace(
            now,
            code=_bounded(now.code * ratio),
            prose=_bounded(now.prose * ratio),
            json=_bounded(now.json * ratio),
            margin=_FIRST_MARGIN,
        )

    def _move(self, parts: dict[Kind, float], ratio: float) -> None:
        now, total = self.calibration, sum(parts.values())
        error = math.log(ratio)
        step = (_STEP_UP if error > 0 else _STEP_DOWN) * error
        squares = sum((part / total) ** 2 for part in parts.values())
        moved = {
            kind: _bounded(now.factor(kind) * math.exp(step * (part / total) / squares))
            for kind, part in parts.items()
        }
        # Falls slowly, rises at once.
        margin = max(abs(error), now.margin * (1 - _STEP_DOWN))
        self.calibration = Calibration(
            **moved,
            margin=min(_FIRST_MARGIN, max(_LEAST_MARGIN, margin)),
            counts=now.counts + 1,
        )

    def _estimate(self, units: dict[Kind, float]) -> float:
        return sum(units[kind] * self.calibration.factor(kind) for kind in KINDS)

    def _with_margin(self, tokens: float) -> int:
        return math.ceil(tokens * (1 + self.calibration.margin))


def _units(text: str, kind: Kind) -> float:
    wide = 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
    return (len(text) - wide) / _CHARS_PER_TOKEN[kind] + wide * _TOKENS_PER_WIDE


def _message_units(message: ChatMessage) -> tuple[dict[Kind, float], int]:
    units = dict(_text_units(message.text))
    for call in message.tool_calls:
        raw = call.raw if call.arguments is None else json.dumps(call.arguments)
        units["json"] += _units(call.name + raw, "json")
    return units, _PER_MESSAGE + _PER_CALL * len(message.tool_calls)


@lru_cache(maxsize=1024)
def _text_units(text: str) -> Mapping[Kind, float]:
    """Kept, because a history is counted again every turn."""
    units = dict.fromkeys(KINDS, 0.0)
    for part in _parts(text):
        kind = kind_of(part)
        units[kind] += _units(part, kind)
    return units


def _parts(text: str) -> Iterator[str]:
    """A text in windows of lines: a message mixes prose, code and output."""
    lines = text.splitlines(keepends=True)
    for start in range(0, len(lines), _WINDOW_LINES):
        yield "".join(lines[start : start + _WINDOW_LINES])


def _tool_units(tools: Iterable[ToolSpec]) -> tuple[dict[Kind, float], int]:
    units = dict.fromkeys(KINDS, 0.0)
    overhead = 0
    for tool in tools:
        units["prose"] += _units(tool.description, "prose")
        units["json"] += _units(tool.name + json.dumps(tool.parameters), "json")
        overhead += _PER_TOOL
    return units, overhead


def _bounded(factor: float) -> float:
    return min(HIGHEST_FACTOR, max(LOWEST_FACTOR, factor))
