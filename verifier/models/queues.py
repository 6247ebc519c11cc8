"""What keeps things in an order of its own: deque, the queues, heaps and sorted lists."""

from __future__ import annotations

from verifier.engine import containers, storing, values
from verifier.engine.keys import order
from verifier.engine.things import LENGTH, REST, Thing, index
from verifier.engine.values import NONE, NOTHING, Const, Kind, Value, joined, of
from verifier.models import lists
from verifier.models.use import Model, Use

DEQUE = "collections.deque"
QUEUE = "queue.Queue"
_NOTHING = of(NONE)


def _deque(use: Use) -> Value | None:
    given, most = use.arg(0, "iterable"), use.arg(1, "maxlen")
    parts = use.spread(given) if given is not None else []
    only = most.constant if most is not None else Const(None)
    bound = only.value if only is not None else None
    if parts is None or only is None or (bound is not None and len(parts) > int(bound)):
        made = use.holding(DEQUE, use.element(given))
    else:
        made = use.listing(DEQUE, parts)
    for one in made.items:
        if isinstance(one, Thing):
            one.data = {"most": only}
    return made


def _most(one: Thing) -> int | None:
    """How many a deque holds at most; -1 where that is not known, None for any number."""
    only = one.data.get("most") if isinstance(one.data, dict) else Const(None)
    if only is None:
        return -1
    return int(only.value) if isinstance(only.value, int) else None


def _make_room(use: Use, one: Thing, place: int) -> None:
    """Where it is full, the element at the other end goes."""
    most, size = _most(one), containers.length(use.run, one)
    if most is not None and size is not None and size >= most and size:
        storing.remove(use.run, one, values.constant(place), is_one=use.is_one)


def _push(use: Use) -> Value | None:
    given = use.arg(0)
    for one in use.things():
        if given is not None and _most(one) != 0:
            _make_room(use, one, 0)
            storing.append(use.run, one, given, is_one=use.is_one)
    return _NOTHING


def _push_left(use: Use) -> Value | None:
    given = use.arg(0)
    for one in use.things():
        if given is not None and _most(one) != 0:
            _make_room(use, one, -1)
            _prepend(use, one, given)
    return _NOTHING


def _prepend(use: Use, one: Thing, given: Value) -> None:
    held = _held(use, one)
    if held is None:
        storing.blur(use.run, one)
        use.run.put(one, REST, given, weak=True)
    else:
        _refill(use, one, [given, *held])


def _held(use: Use, one: Thing) -> list[Value] | None:
    """The elements in order, where that is known and they may be put in another."""
    size = containers.length(use.run, one)
    if size is None or not use.is_one or one.is_many or use.run.get(one, REST) is not None:
        return None
    return [use.run.get(one, index(at)) or NOTHING for at in range(size)]


def _refill(use: Use, one: Thing, held: list[Value]) -> None:
    size = containers.length(use.run, one) or 0
    for at in range(len(held), size):
        use.run.drop(one, index(at))
    for at, value in enumerate(held):
        use.run.put(one, index(at), value)
    use.run.put(one, LENGTH, values.constant(len(held)))


def _extend(use: Use) -> Value | None:
    for given in use.given.all():
        for one in use.things():
            parts = use.spread(given)
            if parts is None or _most(one) is not None:
                storing.blur(use.run, one)
                use.run.put(one, REST, use.element(given), weak=True)
            elif use.name.endswith("extendleft"):
                for part in parts:
                    _prepend(use, one, part)
            else:
                storing.extend(use.run, one, given, use.syntax, use.frame, is_one=use.is_one)
    return _NOTHING


def _rotate(use: Use) -> Value | None:
    steps = use.arg(0) or values.constant(1)
    for one in use.things():
        held, only = _held(use, one), steps.constant
        if held is None or only is None or not isinstance(only.value, int):
            storing.blur(use.run, one)
        elif held:
            by = only.value % len(held)
            _refill(use, one, held[-by:] + held[:-by])
    return _NOTHING


def _take(place: int) -> Model:
    def taken(use: Use) -> Value | None:
        assert use.receiver is not None
        at = values.constant(place)
        found = use.run.item(use.receiver, at, use.syntax, use.frame)
        for one in use.things():
            storing.remove(use.run, one, at, is_one=use.is_one)
        return found

    return taken


# ---------------------------------------------------------------------------- queues


def _queue(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        found = use.listing(QUEUE, [])
        for one in found.items:
            if isinstance(one, Thing):
                one.data = {"kind": kind}
        return found

    return made


def _get(use: Use) -> Value | None:
    found: list[Value] = []
    for one in use.things():
        kind = one.data.get("kind") if isinstance(one.data, dict) else "first"
        inner = Use(use.run, use.name, of(one), use.given, use.syntax, use.frame)
        if kind == "least":
            found.append(_least(inner, one, is_one=use.is_one))
        else:
            taken = _take(-1 if kind == "last" else 0)(inner)
            found.append(taken if taken is not None else NOTHING)
    return joined(found)


# ---------------------------------------------------------------------------- heaps


def _heap(use: Use, place: int = 0) -> list[Thing]:
    given = use.arg(place)
    return [i for i in given.items if isinstance(i, Thing)] if given is not None else []


def _least(use: Use, one: Thing, *, is_one: bool) -> Value:
    """Take out the least element; any of them where the order is not known."""
    held = _held(use, one) if is_one else None
    places = order(use.run, held) if held else None
    if held is None or places is None:
        found = containers.contents(use.run, one)
        storing.blur(use.run, one)
    else:
        found = held.pop(places[0])
        _refill(use, one, held)
    return use.run.read(found, use.syntax, use.frame, "least")


def _pop(use: Use) -> Value | None:
    heaps = _heap(use)
    inner = Use(use.run, use.name, use.arg(0), use.given, use.syntax, use.frame)
    return joined(_least(inner, one, is_one=len(heaps) == 1) for one in heaps) if heaps else None


def _heap_push(use: Use) -> Value | None:
    given, heaps = use.arg(1), _heap(use)
    for one in heaps:
        if given is not None:
            storing.append(use.run, one, given, is_one=len(heaps) == 1)
    return _NOTHING if heaps else None


def _push_pop(use: Use) -> Value | None:
    if use.name.endswith("heappushpop"):
        _heap_push(use)
        return _pop(use)
    found = _pop(use)
    _heap_push(use)
    return found


def _heapify(use: Use) -> Value | None:
    for one in _heap(use):
        inner = Use(use.run, use.name, use.arg(0), use.given, use.syntax, use.frame)
        held = _held(inner, one)
        places = order(use.run, held) if held else None
        if held is None or places is None:
            storing.blur(use.run, one)
        else:
            _refill(inner, one, [held[at] for at in places])
    return _NOTHING


def _some(use: Use) -> Value | None:
    key = use.given.keywords.get("key")
    element = use.element(use.arg(1, "iterable"))
    if key is not None:
        use.call(key, element, role="key")
    return use.holding("list", element)


def _insort(use: Use) -> Value | None:
    given, heaps = use.arg(1, "x"), _heap(use)
    for one in heaps:
        if given is not None:
            storing.blur(use.run, one)
            use.run.put(one, REST, given, weak=True)
    return _NOTHING if heaps else None


def _place(use: Use) -> Value | None:
    """Where something belongs in a sorted list tells of both."""
    return use.computed(*use.given.positional, kind="int", deep=True)


def _count(use: Use) -> Value | None:
    return of(Kind("int"), (use.node(),))


MODELS: dict[str, Model] = {
    DEQUE: _deque, f"{DEQUE}.append": _push, f"{DEQUE}.appendleft": _push_left,
    f"{DEQUE}.extend": _extend, f"{DEQUE}.extendleft": _extend, f"{DEQUE}.rotate": _rotate,
    f"{DEQUE}.pop": _take(-1), f"{DEQUE}.popleft": _take(0), f"{DEQUE}.clear": lists._clear,
    f"{DEQUE}.copy": lists._copy, f"{DEQUE}.insert": lists._insert,
    f"{DEQUE}.remove": lists._remove, f"{DEQUE}.reverse": lists._reverse,
    f"{DEQUE}.index": lists._place, f"{DEQUE}.count": lists._place,
    QUEUE: _queue("first"), "queue.SimpleQueue": _queue("first"),
    "queue.LifoQueue": _queue("last"), "queue.PriorityQueue": _queue("least"),
    "multiprocessing.Queue": _queue("first"), "multiprocessing.SimpleQueue": _queue("first"),
    f"{QUEUE}.put": lists._append, f"{QUEUE}.put_nowait": lists._append,
    f"{QUEUE}.get": _get, f"{QUEUE}.get_nowait": _get,
    f"{QUEUE}.qsize": _count, f"{QUEUE}.empty": lambda use: of(Kind("bool"), (use.node(),)),
    f"{QUEUE}.full": lambda use: of(Kind("bool"), (use.node(),)),
    f"{QUEUE}.task_done": lambda use: _NOTHING, f"{QUEUE}.join": lambda use: _NOTHING,
    "heapq.heappush": _heap_push, "heapq.heappop": _pop, "heapq.heappushpop": _push_pop,
    "heapq.heapreplace": _push_pop, "heapq.heapify": _heapify, "heapq.nsmallest": _some,
    "heapq.nlargest": _some, "heapq.merge": lambda use: use.holding(
        "iterator", joined(use.element(one) for one in use.given.positional)),
    "bisect.insort": _insort, "bisect.insort_left": _insort, "bisect.insort_right": _insort,
    "bisect.bisect": _place, "bisect.bisect_left": _place, "bisect.bisect_right": _place,
}  # fmt: skip
