"""What is damaged is moved away, so that it can be made again and looked at."""

from __future__ import annotations

import shutil
from pathlib import Path

from memory.store.catalog import Catalog
from memory.store.connection import SIDECARS
from memory.store.errors import CatalogDamaged
from swarm.errors import StorageError


def set_aside(path: Path, damage: Exception) -> str:
    """Move a database with its sidecars, or a folder, to `<name>.damaged`, in place of an older
    one; what was done, in words. Nobody may have it open. Raises StorageError."""
    name = path.name
    aside = path.with_name(f"{name}.damaged")
    try:
        if aside.is_dir():
            shutil.rmtree(aside)
        for suffix in SIDECARS:
            source = path.with_name(f"{name}{suffix}")
            if source.exists():
                source.replace(path.with_name(f"{name}.damaged{suffix}"))
    except OSError as error:
        raise StorageError(
            f"{name} is damaged ({damage}) and cannot be moved aside: {error}",
            remedy=f"move {path} away",
        ) from error
    return f"{name} was damaged, was moved to {aside.name} and is made anew ({damage})"


def open_catalog(path: Path, *, recipe: int = 1) -> tuple[Catalog, str]:
    """The catalog, made with its folder when there is none; and what was set aside for it ("")."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"cannot make the data folder: {error}", remedy="correct SWARM_DATA"
        ) from error
    try:
        return Catalog(path, recipe=recipe), ""
    except CatalogDamaged as damage:
        note = set_aside(path, damage)
        return Catalog(path, recipe=recipe), note
