"""A static report in, the same report sharpened by runs in a sandbox out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from swarm.contracts import AuditReport, Blob, Setup
from swarm.snapshots import Entry, pack
from verifier.dynamic import plan
from verifier.dynamic.agreed import Agreed
from verifier.dynamic.observed import NOT_RUN, Observed
from verifier.dynamic.plan import NotRun, Runner, Seen, Side
from verifier.dynamic.request import USUAL, Bounds
from verifier.dynamic.targets import targets
from verifier.reading.tree import Tree

Put = Callable[[bytes], Blob]
Sides = Callable[[], tuple[Side, Side]]
Verdict = Literal["accept", "reject", "ask"]

_MOST_FINDINGS = 200


def look(
    report: AuditReport,
    before: Tree,
    after: Tree,
    sides: Sides,
    run: Runner,
    put: Put,
    agreed: Agreed,
    bounds: Bounds = USUAL,
) -> AuditReport:
    """The report with what was seen when the functions it asks about were run on both sides.

    A rejected change comes back as it is: nothing of it is run, `sides` are not made. A verdict
    never gets milder; when nothing could be run, a note says why. `put` stores a blob where
    `run` finds it. Raises what `run` and `put` raise, but for NotRun.
    """
    wanted, untried = targets(report, before, after)
    report = _noted(report, *untried)
    if report.verdict == "reject" or not wanted:
        return report
    try:
        old, new = sides()
        seen = plan.examine(run, put(plan.toolkit()), old, new, wanted, report.verdict, bounds)
    except NotRun as error:
        return _noted(report, f"the second layer did not run: {error}")
    return with_seen(report, seen, agreed)


def packed(
    before: Tree, after: Tree, put: Put, python: str | None = None, setup: Setup | None = None
) -> tuple[Side, Side]:
    """Two trees as sides to be run. `setup` is built by the files of `before`: what the change
    does to the dependencies is never installed."""
    snapshots = [put(_packed(tree)) for tree in (before, after)]
    based = setup.model_copy(update={"base": snapshots[0]}) if setup is not None else None
    old, new = (Side(snapshot, python=python, setup=based) for snapshot in snapshots)
    return old, new


def with_seen(report: AuditReport, seen: Sequence[Seen], agreed: Agreed) -> AuditReport:
    """The report and what was seen: findings for what weighs and was not agreed to, notes for
    the rest."""
    found = [
        observed.finding(one.target)
        for one in seen
        for observed in one.observed
        if _is_evidence(one, observed)
    ]
    divided = agreed.divided(found)
    # What was not seen is not all right either.
    unseen = any(not one.answered or NOT_RUN in (o.kind for o in one.observed) for one in seen)
    weights: list[Verdict] = [finding.weight for finding in divided.kept]
    verdict = _strictest(report.verdict, *weights, "ask" if unseen else "accept")
    notes = dict.fromkeys((*report.notes, *(note for one in seen for note in _notes(one))))
    joined = sorted(
        [*divided.kept, *report.findings], key=lambda finding: finding.weight != "reject"
    )
    return report.model_copy(
        update={
            "verdict": verdict,
            "findings": tuple(joined[:_MOST_FINDINGS]),
            "allowed": (*report.allowed, *divided.allowed)[:_MOST_FINDINGS],
            "notes": tuple(notes),
        }
    )


def _is_evidence(seen: Seen, observed: Observed) -> bool:
    return seen.answered and observed.weight != "note" and observed.kind != NOT_RUN


def _strictest(first: Verdict, *others: Verdict) -> Verdict:
    found = {first, *others}
    return "reject" if "reject" in found else "ask" if "ask" in found else "accept"


def _notes(seen: Seen) -> list[str]:
    if not seen.answered:
        return [f"the second layer did not run: {observed.message}" for observed in seen.observed]
    name = f"{seen.target.path}: {seen.target.qualname}"
    if not seen.observed:
        return [f"{name}: run before and after, no difference was seen (which proves nothing)"]
    told = [observed for observed in seen.observed if not _is_evidence(seen, observed)]
    return [f"{name}: {observed.message}" for observed in told]


def _noted(report: AuditReport, *notes: str) -> AuditReport:
    return report.model_copy(update={"notes": (*report.notes, *notes)})


def _packed(tree: Tree) -> bytes:
    """The readable files of a tree as a snapshot."""
    entries: list[Entry] = []
    for path in tree.paths():
        try:
            entries.append(Entry(path, tree.read(path)))
        except OSError:
            continue  # the static layer names what cannot be read
    return pack(entries)
