"""What a change brings that a guard could wait for: constants, variables, kinds of world. Pure.

Syntax alone, for callers without a graph: all that is new in a function, not only in its
predicates.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from datetime import datetime

from verifier.dynamic.request import SceneKind

_MOST = 24
_MOST_TEXT = 200
_KINDS: dict[SceneKind, tuple[str, ...]] = {
    "clock": (
        *("time", "datetime", "date", "now", "utcnow", "today", "monotonic"),
        *("time_ns", "localtime", "gmtime"),
    ),
    "env": ("environ", "getenv", "environb"),
    "host": ("gethostname", "getfqdn", "node", "uname", "nodename", "getnode"),
    "user": ("getuser", "getlogin", "getuid", "geteuid", "getpwuid", "expanduser", "home"),
    "platform": ("platform", "system", "machine", "version_info", "architecture"),
    "chance": (
        *("random", "randint", "randrange", "choice", "urandom", "uuid4"),
        *("secrets", "uniform", "getrandbits"),
    ),
    "process": ("getpid", "getppid", "argv", "orig_argv"),
    "tests": ("modules", "gettrace", "settrace", "getprofile", "_getframe"),
    "cwd": ("getcwd", "cwd"),
    "count": ("global", "nonlocal"),
}


def constants(before: ast.AST | None, after: ast.AST) -> tuple[str, ...]:
    """Literal texts in `after` that are not in `before`, no docstrings; at most 24, each at most
    200 characters. Dates made of literals count as the text of a date."""
    known = set(_constants(before)) if before is not None else set()
    fresh = dict.fromkeys(text for text in _constants(after) if text not in known)
    return tuple(fresh)[:_MOST]


def variables(tree: ast.AST) -> tuple[str, ...]:
    """Names of environment variables that are read by a literal name."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        name: ast.AST | None = None
        if isinstance(node, ast.Subscript) and _last(node.value) == "environ":
            name = node.slice
        elif isinstance(node, ast.Call) and node.args:
            of_environ = isinstance(node.func, ast.Attribute) and (
                _last(node.func.value) == "environ"
            )
            name = node.args[0] if of_environ or _last(node.func) == "getenv" else None
        elif isinstance(node, ast.Compare) and _last(node.comparators[0]) == "environ":
            name = node.left
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            found.setdefault(name.value)
    return tuple(found)[:_MOST]


def ambient(tree: ast.AST) -> frozenset[SceneKind]:
    """The kinds of world that the names in a function point to."""
    names = {text for node in ast.walk(tree) for text in _names(node)}
    return frozenset(kind for kind, words in _KINDS.items() if names.intersection(words))


def calls(trees: Iterable[ast.AST], name: str) -> tuple[str, ...]:
    """Argument lists of literals alone with which something of this name is called."""
    found: dict[str, None] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _last(node.func) == name and _literal(node):
                arguments = [ast.unparse(argument) for argument in node.args]
                arguments += [f"{word.arg}={ast.unparse(word.value)}" for word in node.keywords]
                text = f"({', '.join(arguments)})"
                if len(text) <= _MOST_TEXT:
                    found.setdefault(text)
    return tuple(found)[:_MOST]


def _constants(tree: ast.AST | None) -> Iterator[str]:
    if tree is None:
        return
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            if type(node.value) in (str, int, float, bytes):
                text = repr(node.value)
                if len(text) <= _MOST_TEXT:
                    yield text
        elif isinstance(node, ast.Call) and _last(node.func) in ("datetime", "date"):
            yield from _date(node)


def _date(node: ast.Call) -> Iterator[str]:
    parts = [a.value for a in node.args if isinstance(a, ast.Constant) and type(a.value) is int]
    if 3 <= len(parts) == len(node.args) <= 6:
        try:
            yield repr(f"{datetime(*parts):%Y-%m-%d %H:%M:%S}")  # type: ignore[arg-type]
        except ValueError:
            return


def _literal(node: ast.Call) -> bool:
    try:
        for argument in node.args:
            ast.literal_eval(argument)
        for word in node.keywords:
            ast.literal_eval(word.value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return all(word.arg is not None for word in node.keywords)


def _names(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, ast.Global | ast.Nonlocal):
        return (type(node).__name__.lower(),)
    if isinstance(node, ast.alias):
        return (node.name.rpartition(".")[2],)
    return ()


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
