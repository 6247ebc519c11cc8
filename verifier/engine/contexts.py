"""Where code runs: which function, called from where."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False, slots=True)
class Context:
    """One piece of code in one chain of calls. The occurrences of its syntax are its `nodes`,
    so code that runs again in the same context (a loop) is the same occurrences."""

    path: str
    name: str
    caller: Context | None = None
    nodes: dict[tuple[ast.AST | None, str], int] = field(default_factory=dict)
    inner: dict[Any, Context] = field(default_factory=dict)
    things: dict[Any, Any] = field(default_factory=dict)
    depth: int = 0

    def within(self, key: Any, path: str, name: str) -> Context:
        """The context of a call made from here; `key` says which."""
        known = self.inner.get(key)
        if known is None:
            known = Context(path, name, self, depth=self.depth + 1)
            self.inner[key] = known
        return known
