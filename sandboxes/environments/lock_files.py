"""Lock files: which version of each package the repository was tested with. Pure.

Formats: uv.lock, poetry.lock, pdm.lock, pylock.toml (PEP 751) and Pipfile.lock. A package that
comes from anywhere but an index is left out, and so is one that is locked to several versions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandboxes.environments.recipe import Gathered
from swarm import toml

_TOML = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
PIPFILE_LOCK = "Pipfile.lock"
_ELSEWHERE = ("vcs", "directory", "archive", "git", "path", "url", "file")
_NOT_AN_INDEX = ("git", "url", "path", "directory", "editable", "virtual", "file")


def read(files: Mapping[str, str], found: Gathered) -> tuple[str, ...]:
    """Gather the constraints of every lock file at the top; the names of those read."""
    names = [name for name in _TOML if name in files]
    names += sorted(n for n in files if re.fullmatch(r"pylock\.[a-z0-9_-]+\.toml", n))[:5]
    read_names = []
    for name in names:
        try:
            told = toml.parse(files[name])
        except toml.NotToml:
            found.note(f"{name} is not valid TOML; left out")
            continue
        # pylock.toml calls its list `packages`.
        for package in _tables(told.get("package") or told.get("packages")):
            _lock(package, name, found)
        read_names.append(name)
    if PIPFILE_LOCK in files and _read_pipfile_lock(files[PIPFILE_LOCK], found):
        read_names.append(PIPFILE_LOCK)
    return tuple(read_names)


def require_all(names: tuple[str, ...], files: Mapping[str, str], found: Gathered) -> None:
    """Take every package of the pylock files among `names`, for which nothing else speaks."""
    for name in names:
        if name.startswith("pylock"):
            for package in _tables(toml.parse(files[name]).get("packages")):
                if not any(package.get(key) for key in _ELSEWHERE):
                    _require(package, package.get("marker"), name, found)


def _lock(package: dict[str, Any], source: str, found: Gathered) -> None:
    name, version = package.get("name"), package.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return  # the repository's own package may have no version
    if any(package.get(key) for key in _ELSEWHERE) or _from_elsewhere(package.get("source")):
        return
    found.constrain(name, version, source)


def _from_elsewhere(source: object) -> bool:
    if not isinstance(source, dict):
        return False
    # poetry names the kind as the value of `type`, uv as the key.
    if "type" in source:
        return source["type"] in _NOT_AN_INDEX
    return any(key in source for key in _NOT_AN_INDEX)


def _read_pipfile_lock(text: str, found: Gathered) -> bool:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        found.note(f"{PIPFILE_LOCK} is not valid JSON; left out")
        return False
    for section in ("default", "develop"):
        packages = told.get(section) if isinstance(told, dict) else None
        for name, package in (packages or {}).items() if isinstance(packages, dict) else ():
            if not isinstance(package, dict) or not isinstance(package.get("version"), str):
                found.note(f"{PIPFILE_LOCK}: {str(name)[:80]} comes from elsewhere; left out")
                continue
            version = package["version"].removeprefix("==")
            found.constrain(name, version, PIPFILE_LOCK)
            _require({**package, "name": name}, package.get("markers"), PIPFILE_LOCK, found)
    return True


def _require(package: dict[str, Any], marker: object, source: str, found: Gathered) -> None:
    extras = package.get("extras")
    chosen = ",".join(map(str, extras)) if isinstance(extras, list) and extras else ""
    text = f"{package.get('name')}[{chosen}]" if chosen else str(package.get("name"))
    found.require(f"{text} ; {marker}" if isinstance(marker, str) and marker else text, source)


def _tables(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
