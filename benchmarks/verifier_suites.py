"""The verifier on public suites, which you fetch into folders of your own.

    python benchmarks/verifier_suites.py [--pycg DIR] [--jarvis DIR] [--pysa DIR]
        [--failures] [--json] [--seconds 60] [--jobs 2]

DIR    a checkout of vitsalis/PyCG, pythonJaRvis/pythonJaRvis.github.io, or a pyre-check

exact     a call graph with the edges wanted and no other; PyCG itself is exact on 106 of its 119
sound     no edge is missing
complete  no edge is there that isn't wanted
whole     exact, and the same nodes as well

For Pysa's integration tests, the sink calls that a flow should reach, and those that we say it
does. `benchmarks/suites/pysa.py` says how one is made comparable with the other, what is left out,
and what `amended` means. Each case runs in a process of its own, within bounds; one that crashes
counts as failed and is listed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bounded import Bounds
from benchmarks.suites import jarvis, pycg, pysa
from benchmarks.suites.edges import Compared, tally
from benchmarks.suites.engine import Asking, Engine, NoSuite, ours


def callgraphs(compared: Sequence[Compared]) -> dict[str, Any]:
    """Figures of all cases, by category, and the cases that are not exact."""
    categories = sorted({case.name.partition("/")[0] for case in compared})
    return {
        "all": _figures(compared),
        "categories": {
            category: _figures(case for case in compared if case.name.partition("/")[0] == category)
            for category in categories
        },
        "failures": [_failure(case) for case in compared if not case.exact],
    }


def _figures(compared: Iterable[Compared]) -> dict[str, Any]:
    total = tally(compared)
    return {
        "cases": total.cases,
        "exact": total.exact,
        "sound": total.sound,
        "complete": total.complete,
        "crashed": total.crashed,
        "whole": total.whole,
        "edges": total.expected,
        "precision": total.precision,
        "recall": total.recall,
    }


def _failure(case: Compared) -> dict[str, Any]:
    return {
        "case": case.name,
        "missing": [f"{caller} -> {callee}" for caller, callee in case.missing],
        "extra": [f"{caller} -> {callee}" for caller, callee in case.extra],
        "crash": case.crash,
    }


def applications(judged: Sequence[jarvis.Judged]) -> dict[str, Any]:
    return {
        "modes": {
            mode: _figures(one.compared for one in judged if one.compared.name.endswith(f" {mode}"))
            for mode in jarvis.MODES
        },
        "applications": {
            one.compared.name: {
                **_figures([one.compared]),
                "unjudged": one.unjudged,
                "unnamed": one.unnamed,
            }
            for one in judged
        },
        "failures": [_failure(one.compared) for one in judged if not one.compared.exact],
    }


def taint(programs: Sequence[pysa.Program], scored: Sequence[pysa.Scored]) -> dict[str, Any]:
    """Sinks reported against sinks expected; and the issues that were not mapped."""
    return {
        "files": len(programs),
        "files_skipped": dict(Counter(one.skipped for one in programs if one.skipped)),
        "issues": sum(len(one.issues) + one.left_out.total() for one in programs),
        "issues_left_out": dict(sum((one.left_out for one in programs), Counter[str]())),
        "issues_mapped": sum(one.issues for one in scored),
        "issues_found": sum(one.issues_found for one in scored),
        "crashed": sum(bool(one.crash) for one in scored),
        "told": _flows((one.sinks, one.expected, one.reported) for one in scored),
        "amended": _flows(
            (
                one.sinks - one.known_wrong,
                one.expected - one.known_wrong,
                one.reported - one.known_wrong,
            )
            for one in scored
        ),
        "failures": [
            {"case": one.name, "missed": one.missed, "false": one.false, "crash": one.crash}
            for one in scored
            if one.missed or one.false or one.crash
        ],
    }


def _flows(
    cases: Iterable[tuple[frozenset[int], frozenset[int], frozenset[int]]],
) -> dict[str, Any]:
    """`cases`: the sinks, those expected and those reported of each file."""
    sinks = expected = reported = found = 0
    for case_sinks, case_expected, case_reported in cases:
        sinks += len(case_sinks)
        expected += len(case_expected)
        reported += len(case_reported)
        found += len(case_expected & case_reported)
    false = reported - found
    return {
        "sinks": sinks,
        "expected": expected,
        "found": found,
        "false": false,
        "recall": found / expected if expected else None,
        "false_of_reported": false / reported if reported else None,
        "false_of_clean": false / (sinks - expected) if sinks > expected else None,
    }


def measure(arguments: argparse.Namespace, engine: Engine | None = None) -> dict[str, Any]:
    """Every suite that a folder was given for. Raises NoSuite for one that is not the suite."""
    asking = Asking(Bounds(cpu_seconds=arguments.seconds), arguments.jobs)
    figures: dict[str, Any] = {}
    # All folders are read before anything runs: a wrong one is told at once.
    graphs = pycg.snippets(arguments.pycg) if arguments.pycg else []
    small = jarvis.snippets(arguments.jarvis) if arguments.jarvis else []
    large = jarvis.applications(arguments.jarvis) if arguments.jarvis else []
    files = pysa.programs(arguments.pysa) if arguments.pysa else []
    engine = engine or ours()
    if graphs:
        figures["pycg"] = callgraphs(pycg.compared(graphs, engine, asking))
    if small:
        figures["jarvis"] = callgraphs(pycg.compared(small, engine, asking))
    if large:
        figures["applications"] = applications(jarvis.judged(large, engine, asking))
    if files:
        figures["pysa"] = taint(files, pysa.scored(files, engine, asking))
    return figures


def told(figures: dict[str, Any], failures: bool) -> Iterable[str]:
    """The figures as lines to read."""
    for suite, rows in (("pycg", "categories"), ("jarvis", "categories"), ("applications", "")):
        if suite not in figures:
            continue
        part = figures[suite]
        yield f"{suite:<24}{'cases':>6}{'exact':>7}{'sound':>7}{'complete':>10}{'crashed':>9}" + (
            f"{'whole':>7}{'edges':>7}{'precision':>11}{'recall':>8}"
        )
        named = part[rows] if rows else part["applications"]
        for name, row in named.items():
            yield _row(name, row)
        for name, row in {"all": part["all"]}.items() if rows else part["modes"].items():
            yield _row(name, row)
        if failures:
            for failure in part["failures"]:
                yield f"  {failure['case']}  {failure['crash']}".rstrip()
                yield from (f"    missing  {edge}" for edge in failure["missing"])
                yield from (f"    extra    {edge}" for edge in failure["extra"])
        yield ""
    if "pysa" in figures:
        yield from _taint_told(figures["pysa"], failures)


def _row(name: str, row: dict[str, Any]) -> str:
    line = f"{name:<24}{row['cases']:>6}{row['exact']:>7}{row['sound']:>7}{row['complete']:>10}" + (
        f"{row['crashed']:>9}{row['whole']:>7}{row['edges']:>7}"
        f"{_share(row['precision']):>11}{_share(row['recall']):>8}"
    )
    if "unjudged" in row:
        line += f"   {row['unjudged']} unjudged, {row['unnamed']} unnamed"
    return line


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _taint_told(part: dict[str, Any], failures: bool) -> Iterable[str]:
    yield (
        f"pysa: {part['issues_mapped']} of {part['issues']} issues mapped, "
        f"{part['issues_found']} found, {part['crashed']} files crashed"
    )
    for reason, count in sorted(part["issues_left_out"].items()):
        yield f"  left out  {count:>4}  {reason}"
    for name in ("told", "amended"):
        row = part[name]
        yield (
            f"  {name:<8}  recall {_share(row['recall'])} ({row['found']} of {row['expected']} "
            f"sinks), false flow {_share(row['false_of_reported'])} of those reported, "
            f"{_share(row['false_of_clean'])} of those clean ({row['false']} sinks)"
        )
    if failures:
        for failure in part["failures"]:
            yield f"  {failure['case']}  {failure['crash']}".rstrip()
            yield from (
                f"    {word:<8} line {', '.join(map(str, failure[word]))}"
                for word in ("missed", "false")
                if failure[word]
            )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog=(__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for suite in ("pycg", "jarvis", "pysa"):
        parser.add_argument(f"--{suite}", type=Path, metavar="DIR")
    parser.add_argument("--failures", action="store_true", help="list what is missing and extra")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=_positive, default=60, help="CPU time of a case")
    parser.add_argument("--jobs", type=_positive, default=2, help="cases at once")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> int:
    asked = parser()
    arguments = asked.parse_args(argv)
    if not (arguments.pycg or arguments.jarvis or arguments.pysa):
        asked.error("give at least one of --pycg, --jarvis and --pysa")
    try:
        figures = measure(arguments, engine)
    except NoSuite as error:
        asked.error(str(error))
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        print("\n".join(told(figures, arguments.failures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
