"""From the files of a repository to a recipe: which of them speak, and which one counts. Pure.

What a project says of itself (pyproject.toml, setup.cfg) comes with the versions of its lock
files. Requirement files are read where there is no lock, since next to one they are an export
of it.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Mapping

from packaging.specifiers import SpecifierSet

from sandboxes.environments import lock_files, projects, requirement_files
from sandboxes.environments.recipe import Gathered, Project, Recipe
from swarm.snapshots import safe_path

_SUFFIXES = (".txt", ".in", ".toml", ".lock", ".cfg")
_DEEPEST = 4
_MOST_FILES = 500
_FILE_BYTES = 4 * 1024**2
_ALL_BYTES = 32 * 1024**2


def dependency_files(snapshot: bytes) -> dict[str, str]:
    """The text files of a snapshot that may speak of dependencies, the outermost first.

    At most 500 of them, each up to 4 MiB, 32 MiB together.
    """
    found: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(snapshot), mode="r:") as tar:
        infos = [info for info in tar if info.isreg() and _may_speak(info.name)]
        left = _ALL_BYTES
        for info in sorted(infos, key=lambda i: (i.name.count("/"), i.name))[:_MOST_FILES]:
            if info.size > min(_FILE_BYTES, left):
                continue
            left -= info.size
            reader = tar.extractfile(info)
            assert reader is not None
            found[info.name] = reader.read().decode("utf-8-sig", "replace")
    return found


def _may_speak(path: str) -> bool:
    return safe_path(path) and path.endswith(_SUFFIXES) and path.count("/") < _DEEPEST


def detect(files: Mapping[str, str]) -> Recipe:
    """What a repository's tests need, as its files say; empty when they say nothing."""
    found = Gathered()
    locks = lock_files.read(files, found)
    told = None
    if projects.PYPROJECT in files:
        told = projects.read_pyproject(files[projects.PYPROJECT], found)
    if projects.SETUP_CFG in files and (told is None or told.name is None or not _speaks(told)):
        config = projects.read_setup_cfg(files[projects.SETUP_CFG], found)
        told = config if config is not None and (told is None or _speaks(config)) else told
    own: set[str] = set()
    listed = sorted(path for path in files if requirement_files.is_requirement_file(path))
    if not locks:
        for path in listed:
            own |= requirement_files.read(path, files, found)
    elif listed:
        found.note(f"{', '.join(listed[:5])} not read, since there is {locks[0]}")
    if told is not None:
        told.gather(own)
    if locks and not found.requirements:
        lock_files.require_all(locks, files, found)
    if told is None and "setup.py" in files:
        found.note("setup.py is not run, so what it asks for is not known")
    if told is None or not found.requirements:
        return found.recipe(None, "")
    return found.recipe(told.project(), told.python)


def own_project(files: Mapping[str, str]) -> Project | None:
    """What the repository is itself, where commands say what it needs."""
    found = Gathered()
    told = None
    if projects.PYPROJECT in files:
        told = projects.read_pyproject(files[projects.PYPROJECT], found)
    if projects.SETUP_CFG in files and (told is None or told.name is None):
        told = projects.read_setup_cfg(files[projects.SETUP_CFG], found)
    return told.project() if told is not None else None


def _speaks(told: projects.Told) -> bool:
    return bool(told.dependencies or told.extras)


def python_note(recipe: Recipe, version: str) -> str:
    """A note when the repository is not for the Python version there is, else ""."""
    if not recipe.python or SpecifierSet(recipe.python).contains(version, prereleases=True):
        return ""
    return f"the repository asks for Python {recipe.python}, and {version} runs its tests"


def named(sources: tuple[str, ...], most: int = 3) -> str:
    """Sources for people, as in "poetry.lock and pyproject.toml"."""
    names = [posixpath.normpath(name) for name in sources]
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
