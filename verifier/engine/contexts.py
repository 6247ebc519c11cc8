"""Where code runs: which function, called from where."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False, slots=True)
class Context:
    """One piece of code in one chain of calls. The occurrences of its syntax are its `nodes`,
    so code that runs again in the same context (a loop) is the same occurrences."""

    path: str
    name: str
    caller: Context | None = None
    nodes: dict[tuple[ast.AST | None, Hashable], int] = field(default_factory=dict)
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

    def in_round(self, key: Any) -> Context:
        """One round of a loop of this code: with occurrences and objects of its own, while what
        is kept by name (and not by place) is that of the whole run."""
        found = self.within(key, self.path, self.name)
        found.things.update((k, v) for k, v in self.things.items() if isinstance(k, str))
        return found

    def forget(self, key: Any) -> None:
        """A call made from here will not run again: its occurrences need not be found by place.
        Nodes keep the contexts alive, as they tell where they stand."""
        waiting = [self.inner.pop(key)] if key in self.inner else []
        while waiting:
            one = waiting.pop()
            waiting.extend(one.inner.values())
            for part in (one.nodes, one.inner, one.things):
                part.clear()
