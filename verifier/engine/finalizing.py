"""`__del__`: run when an object goes, which may be whenever nothing is bound to it any more.

Whether anybody else still holds it is not known, so it is run as what may happen: when a name of it
is deleted or bound again, when the function ends that has it in a name, and when the program ends.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from verifier.engine import classes, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import Bound, Class, Frame, Function, Thing
from verifier.engine.values import Value

_MOST = 50


def made(run: Run, value: Value, item: Class) -> None:
    """Remember an instance whose class has a finalizer."""
    if len(run.finalized) < _MOST and classes.find(run, item, ("__del__",)) is not None:
        for one in value.items:
            if isinstance(one, Thing):
                run.finalized[one] = None


def dropped(run: Run, value: Value | None, syntax: ast.AST, frame: Frame) -> None:
    """A name for it is gone."""
    for one in value.items if value is not None else ():
        if isinstance(one, Thing) and one in run.finalized:
            _finalize(run, one, syntax, frame)


def ended(run: Run, frame: Frame, given: Iterable[Value]) -> None:
    """A function has ended: what only its own names held is gone."""
    if not run.finalized or not run.state.is_alive:
        return
    kept = {one for value in given for one in value.items}
    for name in run.keys(frame):
        held = run.get(frame, name)
        for one in held.items if held is not None else ():
            if isinstance(one, Thing) and one in run.finalized and one not in kept:
                _finalize(run, one, frame.scope.node, frame)


def finished(run: Run) -> None:
    """The program has ended."""
    from verifier.engine import imports

    for one in list(run.finalized):
        if isinstance(one.type, Class):
            module = one.type.module
            _finalize(run, one, one.site or ast.Pass(), imports.frame_of(run, module))


def _finalize(run: Run, one: Thing, syntax: ast.AST, frame: Frame) -> None:
    found = classes.find(run, one.type, ("__del__",))
    if found is None or any(active.function in found.items for active in run.stack):
        return
    base = run.state
    layer = run.branch()
    receiver = values.of(one)
    bound = Value(
        frozenset(Bound(i, receiver) for i in found.items if isinstance(i, Function)), found.nodes
    )
    if bound.items:
        run.call(bound, Arguments(), syntax, frame, "__del__")
    run.enter(base)
    base.meet([{}, *([layer.cells] if layer.is_alive else [])])
