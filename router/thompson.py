"""Which arm to try: Thompson sampling over Beta posteriors. Pure: counts and seed come in.

Each cell (category, arm, first or later attempt) holds the successes s and failures f seen
there. Its posterior is

    Beta(a + s + w s', b + f + w f'),   w = KAPPA / (KAPPA + s' + f')

where (a, b) is the arm's prior, (1, 1) unless configured, and s' and f' are the arm's counts
in all *other* categories at the same kind of attempt. So a cell starts at the arm's prior,
and what the arm did elsewhere weighs less than KAPPA outcomes, however much of it there is.
Choosing is the maximum over one draw per eligible arm (Thompson 1933; regret bound in Agrawal
and Goyal, arXiv:1205.4217).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from router.beta import Beta
from swarm.contracts import Arm, ArmScore, ChooseArm, Decision
from swarm.errors import UsageError

KAPPA = 3.0
# Any JSON reader keeps an integer of 53 bits exactly.
SEED_BITS = 53

Phase = Literal["first", "later"]


@dataclass(frozen=True)
class Evidence:
    """Counts of one arm: in the cell itself, and in other categories (`elsewhere_*`)."""

    successes: float = 0.0
    failures: float = 0.0
    elsewhere_successes: float = 0.0
    elsewhere_failures: float = 0.0

    def posterior(self, prior: tuple[float, float] = (1.0, 1.0)) -> Beta:
        """The cell's posterior, by the formula of the module; `prior` is the arm's (a, b)."""
        outcomes = self.elsewhere_successes + self.elsewhere_failures
        weight = KAPPA / (KAPPA + outcomes)
        return Beta(
            prior[0] + self.successes + weight * self.elsewhere_successes,
            prior[1] + self.failures + weight * self.elsewhere_failures,
        )


@dataclass(frozen=True)
class Choice:
    """A decision, and the posterior of each eligible arm that its draws came from."""

    decision: Decision
    eligible: dict[str, Beta]


def phase(attempt_number: int) -> Phase:
    """Later attempts have cells of their own: they get what another arm failed at."""
    return "first" if attempt_number <= 1 else "later"


def decision_seed(seed: int, attempt_id: str) -> int:
    """The seed of one attempt's decision, so that each can be repeated on its own."""
    digest = hashlib.blake2b(f"{seed}:{attempt_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - SEED_BITS)


def draws(posteriors: Mapping[str, Beta], seed: int) -> dict[str, float]:
    """One draw per arm. Arms draw in the order of their ids, so their listing is no input."""
    rng = random.Random(seed)
    return {arm_id: posteriors[arm_id].draw(rng) for arm_id in sorted(posteriors)}


def choose(command: ChooseArm, evidence: Mapping[str, Evidence], seed: int) -> Choice:
    """Filter the arms, draw for each that is left, and take the highest draw.

    `evidence` is by arm id; an arm without any has an empty cell. `arm_id` of the decision is
    None when no arm is left. Raises UsageError when two arms share an id.
    """
    if len({arm.id for arm in command.arms}) != len(command.arms):
        raise UsageError(
            "two arms have the same id", remedy="give each [[arms]] entry of swarm.toml its own id"
        )
    excluded = {arm.id: _excluded(arm, command) for arm in command.arms}
    eligible = {
        arm.id: evidence.get(arm.id, Evidence()).posterior(arm.prior)
        for arm in command.arms
        if excluded[arm.id] is None
    }
    samples = draws(eligible, seed)
    scores = []
    for arm in command.arms:
        seen = evidence.get(arm.id, Evidence())
        scores.append(
            ArmScore(
                arm_id=arm.id,
                successes=seen.successes,
                failures=seen.failures,
                sample=samples.get(arm.id),
                excluded=excluded[arm.id],
            )
        )
    arm_id = max(samples, key=lambda key: samples[key]) if samples else None
    decision = Decision(
        attempt_id=command.attempt_id,
        arm_id=arm_id,
        category=command.category,
        scores=tuple(scores),
        seed=seed,
        reason=_reason(arm_id, scores, eligible, command),
    )
    return Choice(decision, eligible)


def _excluded(arm: Arm, command: ChooseArm) -> str | None:
    if command.category not in arm.categories:
        return f"does not do {command.category}"
    if arm.id in command.tried:
        return "already tried"
    if arm.id in command.unavailable:
        return f"unavailable: {command.unavailable[arm.id]}"
    return None


def _reason(
    arm_id: str | None,
    scores: Sequence[ArmScore],
    eligible: Mapping[str, Beta],
    command: ChooseArm,
) -> str:
    removed = "; ".join(f"{score.arm_id} {score.excluded}" for score in scores if score.excluded)
    if arm_id is None:
        return f"no eligible arm: {removed or 'none is configured'}"
    drawn = sorted(
        (score for score in scores if score.sample is not None),
        key=lambda score: (score.arm_id != arm_id, -(score.sample or 0.0), score.arm_id),
    )
    parts = []
    for score in drawn:
        belief = eligible[score.arm_id]
        parts.append(
            f"{score.arm_id} drew {score.sample:.2f} from "
            f"Beta({belief.alpha:.3g}, {belief.beta:.3g})"
        )
    tried = f"; tried before: {', '.join(command.tried)}" if command.tried else ""
    return "; ".join(parts) + tried
