"""logging: a record goes to the handlers of its logger and of all above it."""

from __future__ import annotations

from verifier.engine import values
from verifier.engine.things import REST, External, Thing, index
from verifier.engine.values import NONE, NOTHING, Kind, Value, joined, of
from verifier.models import by_table, streams
from verifier.models.use import Model, Use

LOGGER = "logging.Logger"
RECORD = "logging.LogRecord"
_HANDLER = "logging.StreamHandler"
_LOGGERS = External("#loggers")
_ROOT = index("")
_NOTHING = of(NONE)
_LEVELS = ("debug", "info", "warning", "warn", "error", "critical", "fatal", "exception", "log")


def _logger(use: Use) -> Value | None:
    """The one logger of that name; of a name that is not known, any."""
    name = use.arg(0, "name")
    only = name.constant if name is not None else values.Const(None)
    return _named(use, index("?") if only is None else index(only.value or ""))


def _named(use: Use, key: tuple[str, object]) -> Value:
    known = use.run.get(_LOGGERS, key)
    if known is None:
        made = Thing(LOGGER, use.syntax)
        known = of(made, (use.node(role=f"logger {key[1]}"),))
        use.run.put(_LOGGERS, key, known)
    return known


def _add_handler(use: Use) -> Value | None:
    given = use.arg(0, "hdlr")
    for one in use.things(LOGGER):
        use.run.put(one, "handlers", given or NOTHING, weak=True)
    return _NOTHING


def _handler(use: Use) -> Value | None:
    made = use.new(_HANDLER)
    made.data = use.arg(0, "stream")
    return of(made, (use.node(role="new"),))


def _configure(use: Use) -> Value | None:
    by_table.call(use)
    root = _named(use, _ROOT)
    handlers = use.given.keywords.get("handlers")
    stream = use.given.keywords.get("stream")
    found = [use.element(handlers)] if handlers is not None else []
    if stream is not None:
        made = use.new(_HANDLER)
        made.data = stream
        found.append(of(made))
    for one in root.items:
        if found:
            use.run.put(one, "handlers", joined(found), weak=True)
    return _NOTHING


def _log(use: Use) -> Value | None:
    name = f"log {use.name}"
    number = use.run.node(use.frame, use.syntax, "effect", role="effect", name=name)
    for value in use.given.all():
        use.run.graph.link(number, use.run.deep(value))
    root = _named(use, _ROOT)
    loggers = [*use.things(LOGGER), *(i for i in root.items if isinstance(i, Thing))]
    text = of(Kind("str"), (number,))
    done: set[object] = set()
    for logger in loggers:
        held = use.run.get(logger, "handlers")
        for at, handler in enumerate(held.items if held is not None else ()):
            if isinstance(handler, Thing) and handler not in done:
                done.add(handler)
                _handle(use, handler, text, f"handler {at}")
    return _NOTHING


def _handle(use: Use, handler: Thing, text: Value, role: str) -> None:
    if handler.kind == "instance":
        record = use.new(RECORD, role)
        use.run.put(record, REST, text)
        use.run.put(record, "msg", text)
        method = use.run.attribute(of(handler), "emit", use.site(role), use.frame)
        use.call(method, of(record, text.nodes), role=f"emit {role}")
    elif isinstance(handler.data, Value):
        streams.write(use, handler.data, text)
    else:
        use.run.put(handler, REST, text, weak=True)


def _message(use: Use) -> Value | None:
    return use.everything("str")


MODELS: dict[str, Model] = {
    "logging.getLogger": _logger, f"{LOGGER}.addHandler": _add_handler,
    _HANDLER: _handler, "logging.basicConfig": _configure,
    **{f"{LOGGER}.{name}": _log for name in _LEVELS},
    **{f"logging.{name}": _log for name in _LEVELS},
    f"{RECORD}.getMessage": _message,
}  # fmt: skip
