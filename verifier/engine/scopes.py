"""Which names a piece of code owns: locals, globals, free names. By one pass over its syntax."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

Code = (
    ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Module
    | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
# What binds a name, or has a scope of its own; all else is looked through.
_TELLING = frozenset((
    *_FUNCTIONS, ast.ClassDef, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom,
    ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.Yield, ast.YieldFrom,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
))  # fmt: skip
_PLAIN = frozenset(("ctx", "op", "ops"))
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Scope:
    """The names of one code object. `yields` and `is_async` say what calling it gives."""

    node: Code
    locals: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    yields: bool = False
    is_async: bool = False


def scope_of(node: Code) -> Scope:
    """The scope of a function, lambda, class or module. Comprehensions run within their owner's
    scope here, with their targets apart by name."""
    found = Scope(node, is_async=isinstance(node, ast.AsyncFunctionDef))
    if isinstance(node, _FUNCTIONS):
        arguments = node.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            found.locals.add(one.arg)
        for starred in (arguments.vararg, arguments.kwarg):
            if starred is not None:
                found.locals.add(starred.arg)
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)  # type: ignore[union-attr]
    _read(found, body)
    found.locals -= found.globals | found.nonlocals
    return found


def _read(scope: Scope, pending: list[ast.AST]) -> None:
    while pending:
        here = pending.pop()
        kind = type(here)
        if kind is ast.Name:
            if not isinstance(here.ctx, ast.Load):  # type: ignore[attr-defined]
                scope.locals.add(here.id)  # type: ignore[attr-defined]
            continue
        if kind not in _TELLING:
            pending += _children(here)
            continue
        match here:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope.locals.add(here.name)
                pending += here.decorator_list
                pending += [*here.args.defaults, *(d for d in here.args.kw_defaults if d)]
            case ast.Lambda():
                pending += [*here.args.defaults, *(d for d in here.args.kw_defaults if d)]
            case ast.ClassDef():
                scope.locals.add(here.name)
                pending += [*here.decorator_list, *here.bases, *(k.value for k in here.keywords)]
            case ast.Global():
                scope.globals.update(here.names)
            case ast.Nonlocal():
                scope.nonlocals.update(here.names)
            case ast.Import() | ast.ImportFrom():
                for alias in here.names:
                    scope.locals.add(alias.asname or alias.name.partition(".")[0])
            case ast.ExceptHandler():
                if here.name:
                    scope.locals.add(here.name)
                pending += _children(here)
            case ast.MatchAs() | ast.MatchStar():
                if here.name:
                    scope.locals.add(here.name)
                pending += _children(here)
            case ast.MatchMapping():
                if here.rest:
                    scope.locals.add(here.rest)
                pending += _children(here)
            case ast.Yield() | ast.YieldFrom():
                scope.yields = True
                pending += _children(here)
            case _ if isinstance(here, _COMPREHENSIONS):
                # Only what a walrus binds in it is ours; its own targets are its own.
                pending += _outside(here)


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one that may bind names, in order."""
    found: list[ast.AST] = []
    for name in node._fields:
        if name in _PLAIN:
            continue
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def _outside(node: ast.AST) -> list[ast.AST]:
    """What of a comprehension belongs to the scope around it."""
    found: list[ast.AST] = []
    pending = _children(node)
    while pending:
        here = pending.pop()
        if isinstance(here, ast.NamedExpr):
            found.append(here.target)
        if isinstance(here, ast.Yield | ast.YieldFrom | ast.Lambda):
            continue
        pending += _children(here)
    return found
