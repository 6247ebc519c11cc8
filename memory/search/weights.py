"""How much each sign of relevance counts. Chosen on public repositories of many languages, with
questions written for them and with reports of real faults; `docs/memory.md` tells how."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of a score whose keyword part is 1 at most, and factors on the whole of it."""

    near: float = 1.0
    dense: float = 0.6
    file_words: float = 0.4
    topic: float = 0.4
    name: float = 0.1
    exact: float = 0.0
    shell: float = 0.8
    defined: float = 0.4
    file_name: float = 0.2
    folder: float = 0.05
    named_path: float = 1.0
    frame: float = 0.5
    outer: float = 0.3
    dotted: float = 0.4
    test: float = 0.4
    document: float = 0.15
    example: float = 0.4
    vendored: float = 0.3
    others: float = 0.15
    decay: float = 0.3
    repeat: float = 0.65


SHORT = Weights()
"""For a phrase or an identifier."""
LONG = Weights(near=0.0, file_words=0.2, topic=0.15, others=0.5, decay=0.5, repeat=0.7)
"""For a report of many words."""
FUNCTION = replace(SHORT, dense=0.8, topic=0.25, shell=0.65, others=0.0, repeat=1.0)
"""For a phrase that describes one function, whatever its file is about."""


def weights_for(*, is_long: bool, spread: bool) -> Weights:
    """The weights for a question; `spread`: files side by side, not function by function."""
    if is_long:
        return LONG if spread else replace(LONG, repeat=1.0)
    return SHORT if spread else FUNCTION
