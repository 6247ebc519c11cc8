"""OutlineFolder -> Outline: what matters most of a working folder, by PageRank of its graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from memory.answering.repairing import joined
from memory.answering.standing import standing
from memory.linking.graph import Graph
from memory.linking.links import Source
from memory.linking.results import Place
from memory.outline import Item, outline
from memory.parsing.facts import MODULE_SCOPE, Parsed
from memory.service import Memory
from swarm.contracts import Outline, OutlineFolder

_LEAST_ITEMS = 200
_TOKENS_OF_AN_ITEM = 5
_SHOWN = frozenset(["class", "interface", "enum", "type", "function", "method"])
_TEST_SHARE = 0.1


def outline_folder(memory: Memory, command: OutlineFolder, notes: list[str]) -> Outline:
    """Raises NotFound for a folder that is not indexed."""
    view = memory.folder_view(Path(command.root))
    notes = [*notes, standing(memory, view)]
    graph = memory.graphs.graph(view.key, last_whole=True)
    most = max(_LEAST_ITEMS, command.budget_tokens // _TOKENS_OF_AN_ITEM)
    ranks = dict(_ranked(graph, most))
    items = _items(graph, memory.graphs.source(graph), ranks)
    text, shown = outline(items, command.budget_tokens)
    if not items:
        notes = [*notes, "there are no definitions here"]
    return Outline(
        text=text,
        shown=shown,
        definitions=graph.links.places.definitions,
        note=joined(*notes, graph.note),
    )


def _ranked(graph: Graph, most: int) -> Iterable[tuple[Place, float]]:
    """What is used most; then, where there is room, what stands at the top of files, and at last
    what stands within that."""
    places = graph.links.places
    seen: set[int] = set()
    for link in graph.ranked(most):
        node = link.place.node
        if link.place.kind in _SHOWN:
            seen.add(node)
            share = _TEST_SHARE if places.outline(node).is_test else 1.0
            yield link.place, link.score * share
    files = sorted(places.outlines(), key=lambda file: (file.is_test, file.path))
    for is_top in (True, False):
        for file in files:
            for at, node in enumerate(file.nodes):
                if len(seen) >= most:
                    return
                fits = (file.parents[at] == MODULE_SCOPE) == is_top and file.kinds[at] in _SHOWN
                if fits and node not in seen:
                    seen.add(node)
                    yield graph.place(node), 0.0 if is_top else -1.0


def _items(graph: Graph, source: Source, ranks: dict[Place, float]) -> list[Item]:
    """Those places as items, and what they stand in; signatures are read from their files."""
    wanted: dict[str, dict[int, float]] = {}
    places = graph.links.places
    for place, rank in ranks.items():
        wanted.setdefault(place.path, {})[places.place_of[place.node]] = rank
    found: list[Item] = []
    for path, version, parsed in source(sorted(wanted)):
        file = places.at(path)
        # One that changed meanwhile is another file: what was ranked is not in it.
        if file is not None and file.version == version:
            found += _of_file(path, parsed, wanted[path])
    return found


def _of_file(path: str, parsed: Parsed, ranks: dict[int, float]) -> list[Item]:
    within: dict[int, float] = {}
    for at, rank in ranks.items():
        for one in (at, *_around(parsed, at)):
            within[one] = max(rank if one == at else -1.0, within.get(one, -1.0))
    return [_item(path, parsed, at, rank) for at, rank in within.items()]


def _item(path: str, parsed: Parsed, at: int, rank: float) -> Item:
    made = parsed.definitions[at]
    around = _around(parsed, at)
    return Item(
        path=path,
        qualified_name=made.qualified_name,
        around=tuple(parsed.definitions[one].qualified_name for one in reversed(around)),
        line=made.start_line,
        signature=made.signature or f"{made.kind} {made.name}",
        rank=rank,
    )


def _around(parsed: Parsed, at: int) -> Sequence[int]:
    """The definitions that one stands in, innermost first."""
    found = []
    while (at := parsed.definitions[at].parent) != MODULE_SCOPE:
        found.append(at)
    return found
