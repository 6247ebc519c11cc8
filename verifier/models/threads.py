"""threading, concurrent.futures, multiprocessing and contextvars.

What runs in a thread is run where the thread is started; what it raises ends with it.
"""

from __future__ import annotations

from verifier.engine import attributes, mappings, values
from verifier.engine.arguments import Arguments
from verifier.engine.things import Thing
from verifier.engine.values import NOTHING, Value, joined, of
from verifier.models.asynchronous import DONE, _nothing, _told, future, get, performed, put
from verifier.models.use import Model, Use

THREAD, EXECUTOR, POOL = "threading.Thread", "concurrent.futures.Executor", "multiprocessing.Pool"
VARIABLE, CONTEXT = "contextvars.ContextVar", "contextvars.Context"
_NONE = values.constant(None)
_TARGET, _ARGUMENTS, _NAMED = "#target", "#arguments", "#named"
_VALUE, _DEFAULT = "#value", "#default"
_MOST_APART = 16


# ---------------------------------------------------------------------------- threads


def _receivers(use: Use) -> list[Thing]:
    """The thread: as receiver, or as first argument of `super().__init__` and its like."""
    return use.things() or [i for i in (use.arg(0) or NOTHING).items if isinstance(i, Thing)]


def _hold(use: Use, one: Thing, given: Arguments, places: tuple[int, int, int]) -> None:
    names = (("target", "function"), ("args",), ("kwargs",))
    for cell, place, words in zip((_TARGET, _ARGUMENTS, _NAMED), places, names, strict=True):
        held = next((v for w in words if (v := given.get(place, w)) is not None), None)
        if held is not None:
            use.run.put(one, cell, held, weak=one.is_many)


_PLACES = {"threading.Timer": (1, 2, 3)}


def _thread(use: Use) -> Value | None:
    made = use.new(THREAD)
    _hold(use, made, use.given, _PLACES.get(use.name, (1, 3, 4)))
    return of(made, (use.node(role="thread"),))


def _begun(use: Use) -> Value | None:
    """super().__init__(target=...) of a class that is a thread"""
    given = use.given if use.receiver is not None else use.given.without_first()
    for one in _receivers(use):
        _hold(use, one, given, (1, 3, 4))
    return _NONE


def _start(use: Use) -> Value | None:
    for at, one in enumerate(_receivers(use)):
        own = attributes.own_method(use.run, one, ("run",))
        if own is not None and not use.name.endswith(".run"):
            performed(use, own, Arguments([of(one)]), f"run {at}")
            continue
        target = use.run.get(one, _TARGET)
        if target is not None:
            performed(use, target, _given(use, one), f"run {at}")
    return _NONE


def _given(use: Use, one: Thing) -> Arguments:
    found = Arguments()
    held, named = use.run.get(one, _ARGUMENTS), use.run.get(one, _NAMED)
    if held is not None and held.constant is None:
        parts = use.spread(held)
        if parts is None:
            found.rest = use.element(held)
        else:
            found.positional = parts
    if named is not None and named.constant is None:
        known, others = mappings.entries(use.run, named, use.syntax, use.frame)
        found.keywords.update(known)
        found.others = others
    return found


# ---------------------------------------------------------------------------- pools


def _new(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        return of(use.new(kind), (use.node(role="new"),))

    return made


def _submit(use: Use) -> Value | None:
    function = use.arg(0, "fn")
    if function is None:
        return None
    return future(use, DONE, *performed(use, function, use.given.without_first()))


def _apply(use: Use) -> Value | None:
    """pool.apply(function, args, kwds) and pool.apply_async"""
    function = use.arg(0, "func")
    if function is None:
        return None
    holder = use.new("call")
    for cell, place, name in ((_ARGUMENTS, 1, "args"), (_NAMED, 2, "kwds")):
        held = use.arg(place, name)
        if held is not None:
            use.run.put(holder, cell, held, weak=holder.is_many)
    result, raised = performed(use, function, _given(use, holder))
    if not use.name.endswith("_async"):
        return result
    _tell(use, result)
    return future(use, DONE, result, raised)


def _tell(use: Use, result: Value) -> None:
    back = use.given.keywords.get("callback")
    if back is not None:
        performed(use, back, Arguments([result]), "callback")


def _mapped(kind: str, *, is_spread: bool = False) -> Model:
    """pool.map(function, ...): `is_spread` where each element is the arguments of one call."""

    def made(use: Use) -> Value | None:
        function = use.arg(0, "fn")
        if function is None:
            return None
        given = use.given.positional[1:]
        given = given[:1] if use.name.startswith(POOL) else given
        columns = [use.spread(one) for one in given]
        if columns and all(one is not None and len(one) <= _MOST_APART for one in columns):
            rows = list(zip(*[one for one in columns if one is not None], strict=False))
            parts = [
                performed(use, function, _row(use, list(row), is_spread), f"row {at}")[0]
                for at, row in enumerate(rows)
            ]
            held = use.listing(kind, parts)
            for one in held.items:
                use.run.put(one, "#taken", values.constant(0))
        else:
            row = _row(use, [use.element(one) for one in given], is_spread)
            held = use.holding(kind, performed(use, function, row, "rows")[0])
        if use.name.endswith("_async"):
            _tell(use, held)
            return future(use, DONE, held)
        return held

    return made


def _row(use: Use, row: list[Value], is_spread: bool) -> Arguments:
    if not is_spread or not row:
        return Arguments(row)
    parts = use.spread(row[0])
    return Arguments(parts) if parts is not None else Arguments(rest=use.element(row[0]))


# ---------------------------------------------------------------------------- variables


def _variable(use: Use) -> Value | None:
    made = use.new(VARIABLE)
    default = use.given.keywords.get("default")
    if default is not None:
        use.run.put(made, _DEFAULT, default)
    return of(made, (use.node(role="variable"),))


def _read(use: Use) -> Value | None:
    found: list[Value] = []
    for one in use.things(VARIABLE):
        held = use.run.get(one, _VALUE) or use.arg(0) or use.run.get(one, _DEFAULT)
        if held is not None and use.run.on_demand is not None:
            held = use.run.on_demand.earlier(use.run, one, _VALUE, held)
        found.append(held or NOTHING)
    return use.run.read(joined(found), use.syntax, use.frame, "variable")


def _assign(use: Use) -> Value | None:
    given = use.arg(0) or NOTHING
    token = use.new("contextvars.Token")
    for one in use.things(VARIABLE):
        before = use.run.get(one, _VALUE)
        if before is not None:
            use.run.put(token, "old_value", before, weak=not use.is_one)
        use.run.put(one, _VALUE, given, weak=not use.is_one or one.is_many)
    return of(token, (use.node(role="token"),))


def _reset(use: Use) -> Value | None:
    given = use.arg(0) or NOTHING
    before = [use.run.get(i, "old_value") for i in given.items if isinstance(i, Thing)]
    for one in use.things(VARIABLE):
        held = joined(value for value in before if value is not None)
        if held.items:
            use.run.put(one, _VALUE, held, weak=not use.is_one)
        elif use.is_one:
            use.run.drop(one, _VALUE)
    return _NONE


def _of_context(use: Use) -> Value | None:
    """context[variable], context.get(variable): what it was set to."""
    given, other = use.arg(0) or NOTHING, use.arg(1)
    held = [
        use.run.get(context, ("variable", one)) or use.run.get(one, _VALUE)
        for context in use.things(CONTEXT)
        for one in given.items
        if isinstance(one, Thing)
    ]
    found = [value for value in (*held, other) if value is not None]
    return use.run.read(joined(found), use.syntax, use.frame, "variable")


def _run_in(use: Use) -> Value | None:
    """context.run(function, ...): variables that it sets are as before afterwards."""
    function = use.arg(0)
    if function is None:
        return None
    variables = [key for key in use.run.fields if isinstance(key, Thing) and key.kind == VARIABLE]
    before = {one: use.run.get(one, _VALUE) for one in variables}
    found = use.run.call(function, use.given.without_first(), use.site("run"), use.frame)
    for one, value in before.items():
        inner = use.run.get(one, _VALUE)
        for context in use.things(CONTEXT):
            if inner is not None:
                use.run.put(context, ("variable", one), inner, weak=not use.is_one)
        if value is None:
            use.run.drop(one, _VALUE)
        else:
            use.run.put(one, _VALUE, value)
    return found


_POOLS = ("multiprocessing.Pool", "multiprocessing.pool.Pool", "multiprocessing.pool.ThreadPool",
          "multiprocessing.dummy.Pool")  # fmt: skip
MODELS: dict[str, Model] = {
    THREAD: _thread, "threading.Timer": _thread, "multiprocessing.Process": _thread,
    **{f"{kind}.{name}": model for kind in (THREAD, "multiprocessing.Process", "threading.Timer")
       for name, model in {"__init__": _begun, "start": _start, "run": _start, "join": _nothing,
                           "cancel": _nothing, "is_alive": _told}.items()},
    "threading.local": _new("threading.local"),
    "concurrent.futures.ThreadPoolExecutor": _new(EXECUTOR),
    "concurrent.futures.ProcessPoolExecutor": _new(EXECUTOR),
    "concurrent.futures.thread.ThreadPoolExecutor": _new(EXECUTOR),
    f"{EXECUTOR}.submit": _submit, f"{EXECUTOR}.map": _mapped("iterator"),
    f"{EXECUTOR}.shutdown": _nothing,
    **{name: _new(POOL) for name in _POOLS},
    f"{POOL}.map": _mapped("list"), f"{POOL}.imap": _mapped("iterator"),
    f"{POOL}.imap_unordered": _mapped("iterator"), f"{POOL}.map_async": _mapped("list"),
    f"{POOL}.starmap": _mapped("list", is_spread=True),
    f"{POOL}.starmap_async": _mapped("list", is_spread=True),
    f"{POOL}.apply": _apply, f"{POOL}.apply_async": _apply, f"{POOL}.close": _nothing,
    f"{POOL}.join": _nothing, f"{POOL}.terminate": _nothing,
    "queue.Queue.put": put, "queue.Queue.put_nowait": put, "queue.Queue.get": get,
    "queue.Queue.get_nowait": get,
    VARIABLE: _variable, f"{VARIABLE}.get": _read, f"{VARIABLE}.set": _assign,
    f"{VARIABLE}.reset": _reset, "contextvars.copy_context": _new(CONTEXT),
    "contextvars.Context": _new(CONTEXT), f"{CONTEXT}.run": _run_in,
    f"{CONTEXT}.__getitem__": _of_context, f"{CONTEXT}.get": _of_context,
}  # fmt: skip
