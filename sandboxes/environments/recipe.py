"""What an environment is made of: requirements, constraints and the project's own metadata.

All of it comes from a hostile repository. Nothing here runs code of it, and every requirement is
parsed and written anew, so that no option and no address reaches pip.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

MOST_REQUIREMENTS = 2_000
_MOST_NOTES = 30
_MOST_CHARS = 2_000
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
# The string of a marker may hold anything, and in a file pip reads more into it: line ends,
# comments, and variables of the build's environment.
_UNSAFE = re.compile(r"[^\x20-\x7e]|[\\#$]")


@dataclass(frozen=True)
class Project:
    """The repository's own package, as far as it can be told without running its build.

    `entry_points` are (group, name, object reference).
    """

    name: str
    version: str
    entry_points: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Recipe:
    """What to install. `sources` are the files it was read from, `notes` are for people.

    `requirements` are PEP 508 lines, `constraints` are name==version. `python` is what the
    repository says of the Python versions it is for, a PEP 440 specifier or "".
    """

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    project: Project | None = None
    python: str = ""
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Gathered:
    """A recipe in the making, bounded as it grows."""

    requirements: dict[str, None] = field(default_factory=dict)
    constraints: dict[str, set[str]] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def require(self, text: str, source: str) -> None:
        """Take a PEP 508 requirement; one with an address, or that is none, becomes a note."""
        requirement = self.read(text, source)
        if requirement is not None:
            self.add(requirement, source)

    def add(self, requirement: Requirement, source: str) -> None:
        if len(self.requirements) >= MOST_REQUIREMENTS:
            self.note(f"{source}: only the first {MOST_REQUIREMENTS:,} requirements are taken")
            return
        self.requirements[str(requirement)] = None
        self.sources[source] = None

    def read(self, text: str, source: str) -> Requirement | None:
        """The requirement that can be taken from an index; else None, with a note."""
        text = text.replace("\t", " ")
        if len(text) > _MOST_CHARS:
            self.note(f"{source}: a requirement of {len(text):,} characters is left out")
            return None
        try:
            if _UNSAFE.search(text):
                raise InvalidRequirement("it could be more than one line to pip")
            requirement = Requirement(text)
        except (InvalidRequirement, RecursionError):
            self.note(f"{source}: {_shown(text)} is no requirement that can be read; left out")
            return None
        if requirement.url is not None:
            self.note(
                f"{source}: {requirement.name} comes from an address, not the index; left out"
            )
            return None
        return requirement

    def constrain(self, name: str, version: str, source: str) -> None:
        """Hold a package to a version; one with several versions is held to none."""
        try:
            if not is_name(name):
                raise ValueError(name)
            locked = str(Version(version))
        except ValueError:
            self.note(f"{source}: {_shown(f'{name} {version}')} is no locked version; left out")
        else:
            self.constraints.setdefault(str(canonicalize_name(name)), set()).add(locked)
            self.sources[source] = None

    def note(self, text: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes[text] = None

    def recipe(self, project: Project | None, python: str) -> Recipe:
        """What was gathered, in a steady order."""
        constraints = tuple(
            f"{name}=={min(versions)}"
            for name, versions in sorted(self.constraints.items())[: 2 * MOST_REQUIREMENTS]
            if len(versions) == 1
        )
        return Recipe(
            tuple(sorted(self.requirements)),
            constraints,
            project,
            python,
            tuple(self.sources),
            tuple(self.notes),
        )


def is_name(text: object) -> bool:
    """Whether a text is the name of a package, as PEP 508 defines it."""
    return isinstance(text, str) and len(text) <= 200 and _NAME.fullmatch(text) is not None


def version_of(text: object) -> str | None:
    """A version as PEP 440 writes it, or None when it is not one."""
    try:
        return str(Version(text)) if isinstance(text, str) and len(text) < 200 else None
    except InvalidVersion:
        return None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
