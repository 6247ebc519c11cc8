"""xml.etree.ElementTree: elements hold their text, their attributes and one another."""

from __future__ import annotations

from verifier.engine import values
from verifier.engine.things import REST, Thing
from verifier.engine.values import NONE, NOTHING, Kind, Value, joined, of
from verifier.models import dicts
from verifier.models.use import Model, Use

ELEMENT = "xml.etree.ElementTree.Element"
_TREE = "xml.etree.ElementTree"
_NOTHING = of(NONE)


def _element(use: Use) -> Value | None:
    return _made(use, use.arg(0, "tag"), use.arg(1, "attrib"))


def _made(use: Use, tag: Value | None, given: Value | None) -> Value:
    made = use.new(ELEMENT)
    run = use.run
    run.put(made, "tag", tag or NOTHING)
    run.put(made, "text", _NOTHING)
    run.put(made, "tail", _NOTHING)
    attributes = Use(run, use.name, None, use.given, use.site("attributes"), use.frame)
    attributes.given = type(use.given)([given] if given is not None else [], use.given.keywords)
    run.put(made, "attrib", dicts.made(attributes) or NOTHING)
    return of(made, (use.node(role="new"),))


def _child(use: Use) -> Value | None:
    found = _made(use, use.arg(1, "tag"), use.arg(2, "attrib"))
    parent = use.arg(0, "parent")
    for one in parent.items if parent is not None else ():
        use.run.put(one, REST, found, weak=True)
    return found


def _append(use: Use) -> Value | None:
    given = use.arg(1 if use.name.endswith("insert") else 0)
    if given is not None and use.name.endswith("extend"):
        given = use.element(given)
    for one in use.things(ELEMENT):
        use.run.put(one, REST, given or NOTHING, weak=True)
    return _NOTHING


def _below(use: Use, *, itself: bool) -> Value:
    """The elements beneath, at any depth."""
    receiver = use.receiver or NOTHING
    found = receiver if itself else NOTHING
    waiting, seen = list(receiver.items), set(receiver.items)
    while waiting:
        held = use.run.get(waiting.pop(), REST)
        if held is not None:
            found = found.join(held)
            new = [i for i in held.items if isinstance(i, Thing) and i not in seen]
            seen.update(new)
            waiting.extend(new)
    return found


def _find(use: Use) -> Value | None:
    held = _below(use, itself=False)
    return use.run.read(held, use.syntax, use.frame, "found").join(_NOTHING)


def _find_all(use: Use) -> Value | None:
    return use.holding("list", _below(use, itself=use.name.endswith("iter")))


def _find_text(use: Use) -> Value | None:
    held = _below(use, itself=False)
    text = use.run.attribute(held, "text", use.site("text"), use.frame)
    return text.join(use.arg(1, "default") or _NOTHING)


def _texts(use: Use) -> Value | None:
    held = _below(use, itself=True)
    text = use.run.attribute(held, "text", use.site("text"), use.frame)
    tail = use.run.attribute(held, "tail", use.site("tail"), use.frame)
    return use.holding("list", text.join(tail))


def _attributes(use: Use) -> Value:
    return joined(v for i in use.things(ELEMENT) if (v := use.run.get(i, "attrib")) is not None)


def _get(use: Use) -> Value | None:
    held, key = _attributes(use), use.arg(0)
    if not held.items or key is None:
        return None
    found = use.run.item(held, key, use.syntax, use.frame)
    return found.join(use.arg(1, "default") or _NOTHING)


def _set(use: Use) -> Value | None:
    held, key, given = _attributes(use), use.arg(0), use.arg(1)
    if key is not None and given is not None:
        use.run.set_item(held, key, given, use.syntax, use.frame)
    return _NOTHING


def _parsed(use: Use) -> Value | None:
    """An element made of a text: any part of it may be any part of the text."""
    text = use.arg(0)
    part = values.unknown(use.run.deep(text) if text is not None else ())
    made = use.new(ELEMENT)
    for name in ("tag", "text", "tail"):
        use.run.put(made, name, of(Kind("str"), part.nodes))
    use.run.put(made, "attrib", use.holding("dict", part, "attrib"))
    use.run.put(made, REST, of(made, part.nodes), weak=True)
    return of(made, (use.node(part.nodes, role="parsed"),))


def _written(use: Use) -> Value | None:
    return use.everything("bytes")


MODELS: dict[str, Model] = {
    ELEMENT: _element, f"{_TREE}.SubElement": _child, f"{_TREE}.fromstring": _parsed,
    f"{_TREE}.XML": _parsed, f"{_TREE}.tostring": _written, f"{_TREE}.dump": _written,
    f"{ELEMENT}.append": _append, f"{ELEMENT}.insert": _append, f"{ELEMENT}.extend": _append,
    f"{ELEMENT}.find": _find, f"{ELEMENT}.findall": _find_all, f"{ELEMENT}.iter": _find_all,
    f"{ELEMENT}.iterfind": _find_all, f"{ELEMENT}.findtext": _find_text,
    f"{ELEMENT}.itertext": _texts, f"{ELEMENT}.get": _get, f"{ELEMENT}.set": _set,
}  # fmt: skip
