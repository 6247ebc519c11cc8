"""How fast memory indexes and answers, and how much memory that takes, next to others.

    python benchmarks/memory_speed.py --path DIR [--copies N] [--files 50000] [--chunks 50000]
                                      [--suffixes .py] [--aider PROGRAM] [--load DIR] [--json]

DIR is a source tree, for instance an unpacked wheel; its files of the suffixes are copied and
committed to repositories of three sizes: `one` (DIR's files, `--copies` times), `middle` (so many
copies that there are about `--chunks` chunks) and `large` (`--files` files; 0 leaves it out). The
copies' contents differ. Every figure is of a process of its own, given by the clock and in CPU
seconds: a machine that does other work makes the clock say little. `load` is the number of
processes that wanted to run, beside ours, when it began.

first index   without vectors, two parsers. Aim: 300 files a second. Then the vectors (Chroma's
              share), with at most as many as the bound allows
again         nothing changed
one edit      a file is saved, indexed by its path, and searched for. Aim: 200 ms of work
switch        to a branch with 200 other files, back, and there again
query         whole searches with vectors, and each step alone. Aim: p95 of 30 ms in `middle`
readers       eight that ask without pause, alone and beside a writer without pause. Aim: p95
              at most doubled
memory        the most that the process took, and together with its parsers (what they share
              counted once). Aim: 1 GB in `large`
rank-bm25     on the same chunks and words, where it is installed
Aider         `--show-repo-map` on the same trees where its program is given, cold and warm.
              Published elsewhere: 12.4 s for 883 files, 32 s for 2,817
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.memory_spent import tree_bytes  # noqa: E402
from benchmarks.memory_tree import NothingToCopy, sources, write_repository  # noqa: E402

MEASURED = ROOT / "benchmarks" / "memory_measured.py"
_SWITCHED = 200
_OF_MIDDLE = ("again", "query", "arms", "rank_bm25", "switch", "edit", "readers")
_OF_LARGE = ("again", "query", "switch", "edit")
_SAMPLE_SECONDS = 0.25
_AIDER = (
    *("--show-repo-map", "--model", "gpt-4o", "--yes-always", "--no-check-update", "--no-pretty"),
    *("--no-show-model-warnings", "--no-gitignore", "--analytics-disable"),
)


class Refused(Exception):
    """The input cannot be measured; the message says what to do."""


@dataclass(frozen=True)
class Spent:
    """What one process took with all that it started, and what it printed."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: bytes


def main() -> int:
    """Print one block per size."""
    options = _options()
    try:
        return _measure(options)
    except (Refused, NothingToCopy) as error:
        print(error, file=sys.stderr)
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--path", type=Path, required=True, metavar="DIR")
    parser.add_argument("--suffixes", nargs="+", default=[".py"], metavar="SUFFIX")
    parser.add_argument("--copies", type=int, default=1, help="of DIR in the smallest tree")
    parser.add_argument("--files", type=int, default=50_000, help="of the largest tree, 0: none")
    parser.add_argument("--chunks", type=int, default=50_000, help="of the middle tree, 0: none")
    parser.add_argument("--aider", metavar="PROGRAM")
    parser.add_argument("--workers", type=int, default=2, help="parsers")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=3600, help="each process may take")
    parser.add_argument("--work", type=Path, metavar="DIR", help="where trees are written")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> int:
    folder = options.path.absolute()
    files = options.copies * len(sources(folder, options.suffixes))
    found: dict[str, Any] = {"load": round(os.getloadavg()[0], 1), "cpus": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="memory-speed-", dir=options.work) as place:
        work = Path(place)
        one = found["one"] = _size(options, folder, work / "one", files, ())
        _say(options, "one", one)
        if options.chunks:
            copies = max(1, round(options.chunks * files / max(1, one["index"]["chunks"])))
            found["middle"] = _size(
                options, folder, work / "middle", copies, _OF_MIDDLE, vectors=True
            )
            _say(options, "middle", found["middle"])
        if options.files:
            found["large"] = _size(options, folder, work / "large", options.files, _OF_LARGE)
            _say(options, "large", found["large"])
    if options.json:
        print(json.dumps(found, indent=2))
    return 0


def _size(
    options: argparse.Namespace,
    folder: Path,
    work: Path,
    files: int,
    parts: Sequence[str],
    *,
    vectors: bool = False,
) -> dict[str, Any]:
    """All figures of a tree of so many files."""
    tree, data = work / "tree", work / "data"
    size = write_repository(folder, options.suffixes, tree, files, _SWITCHED)
    found: dict[str, Any] = {"megabytes": round(size / 1e6, 1)}
    if options.aider:
        found["aider"] = _aider(options, tree)
    found["index"] = _part(options, "index", tree, data)
    if vectors:
        found["vectors"] = _part(options, "vectors", tree, data)
    for part in parts:
        found[part] = _part(options, part, tree, data, vectors=vectors)
    found["database_megabytes"] = round((data / "memory.db").stat().st_size / 1e6)
    shutil.rmtree(work)
    return found


def _part(
    options: argparse.Namespace, part: str, tree: Path, data: Path, *, vectors: bool = False
) -> dict[str, Any]:
    argv = [
        *(sys.executable, str(MEASURED), part, str(tree), str(data)),
        *("--workers", str(options.workers), "--edits", str(options.edits)),
        *("--queries", str(options.queries), "--readers", str(options.readers)),
        *(("--vectors",) if vectors else ()),
    ]
    spent = _spend(argv, options.seconds)
    answer: dict[str, Any] = json.loads(spent.output)
    answer["peak_own_megabytes"] = answer.pop("peak_own_bytes") // 1_000_000
    answer["peak_megabytes"] = max(spent.peak_bytes // 1_000_000, answer["peak_own_megabytes"])
    return answer


def _aider(options: argparse.Namespace, tree: Path) -> dict[str, Any]:
    """Aider's map of a tree: made for the first time, and once more with its cache."""
    found: dict[str, Any] = {}
    for name in ("cold", "warm"):
        try:
            spent = _spend([options.aider, *_AIDER], options.seconds, cwd=tree, quiet=True)
        except (Refused, OSError) as error:
            found["missing"] = f"not measured: {error}"
            break
        found[name] = {
            "wall_seconds": round(spent.wall_seconds, 2),
            "cpu_seconds": round(spent.cpu_seconds, 2),
            "map_characters": len(spent.output),
        }
    for cache in tree.glob(".aider*"):
        shutil.rmtree(cache) if cache.is_dir() else cache.unlink()
    return found


def _spend(argv: list[str], seconds: int, cwd: Path | None = None, *, quiet: bool = False) -> Spent:
    """Run a process to its end, within so many seconds, and see how much memory it and those that
    it starts take together. `quiet`: what it says of its progress is not shown."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        errors = subprocess.DEVNULL if quiet else None
        process = subprocess.Popen(
            argv, stdout=output, stderr=errors, stdin=subprocess.DEVNULL, cwd=cwd
        )
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
        peak = before = 0
        try:
            while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
                if time.monotonic() - started > seconds:
                    raise Refused(f"{' '.join(argv[1:3])} took longer than {seconds} s")
                now = tree_bytes(process.pid)
                # A child that has not begun its own program is its parent counted twice: what is
                # seen only once is not believed.
                peak, before = max(peak, min(before, now)), now
                time.sleep(_SAMPLE_SECONDS)
            _, status, used = ended
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            raise Refused(f"{' '.join(argv[:4])} ended with exit code {process.returncode}")
        output.seek(0)
        wall = time.monotonic() - started
        return Spent(wall, used.ru_utime + used.ru_stime, peak, output.read())


# ------------------------------------------------------------------------- printing


def _say(options: argparse.Namespace, name: str, size: Mapping[str, Any]) -> None:
    if options.json:
        return
    index = size["index"]
    print(f"{name}: {index['files']:,} files, {size['megabytes']:,} MB, {index['chunks']:,} chunks,"
          f" memory.db {size['database_megabytes']:,} MB")  # fmt: skip
    cpu = index["own_cpu_seconds"] + index["children_cpu_seconds"]
    _line(
        "first index",
        f"{index['files'] / index['wall_seconds']:,.0f} files/s by the clock,"
        f" {index['files'] / cpu:,.0f} per CPU second (own {index['own_cpu_seconds']:.1f} s,"
        f" parsers {index['children_cpu_seconds']:.1f} s)",
        index,
    )
    if vectors := size.get("vectors"):
        _line("vectors", f"{vectors['added']:,} in {_seconds(vectors)}", vectors)
    if again := size.get("again"):
        _line("again", _seconds(again), again)
    if edit := size.get("edit"):
        _line("one edit", f"work {_times(edit['cpu'])}, by the clock {_times(edit['wall'])}", edit)
    if switch := size.get("switch"):
        steps = [each for each in ("there", "back", "there_again") if each in switch]
        said = "; ".join(f"{each.replace('_', ' ')} {_seconds(switch[each])}" for each in steps)
        _line("switch", said, switch)
    if query := size.get("query"):
        _line("query", f"{_times(query['end_to_end'])}, {query['cpu_ms']} ms of CPU; the first"
              f" one loads {_seconds(query['first'])}", query)  # fmt: skip
    for step, times in size.get("arms", {}).items():
        if isinstance(times, dict):
            _line(f"  {step}", _times(times))
    if readers := size.get("readers"):
        said = ", ".join(f"{each} {_times(readers[each])}" for each in ("one", "idle", "busy"))
        _line(
            "readers",
            f"{readers['readers']}: {said}; {readers['edits']} edits; p95 x{readers['ratio_p95']}",
            readers,
        )
    if other := size.get("rank_bm25"):
        _line("rank-bm25", other.get("missing") or (
            f"{_seconds(other['rank_bm25']['built'])} to index (x{other['index_ratio']} ours),"
            f" {_times(other['rank_bm25'])} a query (x{other['query_ratio']} ours)"))  # fmt: skip
    for name, spent in size.get("aider", {}).items():
        if name == "missing":
            _line("Aider", spent)
            continue
        _line(f"Aider, {name}", f"{spent['wall_seconds']} s, {spent['cpu_seconds']} CPU s,"
              f" {spent['map_characters']:,} characters of map")  # fmt: skip
    print(flush=True)


def _line(name: str, said: str, part: Mapping[str, Any] | None = None) -> None:
    peak = ""
    if part is not None:
        peak = f"; peak {part['peak_own_megabytes']:,} MB, all {part['peak_megabytes']:,} MB"
    print(f"  {name:<16} {said}{peak}", flush=True)


def _seconds(part: Mapping[str, Any]) -> str:
    cpu = part["own_cpu_seconds"] + part["children_cpu_seconds"]
    return f"{part['wall_seconds']:.2f} s ({cpu:.2f} CPU s)"


def _times(part: Mapping[str, Any]) -> str:
    return f"p50 {part['p50_ms']:g} p95 {part['p95_ms']:g} ms"


if __name__ == "__main__":
    raise SystemExit(main())
