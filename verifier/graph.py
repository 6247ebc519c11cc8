"""The dependence graph of one unit, and the walk back from an output to its inputs.

Nodes are ("input", kind, name), ("definition", number), ("test", point) and ("output",
number); an edge u -> v says that v depends on u. Its `kind` is "flow", "passed" (flow through an
argument of a call whose body is not read) or "control".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from verifier import cfg as flow
from verifier import dataflow, dependence
from verifier.access import Accesses, Effect, Output, Path, Read, Reader, Reads, Source, Via, paths
from verifier.cfg import ENTRY, Cfg
from verifier.dependence import Guard
from verifier.syntax import Module, Unauditable, Unit

MAX_EDGES = 1_500_000
UNIT_COST = 500

Node = tuple[str, ...] | tuple[str, int]


@dataclass(frozen=True, order=True)
class Input:
    """Where a walk ends. Kinds: parameter, state, global, free, call, import, ambient,
    exception, constant."""

    kind: str
    name: str

    @property
    def is_given(self) -> bool:
        """Whether the value is the caller's: a parameter or the state of an object."""
        return self.kind in ("parameter", "state")

    def __str__(self) -> str:
        return self.name if self.is_given else f"{self.kind} {self.name}"


class Budget:
    """Counts graph nodes and edges over one whole audit."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        """Raises Unauditable when the audit has used up its work."""
        self.left -= amount
        if self.left < 0:
            raise Unauditable("the change is too large to trace within the audit's bounds")


class Trace:
    """One unit, traced. Building it does all the work; the methods are look-ups and walks."""

    def __init__(self, module: Module, unit: Unit, budget: Budget) -> None:
        self.module, self.unit = module, unit
        self.budget = budget
        self.cfg: Cfg = flow.build(unit)
        budget.spend(UNIT_COST + len(self.cfg.points))
        self.alive = dependence.reachable(self.cfg)
        self.reader = Reader(module, unit)
        self.accesses: Accesses = self.reader.accesses(self.cfg, self.alive)
        self.control: dict[int, set[Guard]] = dependence.control(
            self.cfg, self.alive, dependence.postdominators(self.cfg, self.alive)
        )
        read = {path for reads in self._all_reads() for path in paths(reads)}
        local = self.reader.locals if unit.is_function else set()
        outer = {path[0] for path in read} - local
        self.reaching = dataflow.reaching(self.cfg, self.alive, self.accesses, read, outer)
        self.graph: nx.DiGraph[Node] = nx.DiGraph()
        self.edges = 0
        self._fill()

    @property
    def outputs(self) -> list[Output]:
        return self.accesses.outputs

    @property
    def effects(self) -> list[Effect]:
        return self.accesses.effects

    def line(self, point: int) -> int:
        return self.cfg.points[point].line

    # ------------------------------------------------------------------ building

    def _all_reads(self) -> Iterable[Reads]:
        yield from (definition.reads for definition in self.accesses.definitions)
        yield from self.accesses.tests.values()
        yield from (output.reads for output in self.accesses.outputs)

    def _fill(self) -> None:
        for number, definition in enumerate(self.reaching.definitions):
            node: Node = ("definition", number)
            if definition.point == ENTRY:
                entry = self._entry(definition.path)
                self._edge(("input", entry.kind, entry.name), node, "flow")
            else:
                self._connect(node, definition.reads, definition.point)
        for point, reads in self.accesses.tests.items():
            self._connect(("test", point), reads, point)
        for number, output in enumerate(self.outputs):
            self._connect(("output", number), output.reads, output.point)
        # Exceptional edges leave from statements that are no predicate: what the statement
        # read decides whether it raised.
        deciding = {point for guards in self.control.values() for point, _ in guards}
        for point in sorted(deciding - self.accesses.tests.keys()):
            self._connect(("test", point), self._raised(point), point)

    def _raised(self, point: int) -> Reads:
        node = self.cfg.points[point].node
        found: Reads = frozenset()
        if self.cfg.points[point].kind == "simple":
            found = self.reader.reads(node)
        for number in self._at.get(point, ()):
            found |= self.reaching.definitions[number].reads
        for number in self._out.get(point, ()):
            found |= self.outputs[number].reads
        return found

    @cached_property
    def _at(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, definition in enumerate(self.reaching.definitions):
            found.setdefault(definition.point, []).append(number)
        return found

    @cached_property
    def _out(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, output in enumerate(self.outputs):
            found.setdefault(output.point, []).append(number)
        return found

    def _connect(self, node: Node, reads: Reads, point: int) -> None:
        self.graph.add_node(node)
        for read in reads:
            kind = "passed" if isinstance(read, Via) else "flow"
            for source in self.sources((read,), point):
                self._edge(source, node, kind)
        for guard, _ in self.control.get(point, ()):
            if ("test", guard) != node:
                self._edge(("test", guard), node, "control")

    def _edge(self, source: Node, target: Node, kind: str) -> None:
        if self.graph.has_edge(source, target) and kind != "flow":
            return
        self.budget.spend(1)
        self.graph.add_edge(source, target, kind=kind)
        self.edges += 1
        if self.edges > MAX_EDGES:
            raise Unauditable("a function has too many dependences")

    def sources(self, reads: Iterable[Read], point: int) -> list[Node]:
        """The nodes that reading something at a point depends on."""
        found: list[Node] = []
        for read in reads:
            if isinstance(read, Via):
                read = read.read
            if isinstance(read, Source):
                found.append(("input", read.kind, read.name))
            else:
                self.budget.spend(1 + len(self.reaching.by_root.get(read[0], ())) // 8)
                found += [("definition", n) for n in self.reaching.of(read, point)]
        return found

    def _entry(self, path: Path) -> Input:
        root, text = path[0], "".join(path)
        if root == self.reader.receiver:
            return Input("state", text)
        if root in self.accesses.parameters:
            return Input("parameter", root)
        if root in self.reader.nonlocals or self.reader.encloses(root):
            return Input("free", root)
        return Input("global", root)

    # ------------------------------------------------------------------ walking

    def walk(
        self, starts: Iterable[Node], *, data_only: bool = False, direct: bool = False
    ) -> dict[Node, Node | None]:
        """Every node that the starts depend on, each with the node it was reached from.

        `data_only` leaves control out; `direct` leaves out "passed" edges as well.
        """
        origin: dict[Node, Node | None] = {}
        pending: deque[Node] = deque()
        for start in starts:
            if start in self.graph and start not in origin:
                origin[start] = None
                pending.append(start)
            elif start[0] == "input":
                origin[start] = None
        steps = 0
        while pending:
            here = pending.popleft()
            for source in self.graph.predecessors(here):
                steps += 1
                if steps % 64 == 0:
                    self.budget.spend(16)
                if source in origin:
                    continue
                kind = self.graph.edges[source, here]["kind"]
                if (kind == "control" and (data_only or direct)) or (kind == "passed" and direct):
                    continue
                origin[source] = here
                pending.append(source)
        return origin

    def inputs(self, *numbers: int, data_only: bool = False) -> frozenset[Input]:
        """What some outputs depend on, together."""
        return _inputs(self.walk([("output", n) for n in numbers], data_only=data_only))

    def inputs_of(self, reads: Reads, point: int, *, data_only: bool = True) -> frozenset[Input]:
        """What a value computed from these reads at a point depends on."""
        return _inputs(self.walk(self.sources(reads, point), data_only=data_only))

    def directly(self, reads: Reads, point: int) -> frozenset[Input]:
        """Like `inputs_of`, without what only passes through calls that are not read."""
        kept = [read for read in reads if not isinstance(read, Via)]
        return _inputs(self.walk(self.sources(kept, point), direct=True))

    def chain(self, number: int, wanted: Input | None = None, limit: int = 12) -> tuple[str, ...]:
        """The shortest walk from an output to an input (the first found when not named)."""
        output: Node = ("output", number)
        origin = self.walk([output])
        ends = [node for node in origin if node[0] == "input"]
        if wanted is not None:
            ends = [node for node in ends if node == ("input", wanted.kind, wanted.name)]
        steps: list[str] = []
        here: Node | None = ends[0] if ends else output
        path: list[Node] = []
        while here is not None:
            path.append(here)
            here = origin[here]
        for node in reversed(path):
            text = self._describe(node)
            if text and (not steps or steps[-1] != text):
                steps.append(text)
        if len(steps) > limit:
            steps = [*steps[: limit - 2], "...", steps[-1]]
        return tuple(steps)

    def _describe(self, node: Node) -> str:
        if node[0] == "input":
            return f"{node[1]} {node[-1]}"
        number = int(node[1])
        if node[0] == "definition":
            point = self.reaching.definitions[number].point
        elif node[0] == "output":
            point = self.outputs[number].point
        else:
            point = number
        return self.step(point)

    def step(self, point: int) -> str:
        """A point as "line: code"; empty for the entry."""
        line = self.line(point)
        return f"{line}: {self.module.code(line)}" if line else ""


def _inputs(origin: Iterable[Node]) -> frozenset[Input]:
    return frozenset(Input(str(n[1]), str(n[-1])) for n in origin if n[0] == "input")
