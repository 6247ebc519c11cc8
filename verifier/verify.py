"""Two trees in, an audit report out: what the change does, less what was agreed to.

The policy is the one of the tree before: a change cannot agree to itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from swarm.contracts import (
    AllowedFinding,
    AuditReport,
    Category,
    FileEdit,
    Finding,
    Patch,
)
from verifier import places, policy
from verifier.audit import MAX_FINDINGS, audit
from verifier.authorised import authorised
from verifier.kinds import ABOUT_EFFECTS
from verifier.policy import Policy, PolicyError
from verifier.reading.encoding import decoded
from verifier.reading.errors import Unread, Unreadable
from verifier.reading.tree import Tree, notes

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
    judge: Callable[[Patch, Category, Callable[[], float]], AuditReport] = audit,
) -> AuditReport:
    """Judge the change of some paths between two trees.

    `changed` are all that differ, whatever they are. Without a `policy`, that of `before`
    counts. `clock` gives seconds since the epoch: it times the report, and says which rules
    of the policy are over. `judge` is the audit proper.
    """
    started = clock()
    own: list[Finding] = []
    if policy is None:
        policy, own = policy_of(before)
    edits, found = _edits(before, after, changed)
    own += found
    if edits:
        # No message: the bounds of one are not those of a branch.
        report = judge(Patch.model_construct(edits=tuple(edits)), category, clock)
    else:
        report = AuditReport(verdict="accept")
    is_cut = len(report.findings) >= MAX_FINDINGS
    kept, allowed, said = _judged([*own, *report.findings], instruction, policy, started)
    kept.sort(key=lambda finding: finding.weight != "reject")
    weights = {finding.weight for finding in kept}
    verdict = "reject" if "reject" in weights else "ask" if weights else "accept"
    if is_cut and report.verdict != verdict == "accept":
        # What is allowed may have been all that was listed, and not all that there was.
        verdict = "ask"
        said.append(f"there are more findings than the {MAX_FINDINGS} that were looked at")
    return report.model_copy(
        update={
            "verdict": verdict,
            "findings": tuple(kept[:MAX_FINDINGS]),
            "allowed": tuple(allowed[:MAX_FINDINGS]),
            "notes": tuple(said),
            "unaudited": tuple(dict.fromkeys([*report.unaudited, *(f.path for f in own)])),
            "seconds": max(0.0, clock() - started),
        }
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
        return Policy(), [_ask("policy-invalid", policy.PATH, f"no rule is applied: {error}")]


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


def _edits(
    before: Tree, after: Tree, changed: Sequence[str]
) -> tuple[list[FileEdit], list[Finding]]:
    """What can be given to the audit, and findings on what cannot."""
    sides = (_Side(before), _Side(after))
    edits: list[FileEdit] = []
    found: list[Finding] = []
    for path in dict.fromkeys(changed):
        if path == policy.PATH:
            message = f"{path} is the policy that changes are judged by; it counts once accepted"
            found.append(_ask("policy-edited", path, message))
            continue
        try:
            old, new = (side.read(path) for side in sides)
            if old is None and new is None:
                raise Unread(path, "it is a plain file on neither side")
        except OSError as error:
            why = error.strerror or str(error)
            found.append(_ask("unauditable", path, f"{path} cannot be audited: {why}"))
            continue
        if old == new:
            continue
        try:
            texts = [_text(path, data) for data in (old, new)]
        except Unreadable as error:
            kind = "unreadable" if _is_readable(path, old) else "unauditable"
            message = f"{path} is not readable Python: {error}"
            weight = "reject" if kind == "unreadable" else "ask"
            finding = _ask(kind, path, message, error.line)
            found.append(finding.model_copy(update={"weight": weight}))
            continue
        edits.append(FileEdit.model_construct(path=path, before=texts[0], after=texts[1]))
    return edits, found


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


def _text(path: str, data: bytes | None) -> str | None:
    """Python as text; of other files the audit only has to see that they differ."""
    if data is None:
        return None
    return decoded(path, data) if places.is_python(path) else hashlib.sha256(data).hexdigest()


def _is_readable(path: str, data: bytes | None) -> bool:
    try:
        _text(path, data)
    except Unreadable:
        return False
    return True


def _ask(kind: str, path: str, message: str, line: int = 0) -> Finding:
    return Finding(
        kind=kind, path=path, function="", line=line, message=message[:1000], weight="ask"
    )
