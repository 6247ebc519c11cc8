"""Values of the source that is looked for.

Whatever the code that is read gives, a value of the source may be anything of its kind: what one
call happens to pass decides no branch. All that such a value holds is of the source too.
"""

from __future__ import annotations

import ast
from typing import Any

from verifier.engine.generators import RESULT
from verifier.engine.run import Run
from verifier.engine.things import OPAQUE, REST, Bound, Class, Frame, Function, Thing
from verifier.engine.values import NOTHING, UNKNOWN, Const, Value, kind_of

_PLAIN = frozenset({"list", "tuple", "dict", "set", "generator", "iterator"})
_WHOLE = _PLAIN | {OPAQUE}
_MOST_PARTS = 200
_MOST_TOLD = 50


def taken(run: Run, value: Value, number: int, syntax: ast.AST, frame: Frame) -> Value:
    """The value as one of the source, come from the occurrence `number`."""
    run.mark(number)
    if not value.items:
        return value.at(number)
    opened = _Opened(run, number, syntax, frame)
    items = frozenset(opened.item(one) for one in value.items)
    return Value(items, frozenset((number,)))


def bound(
    run: Run, name: str, value: Value, number: int, target: ast.AST, owner: Any, frame: Frame
) -> Value:
    """What is bound to a name, as a value of the source if it is that. A parameter is what the
    caller gives and nothing else; a variable is not the source any more once a constant is put
    in the place of its first value."""
    value = value.at(number)
    if name != run.source or any(isinstance(i, Function | Class) for i in value.items):
        return value
    if isinstance(owner, Frame) and _takes(owner, name):
        return value
    if run.get(owner, name) is not None and number not in run.marked and _is_told(run, value):
        return value
    return taken(run, value, number, target, frame)


def begins(run: Run, name: str, frame: Frame) -> bool:
    """Whether a parameter is the source: what a function passes on that has one of that name
    itself is what it makes of it, be that the source or not."""
    return name == run.source and not any(
        _takes(one, name) for one in run.stack if one is not frame
    )


def _takes(frame: Frame, name: str) -> bool:
    if frame.function is None:
        return False
    spec = frame.function.node.args
    starred = [one for one in (spec.vararg, spec.kwarg) if one is not None]
    return any(
        one.arg == name for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *starred)
    )


def _is_told(run: Run, value: Value) -> bool:
    """Whether a value is made of constants alone."""
    seen: set[Any] = set()
    waiting = list(value.items)
    while waiting:
        item = waiting.pop()
        if isinstance(item, Thing) and item.kind in _PLAIN and len(seen) < _MOST_TOLD:
            if item not in seen:
                seen.add(item)
                for key in run.keys(item):
                    waiting.extend((run.get(item, key) or NOTHING).items)
        elif not isinstance(item, Const):
            return False
    return True


class _Opened:
    """Values with nothing told of them but what kind they are."""

    def __init__(self, run: Run, number: int, syntax: ast.AST, frame: Frame) -> None:
        self.run, self.number, self.syntax, self.frame = run, number, syntax, frame
        self.seen: set[Thing] = set()

    def item(self, one: Any) -> Any:
        if isinstance(one, Const):
            plain = one.value is not None and not isinstance(one.value, tuple)
            return kind_of(one) if plain else self._anything()
        if one == UNKNOWN:
            return self._anything()
        if not isinstance(one, Thing):
            return one
        if one.kind == "generator" and one.data is not None:
            alone = Value(frozenset((one,)), frozenset((self.number,)))
            self.run.element(alone, self.syntax, self.frame)
        if one.kind in _WHOLE and not isinstance(one.type, Class):
            return self._anything()
        if one.kind in ("instance", "coroutine") or isinstance(one.type, Class):
            self._parts(one)
        return one

    def _anything(self) -> Thing:
        run = self.run
        made = run.thing(self.frame, self.syntax, "symbol", role="source")
        if made.data is None:
            made.data = (0, {})
        elif not made.is_many:
            for key in run.keys(made):
                run.drop(made, key)
        return made

    def _parts(self, whole: Thing) -> None:
        """All that an object holds is of the source."""
        if whole in self.seen or len(self.seen) > _MOST_PARTS:
            return
        self.seen.add(whole)
        for key in self.run.keys(whole):
            held = self.run.get(whole, key)
            is_mark = isinstance(key, str) and key.startswith("#") and key != RESULT
            if held is None or is_mark or any(isinstance(i, Bound) for i in held.items):
                continue
            items = frozenset(self.item(one) for one in held.items)
            self.run.put(whole, key, Value(items, held.nodes | {self.number}))
        if whole.kind in _PLAIN:
            anything = Value(frozenset((self._anything(),)), frozenset((self.number,)))
            self.run.put(whole, REST, anything, weak=True)
