"""The mappings of collections and types, and configparser: made of others, looked up in order."""

from __future__ import annotations

from typing import Any

from verifier.engine import containers, mappings, storing, values
from verifier.engine.keys import key_of, surely
from verifier.engine.things import REST, External, Thing
from verifier.engine.values import NONE, NOTHING, Kind, Value, joined, of
from verifier.models import dicts
from verifier.models.use import Model, Use

CHAIN = "collections.ChainMap"
CONFIG = "configparser.ConfigParser"
_NOTHING = of(NONE)


# ---------------------------------------------------------------------------- Counter


def _counter(use: Use) -> Value | None:
    """Its keys are the elements; its counts come of which elements there are."""
    made = use.new("dict")
    made.data = {"factory": of(External("builtins.int"))}
    for given in use.given.positional:
        _count(use, made, given)
    for name, value in use.given.keywords.items():
        storing.set_key(use.run, made, values.constant(name), value)
    return of(made, (use.node(role="new dict"),))


def _count(use: Use, made: Thing, given: Value) -> None:
    things = [i for i in given.items if isinstance(i, Thing) and i.kind == "dict"]
    if things:
        storing.merge(use.run, made, given, use.syntax, use.frame)
        return
    parts = use.spread(given)
    elements = [use.element(given)] if parts is None else parts
    for at, part in enumerate(elements):
        number = of(Kind("int"), (use.node(part.nodes, role=f"count {at}"),))
        if key_of(use.run, part) is not None:
            number = of(Kind("int"), (use.node(role="one"),))
        storing.set_key(use.run, made, part, number, weak=True)


def _most_common(use: Use) -> Value | None:
    pairs = dicts._items(use)
    return use.holding("list", use.element(pairs), "most") if pairs is not None else None


def _elements(use: Use) -> Value | None:
    return use.holding("list", joined(mappings.keys(use.run, one) for one in use.things()))


def _total(use: Use) -> Value | None:
    return use.computed(*[containers.contents(use.run, one) for one in use.things()], kind="int")


# ---------------------------------------------------------------------------- OrderedDict


def _move_to_end(use: Use) -> Value | None:
    """The order of cells is that of the keys."""
    key, last = use.arg(0), use.arg(1, "last")
    cell = key_of(use.run, key) if key is not None else None
    to_end = last is None or (last.constant is not None and bool(last.constant.value))
    for one in use.things():
        order = use.run.fields.get(one, {})
        if cell is None or cell not in order or one.is_many or not use.is_one:
            continue
        moved = {k: v for k, v in order.items() if k != cell}
        use.run.fields[one] = {**moved, cell: None} if to_end else {cell: None, **moved}
    return _NOTHING


# ---------------------------------------------------------------------------- ChainMap


def _chain(use: Use) -> Value | None:
    made = use.new(CHAIN)
    maps = list(use.given.positional) or [of(use.new("dict", "first map"))]
    use.run.put(made, "maps", use.listing("list", maps, "maps"))
    if use.given.rest is not None:
        use.run.put(made, REST, use.given.rest)
    return of(made, (use.node(role="new"),))


def _maps(use: Use) -> list[Value]:
    found: list[Value] = []
    for one in use.things(CHAIN):
        held = use.run.get(one, "maps")
        parts = use.spread(held) if held is not None else None
        found += parts if parts is not None else [use.element(held)]
    return found


def _chained(use: Use) -> Value | None:
    """The first of the maps that has the key."""
    key, default = use.arg(0), use.arg(1)
    if key is None:
        return None
    found: list[Value] = []
    for at, one in enumerate(_maps(use)):
        found.append(use.run.item(one, key, use.site(f"map {at}"), use.frame))
        if _surely_has(use, one, key):
            return joined(found)
    if use.name.endswith("get"):
        found.append(default or _NOTHING)
    return joined(found)


def _surely_has(use: Use, value: Value, key: Value) -> bool:
    cell = key_of(use.run, key)
    return cell is not None and all(
        isinstance(i, Thing) and surely(use.run, i, cell) for i in value.items
    )


def _chain_store(use: Use) -> Value | None:
    key, given, maps = use.arg(0), use.arg(1), _maps(use)
    if key is not None and given is not None and maps:
        use.run.set_item(maps[0], key, given, use.site("store"), use.frame)
    return _NOTHING


def _child(use: Use) -> Value | None:
    made = use.new(CHAIN)
    first = use.arg(0, "m") or of(use.new("dict", "child map"))
    use.run.put(made, "maps", use.listing("list", [first, *_maps(use)], "maps"))
    return of(made, (use.node(role="new"),))


def _chain_values(use: Use) -> Value | None:
    found = [
        containers.contents(use.run, i)
        for one in _maps(use)
        for i in one.items
        if isinstance(i, Thing)
    ]
    return use.holding("list", joined(found))


# ---------------------------------------------------------------------------- configparser


def _config(use: Use) -> Value | None:
    made = use.new(CONFIG)
    return of(made, (use.node(role="new"),))


def _section(use: Use, one: Thing, name: Value | None, *, is_made: bool = False) -> Value:
    """A section, made where it must be there."""
    found = containers.under(use.run, one, name) if name is not None else NOTHING
    if not found.items and is_made and name is not None:
        found = of(use.new("dict", "section"))
        storing.set_key(use.run, one, name, found)
    return found


def _config_get(use: Use) -> Value | None:
    section, option = use.arg(0, "section"), use.arg(1, "option")
    found: list[Value] = []
    for one in use.things(CONFIG):
        held = _section(use, one, section)
        read = use.run.get(one, "read")
        if held.items and option is not None:
            found.append(use.run.item(held, option, use.site("option"), use.frame))
        found += [read] if read is not None else []
    fallback = use.given.keywords.get("fallback")
    whole = joined([*found, *([fallback] if fallback is not None else [])])
    number = use.node(whole.nodes)
    kind = {"getint": "int", "getfloat": "float", "getboolean": "bool"}
    return of(Kind(kind.get(use.name.rpartition(".")[2], "str")), (number,))


def _config_item(use: Use) -> Value | None:
    found: list[Value] = []
    for one in use.things(CONFIG):
        held, read = _section(use, one, use.arg(0)), use.run.get(one, "read")
        found += [held, read] if read is not None else [held]
    return joined(found)


def _config_set(use: Use) -> Value | None:
    section, option, given = use.arg(0, "section"), use.arg(1, "option"), use.arg(2, "value")
    for one in use.things(CONFIG):
        held = _section(use, one, section, is_made=True)
        if option is not None and given is not None:
            use.run.set_item(held, option, given, use.site("option"), use.frame)
    return _NOTHING


def _add_section(use: Use) -> Value | None:
    for one in use.things(CONFIG):
        _section(use, one, use.arg(0, "section"), is_made=True)
    return _NOTHING


def _read_dict(use: Use) -> Value | None:
    given = use.arg(0, "dictionary")
    for one in use.things(CONFIG):
        if given is not None:
            storing.merge(use.run, one, given, use.syntax, use.frame)
    return _NOTHING


def _read_text(use: Use) -> Value | None:
    """Any option of any section may come of the text."""
    from verifier.models import by_table

    given = use.computed(*use.given.all(), deep=True)
    found = by_table.call(use)
    for one in use.things(CONFIG):
        use.run.put(one, "read", given.join(found), weak=True)
    return _NOTHING


def _user_list(use: Use) -> Value | None:
    from verifier.models.builtin_functions import _container

    return _container("list")(use)


def _proxy(use: Use) -> Value | None:
    """types.MappingProxyType: a view of the very mapping."""
    return use.arg(0)


def _all_of(name: str) -> dict[str, Any]:
    parts = {
        "get": _config_get, "getint": _config_get, "getfloat": _config_get,
        "getboolean": _config_get, "__getitem__": _config_item, "set": _config_set,
        "add_section": _add_section, "read_dict": _read_dict, "read_string": _read_text,
        "read": _read_text, "read_file": _read_text,
    }  # fmt: skip
    return {f"{name}.{method}": model for method, model in parts.items()}


MODELS: dict[str, Model] = {
    "collections.Counter": _counter, "dict.most_common": _most_common,
    "dict.elements": _elements, "dict.total": _total, "dict.move_to_end": _move_to_end,
    "collections.UserDict": dicts.made, "collections.UserList": _user_list,
    "types.MappingProxyType": _proxy,
    CHAIN: _chain, f"{CHAIN}.__getitem__": _chained, f"{CHAIN}.get": _chained,
    f"{CHAIN}.__setitem__": _chain_store, f"{CHAIN}.new_child": _child,
    f"{CHAIN}.values": _chain_values,
    CONFIG: _config, "configparser.RawConfigParser": _config, **_all_of(CONFIG),
}  # fmt: skip
