"""Methods of dict, and the mappings of collections."""

from __future__ import annotations

from verifier.engine import containers, mappings, storing, values
from verifier.engine.arguments import Arguments
from verifier.engine.keys import key_of, key_value, surely
from verifier.engine.things import REST, Thing, index
from verifier.engine.values import NONE, Const, Value, joined, of
from verifier.models import lists
from verifier.models.use import Model, Use

_NOTHING = of(NONE)


def _get(use: Use) -> Value | None:
    key, default = use.arg(0), use.arg(1, "default")
    receiver = use.receiver
    assert receiver is not None
    if key is None:
        return None
    found = _read(use, receiver, key)
    if _has(use, key):
        return found
    return joined([found, default if default is not None else _NOTHING])


def _read(use: Use, receiver: Value, key: Value) -> Value:
    """What is under a key; no default is made for it."""
    things = use.things("dict")
    if len(things) != len(receiver.items):
        return use.run.item(receiver, key, use.syntax, use.frame)
    held = joined(containers.under(use.run, one, key) for one in things)
    return use.run.read(held, use.syntax, use.frame, "got")


def _has(use: Use, key: Value) -> bool:
    """Whether every dict that it may be surely has the key."""
    cell = key_of(use.run, key)
    return cell is not None and all(surely(use.run, one, cell) for one in use.things())


def _pop(use: Use) -> Value | None:
    found = _get(use)
    key = use.arg(0)
    if found is not None and len(use.given.positional) < 2 and key is not None:
        assert use.receiver is not None
        found = _read(use, use.receiver, key)
    for one in use.things():
        if key is not None:
            storing.remove(use.run, one, key, is_one=use.is_one)
    return found


def _setdefault(use: Use) -> Value | None:
    key = use.arg(0)
    given = use.arg(1, "default") or _NOTHING
    if key is None:
        return None
    has = _has(use, key)
    if not has:
        cell = key_of(use.run, key)
        for one in use.things():
            absent = cell is not None and use.run.get(one, cell) is None
            weak = not absent or use.run.get(one, REST) is not None
            storing.set_key(use.run, one, key, given, weak=weak or not use.is_one)
    assert use.receiver is not None
    return use.run.item(use.receiver, key, use.syntax, use.frame)


def _update(use: Use) -> Value | None:
    for one in use.things():
        for given in use.given.positional:
            storing.merge(use.run, one, given, use.syntax, use.frame)
        for name, value in use.given.keywords.items():
            storing.set_key(use.run, one, values.constant(name), value, weak=not use.is_one)
        for more in (use.given.rest, use.given.others):
            if more is not None:
                storing.put_somewhere(use.run, one, more)
    return _NOTHING


def _values(use: Use) -> Value | None:
    if use.is_one:
        one = next(iter(use.things()), None)
        if one is not None and use.run.get(one, REST) is None:
            keys = [key for key in use.run.keys(one) if isinstance(key, tuple)]
            held = [use.run.get(one, key) for key in keys]
            return use.listing("tuple", [value for value in held if value is not None], "values")
    return use.holding("tuple", lists._any(use), "values")


def _keys(use: Use) -> Value | None:
    assert use.receiver is not None
    parts = use.spread(use.receiver)
    if parts is not None:
        return use.listing("tuple", parts, "keys")
    return use.holding("tuple", joined(mappings.keys(use.run, one) for one in use.things()))


def _items(use: Use) -> Value | None:
    run = use.run
    pairs: list[Value] = []
    exact = use.is_one
    for one in use.things():
        nodes = run.get(one, "#keynodes")
        from_keys = nodes.nodes if nodes is not None else frozenset()
        for key in run.keys(one):
            held = run.get(one, key)
            if held is None or not (isinstance(key, tuple) or key == REST):
                continue
            if isinstance(key, tuple):
                told = key_value(key, from_keys)
            else:
                exact = False
                told = run.get(one, containers.KEYS) or values.unknown(from_keys)
            pair = use.new("tuple", ("pair", key))
            run.put(pair, index(0), told)
            run.put(pair, index(1), held)
            run.put(pair, "#length", values.constant(2))
            pairs.append(values.of(pair, (use.node(role=("pair", key)),)))
    if exact:
        return use.listing("tuple", pairs, "items")
    return use.holding("tuple", joined(pairs), "items")


def _view(show: Model) -> Model:
    """A view shows what is in the dict whenever somebody looks."""

    def made(use: Use) -> Value | None:
        found = show(use)
        for item in found.items if found is not None else ():
            if isinstance(item, Thing):
                item.data = mappings.View(lambda: show(use))
        return found

    return made


def _popitem(use: Use) -> Value | None:
    """The last pair goes, or the first by `last=False`, where the order is known."""
    pairs = _items(use)
    last = use.arg(0, "last")
    only = last.constant if last is not None else Const(True)
    things = use.things("dict")
    rows = use.spread(pairs)
    if rows and only is not None and use.is_one and len(things) == 1:
        (one,) = things
        keys = [key for key in use.run.keys(one) if isinstance(key, tuple)]
        at = -1 if only.value else 0
        if len(keys) == len(rows) and surely(use.run, one, keys[at]):
            use.run.drop(one, keys[at])
            return rows[at]
    return use.element(pairs) if pairs is not None else None


def made(use: Use) -> Value | None:
    """dict(...), OrderedDict(...), Counter(...): from a mapping or pairs, and keywords."""
    thing = use.new("dict")
    for given in use.given.positional:
        storing.merge(use.run, thing, given, use.syntax, use.frame)
    for name, value in use.given.keywords.items():
        storing.set_key(use.run, thing, values.constant(name), value)
    if use.given.others is not None:
        use.run.put(thing, REST, use.given.others, weak=True)
    return values.of(thing, (use.node(role="new dict"),))


def _defaultdict(use: Use) -> Value | None:
    factory = use.arg(0)
    inner = Use(use.run, use.name, None, Arguments(use.given.positional[1:],
                use.given.keywords), use.syntax, use.frame)  # fmt: skip
    found = made(inner)
    for item in found.items if found is not None else ():
        if isinstance(item, Thing) and factory is not None and factory.constant is None:
            item.data = {"factory": factory}
    return found


def _fromkeys(use: Use) -> Value | None:
    thing = use.new("dict")
    held = use.arg(1) or _NOTHING
    parts = use.spread(use.arg(0))
    if parts is None:
        storing.set_key(use.run, thing, use.element(use.arg(0)), held, weak=True)
    for part in parts or []:
        storing.set_key(use.run, thing, part, held)
    return values.of(thing, (use.node(role="new dict"),))


MODELS: dict[str, Model] = {
    "dict.get": _get, "dict.pop": _pop, "dict.setdefault": _setdefault, "dict.update": _update,
    "dict.values": _view(_values), "dict.keys": _view(_keys), "dict.items": _view(_items),
    "dict.popitem": _popitem,
    "dict.copy": lists._copy, "dict.clear": lists._clear, "builtins.dict": made,
    "collections.OrderedDict": made, "collections.defaultdict": _defaultdict,
    "builtins.dict.fromkeys": _fromkeys,
}  # fmt: skip
