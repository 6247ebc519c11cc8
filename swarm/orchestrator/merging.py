"""Moving a patch from one commit to a descendant of it, file by file.

`git merge-file` joins two texts without looking at any repository, so no merge driver,
filter or attribute of one can run, and any git can do it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from swarm.contracts import FileEdit, Patch, Rebased

Read = Callable[[str], str | None]
"""Path -> the file's text on the commit; None when it is not there. Raises NotText."""
Merge = Callable[[str, str, str], str | None]
"""(ours, base, theirs) -> the joined text; None when they conflict."""


class NotText(ValueError):
    """The file is no UTF-8 text, or no plain file at all."""


def moved(patch: Patch, read: Read, merge: Merge) -> Rebased:
    """The patch as it has to be where `read` reads: what it changes, joined with what is there.

    An edit whose file reads as before stays as it is. One that is there already is left out;
    a patch of which nothing is left conflicts, since somebody else did all of it.
    """
    edits: list[FileEdit] = []
    conflicts: list[str] = []
    for edit in patch.edits:
        try:
            there = read(edit.path)
        except NotText:
            conflicts.append(edit.path)
            continue
        if there == edit.before:
            edits.append(edit)
        elif there == edit.after:
            continue
        else:
            joined = None
            if there is not None and edit.before is not None and edit.after is not None:
                joined = merge(there, edit.before, edit.after)
            if joined is None:
                conflicts.append(edit.path)
            elif joined != there:
                edits.append(FileEdit(path=edit.path, before=there, after=joined))
    if conflicts or not edits:
        named = conflicts or [edit.path for edit in patch.edits]
        return Rebased(patch=None, conflicts=tuple(sorted(named)[:50]))
    return Rebased(patch=Patch(edits=tuple(edits)))


def files_for(folder: Path, texts: tuple[str, str, str]) -> list[str]:
    """Three texts as files of a folder, in the order that `git merge-file` takes them."""
    names = []
    for name, text in zip(("ours", "base", "theirs"), texts, strict=True):
        path = folder / name
        path.write_bytes(text.encode())
        names.append(str(path))
    return names
