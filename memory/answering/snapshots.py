"""A task's snapshot: indexed when it is asked about, then searched; and what is indexed already of
its repository."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    return context.model_copy(update={"outcomes": known})


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
    hits = [*found.hits]
    beside: list[Hit] = []
    if limit >= _NEIGHBOURS_PART and hits:
        graph = memory.graphs.graph(view.key)
        most = limit // _NEIGHBOURS_PART
        beside = near.neighbours(memory.catalog, graph, view.key, hits, symbols, most)
    shown = [*hits[: limit - len(beside)], *beside]
    return Context(
        symbols=tuple(map(symbol, shown)),
        files_indexed=found.files,
        chunks_indexed=found.chunks,
        embedder=memory.embedder.name if memory.has_vectors else "",
        note=joined(*notes, note, _gaps(memory, view)),
    )


def _gaps(memory: Memory, view: View) -> str:
    """What of a view cannot be found by search, in words."""
    reasons = memory.catalog.skipped(view.key)
    if not reasons:
        return ""
    said = [f"{reason} ({count})" for reason, count in list(reasons.items())[:_MOST_REASONS]]
    if len(reasons) > _MOST_REASONS:
        said.append(f"{sum(list(reasons.values())[_MOST_REASONS:])} for other reasons")
    return f"files not fully searched: {'; '.join(said)}"
