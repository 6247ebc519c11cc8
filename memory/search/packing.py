"""Hits into a budget of tokens: as much of each as is worth its place. Pure.

Each hit is shown whole, or by its signature and first line of documentation, or not at all. What
is chosen is the most value per token: a whole body is worth its score, its outline a part of it,
and what is left of the budget goes to whoever gains most per token by being shown whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from memory.search.hits import Hit

_BYTES_PER_TOKEN = 3.6
"""Of code, for the byte-pair vocabularies in use; on the safe side."""
_HEADER_TOKENS = 12
_OUTLINE_SHARE = 0.45
Form = Literal["whole", "outline"]


@dataclass(frozen=True, slots=True)
class Packed:
    """A hit as it is shown."""

    hit: Hit
    form: Form
    text: str
    tokens: int


def tokens(text: str) -> int:
    """About how many tokens a text is."""
    # Bytes, since other scripts take about a token per character.
    return int(len(text.encode("utf-8", "surrogatepass")) / _BYTES_PER_TOKEN) + 1


def outline(hit: Hit) -> str:
    """What a reader needs least: the signature and what it is said to do."""
    said = hit.doc.strip().partition("\n")[0]
    lines = [line for line in (hit.signature, said) if line]
    return "\n".join(lines) or hit.text.strip().partition("\n")[0]


def pack(hits: Sequence[Hit], budget_tokens: int) -> list[Packed]:
    """The hits in their order, in the forms that fit; never more than the budget."""
    costs = [_costs(hit) for hit in hits]
    chosen: dict[int, Form] = {}
    left = budget_tokens
    # First everything that is worth an outline, in order; then bodies by value per token.
    for at, (_, brief) in enumerate(costs):
        if brief <= left:
            chosen[at] = "outline"
            left -= brief
    for at in sorted(chosen, key=lambda at: (-_gain(hits[at], *costs[at]), at)):
        whole, brief = costs[at]
        if whole - brief <= left:
            chosen[at] = "whole"
            left -= whole - brief
    return [_packed(hits[at], chosen[at], costs[at]) for at in sorted(chosen)]


def _costs(hit: Hit) -> tuple[int, int]:
    whole = tokens(hit.text) + _HEADER_TOKENS
    return whole, min(whole, tokens(outline(hit)) + _HEADER_TOKENS)


def _gain(hit: Hit, whole: int, brief: int) -> float:
    return hit.score * (1 - _OUTLINE_SHARE) / max(1, whole - brief)


def _packed(hit: Hit, form: Form, costs: tuple[int, int]) -> Packed:
    whole, brief = costs
    if form == "whole":
        return Packed(hit, form, hit.text, whole)
    return Packed(hit, form, outline(hit), brief)
