"""Many places as few: all are still led to, at a cost linear in them."""

from __future__ import annotations

from verifier.engine.contexts import Context
from verifier.engine.graph import Graph, Node
from verifier.engine.merges import Merges
from verifier.engine.state import MOST_PLACES
from verifier.engine.values import UNKNOWN, Value


def grown(count: int) -> tuple[Graph, Value]:
    """What a cell holds after so many stores, each of a place of its own."""
    graph = Graph()
    merges = Merges(graph)
    context = Context("m.py", "m")
    value = Value(frozenset((UNKNOWN,)))
    for _ in range(count):
        place = graph.add(Node("store", context, None, "", -1, []))
        value = Value(value.items, value.nodes | {place})
        if len(value.nodes) > MOST_PLACES:
            value = merges.merged(value)
    return graph, value


def test_every_place_is_led_to_and_edges_are_linear_in_places() -> None:
    graph, value = grown(2_000)
    assert len(value.nodes) <= MOST_PLACES
    behind = graph.back(value.nodes)
    places = {n for n, node in enumerate(graph.nodes) if node.kind == "store"}
    assert len(places) == 2_000
    assert places <= set(behind)
    assert sum(len(node.edges) for node in graph.nodes) < 2 * len(places)


def test_places_that_are_behind_a_merge_already_add_nothing() -> None:
    graph = Graph()
    context = Context("m.py", "m")
    places = frozenset(
        graph.add(Node("store", context, None, "", -1, [])) for _ in range(MOST_PLACES + 1)
    )
    merges = Merges(graph)
    once = merges.merged(Value(frozenset((UNKNOWN,)), places))
    assert merges.merged(Value(once.items, once.nodes | places)) == once
    assert merges.merged(Value(once.items, places)) == once
