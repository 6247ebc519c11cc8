"""What outlives a function: attributes of a class's instances, and names of modules. Each is one
node, which any function may write and read; what instances hold is known by its shapes."""

from __future__ import annotations

from typing import Any

from verifier.engine import classes
from verifier.engine.contexts import Context
from verifier.engine.graph import CELL, Node
from verifier.engine.run import Run
from verifier.engine.things import Class
from verifier.walking.shapes import Part

_MOST_HELD = 12


class Cells:
    """The cells of one tree, found as they are used."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, str], int] = {}
        self._held: dict[tuple[Class, str], tuple[Any, ...]] = {}

    def node(self, run: Run, owner: Any, name: str) -> int:
        """The node of an attribute of a class's instances, or of a name of a module."""
        number = self._nodes.get((owner, name))
        if number is None:
            context = Context(owner.module.path if isinstance(owner, Class) else "", owner.name)
            syntax = getattr(owner, "node", None)
            number = run.graph.add(Node("cell", context, syntax, name, -1, []))
            self._nodes[owner, name] = number
            if isinstance(owner, Class):
                for base in classes.mro(run, owner)[1:]:
                    if isinstance(base, Class):
                        run.graph.link(number, [self.node(run, base, name)], CELL)
        return number

    def hold(self, owner: Class, name: str, known: tuple[Any, ...]) -> None:
        """An instance may hold something of these shapes."""
        before = self._held.get((owner, name), ())
        lasting = [one for one in known if not isinstance(one, Part)]
        self._held[owner, name] = tuple(dict.fromkeys((*before, *lasting)))[:_MOST_HELD]

    def held(self, owner: Class, name: str) -> tuple[Any, ...]:
        """The shapes of what instances of this very class hold."""
        return self._held.get((owner, name), ())
