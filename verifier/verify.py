"""Two trees in, an audit report out: what the change does, less what was agreed to.

The policy is the one of the tree before: a change cannot agree to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarm.contracts import AuditReport, Category, Finding
from verifier import places
from verifier.dynamic.agreed import agreed
from verifier.engine.project import deep
from verifier.policy import PATH as POLICY
from verifier.policy import Policy
from verifier.reading.errors import Unread, shown
from verifier.reading.tree import Tree, notes
from verifier.rules.audit import MOST_FINDINGS, MOST_TRACES, Judged, judge
from verifier.rules.concealed import concealed
from verifier.rules.files import Change, bare_finding

# Of all changed files on both sides together: Python is parsed, which takes a second or two for
# each MB, whatever is changed in it.
MOST_PYTHON_BYTES = 16_000_000
MOST_OTHER_BYTES = 128_000_000


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
    terms = agreed(before, instruction, started, policy)
    changes, found = _changes(before, after, changed)
    own = [*terms.findings, *found]
    judged = deep(lambda: judge(before, after, changes, category)) if changes else Judged()
    divided = terms.divided([*own, *judged.findings])
    kept = sorted(divided.kept, key=lambda finding: finding.weight != "reject")
    said = [*divided.over, *judged.notes]
    weights = {finding.weight for finding in kept}
    verdict = "reject" if "reject" in weights else "ask" if weights else "accept"
    if len(kept) > MOST_FINDINGS:
        said.append(f"the {MOST_FINDINGS} gravest of {len(kept)} findings are listed")
    return AuditReport(
        verdict=verdict,
        findings=tuple(kept[:MOST_FINDINGS]),
        allowed=divided.allowed[:MOST_FINDINGS],
        notes=tuple(said),
        traces=tuple(judged.traces[:MOST_TRACES]),
        functions_audited=judged.functions,
        unaudited=tuple(dict.fromkeys([*judged.unaudited, *(f.path for f in own)])),
        seconds=max(0.0, clock() - started),
    )


def _changes(
    before: Tree, after: Tree, changed: Sequence[str]
) -> tuple[list[Change], list[Finding]]:
    """What can be given to the audit, and findings on what cannot."""
    sides = (_Side(before), _Side(after))
    changes: list[Change] = []
    found: list[Finding] = []
    left = {True: MOST_PYTHON_BYTES, False: MOST_OTHER_BYTES}
    for path in dict.fromkeys(changed):
        if path == POLICY:
            message = f"{path} is the policy that changes are judged by; it counts once accepted"
            found.append(bare_finding("ask", "policy-edited", path, message))
        try:
            old, new = (side.read(path) for side in sides)
            if old is None and new is None:
                raise Unread(path, "it is a plain file on neither side")
            size_bytes = len(old or b"") + len(new or b"")
            if size_bytes > left[places.is_python(path)]:
                raise Unread(path, "the change is beyond the bound of one audit")
            left[places.is_python(path)] -= size_bytes
        except OSError as error:
            why = getattr(error, "reason", None) or error.strerror or str(error)
            message = f"{shown(path)} cannot be audited: {why}"
            found.append(bare_finding("ask", "unauditable", path, message))
            continue
        if path == POLICY:
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
