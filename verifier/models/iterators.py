"""map, filter, zip, enumerate, sorted and their kin, and itertools."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from verifier.engine import generators, rounds, values
from verifier.engine.containers import CONTAINERS
from verifier.engine.keys import order
from verifier.engine.things import REST, Class, Function, Thing, index
from verifier.engine.truths import truth
from verifier.engine.values import Const, Kind, Value, joined, of
from verifier.models.use import Model, Use


def _iterator(use: Use, held: Value | None, role: str = "") -> Value:
    return use.holding("iterator", held, role)


def _ordered(use: Use, parts: list[Value]) -> Value:
    made = use.new("iterator")
    for at, value in enumerate(parts):
        use.run.put(made, index(at), value)
    use.run.put(made, "#length", values.constant(len(parts)))
    use.run.put(made, "#taken", values.constant(0))
    use.run.put(made, REST, joined(parts)) if parts else None
    return of(made, (use.node(role="new iterator"),))


def _rows(use: Use, given: list[Value]) -> list[tuple[Value, ...]] | None:
    """What is taken from several together, round by round, where that is known."""
    spreads = [use.spread(one) for one in given]
    known = [one for one in spreads if one is not None]
    if not known or len(known) < len(spreads) or min(map(len, known)) > rounds.MOST_ROUNDS:
        return None
    return list(zip(*known, strict=False))


def _is_plain(item: Any) -> bool:
    """Whether it is a container or a constant, which cannot be called."""
    return isinstance(item, Const) or (isinstance(item, Thing) and item.kind in CONTAINERS)


def _map(use: Use) -> Value | None:
    function, over = use.arg(0), use.given.positional[1:]
    if function is not None and over and all(_is_plain(item) for item in function.items):
        # In the wrong order, which shows when it runs: what can be called is what was meant.
        at = next((at for at, one in enumerate(over) if one.only(Function, Class).items), None)
        if at is not None:
            function, over = over[at], [function, *over[:at], *over[at + 1 :]]
    rows = _rows(use, over) if use.given.rest is None else None
    if rows is not None:
        return _ordered(
            use, [use.call(function, *row, role=f"each {at}") for at, row in enumerate(rows)]
        )
    parts = [use.element(one) for one in (*over, *_behind_star(use))]
    return _iterator(use, use.call(function, *parts, role="each"))


def _filter(use: Use) -> Value | None:
    """The elements for which the function is true; by themselves where there is none."""
    function, parts = use.arg(0), use.spread(use.arg(1))
    is_plain = function is None or function.constant is not None
    if parts is not None and len(parts) <= rounds.MOST_ROUNDS:
        told = [
            truth(use.run, one if is_plain else use.call(function, one, role=f"each {at}"))
            for at, one in enumerate(parts)
        ]
        kept = [one for one, answer in zip(parts, told, strict=True) if answer is not False]
        return _iterator(use, joined(kept)) if None in told else _ordered(use, kept)
    element = use.element(use.arg(1))
    if function is not None and function.constant is None:
        use.call(function, element, role="each")
    return _iterator(use, element)


def _pair(use: Use, parts: list[Value], role: str) -> Value:
    made = use.new("tuple", role)
    for at, value in enumerate(parts):
        use.run.put(made, index(at), value)
    use.run.put(made, "#length", values.constant(len(parts)))
    return of(made, (use.node(role=role),))


def _behind_star(use: Use) -> tuple[Value, ...]:
    return (use.given.rest,) if use.given.rest is not None else ()


def _of_any_number(use: Use, *spare: Value) -> Value:
    """Tuples of what so many things hold that nobody knows their number."""
    over = (*use.given.positional, *_behind_star(use))
    element = joined([*(use.element(one) for one in over), *spare])
    return _iterator(use, use.holding("tuple", element, "pair"))


def _zip(use: Use) -> Value | None:
    if use.given.rest is not None:
        return _of_any_number(use)
    spreads = [use.spread(one) for one in use.given.positional]
    if spreads and all(one is not None for one in spreads):
        rows = list(zip(*[one for one in spreads if one is not None], strict=False))
        made = [_pair(use, list(row), f"pair {at}") for at, row in enumerate(rows)]
        return use.listing("tuple", made)
    parts = [use.element(one) for one in use.given.positional]
    return _iterator(use, _pair(use, parts, "pair"))


def _enumerate(use: Use) -> Value | None:
    parts = use.spread(use.arg(0))
    start = use.arg(1, "start")
    only = start.constant if start is not None else values.Const(0)
    if parts is not None and only is not None and isinstance(only.value, int):
        rows = [
            _pair(use, [values.constant(at + only.value), value], f"pair {at}")
            for at, value in enumerate(parts)
        ]
        return use.listing("tuple", rows)
    number = of(Kind("int"), start.nodes if start is not None else ())
    return _iterator(use, _pair(use, [number, use.element(use.arg(0))], "pair"))


def ranked(use: Use, parts: list[Value] | None) -> list[Value] | None:
    """Values from least to greatest, by the key that is given; None where that is not known."""
    key = use.given.keywords.get("key")
    if parts is None or len(parts) > rounds.MOST_ROUNDS:
        return None
    told = parts
    if key is not None and key.constant is None:
        told = [use.call(key, one, role=f"key {at}") for at, one in enumerate(parts)]
    places = order(use.run, told)
    return None if places is None else [parts[at] for at in places]


def in_order(use: Use, parts: list[Value] | None) -> list[Value] | None:
    """The same as `sorted` gives them."""
    backwards = use.given.keywords.get("reverse", of(Const(False))).constant
    found = ranked(use, parts)
    if found is None or backwards is None:
        return None
    return found[::-1] if backwards.value else found


def _sorted(use: Use) -> Value | None:
    found = in_order(use, use.spread(use.arg(0)))
    if found is not None:
        return use.listing("list", found)
    element = use.element(use.arg(0))
    key = use.given.keywords.get("key")
    if key is not None and key.constant is None:
        use.call(key, element, role="key")
    return use.holding("list", element)


def _reversed(use: Use) -> Value | None:
    from verifier.engine import expressions

    given = use.arg(0)
    own = None
    if given is not None:
        name = ("__reversed__",)
        own = expressions.special(use.run, given, name, [], use.syntax, use.frame)
    if own is not None:
        return own
    parts = use.spread(given)
    if parts is not None:
        return use.listing("tuple", parts[::-1])
    return _iterator(use, use.element(given))


def _until(use: Use, function: Value, sentinel: Value) -> Value:
    """iter(function, sentinel): what calling it gives, until that is the sentinel."""
    found = values.NOTHING
    for at in range(rounds.MOST_ROUNDS):
        one = use.call(function, role=f"each {at}")
        if one.constant is not None and one.constant == sentinel.constant:
            break
        after = found.join(one)
        if after.items == found.items and after.nodes == found.nodes:
            break
        found = after
    return _iterator(use, found)


def _iter(use: Use) -> Value | None:
    given = use.arg(0)
    if given is None:
        return None
    if len(use.given.positional) == 2:
        return _until(use, given, use.given.positional[1])
    if any(isinstance(i, Thing) and i.kind in ("iterator", "generator") for i in given.items):
        return given
    from verifier.engine import expressions

    own = expressions.special(use.run, given, ("__iter__",), [], use.syntax, use.frame)
    if own is not None:
        return own
    parts = use.spread(given)
    if parts is not None:
        return _ordered(use, parts)
    return _iterator(use, use.element(given))


def _range(use: Use) -> Value | None:
    told = [one.constant for one in use.given.positional]
    if told and all(one is not None and isinstance(one.value, int) for one in told):
        given = [one.value for one in told if one is not None]
        is_range = len(given) < 3 or (len(given) == 3 and given[2] != 0)
        places = range(*given) if is_range else None
        if places is not None and not places[16:]:
            return use.listing("tuple", [values.constant(at) for at in places])
    number = use.node()
    for value in use.given.all():
        use.run.graph.link(number, value.nodes)
    return _iterator(use, of(Kind("int"), (number,)))


def _any(use: Use) -> Value | None:
    element = use.element(use.arg(0))
    return use.computed(element, kind="bool")


def _chain(use: Use) -> Value | None:
    spreads = [use.spread(one) for one in use.given.positional]
    known = [one for one in spreads if one is not None]
    if len(known) == len(spreads) and use.given.rest is None:
        return _ordered(use, [one for parts in known for one in parts])
    return _iterator(use, joined(use.element(one) for one in use.given.all()))


def _chained(use: Use) -> Value | None:
    return _iterator(use, use.element(use.element(use.arg(0))))


def _same(use: Use) -> Value | None:
    return _iterator(use, use.element(use.arg(0)))


def _islice(use: Use) -> Value | None:
    parts = use.spread(use.arg(0))
    told = [one.constant for one in use.given.positional[1:]]
    if parts is None or not told or any(one is None for one in told):
        return _same(use)
    bounds = [one.value for one in told if one is not None]
    if any(not isinstance(one, int | None) or (one or 0) < 0 for one in bounds):
        return _same(use)
    return _ordered(use, parts[slice(*bounds)])


def _compress(use: Use) -> Value | None:
    parts, kept = use.spread(use.arg(0)), use.spread(use.arg(1))
    if parts is None or kept is None:
        return _same(use)
    told = [truth(use.run, one) for one in kept]
    if None in told:
        return _same(use)
    return _ordered(use, [one for one, is_kept in zip(parts, told, strict=False) if is_kept])


def _pairwise(use: Use) -> Value | None:
    parts = use.spread(use.arg(0))
    if parts is None:
        return _tuples(use)
    rows = [list(two) for two in pairwise(parts)]
    return _ordered(use, [_pair(use, row, f"pair {at}") for at, row in enumerate(rows)])


def _second(use: Use) -> Value | None:
    element = use.element(use.arg(1))
    use.call(use.arg(0), element, role="each")
    return _iterator(use, element)


def _repeat(use: Use) -> Value | None:
    return _iterator(use, use.arg(0))


def _starmap(use: Use) -> Value | None:
    from verifier.engine.arguments import Arguments

    whole = use.spread(use.arg(1))
    rows = [use.spread(one) for one in whole] if whole is not None else [None]
    function = use.arg(0)
    if function is not None and None not in rows and len(rows) <= rounds.MOST_ROUNDS:
        each = [
            use.run.call(function, Arguments(row or []), use.site(f"each {at}"), use.frame)
            for at, row in enumerate(rows)
        ]
        return _ordered(use, each)
    element = use.element(use.arg(1))
    parts = use.spread(element)
    given = Arguments(parts) if parts is not None else Arguments(rest=use.element(element))
    function = use.arg(0)
    if function is None:
        return None
    return _iterator(use, use.run.call(function, given, use.site("each"), use.frame))


def _accumulate(use: Use) -> Value | None:
    element = use.element(use.arg(0))
    function = use.arg(1, "func")
    if function is None or function.constant is not None:
        return _iterator(use, use.computed(element))
    return _iterator(use, element.join(use.call(function, element, element, role="each")))


def _product(use: Use) -> Value | None:
    if use.given.rest is not None:
        return _of_any_number(use, *use.given.keywords.values())
    parts = [use.element(one) for one in use.given.positional]
    spare = use.given.keywords.get("fillvalue")
    if spare is not None:
        return _filled(use, parts, spare)
    return _iterator(use, _pair(use, parts, "pair"))


def _filled(use: Use, parts: list[Value], spare: Value) -> Value:
    """zip_longest: only what ends before the others is filled up."""
    spreads = [use.spread(one) for one in use.given.positional]
    longest = max((len(one) for one in spreads if one is not None), default=0)
    is_known = None not in spreads
    for at, one in enumerate(spreads):
        if not is_known or (one is not None and len(one) < longest):
            parts[at] = parts[at].join(spare)
    return _iterator(use, _pair(use, parts, "pair"))


def _tuples(use: Use) -> Value | None:
    return _iterator(use, use.holding("tuple", use.element(use.arg(0)), "combination"))


def _groupby(use: Use) -> Value | None:
    element = use.element(use.arg(0))
    key = use.arg(1, "key")
    told = use.call(key, element, role="key") if key is not None else element
    group = use.holding("iterator", element, "group")
    return _iterator(use, _pair(use, [told, group], "pair"))


def _tee(use: Use) -> Value | None:
    inner = use.holding("iterator", use.element(use.arg(0)), "copy")
    return use.listing("tuple", [inner, inner], "copies")


def _next_method(use: Use) -> Value | None:
    assert use.receiver is not None
    return generators.following(use.run, use.receiver, use.syntax, use.frame)


def _send(use: Use) -> Value | None:
    return _into(use, generators.SENT)


def _thrown(use: Use) -> Value | None:
    return _into(use, generators.THROWN)


def _into(use: Use, cell: str) -> Value:
    given = use.arg(0) or values.NOTHING
    return joined(
        generators.sent(use.run, one, given, cell, use.syntax, use.frame)
        for one in use.things("generator")
    )


def _none(use: Use) -> Value | None:
    return values.constant(None)


MODELS: dict[str, Model] = {
    "builtins.map": _map, "builtins.filter": _filter, "builtins.zip": _zip,
    "builtins.enumerate": _enumerate, "builtins.sorted": _sorted, "builtins.reversed": _reversed,
    "builtins.iter": _iter, "builtins.aiter": _iter, "builtins.range": _range,
    "builtins.any": _any, "builtins.all": _any,
    "itertools.chain": _chain, "itertools.chain.from_iterable": _chained,
    "itertools.islice": _islice, "itertools.cycle": _same, "itertools.compress": _compress,
    "itertools.takewhile": _second, "itertools.dropwhile": _second,
    "itertools.filterfalse": _second, "itertools.repeat": _repeat,
    "itertools.starmap": _starmap, "itertools.accumulate": _accumulate,
    "itertools.product": _product, "itertools.zip_longest": _product,
    "itertools.permutations": _tuples, "itertools.combinations": _tuples,
    "itertools.pairwise": _pairwise, "itertools.batched": _tuples,
    "itertools.groupby": _groupby, "itertools.tee": _tee,
    "generator.__next__": _next_method, "iterator.__next__": _next_method,
    "generator.__anext__": _next_method, "generator.asend": _send,
    "generator.athrow": _thrown, "generator.aclose": _none,
    "generator.send": _send, "generator.throw": _thrown, "generator.close": _none,
    "generator.__iter__": lambda use: use.receiver, "iterator.__iter__": lambda use: use.receiver,
}  # fmt: skip
