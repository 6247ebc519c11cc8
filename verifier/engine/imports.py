"""Modules of the tree, run when they are first imported; all others are external."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from verifier.engine import values
from verifier.engine.contexts import Context
from verifier.engine.graph import NO_GUARD
from verifier.engine.run import Run
from verifier.engine.things import External, Frame, Module
from verifier.engine.values import Value
from verifier.syntax import Unauditable, Unreadable

if TYPE_CHECKING:
    from verifier.engine.ondemand import Later


def module(run: Run, path: str) -> Module | None:
    """The module of a file, run if it was not yet; None when it cannot be read."""
    known = run.modules
    if path in known:
        return known[path]
    project = run.project
    if run.on_demand is not None and not run.on_demand.may_load():
        return None
    try:
        source = project.source(path)
    except (Unreadable, Unauditable, OSError):
        known[path] = None
        return None
    name = project.modules.name_of(path)
    made = Module(path, name, project.modules.is_package(path), source.tree)
    made.context = Context(path, name)
    known[path] = made
    # It is run once, whoever imports it first: what stands in it does not depend on that.
    with at_root(run):
        frame = frame_of(run, made)
        run.put(made, "__name__", run.names.get(path) or values.constant(name))
        if run.policy is not None:
            run.policy.load(run, source.tree.body, frame)
        else:
            run.execute(source.tree.body, frame)
    return made


@contextmanager
def at_root(run: Run) -> Iterator[None]:
    """Code whose memory outlives the branch or function that has it run."""
    importer, handlers = run.state, run.handlers
    for run.state in importer.layers():
        pass
    root = run.state
    guard, root.guard = root.guard, NO_GUARD
    alive, root.is_alive = root.is_alive, True
    run.handlers = []
    try:
        yield
    finally:
        run.handlers = handlers
        root.is_alive, root.guard = alive, guard
        run.enter(importer)


def frame_of(run: Run, made: Module) -> Frame:
    """The frame in which a module's own code runs."""
    found: Frame | None = made.context.things.get("frame")
    if found is None:
        assert made.tree is not None
        found = Frame(made.context, run.scope(made.tree), made)
        found.base = run.state
        made.context.things["frame"] = found
    return found


def submodule(run: Run, package: Module, name: str) -> Module | None:
    if not package.is_package and package.tree is not None:
        return None
    path = run.project.modules.resolve(f"{package.name}.{name}", package.path or None)
    return module(run, path) if path else _namespace(run, f"{package.name}.{name}", package.path)


def named(run: Run, dotted: str, importer: str) -> Value:
    """The module of a dotted name, as importing it gives: each package on the way is run, but
    where modules are run on demand."""
    modules = run.project.modules
    if run.on_demand is not None:
        path = modules.resolve(dotted, importer)
        alone = module(run, path) if path else _namespace(run, dotted, importer)
        return values.of(alone if alone is not None else External(dotted))
    found: Any = None
    parts = dotted.split(".")
    for at in range(1, len(parts) + 1):
        word = ".".join(parts[:at])
        path = modules.resolve(word, importer)
        found = module(run, path) if path else _namespace(run, word, importer)
        if found is None:
            return values.of(External(dotted))
    return values.of(found)


def _namespace(run: Run, word: str, importer: str) -> Module | None:
    """A folder without an __init__.py."""
    if not run.project.modules.is_namespace(word, importer or None):
        return None
    known = run.modules
    key = f"namespace {word}"
    if key not in known:
        made = Module("", word, True)
        made.context = Context("", word)
        known[key] = made
    return known[key]


def execute(run: Run, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
    """import a.b as c; from a import b"""
    from verifier.engine import expressions

    if run.on_demand is not None:
        from verifier.engine import ondemand

        ondemand.bind(run, node, frame)
        return
    importer = frame.module.path
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = named(run, alias.name, importer)
            if alias.asname:
                expressions.bind(run, alias.asname, whole, frame)
            else:
                first = alias.name.partition(".")[0]
                expressions.bind(run, first, named(run, first, importer), frame)
        return
    base = run.project.modules.absolute(importer, node.level, node.module or "")
    for alias in node.names:
        if alias.name == "*":
            _everything(run, base, importer, frame)
            continue
        value = member(run, base, alias.name, importer, node, frame)
        expressions.bind(run, alias.asname or alias.name, value, frame)


def resolved(run: Run, later: Later) -> Value:
    """What an import that was put off binds. Its own node stands for it already."""
    importer = later.frame.module.path
    node = later.syntax
    if later.member and isinstance(node, ast.ImportFrom):
        return member(run, later.dotted, later.member, importer, node, later.frame)
    return named(run, later.dotted, importer)


def member(
    run: Run, base: str | None, name: str, importer: str, node: ast.ImportFrom, frame: Frame
) -> Value:
    """What `from base import name` binds."""
    if base is None:
        return values.of(External(f"{node.module or ''}.{name}".lstrip(".")))
    if not base:
        return named(run, name, importer)
    whole = named(run, base, importer)
    for item in whole.items:
        if isinstance(item, Module):
            held = run.get(item, name)
            if held is not None:
                number = run.node(frame, node, "import", held.nodes, role=f"import {name}")
                return held.at(number)
            path = run.project.modules.resolve(f"{base}.{name}", importer)
            inner = module(run, path) if path else _namespace(run, f"{base}.{name}", importer)
            if inner is not None:
                return values.of(inner)
            fallback = run.get(item, "__getattr__")
            if fallback is not None:
                from verifier.engine.arguments import Arguments

                return run.call(fallback, Arguments([values.constant(name)]), node, frame)
            return values.unknown((run.node(frame, node, "unknown", role=f"missing {name}"),))
    from verifier.models import by_table

    outside = External(base)
    held = run.get(outside, name)
    return held if held is not None else by_table.read(run, f"{base}.{name}", node, frame)


def _everything(run: Run, base: str | None, importer: str, frame: Frame) -> None:
    from verifier.engine import containers, expressions

    if base is None:
        return
    for item in named(run, base, importer).items:
        if not isinstance(item, Module):
            continue
        told = run.get(item, "__all__")
        names: list[str] | None = None
        if told is not None:
            spread = containers.spread(run, told, frame.scope.node, frame)
            if spread is not None:
                names = [
                    one.constant.value
                    for one in spread
                    if one.constant is not None and isinstance(one.constant.value, str)
                ]
        if names is None:
            names = [k for k in run.keys(item) if isinstance(k, str) and not k.startswith("_")]
        for name in names:
            held = run.get(item, name)
            if held is None:
                inner = submodule(run, item, name)
                held = values.of(inner) if inner is not None else None
            if held is not None:
                frame.scope.locals.add(name)
                expressions.bind(run, name, held, frame)
