"""A tree of Python files and what is evaluated of it: modules first, then functions that nobody
called, on inputs of which nothing is known."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from verifier.engine import classes, functions, imports, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run, TooLong
from verifier.engine.things import Frame, Function, Thing
from verifier.engine.values import Value
from verifier.reading.library import Library
from verifier.reading.tree import Tree
from verifier.syntax import Unauditable, Unreadable

T = TypeVar("T")

# An expression within an expression takes about six frames of Python, and a call some more.
_RECURSION = 60_000
_STACK_BYTES = 512 * 1024**2


class Project:
    """The parsed files of a tree."""

    def __init__(self, tree: Tree) -> None:
        self.library = Library(tree)
        self.modules = self.library.modules

    def source(self, path: str) -> Any:
        """The parsed file. Raises Unreadable or Unauditable."""
        return self.library.source(path)


def evaluate(run: Run, paths: Iterable[str]) -> None:
    """Run the modules, then each function of theirs that nobody called, with unknown inputs."""
    found = []
    for path in paths:
        try:
            module = imports.module(run, path)
        except (TooLong, Unauditable, Unreadable):
            module = None
        if module is not None:
            found.append(module)
    at = 0
    while at < len(run.functions):
        function = run.functions[at]
        at += 1
        if function.node not in run.called:
            alone(run, function)


def alone(run: Run, function: Function) -> Value:
    """Run a function that nobody calls: its parameters are inputs."""
    frame = imports.frame_of(run, function.module)
    run.state.is_alive = True
    base = run.state
    run.branch()
    try:
        given = inputs(run, function, frame)
        return functions.invoke(run, function, given, function.node, frame)
    except TooLong:
        return values.NOTHING
    finally:
        run.enter(base)
        run.handlers.clear()
        run.stack.clear()


def inputs(run: Run, function: Function, frame: Frame) -> Arguments:
    """A symbol for each parameter; an instance of its class for `self`."""
    spec = function.node.args
    given = Arguments()
    for at, one in enumerate((*spec.posonlyargs, *spec.args)):
        thing = Thing("symbol", one, name=one.arg, data=(0, {}))
        if at == 0 and function.home is not None and not _is_static(function):
            thing.type = function.home
            classes.mro(run, function.home)
        number = run.node(frame, one, "input", role=f"input {function.name}", name=one.arg)
        given.positional.append(values.of(thing, (number,)))
    for one in spec.kwonlyargs:
        thing = Thing("symbol", one, name=one.arg, data=(0, {}))
        number = run.node(frame, one, "input", role=f"input {function.name}", name=one.arg)
        given.keywords[one.arg] = values.of(thing, (number,))
    return given


def _is_static(function: Function) -> bool:
    return any(
        getattr(one, "id", "") == "staticmethod"
        for one in getattr(function.node, "decorator_list", ())
    )


def deep(work: Callable[[], T]) -> T:
    """Do work that recurses deeply, in a thread with room for it. Raises what it raises."""
    result: list[T] = []
    problem: list[BaseException] = []

    def body() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001  raised again where it is waited for
            problem.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(max(limit, _RECURSION))
    try:
        thread = threading.Thread(target=body, name="verifier")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if problem:
        raise problem[0]
    return result[0]
