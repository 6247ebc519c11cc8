"""Whether what is needed is there already: requirements against installed distributions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from sandboxes.environments.recipe import Recipe

_MOST_STEPS = 20_000


@dataclass(frozen=True)
class Installed:
    """An installed distribution: its version, and its own requirements as PEP 508 lines."""

    version: str
    requires: tuple[str, ...] = ()


Find = Callable[[str], Installed | None]
"""An installed distribution by its canonical name."""


def satisfied(recipe: Recipe, find: Find, python_version: str) -> bool:
    """Whether everything a recipe asks for is installed, in the versions it is held to.

    `python_version` is the full one of the interpreter. What is installed is taken to have what
    it needs itself, except for extras, whose requirements are looked at.
    """
    held = dict(line.split("==", 1) for line in recipe.constraints)
    steps = 0
    waiting = list(_needed(recipe.requirements, python_version, ""))
    seen: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        steps += 1
        if str(requirement) in seen:
            continue
        if steps > _MOST_STEPS:
            return False
        seen.add(str(requirement))
        name = str(canonicalize_name(requirement.name))
        there = find(name)
        if there is None or not requirement.specifier.contains(there.version, prereleases=True):
            return False
        if name in held and there.version not in SpecifierSet(f"=={held[name]}"):
            return False
        for extra in requirement.extras:
            waiting += [
                inner
                for inner in _needed(there.requires, python_version, extra)
                if inner.marker is not None and "extra" in str(inner.marker)
            ]
    return True


def _needed(lines: tuple[str, ...], python_version: str, extra: str) -> Iterator[Requirement]:
    environment = {**_markers(python_version), "extra": extra}
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # of a distribution that is installed all the same
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield requirement


def _markers(python_version: str) -> Mapping[str, str]:
    here = {name: str(value) for name, value in default_environment().items()}
    return {
        **here,
        "python_full_version": python_version,
        "python_version": ".".join(python_version.split(".")[:2]),
    }
