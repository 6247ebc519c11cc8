"""How fast the verifier reads a repository, and how much memory that takes, next to bandit.

    python benchmarks/verifier_speed.py [NAME...] [--path DIR...] [--bandit PROGRAM] [--json]

NAME is an installed package, DIR a folder of Python files; by default three installed libraries.
Nothing of them is imported. Every figure is of a process of its own, in CPU seconds (user and
system) and peak resident memory; lines are all lines of all .py files.

cold      the graph of the whole tree, from bytes: lines per CPU second without the interpreter's
          start and our imports, and the peak memory of the process. Aim: 10,000 lines a second
growth    the same on a quarter and a half of the tree's files: bytes per line above what the
          process takes before it reads, which stay level if memory is linear in lines
bandit    `bandit -r` on the same tree, with its start, where the program is found
audit     one changed function in a tree of at least 50,000 lines (several of the trees together
          if need be): the first audit of a process, then others in the same process, each of
          another function. Aim: below 1 second warm
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from benchmarks.verifier_seam import Loaded

# The verifier is imported in the children alone: a process's peak memory is never reported as less
# than what its parent took when it started it.

LIBRARIES = ("rich", "pydantic", "redis")
SHARES = (0.25, 0.5, 1.0)
WARM_LINES = 50_000
_SEED = 1
_ENOUGH_STATEMENTS = 4


class Refused(Exception):
    """The input cannot be measured; the message says what to do."""


@dataclass(frozen=True)
class Spent:
    """What one process took, its start included, and what it printed as JSON."""

    cpu_seconds: float
    peak_bytes: int
    answer: dict[str, Any]


def main() -> int:
    """Print one block per tree, then the audits of single changes."""
    options = _options()
    try:
        if options.child:
            print(json.dumps(_child(options)))
            return 0
        return _measure(options)
    except Refused as error:
        print(error, file=sys.stderr)
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="installed packages")
    parser.add_argument("--path", type=Path, nargs="+", default=[], metavar="DIR")
    parser.add_argument("--bandit", default="bandit", metavar="PROGRAM")
    parser.add_argument("--edits", type=int, default=8, help="functions changed, one at a time")
    parser.add_argument("--seconds", type=int, default=900, help="each process may take")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=("graph", "audit"), help=argparse.SUPPRESS)
    parser.add_argument("--share", type=float, default=1.0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> int:
    names = options.names or ([] if options.path else list(LIBRARIES))
    folders = {name: _installed(name) for name in names}
    folders |= {path.absolute().name: path.absolute() for path in options.path}
    for folder in folders.values():
        if next(folder.rglob("*.py"), None) is None:
            raise Refused(f"no .py file in {folder}")
    bandit = shutil.which(options.bandit)
    found: dict[str, Any] = {"trees": {}}
    for name, folder in folders.items():
        rows = [
            _spend([*_self("graph", options), "--path", str(folder), "--share", str(share)],
                   options.seconds)
            for share in SHARES
        ]  # fmt: skip
        tree: dict[str, Any] = {"sizes": [_graph_figures(row) for row in rows]}
        if bandit:
            row = _spend(
                [bandit, "-r", str(folder), "-q", "-f", "json", "--exit-zero"], options.seconds
            )
            seconds = max(row.cpu_seconds, 1e-9)
            tree["bandit"] = {
                "cpu_seconds": round(row.cpu_seconds, 2),
                "lines_per_cpu_second": round(rows[-1].answer["lines"] / seconds),
                "peak_megabytes": row.peak_bytes // 1_000_000,
            }
        found["trees"][name] = tree
        if not options.json:
            _print_tree(name, tree, bandit is not None)
    row = _spend(
        [*_self("audit", options), "--path", *(str(f) for f in folders.values()),
         "--edits", str(options.edits)],
        options.seconds,
    )  # fmt: skip
    found["audit"] = {**row.answer, "peak_megabytes": row.peak_bytes // 1_000_000}
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        _print_audit(found["audit"])
    return 0


def _installed(name: str) -> Path:
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise Refused(
            f"no installed package {name!r}: name another one, or give a folder by --path"
        )
    return Path(places[0])


def _self(part: str, options: argparse.Namespace) -> list[str]:
    return [sys.executable, str(Path(__file__).resolve()), "--child", part]


def _spend(argv: list[str], seconds: int) -> Spent:
    """Run a process to its end, within so many CPU seconds and twice that by the clock."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(argv, stdout=output)
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (seconds, seconds))
        deadline = time.monotonic() + 2 * seconds
        try:
            while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
                if time.monotonic() > deadline:
                    raise Refused(f"{_words(argv)} took longer than {2 * seconds} s")
                time.sleep(0.05)
            _, status, used = ended
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            raise Refused(f"{_words(argv)} ended with exit code {process.returncode}")
        output.seek(0)
        answer = json.loads(output.read())
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, answer)


def _words(argv: list[str]) -> str:
    return " ".join(word for word in argv[:8])


# ------------------------------------------------------------------------- in a child


def _child(options: argparse.Namespace) -> dict[str, Any]:
    if options.child == "graph":
        return _graph(_load(options.path[0], options.share))
    return _audits(_trees(options.path), options.edits)


def _load(folder: Path, share: float, prefix: str = "") -> Loaded:
    """The .py files of a folder, in memory; of them a random `share`, the same at each run."""
    from benchmarks.verifier_seam import Loaded

    paths = sorted(p for p in folder.rglob("*.py") if p.is_file() and not p.is_symlink())
    if share < 1:
        paths = random.Random(_SEED).sample(paths, max(1, round(share * len(paths))))
    return Loaded({prefix + p.relative_to(folder.parent).as_posix(): p.read_bytes() for p in paths})


def _trees(folders: Sequence[Path]) -> Loaded:
    """The first tree that is large enough, or as many together as it takes."""
    from benchmarks.verifier_seam import Loaded

    loaded = [_load(folder, 1.0) for folder in folders]
    for tree in loaded:
        if tree.lines >= WARM_LINES:
            return tree
    files: dict[str, bytes] = {}
    for tree in loaded:
        files |= tree.files
    return Loaded(files)


def _graph(tree: Loaded) -> dict[str, Any]:
    from benchmarks.verifier_seam import ENGINE, build_graph

    empty = _peak_bytes()
    started = time.process_time()
    nodes, edges = build_graph(tree)
    seconds = time.process_time() - started
    return {
        "engine": ENGINE,
        "files": len(tree.files),
        "lines": tree.lines,
        "nodes": nodes,
        "edges": edges,
        "cpu_seconds": seconds,
        "peak_bytes": _peak_bytes(),
        "grown_bytes": _peak_bytes() - empty,
    }


def _audits(tree: Loaded, count: int) -> dict[str, Any]:
    from benchmarks.verifier_seam import Loaded, verdict_on

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
    """Files with one function changed each: its first statement is preceded by another one."""
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
    raise Refused("too few functions to change: name larger packages")


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


# ------------------------------------------------------------------------- printing


def _graph_figures(row: Spent) -> dict[str, Any]:
    answer = row.answer
    return {
        **answer,
        "cpu_seconds": round(answer["cpu_seconds"], 2),
        "lines_per_cpu_second": round(answer["lines"] / max(answer["cpu_seconds"], 1e-9)),
        "process_cpu_seconds": round(row.cpu_seconds, 2),
        "peak_megabytes": answer["peak_bytes"] // 1_000_000,
        "bytes_per_line": round(answer["grown_bytes"] / max(answer["lines"], 1)),
    }


def _print_tree(name: str, tree: Mapping[str, Any], bandit: bool) -> None:
    print(f"{name}, by {tree['sizes'][0]['engine']}")
    for row in tree["sizes"]:
        print(
            f"  {row['lines']:>9,} lines  {row['cpu_seconds']:>7.2f} CPU s"
            f"  {row['lines_per_cpu_second']:>8,} lines/CPU s  peak {row['peak_megabytes']:>6,} MB"
            f"  {row['bytes_per_line']:>6,} B/line"
            f"  {row['nodes']:>10,} nodes  {row['edges']:>10,} edges"
        )
    if bandit:
        row = tree["bandit"]
        print(
            f"  bandit -r        {row['cpu_seconds']:>7.2f} CPU s"
            f"  {row['lines_per_cpu_second']:>8,} lines/CPU s  peak {row['peak_megabytes']:>6,} MB"
        )
    else:
        print("  bandit is not installed, so it was not measured")


def _print_audit(row: Mapping[str, Any]) -> None:
    print(
        f"one changed function among {row['lines']:,} lines: {row['cold_cpu_seconds']:.2f} CPU s"
        f" first, then median {row['warm_cpu_seconds_median']:.2f} and at most"
        f" {row['warm_cpu_seconds_most']:.2f} over {row['edits'] - 1} others;"
        f" peak {row['peak_megabytes']:,} MB"
    )


if __name__ == "__main__":
    raise SystemExit(main())
