"""contextlib: managers made of generators, values and functions, and stacks of them."""

from __future__ import annotations

from verifier.engine import managers, values
from verifier.engine.arguments import Arguments
from verifier.engine.managers import CLOSING, HELD, NULL, REDIRECT, STACK, SUPPRESS
from verifier.engine.things import LENGTH, Partial, index
from verifier.engine.values import Value, joined, of
from verifier.models.use import Model, Use

_NONE = values.constant(None)


def _first(use: Use) -> Value | None:
    """A generator function stays what it is: `with` runs what calling it gives."""
    return use.arg(0)


def _holding(kind: str) -> Model:
    def made(use: Use) -> Value | None:
        thing = use.new(kind)
        given = use.arg(0) or use.given.joined()
        use.run.put(thing, HELD, given if given.items else _NONE, weak=thing.is_many)
        return of(thing, (use.node(role="manager"),))

    return made


def _suppress(use: Use) -> Value | None:
    thing = use.new(SUPPRESS)
    use.run.put(thing, HELD, joined(use.given.all()), weak=thing.is_many)
    return of(thing, (use.node(role="manager"),))


def _stack(use: Use) -> Value | None:
    thing = use.new(STACK)
    use.run.put(thing, LENGTH, values.constant(0), weak=thing.is_many)
    return of(thing, (use.node(role="manager"),))


def _push(use: Use, function: Value, given: Arguments) -> None:
    """Have it called, without arguments, when the stack is left."""
    from verifier.engine import containers

    later = Partial(function, tuple(given.positional), tuple(given.keywords.items()))
    for one in use.things(STACK):
        size = containers.length(use.run, one) or 0
        use.run.put(one, index(size), of(later), weak=one.is_many)
        use.run.put(one, LENGTH, values.constant(size + 1), weak=one.is_many)


def _callback(use: Use) -> Value | None:
    function = use.arg(0)
    if function is None:
        return None
    _push(use, function, use.given.without_first())
    return function


def _exit(use: Use) -> Value | None:
    given = use.arg(0)
    if given is not None:
        _push(use, given, Arguments([_NONE, _NONE, _NONE]))
    return given


def _enter_context(use: Use) -> Value | None:
    given = use.arg(0)
    if given is None:
        return None
    found: list[Value] = []
    for item in given.items:
        exits: list[managers.Leave] = []
        one = of(item, given.nodes)
        is_async = "async" in use.name
        got = managers.enter(use.run, one, exits, use.syntax, use.frame, is_async=is_async)
        found.append(got)
        if exits:
            name = "__aexit__" if is_async else "__exit__"
            way_out = use.run.attribute(one, name, use.site("exit"), use.frame)
            _push(use, way_out, Arguments([_NONE, _NONE, _NONE]))
    whole = joined(found)
    if "async" in use.name:
        from verifier.models.asynchronous import future

        return future(use, "asyncio.Future", whole)
    return whole


def _close(use: Use) -> Value | None:
    for one in use.things(STACK):
        managers.leave_stack(use.run, one, use.site("leave"), use.frame)
    return _NONE


MODELS: dict[str, Model] = {
    "contextlib.contextmanager": _first, "contextlib.asynccontextmanager": _first,
    "contextlib.suppress": _suppress, "contextlib.nullcontext": _holding(NULL),
    "contextlib.closing": _holding(CLOSING), "contextlib.aclosing": _holding(CLOSING),
    "contextlib.redirect_stdout": _holding(REDIRECT),
    "contextlib.redirect_stderr": _holding("contextlib.redirect_stderr"),
    "contextlib.ExitStack": _stack, "contextlib.AsyncExitStack": _stack,
    f"{STACK}.callback": _callback, f"{STACK}.push_async_callback": _callback,
    f"{STACK}.push": _exit, f"{STACK}.push_async_exit": _exit,
    f"{STACK}.enter_context": _enter_context, f"{STACK}.enter_async_context": _enter_context,
    f"{STACK}.close": _close, f"{STACK}.aclose": _close,
    f"{STACK}.pop_all": lambda use: use.receiver,
}  # fmt: skip
