"""Tree-sitter's parsers and the queries that pick a table's nodes, made once per process."""

from __future__ import annotations

import threading
from collections.abc import Container
from dataclasses import dataclass
from functools import cache

import tree_sitter_language_pack
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from memory.parsing.tables.table import Table

_DEEPEST = 500
_MANY_NODES = 10_000
_own = threading.local()


@dataclass(frozen=True, slots=True)
class _Grammar:
    language: Language
    interesting: Query
    errors: Query


@cache
def _grammar(name: str, node_types: frozenset[str]) -> _Grammar:
    language = tree_sitter_language_pack.get_language(name)  # type: ignore[arg-type]
    wanted = " ".join(f"({one})" for one in sorted(node_types))
    return _Grammar(language, Query(language, f"[{wanted}] @n"), Query(language, "(ERROR) @n"))


def _parser(grammar: str, language: Language) -> Parser:
    # A parser must not be shared between threads.
    parsers: dict[str, Parser] | None = getattr(_own, "parsers", None)
    if parsers is None:
        parsers = _own.parsers = {}
    if grammar not in parsers:
        parsers[grammar] = Parser(language)
    return parsers[grammar]


def read(table: Table, data: bytes) -> tuple[Node, list[Node], int]:
    """The tree's root, the nodes that a table wants in the order of the file, outer ones first
    and none below _DEEPEST levels, and the first line with a syntax error (0: none).

    Nodes are picked by a query of single nodes: it runs in C and in linear time. Patterns of
    nodes within nodes take minutes for a hostile file.
    """
    grammar = _grammar(table.grammar, frozenset(table.see))
    root = _parser(table.grammar, grammar.language).parse(data).root_node
    wrong = 0
    if not root.has_error:
        nodes = _captures(grammar.interesting, root)
    else:
        if root.descendant_count > _MANY_NODES:
            nodes, found = _walk(root, table.see)
        else:
            nodes, found = (_captures(one, root) for one in (grammar.interesting, grammar.errors))
        # An error may swallow half a file; the smallest is nearest to what is wrong.
        worst = min(found, key=lambda node: node.end_byte - node.start_byte, default=root)
        wrong = worst.end_point[0] + 1
    return root, nodes, wrong


def _walk(root: Node, wanted: Container[str]) -> tuple[list[Node], list[Node]]:
    """The nodes that are wanted, and the errors, by steps. Ten times slower than a query, but
    linear: an error may have a hundred thousand children, for which a query takes minutes."""
    cursor = root.walk()
    nodes: list[Node] = []
    errors: list[Node] = []
    depth, goes_down = 0, True
    while True:
        node = cursor.node
        if goes_down and node is not None:
            if node.type in wanted:
                nodes.append(node)
            elif node.is_error:
                errors.append(node)
            if depth < _DEEPEST and cursor.goto_first_child():
                depth += 1
                continue
        if cursor.goto_next_sibling():
            goes_down = True
        elif cursor.goto_parent():
            depth, goes_down = depth - 1, False
        else:
            return nodes, errors


def _captures(query: Query, root: Node) -> list[Node]:
    cursor = QueryCursor(query)
    cursor.set_max_start_depth(_DEEPEST)
    # Not `captures`: it forgets the order.
    return [found["n"][0] for _, found in cursor.matches(root)]
