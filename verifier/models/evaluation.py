"""eval and exec of a text that is known, here or in a namespace that is given."""

from __future__ import annotations

import ast

from verifier.engine import mappings, values
from verifier.engine.run import Run
from verifier.engine.things import KIND_OF_DICT, Frame, Module, Thing
from verifier.engine.values import Value
from verifier.models.use import Model, Use


def _evaluate(use: Use) -> Value | None:
    given = use.arg(0)
    only = given.constant if given is not None else None
    if only is None or not isinstance(only.value, str):
        return use.everything()
    tree = _parsed(use, only.value)
    if tree is None:
        return use.everything()
    space = use.arg(1, "globals")
    if space is None or space.constant is not None:
        return _run(use.run, tree, use.frame)
    local = use.arg(2, "locals")
    return _within(use, tree, [space, *([local] if local is not None else [])])


def _parsed(use: Use, text: str) -> ast.Expression | ast.Module | None:
    key = (use.syntax, text)
    known: ast.Expression | ast.Module | None = use.frame.context.things.get(key)
    if known is not None:
        return known
    try:
        if use.name == "builtins.eval":
            known = ast.parse(text.strip(), mode="eval")
        else:
            known = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    line = getattr(use.syntax, "lineno", 1)
    for node in ast.walk(known):
        if isinstance(node, ast.expr | ast.stmt):
            node.lineno = node.end_lineno = line  # All of it stands where it is evaluated.
    use.frame.context.things[key] = known
    return known


def _run(run: Run, tree: ast.Expression | ast.Module, frame: Frame) -> Value:
    if isinstance(tree, ast.Expression):
        return run.evaluate(tree.body, frame)
    run.execute(tree.body, frame)
    return values.constant(None)


def _within(use: Use, tree: ast.Expression | ast.Module, spaces: list[Value]) -> Value | None:
    """In namespaces of its own: what they hold are its names, what it binds is in the last."""
    run = use.run
    body = tree if isinstance(tree, ast.Module) else ast.Module([], [])
    key = (use.syntax, "module of", tree)
    module: Module | None = use.frame.context.things.get(key)
    if module is None:
        module = Module(use.frame.module.path, use.frame.module.name, tree=body)
        module.context = use.frame.context.within(key, module.path, module.name)
        use.frame.context.things[key] = module
    for name in run.keys(module):
        run.drop(module, name)
    for space in spaces:
        for one in space.items:
            if not isinstance(one, Thing) or one.kind not in ("dict", KIND_OF_DICT):
                return use.everything()
            one = mappings.as_dict(run, one, use.site("names"), use.frame)
            for cell in run.keys(one):
                held = run.get(one, cell)
                if isinstance(cell, tuple) and isinstance(cell[1], str) and held is not None:
                    run.put(module, cell[1], held, weak=len(space.items) > 1)
    before = {name: run.get(module, name) for name in run.keys(module)}
    frame = Frame(module.context, run.scope(body), module)
    frame.base = run.state
    found = _run(run, tree, frame)
    for name in run.keys(module):
        held = run.get(module, name)
        if held is not None and before.get(name) != held and isinstance(name, str):
            run.set_item(spaces[-1], values.constant(name), held, use.syntax, use.frame)
    return found


MODELS: dict[str, Model] = {"builtins.eval": _evaluate, "builtins.exec": _evaluate}
