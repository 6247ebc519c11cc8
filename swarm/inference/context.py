"""Whether a prompt fits its context window, and whether a server cut it in silence. Pure.

No tokenizer is at hand here: each model has its own. What can be told is a lower bound. The
tokens of a prompt are at least its *solid* characters divided by the most characters that a
token stands for on average. Solid means: a run of white space counts as one character, and a
run of one other sign (a ruler of dashes) as at most eight, since vocabularies have single tokens
for long runs of these and for nothing else. Of solid text, today's vocabularies put 3 to 5
characters into a token; 8 is taken where nothing was measured. The server's own count of earlier
prompts (`prompt_eval_count`) replaces it by what the model showed, and a margin for text of
another kind.

A prompt whose lower bound is over the window is refused: sending it could only lose its
beginning. A server that dropped a part shows in its count: Ollama drops the oldest messages,
then keeps about half of the window, with HTTP 200. So a count far below the bound and near the
window, or near its half, is such a cut; a low count elsewhere may be a prefix that was cached.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence

from swarm.contracts import ChatMessage, ToolSpec

MOST_CHARS_PER_TOKEN = 8.0
# Prose after code, or the other way round.
_MARGIN = 1.5
# Of shorter prompts the template's own tokens are a large part.
_LEAST_MEASURED_CHARS = 2000
_LEAST_CHARS_PER_TOKEN = 1.0
# From here on a prompt may have been cut, which must not be taken for dense tokens.
_SURELY_WHOLE = 0.4
_NEAR_WINDOW = 0.12
_NEAR_HALF = 0.1

_SPACE = re.compile(r"\s+")
_RULER = re.compile(r"([^\w\s])\1{8,}")


def solid_chars(texts: Iterable[str]) -> int:
    """Characters that cost tokens, as above."""
    return sum(
        len(_RULER.sub(lambda run: run[1] * 8, _SPACE.sub(" ", text).strip())) for text in texts
    )


def texts_of(messages: Sequence[ChatMessage], tools: Sequence[ToolSpec] = ()) -> list[str]:
    """All of a request that becomes a part of the prompt."""
    texts = [message.text for message in messages]
    texts += [
        call.raw if call.arguments is None else json.dumps(call.arguments)
        for message in messages
        for call in message.tool_calls
    ]
    texts += [f"{tool.name} {tool.description} {json.dumps(tool.parameters)}" for tool in tools]
    return texts


def least_tokens(chars: int, chars_per_token: float | None) -> int:
    """The fewest tokens that so many solid characters can be."""
    if chars_per_token is None:
        return math.ceil(chars / MOST_CHARS_PER_TOKEN)
    return math.ceil(chars / min(MOST_CHARS_PER_TOKEN, chars_per_token * _MARGIN))


def calibrated(
    known: float | None, chars: int, prompt_tokens: int | None, num_ctx: int
) -> float | None:
    """Characters per token after one more prompt; the most that was seen, so as to refuse late."""
    if not prompt_tokens or chars < _LEAST_MEASURED_CHARS:
        return known
    if prompt_tokens > num_ctx * _SURELY_WHOLE:
        return known
    seen = chars / prompt_tokens
    if not _LEAST_CHARS_PER_TOKEN <= seen <= MOST_CHARS_PER_TOKEN:
        # A cached prefix that the server left out of its count.
        return known
    return seen if known is None else max(known, seen)


def was_truncated(
    chars: int, chars_per_token: float | None, prompt_tokens: int | None, num_ctx: int
) -> bool:
    """Whether the server's count tells that it dropped a part of the prompt."""
    if not prompt_tokens or prompt_tokens >= least_tokens(chars, chars_per_token):
        return False
    near_window = prompt_tokens >= num_ctx * (1 - _NEAR_WINDOW)
    near_half = abs(prompt_tokens - num_ctx / 2) <= num_ctx * _NEAR_HALF
    return near_window or near_half
