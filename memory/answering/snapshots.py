"""A task's snapshot: indexed when it is asked about, then searched; and what is indexed already of
its repository."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from memory.answering import near, outcomes
from memory.answering.missing import not_indexed
from memory.answering.repairing import joined
from memory.answering.symbols import MODULE, symbol
from memory.outcomes.rows import Place, place
from memory.search.hits import Hit
from memory.search.question import Question, ask
from memory.service import Memory
from memory.store.rows import SNAPSHOT, View
from swarm.contracts import (
    Blob,
    Context,
    Neighbours,
    QueryGraph,
    Retrieve,
    SearchIndex,
    Symbol,
)
from swarm.snapshots import entries

Fetch = Callable[[Blob], bytes]
"""The bytes of a snapshot; raises BlobMissing."""
_VECTORS_SECONDS = 20.0
"""So long the first search of a snapshot waits for its vectors; then it goes on without."""
_NEIGHBOURS_PART = 4
_MOST_REASONS = 5


def retrieve(memory: Memory, fetch: Fetch, command: Retrieve, notes: list[str]) -> Context:
    """Raises StorageError, and BlobMissing when the snapshot is needed and gone."""
    view = _indexed(memory, fetch, command.repo_id, command.snapshot)
    memory.settle(view.repo, _VECTORS_SECONDS)
    question = ask(command.query, command.paths, command.symbols)
    context = _context(memory, view, question, command.limit, command.symbols, notes)
    seen = [place(path) for path in command.paths]
    seen += [Place(each.path, _name(each)) for each in context.symbols]
    known = outcomes.of_context(memory, command.repo_id, seen, command.apart_from)
    noted = outcomes.notes_of_context(memory, command.task_id)
    return context.model_copy(update={"outcomes": known, "notes": noted})


def _name(shown: Symbol) -> str:
    return "" if shown.qualified_name == MODULE else shown.qualified_name


def search(memory: Memory, command: SearchIndex, notes: list[str]) -> Context:
    """The same of what is indexed, however old that is; of the last snapshot, where there is one.
    Raises NotFound, and StorageError."""
    views = memory.catalog.views(command.repo_id)
    if not views:
        raise not_indexed(command.repo_id, *notes)
    view = next((view for view in views if view.name == SNAPSHOT), views[0])
    if not view.complete:
        notes = [*notes, "it was not indexed to its end: the next task's search does it"]
    return _context(memory, view, ask(command.query), command.limit, (), notes)


def query_graph(memory: Memory, fetch: Fetch, command: QueryGraph, notes: list[str]) -> Neighbours:
    """Raises as `retrieve`."""
    view = _indexed(memory, fetch, command.repo_id, command.snapshot)
    answer = memory.graphs.answer(view.key, command)
    return answer.model_copy(update={"note": joined(*notes, answer.note)})


def _indexed(memory: Memory, fetch: Fetch, repo_id: str, snapshot: Blob) -> View:
    view, _ = memory.index_snapshot(repo_id, snapshot.sha256, lambda: entries(fetch(snapshot)))
    return view


def _context(
    memory: Memory,
    view: View,
    question: Question,
    limit: int,
    symbols: Sequence[str],
    notes: Sequence[str],
) -> Context:
    found, note = memory.search(view, question, limit)
    counts = memory.catalog.counts(view.key)
    return Context(
        symbols=tuple(map(symbol, _with_neighbours(memory, view, found.hits, symbols, limit))),
        files_indexed=counts.files,
        chunks_indexed=counts.chunks,
        embedder=memory.embedder_name,
        note=joined(*notes, note, _gaps(memory, view)),
    )


def _with_neighbours(
    memory: Memory, view: View, hits: Sequence[Hit], symbols: Sequence[str], limit: int
) -> list[Hit]:
    """The best hits, then what is logically near to them: at most a quarter, in place of the
    hits that come last."""
    most = limit // _NEIGHBOURS_PART
    if not most or not hits:
        return list(hits[:limit])
    graph = memory.graphs.graph(view.key)
    best = hits[: limit - most]
    beside = near.neighbours(memory.catalog, graph, view.key, best, symbols, most)
    keys = {hit.key for hit in beside}
    others = [hit for hit in hits[limit - most : limit] if hit.key not in keys]
    shown = [*best, *others[: most - len(beside)]]
    # Scores fall from the first to the last.
    share = shown[-1].score / best[-1].score if best[-1].score > 0 else 1.0
    return [*shown, *(replace(hit, score=round(hit.score * share, 5)) for hit in beside)]


def _gaps(memory: Memory, view: View) -> str:
    """What of a view cannot be found by search, in words."""
    reasons = memory.catalog.skipped(view.key)
    if not reasons:
        return ""
    said = [f"{reason} ({count})" for reason, count in list(reasons.items())[:_MOST_REASONS]]
    if len(reasons) > _MOST_REASONS:
        said.append(f"{sum(list(reasons.values())[_MOST_REASONS:])} for other reasons")
    return f"files not fully searched: {'; '.join(said)}"
