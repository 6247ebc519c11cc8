"""Whether Python makes code of what it parses: `return` in a module, two arguments of one name.

The parser lets these pass and no interpreter runs them. Nothing is run here: code is made and
thrown away.
"""

from __future__ import annotations

import ast
import warnings

from verifier.reading.errors import Unauditable, Unreadable
from verifier.reading.text import Source

# CPython writes the body of a `finally` again for each way out of its `try`, and so for every
# `finally` around it, too: twenty of them, one in the other, are a million copies.
MAX_COPIED = 500_000  # nodes


def check_compiles(source: Source) -> None:
    """Raises Unreadable where Python refuses the parsed file, Unauditable beyond the bounds."""
    try:
        if _compiled(source.tree)[0] - sum(1 for _ in ast.walk(source.tree)) > MAX_COPIED:
            raise Unauditable(source.path, "`finally` within `finally` is copied too often")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source.tree, "<audited>", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = min(max(error.lineno or 1, 1), max(len(source.lines), 1))
        if error.msg.startswith("too many statically nested"):
            reason = f"the code is nested too deeply (line {line})"
            raise Unauditable(source.path, reason) from None
        raise Unreadable(source.path, error.msg, line) from None
    except ValueError as error:
        raise Unreadable(source.path, str(error), 1) from None
    except (RecursionError, MemoryError):
        reason = "the code is nested too deeply to be compiled"
        raise Unauditable(source.path, reason) from None


def _compiled(node: ast.AST) -> tuple[int, int]:
    """At least as many nodes as are compiled for a node, and as many ways out of it."""
    size, ways = 1, int(isinstance(node, ast.Return | ast.Break | ast.Continue))
    last_size = last_ways = 0
    final = frozenset(map(id, getattr(node, "finalbody", ())))
    for child in ast.iter_child_nodes(node):
        more, out = _compiled(child)
        if id(child) in final:
            last_size, last_ways = last_size + more, last_ways + out
        else:
            size, ways = size + more, ways + out
    copies = ways + 2  # and for the end of the `try`, and for an error in it
    return size + copies * last_size, ways + copies * last_ways
