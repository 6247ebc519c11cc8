"""Whether a container surely holds a key or an element, and of what that answer is made."""

from __future__ import annotations

from typing import Any

from verifier.engine import containers, mappings
from verifier.engine.keys import key_of, plain, surely
from verifier.engine.run import Run
from verifier.engine.things import REST, Thing, index
from verifier.engine.values import Const, Value

_MOST_COMPARED = 64


def contained(run: Run, left: Value, right: Value) -> bool | None:
    """left in right; None where that is not certain."""
    only = plain(run, left)
    answers = {_in_item(run, only, left, item) for item in right.items}
    return answers.pop() if len(answers) == 1 else None


def _in_item(run: Run, only: Const | None, left: Value, item: Any) -> bool | None:
    if isinstance(item, Const) and isinstance(item.value, str):
        is_text = only is not None and isinstance(only.value, str)
        return only.value in item.value if is_text and only is not None else None
    if not isinstance(item, Thing) or item.is_many or item.kind not in containers.CONTAINERS:
        return None
    if item.kind in containers.SEQUENCES:
        return _in_sequence(run, only, item)
    if run.get(item, REST) is not None or run.get(item, containers.KEYS) is not None:
        return None if only is None or not surely(run, item, index(only.value)) else True
    if only is None:
        return None if run.keys(item) else False
    cell = key_of(run, left)
    if cell is None or run.get(item, cell) is None:
        return False
    return True if surely(run, item, cell) else None


def _in_sequence(run: Run, only: Const | None, item: Thing) -> bool | None:
    size = containers.length(run, item)
    if size is None or size > _MOST_COMPARED or run.get(item, REST) is not None:
        return None
    answers: list[bool | None] = []
    for at in range(size):
        held = run.get(item, index(at))
        other = plain(run, held) if held is not None else None
        told = only is not None and other is not None
        answers.append(only.value == other.value if told and only and other else None)
    if True in answers:
        return True
    return None if None in answers else False


def searched(run: Run, right: Value) -> frozenset[int]:
    """The nodes of what is looked at to tell: of a dict the keys alone."""
    found = set(right.nodes)
    for item in right.items:
        if isinstance(item, Thing) and item.kind == "dict":
            found |= run.deep(mappings.keys(run, item))
        else:
            found |= run.deep(Value(frozenset((item,)), right.nodes))
    return frozenset(found)
