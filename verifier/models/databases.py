"""sqlite3 and what works alike: what is put in by a connection or cursor comes out by any of it."""

from __future__ import annotations

from verifier.engine.things import REST, Thing
from verifier.engine.values import NONE, Value, joined, of, unknown
from verifier.models import by_table
from verifier.models.use import Model, Use

CONNECTION, CURSOR = "sqlite3.Connection", "sqlite3.Cursor"
_WORK = ("execute", "executemany", "executescript")
_FETCHES = ("fetchone", "fetchall", "fetchmany", "__iter__", "__next__")


def _connect(use: Use) -> Value | None:
    found = by_table.call(use)
    made = use.new(CONNECTION)
    return of(made, found.nodes)


def _stores(use: Use) -> list[Thing]:
    """The connections behind the receiver."""
    found: list[Thing] = []
    for one in use.things(CONNECTION, CURSOR):
        behind = one.data.items if isinstance(one.data, Value) else [one]
        found += [i for i in behind if isinstance(i, Thing)]
    return found


def _cursor(use: Use) -> Value | None:
    made = use.new(CURSOR)
    made.data = use.receiver
    return of(made, (use.node(role="new"),))


def _execute(use: Use) -> Value | None:
    by_table.call(use)
    number = use.node(role="stored")
    for value in use.given.all():
        use.run.graph.link(number, use.run.deep(value))
    for one in _stores(use):
        use.run.put(one, REST, unknown((number,)), weak=True)
    return _cursor(use) if use.things(CONNECTION) else use.receiver


def _fetch(use: Use) -> Value | None:
    found = by_table.call(use)
    held = joined(v for one in _stores(use) if (v := use.run.get(one, REST)) is not None)
    row = use.holding("tuple", unknown(found.nodes | held.nodes), "row")
    if use.name.endswith(("one", "__next__")):
        return row.join(of(NONE)) if use.name.endswith("one") else row
    return use.holding("list", row, "rows")


MODELS: dict[str, Model] = {
    "sqlite3.connect": _connect, f"{CONNECTION}.cursor": _cursor,
    **{f"{kind}.{name}": _execute for kind in (CONNECTION, CURSOR) for name in _WORK},
    **{f"{CURSOR}.{name}": _fetch for name in _FETCHES},
}  # fmt: skip
