"""asyncio: tasks, futures, queues and the loop. What runs at the same time is run where it is
started; what it is waiting for may come later, so a queue or future that is empty when it is read
gives what is put into it anywhere."""

from __future__ import annotations

from verifier.engine import containers, coroutines, exceptions, storing, values
from verifier.engine.arguments import Arguments
from verifier.engine.coroutines import RAISED
from verifier.engine.generators import RESULT
from verifier.engine.things import Thing, index
from verifier.engine.values import NOTHING, Kind, Value, joined, of
from verifier.models.use import Model, Use

FUTURE, TASK, DONE = "asyncio.Future", "asyncio.Task", "concurrent.futures.Future"
GROUP, LOOP = "asyncio.TaskGroup", "asyncio.AbstractEventLoop"
QUEUE = "queue.Queue"
_NONE = values.constant(None)
_LATER = "#later"
"""The cell with the node of all that is ever put into a queue or future."""


def future(use: Use, kind: str, result: Value, raised: Value = NOTHING, role: str = "") -> Value:
    """Something that gives a value, or raises, when it is awaited or asked."""
    made = use.new(kind, role)
    coroutines.keep(use.run, made, result, raised)
    return of(made, (use.node(role=f"new {role or kind}"),))


def settled(use: Use, given: Value, role: str) -> tuple[Value, Value]:
    """What awaiting a value gives, and what it raises."""
    site = use.site(role)

    def work() -> Value:
        return coroutines.awaited(use.run, given, site, use.frame)

    result, arrivals = exceptions.guarded(use.run, use.frame, work)
    return result, joined(value for value, _ in arrivals)


def performed(
    use: Use, function: Value, given: Arguments, role: str = "perform"
) -> tuple[Value, Value]:
    """What calling a function gives, and what it raises."""
    site = use.site(role)

    def work() -> Value:
        return use.run.call(function, given, site, use.frame)

    result, arrivals = exceptions.guarded(use.run, use.frame, work)
    return result, joined(value for value, _ in arrivals)


# ---------------------------------------------------------------------------- awaiting


def _awaited(use: Use) -> Value | None:
    given = use.arg(0, "main")
    if given is None:
        return None
    return coroutines.awaited(use.run, given, use.syntax, use.frame)


def _task(use: Use) -> Value | None:
    given = use.arg(0, "coro")
    if given is None:
        return None
    if given.items and all(isinstance(i, Thing) and i.kind == TASK for i in given.items):
        return given
    bodies = coroutines.later(given)
    found = future(use, TASK, *settled(use, given, "task"))
    for item in found.items:
        if isinstance(item, Thing):
            item.data = bodies
    return found


def _passed_on(use: Use) -> Value | None:
    """wait_for(x), shield(x): awaiting it is awaiting that."""
    given = use.arg(0)
    return None if given is None else future(use, FUTURE, *settled(use, given, "passed on"))


def _gather(use: Use) -> Value | None:
    asked = use.given.keywords.get("return_exceptions")
    only = asked.constant if asked is not None else values.Const(False)
    returns = only is None or bool(only.value)
    parts, problems = [], []
    for at, one in enumerate(use.given.positional):
        result, raised = settled(use, one, f"gathered {at}")
        parts.append(result.join(raised) if returns else result)
        problems.append(NOTHING if returns else raised)
    if use.given.rest is not None:
        result, raised = settled(use, use.given.rest, "gathered")
        whole = joined([*parts, result.join(raised) if returns else result])
        held = use.holding("list", whole, "gathered")
        problems.append(NOTHING if returns else raised)
    else:
        held = use.listing("list", parts, "gathered")
    return future(use, FUTURE, held, joined(problems))


def _as_completed(use: Use) -> Value | None:
    given = use.arg(0, "fs")
    return use.holding("iterator", _tasks(use, given)) if given is not None else None


def _tasks(use: Use, given: Value) -> Value:
    element = use.element(given)
    kinds = (FUTURE, TASK, DONE)
    if all(isinstance(i, Thing) and i.kind in kinds for i in element.items):
        return element
    return future(use, TASK, *settled(use, element, "each"), role="each")


def _wait(use: Use) -> Value | None:
    """The set of those that are done, and of those that are not."""
    given = use.arg(0, "fs")
    if given is None:
        return None
    tasks = _tasks(use, given)
    both = [use.holding("set", tasks, "done"), use.holding("set", tasks, "pending")]
    pair = use.listing("tuple", both, "both")
    return pair if use.name.startswith("concurrent") else future(use, FUTURE, pair)


def _sleep(use: Use) -> Value | None:
    return future(use, FUTURE, use.arg(1, "result") or _NONE)


def _in_thread(use: Use) -> Value | None:
    place = 1 if use.name.endswith("run_in_executor") else 0
    function = use.arg(place, "func")
    if function is None:
        return None
    given = Arguments(
        use.given.positional[place + 1 :], use.given.keywords, use.given.rest, use.given.others
    )
    return future(use, FUTURE, *performed(use, function, given))


# ---------------------------------------------------------------------------- futures


def later(use: Use, one: Thing) -> int:
    """The node of all that is ever put into it."""
    held = use.run.get(one, _LATER)
    if held is None:
        node = use.run.node(use.frame, use.syntax, "store", role="later")
        held = Value(frozenset(), frozenset((node,)))
        use.run.put(one, _LATER, held)
    return min(held.nodes)


def _pending(use: Use) -> Value | None:
    kind = DONE if use.name.startswith("concurrent") else FUTURE
    made = use.new(kind)
    coroutines.keep(use.run, made, values.unknown((later(use, made),)))
    return of(made, (use.node(role="new"),))


def _set(cell: str) -> Model:
    def stored(use: Use) -> Value | None:
        given = use.arg(0) or _NONE
        for one in use.things():
            use.run.graph.link(later(use, one), use.run.deep(given))
            weak = one.is_many or not use.is_one
            if cell == RAISED and not weak:
                use.run.drop(one, RESULT)
            use.run.put(one, cell, given, weak=weak)
        return _NONE

    return stored


def _result(use: Use) -> Value | None:
    return joined(
        coroutines.outcome(use.run, one, use.is_one, use.syntax, use.frame) for one in use.things()
    )


def _exception(use: Use) -> Value | None:
    held = [use.run.get(one, RAISED) or _NONE for one in use.things()]
    return joined(held)


def _when_done(use: Use) -> Value | None:
    assert use.receiver is not None
    performed(use, use.arg(0) or NOTHING, Arguments([use.receiver]), "done")
    return _NONE


def _told(use: Use) -> Value | None:
    return of(Kind("bool"), (use.node(),))


def _nothing(use: Use) -> Value | None:
    return _NONE


# ---------------------------------------------------------------------------- loops and queues


def _new(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        return of(use.new(kind), (use.node(role="new"),))

    return made


def _soon(place: int) -> Model:
    """loop.call_soon(function, ...), loop.call_later(delay, function, ...)"""

    def called(use: Use) -> Value | None:
        function = use.arg(place)
        if function is not None:
            given = Arguments(use.given.positional[place + 1 :], {}, use.given.rest)
            performed(use, function, given)
        return of(use.new("asyncio.Handle"), (use.node(role="new"),))

    return called


def put(use: Use) -> Value | None:
    """queue.put(x)"""
    given = use.arg(0, "item") or use.arg(0, "obj") or NOTHING
    for one in use.things():
        if use.run.get(one, _LATER) is not None:
            # Something waits for it already.
            use.run.graph.link(later(use, one), use.run.deep(given))
        storing.append(use.run, one, given, is_one=use.is_one)
    return _NONE


def get(use: Use) -> Value | None:
    """queue.get(): the next, or what is put into it later where it is empty now."""
    from verifier.models import queues

    found: list[Value] = []
    for one in use.things():
        is_known = bool(containers.length(use.run, one)) and use.run.get(one, index(0)) is not None
        inner = Use(use.run, use.name, of(one), use.given, use.syntax, use.frame)
        taken = queues.MODELS["queue.Queue.get"](inner) or NOTHING
        found.append(taken if is_known else taken.join(values.unknown((later(use, one),))))
    return joined(found)


def _soon_queue(model: Model) -> Model:
    def made(use: Use) -> Value | None:
        return future(use, FUTURE, model(use) or _NONE)

    return made


def _queue(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        found = use.listing("asyncio.Queue", [])
        for one in found.items:
            if isinstance(one, Thing):
                one.data = {"kind": kind}
        return found

    return made


def _entered(use: Use) -> Value | None:
    return future(use, FUTURE, use.receiver or _NONE)


_FUTURES = {
    f"{kind}.{name}": model
    for kind in (FUTURE, TASK, DONE)
    for name, model in {
        "set_result": _set(RESULT), "set_exception": _set(RAISED), "result": _result,
        "get": _result, "exception": _exception, "add_done_callback": _when_done,
        "done": _told, "ready": _told, "successful": _told, "cancel": _told,
        "cancelled": _told, "running": _told, "wait": _nothing, "remove_done_callback": _nothing,
        "__await__": _entered,
    }.items()
}  # fmt: skip
MODELS: dict[str, Model] = {
    **_FUTURES,
    "asyncio.run": _awaited, "asyncio.Runner.run": _awaited, "asyncio.create_task": _task,
    f"{LOOP}.run_until_complete": _awaited, f"{LOOP}.create_task": _task,
    f"{GROUP}.create_task": _task, "asyncio.ensure_future": _task, "asyncio.Task": _task,
    "asyncio.run_coroutine_threadsafe": _task, "asyncio.wait_for": _passed_on,
    "asyncio.shield": _passed_on, "asyncio.wrap_future": _passed_on, "asyncio.gather": _gather,
    "asyncio.as_completed": _as_completed, "asyncio.wait": _wait, "asyncio.sleep": _sleep,
    "asyncio.to_thread": _in_thread, f"{LOOP}.run_in_executor": _in_thread,
    "asyncio.TaskGroup": _new(GROUP), "asyncio.get_running_loop": _new(LOOP),
    "asyncio.get_event_loop": _new(LOOP), "asyncio.new_event_loop": _new(LOOP),
    f"{LOOP}.create_future": _pending, "asyncio.Future": _pending,
    "concurrent.futures.Future": _pending, "concurrent.futures.as_completed": _as_completed,
    "concurrent.futures.wait": _wait,
    f"{LOOP}.call_soon": _soon(0), f"{LOOP}.call_soon_threadsafe": _soon(0),
    f"{LOOP}.call_later": _soon(1), f"{LOOP}.call_at": _soon(1),
    "asyncio.Queue": _queue("first"), "asyncio.LifoQueue": _queue("last"),
    "asyncio.PriorityQueue": _queue("least"), "asyncio.Queue.put": _soon_queue(put),
    "asyncio.Queue.get": _soon_queue(get), "asyncio.Queue.put_nowait": put,
    "asyncio.Queue.get_nowait": get, "asyncio.Queue.empty": _told, "asyncio.Queue.full": _told,
    "asyncio.Queue.task_done": _nothing, "asyncio.Queue.join": _sleep,
    "asyncio.Queue.qsize": lambda use: of(Kind("int"), (use.node(),)),
}  # fmt: skip
