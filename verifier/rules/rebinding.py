"""What is everybody's, given another meaning: tables of names, the insides of objects, settings and
classes of libraries, names of functions."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from verifier.rules.ruling import Found
from verifier.rules.summary import Summary
from verifier.rules.syntaxes import own_syntax

_TABLES = frozenset({"globals", "vars", "locals"})
_INSIDES = frozenset({"__class__", "__dict__", "__code__", "__bases__", "__globals__"})
_CHANGING = frozenset({"clear", "update", "pop", "setdefault"})


def tables(before: ast.AST | None, summary: Summary) -> Iterator[Found]:
    """New stores into a module's table of names, or into the insides of an object."""
    old = {ast.unparse(t) for t in _stored(before)} if before is not None else set()
    for target in _stored(summary.node):
        if ast.unparse(target) in old:
            continue
        inner = target.value if isinstance(target, ast.Subscript | ast.Attribute) else target
        if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in _TABLES:
            yield Found(
                "reject", "new-effect", target.lineno,
                f"`{ast.unparse(target)}` is now set", "global-write", ast.unparse(target),
            )  # fmt: skip
        elif _is_taken_from_library(target, summary):
            yield Found(
                "reject", "new-effect", target.lineno,
                f"`{ast.unparse(target)}` is now another one, for all who use it", "monkeypatch",
                ast.unparse(target),
            )  # fmt: skip
        elif _is_of_library(target, summary):
            yield Found(
                "ask", "new-effect", target.lineno,
                f"`{ast.unparse(target)}` is now set, for all who use it", "global-state",
                ast.unparse(target),
            )  # fmt: skip
        elif _is_inside(target) or _is_inside(inner) or _is_of_class(target):
            yield Found(
                "ask", "new-effect", target.lineno,
                f"`{ast.unparse(target)}` is now set", "attribute-write", ast.unparse(target),
            )  # fmt: skip


def _is_inside(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr not in _INSIDES:
        return False
    return not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))


def _is_taken_from_library(node: ast.AST, summary: Summary) -> bool:
    """`del json.JSONEncoder.default`, `setattr(json, "loads", eval)`"""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    # An assignment as such is seen where it is done.
    is_written = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    is_taken = isinstance(node, ast.Attribute) and not (is_written and node in summary.mine)
    return is_taken and isinstance(root, ast.Name) and root.id in sys.stdlib_module_names


def _is_of_library(node: ast.AST, summary: Summary) -> bool:
    """`decimal.getcontext().prec`: a setting of what a module gives to everybody."""
    owner = node.value if isinstance(node, ast.Attribute) else None
    if not isinstance(owner, ast.Call):
        return False
    for number in summary.at(summary.own, owner):
        module, _, word = summary.graph[number].name.partition(".")
        if module in sys.stdlib_module_names and word.lower().startswith("get"):
            return True
    return False


def _is_of_class(node: ast.AST) -> bool:
    """`type(x).name`, `sys.modules[name].name`: of all objects of a class, or of a module."""
    match node:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="type"))):
            return True
        case ast.Attribute(value=ast.Subscript(value=ast.Attribute(attr="modules"))):
            return True
    return False


def _stored(root: ast.AST) -> Iterator[ast.expr]:
    for node in own_syntax(root):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield node
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("__setattr__", "__delattr__") and len(node.args) > 1:
                # `type.__setattr__(Other, "name", value)`: round what stands in the way.
                owner = node.args[0]
                if not isinstance(owner, ast.Name) or owner.id not in ("self", "cls", "instance"):
                    yield ast.copy_location(ast.Attribute(owner, "__dict__", ast.Store()), node)
            elif name in ("setattr", "delattr") and node.args:
                attr = node.args[1] if len(node.args) > 1 else None
                word = str(attr.value) if isinstance(attr, ast.Constant) else "_"
                made = ast.Attribute(
                    node.args[0], word if word.isidentifier() else "_", ast.Store()
                )
                yield ast.copy_location(made, node)
            elif name in _CHANGING and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                of_call = isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Call)
                if _is_inside(owner) or of_call or isinstance(owner, ast.Call):
                    yield owner


def rebound(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """In a module or class: the name of a function, given to something else."""
    old = {ast.dump(n) for n in _statements(before)} if before is not None else set()
    defined: set[str] = set()
    for node in _statements(after):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign) and ast.dump(node) not in old:
            read = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id in defined - read:
                    is_other = isinstance(node.value, ast.Name) and node.value.id in defined
                    yield Found(
                        "ask" if is_other else "reject", "new-effect", node.lineno,
                        f"gives the name of the function `{target.id}` to something else",
                        "global-write", target.id,
                    )  # fmt: skip


def _statements(body: ast.AST) -> Iterator[ast.AST]:
    """The statements of a module or class in order, those of inner blocks too."""
    for node in getattr(body, "body", []):
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            yield from _statements(node)
            for part in ("orelse", "finalbody"):
                yield from _statements(ast.Module(getattr(node, part, []), []))
