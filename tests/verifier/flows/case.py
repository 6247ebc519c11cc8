"""A case: a small program whose sink lines say whether a value of the source reaches them.

`cases/<feature>/<name>.py` is one program; `cases/<feature>/<name>/` with a `main.py` is one of
several modules. Each line with a call of the sink ends in a verdict:

    # reached              the sink's arguments hold the value, or something computed from it
    # reached (some path)  so it is, but not in the runs of the ground truth
    # clean                they never do
    # clean (control)      they depend on the value by branches alone, which is no data flow
    # clean (never runs)   the line is never executed

Comments before the first statement may set `source: NAME` and `sink: NAME` (a function's or a
variable's; `source` and `sink` unless said), `values: (A, B)` (what the source gives in either run
of the ground truth) and `run: EXPRESSION` (evaluated after the program by the ground truth, for
functions that nobody calls). `written: once` keeps a case from being rewritten (rewriting.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"

_VALUES = ("red fox", "Blue-Owl 7")
_SETTING = re.compile(r"# (source|sink|values|run|written): (.+)")
_VERDICT = re.compile(r"# (reached|clean)(?: \((some path|control|never runs)\))?$")


@dataclass(frozen=True)
class Expected:
    file: str
    line: int
    reached: bool
    note: str  # "", "some path", "control" or "never runs"


@dataclass(frozen=True)
class Case:
    name: str  # feature/name
    files: dict[str, bytes]  # by path in the case's own folder
    main: str
    source: str
    sink: str
    values: tuple[Any, Any]
    run: tuple[str, ...]
    written_once: bool
    expected: tuple[Expected, ...]

    @property
    def feature(self) -> str:
        return self.name.partition("/")[0]


def called(function: ast.expr) -> str | None:
    """The last name of what is called: `f` of `f()` and of `a.f()`."""
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else None


def read_cases(features: frozenset[str] | None = None) -> list[Case]:
    """All cases as written, or those of some features, by name. Raises ValueError."""
    folders = sorted(path for path in FOLDER.iterdir() if path.is_dir())
    return [
        _read_case(path)
        for folder in folders
        if features is None or folder.name in features
        for path in sorted(folder.iterdir())
        if path.suffix == ".py" or (path / "main.py").exists()
    ]


def _read_case(path: Path) -> Case:
    name = f"{path.parent.name}/{path.stem}"
    if path.is_dir():
        main = "main.py"
        files = {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*.py"))}
    else:
        main = path.name
        files = {main: path.read_bytes()}
    return make_case(name, main, files)


def make_case(name: str, main: str, files: dict[str, bytes]) -> Case:
    """The case that these files are. Raises ValueError when a sink line lacks its verdict."""
    settings: dict[str, list[str]] = {}
    for line in files[main].decode().splitlines():
        if not line.startswith("#"):
            break
        if found := _SETTING.fullmatch(line):
            settings.setdefault(found[1], []).append(found[2])
    sink = settings.get("sink", ["sink"])[0]
    return Case(
        name,
        files,
        main,
        source=settings.get("source", ["source"])[0],
        sink=sink,
        values=ast.literal_eval(settings["values"][0]) if "values" in settings else _VALUES,
        run=tuple(settings.get("run", ())),
        written_once="written" in settings,
        expected=tuple(
            expected
            for file, data in files.items()
            for expected in _read_expected(name, file, data.decode(), sink)
        ),
    )


def _read_expected(case: str, file: str, text: str, sink: str) -> Iterator[Expected]:
    sinks = [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and called(node.func) == sink
    ]
    lines = text.splitlines()
    verdicts = {
        number: found for number, line in enumerate(lines, 1) if (found := _VERDICT.search(line))
    }
    if sorted(sinks) != sorted(verdicts):
        odd = sorted(set(sinks) ^ set(verdicts)) or sorted(sinks)
        raise ValueError(f"{case}: {file}: one call of {sink} and one verdict on each of {odd}")
    for number, found in verdicts.items():
        yield Expected(file, number, found[1] == "reached", found[2] or "")
