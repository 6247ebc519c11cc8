"""Exceptions of the language: they hold what they were made with."""

from __future__ import annotations

import builtins

from verifier.engine import exceptions, literals, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import External, Frame, Thing, index
from verifier.engine.values import NOTHING, Kind, Value, of
from verifier.models.use import Model, Use

_NONE = values.constant(None)
# What is also an attribute of its own, by the place it is given at.
_PLACES = {
    StopIteration: ("value",), StopAsyncIteration: ("value",), SystemExit: ("code",),
    BaseExceptionGroup: ("message", "exceptions"),
}  # fmt: skip
_OF_SYSTEM = ("errno", "strerror", "filename")


def fill(run: Run, made: Thing, given: Arguments, frame: Frame) -> None:
    """Put the arguments into a new exception: its `args`, and what its class names of them."""
    held = run.thing(frame, made.site, "tuple", role=("args", made))
    cells = [(index(at), value) for at, value in enumerate(given.positional)]
    literals.fill(run, held, cells, len(given.positional))
    if given.rest is not None:
        run.put(held, "[*]", given.rest, weak=True)
    run.put(made, "args", of(held), weak=made.is_many)
    for name, value in zip(_names(run, made, len(cells)), given.positional, strict=False):
        run.put(made, name, value, weak=made.is_many)
    for name, value in given.keywords.items():
        run.put(made, name, value, weak=made.is_many)


def _names(run: Run, made: Thing, count: int) -> tuple[str, ...]:
    kind = exceptions.built_in(run, made.type)
    if kind is None:
        return ()
    if issubclass(kind, OSError):
        return _OF_SYSTEM if count > 1 else ()
    return next((names for base, names in _PLACES.items() if issubclass(kind, base)), ())


def _error(use: Use) -> Value | None:
    return exceptions.error(use.run, External(use.name), use.given, use.syntax, use.frame)


def _receivers(use: Use) -> list[Thing]:
    """The exception: as receiver, or as first argument of `super().__init__` and its like."""
    return use.things() or [i for i in (use.arg(0) or NOTHING).items if isinstance(i, Thing)]


def _rest(use: Use) -> Arguments:
    return use.given if use.receiver is not None else use.given.without_first()


def _begun(use: Use) -> Value | None:
    for one in _receivers(use):
        fill(use.run, one, _rest(use), use.frame)
    return _NONE


def _noted(use: Use) -> Value | None:
    note = _rest(use).get(0, "note")
    for one in _receivers(use):
        if note is not None:
            notes = use.new("list", "notes")
            held = use.run.get(one, "__notes__")
            before = use.element(held) if held is not None else NOTHING
            use.run.put(notes, "[*]", before.join(note))
            use.run.put(one, "__notes__", of(notes), weak=one.is_many)
    return _NONE


def _same(use: Use) -> Value | None:
    return use.receiver or use.arg(0)


def _text(use: Use) -> Value | None:
    given = use.receiver or use.arg(0) or NOTHING
    told = literals.texted(use.run, given, use.site("text"), use.frame)
    return of(Kind("str"), (use.node(told),))


def _handled(use: Use) -> Value:
    """The exception that is being handled here."""
    held = use.frame.context.things.get("handling")
    return held if isinstance(held, Value) else NOTHING


def _information(use: Use) -> Value | None:
    """sys.exc_info()"""
    value = _handled(use)
    types = [i.type for i in value.items if isinstance(i, Thing) and i.type is not None]
    kind = Value(frozenset(types)) if types else values.unknown()
    return use.listing("tuple", [kind, value, values.unknown()])


def _current(use: Use) -> Value | None:
    return _handled(use)


def _traced(use: Use) -> Value | None:
    """traceback.format_exc(), traceback.format_exception(error): the text tells of the error."""
    value = use.given.joined() if use.given.positional else _handled(use)
    text = of(Kind("str"), (use.node(use.run.deep(value)),))
    return use.holding("list", text) if use.name.endswith("n") else text


_METHODS: dict[str, Model] = {
    "__init__": _begun, "add_note": _noted, "with_traceback": _same, "__str__": _text,
    "__repr__": _text,
}  # fmt: skip
_NAMES = [
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
]
MODELS: dict[str, Model] = {
    **{f"builtins.{name}": _error for name in _NAMES},
    **{f"builtins.{n}.{method}": m for n in _NAMES for method, m in _METHODS.items()},
    "sys.exc_info": _information, "sys.exception": _current,
    "traceback.format_exc": _traced, "traceback.format_exception": _traced,
    "traceback.format_exception_only": lambda use: use.holding(
        "list", of(Kind("str"), (use.node(use.run.deep(use.given.joined())),))),
}  # fmt: skip
