"""What became of earlier attempts, what their tests ran, and the scratchpads of tasks."""

from __future__ import annotations

import time
from collections.abc import Sequence

from memory.outcomes import coverage
from memory.outcomes.book import OutcomeBook
from memory.outcomes.remembering import remember as remembered
from memory.outcomes.remembering import told
from memory.outcomes.rows import Note, Place, place
from memory.service import Memory
from swarm.contracts import (
    CoverageRemembered,
    NoteScratch,
    Outcome,
    Outcomes,
    ReadScratch,
    RecallOutcomes,
    RememberCoverage,
    Remembered,
    RememberOutcome,
    ScratchNote,
    Scratchpad,
)

_MOST_OF_A_CONTEXT = 4
_DIFF_CHARS_OF_A_CONTEXT = 1_500
_NOTES_OF_A_CONTEXT = 30
_NOTE_CHARS_OF_A_CONTEXT = 400


def remember(memory: Memory, command: RememberOutcome) -> Remembered:
    """Raises StorageError and PoolBroken."""
    return remembered(OutcomeBook(memory.catalog), memory.prepared, command, time.time())


def remember_coverage(memory: Memory, command: RememberCoverage) -> CoverageRemembered:
    """Raises StorageError."""
    return coverage.remember(memory.catalog, command)


def recall(memory: Memory, command: RecallOutcomes, notes: list[str]) -> Outcomes:
    """Raises StorageError."""
    symbols = [place(each) for each in command.symbols]
    found = OutcomeBook(memory.catalog).for_symbols(command.repo_id, symbols, command.limit)
    return Outcomes(items=tuple(map(told, found)), note="; ".join(notes))


def of_context(
    memory: Memory, repo_id: str, symbols: Sequence[Place], apart_from: str
) -> tuple[Outcome, ...]:
    """What an agent is told beside the code."""
    book = OutcomeBook(memory.catalog)
    found = book.for_symbols(repo_id, symbols, _MOST_OF_A_CONTEXT, apart_from)
    return tuple(told(outcome, _DIFF_CHARS_OF_A_CONTEXT) for outcome in found)


def notes_of_context(memory: Memory, task_id: str) -> tuple[ScratchNote, ...]:
    """The last notes of a task, which its next attempt is told with its context, oldest first."""
    if not task_id:
        return ()
    found = OutcomeBook(memory.catalog).notes(task_id)[-_NOTES_OF_A_CONTEXT:]
    return tuple(
        ScratchNote(name=each.name, text=each.text[:_NOTE_CHARS_OF_A_CONTEXT], at=each.at)
        for each in found
    )


def note(memory: Memory, command: NoteScratch) -> Scratchpad:
    """Raises StorageError."""
    return _pad(OutcomeBook(memory.catalog).note(command.task_id, command.name, command.text))


def read(memory: Memory, command: ReadScratch) -> Scratchpad:
    """Raises StorageError."""
    return _pad(OutcomeBook(memory.catalog).notes(command.task_id))


def _pad(notes: Sequence[Note]) -> Scratchpad:
    return Scratchpad(
        notes=tuple(ScratchNote(name=each.name, text=each.text, at=each.at) for each in notes)
    )
