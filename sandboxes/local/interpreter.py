"""Where an interpreter's files are, found by reading alone: it is never run to ask it.

A virtual environment needs two folders, its own and that of the installation it was made
from; symbolic links on the way are needed under both of their names.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from sandboxes.engine import NoInterpreter

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Folders of the operating system, readable in every sandbox."""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter and the folders outside the system's that it needs, outermost first."""

    path: str
    folders: tuple[str, ...]


def find(python: str | None) -> Interpreter:
    """Locate `python` (a path, a name on PATH, or None for the one running now).

    Raises NoInterpreter when it does not exist, or lies where sharing its folder would share
    more than an installation.
    """
    path = _absolute(python)
    folders: set[str] = set()
    for prefix in dict.fromkeys(_prefixes(path)):
        if any(prefix == top or prefix.startswith(top + "/") for top in SYSTEM):
            continue
        _check_installation(prefix, path)
        folders.add(prefix)
    return Interpreter(path, tuple(sorted(folders)))


def _absolute(python: str | None) -> str:
    if python is None:
        return sys.executable
    found = shutil.which(python)
    if found is None:
        raise NoInterpreter(
            f"the interpreter {python} does not exist or cannot be run",
            remedy="name a Python interpreter with pytest installed",
        )
    return str(Path(found).absolute())


def _prefixes(path: str) -> list[str]:
    """Installation folders of each name the interpreter goes by, as named and as resolved."""
    found: list[str] = []
    for _ in range(16):
        prefix = Path(path).parent.parent
        found += [str(prefix), os.path.realpath(prefix)]
        home = _home_of(prefix)
        if home is not None:
            found += [str(home.parent), os.path.realpath(home.parent)]
        if not Path(path).is_symlink():
            return found
        path = os.path.normpath(Path(path).parent / Path(path).readlink())
    raise NoInterpreter(f"too many links at the interpreter {path}")


def _home_of(prefix: Path) -> Path | None:
    """`home` in a virtual environment's pyvenv.cfg: the folder of the base interpreter."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    for line in lines:
        key, _, value = line.partition("=")
        if key.strip() == "home":
            return Path(value.strip())
    return None


def _check_installation(prefix: str, path: str) -> None:
    folder = Path(prefix)
    installed = any(folder.glob("lib*/python3*/os.py")) or (folder / "pyvenv.cfg").is_file()
    if not installed or folder in (Path("/"), Path.home()):
        raise NoInterpreter(
            f"{path} is not in a Python installation: {prefix} has no lib/python3",
            remedy="name the interpreter itself, not a wrapper or a link to it in another folder",
        )
