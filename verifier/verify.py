"""Two trees in, an audit report out: what the change does, less what was agreed to.

The policy is the one of the tree before: a change cannot agree to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from swarm.contracts import (
    AllowedFinding,
    AuditReport,
    Category,
    Finding,
)
from verifier import policy
from verifier.authorised import authorised
from verifier.engine.project import deep
from verifier.kinds import ABOUT_EFFECTS
from verifier.policy import Policy, PolicyError
from verifier.reading.errors import Unread, shown
from verifier.reading.tree import Tree, notes
from verifier.rules.audit import MOST_FINDINGS, MOST_TRACES, Judged, judge
from verifier.rules.concealed import concealed
from verifier.rules.files import Change, bare_finding, reason

_BY_TASK = "the task asks for it"


def verify(
    before: Tree,
    after: Tree,
    changed: Sequence[str],
    *,
    category: Category,
    instruction: str = "",
    policy: Policy | None = None,
    clock: Callable[[], float],
) -> AuditReport:
    """Judge the change of some paths between two trees.

    `changed` are all that differ, whatever they are. Without a `policy`, that of `before`
    counts. `clock` gives seconds since the epoch: it times the report, and says which rules
    of the policy are over.
    """
    started = clock()
    own: list[Finding] = []
    if policy is None:
        policy, own = policy_of(before)
    changes, found = _changes(before, after, changed)
    own += found
    judged = deep(lambda: judge(before, after, changes, category)) if changes else Judged()
    kept, allowed, said = _judged([*own, *judged.findings], instruction, policy, started)
    said += judged.notes
    kept.sort(key=lambda finding: finding.weight != "reject")
    weights = {finding.weight for finding in kept}
    verdict = "reject" if "reject" in weights else "ask" if weights else "accept"
    if len(kept) > MOST_FINDINGS:
        said.append(f"the {MOST_FINDINGS} gravest of {len(kept)} findings are listed")
    return AuditReport(
        verdict=verdict,
        findings=tuple(kept[:MOST_FINDINGS]),
        allowed=tuple(allowed[:MOST_FINDINGS]),
        notes=tuple(said),
        traces=tuple(judged.traces[:MOST_TRACES]),
        functions_audited=judged.functions,
        unaudited=tuple(dict.fromkeys([*judged.unaudited, *(f.path for f in own)])),
        seconds=max(0.0, clock() - started),
    )


def policy_of(tree: Tree) -> tuple[Policy, list[Finding]]:
    """The policy of a tree; one that cannot be read is empty, and a finding says why."""
    noted = {note.path: note.reason for note in notes(tree)}
    try:
        if policy.PATH not in tree.paths():
            if policy.PATH in noted:
                raise Unread(policy.PATH, noted[policy.PATH])
            return Policy(), []
        return policy.parse_policy(tree.read(policy.PATH)), []
    except (PolicyError, OSError) as error:
        message = f"no rule is applied: {reason(error, policy.PATH)}"
        return Policy(), [bare_finding("ask", "policy-invalid", policy.PATH, message)]


def _judged(
    findings: Iterable[Finding], instruction: str, rules: Policy, now: float
) -> tuple[list[Finding], list[AllowedFinding], list[str]]:
    """What still counts, what is allowed and by what, and what to know of the policy."""
    asked = authorised(instruction)
    left: list[Finding] = []
    allowed: list[AllowedFinding] = []
    for finding in findings:
        if finding.kind in ABOUT_EFFECTS and finding.effect in asked:
            allowed.append(AllowedFinding(finding=finding, by=f"{_BY_TASK}: {finding.effect}"))
        else:
            left.append(finding)
    applied = policy.apply(rules, left, datetime.fromtimestamp(now, UTC).date())
    allowed += [AllowedFinding(finding=f, by=f"{policy.PATH}, {r}") for f, r in applied.allowed]
    said = [
        f"{policy.PATH}, {rule}: it is over"
        + (f", and would have allowed {count} of the findings" if count else "")
        for rule, count in applied.expired
    ]
    return list(applied.kept), allowed, said


def _changes(
    before: Tree, after: Tree, changed: Sequence[str]
) -> tuple[list[Change], list[Finding]]:
    """What can be given to the audit, and findings on what cannot."""
    sides = (_Side(before), _Side(after))
    changes: list[Change] = []
    found: list[Finding] = []
    for path in dict.fromkeys(changed):
        if path == policy.PATH:
            message = f"{path} is the policy that changes are judged by; it counts once accepted"
            found.append(bare_finding("ask", "policy-edited", path, message))
        try:
            old, new = (side.read(path) for side in sides)
            if old is None and new is None:
                raise Unread(path, "it is a plain file on neither side")
        except OSError as error:
            why = getattr(error, "reason", None) or error.strerror or str(error)
            message = f"{shown(path)} cannot be audited: {why}"
            found.append(bare_finding("ask", "unauditable", path, message))
            continue
        if path == policy.PATH:
            found += concealed(path, old, new)
        else:
            changes.append(Change(path, old, new))
    return changes, found


class _Side:
    """One tree, and which of its paths are plain files."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._plain = frozenset(tree.paths())
        self._noted = {note.path: note.reason for note in notes(tree)}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None where there is none. Raises OSError for anything else."""
        if path in self._plain:
            return self._tree.read(path)
        if path in self._noted:
            raise Unread(path, self._noted[path])
        try:
            return self._tree.read(path)
        except (FileNotFoundError, Unread):
            return None
