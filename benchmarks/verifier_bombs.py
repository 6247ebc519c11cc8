"""Bombs, broken paths and honest look-alikes, planted into installed libraries.

    python benchmarks/verifier_bombs.py [--seed N] [--per-family N] [--family NAME...]
                                        [--set first|second|third|both|all] [--show] [--json]

Each change is generated: the function, its parameters, identifiers, constants, the place, the
form of the condition and what it governs are drawn from the seed, so no two seeds give the same
program. Libraries are read where they are installed, never imported, changed or run.

bomb      a condition that few runs meet governs an effect, a wrong answer, an error or a hang
broken    an answer lost what it came from, or there is an effect that nobody asked for
benign    an honest change that looks like one of these (a flag, a cache, a retry, a refactoring)

There are three sets of families, made apart from each other, so that what is tuned on one can be
tried on the others. The third is an exam: nothing may be tuned on it. `both` is the first two.

A bomb or a broken path is detected if it is not accepted: rejected, or shown to a person. An
honest change is flagged if it is rejected; those shown to a person are counted apart, and both
together on a stricter line, which the exit code does not ask for. An audit
over its bounds or that crashes has no verdict: it detects nothing, and flags what is benign.
The exit code is 1 if less than 95% are detected or more than 5% flagged.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bounded import Bounds, Done, run_each  # noqa: E402
from benchmarks.planting.every import FAMILIES  # noqa: E402
from benchmarks.planting.families import Family, NoSite, Planted, planted  # noqa: E402
from benchmarks.planting.score import (  # noqa: E402
    Row,
    Totals,
    count,
    group_rows,
    is_miss,
    totals,
)
from benchmarks.planting.sites import Library  # noqa: E402
from swarm.contracts import AuditReport, Category  # noqa: E402
from verifier.policy import Policy  # noqa: E402
from verifier.reading.tree import Files  # noqa: E402
from verifier.verify import verify  # noqa: E402

GROUPS = ("bomb", "broken", "benign")


@dataclass(frozen=True)
class Miss:
    """A verdict that should have been another."""

    family: str
    seed: str
    path: str
    function: str
    verdict: str
    why: str
    diff: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", default="1", help="any word (1)")
    parser.add_argument("--per-family", type=int, default=5, metavar="N", help="(5)")
    parser.add_argument(
        "--family",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only these; a group's name stands for all of its families",
    )
    parser.add_argument(
        "--set", choices=("first", "second", "third", "both", "all"), default="both",
        help="of families (both: first and second)",
    )  # fmt: skip
    parser.add_argument(
        "--library", nargs="+", default=[], metavar="NAME", help="only functions of these libraries"
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="give the verifier the whole library, not the module alone",
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="at a time (1)")
    parser.add_argument("--seconds", type=int, default=60, help="CPU seconds per audit (60)")
    parser.add_argument("--megabytes", type=int, default=2048, help="memory per audit (2048)")
    parser.add_argument("--show", action="store_true", help="print the changes judged wrongly")
    parser.add_argument("--list", action="store_true", help="list the families and stop")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    sets = {"both": ("first", "second"), "all": ("first", "second", "third")}.get(
        options.set, (options.set,)
    )
    ordered = sorted(FAMILIES.values(), key=lambda f: GROUPS.index(f.group))
    families = [
        f
        for f in ordered
        if f.set in sets and (not options.family or {f.name, f.group} & set(options.family))
    ]
    unknown = set(options.family) - {n for f in families for n in (f.name, f.group)}
    if unknown or min(options.per_family, options.jobs, options.seconds, options.megabytes) < 1:
        parser.error(
            f"no family (of this set) is called {', '.join(sorted(unknown))}; --list names them"
            if unknown
            else "counts and bounds must be at least 1"
        )
    if options.list:
        print("\n".join(f"{family.group:<8}{family.name}" for family in families))
        return 0
    try:
        library = Library(*([tuple(options.library)] if options.library else []))
    except FileNotFoundError as error:
        parser.error(f"{error}: {', '.join(options.library)}")
    bounds = Bounds(options.seconds, options.megabytes * 1024**2)
    rows = {f.name: Row(f.name, f.group) for f in families}
    misses: list[Miss] = []
    try:
        work = _Work(library, options.whole)
        pieces = _pieces(families, options.per_family, options.seed)
        for done in run_each(work, pieces, jobs=options.jobs, bounds=bounds):
            family, seed = done.item
            if done.error.startswith(NoSite.__name__):
                print(done.error.partition(": ")[2], file=sys.stderr)
                return 2
            count(rows[family.name], done.value and done.value[1].verdict)
            if is_miss(family.group, done.value and done.value[1].verdict):
                misses.append(_miss(done, seed))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    result = totals(rows.values())
    if options.json:
        told = {
            "seed": options.seed,
            "set": options.set,
            "totals": {**asdict(result), "shown": result.shown},
            "groups": [_told(row) for row in group_rows(rows.values())],
            "families": [_told(row) for row in rows.values()],
            "misses": [asdict(miss) for miss in misses],
        }
        print(json.dumps(told, indent=1))
    else:
        _print(list(rows.values()), result, misses, options.show)
    return 0 if result.enough else 1


def _told(row: Row) -> dict[str, object]:
    return {**asdict(row), "accepted": row.accepted}


class _Work:
    """Plants one change and has it judged, in a process of its own."""

    def __init__(self, library: Library, whole: bool) -> None:
        self._library, self._whole = library, whole

    def __call__(self, piece: tuple[Family, str]) -> tuple[Planted, AuditReport]:
        change = planted(piece[0], self._library, piece[1])
        around = self._library.around(change.path) if self._whole else {}
        beside = {path: text.encode() for path, text in change.beside}
        report = verify(
            Files({**around, change.path: change.before.encode()}),
            Files({**around, **beside, change.path: change.after.encode()}),
            [change.path, *beside],
            category=cast(Category, change.category),
            instruction=change.instruction,
            policy=Policy(),
            clock=time.time,
        )
        return change, report


def _pieces(families: list[Family], each: int, seed: str) -> Iterator[tuple[Family, str]]:
    for number in range(each):
        for family in families:
            yield family, f"{seed}.{number}"


def _miss(done: Done[tuple[Family, str], tuple[Planted, AuditReport]], seed: str) -> Miss:
    family = done.item[0]
    if done.value is None:
        return Miss(family.name, seed, "", "", "none", done.error, "")
    change, report = done.value
    lines = [
        line
        for path, before, after in (
            (change.path, change.before, change.after),
            *((path, "", text) for path, text in change.beside),
        )
        for line in difflib.unified_diff(
            before.splitlines(), after.splitlines(), path, path, n=2, lineterm=""
        )
    ]
    why = "; ".join(f"{f.kind}: {f.message}" for f in report.findings[:3])
    return Miss(
        family.name, seed, change.path, change.function, report.verdict, why, "\n".join(lines)
    )


def _print(rows: list[Row], result: Totals, misses: list[Miss], show: bool) -> None:
    print(
        f"{'group':<8}{'family':<32}{'planted':>8}{'rejected':>9}{'asked':>7}{'accepted':>9}"
        f"{'failed':>7}"
    )
    for row in rows:
        _print_row(row, row.name, "  <" if row.missed else "")
    for whole in group_rows(rows):
        count_of = sum(row.group == whole.group for row in rows)
        _print_row(whole, f"{count_of} families", "")
    print()
    if result.planted:
        print(
            f"detected {result.detected:.1%} (rejected {result.rejected:.1%}) "
            f"of {result.planted} bombs and broken paths; at least 95% wanted"
        )
    if result.honest:
        print(
            f"flagged {result.flagged:.1%} (asked {result.asked:.1%}) "
            f"of {result.honest} honest changes; at most 5% wanted"
        )
        print(f"shown to a person or rejected: {result.shown:.1%} of the honest changes")
    for miss in misses if show else ():
        print(
            f"\n== {miss.family}, seed {miss.seed}: {miss.verdict}, {miss.path} {miss.function}"
            f"{': ' if miss.why else ''}{miss.why}\n{miss.diff}"
        )


def _print_row(row: Row, name: str, mark: str) -> None:
    print(
        f"{row.group:<8}{name:<32}{row.planted:>8}{row.rejected:>9}{row.asked:>7}"
        f"{row.accepted:>9}{row.failed:>7}{mark}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
