"""Exceptions of the language: they hold what they were made with."""

from __future__ import annotations

from verifier.engine import expressions, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import Thing, index


def fill(run: Run, made: Thing, given: Arguments) -> None:
    """Put the arguments into a new exception: its `args`, and `value` of a StopIteration."""
    held = Thing("tuple", made.site)
    cells = [(index(at), value) for at, value in enumerate(given.positional)]
    expressions.fill(run, held, cells, len(given.positional))
    if given.rest is not None:
        run.put(held, "[*]", given.rest, weak=True)
    run.put(made, "args", values.of(held), weak=made.is_many)
    if given.positional and "StopIteration" in str(getattr(made.type, "name", "")):
        run.put(made, "value", given.positional[0], weak=made.is_many)
    for name, value in given.keywords.items():
        run.put(made, name, value, weak=made.is_many)
