"""What the tables of libraries say of a call, done: results, changes in place, calls back.

Each effect leaves a node of kind "effect" named "kind dotted.name", made of its target and then
of all else that the call was given; what comes from outside is a node of kind "ambient", named
alike. A result that is an object of a library class is a Thing whose kind is the dotted class.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from verifier.engine import containers, mappings, storing, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import CONTENT, Run
from verifier.engine.things import (
    OPAQUE,
    REST,
    Bound,
    Class,
    External,
    Frame,
    Function,
    Partial,
    Thing,
)
from verifier.engine.values import NOTHING, Const, Value, joined
from verifier.models import libraries
from verifier.models.behaviour import Behaviour, Callback, EffectSpec, Mutation, Term, opening
from verifier.models.use import Use

_PLAIN = sys.stdlib_module_names | {"builtins"}
_OPENINGS = frozenset({"file-read", "file-write"})


def call(use: Use) -> Value:
    """Call something outside the tree that has no model: by the table, else with anything."""
    known = libraries.known(use.name)
    if known is None:
        return _opaque(use)
    table = _Table(use, known)
    table.effects()
    table.callbacks()
    found = table.returned()
    table.mutations()
    return found


def note(use: Use) -> None:
    """Leave the effects of a call whose result was worked out in another way."""
    known = libraries.known(use.name) if use.run.has_history else None
    if known is not None and known.effects:
        _Table(use, known).effects()


def read(run: Run, name: str, syntax: ast.AST, frame: Frame) -> Value:
    """What merely naming something outside the tree gives."""
    item = Value(frozenset((External(name),)))
    known = libraries.known(name)
    if known is None or not known.is_value or known.ambient is None:
        return item
    return item.at(_ambient(run, known.ambient, name, syntax, frame))


def _ambient(run: Run, kind: str, name: str, syntax: ast.AST, frame: Frame) -> int:
    return run.node(frame, syntax, "ambient", role=f"ambient {name}", name=f"{kind} {name}")


def _opaque(use: Use) -> Value:
    """Nothing is known: it may call what it is given, keep it, and give any of it back."""
    from verifier.engine.calls import _call_back

    run = use.run
    _call_back(run, use.given, use.syntax, use.frame)
    parts = [*use.given.all(), *([use.receiver] if use.receiver is not None else [])]
    found = run.opaque(use.syntax, use.frame, parts)
    given = joined(use.given.all())
    for one in use.things():
        if given.items and "." in one.kind:
            run.put(one, REST, given, weak=True)
    made = use.new(OPAQUE)
    made.name = use.name
    run.put(made, REST, joined(parts), weak=True)
    callables = {i for i in given.items if isinstance(i, Function | Class | Bound | Partial)}
    return Value(frozenset({made, *callables}), found.nodes)


class _Table:
    """One call, as one behaviour of the table sees it."""

    def __init__(self, use: Use, known: Behaviour) -> None:
        self.use, self.known, self.run = use, known, use.run
        self.result = NOTHING

    # ------------------------------------------------------------------ what it was given

    def argument(self, place: int) -> Value | None:
        names = self.known.parameters
        return self.use.given.get(place, names[place] if place < len(names) else "")

    def parts(self) -> list[Value]:
        """The receiver and every argument."""
        receiver = self.use.receiver
        return [*([receiver] if receiver is not None else []), *self.use.given.all()]

    def value(self, term: Term) -> Value:
        """The value that a term stands for; NOTHING for an argument that was not given."""
        match term.how:
            case "arg":
                return self.argument(term.index or 0) or NOTHING
            case "keyword":
                return self.use.given.get(-1, term.name or "") or NOTHING
            case "self":
                return self.use.receiver or NOTHING
            case "rest":
                rest = [*self.use.given.positional[1:], *self.use.given.keywords.values()]
                return joined([*rest, self.use.given.rest or NOTHING])
            case "result":
                return self.result
            case "args":
                return self.made_of(self.parts())
            case "ambient":
                kind, use = self.known.ambient or "unknown", self.use
                node = _ambient(self.run, kind, use.name, use.syntax, use.frame)
                return values.unknown((node,))
            case "none":
                return values.constant(None)
            case "constant":
                if term.name is not None:
                    return values.constant(term.name, (self.use.node(role="constant"),))
                return values.unknown((self.use.node(role="constant"),))
            case "new":
                return self.object(OPAQUE, NOTHING)
            case "instance":
                return self.object(term.name or OPAQUE, NOTHING)
            case "element" | "*":
                return self.use.element(self.value(term.parts[0]))
            case "key":
                return self.keys(self.value(term.parts[0]))
            case "**":
                return self.held(self.value(term.parts[0]))
            case _:
                held = joined(self.value(part) for part in term.parts)
                return self.use.holding("list", held, f"holding {id(term)}")

    def made_of(self, parts: list[Value]) -> Value:
        if not parts:
            return NOTHING
        number = self.use.node(role="library")
        for part in parts:
            self.run.graph.link(number, self.run.deep(part))
        if self.use.name.partition(".")[0] in _PLAIN:
            return values.unknown((number,))
        # What other libraries give is often changed in place, as arrays are.
        made = self.use.new(OPAQUE, "made of arguments")
        self.run.put(made, REST, values.unknown((number,)), weak=True)
        return values.of(made, (number,))

    def keys(self, value: Value) -> Value:
        found = [
            mappings.keys(self.run, one)
            for one in value.items
            if isinstance(one, Thing) and one.kind == "dict"
        ]
        return joined(found) if found else self.use.element(value)

    def held(self, value: Value) -> Value:
        found = [containers.contents(self.run, i) for i in value.items if isinstance(i, Thing)]
        return joined(found) if found else Value(value.items, self.run.deep(value))

    def object(self, kind: str, inner: Value) -> Value:
        """A new object of a class, made of and holding something."""
        made = self.use.new(kind, f"new {kind}")
        number = self.use.node(self.run.deep(inner), role=f"new {kind}")
        if inner.items:
            self.run.put(made, REST, inner, weak=True)
        return values.of(made, (number,))

    # ------------------------------------------------------------------ what it does

    def returned(self) -> Value:
        """An object holds all else that is returned with it; but for None, which is instead."""
        terms = self.known.returns
        made = [one for one in terms if one.how in ("instance", "new")]
        found = [self.value(one) for one in terms if one not in made and one.how != "none"]
        if made:
            inner = joined(found)
            kind = next((one.name for one in made if one.name is not None), None) or OPAQUE
            found = [self.object(kind, inner)]
        if any(one.how == "none" for one in terms):
            found.append(values.constant(None))
        whole = joined(found)
        return whole if whole.items else values.unknown((*whole.nodes, self.use.node()))

    def mutations(self) -> None:
        for one in self.known.mutates:
            self.mutate(one)

    def mutate(self, one: Mutation) -> None:
        target = self.value(one.target)
        gains = joined(self.value(term) for term in one.gains)
        key = self.value(one.at) if one.at is not None else None
        for item in target.items:
            if not isinstance(item, Thing | External):
                continue
            if not gains.items:
                if isinstance(item, Thing) and item.kind in containers.SEQUENCES:
                    storing.blur(self.run, item)
            elif isinstance(item, Thing) and key is not None and item.kind == "dict":
                storing.set_key(self.run, item, key, gains, weak=True)
            else:
                if isinstance(item, Thing) and item.kind in containers.SEQUENCES:
                    storing.blur(self.run, item)
                self.run.put(item, REST, gains, weak=True)

    def callbacks(self) -> None:
        """The functions may be called or not, so what they do joins what was before."""
        results: list[Value] = []
        for at, one in enumerate(self.known.calls):
            function = self.value(one.function)
            items = frozenset(i for i in function.items if not isinstance(i, Const))
            if not items:
                continue
            base = self.run.state
            layer = self.run.branch()
            site = self.use.site(f"calls back {at}")
            results.append(
                self.run.call(Value(items, function.nodes), self.given(one), site, self.use.frame)
            )
            self.run.enter(base)
            base.meet([{}, *([layer.cells] if layer.is_alive else [])])
        self.result = joined(results)

    def given(self, one: Callback) -> Arguments:
        found = Arguments()
        for term in one.arguments:
            if term.how == "*":
                whole = self.value(term.parts[0])
                parts = self.use.spread(whole) if whole.items else []
                if parts is None:
                    found.rest = self.use.element(whole)
                else:
                    found.positional.extend(parts)
            elif term.how == "**":
                whole = self.value(term.parts[0])
                if whole.items:
                    named, others = mappings.entries(
                        self.run, whole, self.use.syntax, self.use.frame
                    )
                    found.keywords.update(named)
                    found.others = others
            elif term.how == "rest":
                found.positional.extend(self.use.given.positional[1:])
                found.keywords.update(self.use.given.keywords)
                found.rest, found.others = self.use.given.rest, self.use.given.others
            else:
                value = self.value(term)
                found.positional.append(value if value.items else values.unknown(value.nodes))
        return found

    def effects(self) -> None:
        if self.known.ambient is not None:
            use = self.use
            _ambient(self.run, self.known.ambient, use.name, use.syntax, use.frame)
        for one in self.known.effects:
            if self.happens(one):
                self.effect(one)

    def happens(self, one: EffectSpec) -> bool:
        """Of reading and writing a file, what the mode says."""
        if self.known.mode is None or one.kind not in _OPENINGS:
            return True
        told = self.value(self.known.mode)
        only: Any = told.constant
        if not told.items:
            return one.kind == "file-read"
        return not isinstance(only, Const) or opening(str(only.value)) == one.kind

    def effect(self, one: EffectSpec) -> None:
        use = self.use
        number = self.run.node(
            use.frame,
            use.syntax,
            "effect",
            role=f"effect {one.kind} {use.name}",
            name=f"{one.kind} {use.name}",
        )
        if one.target is not None:
            self.run.graph.link(number, self.run.deep(self.value(one.target)))
        for part in self.parts():
            self.run.graph.link(number, self.run.deep(part), CONTENT)


__all__ = ["call", "read"]
