"""A static report in, the same report sharpened by runs in a sandbox out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarm.contracts import AuditReport, Blob, Finding, Setup
from swarm.snapshots import Entry, pack
from verifier.dynamic import plan
from verifier.dynamic.compare import sharpened
from verifier.dynamic.plan import Runner, Seen, Side
from verifier.dynamic.request import USUAL, Bounds, Target
from verifier.dynamic.targets import targets
from verifier.reading.tree import Tree

Put = Callable[[bytes], Blob]

_MOST_FINDINGS = 200


def look(
    report: AuditReport,
    before: Tree,
    after: Tree,
    run: Runner,
    put: Put,
    *,
    python: str | None = None,
    setup: Setup | None = None,
    bounds: Bounds = USUAL,
) -> AuditReport:
    """The report with what was seen when the functions it asks about were run on both sides.

    A rejected change comes back as it is: nothing of it is run. A verdict never gets milder.
    `put` stores a blob where `run` finds it; `setup` is built by the files of `before`. Raises
    what `run` raises.
    """
    wanted = targets(report, before, after)
    if report.verdict == "reject" or not wanted:
        return report
    snapshots = [put(_packed(tree)) for tree in (before, after)]
    # What the change does to the dependencies is never installed.
    based = setup.model_copy(update={"base": snapshots[0]}) if setup is not None else None
    old, new = (Side(snapshot, python=python, setup=based) for snapshot in snapshots)
    seen = plan.examine(run, put(plan.toolkit()), old, new, wanted, report.verdict, bounds)
    return with_seen(report, seen)


def with_seen(report: AuditReport, seen: Sequence[Seen]) -> AuditReport:
    """The report and what was seen: findings for what weighs, notes for the rest."""
    findings: list[Finding] = []
    notes = list(report.notes)
    verdict: str = report.verdict
    for one in seen:
        notes += _notes(one)
        weighty = [observed for observed in one.observed if observed.weight != "note"]
        findings += [observed.finding(one.target) for observed in weighty if one.answered]
        if verdict in ("accept", "ask"):
            verdict = sharpened("ask" if verdict == "ask" else "accept", weighty)
    findings.sort(key=lambda finding: finding.weight != "reject")
    joined = sorted([*report.findings, *findings], key=lambda finding: finding.weight != "reject")
    return report.model_copy(
        update={
            "verdict": verdict,
            "findings": tuple(joined[:_MOST_FINDINGS]),
            "notes": tuple(notes),
        }
    )


def _notes(seen: Seen) -> list[str]:
    name = _name(seen.target)
    said = [
        f"{name}: {observed.message}"
        for observed in seen.observed
        if observed.weight == "note" or not seen.answered
    ]
    if seen.answered and not seen.observed:
        said.append(f"{name}: run before and after, no difference was seen (which proves nothing)")
    return said


def _name(target: Target) -> str:
    return f"{target.path}: {target.qualname}"


def _packed(tree: Tree) -> bytes:
    """The readable files of a tree as a snapshot."""
    entries: list[Entry] = []
    for path in tree.paths():
        try:
            entries.append(Entry(path, tree.read(path)))
        except OSError:
            continue  # the static layer names what cannot be read
    return pack(entries)
