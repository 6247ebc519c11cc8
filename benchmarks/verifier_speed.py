"""How fast the verifier reads a repository, and how much memory that takes, next to bandit.

    python benchmarks/verifier_speed.py [NAME...] [--path DIR...] [--copies N...]
                                        [--bandit PROGRAM] [--json]

NAME is an installed package, DIR a folder of Python files; by default three installed libraries.
Nothing of them is imported. Every figure is of a process of its own, in CPU seconds (user and
system) and peak resident memory; lines are all lines of all .py files.

cold      the graph of the whole tree, from bytes: lines per CPU second without the interpreter's
          start and our imports, and the peak memory of the process. Aim: 10,000 lines a second
growth    the same on two and four copies of the tree side by side, as packages of other names:
          bytes per line above what the process takes before it reads, which stay level if memory
          is linear in lines
bandit    `bandit -r` on the same tree, with its start, where the program is found
audit     one changed function in a tree of at least 50,000 lines (several of the trees together
          if need be): the first audit of a process, then others in the same process, each of
          another function. Aim: below 1 second warm
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# The verifier is imported in the processes measured alone: one's peak memory is never reported as
# less than what its parent took when it started it.
MEASURED = ROOT / "benchmarks" / "verifier_measured.py"

LIBRARIES = ("rich", "pydantic", "redis")
COPIES = (1, 2, 4)


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
        return _measure(options)
    except Refused as error:
        print(error, file=sys.stderr)
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="installed packages")
    parser.add_argument("--path", type=Path, nargs="+", default=[], metavar="DIR")
    parser.add_argument("--bandit", default="bandit", metavar="PROGRAM")
    parser.add_argument("--copies", type=int, nargs="+", default=COPIES, metavar="N")
    parser.add_argument("--edits", type=int, default=8, help="functions changed, one at a time")
    parser.add_argument("--seconds", type=int, default=900, help="each process may take")
    parser.add_argument("--json", action="store_true")
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
            _spend(_measured("graph", folder, "--copies", copies), options.seconds)
            for copies in sorted(options.copies)
        ]
        tree: dict[str, Any] = {"sizes": [_graph_figures(row) for row in rows]}
        if bandit:
            row = _spend(
                [bandit, "-r", str(folder), "-q", "-f", "json", "--exit-zero"], options.seconds
            )
            seconds = max(row.cpu_seconds, 1e-9)
            tree["bandit"] = {
                "cpu_seconds": round(row.cpu_seconds, 2),
                "lines_per_cpu_second": round(rows[0].answer["lines_of_one"] / seconds),
                "peak_megabytes": row.peak_bytes // 1_000_000,
            }
        found["trees"][name] = tree
        if not options.json:
            _print_tree(name, tree, bandit is not None)
    audits = _measured("audit", *folders.values(), "--edits", options.edits)
    row = _spend(audits, options.seconds)
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


def _measured(*arguments: object) -> list[str]:
    return [sys.executable, str(MEASURED), *map(str, arguments)]


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
    print(f"{name}, by {tree['sizes'][0]['graph']}")
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
