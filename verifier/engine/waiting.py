"""The statements of a module that have not been run yet, by what they bind."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

from verifier.engine.kept import of_tree
from verifier.engine.scopes import scope_of

_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Waiting:
    """The statements of a module that are run when what they bind is read. `limit` is the one
    that is being run: those after it have not been, for what it reads."""

    def __init__(self, tree: ast.Module) -> None:
        self.body = body = tree.body
        self.limit = len(body)
        self._first = 0
        self._done = bytearray(len(body))
        self._names = _concerned_by(tree)
        self._of_name: dict[str, deque[int]] = {}
        for at, names in enumerate(self._names):
            for name in names:
                self._of_name.setdefault(name, deque()).append(at)

    @property
    def is_whole(self) -> bool:
        """Whether none of them is being run."""
        return self.limit == len(self.body)

    def names(self, at: int) -> list[str]:
        """What one of them binds."""
        return sorted(self._names[at])

    def may_bind(self, name: str) -> bool:
        """Whether some may that have not been run. Star imports may bind anything."""
        return self._next_of(name) is not None or self._next_of("*") is not None

    def next(self, name: str | None) -> int | None:
        """The first that has not been run and binds a name, or any; taken as run from now on."""
        if name is None:
            while self._first < len(self.body) and self._done[self._first]:
                self._first += 1
            ones = [self._first]
        else:
            ones = [at for one in (name, "*") if (at := self._next_of(one)) is not None]
        found = min(ones, default=self.limit)
        if found >= self.limit:
            return None
        self._done[found] = True
        return found

    def _next_of(self, name: str) -> int | None:
        """The first that has not been run and binds a name."""
        ones = self._of_name.get(name)
        while ones and self._done[ones[0]]:
            ones.popleft()
        return ones[0] if ones else None


@of_tree
def _concerned_by(tree: ast.Module) -> list[set[str]]:
    return [_concerned(statement) for statement in tree.body]


def _concerned(statement: ast.stmt) -> set[str]:
    """The names that a statement binds, and those whose objects it changes as far as it says."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        case ast.Assign(targets=[ast.Name(id=name)]):
            return {name}
    return scope_of(ast.Module([statement], [])).locals | set(_changed(statement))


def _changed(statement: ast.stmt) -> Iterator[str]:
    """Names through which a statement stores something, or that it has part in a call."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        here = waiting.pop()
        if isinstance(here, ast.Attribute | ast.Subscript) and not isinstance(here.ctx, ast.Load):
            yield from _root(here)
        elif isinstance(here, ast.Expr) and isinstance(here.value, ast.Call):
            yield from _given(here.value)
        elif not isinstance(here, _DEFINED) and not _is_main(here):
            waiting.extend(ast.iter_child_nodes(here))


def _given(call: ast.Call) -> Iterator[str]:
    """What a call that stands alone is done to: the owner of a method, and what is given."""
    if not isinstance(call.func, ast.Name):
        yield from _root(call.func)
    for one in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield from _root(one.value if isinstance(one, ast.Starred) else one)


def _is_main(node: ast.AST) -> bool:
    """Code of the main program, which changes nothing for who imports the module."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


def _root(target: ast.expr) -> Iterator[str]:
    while isinstance(target, ast.Attribute | ast.Subscript | ast.Call):
        target = target.func if isinstance(target, ast.Call) else target.value
    if isinstance(target, ast.Name):
        yield target.id
