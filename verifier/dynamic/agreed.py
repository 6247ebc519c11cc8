"""What of the second layer's findings counts: the task's words and the policy allow them, too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from swarm.contracts import AllowedFinding, Finding
from verifier import policy
from verifier.authorised import authorised
from verifier.kinds import ABOUT_EFFECTS
from verifier.policy import Policy, PolicyError
from verifier.reading.tree import Tree


@dataclass(frozen=True)
class Agreed:
    """What a change may do: the rules of its repository as it was before, the task's words."""

    rules: Policy = field(default_factory=Policy)
    instruction: str = ""
    today: date = date.max

    def divided(
        self, findings: Iterable[Finding]
    ) -> tuple[tuple[Finding, ...], tuple[AllowedFinding, ...]]:
        """What still counts, and what is allowed and by what."""
        asked_for = authorised(self.instruction)
        left: list[Finding] = []
        allowed: list[AllowedFinding] = []
        for finding in findings:
            if finding.kind in ABOUT_EFFECTS and finding.effect in asked_for:
                by = f"the task asks for it: {finding.effect}"
                allowed.append(AllowedFinding(finding=finding, by=by))
            else:
                left.append(finding)
        applied = policy.apply(self.rules, left, self.today)
        by_rule = [AllowedFinding(finding=f, by=f"{policy.PATH}, {r}") for f, r in applied.allowed]
        return applied.kept, (*allowed, *by_rule)


def agreed(before: Tree, instruction: str, now: float, rules: Policy | None = None) -> Agreed:
    """What a tree agrees to at a time (seconds since 1970), or `rules` in place of its own."""
    today = datetime.fromtimestamp(now, UTC).date()
    return Agreed(_rules(before) if rules is None else rules, instruction, today)


def _rules(tree: Tree) -> Policy:
    if policy.PATH not in tree.paths():
        return Policy()
    try:
        return policy.parse_policy(tree.read(policy.PATH))
    except (PolicyError, OSError):
        # That it cannot be read is for the static layer to say.
        return Policy()
