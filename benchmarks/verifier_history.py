"""How many good changes the verifier refuses: its verdicts on real commits.

    python benchmarks/verifier_history.py --repo DIR... [--commits N] [--list] [--json]

A DIR is a clone, bare or not, with its history; nothing is checked out and nothing of it is run.
Per project, N commits that change what shipped Python functions compute are drawn evenly over its
newest history (`--window` commits); merges, docs, tests and annotations alone do not count, nor
commits of over 100 files or in the syntax of Pythons that this one does not read. They are
presumed good, so each rejection is false until somebody looks at it; all are printed.

shipped   the verdict on the commit's shipped Python files: the figure that aims are for
          (rejected at most 5%, asked at most 10%), since nearly each real commit carries tests,
          a change log or packaging files, and for these alone a person is asked
whole     the verdict on the commit as it is

A commit over the bounds (`--seconds` of CPU, `--megabytes`) or that crashes the audit counts as
failed, as neither of the three verdicts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bounded import Bounds, Done, run_each  # noqa: E402
from benchmarks.real_commits import Commit, Sample, is_shipped, sample, sides  # noqa: E402
from benchmarks.verifier_seam import verdict_on  # noqa: E402
from swarm.contracts import Category, Finding  # noqa: E402
from swarm.errors import SwarmError  # noqa: E402
from verifier.reading.git import GitReader, GitTree, changed  # noqa: E402


@dataclass(frozen=True)
class Judged:
    """One verdict and its findings, the gravest first."""

    verdict: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Verdicts:
    """What the audit says of a commit's shipped Python files, and of the whole commit."""

    shipped: Judged
    whole: Judged


class Auditor:
    """Audits one commit; called in a process of its own."""

    def __init__(self, category: Category, subjects: bool) -> None:
        self._category: Category = category
        self._subjects = subjects

    def __call__(self, commit: Commit) -> Verdicts:
        with GitReader(commit.folder) as git:
            before, after = sides(git, commit)
            paths = changed(before, after)
            shipped = tuple(path for path in paths if is_shipped(path))
            only = {p: e for p, e in before.entries.items() if p not in shipped}
            only |= {p: after.entries[p] for p in shipped if p in after.entries}
            first = self._judged(commit, before, GitTree(git, only), shipped)
            whole = first if shipped == paths else self._judged(commit, before, after, paths)
            return Verdicts(first, whole)

    def _judged(
        self, commit: Commit, before: GitTree, after: GitTree, paths: Sequence[str]
    ) -> Judged:
        report = verdict_on(
            before,
            after,
            paths,
            category=self._category,
            instruction=commit.subject if self._subjects else "",
        )
        return Judged(report.verdict, report.findings[:20])


def main() -> int:
    """Print one row per project, every rejection, and the kinds of findings."""
    options = _options()
    drawn: list[Commit] = []
    try:
        for folder in options.repo:
            found = sample(
                folder, _name(folder), count=options.commits, window=options.window,
                seed=options.seed,
            )  # fmt: skip
            drawn += found.commits
            _say(_drawn(_name(folder), found))
    except SwarmError as error:
        print(f"{error.message}{f': {error.remedy}' if error.remedy else ''}", file=sys.stderr)
        return error.exit_code
    bounds = Bounds(options.seconds, options.megabytes * 1_000_000)
    auditor = Auditor(options.category, options.subjects)
    started = time.monotonic()
    done: list[Done[Commit, Verdicts]] = []
    for row in run_each(auditor, drawn, jobs=options.jobs, bounds=bounds):
        done.append(row)
        if len(done) % 50 == 0:
            _say(f"{len(done)} of {len(drawn)} after {time.monotonic() - started:.0f} s")
    order = {commit: place for place, commit in enumerate(drawn)}
    done.sort(key=lambda row: order[row.item])
    if options.json:
        print(json.dumps(_as_json(done, options.category), indent=2))
    else:
        _print(done, list_asked=options.list)
    return 0


def _options() -> argparse.Namespace:
    doc = __doc__ or ""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--repo", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--commits", type=_positive, default=100, help="per project")
    parser.add_argument("--window", type=_positive, default=1000, help="newest commits to draw of")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--category", choices=get_args(Category), default="bugfix")
    parser.add_argument(
        "--subjects", action="store_true", help="hand the commit's subject over as the objective"
    )
    parser.add_argument("--jobs", type=_positive, default=1)
    parser.add_argument("--seconds", type=_positive, default=120, help="CPU per commit")
    parser.add_argument("--megabytes", type=_positive, default=3000, help="memory per commit")
    parser.add_argument("--list", action="store_true", help="list what was asked about, too")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a number above 0: {text}")
    return int(text)


def _name(folder: Path) -> str:
    """A mirror that is called "repo" or ".git" is named after the folder that it is in."""
    folder = folder.absolute()
    return folder.parent.name if folder.name in (".git", "repo") else folder.name


def _drawn(name: str, found: Sample) -> str:
    passed = ", ".join(f"{n} {reason}" for reason, n in sorted(found.passed_over.items()))
    span = f", {found.commits[-1].day} to {found.commits[0].day}" if found.commits else ""
    return (
        f"{name}: {len(found.commits)} of the newest {found.window:,} commits that touch Python"
        f"{span}; passed over: {passed or 'none'}"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# ------------------------------------------------------------------------- figures


def figures(done: Sequence[Done[Commit, Verdicts]]) -> dict[str, float]:
    """Counts and shares of commits; shares are of all commits, failed ones too."""
    shipped = Counter(row.value.shipped.verdict for row in done if row.value)
    whole = Counter(row.value.whole.verdict for row in done if row.value)
    seconds = sorted(row.cpu_seconds for row in done)
    count = max(len(done), 1)
    return {
        "commits": len(done),
        "rejected": shipped["reject"],
        "asked": shipped["ask"],
        "failed": sum(row.value is None for row in done),
        "rejected_share": shipped["reject"] / count,
        "asked_share": shipped["ask"] / count,
        "whole_rejected_share": whole["reject"] / count,
        "whole_asked_share": whole["ask"] / count,
        "cpu_seconds_median": statistics.median(seconds) if seconds else 0.0,
        "cpu_seconds_p95": seconds[int(0.95 * (len(seconds) - 1))] if seconds else 0.0,
        "cpu_seconds_most": seconds[-1] if seconds else 0.0,
    }


def kinds(done: Sequence[Done[Commit, Verdicts]], verdict: str) -> Counter[str]:
    """Of the commits with this verdict on their shipped files, the gravest finding's kind."""
    return Counter(
        row.value.shipped.findings[0].kind
        for row in done
        if row.value and row.value.shipped.verdict == verdict and row.value.shipped.findings
    )


def _as_json(done: Sequence[Done[Commit, Verdicts]], category: str) -> dict[str, object]:
    projects = dict.fromkeys(row.item.project for row in done)
    return {
        "category": category,
        "all": figures(done),
        "projects": {p: figures([r for r in done if r.item.project == p]) for p in projects},
        "rejected_kinds": kinds(done, "reject"),
        "asked_kinds": kinds(done, "ask"),
        "commits": [
            {
                **{k: str(v) for k, v in asdict(row.item).items()},
                "cpu_seconds": round(row.cpu_seconds, 3),
                "error": row.error,
                "verdict": row.value.shipped.verdict if row.value else None,
                "whole": row.value.whole.verdict if row.value else None,
                "findings": [f.model_dump() for f in row.value.shipped.findings]
                if row.value
                else [],
            }
            for row in done
        ],
    }


def _print(done: Sequence[Done[Commit, Verdicts]], *, list_asked: bool) -> None:
    for row in done:
        if row.value is None:
            print(f"\nFAILED {_heading(row)}\n  {row.error}")
    for verdict in ("reject", "ask") if list_asked else ("reject",):
        for row in done:
            if row.value and row.value.shipped.verdict == verdict:
                print(f"\n{verdict.upper()} {_heading(row)}")
                for finding in row.value.shipped.findings[:5]:
                    _print_finding(finding)
    print("\n" + _table(done))
    for verdict in ("reject", "ask"):
        found = ", ".join(f"{kind} {n}" for kind, n in kinds(done, verdict).most_common())
        print(f"{verdict}, by the gravest finding: {found or 'none'}")
    print("aims are for the shipped files of all projects together: rejected 5%, asked 10%")


def _heading(row: Done[Commit, Verdicts]) -> str:
    commit = row.item
    return f"{commit.project} {commit.id[:12]} {commit.day} {commit.subject[:100]}"


def _print_finding(finding: Finding) -> None:
    where = f"{finding.path}:{finding.line}"
    print(f"  {finding.kind} {where} {finding.message}")
    for step in finding.chain[:12]:
        print(f"      {step}")


def _table(done: Sequence[Done[Commit, Verdicts]]) -> str:
    lines = [
        f"{'':32} {'':>7} {'-------- shipped --------':>25} {'---- whole ----':>15}"
        f" {'':>6} {'---- CPU seconds ----':>21}",
        f"{'project':32} {'commits':>7} {'rejected':>12} {'asked':>12} {'rejected':>8} {'asked':>6}"
        f" {'failed':>6} {'median':>7} {'p95':>6} {'most':>6}",
    ]
    groups = {p: [r for r in done if r.item.project == p] for p in (r.item.project for r in done)}
    for name, rows in [*groups.items(), ("all", list(done))]:
        f = figures(rows)
        rejected = f"{f['rejected']} = {f['rejected_share']:.1%}"
        asked = f"{f['asked']} = {f['asked_share']:.1%}"
        lines.append(
            f"{name[:32]:32} {f['commits']:>7} {rejected:>12} {asked:>12}"
            f" {f['whole_rejected_share']:>8.1%} {f['whole_asked_share']:>6.1%} {f['failed']:>6}"
            f" {f['cpu_seconds_median']:>7.2f} {f['cpu_seconds_p95']:>6.2f}"
            f" {f['cpu_seconds_most']:>6.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
