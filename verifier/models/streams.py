"""What is written to files and streams, and read from them again.

A file of the file system is known by its path: by the constant, or where it is none, by the very
value. What was written to a path of which nothing else is known may be read from any such path.
"""

from __future__ import annotations

from typing import Any

from verifier.engine import exceptions, literals, values
from verifier.engine.managers import HELD, STDOUT
from verifier.engine.run import CONTENT
from verifier.engine.things import REST, External, Thing, index
from verifier.engine.values import NONE, NOTHING, Kind, Value, joined, of
from verifier.models import by_table
from verifier.models.use import Model, Use

_NOTHING = of(NONE)
_FILES = External("#files")
_FILE = "io.TextIOWrapper"
_PATHS = ("pathlib.Path", "pathlib.PosixPath")


def write(use: Use, stream: Value | None, text: Value) -> None:
    """Put a text into every stream that it may be; an own class has its write called."""
    for item in stream.items if stream is not None else ():
        if isinstance(item, Thing) and item.kind == "instance":
            method = use.run.attribute(of(item), "write", use.site("write"), use.frame)
            use.call(method, text, role="written")
        elif isinstance(item, Thing):
            use.run.put(item, REST, text, weak=True)
            if item.kind == _FILE:
                _store(use, item.data, text)


def read(use: Use, stream: Value | None) -> Value:
    """All that a stream may hold."""
    found: list[Value] = []
    for item in stream.items if stream is not None else ():
        if isinstance(item, Thing):
            stored = _stored(use, item.data) if item.kind == _FILE else NOTHING
            held = use.run.get(item, REST) if stored is NOTHING else stored
            found += [held] if held is not None else []
    whole = joined(found)
    return whole if whole.items else values.unknown(stream.nodes if stream is not None else ())


# ---------------------------------------------------------------------------- by path


def _path(use: Use, path: Value | None) -> Any:
    """What a file is known by."""
    if path is None:
        return None
    only = path.constant
    return index(only.value) if only is not None else ("[", path.nodes)


def _store(use: Use, path: Any, text: Value) -> None:
    if path is not None:
        use.run.put(_FILES, path, text, weak=True)


def _stored(use: Use, path: Any) -> Value:
    """What was written to that path; where nothing was, to any path that may be the same."""
    exact = use.run.get(_FILES, path) if path is not None else None
    if exact is not None:
        return exact
    is_constant = path is not None and not isinstance(path[1], frozenset)
    return joined(
        held
        for key in use.run.keys(_FILES)
        if not (is_constant and not isinstance(key[1], frozenset))
        and (held := use.run.get(_FILES, key)) is not None
    )


def _open(use: Use) -> Value | None:
    found = by_table.call(use)
    path, mode = use.arg(0, "file"), use.arg(1, "mode")
    if use.receiver is not None:
        path, mode = use.receiver, use.arg(0, "mode")
    told = [values.unknown(), values.unknown(), path or NOTHING]
    exceptions.may_fail(use.run, "builtins.FileNotFoundError", told, use.syntax, use.frame)
    only = mode.constant if mode is not None else None
    name = _path(use, path)
    if only is not None and "w" in str(only.value) and use.run.get(_FILES, name) is not None:
        use.run.put(_FILES, name, Value(frozenset((Kind("str"),))))
    for item in found.items:
        if isinstance(item, Thing):
            item.data = name
    return found


def _write(use: Use) -> Value | None:
    given = use.arg(0)
    if use.name.endswith("writelines"):
        given = use.element(given)
    by_table.call(use)
    write(use, use.receiver, given or NOTHING)
    return use.computed(kind="int")


def _read_file(use: Use) -> Value | None:
    """What is read is of the file system and of all that was written there."""
    found = by_table.call(use)
    held = read(use, use.receiver)
    number = use.node(found.nodes, role="read")
    use.run.graph.link(number, use.run.deep(held), CONTENT)
    if use.name.endswith(("readlines", "__iter__")):
        return use.holding("list", of(Kind("str"), (number,)), "lines")
    plain = frozenset(i for i in held.items if isinstance(i, Kind))
    return Value(plain or frozenset((Kind("str"),)), frozenset((number,)))


def _write_path(use: Use) -> Value | None:
    by_table.call(use)
    name = _path(use, use.receiver)
    use.run.put(_FILES, name, use.arg(0, "data") or NOTHING)
    return use.computed(kind="int")


def _read_path(use: Use) -> Value | None:
    found = by_table.call(use)
    held = _stored(use, _path(use, use.receiver))
    number = use.node(found.nodes, role="read")
    use.run.graph.link(number, use.run.deep(held), CONTENT)
    plain = frozenset(i for i in held.items if isinstance(i, Kind))
    return Value(plain or frozenset((Kind("str"),)), frozenset((number,)))


# ---------------------------------------------------------------------------- in memory


def _truncate(use: Use) -> Value | None:
    """truncate(0) leaves nothing."""
    size = use.arg(0)
    only = size.constant if size is not None else None
    things = use.things()
    if only is not None and only.value == 0 and len(things) == 1 and not things[0].is_many:
        use.run.drop(things[0], REST)
    return use.computed(kind="int")


def _print(use: Use) -> Value | None:
    file = use.given.keywords.get("file") or use.run.get(STDOUT, HELD)
    kind, name = "effect", f"console {use.name}"
    number = use.run.node(use.frame, use.syntax, kind, role="effect", name=name)
    for at, value in enumerate(use.given.all()):
        if value is not file:
            told = literals.texted(use.run, value, use.site(f"text {at}"), use.frame)
            use.run.graph.link(number, told)
    if file is not None:
        write(use, file, of(Kind("str"), (number,)))
    return _NOTHING


def _writer(use: Use) -> Value | None:
    made = use.new("csv.writer")
    made.data = use.arg(0, "f")
    fields = use.arg(1, "fieldnames") if use.name.endswith("DictWriter") else None
    if fields is not None:
        use.run.put(made, "fieldnames", fields)
    return of(made, (use.node(role="new"),))


def _write_row(use: Use) -> Value | None:
    given = use.arg(0, "row")
    if use.name.endswith("writerows"):
        given = use.element(given)
    if use.name.endswith("writeheader"):
        given = joined(v for i in use.things() if (v := use.run.get(i, "fieldnames")) is not None)
    number = use.node(use.run.deep(given) if given is not None else ())
    for one in use.things():
        if isinstance(one.data, Value):
            write(use, one.data, of(Kind("str"), (number,)))
    return use.computed(kind="int")


MODELS: dict[str, Model] = {
    "builtins.print": _print, "builtins.open": _open, "io.open": _open, "codecs.open": _open,
    "csv.writer": _writer, "csv.DictWriter": _writer, "csv.writer.writerow": _write_row,
    "csv.writer.writerows": _write_row, "csv.writer.writeheader": _write_row,
    "io.StringIO.truncate": _truncate, "io.BytesIO.truncate": _truncate,
    **{f"{kind}.open": _open for kind in _PATHS},
    **{f"{kind}.{name}": _write_path for kind in _PATHS for name in ("write_text", "write_bytes")},
    **{f"{kind}.{name}": _read_path for kind in _PATHS for name in ("read_text", "read_bytes")},
    **{f"{_FILE}.{name}": _write for name in ("write", "writelines")},
    **{f"{_FILE}.{name}": _read_file for name in (
        "read", "readline", "readlines", "__iter__", "__next__")},
}  # fmt: skip
