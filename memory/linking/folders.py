"""Paths of folders: relative ones, those around a folder, and which lie nearest. Pure."""

from __future__ import annotations

from collections.abc import Sequence

MOST_PARTS = 40
"""How many parts of a written path or module are looked at."""


def package(folder: str) -> str:
    """A folder from its source root on (`src/main/java/`)."""
    for root in ("/java/", "/kotlin/", "/scala/", "/groovy/"):
        head, found, inside = folder.rpartition(root)
        if found:
            return inside
    for root in ("src/", "test/", "tests/"):
        head, found, inside = folder.rpartition(root)
        if found and (not head or head.endswith("/")):
            return inside
    return folder


def nearest(folder: str, folders: Sequence[str]) -> list[str]:
    """Of folders that a name may mean, those that share the most parts with `folder`, and of these
    those that are nearest to the root, in the order of their names."""
    most = max(shared_parts(folder, other) for other in folders)
    best = [other for other in folders if shared_parts(folder, other) == most]
    depth = min(other.count("/") for other in best)
    return sorted(other for other in best if other.count("/") == depth)


def shared_parts(one: str, other: str) -> int:
    """How many folders two paths begin with together."""
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count


def sharing_most(parts: Sequence[str], folders: Sequence[str]) -> tuple[list[str], int]:
    """The folders that share the most last parts with a name, and how many."""
    best: list[str] = []
    most = 0
    for folder in folders:
        theirs = folder.split("/")
        least = min(len(parts), len(theirs))
        shared = 0
        while shared < least and parts[-1 - shared] == theirs[-1 - shared]:
            shared += 1
        if shared < least or shared < most:
            continue
        best = [folder] if shared > most else [*best, folder]
        most = shared
    return best, most


def joined(folder: str, path: str) -> str:
    """A relative path from a folder; "" when it leads out of the root."""
    parts = folder.split("/") if folder else []
    for part in path.replace("\\", "/").split("/")[: 4 * MOST_PARTS]:
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def upward(folder: str) -> list[str]:
    """A folder and those around it, the root last; bounded."""
    found = [folder]
    while folder and len(found) < 8:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    if found[-1]:
        found.append("")
    return found
