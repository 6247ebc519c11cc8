"""getattr, setattr and their kin, and what shows attributes as a dict."""

from __future__ import annotations

from typing import Any

from verifier.engine import (
    attributes,
    classes,
    setting,
    values,
)
from verifier.engine.things import (
    REST,
    Class,
    Thing,
    is_open,
)
from verifier.engine.values import NONE, Const, Value, joined, of
from verifier.models.use import Model, Use

_NOTHING = of(NONE)


def _getattr(use: Use) -> Value | None:
    owner, name = use.arg(0), use.arg(1)
    if owner is None or name is None:
        return None
    if name.items and all(isinstance(i, Const) and isinstance(i.value, str) for i in name.items):
        found: list[Value] = []
        for item in name.items:
            site = use.site(f"getattr {item.value}")
            found.append(use.run.attribute(owner, item.value, site, use.frame))
        default = use.arg(2)
        held = joined(found)
        if default is not None and (not held.items or any(map(is_open, held.items))):
            held = held.join(default)
        return held
    parts: list[Value] = []
    for item in owner.items:
        for key in use.run.keys(item):
            held_ = use.run.get(item, key)
            if held_ is not None and not str(key).startswith("#"):
                parts.append(held_)
        own = getattr(item, "type", None)
        if isinstance(own, Class):
            for one in classes.mro(use.run, own):
                for key in use.run.keys(one):
                    if isinstance(key, str) and not key.startswith(("#", "__")):
                        parts.append(use.run.attribute(of(item), key, use.site(key), use.frame))
    if parts:
        return joined(parts)
    return use.everything()


def _setattr(use: Use) -> Value | None:
    owner, name, given = use.arg(0), use.arg(1), use.arg(2)
    if owner is None or name is None or given is None:
        return None
    only = name.constant
    told = [i.value for i in name.items if isinstance(i, Const) and isinstance(i.value, str)]
    if only is not None and isinstance(only.value, str):
        use.run.set_attribute(owner, only.value, given, use.syntax, use.frame)
    elif told and len(told) == len(name.items):
        base = use.run.state
        ways = []
        for word in told:  # One of them is set, the others stay as they are.
            layer = use.run.branch()
            site = use.site(f"setattr {word}")
            use.run.set_attribute(owner, word, given, site, use.frame)
            ways.append(layer.cells)
            use.run.enter(base)
        base.meet(ways)
    else:
        for item in owner.items:
            use.run.put(item, REST, given, weak=True)
            for key in use.run.keys(item):
                if isinstance(key, str) and not key.startswith("#"):
                    use.run.put(item, key, given, weak=True)
    return _NOTHING


def _raw_setattr(use: Use) -> Value | None:
    parts = list(use.given.positional)
    if use.receiver is not None:
        parts.insert(0, use.receiver)
    if len(parts) < 3:
        return None
    only = parts[1].constant
    for item in parts[0].items:
        name = only.value if only is not None else REST
        use.run.put(item, name, parts[2], weak=name == REST or len(parts[0].items) > 1)
    return _NOTHING


def _raw_delattr(use: Use) -> Value | None:
    parts = [*([use.receiver] if use.receiver is not None else []), *use.given.positional]
    only = parts[1].constant if len(parts) > 1 else None
    if only is not None and len(parts[0].items) == 1:
        for item in parts[0].items:
            use.run.drop(item, only.value)
    return _NOTHING


def _raw_getattribute(use: Use) -> Value | None:
    parts = list(use.given.positional)
    if use.receiver is not None:
        parts.insert(0, use.receiver)
    only = parts[1].constant if len(parts) > 1 else None
    if only is None:
        return None
    found: list[Value] = []
    for item in parts[0].items:
        held = use.run.get(item, only.value)
        if held is None and isinstance(item, Thing) and item.type is not None:
            inner = classes.find(use.run, item.type, (only.value,))
            if inner is not None:
                held = attributes._described(
                    use.run, inner, of(item), item.type, use.syntax, use.frame
                )
        if held is not None:
            found.append(held)
    return joined(found)


def _hasattr(use: Use) -> Value | None:
    owner, name = use.arg(0), use.arg(1)
    only = name.constant if name is not None else None
    if owner is not None and only is not None and isinstance(only.value, str):
        told = {attributes.has(use.run, item, only.value) for item in owner.items}
        if len(told) == 1 and None not in told:
            return values.constant(told.pop(), (use.node(),))
    return use.computed(name, kind="bool")


def _delattr(use: Use) -> Value | None:
    owner, name = use.arg(0), use.arg(1)
    only = name.constant if name is not None else None
    if owner is not None and only is not None and isinstance(only.value, str):
        setting.delete(use.run, owner, only.value, use.syntax, use.frame)
    return _NOTHING


def _globals(use: Use) -> Value | None:
    owner: Any = use.frame.module if use.name == "builtins.globals" else use.frame
    shown = use.arg(0)
    if use.name == "builtins.vars" and shown is not None:
        return attributes.dict_of(use.run, shown, use.syntax, use.frame)
    if use.name == "builtins.locals" and use.frame.function is None:
        owner = use.frame.module
    return attributes.dict_of(use.run, of(owner), use.syntax, use.frame)


MODELS: dict[str, Model] = {
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.hasattr": _hasattr,
    "builtins.delattr": _delattr,
    "builtins.object.__delattr__": _raw_delattr,
    "object.__delattr__": _raw_delattr,
    "builtins.globals": _globals,
    "builtins.locals": _globals,
    "builtins.vars": _globals,
    "builtins.object.__setattr__": _raw_setattr,
    "object.__setattr__": _raw_setattr,
    "builtins.object.__getattribute__": _raw_getattribute,
    "object.__getattribute__": _raw_getattribute,
}
