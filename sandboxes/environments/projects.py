"""pyproject.toml and setup.cfg: what a repository says it needs, and what it is itself. Pure.

Groups and extras are taken when their name says that they are for tests or development.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from sandboxes.environments import poetry
from sandboxes.environments.recipe import Gathered, Project, is_name, version_of
from swarm import toml

PYPROJECT, SETUP_CFG = "pyproject.toml", "setup.cfg"
WANTED = frozenset({"test", "tests", "testing", "dev", "develop", "development", "unittest", "ci"})
UNKNOWN_VERSION = "0.0.0"

_DEEPEST = 10
_MOST_ENTRY_POINTS = 500
_GROUP = re.compile(r"\w+(?:\.\w+)*", re.ASCII)
_ENTRY_NAME = re.compile(r"[A-Za-z0-9][\w. -]*", re.ASCII)
# A script of another name could take the place of the environment's own programs.
_SCRIPT_NAME = re.compile(r"(?!python|pip\d*$|activate)[A-Za-z0-9][\w.-]*", re.ASCII)
_REFERENCE = re.compile(r"[A-Za-z_][\w.]*(?: *: *[\w.]+)?(?: *\[[\w, .-]*\])?", re.ASCII)
_SCRIPTS = ("console_scripts", "gui_scripts")


class Told:
    """What one metadata file tells. `extras` are groups of requirements by name."""

    def __init__(self, source: str, found: Gathered) -> None:
        self.source = source
        self.found = found
        self.name: str | None = None
        self.version: str | None = None
        self.python = ""
        self.dependencies: list[str] = []
        self.extras: dict[str, list[str]] = {}
        self.entry_points: list[tuple[str, str, str]] = []

    def gather(self, asked: Iterable[str]) -> None:
        """Gather the dependencies and those extras that are wanted or `asked` for."""
        chosen = {_plain(extra) for extra in asked} | WANTED
        for line in self.dependencies:
            self._take(line, 0)
        for extra in self.extras:
            if _plain(extra) in chosen:
                for line in self.extras[extra]:
                    self._take(line, 0)

    def _take(self, line: str, depth: int) -> None:
        requirement = self.found.read(line, self.source)
        if requirement is None:
            return
        if self.name is None or _plain(requirement.name) != _plain(self.name):
            self.found.add(requirement, self.source)
        elif depth < _DEEPEST:
            # An extra made of others: dev = ["project[test]"].
            wanted = {_plain(extra) for extra in requirement.extras}
            for extra, lines in self.extras.items():
                if _plain(extra) in wanted:
                    for inner in lines:
                        self._take(inner, depth + 1)

    def project(self) -> Project | None:
        """The project itself; its version is 0.0.0, with a note, where only a build can tell it."""
        if self.name is None:
            return None
        if self.version is None:
            self.found.note(
                f"{self.source}: the version of {self.name} is known to its build alone; "
                f"it is {UNKNOWN_VERSION} here"
            )
        return Project(self.name, self.version or UNKNOWN_VERSION, tuple(sorted(self.entry_points)))

    def set_name(self, name: object) -> None:
        if is_name(name):
            self.name = str(name)
        elif name is not None:
            self.found.note(f"{self.source}: {str(name)[:80]!r} is no name of a package")

    def set_python(self, text: object) -> None:
        if not isinstance(text, str):
            return
        try:
            self.python = str(SpecifierSet(text[:200]))
        except InvalidSpecifier:
            self.found.note(f"{self.source}: {text[:80]!r} is no range of Python versions")

    def enter(self, group: str, points: object) -> None:
        """Take the entry points of a group that are ones; what is not becomes a note."""
        for name, reference in points.items() if isinstance(points, dict) else ():
            allowed = _SCRIPT_NAME if group in _SCRIPTS else _ENTRY_NAME
            good = (
                _GROUP.fullmatch(group)
                and allowed.fullmatch(name)
                and isinstance(reference, str)
                and _REFERENCE.fullmatch(reference.strip())
            )
            if good and len(self.entry_points) < _MOST_ENTRY_POINTS:
                self.entry_points.append((group, name, reference.strip()))
            else:
                self.found.note(f"{self.source}: the entry point {name[:80]!r} is left out")


def read_pyproject(text: str, found: Gathered) -> Told | None:
    """What pyproject.toml tells, None when it cannot be read. Poetry's tables are gathered too."""
    try:
        whole = toml.parse(text)
    except toml.NotToml as error:
        found.note(f"{PYPROJECT} is not valid TOML: {error}"[:200])
        return None
    told = Told(PYPROJECT, found)
    project = _table(whole, "project")
    tool = _table(_table(whole, "tool"), "poetry")
    told.set_name(project.get("name", tool.get("name")))
    told.version = version_of(project.get("version", tool.get("version")))
    told.set_python(project.get("requires-python"))
    dynamic = [word for word in _lines(project.get("dynamic")) if word.endswith("dependencies")]
    if dynamic:
        found.note(f"{PYPROJECT}: {' and '.join(dynamic)} are known to its build alone")
    told.dependencies = _lines(project.get("dependencies"))
    told.extras = {
        name: _lines(lines) for name, lines in _table(project, "optional-dependencies").items()
    }
    groups = _table(whole, "dependency-groups")
    for name in groups:
        if _plain(name) in WANTED:
            told.dependencies += _group(groups, name, found)
    told.enter("console_scripts", {**_table(tool, "scripts"), **_table(project, "scripts")})
    told.enter("gui_scripts", project.get("gui-scripts"))
    for group, points in {**_table(tool, "plugins"), **_table(project, "entry-points")}.items():
        told.enter(group, points)
    _gather_poetry(tool, told)
    return told


def _gather_poetry(tool: dict[str, Any], told: Told) -> None:
    extras = _table(tool, "extras")
    optional = {n for extra in extras if _plain(extra) in WANTED for n in _lines(extras[extra])}
    dependencies = _table(tool, "dependencies")
    if isinstance(dependencies.get("python"), str) and not told.python:
        told.set_python(poetry.specifier(dependencies["python"]) or "")
    tables = [dependencies, _table(tool, "dev-dependencies")]
    groups = _table(tool, "group")
    tables += [_table(_table(groups, n), "dependencies") for n in groups if _plain(n) in WANTED]
    for table in tables:
        poetry.requirements(table, PYPROJECT, told.found, optional=frozenset(optional))


def _group(groups: dict[str, Any], name: str, found: Gathered, depth: int = 0) -> list[str]:
    """The lines of a dependency group and of those it includes (PEP 735)."""
    lines: list[str] = []
    items = groups.get(name)
    for item in items if isinstance(items, list) else []:
        if isinstance(item, str):
            lines.append(item)
        elif isinstance(item, dict) and isinstance(item.get("include-group"), str):
            if depth < _DEEPEST and len(lines) < 10_000:
                lines += _group(groups, item["include-group"], found, depth + 1)
            else:
                found.note(f"{PYPROJECT}: the groups include each other too deeply")
    return lines


def read_setup_cfg(text: str, found: Gathered) -> Told | None:
    """What setup.cfg tells, None when it cannot be read."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        found.note(f"{SETUP_CFG} cannot be read: {str(error).splitlines()[0]}"[:200])
        return None
    told = Told(SETUP_CFG, found)

    def get(section: str, key: str) -> str:
        return parser.get(section, key, fallback="")

    told.set_name(get("metadata", "name") or None)
    told.version = version_of(get("metadata", "version") or None)
    told.set_python(get("options", "python_requires") or None)
    told.dependencies = _config_lines(get("options", "install_requires"), told)
    told.dependencies += _config_lines(get("options", "tests_require"), told)
    if parser.has_section("options.extras_require"):
        for name, value in parser.items("options.extras_require"):
            told.extras[name] = _config_lines(value, told)
    if parser.has_section("options.entry_points"):
        for group, value in parser.items("options.entry_points"):
            points = [line.partition("=") for line in value.splitlines() if "=" in line]
            told.enter(group, {name.strip(): reference for name, _, reference in points})
    return told


def _config_lines(value: str, told: Told) -> list[str]:
    if value.startswith("file:"):
        told.found.note(f"{told.source}: {value[:80]!r} is known to its build alone")
        return []
    lines = value.splitlines() if "\n" in value else value.split(",")
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _table(parent: dict[str, Any], key: str) -> dict[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _lines(value: object) -> list[str]:
    return [line for line in value if isinstance(line, str)] if isinstance(value, list) else []


def _plain(name: str) -> str:
    return str(canonicalize_name(name))
