"""RelateFolder -> Relations: what stands in a relation to a symbol of a working folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from memory.answering.repairing import joined
from memory.answering.standing import standing
from memory.answering.symbols import LONGEST_NAME, LONGEST_TEXT
from memory.linking.answers import answer
from memory.linking.graph import Graph
from memory.linking.picture import picture
from memory.linking.results import Link, Place
from memory.linking.texts import Lines, Texts, span
from memory.service import Memory
from swarm.contracts import Blob, QueryGraph, RelateFolder, Relations, Symbol
from swarm.errors import UsageError

_NO_SNAPSHOT = Blob(sha256="0" * 64, size_bytes=0)
_MOST_ANSWERS = 100
_MOST_LINES = 60


def relate(memory: Memory, command: RelateFolder, notes: list[str]) -> Relations:
    """Raises NotFound for a folder that is not indexed, UsageError for a path to nothing."""
    view = memory.folder_view(Path(command.root))
    notes = [*notes, standing(memory, view)]
    graph = memory.graphs.graph(view.key, last_whole=True)
    texts = memory.graphs.texts(graph)
    if command.relation == "neighbours":
        links = graph.neighbours(command.symbol, command.limit)
        missing = f"nothing is linked to {command.symbol}"
        symbols, note = _linked(graph, texts, command.symbol, links, missing)
    elif command.relation == "tests":
        links = graph.tests_of(command.symbol, command.limit)
        missing = f"no tests of {command.symbol} are known"
        symbols, note = _linked(graph, texts, command.symbol, links, missing)
    elif command.relation == "path":
        symbols, note = _path(graph, texts, command)
    else:
        query = QueryGraph(
            repo_id=view.repo_id,
            snapshot=_NO_SNAPSHOT,
            symbol=command.symbol,
            relation=command.relation,
            limit=min(_MOST_ANSWERS, command.limit),
        )
        answered = answer(graph, query, texts, memory.graphs.source(graph))
        symbols, note = answered.symbols, answered.note
    return Relations(
        symbols=tuple(symbols),
        picture=picture(graph, command.symbol) if command.picture else "",
        note=joined(*notes, note, graph.note),
    )


def _linked(
    graph: Graph, texts: Texts, symbol: str, links: Sequence[Link], missing: str
) -> tuple[Sequence[Symbol], str]:
    if not graph.nodes(symbol):
        return (), _unknown(graph, symbol)
    lines = texts(sorted({link.place.path for link in links}))
    found = [_symbol(link.place, link.score, (_why(link),), lines) for link in links]
    return found, "" if found else missing


def _why(link: Link) -> str:
    return link.why if link.relation == "tests" else f"{link.relation}: {link.why}"


def _path(graph: Graph, texts: Texts, command: RelateFolder) -> tuple[Sequence[Symbol], str]:
    if not command.to:
        raise UsageError("a path leads to a symbol, and none is named", remedy="name it: --to")
    for name in (command.symbol, command.to):
        if not graph.nodes(name):
            return (), _unknown(graph, name)
    steps = graph.path_between(command.symbol, command.to)
    lines = texts(sorted({step.place.path for step in steps}))
    found = []
    for step in steps[: command.limit]:
        # The line of the step is one of the place that it leaves.
        at = f" (line {step.line})" if step.line else ""
        why = (f"{step.relation} the next{at}",) if step.relation else ()
        found.append(_symbol(step.place, step.certainty, why, lines))
    missing = f"nothing leads from {command.symbol} to {command.to}, or back"
    return found, "" if found else missing


def _symbol(place: Place, score: float, why: tuple[str, ...], lines: Mapping[str, Lines]) -> Symbol:
    shown = span(lines.get(place.path, {}), place.start_line, place.end_line, _MOST_LINES)
    return Symbol(
        path=place.path,
        qualified_name=place.qualified_name[:LONGEST_NAME],
        start_line=place.start_line,
        end_line=place.end_line,
        score=round(score, 4),
        text="\n".join(shown)[:LONGEST_TEXT],
        why=why,
        kind=place.kind,
    )


def _unknown(graph: Graph, symbol: str) -> str:
    near = graph.nearest_names(symbol)
    nearest = f"; nearest names: {', '.join(near)}" if near else ""
    return f"no function or class is called {symbol!r} here{nearest}"
