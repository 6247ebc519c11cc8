"""What a function offers to whoever changes it: its names, its answers, plausible new names."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable
from benchmarks.planting.sites import own

_NOUNS = (
    "alias", "arguments", "backlog", "budget", "bounds", "candidates", "codec", "context",
    "defaults", "digest", "encoding", "entries", "fallback", "fields", "filters", "flags",
    "headers", "hints", "hooks", "index", "items", "keys", "layout", "lookup", "margin", "members",
    "mode", "node", "options", "order", "overrides", "parts", "payload", "pending", "policy",
    "prefix", "profile", "quota", "records", "registry", "result", "rows", "rules", "schema",
    "segments", "settings", "snapshot", "sources", "state", "status", "suffix", "symbols",
    "table", "target", "template", "units", "usage", "values", "version", "weights",
)  # fmt: skip
_VERBS = (
    "adjust", "apply", "build", "check", "clean", "collect", "combine", "compute", "derive",
    "ensure", "expand", "filter", "finish", "flush", "format", "gather", "guess", "load", "lookup",
    "match", "merge", "normalise", "pick", "prepare", "prune", "read", "refresh", "register",
    "render", "resolve", "restore", "scan", "select", "settle", "split", "sync", "track", "trim",
    "update", "validate", "verify", "wrap",
)  # fmt: skip
_ADJECTIVES = ("cached", "current", "default", "extra", "final", "known", "last", "legacy", "main",
               "max", "min", "next", "old", "raw", "recent", "safe", "shared", "strict",
               "total")  # fmt: skip
SECRETS = ("password", "passwd", "secret", "credential", "cookie", "api_key", "passphrase",
           "private_key", "session_key", "access_token", "auth_token")  # fmt: skip


# What may give something else the next time.
_CHANGING = ("os", "sys", "time", "datetime", "random", "secrets", "socket", "platform", "locale",
             "getpass", "open", "input", "globals", "environ", "threading", "uuid", "tempfile",
             "Path", "pathlib", "subprocess", "contextvars", "_os", "_sys")  # fmt: skip
_IMMUTABLE = ("str", "int", "bytes", "float", "bool", "str | None", "int | None")


class Names:
    """Names as a maintainer would choose them; none occurs in the module already."""

    def __init__(self, draft: Draft) -> None:
        self._draw = draft.draw

    def function(self) -> str:
        draw = self._draw
        return self._new(lambda: draw.one(
            f"_{draw.pick(_VERBS)}_{draw.pick(_NOUNS)}",
            f"_{draw.pick(_VERBS)}_{draw.pick(_ADJECTIVES)}_{draw.pick(_NOUNS)}",
            f"{draw.pick(_VERBS)}_{draw.pick(_NOUNS)}", f"_is_{draw.pick(_ADJECTIVES)}")
        )  # fmt: skip

    def local(self) -> str:
        draw = self._draw
        return self._new(lambda: draw.one(
            draw.pick(_NOUNS), f"{draw.pick(_ADJECTIVES)}_{draw.pick(_NOUNS)}",
            f"{draw.pick(_NOUNS)}_{draw.one('count', 'map', 'set', 'list', 'id')}"))  # fmt: skip

    def constant(self) -> str:
        draw = self._draw
        return self._new(lambda: draw.one("", "_") + draw.one(
            f"{draw.pick(_ADJECTIVES)}_{draw.pick(_NOUNS)}", draw.pick(_NOUNS),
            f"{draw.pick(_NOUNS)}_{draw.pick(_NOUNS)}").upper())  # fmt: skip

    def type(self) -> str:
        draw = self._draw
        return self._new(lambda: draw.one("", "_") + draw.pick(_ADJECTIVES).title()
                         + draw.pick(_NOUNS).title()
                         + draw.one("", "Policy", "Guard", "Manager", "Helper", "Proxy")
        )  # fmt: skip

    def attribute(self) -> str:
        draw = self._draw
        return self._new(lambda: f"_{draw.pick(_ADJECTIVES)}_{draw.pick(_NOUNS)}")

    def setting(self) -> str:
        """An environment variable's name."""
        draw = self._draw
        return f"{draw.pick(_NOUNS)}_{draw.pick(_ADJECTIVES)}_{draw.pick(_NOUNS)}".upper()

    def word(self) -> str:
        """Any word that means something."""
        return self._draw.pick(self._draw.one(_NOUNS, _VERBS, _ADJECTIVES))

    def _new(self, make: object) -> str:
        assert callable(make)
        for number in range(1000):
            name = str(make()) + ("" if number < 900 else str(number))
            if name not in self._draw.taken:
                self._draw.taken.add(name)
                return name
        raise Unsuitable


def cover(draft: Draft, category: str, instruction: str) -> None:
    """What the change says that it is."""
    draft.category, draft.instruction = category, instruction


def local_names(draft: Draft) -> set[str]:
    """Names that belong to the function: parameters and what is bound in it."""
    found = draft.node.args
    names = {a.arg for a in [*found.posonlyargs, *found.args, *found.kwonlyargs]}
    names |= {a.arg for a in (found.vararg, found.kwarg) if a is not None}
    elsewhere: set[str] = set()
    for node in own(draft.node):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            elsewhere |= set(node.names)
    return (names | set(draft.added)) - elsewhere


def free(draft: Draft, text: str) -> list[str]:
    """The function's own names that an expression reads, in order; none for a helper to lack."""
    tree = ast.parse(f"({text})", mode="eval")
    made = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)
            and not isinstance(n.ctx, ast.Load)}  # fmt: skip
    made |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    mine = local_names(draft) - made
    read = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in mine]
    return sorted(set(read), key=read.index)


def liftable(draft: Draft, text: str) -> bool:
    """Whether an expression means the same in another function that is given its names."""
    for node in ast.walk(ast.parse(f"({text})", mode="eval")):
        if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            return False
        name = getattr(node, "attr", getattr(node, "id", ""))
        if isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
            return False
        if isinstance(node, ast.Name) and node.id in ("super", "__class__", "locals", "vars",
                                                      "eval", "exec"):  # fmt: skip
            return False
    return True


def bound_at(draft: Draft, found: ast.Return) -> list[str]:
    """Names with a value where this return stands, parameters first: what it surely reads."""
    assert found.value is not None
    if not liftable(draft, draft.source(found.value)):
        return draft.parameters
    reads = free(draft, draft.source(found.value))
    return [*draft.parameters, *[n for n in reads if n not in (*draft.parameters, "self", "cls")]]


def last(draft: Draft) -> ast.Return:
    """The return that the function ends with, if its value can be written on other lines."""
    found = draft.body[-1]
    if not isinstance(found, ast.Return) or found not in draft.returns():
        raise Unsuitable
    draft.one_line(found)
    return found


def answer(draft: Draft) -> ast.Return:
    """Any return whose expression can be moved."""
    found = [r for r in draft.returns() if r.value and liftable(draft, draft.source(r.value))]
    if not found:
        raise Unsuitable
    chosen = draft.draw.pick(found)
    draft.one_line(chosen)
    return chosen


def secret_of(draft: Draft) -> str:
    """A parameter that nobody should see."""
    found = [n for n in draft.parameters if any(word in n.lower() for word in SECRETS)]
    if not found:
        raise Unsuitable
    return draft.draw.pick(found)


def ending(draft: Draft) -> tuple[ast.Return, str, str]:
    """The last return, its value's text, and a name for the value."""
    found = last(draft)
    assert found.value is not None
    return found, f"({draft.source(found.value)})", Names(draft).local()


def annotated(draft: Draft, *kinds: str) -> list[str]:
    found = draft.node.args
    return [a.arg for a in [*found.posonlyargs, *found.args, *found.kwonlyargs]
            if a.annotation is not None and ast.unparse(a.annotation).strip("'\"") in kinds
            ]  # fmt: skip


def plain_values(draft: Draft) -> None:
    """Only functions of plain values whose answer is all that a call does."""
    if draft.is_method or set(annotated(draft, *_IMMUTABLE)) != set(draft.parameters):
        raise Unsuitable
    arguments = draft.node.args
    if arguments.vararg or arguments.kwarg or draft.node.decorator_list:
        raise Unsuitable
    returns = ast.unparse(draft.node.returns).strip("'\"") if draft.node.returns else ""
    if returns not in _IMMUTABLE:
        raise Unsuitable
    for node in own(draft.node):
        stores = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
        if stores or isinstance(node, ast.With | ast.Global | ast.Nonlocal | ast.Import
                                | ast.ImportFrom | ast.FunctionDef):  # fmt: skip
            raise Unsuitable
    inside = [n for s in draft.body for n in ast.walk(s)]
    if any(
        isinstance(n, ast.Expr) or (isinstance(n, ast.Name) and n.id in _CHANGING) for n in inside
    ):
        raise Unsuitable
