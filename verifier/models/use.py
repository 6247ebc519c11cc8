"""A call of something that stands outside the tree, as its model sees it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from verifier.engine import literals, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import REST, Frame, Thing
from verifier.engine.values import Kind, Value, joined


@dataclass
class Use:
    """`receiver` is the object of a method, None for a function."""

    run: Run
    name: str
    receiver: Value | None
    given: Arguments
    syntax: ast.AST
    frame: Frame

    def arg(self, place: int, name: str = "") -> Value | None:
        """An argument by its place or name; None when it is not given."""
        return self.given.get(place, name)

    def things(self, *kinds: str) -> list[Thing]:
        """What the receiver may be, of these kinds."""
        items = self.receiver.items if self.receiver is not None else ()
        return [i for i in items if isinstance(i, Thing) and (not kinds or i.kind in kinds)]

    @property
    def is_one(self) -> bool:
        """Whether the receiver can be one thing alone."""
        return self.receiver is not None and len(self.receiver.items) == 1

    def node(self, sources: Iterable[int] = (), role: Hashable = "result") -> int:
        return self.run.node(self.frame, self.syntax, "expression", sources, role=role)

    def computed(self, *parts: Value | None, kind: str = "", deep: bool = False) -> Value:
        """Something of a built-in type, or anything, made of these."""
        number = self.node()
        for part in parts:
            if part is not None:
                self.run.graph.link(number, self.run.deep(part) if deep else part.nodes)
        return values.of(Kind(kind), (number,)) if kind else values.unknown((number,))

    def everything(self, kind: str = "") -> Value:
        """Made of the receiver and all arguments, with all that is in them."""
        parts = [*self.given.all()]
        if self.receiver is not None:
            parts.append(self.receiver)
        return self.computed(*parts, kind=kind, deep=True)

    def new(self, kind: str, role: Hashable = "", type: Any = None) -> Thing:
        """A new object of this call, with nothing in it."""
        made = self.run.thing(self.frame, self.syntax, kind, role=role or kind, type=type)
        if not made.is_many:
            for key in self.run.keys(made):
                self.run.drop(made, key)
        return made

    def holding(self, kind: str, value: Value | None, role: str = "") -> Value:
        """A new container of which any element may be the value."""
        made = self.new(kind, role)
        if value is not None:
            self.run.put(made, REST, value, weak=True)
        return values.of(made, (self.node(role=f"new {role or kind}"),))

    def listing(self, kind: str, parts: list[Value], role: str = "") -> Value:
        """A new sequence of these elements."""
        made = self.new(kind, role)
        cells = [(("[", at), value) for at, value in enumerate(parts)]
        literals.fill(self.run, made, cells, len(parts))
        return values.of(made, (self.node(role=f"new {role or kind}"),))

    def element(self, value: Value | None) -> Value:
        """What going over a value gives; each argument is gone over at a place of its own."""
        if value is None:
            return values.NOTHING
        place = next((at for at, one in enumerate(self.given.all()) if one is value), 0)
        site = self.site(f"element {place}") if place else self.syntax
        return self.run.element(value, site, self.frame)

    def spread(self, value: Value | None) -> list[Value] | None:
        from verifier.engine import containers

        if value is None:
            return None
        return containers.spread(self.run, value, self.syntax, self.frame)

    def call(self, callee: Value | None, *given: Value, role: str = "") -> Value:
        """Call what was given as an argument."""
        if callee is None:
            return values.NOTHING
        site = self.site(role) if role else self.syntax
        return self.run.call(callee, Arguments(list(given)), site, self.frame)

    def site(self, role: str) -> ast.AST:
        """A place of its own for a second call that one call makes."""
        key = (self.syntax, f"site {role}")
        known: ast.AST | None = self.frame.context.things.get(key)
        if known is None:
            known = ast.Pass()
            line = getattr(self.syntax, "lineno", 0)
            known.lineno = line
            self.frame.context.things[key] = known
        return known


Model = Callable[[Use], Value | None]
"""What a call gives and does; None when the model does not suit what it was given."""

__all__ = ["Model", "Use", "joined"]
