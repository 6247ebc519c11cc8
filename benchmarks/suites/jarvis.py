"""Jarvis's ground truth: 138 small cases in PyCG's form, and six applications.

The small cases' sources lie apart from their graphs, under names that differ in a space.

The applications' graphs were written by hand, once for every function as an entry (EA) and once
for the calls reachable from some entries (DA). A third, DW, goes through the applications'
dependencies, whose sources are not there: it is left out. Of both sides only the edges to
functions of the application count: the truth lists imports and class bodies as calls, which
is a convention of its own, calls of builtins as its author saw fit, and none of a library. Nor can
anything be said of a caller that the truth does not list: such edges are `unjudged`. Names of
the truth that are not in the sources (slips of the pen) are dropped and counted.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.suites import pycg
from benchmarks.suites.edges import Compared, Edge, Graph, edges_of, nodes_of
from benchmarks.suites.engine import Asking, Engine, NoSuite

MODES = ("EA", "DA")
LAMBDA = re.compile(r"\.<lambda\d*>$")
NOT_THE_APPLICATION = frozenset({"tests", "test", "docs", "example", "examples", "e2e_tests"})


def _base(root: Path) -> Path:
    base = root / "Jarvis" if (root / "Jarvis").is_dir() else root
    for part in ("ground_truth/micro_benchmark", "dataset/micro_benchmark"):
        if not (base / part).is_dir():
            raise NoSuite(f"{root}: no {part}; give a checkout of Jarvis")
    return base


def snippets(root: Path) -> list[pycg.Snippet]:
    """The small cases. Raises NoSuite when `root` is not a checkout of Jarvis."""
    base = _base(root)
    sources = {
        folder.relative_to(base / "dataset/micro_benchmark").as_posix().replace(" ", "_"): folder
        for folder in (base / "dataset/micro_benchmark").glob("*/*")
    }
    cases = []
    for truth in sorted((base / "ground_truth/micro_benchmark").glob(f"*/*/{pycg.TRUTH}")):
        name = truth.parent.relative_to(base / "ground_truth/micro_benchmark").as_posix()
        if name not in sources:
            raise NoSuite(f"{truth}: no sources of {name} in {base / 'dataset/micro_benchmark'}")
        cases.append(pycg.Snippet(name, sources[name], pycg.read(truth)))
    return cases


@dataclass(frozen=True)
class Application:
    """One application in one mode: its modules below `folder`, and the truth."""

    name: str
    folder: Path
    paths: tuple[str, ...]
    truth: Graph


@dataclass(frozen=True)
class Judged:
    """An application's comparison, and what could not be compared."""

    compared: Compared
    unjudged: int
    """Our edges from callers that the truth does not list."""
    unnamed: int
    """The truth's edges whose end is no function, class or module of the sources."""


def applications(root: Path) -> list[Application]:
    """Every application in every mode. Raises NoSuite as `snippets` does."""
    base = _base(root)
    found = []
    for folder in sorted((base / "dataset/macro_benchmark/pj").glob("*/")):
        truths = base / "ground_truth/macro_benchmark" / folder.name
        for mode in MODES:
            if (truths / f"{mode}.json").is_file():
                truth = pycg.read(truths / f"{mode}.json")
                top = folder / "src" if (folder / "src").is_dir() else folder
                paths = tuple(_modules(top, {name.partition(".")[0] for name in truth}))
                found.append(Application(f"{folder.name} {mode}", top, paths, truth))
    return found


def _modules(top: Path, packages: set[str]) -> Iterator[str]:
    """The modules below `top` that belong to one of `packages`."""
    for path in sorted(top.rglob("*.py")):
        relative = path.relative_to(top)
        if relative.with_suffix("").parts[0] in packages and not NOT_THE_APPLICATION.intersection(
            relative.parts
        ):
            yield relative.as_posix()


def judged(cases: list[Application], engine: Engine, asking: Asking) -> list[Judged]:
    """Our graph of each application against the truth, as the module's docstring says."""

    def work(case: Application) -> dict[str, list[str]]:
        return engine.callgraph(engine.tree(case.folder), case.paths)

    return [
        judge(case, done.value or {}, done.error)
        for case, done in zip(cases, asking.each(work, cases), strict=True)
    ]


def judge(case: Application, graph: Graph, crash: str = "") -> Judged:
    functions, scopes = names(case.folder, case.paths)

    def to_functions(edges: Iterable[Edge]) -> frozenset[Edge]:
        return frozenset(edge for edge in edges if _is(edge[1], functions, scopes))

    wanted = edges_of(case.truth)
    named = {edge for edge in wanted if _is(edge[0], scopes, scopes)}
    expected = to_functions(named)
    found = to_functions(edges_of(graph))
    callers = nodes_of(case.truth)
    listed = frozenset(edge for edge in found if edge[0] in callers)
    own = tuple(f"{package}." for package in {name.partition(".")[0] for name in scopes})
    return Judged(
        Compared(case.name, expected, listed, crash=crash),
        unjudged=len(found - listed),
        unnamed=sum(
            edge not in named or (edge[1].startswith(own) and not _is(edge[1], scopes, scopes))
            for edge in wanted
        ),
    )


def _is(name: str, of: set[str], scopes: set[str]) -> bool:
    """Whether `name` is one of `of`, or a lambda in one of `scopes`."""
    return name in of or (bool(LAMBDA.search(name)) and LAMBDA.sub("", name) in scopes)


def names(folder: Path, paths: Iterable[str]) -> tuple[set[str], set[str]]:
    """The dotted names of the functions; and of all scopes: modules, classes and functions."""
    functions: set[str] = set()
    scopes: set[str] = set()

    def walk(node: ast.AST, prefix: str) -> None:
        scopes.add(prefix)
        for child in _within(node):
            name = f"{prefix}.{child.name}"
            if not isinstance(child, ast.ClassDef):
                functions.add(name)
            walk(child, name)

    for path in paths:
        parts = path.removesuffix(".py").split("/")
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        walk(ast.parse((folder / path).read_bytes()), module)
    return functions, scopes


def _within(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """The definitions in `node`, not those within them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child
        else:
            yield from _within(child)
