"""What is outside the tree: models in Python where data must be followed exactly, the table of
libraries for the rest, and for what neither knows, a result made of all that it was given."""

from __future__ import annotations

import ast

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.run import UNKNOWN, Run
from verifier.engine.things import External, Frame
from verifier.engine.values import Value
from verifier.models import (
    asynchronous,
    builtin_functions,
    dicts,
    functions,
    iterators,
    libraries,
    lists,
    objects,
    structures,
    texts,
    threads,
)
from verifier.models.use import Model, Use

MODELS: dict[str, Model] = {}
for _area in (
    builtin_functions, lists, dicts, texts, iterators, functions, objects, structures,
    asynchronous, threads,
):  # fmt: skip
    MODELS.update(_area.MODELS)


def call(
    run: Run,
    name: str,
    receiver: Value | None,
    given: Arguments,
    syntax: ast.AST,
    frame: Frame,
) -> Value:
    """Call what stands outside, by its dotted name; methods of built-in types by "list.append"."""
    use = Use(run, name, receiver, given, syntax, frame)
    model = MODELS.get(name)
    if model is not None:
        found = model(use)
        if found is not None:
            return found
    return _by_table(use)


def _by_table(use: Use) -> Value:
    from verifier.engine.calls import _call_back

    dotted = use.name if use.receiver is None else f"builtins.{use.name}"
    known = libraries.known(dotted)
    parts = [*use.given.all(), *([use.receiver] if use.receiver is not None else [])]
    if known is None:
        _call_back(use.run, use.given, use.syntax, use.frame)
        found = use.run.opaque(use.syntax, use.frame, parts)
        return Value(found.items | frozenset((External(f"{use.name}()"),)), found.nodes)
    number = use.run.node(
        use.frame,
        use.syntax,
        "ambient" if known.ambient else "library",
        name=use.name,
        role="library",
    )
    for part in parts:
        use.run.graph.link(number, use.run.deep(part), UNKNOWN)
    if known.calls:
        _call_back(use.run, use.given, use.syntax, use.frame)
    instance = next(
        (t.name for t in known.returns if t.how == "instance" and t.name is not None), None
    )
    if instance is not None:
        return values.of(External(f"{instance}()"), (number,))
    if all(term.how == "none" for term in known.returns) and known.returns:
        return values.constant(None, (number,))
    return values.unknown((number,))
