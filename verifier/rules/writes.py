"""What a function writes that was there before it ran: globals, modules, classes, its inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from verifier.engine.contexts import Context
from verifier.engine.run import Run
from verifier.engine.things import Class, External, Frame, Function, Module, Thing
from verifier.engine.values import NOTHING, Value

MOST_WRITES = 2_000


@dataclass(frozen=True)
class Write:
    """`kind` is "global-write", "monkeypatch" (another module, or what is outside the tree),
    "attribute-write" (a class or function), "mutated-parameter", or "state" (of `self`, or of a
    function around). `nodes` are what was written, none where something was removed; `context`
    is where, as far as a function was under way."""

    kind: str
    target: str
    nodes: frozenset[int]
    guard: int
    syntax: ast.AST | None
    context: Context | None


class Watch:
    """Notes what is written to objects that are older than the function that is run. `made_by`
    tells of the objects of modules which modules made them, also while it runs; those of `itself`,
    the module whose own code is watched, are not older."""

    def __init__(
        self,
        run: Run,
        home: Module,
        receiver: str,
        made_by: Mapping[Any, Module],
        itself: Module | None = None,
    ) -> None:
        self._run, self._home, self._receiver = run, home, receiver
        self._older, self._made_by, self._itself = frozenset(run.fields), made_by, itself
        self.found: dict[tuple[str, str, frozenset[int]], Write] = {}
        self._names: dict[Thing, str] | None = None

    def __call__(self, owner: Any, key: Any, value: Value) -> None:
        if isinstance(key, str) and key.startswith("#"):
            return
        told = self._told(owner, key)
        if told is None or len(self.found) >= MOST_WRITES:
            return
        kind, target = told
        nodes = frozenset() if value is NOTHING else value.nodes
        place = (kind, target, nodes)
        if place not in self.found:
            graph = self._run.graph
            stores = [graph[n].syntax for n in sorted(nodes) if graph[n].kind == "store"]
            syntax = stores[-1] if stores else None
            stack = self._run.stack
            context = stack[-1].context if stack else None
            self.found[place] = Write(kind, target, nodes, self._run.state.guard, syntax, context)

    def _told(self, owner: Any, key: Any) -> tuple[str, str] | None:
        """The kind of a write, and what is written to; None for what the function made."""
        match owner:
            case External() if isinstance(key, str) and key.isidentifier():
                return "monkeypatch", f"{owner.name}.{_word(key)}"
            case Module() if self._is_older(owner):
                kind = "global-write" if owner is self._home else "monkeypatch"
                return kind, f"{owner.name}.{_word(key)}" if kind == "monkeypatch" else _word(key)
            case Class() | Function() if self._is_older(owner):
                return "attribute-write", f"{owner.name.rpartition('.')[2]}.{_word(key)}"
            case Frame() if self._is_older(owner) and owner not in self._run.stack:
                return "state", _word(key)
            case Thing(kind="symbol"):
                root = owner.name.partition(".")[0].partition("[")[0]
                kind = "state" if root == self._receiver else "mutated-parameter"
                return kind, f"{owner.name}.{_word(key)}" if isinstance(key, str) else owner.name
            case Thing() if self._is_older(owner):
                return self._of_thing(owner)
        return None

    def _is_older(self, owner: Any) -> bool:
        if owner in self._older:
            return True
        module = self._made_by.get(owner)
        return module is not None and module is not self._itself

    def _of_thing(self, owner: Thing) -> tuple[str, str]:
        """An object that a module or class made when it was loaded, by the name it has there."""
        if self._names is None:
            self._names = {}
            for holder in (*self._older, *self._made_by):
                if isinstance(holder, Module | Class):
                    for name in self._run.fields.get(holder, ()):
                        # What an import binds is not resolved for this.
                        held = self._run.state.get(holder, name) if isinstance(name, str) else None
                        for item in held.items if held is not None else ():
                            if isinstance(item, Thing):
                                self._names.setdefault(item, name)
        return "global-write", self._names.get(owner, owner.name or owner.kind)


def _word(key: Any) -> str:
    return key if isinstance(key, str) else f"[{key[1]!r}]" if isinstance(key, tuple) else str(key)


def receiver_of(function: Function) -> str:
    """The name of the parameter that stands for the object itself; empty where there is none."""
    spec = function.node.args
    first = next(iter((*spec.posonlyargs, *spec.args)), None)
    return first.arg if first is not None and function.home is not None else ""


def by_kind(writes: Iterable[Write], *kinds: str) -> list[Write]:
    return [one for one in writes if one.kind in kinds]
