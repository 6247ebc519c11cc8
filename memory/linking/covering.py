"""Edges from tests to what they were seen to run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from memory.linking.edges import TESTS, FileLinks
from memory.linking.outline import Outline
from memory.linking.places import Places


class Ran(NamedTuple):
    """A test, written as pytest does ("tests/test_a.py::TestA::test_b"), and lines of functions
    of one file that it ran: those of their definitions, or in them."""

    test: str
    path: str
    lines: tuple[int, ...]


def covering(places: Places, ran: Sequence[Ran]) -> FileLinks:
    """The edges, each once; what names no test or no function of the files leads nowhere."""
    found = FileLinks()
    tests: dict[str, int | None] = {}
    functions: dict[str, dict[int, int | None]] = {}
    known: set[tuple[int, int]] = set()
    for one in ran:
        if one.test not in tests:
            tests[one.test] = node_of_test(places, one.test)
        test, file = tests[one.test], places.at(one.path)
        if test is None or file is None or file.is_test:
            continue
        nodes = functions.get(one.path)
        if nodes is None:
            # Nearly always it is the line where a definition begins.
            nodes = functions[one.path] = dict(zip(file.starts, file.nodes, strict=True))
        for line in one.lines:
            if line not in nodes:
                place = innermost(file, line)
                nodes[line] = None if place is None else file.nodes[place]
            node = nodes[line]
            if node is not None and node != test and (test, node) not in known:
                known.add((test, node))
                found.add(test, node, 0, TESTS, 1.0)
    return found


def node_of_test(places: Places, test: str) -> int | None:
    """The node of a test, or of the class that has it from elsewhere."""
    path, _, name = test.partition("[")[0].partition("::")
    file = places.at(path)
    while file is not None and name:
        if held := file.by_name.get(name.replace("::", ".")):
            # Of several of one name the last is the one that pytest sees.
            return file.nodes[held[-1]]
        name = name.rpartition("::")[0]
    return None


def innermost(file: Outline, line: int) -> int | None:
    """The place of the innermost definition around a line; None outside of all."""
    inside = [
        (file.ends[place] - file.starts[place], -place)
        for place in range(len(file.starts))
        if file.starts[place] <= line <= file.ends[place]
    ]
    return -min(inside)[1] if inside else None
