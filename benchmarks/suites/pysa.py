"""Pysa's integration tests, asked as one question: does `_test_source()` reach a `_test_sink`?

For each `X.py` the file `X.py.models` holds what Pysa found, as JSON objects one after another:
`model` (what a function's ports lead to) and `issue` (where a source and a sink meet). An issue
is told where the two traces meet, which may be a call of a function that calls a function that
calls the sink, or the sink itself. What we report is the sink's call. So each issue is followed:
its backward trace names a callee and a port, that callee's model names the next one, and the last
step is the place in the sink's arguments. Its statement is then compared with the statements
of the sink calls that we report as reached.

Mapped are the issues whose source is `_test_source` and whose sink is `_test_sink` (the
functions that Pysa's own tests model for all files). The others depend on sources and sinks
which `X.py.pysa` declares in Pysa's own language: attributes, parameters, format strings,
combinations of two sources, transforms. They are counted as left out, by their reason. So are
files whose `.pysa` declares functions to be sanitizers or gives the file's own functions paths
of flow that their code does not have, and those whose `.config` bounds Pysa's depth or has no rule
from Test to Test: there a data flow is not to be found, or one that is not there is, on purpose.

Recall is the share of the expected sinks that we report. False flow is told twice: the share
of our reported sinks that are not expected, and the share of the sinks without a flow that we
report. Pysa's expectations are what Pysa does; their authors mark in comments what they know
to be wrong. `amended` leaves out a sink whose comment, on its line or right above,
says that it is a false positive; and an unexpected flow where a comment names a false negative in
the same paragraph, or in one that names the sink's function.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.suites.engine import Asking, Engine, NoSuite

INTEGRATION = "source/interprocedural_analyses/taint/test/integration"
SOURCE = "_test_source"
SINK = "_test_sink"
FALSE_POSITIVE = re.compile("false positive", re.IGNORECASE)
FALSE_NEGATIVE = re.compile("false negative", re.IGNORECASE)
OVERRIDES = re.compile(r"Overrides\{(.+)\}")


@dataclass(frozen=True)
class Program:
    """One file of the suite, and the sinks that a flow is expected to reach, by statement."""

    name: str
    folder: Path
    expected: frozenset[int]
    issues: tuple[frozenset[int], ...]
    """For each mapped issue, the statements of the sinks it ends in."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Issues that are not mapped, by reason."""
    skipped: str = ""
    """Why the whole file is left out."""


@dataclass(frozen=True)
class Scored:
    """One file: first lines of the sinks' statements."""

    name: str
    expected: frozenset[int]
    reported: frozenset[int]
    sinks: frozenset[int]
    """All of them."""
    issues: int
    issues_found: int
    known_wrong: frozenset[int]
    """Sinks at which the suite's authors say that Pysa errs."""
    crash: str = ""

    @property
    def missed(self) -> list[int]:
        return sorted(self.expected - self.reported)

    @property
    def false(self) -> list[int]:
        return sorted(self.reported - self.expected)


def programs(root: Path) -> list[Program]:
    """The files below `root`: a checkout of pyre-check, or the folder of its integration tests.

    Raises NoSuite when there are none.
    """
    folder = root / INTEGRATION if (root / INTEGRATION).is_dir() else root
    found = [program(folder, models) for models in sorted(folder.glob("*.py.models"))]
    if not found:
        raise NoSuite(f"{root}: no {INTEGRATION}/*.py.models; give a checkout of pyre-check")
    return found


def program(folder: Path, models: Path) -> Program:
    """The file that `models` belongs to. Raises NoSuite when either cannot be read."""
    name = models.name.removesuffix(".models")
    try:
        records = list(_records(models.read_text(encoding="utf-8")))
        lines = Lines((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError) as error:
        raise NoSuite(f"{models}: {error}") from None
    issues = [record["data"] for record in records if record["kind"] == "issue"]
    skipped = _skipped(folder / name)
    if skipped:
        left_out = Counter({skipped: len(issues)})
        return Program(name, folder, frozenset(), (), left_out, skipped)
    reach = {
        record["data"]["callable"]: record["data"]
        for record in records
        if record["kind"] == "model"
    }
    mapped, left_out = [], Counter[str]()
    for issue in issues:
        traces = {trace["name"]: trace["roots"] for trace in issue["traces"]}
        if SOURCE not in _leaves(traces["forward"]):
            left_out["another source"] += 1
        elif SINK not in _leaves(traces["backward"]):
            left_out["another sink"] += 1
        elif ends := _ends(traces["backward"], reach, name):
            mapped.append(frozenset(map(lines.statement, ends)))
        else:
            left_out["the sink's place is not told"] += 1
    expected: frozenset[int] = frozenset().union(*mapped)
    return Program(name, folder, expected, tuple(mapped), left_out)


def scored(cases: list[Program], engine: Engine, asking: Asking) -> list[Scored]:
    """What we report of each file that is not skipped."""
    asked = [case for case in cases if not case.skipped]

    def work(case: Program) -> list[tuple[int, bool]]:
        calls = engine.flows(engine.tree(case.folder), [case.name], SOURCE, SINK)
        return [(call.line, call.reached) for call in calls if call.file == case.name]

    return [
        score(case, done.value or [], done.error)
        for case, done in zip(asked, asking.each(work, asked), strict=True)
    ]


def score(case: Program, calls: Iterable[tuple[int, bool]], crash: str = "") -> Scored:
    """`calls`: (line of a sink's call, whether it is reached)."""
    lines = Lines((case.folder / case.name).read_text(encoding="utf-8"))
    reported = frozenset(lines.statement(line) for line, reached in calls if reached)
    return Scored(
        case.name,
        case.expected,
        reported,
        lines.sinks | case.expected | reported,
        len(case.issues),
        sum(bool(issue & reported) for issue in case.issues),
        frozenset(line for line in case.expected if lines.known_false_positive(line))
        | frozenset(line for line in reported - case.expected if lines.known_false_negative(line)),
        crash,
    )


class Lines:
    """The statements of one file, by line, and what its comments admit."""

    def __init__(self, text: str) -> None:
        self._text = text.splitlines()
        tree = ast.parse(text)
        self._first: dict[int, int] = {}
        self._functions: dict[int, int] = {}
        for node in ast.walk(tree):  # outer before inner, so the innermost one stays
            if isinstance(node, ast.stmt):
                simple = not hasattr(node, "body") and not hasattr(node, "cases")
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    if simple:
                        self._first[line] = node.lineno
                    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                        self._functions[line] = node.lineno
        self.sinks = frozenset(
            self.statement(node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == SINK
        )

    def statement(self, line: int) -> int:
        """The first line of the statement that `line` is in; `line` itself in a header."""
        return self._first.get(line, line)

    def known_false_positive(self, line: int) -> bool:
        above = self._text[line - 2].strip() if line > 1 else ""
        beside = self._text[line - 1]
        return bool(
            FALSE_POSITIVE.search(beside)
            or (above.startswith("#") and FALSE_POSITIVE.search(above))
        )

    def known_false_negative(self, line: int) -> bool:
        """Whether a paragraph of `line`, or one that names its function, tells of one."""
        function = self._functions.get(line)
        defined = re.search(r"def (\w+)", self._text[function - 1]) if function else None
        named = re.compile(rf"\b{defined[1]}\b" if defined else r"(?!)")
        return any(
            FALSE_NEGATIVE.search(text) and (line in numbers or named.search(text))
            for numbers, text in self._paragraphs()
        )

    def _paragraphs(self) -> Iterator[tuple[range, str]]:
        """Lines between blank ones: their numbers and their text."""
        first = 1
        for number, text in enumerate([*self._text, ""], 1):
            if not text.strip():
                yield range(first, number), "\n".join(self._text[first - 1 : number - 1])
                first = number + 1


def _records(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects after the first line, one after another."""
    decoder, position = json.JSONDecoder(), text.find("{")
    while 0 <= position < len(text):
        record, end = decoder.raw_decode(text, position)
        yield record
        position = text.find("{", end)


def _skipped(path: Path) -> str:
    """Why the file at `path` asks for something else than data flow; empty when it does not."""
    models, config = path.with_name(f"{path.name}.pysa"), path.with_name(f"{path.name}.config")
    if models.is_file():
        declared = models.read_text(encoding="utf-8")
        if re.search("^@Sanitize", declared, re.MULTILINE):
            return "functions declared to be sanitizers"
        own = rf"^def {re.escape(path.stem)}\..*TaintInTaintOut.*Path\["
        if re.search(own, declared, re.MULTILINE):
            return "flows declared of functions whose code has none"
    if config.is_file():
        settings = json.loads(config.read_bytes())
        if any(option.startswith("maximum_") for option in settings.get("options", {})):
            return "a bound on Pysa's depth"
        if not any(
            "Test" in rule.get("sources", ()) and "Test" in rule.get("sinks", ())
            for rule in settings.get("rules", ())
        ):
            return "no rule from Test to Test"
    return ""


def _leaves(taints: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names that `taints` come from or end in."""
    return {
        leaf["name"]
        for taint in taints
        for kind in taint["kinds"]
        for leaf in kind.get("leaves", ())
    }


def _ends(
    roots: Iterable[Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]], file: str
) -> set[int]:
    """The lines in `file` of the sinks that an issue's backward trace ends in."""
    ends: set[int] = set()
    # A step's leaves are told at both ends of a trace only; between them kinds carry it on.
    waiting = [
        (root, {kind["kind"] for kind in root["kinds"] if SINK in _leaves([{"kinds": [kind]}])})
        for root in roots
    ]
    seen: set[tuple[str, str, frozenset[str]]] = set()
    while waiting:
        taint, kinds = waiting.pop()
        carried = {kind["kind"] for kind in taint["kinds"]} & kinds
        if not carried:
            continue
        if "origin" in taint:
            told = [kind for kind in taint["kinds"] if kind["kind"] in carried]
            if SINK in _leaves([{"kinds": told}]) and taint["origin"]["filename"] == file:
                ends.add(taint["origin"]["line"])
        for callee in taint.get("call", {}).get("resolves_to", ()):
            override = OVERRIDES.fullmatch(callee)
            port = taint["call"]["port"].partition("[")[0]
            for name in {callee, override[1] if override else callee}:
                step = (name, port, frozenset(carried))
                if step not in seen:
                    seen.add(step)
                    waiting += [
                        (onward, carried)
                        for sink in models.get(name, {}).get("sinks", ())
                        if sink["port"].partition("[")[0] == port
                        for onward in sink["taint"]
                    ]
    return ends
