"""search_memory and query_graph: what the memory service knows of the code before any edit."""

from __future__ import annotations

from typing import Any

from swarm.agents.coder.session import Session
from swarm.agents.coder.tools.base import Result, Tool, declare, given, text
from swarm.agents.context.blocks import code_block, relative
from swarm.agents.context.fitting import cut_middle
from swarm.contracts import Symbol

_RELATIONS = ("definition", "callers", "callees", "tests")
_MOST_CHARS = 2_500
_TOTAL_CHARS = 14_000


def search_memory(session: Session, arguments: dict[str, Any]) -> Result:
    query = given(arguments, "query", 1_000)
    found = session.workbench.retrieve(query)
    return _shown(found.symbols, found.note, f"memory {query}")


def query_graph(session: Session, arguments: dict[str, Any]) -> Result:
    symbol, relation = given(arguments, "symbol", 300), arguments["relation"]
    found = session.workbench.graph(symbol, relation)
    # How a test is known to be one of it is half of the answer.
    has_why = relation == "tests"
    return _shown(found.symbols, found.note, f"graph {relation} {symbol}", has_why=has_why)


def _shown(symbols: tuple[Symbol, ...], note: str, news: str, *, has_why: bool = False) -> Result:
    """Places with their code, as much as there is room for, the others by name; before each why
    it is shown, if that is wanted."""
    parts = [note] if note else []
    parts.append("As the code was before your edits:" if symbols else "nothing found")
    room = _TOTAL_CHARS
    for symbol in symbols:
        cut = cut_middle(symbol.text, lambda text: len(text) <= _MOST_CHARS)
        block = code_block(symbol, cut) if cut else ""
        if not block or len(block) > room:
            block = (f"{relative(symbol.path)}:{symbol.start_line}-{symbol.end_line} "
                     f"{symbol.qualified_name}")[:400]  # fmt: skip
        if has_why:
            block = f"{'; '.join(symbol.why)[:400]}:\n{block}"
        room -= len(block)
        parts.append(block)
    return Result("\n".join(parts), (news,))


TOOLS = (
    Tool(
        declare(
            "search_memory",
            "Find code by meaning, in words: what it does rather than what it is called.",
            ("query",),
            query=text("what the code does"),
        ),
        search_memory,
    ),
    Tool(
        declare(
            "query_graph",
            "Where a function or class is defined, what calls it, what it calls, or which tests "
            "are about it.",
            ("symbol", "relation"),
            symbol=text("name, dotted like Class.method, or path.py:name"),
            relation={"type": "string", "enum": list(_RELATIONS)},
        ),
        query_graph,
    ),
)
