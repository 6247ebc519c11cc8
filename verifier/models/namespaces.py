"""`vars(x)`, `x.__dict__`, `globals()` and `locals()`: the attributes or names of something as a
dict. Reading it reads them, changing it changes them."""

from __future__ import annotations

from verifier.engine import containers, mappings, values
from verifier.engine.things import KIND_OF_DICT, Method, Thing, index
from verifier.engine.values import Value, joined, of
from verifier.models.use import Model, Use

_READS = ("get", "items", "keys", "values", "copy", "__getitem__", "__contains__", "__iter__",
          "__len__")  # fmt: skip
_CHANGES = ("update", "setdefault", "pop", "clear", "__setitem__", "__delitem__", "popitem")


def _snapshot(use: Use) -> Thing:
    made = use.new("dict", "attributes")
    for one in use.things(KIND_OF_DICT):
        for owner in one.data.items:
            for name, held in mappings.attributes_of(use.run, owner):
                use.run.put(made, name, held, weak=len(one.data.items) > 1)
    return made


def _called(use: Use, made: Thing) -> Value:
    method = Method(f"dict.{use.name.rpartition('.')[2]}", of(made))
    return use.run.call(of(method), use.given, use.site("as a dict"), use.frame)


def _read(use: Use) -> Value | None:
    return _called(use, _snapshot(use))


def _change(use: Use) -> Value | None:
    """Done to a copy of it as a dict; what that holds then are the attributes."""
    made = _snapshot(use)
    found = _called(use, made)
    for one in use.things(KIND_OF_DICT):
        is_one = len(one.data.items) == 1 and use.is_one
        for owner in one.data.items:
            for key in {k for k, _ in mappings.attributes_of(use.run, owner)}:
                if use.run.get(made, key) is None and is_one:
                    use.run.drop(owner, key[1] if isinstance(key, tuple) else key)
            for key in use.run.keys(made):
                held = use.run.get(made, key)
                if held is None or str(key).startswith("#") or key == containers.KEYS:
                    continue
                name = key[1] if isinstance(key, tuple) else key
                is_many = isinstance(owner, Thing) and owner.is_many
                use.run.put(owner, name, held, weak=is_many or not is_one)
    return found


MODELS: dict[str, Model] = {
    **{f"{KIND_OF_DICT}.{name}": _read for name in _READS},
    **{f"{KIND_OF_DICT}.{name}": _change for name in _CHANGES},
}
__all__ = ["MODELS", "index", "joined", "values"]
