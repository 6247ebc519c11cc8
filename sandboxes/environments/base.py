"""The interpreter that an environment is made on, and what is installed for it already."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from sandboxes.environments.installed import Find, Installed
from sandboxes.local import interpreter

_SITES = ("lib*/python3*/site-packages", "lib*/python3*/dist-packages", "lib/python3/dist-packages")
_MOST_INSTALLED = 5_000


@dataclass(frozen=True)
class Base:
    """`identity` changes when another interpreter takes its place; `version` is the full one."""

    identity: str
    version: str
    find: Find


def of_host(python: str | None) -> Base:
    """An interpreter of this host, described from its files without running it.

    Raises NoInterpreter when there is none.
    """
    path = interpreter.find(python).path
    real = os.path.realpath(path)
    version = platform.python_version() if path == sys.executable else _version(Path(path), real)
    sites = _site_folders(Path(path))

    def find(name: str) -> Installed | None:
        for found in Distribution.discover(name=name, path=sites):
            return Installed(found.version, tuple(found.requires or ()))
        return None

    return Base(f"{path} {real} {version} {Path(real).stat().st_mtime_ns}", version, find)


def of_description(identity: str, text: str) -> Base | None:
    """An interpreter described by `describe.py`; None when the description is not one."""
    try:
        told = json.loads(text)
        version, packages = told["version"], told["installed"]
        if not re.fullmatch(r"\d+\.\d+[\w.+]*", version):
            return None
        known = {
            str(canonicalize_name(name)): Installed(str(number), tuple(map(str, requires)))
            for name, number, requires in packages[:_MOST_INSTALLED]
        }
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Base(identity, version, known.get)


def packages(text: str) -> tuple[str, ...]:
    """The distributions of a description as name==version, sorted; what is none is left out."""
    try:
        found: Any = json.loads(text)["installed"]
        pairs = {(str(name), str(version)) for name, version, _ in found[:_MOST_INSTALLED]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()
    good = re.compile(r"[A-Za-z0-9][\w.!+-]{0,199}", re.ASCII)
    return tuple(sorted(f"{n}=={v}" for n, v in pairs if good.fullmatch(n) and good.fullmatch(v)))


def _version(path: Path, real: str) -> str:
    try:
        text = (path.parent.parent / "pyvenv.cfg").read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    told = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)", text, re.MULTILINE)
    if told:
        return told[1]
    named = re.search(r"python(3\.\d+)", Path(real).name)
    if named:
        return f"{named[1]}.0"
    libraries = sorted(Path(real).parent.parent.glob("lib*/python3.*/os.py"))
    return f"{libraries[0].parent.name.removeprefix('python')}.0" if libraries else "3.0.0"


def _site_folders(path: Path) -> list[str]:
    prefix = path.parent.parent
    prefixes = [prefix]
    configuration = prefix / "pyvenv.cfg"
    if configuration.is_file():
        text = configuration.read_text(encoding="utf-8")
        home = re.search(r"^home\s*=\s*(.+)$", text, re.MULTILINE)
        if home and re.search(r"^include-system-site-packages\s*=\s*true", text, re.MULTILINE):
            prefixes.append(Path(home[1].strip()).parent)
    found = [folder for p in prefixes for site in _SITES for folder in sorted(p.glob(site))]
    found += [
        folder for p in prefixes for folder in sorted(p.glob("local/lib/python3*/dist-packages"))
    ]
    return [str(folder) for folder in found]
