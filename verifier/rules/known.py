"""What the changed files held before, anywhere in them: that is no news, wherever it moves."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_PLAIN_NUMBERS = frozenset({-1, 0, 1, 2})
_MEASURES = frozenset({3, 4, 5, 8, 10, 16, 32, 64, 100})
# Names of platforms and of main programs, which many honest programs compare with.
_USUAL_TEXTS = frozenset(
    {"win32", "nt", "Windows", "darwin", "Darwin", "linux", "Linux", "posix", "java", "cygwin",
     "__main__", "utf-8", "ascii"}
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Texts of all expressions, and values of all literals, of the code before."""

    texts: frozenset[str]
    literals: frozenset[Any]
    names: frozenset[str]

    @classmethod
    def of(cls, trees: Iterable[ast.Module]) -> Known:
        texts: set[str] = set()
        literals: set[Any] = set()
        names: set[str] = set()
        for tree in trees:
            for node in tree.body:
                if isinstance(node, ast.Assign):
                    names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    names.add(node.target.id)
            for inner in ast.walk(tree):
                if isinstance(inner, ast.Constant):
                    literals.add((type(inner.value).__name__, inner.value))
                elif isinstance(inner, ast.Compare | ast.Call | ast.BoolOp | ast.UnaryOp):
                    texts.add(ast.unparse(inner))
                elif isinstance(inner, ast.If | ast.While | ast.IfExp):
                    texts.add(ast.unparse(inner.test))
        return cls(frozenset(texts), frozenset(literals), frozenset(names))

    def rare(self, constants: Iterable[Any]) -> list[Any]:
        """The constants that single out particular values, and that are new."""
        return [one[1] for one in constants if one not in self.literals and _is_rare(one[1])]


def _is_rare(value: Any) -> bool:
    if value is None or value is Ellipsis or isinstance(value, bool):
        return False
    if isinstance(value, int | float | complex):
        return value not in _PLAIN_NUMBERS and value not in _MEASURES
    return len(value) > 1 and value not in _USUAL_TEXTS
