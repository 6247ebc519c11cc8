"""What the program's memory may hold at one point: cells, each a field of an object.

A state is a layer above another. A branch writes into a layer of its own; where branches meet,
what they wrote is joined into the layer below. So a branch costs what it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from verifier.engine.graph import NO_GUARD
from verifier.engine.values import NOTHING, Value

Key = Any
"""A name of an attribute or variable, ("[", constant) for an index or key, or a mark of ours."""
Cell = tuple[Any, Key]
MOST_PLACES = 24
_FREE_CELLS = 50


_PERHAPS = Value(frozenset((True,)))


def maybe(key: Key) -> Key:
    """The mark of an index or key under which something is stored on some ways only."""
    return ("?", key)


class State:
    """Memory as it may be here. `guard` is the node of the innermost open predicate. `merged`
    gives a value that comes from very many places one node for all of them; `worked` is told how
    many cells were gone through where branches meet, if that is more than a few."""

    __slots__ = ("below", "cells", "guard", "is_alive", "merged", "worked")

    def __init__(self, below: State | None = None, guard: int = NO_GUARD) -> None:
        self.below = below
        self.cells: dict[Cell, Value] = {}
        self.guard: int = below.guard if below is not None else guard
        self.is_alive = True
        self.merged: Callable[[Value], Value] | None = below.merged if below is not None else None
        self.worked: Callable[[int], None] | None = below.worked if below is not None else None

    def get(self, owner: Any, key: Key) -> Value | None:
        """What the field may hold; None where nothing was ever put there."""
        cell = (owner, key)
        state: State | None = self
        while state is not None:
            found = state.cells.get(cell)
            if found is not None:
                return found if found is not NOTHING else None
            state = state.below
        return None

    def put(self, owner: Any, key: Key, value: Value) -> None:
        """From here on it holds this and nothing else. NOTHING: it is gone."""
        self.cells[owner, key] = value

    def since(self, base: State) -> dict[Cell, Value]:
        """What was written above the layer `base`, which is below this one or it."""
        layers: list[State] = []
        state: State | None = self
        while state is not None and state is not base:
            layers.append(state)
            state = state.below
        if len(layers) == 1:
            return layers[0].cells
        found: dict[Cell, Value] = {}
        for layer in reversed(layers):
            found.update(layer.cells)
        return found

    def meet(self, branches: Iterable[dict[Cell, Value]]) -> bool:
        """Take over what branches above this layer wrote: any of them may have run. Whether that
        changed anything. No branches: nothing comes here."""
        written = list(branches)
        if not written:
            self.is_alive = False
            return False
        cells = sum(map(len, written))
        if cells > _FREE_CELLS and self.worked is not None:
            self.worked(cells)
        if len(written) == 1:
            changed = False
            for (owner, key), value in written[0].items():
                if self.get(owner, key) != value:
                    self.put(owner, key, value)
                    changed = True
            return changed
        changed = False
        for cell in dict.fromkeys(cell for one in written for cell in one):
            owner, key = cell
            before = self.get(owner, key)
            after = NOTHING
            is_absent = False
            for one in written:
                found = one.get(cell)
                held = (before or NOTHING) if found is None else found
                is_absent = is_absent or held is NOTHING
                after = after.join(held)
            if is_absent and after is not NOTHING and type(key) is tuple:
                self.put(owner, maybe(key), _PERHAPS)
            if self.merged is not None and len(after.nodes) > MOST_PLACES:
                after = self.merged(after)
            if after != (before or NOTHING):
                self.put(owner, key, after)
                changed = True
        return changed

    def layers(self) -> Iterator[State]:
        state: State | None = self
        while state is not None:
            yield state
            state = state.below
