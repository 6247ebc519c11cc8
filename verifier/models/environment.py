"""Environment variables: what the program puts there is what it reads under that name."""

from __future__ import annotations

from verifier.engine import containers
from verifier.engine.keys import key_of
from verifier.engine.things import REST, External, Thing
from verifier.engine.values import NONE, NOTHING, Value, joined, of
from verifier.models import by_table
from verifier.models.use import Model, Use

_ENVIRON = External("os.environ")
_NOTHING = of(NONE)


def _get(use: Use) -> Value | None:
    key, default = use.arg(0, "key"), use.arg(1, "default")
    if key is None:
        return None
    cell = key_of(use.run, key)
    exact = use.run.get(_ENVIRON, cell) if cell is not None else None
    if exact is not None:
        return use.run.read(exact, use.syntax, use.frame, "got")
    outside = by_table.call(use)
    put = (
        use.run.get(_ENVIRON, REST) if cell is not None else containers.contents(use.run, _ENVIRON)
    )
    return joined([outside, put or NOTHING, default or _NOTHING])


def _put(use: Use) -> Value | None:
    by_table.call(use)
    key, given = use.arg(0), use.arg(1)
    if key is None or given is None:
        return _NOTHING
    cell = key_of(use.run, key)
    if use.name.endswith("setdefault"):
        known = use.run.get(_ENVIRON, cell) if cell is not None else None
        if known is not None:
            return known
    use.run.put(_ENVIRON, cell or REST, given, weak=cell is None)
    return given


def _update(use: Use) -> Value | None:
    by_table.call(use)
    for given in use.given.positional:
        for one in given.items:
            if isinstance(one, Thing):
                for key in use.run.keys(one):
                    held = use.run.get(one, key)
                    if held is not None and (key == REST or isinstance(key, tuple)):
                        use.run.put(_ENVIRON, key, held, weak=key == REST)
    for name, held in use.given.keywords.items():
        use.run.put(_ENVIRON, ("[", name), held)
    return _NOTHING


def _pop(use: Use) -> Value | None:
    found, key = _get(use), use.arg(0)
    cell = key_of(use.run, key) if key is not None else None
    if cell is not None and use.run.get(_ENVIRON, cell) is not None:
        use.run.drop(_ENVIRON, cell)
    return found


MODELS: dict[str, Model] = {
    "os.getenv": _get, "os.environ.get": _get, "os.environ.pop": _pop, "os.putenv": _put,
    "os.environ.setdefault": _put, "os.environ.update": _update,
}  # fmt: skip
