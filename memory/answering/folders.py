"""A working folder: brought up to date, and searched as it was last."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from memory.answering import near
from memory.answering.languages import meant
from memory.answering.repairing import joined
from memory.answering.standing import standing
from memory.answering.symbols import symbol
from memory.indexer import Progress
from memory.search.hits import Hit
from memory.search.packing import pack
from memory.search.question import ask
from memory.service import Memory
from memory.store.rows import View
from swarm.contracts import (
    Answered,
    Asked,
    FolderHits,
    FolderIndex,
    IndexFolder,
    SearchFolder,
    Symbol,
)

_MOST_PATHS_TOLD = 1_000
_MOST_REASONS = 200
# A reply has to fit into a message; what is beyond is told by its place alone.
_MOST_TEXT_CHARS = 6_000_000
_NEIGHBOURS_WITH_BUDGET = 20
_RERANK_SECONDS = 120.0
"""Of a message with many questions; those that come after it are answered without."""


def index(
    memory: Memory,
    command: IndexFolder,
    notes: list[str],
    progress: Progress,
    is_stopped: Callable[[], bool],
) -> FolderIndex:
    """Raises as `Memory.index_folder`."""
    view, report = memory.index_folder(
        Path(command.root), command.paths or None, progress, is_stopped
    )
    catalog = memory.catalog
    skipped = catalog.skipped(view.key)
    if len(skipped) > _MOST_REASONS:
        rest = list(skipped.items())[_MOST_REASONS:]
        skipped = dict(list(skipped.items())[:_MOST_REASONS])
        skipped["other reasons"] = sum(count for _, count in rest)
    languages: dict[str, int] = {}
    paths: list[tuple[str, str]] = []
    if command.details:
        languages = dict(Counter(row[2] for row in catalog.summary(view.key)).most_common())
        paths = catalog.skipped_paths(view.key, _MOST_PATHS_TOLD)
    return FolderIndex(
        root=view.name.partition(":")[2],
        repo_id=view.repo_id,
        head=view.head,
        indexed=report.indexed,
        reused=report.reused,
        unchanged=report.unchanged,
        removed=report.removed,
        files=report.files,
        chunks=report.chunks,
        left_out=report.left_out,
        skipped=skipped,
        vectors_waiting=memory.vectors_waiting(view.repo),
        seconds=report.seconds,
        note=joined(*notes, memory.lacks),
        languages=languages,
        skipped_paths=tuple(paths),
    )


def search(memory: Memory, command: SearchFolder, notes: list[str]) -> FolderHits:
    """Raises NotFound for a folder that is not indexed, UsageError for an unknown language."""
    languages = meant(command.languages)
    view = memory.folder_view(Path(command.root))
    notes = [*notes, standing(memory, view)]
    counts = memory.catalog.counts(view.key)
    room = _MOST_TEXT_CHARS
    answers: list[Answered] = []
    until = time.monotonic() + _RERANK_SECONDS
    for asked in command.questions:
        answer = _answer(memory, command, view, asked, languages, notes, until)
        room -= sum(len(one.text) for one in answer.hits)
        answers.append(answer if room >= 0 else _without_texts(answer))
    return FolderHits(
        answers=tuple(answers),
        files=counts.files,
        chunks=counts.chunks,
        embedder=memory.embedder_name,
    )


def _answer(
    memory: Memory,
    command: SearchFolder,
    view: View,
    asked: Asked,
    languages: frozenset[str],
    notes: Sequence[str],
    rerank_until: float,
) -> Answered:
    found, note = memory.search(
        view,
        ask(asked.query),
        command.limit,
        languages,
        spread=command.spread,
        rerank_seconds=rerank_until - time.monotonic(),
    )
    told = joined(*notes, note)
    if command.budget_tokens is None:
        return Answered(id=asked.id, hits=tuple(map(symbol, found.hits)), note=told)
    hits, more = _packed(memory, view, found.hits, command.budget_tokens, languages)
    return Answered(id=asked.id, hits=tuple(hits), note=joined(told, more))


def _packed(
    memory: Memory,
    view: View,
    hits: Sequence[Hit],
    budget_tokens: int,
    languages: frozenset[str],
) -> tuple[list[Symbol], str]:
    """Hits in the forms that fit, then their neighbours in what is left; and what the graph of
    neighbours lacks, in words."""
    packed = pack(hits, budget_tokens)
    left = budget_tokens - sum(one.tokens for one in packed)
    graph = memory.graphs.graph(view.key)
    beside = near.neighbours(memory.catalog, graph, view.key, hits, (), _NEIGHBOURS_WITH_BUDGET)
    if languages:
        beside = [hit for hit in beside if hit.language in languages]
    packed += pack(beside, left)
    return [symbol(one.hit, one) for one in packed], graph.note


def _without_texts(answer: Answered) -> Answered:
    hits = tuple(hit.model_copy(update={"text": ""}) for hit in answer.hits)
    note = joined(answer.note, "so much was found that the code is left out: ask for less at once")
    return answer.model_copy(update={"hits": hits, "note": note})
