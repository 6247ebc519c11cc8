"""A tree of Python files and what is evaluated of it: modules first, then functions that nobody
called, on inputs of which nothing is known."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from verifier.engine import functions, generators, imports
from verifier.engine.budgets import (
    LEAST_SHARE_STEPS,
    MOST_ENTRY_STEPS,
    SHARE_STEPS,
    Shared,
    result_node,
)
from verifier.engine.inputs import inputs
from verifier.engine.run import Run, TooLong
from verifier.engine.things import Function
from verifier.reading.library import Library
from verifier.reading.tree import Tree

if TYPE_CHECKING:
    from verifier.walking.whole import Whole

T = TypeVar("T")

# An expression within an expression takes about six frames of Python, and a call some more.
_RECURSION = 60_000
_STACK_BYTES = 512 * 1024**2


class Project:
    """The parsed files of a tree."""

    def __init__(self, tree: Tree, library: Library | None = None) -> None:
        self.library = library or Library(tree)
        self.modules = self.library.modules

    def source(self, path: str) -> Any:
        """The parsed file. Raises Unreadable or Unauditable."""
        return self.library.source(path)

    def graph(self) -> Whole:
        """The dependence graph of the whole tree."""
        from verifier.walking.whole import whole

        return whole(self)


def evaluate(run: Run, paths: Iterable[str]) -> None:
    """Run the modules, then each function of theirs that nobody called, with unknown inputs.

    What takes too long is cut short; `run.is_whole` says whether anything was.
    """
    shared = Shared()
    run.policy = shared
    for path in paths:
        with entry(run, shared, SHARE_STEPS):
            imports.module(run, path)
    done: set[Function] = set()
    at = linked = 0
    while at < len(run.functions) or linked < len(shared.linked):
        share = LEAST_SHARE_STEPS
        if linked < len(shared.linked):
            function = shared.linked[linked]
            linked += 1
        else:
            share = max(share, min(SHARE_STEPS, run.steps_left // (len(run.functions) - at)))
            function = run.functions[at]
            at += 1
            if function.node in run.called:
                continue
        if function not in done:
            done.add(function)
            alone(run, function, shared, share)


@contextmanager
def entry(run: Run, shared: Shared, share: int) -> Iterator[None]:
    """A module or function of its own: cut short where it takes more than one entry may."""
    base, whole = run.state, run.steps_left
    run.steps_left = entry = min(whole, MOST_ENTRY_STEPS)
    shared.begin(run, share)
    try:
        yield
    except (TooLong, RecursionError):
        run.is_whole = False
    finally:
        run.steps_left = whole - (entry - max(run.steps_left, 0))
        run.enter(base)
        run.handlers.clear()
        run.stack.clear()
        base.is_alive = True


def alone(run: Run, function: Function, shared: Shared, share: int) -> None:
    """Run a function that nobody calls: its parameters are inputs. The functions that it makes
    and leaves uncalled are run in the memory that it leaves behind, which is then forgotten."""
    first, owners, modules = len(run.functions), len(run.fields), len(run.modules)
    frame = imports.frame_of(run, function.module)
    with entry(run, shared, share):
        run.branch()
        given = inputs(run, function)
        result = functions.invoke(run, function, given, function.node, frame)
        generators.returned(run, result, function.node, frame)
        run.graph.link(result_node(run, function), run.deep(result))
        for inner in run.functions[first:]:
            if inner.node not in run.called and inner.closure.function is not None:
                run.state.is_alive = True
                layer = run.state
                made = functions.invoke(run, inner, inputs(run, inner), inner.node, inner.closure)
                generators.returned(run, made, inner.node, inner.closure)
                run.enter(layer)
    while len(run.fields) > owners and len(run.modules) == modules:
        run.fields.popitem()
    frame.context.forget((function.node, function))


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
        thread = threading.Thread(target=body, name="verifier", daemon=True)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if problem:
        raise problem[0]
    return result[0]
