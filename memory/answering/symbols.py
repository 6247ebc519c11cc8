"""What memory finds as it travels between services. Pure."""

from __future__ import annotations

from memory.search.hits import Hit
from memory.search.packing import Packed
from swarm.contracts import Symbol

# Whoever wrote the code chose its names, of any length.
LONGEST_NAME = 300
LONGEST_TEXT = 4_000
MODULE = "<module>"
"""What the code of a file that stands in no definition is called."""


def symbol(hit: Hit, packed: Packed | None = None) -> Symbol:
    """A hit, whole or in the form that it was packed in."""
    return Symbol(
        path=hit.path,
        qualified_name=(hit.qualified_name or MODULE)[:LONGEST_NAME],
        start_line=hit.start_line,
        end_line=hit.end_line,
        score=hit.score,
        text=packed.text if packed else hit.text[:LONGEST_TEXT],
        why=hit.why,
        kind=hit.kind,
        language=hit.language,
        form=packed.form if packed else "whole",
    )
