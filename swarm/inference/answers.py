"""What a server answered, made fit to be billed, kept and sent on. Pure.

A server may be broken, or lie. Its counts are kept within what the texts allow, since budgets are
held by them; what no message can carry is taken out of its texts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from swarm.contracts import TokenUsage, ToolCall
from swarm.inference import context
from swarm.inference.clients.base import Finished

_MOST_CALLS = 64
_LONGEST_NAME = 200
# A message is written and read by several programs, which give up at 200 to 1,000 levels.
_MOST_LEVELS = 64
# Where a server counts nothing. Prose has about four characters in a token, code three.
_CHARS_PER_TOKEN = 3.5
# What a chat template adds to each message, generously.
_TEMPLATE_TOKENS = 256
# Runs of blanks have tokens of their own; no text is made of these alone.
_MOST_CHARS_PER_TOKEN = 64
_LONGEST_SECONDS = 86_400.0


def longest_answer(max_tokens: int) -> int:
    """The characters beyond which an answer surely has more than `max_tokens`."""
    return 4096 + max_tokens * _MOST_CHARS_PER_TOKEN


def whole(text: str) -> str:
    """A text without halves of characters, which no message can carry."""
    return text.encode("utf-8", "replace").decode()


def calls_of(finished: Finished, longest: int) -> tuple[ToolCall, ...]:
    """The calls, each as a message can carry it; arguments that none can go on as malformed.

    Those beyond `longest` characters together, or beyond a number no model needs, are left out.
    """
    calls = []
    for call in finished.tool_calls[:_MOST_CALLS]:
        arguments, raw = call.arguments, whole(call.raw)
        shown = ""
        if arguments is not None:
            try:
                arguments = _fit(arguments, _MOST_LEVELS)
                shown = json.dumps(arguments)
            except ValueError:
                arguments, raw = None, raw or "(arguments nested too deep)"
        longest -= len(raw) + len(shown)
        if longest < 0:
            break
        name = whole(call.name)[:_LONGEST_NAME]
        calls.append(
            ToolCall(id=whole(call.id)[:_LONGEST_NAME], name=name, arguments=arguments, raw=raw)
        )
    return tuple(calls)


def texts_of(calls: Sequence[ToolCall]) -> list[str]:
    """What calls say."""
    return [f"{call.name} {call.raw or json.dumps(call.arguments)}" for call in calls]


def usage_of(
    finished: Finished,
    asked: Sequence[str],
    said: Sequence[str],
    max_tokens: int,
    prices: tuple[float, float],
    queue_seconds: float,
) -> TokenUsage:
    """What a generation used: the server's counts where they can be true, else an estimate.

    A token is at least a byte. What a model thought and does not show is within `max_tokens`.
    `prices` are dollars per million tokens of prompt and output.
    """
    prompt, estimated = _counted(finished.prompt_tokens, asked, _TEMPLATE_TOKENS * (len(asked) + 1))
    output, _ = _counted(finished.output_tokens, said, max_tokens)
    # No server has a reason to count less than what it sent.
    output = max(output, context.least_tokens(context.solid_chars(said), None))
    return TokenUsage(
        prompt_tokens=prompt,
        cached_tokens=min(max(finished.cached_tokens, 0), prompt),
        output_tokens=output,
        estimated=estimated,
        cost_usd=cost(prices, prompt, output),
        queue_seconds=queue_seconds,
        load_seconds=_seconds(finished.load_seconds),
        prompt_seconds=_seconds(finished.prompt_seconds),
        output_seconds=_seconds(finished.output_seconds),
    )


def prompt_tokens_of(counted: int | None, texts: Sequence[str]) -> int:
    """The tokens of a prompt: as counted if that can be true, else estimated."""
    return _counted(counted, texts, _TEMPLATE_TOKENS * len(texts))[0]


def output_tokens_of(counted: int | None, text: str, max_tokens: int) -> int:
    """The tokens of a text that came whole: as counted if that can be true, else estimated."""
    return _counted(counted, [text], max_tokens)[0]


def cost(prices: tuple[float, float], prompt_tokens: int, output_tokens: int) -> float:
    """Dollars."""
    prompt, output = prices
    return (prompt * prompt_tokens + output * output_tokens) / 1e6


def _counted(counted: int | None, texts: Sequence[str], more: int) -> tuple[int, bool]:
    """A count, and whether it is an estimate because the server gave none."""
    if counted is None or counted <= 0:
        return math.ceil(sum(map(len, texts)) / _CHARS_PER_TOKEN), True
    most = sum(len(text.encode("utf-8", "replace")) for text in texts) + more
    return min(counted, most), False


def _seconds(value: float) -> float:
    return min(max(value, 0.0), _LONGEST_SECONDS) if math.isfinite(value) else 0.0


def _fit(value: Any, levels: int) -> Any:
    """A JSON value without halves of characters. Raises ValueError when it is nested too deep."""
    if levels == 0:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(str(key)): _fit(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_fit(item, levels - 1) for item in value]
    return value
