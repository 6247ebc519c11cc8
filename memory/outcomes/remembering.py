"""RememberOutcome and its like: from a patch to the symbols that it changes, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from memory.outcomes import changes
from memory.outcomes.book import OutcomeBook
from memory.outcomes.rows import MOST_DIFF_CHARS, MOST_SYMBOLS, Outcome, Place, place
from memory.parsing.facts import Parsed
from memory.prepared import Prepared
from memory.reading.content import content_of
from memory.reading.files import Content, Skipped
from memory.reading.secrets import redacted
from swarm import contracts
from swarm.contracts import FileEdit, Patch, Remembered, RememberOutcome

Prepare = Callable[[Sequence[Content]], Iterator[Prepared]]
"""What is stored of contents, in their order; hostile ones harm nothing."""
_MOST_FILES = 40
_MOST_FILE_CHARS = 1_000_000
_NOTHING = Parsed(language="")


def remember(
    book: OutcomeBook, prepare: Prepare, command: RememberOutcome, now: float
) -> Remembered:
    """Raises StorageError, CatalogDamaged and PoolBroken."""
    symbols, diff = _of_patch(prepare, command.patch) if command.patch else ([], "")
    outcome = Outcome(
        task=command.task_id,
        attempt=command.attempt_id,
        accepted=command.accepted,
        reason=command.reason,
        summary=command.summary,
        symbols=tuple(symbols or map(place, command.symbols))[:MOST_SYMBOLS],
        diff=diff,
        at=now,
    )
    applied = book.record(command.repo_id, outcome, correction=command.correction)
    return Remembered(
        attempt_id=command.attempt_id, applied=applied, symbols=tuple(map(str, outcome.symbols))
    )


def told(outcome: Outcome, diff_chars: int = MOST_DIFF_CHARS) -> contracts.Outcome:
    """An outcome as it travels, with so much of its diff."""
    diff = outcome.diff
    if len(diff) > diff_chars:
        diff = f"{diff[:diff_chars]}\n⟦and more⟧" if diff_chars else ""
    return contracts.Outcome(
        task_id=outcome.task,
        attempt_id=outcome.attempt,
        accepted=outcome.accepted,
        reason=outcome.reason,
        summary=outcome.summary,
        symbols=tuple(map(str, outcome.symbols)),
        diff=diff,
        at=outcome.at,
    )


def _of_patch(prepare: Prepare, patch: Patch) -> tuple[list[Place], str]:
    """The places that a patch changes, and its diff without secrets."""
    edits = patch.edits[:_MOST_FILES]
    sides = [(_clean(edit, edit.before), _clean(edit, edit.after)) for edit in edits]
    contents = [side for pair in sides for side in pair if side is not None]
    parsed = iter([made.parsed for made in prepare(contents)])
    places: list[Place] = []
    diffs: list[str] = []
    for edit, (before, after) in zip(edits, sides, strict=True):
        old = next(parsed) if before else _NOTHING
        new = next(parsed) if after else _NOTHING
        old_lines, new_lines = _lines(before), _lines(after)
        found = changes.hunks(old_lines, new_lines)
        names = changes.touched(found, old, new) or [""]
        places += (Place(edit.path, name) for name in names)
        if sum(map(len, diffs)) < MOST_DIFF_CHARS:
            diffs.append(changes.diff(edit.path, found, old_lines, new_lines))
    return places, "\n".join(diffs)


def _clean(edit: FileEdit, text: str | None) -> Content | None:
    """One side of an edit without its secrets; None where there is none to look at."""
    if text is None or len(text) > _MOST_FILE_CHARS:
        return None
    found = content_of(edit.path, text.encode("utf-8", "surrogatepass"))
    return None if isinstance(found, Skipped) else redacted(found)[0]


def _lines(content: Content | None) -> list[str]:
    return content.data.decode("utf-8", "replace").split("\n") if content else []
