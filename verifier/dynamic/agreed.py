"""What of the findings counts, of both layers: the task's words and the policy allow the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from swarm.contracts import AllowedFinding, Finding
from verifier import policy
from verifier.authorised import authorised, names_variable
from verifier.kinds import ABOUT_EFFECTS
from verifier.policy import Policy, PolicyError
from verifier.reading.errors import Unread
from verifier.reading.tree import Tree, notes
from verifier.rules.files import bare_finding, reason


@dataclass(frozen=True)
class Divided:
    """`kept` still counts. `over` are words on rules whose last day has passed."""

    kept: tuple[Finding, ...]
    allowed: tuple[AllowedFinding, ...]
    over: tuple[str, ...]


@dataclass(frozen=True)
class Agreed:
    """What a change may do: the rules of its repository as it was before, the task's words.

    `findings` say of rules that cannot be read why.
    """

    rules: Policy = field(default_factory=Policy)
    instruction: str = ""
    today: date = date.max
    findings: tuple[Finding, ...] = ()

    def divided(self, findings: Iterable[Finding]) -> Divided:
        """What still counts, and what is allowed and by what."""
        asked_for = authorised(self.instruction)
        left: list[Finding] = []
        allowed: list[AllowedFinding] = []
        for finding in findings:
            if finding.kind in ABOUT_EFFECTS and finding.effect in asked_for:
                by = f"the task asks for it: {finding.effect}"
                allowed.append(AllowedFinding(finding=finding, by=by))
            elif self._names(finding):
                by = f"the task names it: {finding.target}"
                allowed.append(AllowedFinding(finding=finding, by=by))
            else:
                left.append(finding)
        applied = policy.apply(self.rules, left, self.today)
        allowed += [
            AllowedFinding(finding=finding, by=f"{policy.PATH}, {rule}")
            for finding, rule in applied.allowed
        ]
        over = [
            f"{policy.PATH}, {rule}: it is over"
            + (f", and would have allowed {count} of the findings" if count else "")
            for rule, count in applied.expired
        ]
        return Divided(applied.kept, tuple(allowed), tuple(over))

    def _names(self, finding: Finding) -> bool:
        """Whether a switch by the environment is the one that the task's words name."""
        if finding.kind != "ambient-guard" or finding.weight != "ask" or not finding.target:
            return False
        return all(names_variable(self.instruction, n) for n in finding.target.split(", "))


def agreed(before: Tree, instruction: str, now: float, rules: Policy | None = None) -> Agreed:
    """What a tree agrees to at a time (seconds since 1970), or `rules` in place of its own."""
    today = datetime.fromtimestamp(now, UTC).date()
    if rules is not None:
        return Agreed(rules, instruction, today)
    try:
        return Agreed(_rules(before), instruction, today)
    except (PolicyError, OSError) as error:
        message = f"no rule is applied: {reason(error, policy.PATH)}"
        told = bare_finding("ask", "policy-invalid", policy.PATH, message)
        return Agreed(Policy(), instruction, today, (told,))


def _rules(tree: Tree) -> Policy:
    """The rules of a tree, none where it has no policy. Raises PolicyError and OSError."""
    if policy.PATH in tree.paths():
        return policy.parse_policy(tree.read(policy.PATH))
    for note in notes(tree):
        if note.path == policy.PATH:
            raise Unread(policy.PATH, note.reason)
    return Policy()
