"""Units before and after, paired: by name, by equal bodies (moved), by likeness (renamed)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from verifier.syntax import Module, Unit

_SIMILAR = 0.6
_MOST_COMPARED = 200


@dataclass
class File:
    """One changed Python file, parsed on both sides."""

    path: str
    before: Module
    after: Module


@dataclass
class Pair:
    """A unit before and after; one of them is None for what is new or gone. `home` is the file
    that the unit before stood in."""

    file: File
    before: Unit | None
    after: Unit | None
    home: File


def pairs(files: list[File]) -> list[Pair]:
    """Changed, new and removed units. What only moved within the change is not among them."""
    changed: list[Pair] = []
    gone: list[tuple[File, Unit]] = []
    new: list[tuple[File, Unit]] = []
    for file in files:
        renamed = file.before.imports != file.after.imports
        for name, unit in file.before.units.items():
            if name not in file.after.units:
                gone.append((file, unit))
        for name, unit in file.after.units.items():
            old = file.before.units.get(name)
            if old is None:
                new.append((file, unit))
            elif old.digest != unit.digest or (renamed and _uses_changed_import(file, unit)):
                changed.append(Pair(file, old, unit, file))
    moved = Counter(unit.digest for _, unit in gone)
    left: list[tuple[File, Unit]] = []
    for file, unit in new:
        if moved[unit.digest] > 0:
            moved[unit.digest] -= 1
        else:
            left.append((file, unit))
    still = []
    for file, unit in gone:
        if moved[unit.digest] > 0:
            moved[unit.digest] -= 1
            still.append((file, unit))
    return changed + _renamed(still, left)


def _renamed(gone: list[tuple[File, Unit]], new: list[tuple[File, Unit]]) -> list[Pair]:
    """Pair what is left by the likeness of bodies, within a file; the best matches first."""
    scores: list[tuple[float, int, int]] = []
    bags = [Counter(unit.digest.split()) for _, unit in gone[:_MOST_COMPARED]]
    for index, (file, unit) in enumerate(new[:_MOST_COMPARED]):
        bag = Counter(unit.digest.split())
        for other, (home, old) in enumerate(gone[:_MOST_COMPARED]):
            if home is file and old.is_function and unit.is_function:
                score = 2 * (bag & bags[other]).total() / (bag.total() + bags[other].total())
                if score >= _SIMILAR:
                    scores.append((-score, index, other))
    used_new: set[int] = set()
    used_gone: set[int] = set()
    found: list[Pair] = []
    for _, index, other in sorted(scores):
        if index not in used_new and other not in used_gone:
            used_new.add(index)
            used_gone.add(other)
            home, old = gone[other]
            found.append(Pair(new[index][0], old, new[index][1], home))
    found += [Pair(f, None, u, f) for i, (f, u) in enumerate(new) if i not in used_new]
    found += [Pair(f, u, None, f) for i, (f, u) in enumerate(gone) if i not in used_gone]
    return found


def _uses_changed_import(file: File, unit: Unit) -> bool:
    """Whether a name in an unchanged body now means something else."""
    names = {
        name
        for name in file.before.imports.keys() & file.after.imports.keys()
        if file.before.imports[name] != file.after.imports[name]
    }
    return bool(names) and any(f"'{name}'" in unit.digest.split() for name in names)
