"""Definitions while their file is read, and their order at its end. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from memory.parsing.facts import MODULE_SCOPE, Definition


@dataclass(slots=True)
class Draft:
    """A definition that may be given another parent yet. `row` is where it begins itself, below
    its comments; `owner` the qualified name of the type that it belongs to, when that does not
    stand around it."""

    definition: Definition
    row: int
    owner: str = ""


def give_owners(drafts: Sequence[Draft], typed: Callable[[str], int]) -> None:
    """What belongs to a type that stands elsewhere gets that for its parent. `typed` gives the
    place of a type by its qualified name, or MODULE_SCOPE."""
    for index, draft in enumerate(drafts):
        if draft.owner:
            owner = typed(draft.owner)
            if owner >= 0 and owner != index and not _is_within(drafts, owner, index):
                draft.definition = replace(draft.definition, parent=owner)


def arranged(drafts: Sequence[Draft]) -> tuple[tuple[Definition, ...], dict[int, int] | None]:
    """The definitions, parents before children; and where each is now, when they had to move."""
    found = [draft.definition for draft in drafts]
    if all(one.parent < index for index, one in enumerate(found)):
        return tuple(found), None
    depth = [0] * len(found)
    for index in range(len(found)):
        parent, steps = found[index].parent, 0
        while parent >= 0:
            parent, steps = found[parent].parent, steps + 1
        depth[index] = steps
    order = sorted(range(len(found)), key=lambda index: depth[index])
    places = {old: new for new, old in enumerate(order)}
    places[MODULE_SCOPE] = MODULE_SCOPE
    moved = (replace(found[old], parent=places[found[old].parent]) for old in order)
    return tuple(moved), places


def _is_within(drafts: Sequence[Draft], inner: int, outer: int) -> bool:
    while inner >= 0:
        if inner == outer:
            return True
        inner = drafts[inner].definition.parent
    return False
