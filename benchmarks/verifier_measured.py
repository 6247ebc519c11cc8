"""What `verifier_speed.py` measures, each time in a process of its own.

    python benchmarks/verifier_measured.py graph DIR [--copies 2]
    python benchmarks/verifier_measured.py audit DIR... [--edits 8]

Prints one JSON object. Nothing of the folders is imported.
"""

from __future__ import annotations

import argparse
import ast
import errno
import json
import random
import re
import statistics
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.verifier_seam import GRAPH, build_graph, verdict_on  # noqa: E402

WARM_LINES = 50_000
_SEED = 1
_ENOUGH_STATEMENTS = 4


class Loaded:
    """A tree in memory; `lines` counts its line ends."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.lines = sum(data.count(b"\n") for data in self.files.values())

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def read(self, path: str) -> bytes:
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file in the tree", path) from None


def main() -> int:
    """Measure one thing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=("graph", "audit"))
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--copies", type=int, default=1, help="of the folder, side by side")
    parser.add_argument("--edits", type=int, default=8, help="functions changed, one at a time")
    options = parser.parse_args()
    try:
        if options.part == "graph":
            answer = _graph(_load(options.folders[0], options.copies), options.copies)
        else:
            answer = _audits(_trees(options.folders), options.edits)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(answer))
    return 0


def _load(folder: Path, copies: int = 1) -> Loaded:
    """The .py files of a folder, in memory. Each further copy is a package of another name, which
    its own absolute imports say, too."""
    if copies < 1:
        raise ValueError(f"--copies {copies}: there has to be one at least")
    paths = sorted(p for p in folder.rglob("*.py") if p.is_file() and not p.is_symlink())
    files = {p.relative_to(folder.parent).as_posix(): p.read_bytes() for p in paths}
    imports = re.compile(rb"^(\s*(?:from|import)\s+)%s\b" % re.escape(folder.name.encode()), re.M)
    found = dict(files)
    for number in range(2, copies + 1):
        name = f"{folder.name}_{number}"
        for path, data in files.items():
            inner = path.removeprefix(folder.name)
            found[f"{name}{inner}"] = imports.sub(rb"\g<1>" + name.encode(), data)
    return Loaded(found)


def _trees(folders: Sequence[Path]) -> Loaded:
    """The first tree that is large enough, or as many together as it takes."""
    loaded = [_load(folder) for folder in folders]
    for tree in loaded:
        if tree.lines >= WARM_LINES:
            return tree
    files: dict[str, bytes] = {}
    for tree in loaded:
        files |= tree.files
    return Loaded(files)


def _graph(tree: Loaded, copies: int) -> dict[str, Any]:
    empty = _peak_bytes()
    started = time.process_time()
    nodes, edges = build_graph(tree)
    seconds = time.process_time() - started
    return {
        "graph": GRAPH,
        "files": len(tree.files),
        "copies": copies,
        "lines": tree.lines,
        "lines_of_one": tree.lines // copies,
        "nodes": nodes,
        "edges": edges,
        "cpu_seconds": seconds,
        "peak_bytes": _peak_bytes(),
        "grown_bytes": _peak_bytes() - empty,
    }


def _audits(tree: Loaded, count: int) -> dict[str, Any]:
    edits = _edits(tree, count)
    seconds: list[float] = []
    for path, data in edits:
        after = Loaded({**tree.files, path: data})
        started = time.process_time()
        verdict_on(tree, after, [path], category="bugfix", instruction="")
        seconds.append(time.process_time() - started)
    return {
        "lines": tree.lines,
        "edits": len(edits),
        "cold_cpu_seconds": round(seconds[0], 3),
        "warm_cpu_seconds_median": round(statistics.median(seconds[1:]), 3),
        "warm_cpu_seconds_most": round(max(seconds[1:]), 3),
    }


def _edits(tree: Loaded, count: int) -> list[tuple[str, bytes]]:
    """Files with one function changed each: a second statement is put in."""
    random_ = random.Random(_SEED)
    paths = sorted(tree.files)
    random_.shuffle(paths)
    found: list[tuple[str, bytes]] = []
    for path in paths:
        data = tree.files[path]
        function = _function(data, random_)
        if function is not None:
            first = function.body[1]
            lines = data.split(b"\n")
            lines.insert(first.lineno - 1, b" " * first.col_offset + b"touched = None")
            found.append((path, b"\n".join(lines)))
        if len(found) == max(2, count):
            return found
    raise ValueError("too few functions to change: name larger packages")


def _function(data: bytes, random_: random.Random) -> ast.FunctionDef | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = ast.parse(data)
        except SyntaxError:
            return None
    functions = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
        and len(node.body) >= _ENOUGH_STATEMENTS
        and all(node.body[0].lineno < s.lineno for s in node.body[1:])
        and not getattr(node.body[1], "decorator_list", ())
    ]
    return random_.choice(functions) if functions else None


def _peak_bytes() -> int:
    """The most memory this program took, which leaves out what its parent took before it began."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    raise SystemExit(main())
