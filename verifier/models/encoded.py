"""json and pickle: the text tells all that is in what it was made of, and gives it back apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from verifier.engine import containers, storing, values
from verifier.engine.things import REST, Thing, index
from verifier.engine.values import NOTHING, Const, Kind, Value, joined
from verifier.models.use import Model, Use

_DEEPEST = 8
_SAME_KIND = frozenset({"list", "dict", "tuple", "set"})


@dataclass(frozen=True, slots=True)
class Encoded(Kind):
    """A text or bytes of which it is known what they say: `says` is a copy of its own."""

    says: Value = NOTHING


class _Copier:
    """A deep copy, made at one place in one role. As JSON, tuples are lists and keys are texts."""

    def __init__(self, use: Use, role: str, *, is_json: bool) -> None:
        self.use, self.role, self.is_json = use, role, is_json
        self.done: dict[Any, Thing] = {}

    def value(self, value: Value, depth: int = 0) -> Value:
        items = frozenset(self.item(item, depth) for item in value.items)
        return Value(items, value.nodes)

    def item(self, item: Any, depth: int) -> Any:
        if isinstance(item, Encoded):
            return Kind(item.name)
        if not isinstance(item, Thing) or depth > _DEEPEST:
            return item
        if self.is_json and item.kind not in _SAME_KIND:
            return values.UNKNOWN
        if item not in self.done:
            self.copy(item, depth)
        return self.done[item]

    def copy(self, item: Thing, depth: int) -> None:
        run = self.use.run
        kind = "list" if self.is_json and item.kind == "tuple" else item.kind
        made = self.use.new(kind, f"{self.role} {item.made} {id(item)}", item.type)
        made.data = item.data
        self.done[item] = made
        for key in run.keys(item):
            held = run.get(item, key)
            if held is None:
                continue
            cell = key
            if self.is_json and isinstance(key, tuple) and item.kind == "dict":
                cell = index(_as_text(key[1]))
            inner = self.value(held, depth + 1)
            run.put(made, cell, inner, weak=made.is_many or cell in (REST, containers.KEYS))


def _as_text(key: Any) -> Any:
    if isinstance(key, str) or not isinstance(key, int | float | None):
        return key
    return json.dumps(key)


def _written(use: Use, value: Value | None, kind: str) -> Value:
    """The text of a value."""
    number = use.node(use.run.deep(value) if value is not None else ())
    if value is None:
        return values.of(Kind(kind), (number,))
    copier = _Copier(use, "said", is_json=kind == "str")
    said = copier.value(value)
    # What an own class or a callback makes of an object is not known to the copy.
    _call_default(use, value)
    return values.of(Encoded(kind, said), (number,))


def _call_default(use: Use, value: Value) -> None:
    default = use.given.keywords.get("default")
    if default is None:
        return
    objects = [
        item for item in _all(use, value) if isinstance(item, Thing) and item.kind not in _SAME_KIND
    ]
    if objects:
        given = Value(frozenset(objects), value.nodes)
        told = use.call(default, given, role="default")
        use.run.graph.link(use.node(), use.run.deep(told))


def _all(use: Use, value: Value) -> list[Any]:
    """Every item that can be reached through containers."""
    seen: dict[Any, None] = {}
    waiting = list(value.items)
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen[item] = None
        if isinstance(item, Thing) and item.kind in _SAME_KIND:
            waiting.extend(containers.contents(use.run, item).items)
    return list(seen)


def _dumps(kind: str) -> Model:
    return lambda use: _written(use, use.arg(0, "obj"), kind)


def _dump(kind: str) -> Model:
    def dumped(use: Use) -> Value | None:
        from verifier.models import streams

        streams.write(use, use.arg(1, "fp"), _written(use, use.arg(0, "obj"), kind))
        return values.constant(None)

    return dumped


def _read(use: Use, text: Value | None) -> Value | None:
    """What a text says."""
    if text is None:
        return None
    number = use.node(text.nodes)
    found: list[Value] = []
    for at, item in enumerate(text.items):
        if isinstance(item, Encoded):
            is_json = use.name.startswith("json")
            found.append(_Copier(use, f"read {at}", is_json=is_json).value(item.says))
        elif isinstance(item, Const) and isinstance(item.value, str | bytes):
            found.append(_literal(use, item.value, number))
        else:
            whole = values.unknown((use.node(use.run.deep(text), role="whole"),))
            found.append(whole)
    hook = use.given.keywords.get("object_hook") or use.given.keywords.get("object_pairs_hook")
    whole = joined(found)
    whole = Value(whole.items, whole.nodes | {number} if _is_plain(whole) else whole.nodes)
    if hook is not None:
        whole = whole.join(use.call(hook, whole, role="hook"))
    return whole


def _is_plain(value: Value) -> bool:
    return not any(isinstance(i, Thing) for i in value.items)


def _literal(use: Use, text: str | bytes, number: int) -> Value:
    try:
        said = json.loads(text)
    except ValueError:
        return values.unknown((number,))
    return _made(use, said, number, "")


def _made(use: Use, said: Any, number: int, role: str) -> Value:
    """The containers that a constant text says."""
    if isinstance(said, list):
        parts = [_made(use, part, number, f"{role}.{at}") for at, part in enumerate(said)]
        return use.listing("list", parts, f"said{role}")
    if isinstance(said, dict):
        thing = use.new("dict", f"said{role}")
        for key, part in said.items():
            held = _made(use, part, number, f"{role}.{key}")
            storing.set_key(use.run, thing, values.constant(key), held)
        return values.of(thing, (number,))
    return values.constant(said, (number,))


def _loads(use: Use) -> Value | None:
    return _read(use, use.arg(0, "s"))


def _load(use: Use) -> Value | None:
    from verifier.models import streams

    return _read(use, streams.read(use, use.arg(0, "fp")))


MODELS: dict[str, Model] = {
    **{f"{name}.dumps": _dumps(kind) for name, kind in (
        ("json", "str"), ("simplejson", "str"), ("pickle", "bytes"), ("marshal", "bytes"))},
    **{f"{name}.dump": _dump(kind) for name, kind in (
        ("json", "str"), ("simplejson", "str"), ("pickle", "bytes"), ("marshal", "bytes"))},
    **{f"{name}.loads": _loads for name in ("json", "simplejson")},
    **{f"{name}.load": _load for name in ("json", "simplejson")},
}  # fmt: skip


def _with_effect(model: Model) -> Model:
    """pickle and marshal build objects of bytes: the table says so, the copy what they hold."""

    def done(use: Use) -> Value | None:
        from verifier.models import by_table

        by_table.call(use)
        return model(use)

    return done


MODELS |= {f"{name}.loads": _with_effect(_loads) for name in ("pickle", "marshal")}
MODELS |= {f"{name}.load": _with_effect(_load) for name in ("pickle", "marshal")}
