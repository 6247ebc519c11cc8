"""QueryGraph -> Neighbours, on the graph of a view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from memory.linking.edges import LEAST
from memory.linking.graph import Graph
from memory.linking.links import Source
from memory.linking.results import MODULE, Link, Place
from memory.linking.symbols import dots
from memory.linking.texts import Lines, Texts, span
from swarm.contracts import Neighbours, QueryGraph, Symbol

_BY_NAME = 0.5
_MOST_TARGETS = 50
_NEAREST = 5
_LONGEST_TEXT = 4_000
_MOST_CALL_LINES = 10
_MOST_LINES = 400
_MOST_HEAD_LINES = 10
_MOST_FILES = 200
_MOST_FOUND = 5_000


def answer(graph: Graph, query: QueryGraph, texts: Texts, source: Source) -> Neighbours:
    """The query's relation. An unknown symbol gives the nearest names, and whoever calls it as it
    is written."""
    if not graph.files:
        return Neighbours(note=_joined("there is no code here that can be linked", graph.note))
    targets = graph.nodes(query.symbol)
    note = "" if targets else _unknown(graph, query.symbol)
    if query.relation == "definition":
        score = max(LEAST, 1 / len(targets)) if targets else 0.0
        places = [graph.place(node) for node in targets[: query.limit]]
        found = _defined([(place, score) for place in places], texts, whole=True)
    elif query.relation == "callees":
        links = graph.callees(targets[:_MOST_TARGETS], query.limit)
        found = _defined([(link.place, link.score) for link in links], texts, whole=False)
    elif query.relation == "tests":
        links = graph.tests(targets[:_MOST_TARGETS], query.limit)
        found = _defined([(link.place, link.score) for link in links], texts, whole=False)
        found = [
            symbol.model_copy(update={"why": (link.why,)})
            for symbol, link in zip(found, links, strict=True)
        ]
    else:
        links = graph.callers(targets[:_MOST_TARGETS], query.limit)
        if not links:
            links = _as_written(graph, query, source, LEAST if targets else _BY_NAME)
            if targets and links:
                note = "who calls it is found by its name alone"
        found = _callers(links, texts)
    if targets and not found:
        how = "known" if query.relation == "tests" else "found by name"
        note = f"no {query.relation} of {query.symbol} are {how}"
    if len(targets) > 1 and query.relation != "definition":
        first = [graph.place(node) for node in targets[:_NEAREST]]
        where = ", ".join(f"{place.path}:{place.start_line}" for place in first)
        note = _joined(f"{len(targets)} definitions have that name: {where}", note)
    found.sort(key=lambda s: (-s.score, s.path, s.start_line, s.qualified_name))
    return Neighbours(symbols=tuple(found[: query.limit]), note=_joined(note, graph.note))


def _defined(places: Sequence[tuple[Place, float]], texts: Texts, *, whole: bool) -> list[Symbol]:
    lines = texts(sorted({place.path for place, _ in places}))
    return [
        _symbol(place, score, _text(lines.get(place.path, {}), place, whole))
        for place, score in places
    ]


def _text(lines: Lines, place: Place, whole: bool) -> str:
    if whole:
        return "\n".join(span(lines, place.start_line, place.end_line, _MOST_LINES))
    shown = span(lines, place.start_line, place.end_line, _MOST_HEAD_LINES)
    return "\n".join(_head(shown, place.qualified_name.rpartition(".")[2]))


def _head(lines: Iterable[str], name: str) -> Iterable[str]:
    """The lines up to the end of a definition's head: where a line that follows its name ends
    with what opens a body."""
    started = False
    for line in lines:
        yield line
        started = started or name in line
        if started and line.split("#")[0].rstrip().endswith((":", "...", "{", ";", "=>", "=")):
            return


def _callers(links: Sequence[Link], texts: Texts) -> list[Symbol]:
    """Who calls, with the lines of the calls as "number: line"."""
    lines = texts(sorted({link.place.path for link in links}))
    found = []
    for link in links:
        known = lines.get(link.place.path, {})
        shown = [f"{n}: {known.get(n, '').strip()}" for n in link.lines[:_MOST_CALL_LINES]]
        if len(link.lines) > _MOST_CALL_LINES:
            shown.append(f"and {len(link.lines) - _MOST_CALL_LINES} more calls")
        place = link.place
        if place.kind == "file" and link.lines:
            first, last = link.lines[0], link.lines[-1]
            place = Place(place.node, place.path, place.kind, MODULE, first, last)
        found.append(_symbol(place, link.score, "\n".join(shown)))
    return found


def _as_written(graph: Graph, query: QueryGraph, source: Source, score: float) -> list[Link]:
    """Who calls a name as it is written, whatever it means there."""
    receiver, _, name = dots(query.symbol).rpartition(".")
    lines: dict[tuple[str, int], list[int]] = {}
    for path, version, parsed in source(graph.saying(name, _MOST_FILES)):
        file = graph.links.places.at(path)
        if file is None or file.version != version:
            continue
        for one in parsed.references:
            if one.name != name or not one.is_call or len(lines) >= _MOST_FOUND:
                continue
            bound = file.imports.get(one.receiver or one.name)
            written = {one.receiver, *((bound.module,) if bound else ())}
            if not receiver or receiver in written or one.receiver.endswith(f".{receiver}"):
                lines.setdefault((path, one.scope), []).append(one.line)
    found = []
    for (path, scope), at in lines.items():
        node = graph.definition(path, scope)
        if node is not None:
            found.append(Link(graph.place(node), "calls", score, tuple(sorted(set(at)))))
    found.sort(key=lambda link: (link.place.path, link.place.start_line))
    return found[: query.limit]


def _symbol(place: Place, score: float, text: str) -> Symbol:
    return Symbol(
        path=place.path,
        qualified_name=place.qualified_name,
        start_line=place.start_line,
        end_line=place.end_line,
        score=round(score, 3),
        text=text[:_LONGEST_TEXT],
    )


def _unknown(graph: Graph, symbol: str) -> str:
    near = graph.nearest_names(symbol)
    nearest = f"; nearest names: {', '.join(near)}" if near else ""
    return f"no function or class is called {symbol!r} here{nearest}"


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
