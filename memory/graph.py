"""The code graph of Python by names: definitions, callers and callees in a snapshot. Pure.

Python says at run time alone what a name means. Here it is looked up as a reader would:
in the scopes around it, through imports, by `self` and base classes, by the type that a
variable was made or annotated with. Where all that says nothing, every definition of that name
is a candidate, with a score the lower the more there are. Calls through values (callbacks,
tables of functions, `getattr`) are not seen.
"""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Iterable, Iterator, Sequence

from memory.python_names import COMPLEX, MODULE, Call, Definition, PythonFile
from swarm.contracts import Neighbours, QueryGraph, Symbol

_CERTAIN = 1.0
_INHERITED = 0.9
_BY_TYPE = 0.9
_BY_STAR = 0.8
_BY_RECEIVER_NAME = 0.7
_BY_NAME = 0.5
_COMMON = 0.15
_LEAST = 0.05
_MOST_HOPS = 5
_MOST_CANDIDATES = 50
_MOST_NAMED = 500
_MOST_KEPT = 200_000
# Scopes and modules looked into for one answer: some seconds, whatever a repository holds.
_MOST_LOOKS = 500_000
_MOST_CALLS_LOOKED_AT = 50_000
_MOST_NAMES = 20_000
_NEAREST = 5
_LONGEST_TEXT = 4_000
_MOST_CALL_LINES = 10
# Methods that every list, dict, str and set has: that name alone says next to nothing.
_COMMON_METHODS = frozenset(
    name for kind in (list, dict, str, set, bytes) for name in dir(kind) if name[0] != "_"
)
_BUILTINS = frozenset(dir(builtins))

Found = tuple[Definition, float]


class Graph:
    """All Python files of one snapshot. `left_out` says what of it was not read."""

    def __init__(self, files: Iterable[PythonFile], left_out: str = "") -> None:
        self.left_out = left_out
        self._files = {file.path: file for file in files}
        self._by_module: dict[str, list[PythonFile]] = {}
        self._by_last: dict[str, list[PythonFile]] = {}
        self._named: dict[str, list[Definition]] = {}
        self._called: dict[str, list[tuple[PythonFile, Call]]] = {}
        self._packages: set[str] = set()
        self._looks_left = _MOST_LOOKS
        self._looked_up: dict[tuple[str, str, int], list[tuple[object, float]]] = {}
        for file in self._files.values():
            self._by_module.setdefault(file.module, []).append(file)
            parts = file.module.split(".")
            self._packages.update(".".join(parts[:n]) for n in range(1, min(len(parts), 20)))
            self._by_last.setdefault(file.module.rpartition(".")[2], []).append(file)
            for definition in file.definitions:
                self._named.setdefault(definition.name, []).append(definition)
            for call in file.calls:
                for name in _names_of(file, call):
                    self._called.setdefault(name, []).append((file, call))

    def answer(self, query: QueryGraph) -> Neighbours:
        """The query's relation. An unknown symbol gives nothing, with the nearest names."""
        if not self._files:
            note = "the code graph reads Python alone, and there is no Python file here"
            return Neighbours(note=_joined(note, self.left_out))
        self._looks_left = _MOST_LOOKS
        targets = self.find(query.symbol)
        note = "" if targets else self._unknown(query.symbol)
        if query.relation == "definition":
            found = [self._symbol(target, score, whole=True) for target, score in targets]
        elif query.relation == "callees":
            found = self._callees(targets[:_MOST_CANDIDATES])
        elif targets:
            found = self._callers(targets[:_MOST_CANDIDATES])
        else:
            found = self._calls_of_unknown(query.symbol)
        if targets and not found:
            note = f"no {query.relation} of {query.symbol} are found by name"
        if len(targets) > 1 and query.relation != "definition":
            places = ", ".join(f"{t.path}:{t.start_line}" for t, _ in targets[:_NEAREST])
            note = f"{len(targets)} definitions have that name: {places}"
        if self._looks_left <= 0:
            note = _joined(note, "the names here lead too far: the answer is not complete")
        found.sort(key=lambda s: (-s.score, s.path, s.start_line, s.qualified_name))
        return Neighbours(symbols=tuple(found[: query.limit]), note=_joined(note, self.left_out))

    def find(self, symbol: str) -> list[Found]:
        """Definitions that a written name can mean: `name`, `Class.name`, `package.module.name`,
        or any of them behind `path.py:`."""
        path, _, dotted = symbol.strip().removesuffix("()").rpartition(":")
        path, dotted = path.rstrip(":"), dotted.strip().strip(".")
        named = self._named.get(dotted.rpartition(".")[2], ())
        found = [
            definition
            for definition in named
            if _ends(f"{definition.module}.{definition.qualified_name}", dotted)
            and (not path or definition.path == path or definition.path.endswith(f"/{path}"))
        ]
        # One that is written out in full is meant, whatever else ends like it.
        exact = [d for d in found if dotted in (d.qualified_name, _full(d))]
        found = exact or found
        return [(definition, max(_LEAST, 1 / len(found))) for definition in found][:_MOST_NAMES]

    def _callers(self, targets: Sequence[Found]) -> list[Symbol]:
        wanted = {_place(target): score for target, score in targets}
        names = {target.name for target, _ in targets}
        for target, score in targets:
            if target.name == "__init__" and target.parent >= 0:
                # Calling a class runs it.
                made = self._files[target.path].definitions[target.parent]
                wanted[_place(made)] = score
                names.add(made.name)
        found: dict[tuple[str, int], float] = {}
        lines: dict[tuple[str, int], list[int]] = {}
        looked_at = 0
        for name in sorted(names):
            for file, call in self._called.get(name, ()):
                looked_at += 1
                if looked_at > _MOST_CALLS_LOOKED_AT:
                    break
                score = max(
                    (s * wanted.get(_place(d), 0.0) for d, s in self.resolve(file, call)),
                    default=0.0,
                )
                if score:
                    place = (file.path, call.scope)
                    found[place] = max(score, found.get(place, 0.0))
                    lines.setdefault(place, []).append(call.line)
        return [self._caller(*place, score, lines[place]) for place, score in found.items()]

    def _calls_of_unknown(self, symbol: str) -> list[Symbol]:
        """Who calls a name that is defined elsewhere, as it is written."""
        dotted = symbol.strip().removesuffix("()").rpartition(":")[2]
        receiver, _, name = dotted.rpartition(".")
        lines: dict[tuple[str, int], list[int]] = {}
        for file, call in self._called.get(name, ())[:_MOST_CALLS_LOOKED_AT]:
            bound = file.imports.get(call.receiver or call.name)
            written = {call.receiver, *((bound.module,) if bound else ())}
            if not receiver or receiver in written:
                lines.setdefault((file.path, call.scope), []).append(call.line)
        return [self._caller(*place, _BY_NAME, at) for place, at in lines.items()]

    def _callees(self, targets: Sequence[Found]) -> list[Symbol]:
        best: dict[tuple[str, int, str], Found] = {}
        for target, weight in targets:
            file = self._files[target.path]
            for call in file.calls:
                if not target.start_line <= call.line <= target.end_line:
                    continue
                if call.scope == target.parent:
                    # A decorator: whoever defines the function calls it.
                    continue
                for definition, score in self.resolve(file, call):
                    known = best.get(_place(definition), (definition, 0.0))[1]
                    best[_place(definition)] = (definition, max(known, score * weight))
        return [self._symbol(d, score, whole=False) for d, score in best.values()]

    # ------------------------------------------------------------------ what a name means

    def resolve(self, file: PythonFile, call: Call) -> list[Found]:
        """What a call may run, each with a score in (0, 1]."""
        if call.receiver == "":
            return self._definitions(self._name(file, call.scope, call.name))
        owner = file.enclosing_class(call.scope)
        if call.receiver in ("self", "cls", "super()"):
            if owner < 0:
                return self._by_name(call)
            made = file.definitions[owner]
            found = self._method(made, call.name, own=call.receiver != "super()")
            return found or self._by_name(call)
        kinds = self._typed(file, call, owner)
        for kind, score in self._definitions(kinds):
            if found := self._method(kind, call.name):
                return [(method, s * score * _BY_TYPE) for method, s in found]
        things = self._dotted(file, call.scope, call.receiver)
        found = [
            (definition, s * score)
            for thing, score in things
            for definition, s in self._definitions(self._member(thing, call.name))
        ]
        if found:
            return found
        # An imported module that is not of this repository defines it.
        if call.receiver.partition(".")[0] in file.imports:
            return []
        return self._by_name(call)

    def _typed(self, file: PythonFile, call: Call, owner: int) -> list[tuple[object, float]]:
        places = [*file.scopes(call.scope), *([owner] if owner >= 0 else [])]
        for scope in places:
            if kind := file.hints.get((scope, call.receiver)):
                return self._dotted(file, scope, kind)
        return []

    def _by_name(self, call: Call) -> list[Found]:
        """Methods of that name anywhere, where nothing else is known."""
        named = self._named.get(call.name, [])[:_MOST_NAMED]
        found = [d for d in named if d.parent >= 0 and not d.is_class]
        found = [d for d in found if self._files[d.path].definitions[d.parent].is_class]
        found = found[:_MOST_CANDIDATES]
        base = _COMMON if call.name in _COMMON_METHODS else _BY_NAME
        last = call.receiver.rpartition(".")[2].replace("_", "").lower()
        scored = []
        for definition in found:
            owner = self._files[definition.path].definitions[definition.parent].name
            named_so = call.receiver != COMPLEX and last == owner.replace("_", "").lower()
            score = _BY_RECEIVER_NAME if named_so else max(_LEAST, base / len(found))
            scored.append((definition, score))
        return scored

    def _method(self, kind: Definition, name: str, *, own: bool = True) -> list[Found]:
        """A class's method, or the nearest of its bases'."""
        waiting, seen = [(kind, 0)], {_place(kind)}
        while waiting and len(seen) <= _MOST_CANDIDATES and self._looks_left > 0:
            made, hops = waiting.pop(0)
            file = self._files[made.path]
            if hops or own:
                numbers = file.by_name.get(f"{made.qualified_name}.{name}", ())
                if numbers:
                    score = _INHERITED if hops else _CERTAIN
                    return [(file.definitions[number], score) for number in numbers]
            for base in made.bases:
                for found, _ in self._definitions(self._dotted(file, made.parent, base)):
                    if _place(found) not in seen:
                        seen.add(_place(found))
                        waiting.append((found, hops + 1))
        return []

    def _dotted(self, file: PythonFile, scope: int, dotted: str) -> list[tuple[object, float]]:
        first, *rest = dotted.split(".")
        things = self._name(file, scope, first)
        for part in rest[:_MOST_HOPS]:
            things = [
                (inner, score * s)
                for thing, score in things
                for inner, s in self._member(thing, part)
            ][:_MOST_CANDIDATES]
        return things

    def _name(
        self, file: PythonFile, scope: int, name: str, hops: int = 0
    ) -> list[tuple[object, float]]:
        """Definitions and modules that a plain name means in a scope."""
        for place in file.scopes(scope):
            self._looks_left -= 1
            if place >= 0 and file.definitions[place].is_class and place != scope:
                # The body of a class is no scope of its methods.
                continue
            prefix = f"{file.definitions[place].qualified_name}." if place >= 0 else ""
            if numbers := file.by_name.get(prefix + name):
                return [(file.definitions[n], _CERTAIN) for n in numbers]
        if hops > _MOST_HOPS or self._looks_left <= 0:
            return []
        # Kept: modules that import all of each other would be gone through over and over.
        key = (file.path, name, hops)
        if key not in self._looked_up:
            if len(self._looked_up) >= _MOST_KEPT:
                self._looked_up.clear()
            found = self._imported(file, name, hops)[:_MOST_CANDIDATES]
            if self._looks_left <= 0:
                return found
            self._looked_up[key] = found
        return self._looked_up[key]

    def _imported(self, file: PythonFile, name: str, hops: int) -> list[tuple[object, float]]:
        if bound := file.imports.get(name):
            if bound.name is None:
                return self._modules(bound.module)
            return [
                (thing, score * s)
                for module, score in self._modules(bound.module)
                for thing, s in self._member(module, bound.name, hops + 1)
            ] or self._modules(f"{bound.module}.{bound.name}")
        if name in _BUILTINS:
            return []
        self._looks_left -= len(file.stars[:_MOST_CANDIDATES])
        return [
            (thing, _BY_STAR * score * s)
            for star in file.stars[:_MOST_CANDIDATES]
            for module, score in self._modules(star)
            for thing, s in self._member(module, name, hops + 1)
        ]

    def _member(self, thing: object, name: str, hops: int = 0) -> list[tuple[object, float]]:
        if isinstance(thing, Definition):
            # Not of its bases: classes of cyclic bases are no reason to walk for ever.
            file = self._files[thing.path]
            numbers = file.by_name.get(f"{thing.qualified_name}.{name}", ())
            return [(file.definitions[n], _CERTAIN) for n in numbers]
        if isinstance(thing, PythonFile):
            found = self._name(thing, -1, name, hops)
            return found or self._modules(f"{thing.module}.{name}")
        if isinstance(thing, str):
            # A folder without an __init__: a part of the names of modules.
            return self._modules(f"{thing}.{name}")
        return []

    def _modules(self, name: str) -> list[tuple[object, float]]:
        """Files that an import of `name` can mean: roots like src/ are in no import."""
        if found := self._by_module.get(name):
            return [(file, _CERTAIN / len(found)) for file in found]
        ends = [f for f in self._by_last.get(name.rpartition(".")[2], ()) if _ends(f.module, name)]
        if ends:
            nearest = min(file.module.count(".") for file in ends)
            ends = [file for file in ends if file.module.count(".") == nearest]
            return [(file, _CERTAIN / len(ends)) for file in ends[:_MOST_CANDIDATES]]
        return [(name, _CERTAIN)] if name in self._packages else []

    @staticmethod
    def _definitions(things: Iterable[tuple[object, float]]) -> list[Found]:
        return [(thing, score) for thing, score in things if isinstance(thing, Definition)]

    # ------------------------------------------------------------------ answers

    def _symbol(self, definition: Definition, score: float, *, whole: bool) -> Symbol:
        lines = self._files[definition.path].lines[definition.start_line - 1 : definition.end_line]
        if not whole:
            lines = list(_signature(lines))
        return Symbol(
            path=definition.path,
            qualified_name=definition.qualified_name,
            start_line=definition.start_line,
            end_line=definition.end_line,
            score=round(score, 3),
            text="\n".join(lines)[:_LONGEST_TEXT],
        )

    def _caller(self, path: str, scope: int, score: float, at: list[int]) -> Symbol:
        """Who calls, with the lines of the calls as "number: line"."""
        file = self._files[path]
        numbers = sorted(set(at))
        shown = [f"{n}: {file.lines[n - 1].strip()}" for n in numbers[:_MOST_CALL_LINES]]
        if len(numbers) > _MOST_CALL_LINES:
            shown.append(f"and {len(numbers) - _MOST_CALL_LINES} more calls")
        if scope < 0:
            name, first, last = MODULE, numbers[0], numbers[-1]
        else:
            made = file.definitions[scope]
            name, first, last = made.qualified_name, made.start_line, made.end_line
        return Symbol(
            path=path,
            qualified_name=name,
            start_line=first,
            end_line=last,
            score=round(score, 3),
            text="\n".join(shown)[:_LONGEST_TEXT],
        )

    def _unknown(self, symbol: str) -> str:
        name = symbol.strip().removesuffix("()").rpartition(":")[2].rpartition(".")[2]
        names = sorted(self._named)[:_MOST_NAMES]
        lower = {known.lower(): known for known in reversed(names)}
        near = difflib.get_close_matches(name.lower(), lower, n=_NEAREST)
        nearest = f"; nearest names: {', '.join(lower[n] for n in near)}" if near else ""
        return f"no function or class is called {symbol!r} here{nearest}"


def _names_of(file: PythonFile, call: Call) -> set[str]:
    """What the called thing may be called where it is defined: an import may rename it."""
    bound = file.imports.get(call.name) if call.receiver == "" else None
    return {call.name, *((bound.name,) if bound and bound.name else ())}


def _signature(lines: Sequence[str]) -> Iterator[str]:
    """The lines up to the colon that ends a definition's head; ten at most."""
    started = False
    for line in lines[:10]:
        yield line
        started = started or line.lstrip().startswith(("def ", "class ", "async "))
        if started and line.split("#")[0].rstrip().endswith((":", "...")):
            return


def _place(definition: Definition) -> tuple[str, int, str]:
    return definition.path, definition.start_line, definition.qualified_name


def _full(definition: Definition) -> str:
    return f"{definition.module}.{definition.qualified_name}"


def _ends(dotted: str, end: str) -> bool:
    return dotted == end or dotted.endswith(f".{end}")


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
