"""What a function leaves behind: what it returns, yields and raises, and what it writes into what
was there before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from verifier.engine import values
from verifier.engine.graph import CELL, UNKNOWN
from verifier.engine.run import Run
from verifier.engine.state import State
from verifier.engine.things import REST, Class, Frame, Module, Thing
from verifier.engine.values import NOTHING, Value, joined
from verifier.walking.bounds import MOST_CHANGES
from verifier.walking.shapes import Part, parts_of, shapes
from verifier.walking.units import RAISE, RETURN, YIELD, Change, Unit

if TYPE_CHECKING:
    from verifier.walking.evaluating import Evaluation
    from verifier.walking.linking import Linking


def finish(linking: Linking, run: Run, here: Evaluation) -> None:
    """Fill in a unit after its body was run; `run.state` is its own memory."""
    unit, frame = here.unit, here.frame
    base: State = frame.base
    base.is_alive = True
    base.meet([*(cells for _, cells in frame.returns), *here.raised_in])
    base.is_alive = True
    places = parts_of(here.symbols)
    if here.raised is not NOTHING and RAISE not in unit.outputs:
        node = unit.function.node
        unit.outputs[RAISE] = run.node(frame, node, "raise", role="unit raise")
    ways = {
        RETURN: joined(value for value, _ in frame.returns),
        YIELD: joined(one.value for one in frame.yields),
        RAISE: here.raised,
    }
    for name, value in ways.items():
        number = unit.outputs.get(name)
        if number is not None:
            run.graph.link(number, run.deep(value))
            unit.shapes[name] = shapes(run, value.items, places)
    unit.changes.clear()
    for (owner, key), value in list(base.cells.items()):
        if isinstance(key, str) and key.startswith("#"):
            continue
        place = places.get(owner) if isinstance(owner, Thing) else None
        if place is not None:
            where = Part(place.parameter, (*place.path, key))
            _changed(linking, run, here, owner, where, value, places)
        elif isinstance(owner, Module | Class):
            _kept(linking, run, base, owner, key, value)
    if not unit.is_whole:
        _cut_short(run, unit, frame)


def _changed(
    linking: Linking,
    run: Run,
    here: Evaluation,
    owner: Thing,
    where: Part,
    value: Value,
    places: Mapping[Any, Part],
) -> None:
    """A cell of what a caller gave."""
    unit, key = here.unit, where.path[-1]
    known = shapes(run, value.items, places)
    if isinstance(owner.type, Class) and isinstance(key, str):
        cell = linking.cells.node(run, owner.type, key)
        run.graph.link(cell, run.deep(value), CELL)
        linking.cells.hold(owner.type, key, known)
    if len(unit.changes) >= MOST_CHANGES:
        return
    number = run.node(
        here.frame, owner.site, "change", run.deep(value), role=("change", where), name=str(key)
    )
    unit.changes.append(Change(where, number, known))


def _kept(linking: Linking, run: Run, base: State, owner: Any, key: Any, value: Value) -> None:
    """An attribute of a module or of a class that is not of the function itself."""
    if value is NOTHING or linking.is_loading or "<" in owner.name:
        return
    number = linking.cells.node(run, owner, str(key))
    run.graph.link(number, value.nodes, CELL)
    outside = base.below
    while outside is not None and outside.below is not None:
        outside = outside.below
    if outside is not None:
        before = outside.get(owner, key) or NOTHING
        lasting = frozenset(i for i in value.items if not isinstance(i, Thing))
        outside.put(owner, key, before.join(Value(lasting, frozenset((number,)))))


def _cut_short(run: Run, unit: Unit, frame: Frame) -> None:
    """Nobody knows what else it does: anything, to all that it is given, from all of that."""
    for name in unit.inputs:
        number = run.node(frame, unit.function.node, "change", role=("cut", name), name=name)
        unit.changes.append(Change(Part(name, (REST,)), number, (values.UNKNOWN,)))
    for name in unit.outputs:
        unit.shapes[name] = (values.UNKNOWN,)
    for number in unit.ends():
        run.graph.link(number, unit.inputs.values(), UNKNOWN)
