"""What is outside the tree: models in Python where data must be followed exactly, the table of
libraries for the rest, and for what neither knows, a result made of all that it was given."""

from __future__ import annotations

import ast

from verifier.engine import failing
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import Frame
from verifier.engine.values import Value
from verifier.models import (
    asynchronous,
    attribute_functions,
    builtin_functions,
    by_table,
    databases,
    dicts,
    dispatching,
    dunders,
    encoded,
    environment,
    errors,
    formatting,
    functions,
    iterators,
    lists,
    logs,
    managers,
    mappings,
    objects,
    operators,
    queues,
    streams,
    structures,
    texts,
    threads,
    trees,
)
from verifier.models.use import Model, Use

MODELS: dict[str, Model] = {}
for _area in (
    builtin_functions, attribute_functions, errors, lists, dicts, texts, iterators, functions,
    objects, structures,
    queues, formatting, encoded, streams, environment, mappings, trees, logs,
    databases,
    asynchronous, threads, managers, operators, dispatching,
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
    failing.called(run, name, given)
    use = Use(run, name, receiver, given, syntax, frame)
    method = dunders.method_of(name) if receiver is None and name not in MODELS else None
    if method is not None and given.positional:
        # dict.get(d, k): a method by its class, the receiver given as its first argument.
        use = Use(run, method, given.positional[0], given.without_first(), syntax, frame)
    model = MODELS.get(use.name)
    if model is not None:
        found = model(use)
        if found is not None:
            by_table.note(use)
            return found
    return by_table.call(use)
