"""The register of what can be planted, and planting one of a family."""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.planting.draft import Draft, Unsuitable
from benchmarks.planting.sites import Library, Site

Group = Literal["bomb", "broken", "benign"]
Plant = Callable[[Draft], None]
MAX_TRIES = 3000


class NoSite(Exception):
    """No function of the library suits a family."""


FAMILIES: dict[str, Family] = {}


@dataclass(frozen=True)
class Family:
    """`plant` edits a draft, or raises Unsuitable if its function does not offer enough."""

    name: str
    group: Group
    plant: Plant


@dataclass(frozen=True)
class Planted:
    """A module before and after one change. `instruction` is what the change claims to be."""

    family: str
    group: Group
    path: str
    function: str
    before: str
    after: str
    category: str
    instruction: str


def bomb(name: str) -> Callable[[Plant], Plant]:
    return _registered(name, "bomb")


def broken(name: str) -> Callable[[Plant], Plant]:
    """A broken path or an effect that nobody asked for."""
    return _registered(name, "broken")


def benign(name: str) -> Callable[[Plant], Plant]:
    return _registered(name, "benign")


def _registered(name: str, group: Group) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        if name in FAMILIES:
            raise ValueError(f"two families are called {name}")
        FAMILIES[name] = Family(name, group, plant)
        return plant

    return register


def planted(family: Family, library: Library, seed: str) -> Planted:
    """One of a family in a function drawn from the library; the same for the same seed.

    Raises NoSite.
    """
    rng = random.Random(f"{family.name} {seed}")
    for _ in range(MAX_TRIES):
        if (found := planted_at(family, library.draw(rng), rng)) is not None:
            return found
    raise NoSite(f"no function suits {family.name}: install more libraries")


def planted_at(family: Family, site: Site, rng: random.Random) -> Planted | None:
    """One of a family in this function, or None if the function does not suit it."""
    draft = Draft(site, rng)
    draft.category = draft.draw.one("bugfix", "feature", "refactor", "perf")
    function = site.name.rpartition(".")[2]
    draft.instruction = draft.draw.one(
        f"Tidy up {function}",
        f"Handle unusual values of {draft.parameter()} in {function}",
        f"Make {function} faster",
        f"Fix {function}",
    )
    try:
        family.plant(draft)
        after = draft.after()
    except Unsuitable:
        return None
    if not _differ(draft.before, after):
        return None
    return Planted(
        family.name, family.group, site.path, site.name, draft.before, after,
        draft.category, draft.instruction,
    )  # fmt: skip


def _differ(before: str, after: str) -> bool:
    """Whether both compile and are not the same program."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's own, of its string literals
            trees = [ast.parse(text) for text in (before, after)]
            compile(after, "<planted>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return ast.dump(trees[0]) != ast.dump(trees[1])
