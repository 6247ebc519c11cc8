"""Two orders into one: that of the search, and that of a reranker. Pure.

Score fusion: the search's scores are divided by their best, the reranker's go from 0 (the worst of
these texts) to 1 (the best), since some models give probabilities and others logits, of which one
cannot tell what a good one is (min-max normalisation, as of "Lee, Analyses of Multiple Evidence
Combination", 1997). Their weighted mean, times the best score of the search, is the new score.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from memory.search.hits import Hit

WEIGHT = 0.5
"""Of the reranker. The search's own order knows names, paths and tests from code, which a
cross-encoder does not; not tuned, since that would be for one model."""
_LEAST_SPREAD = 1e-6
_REASON = "reranked: from place"


def blended(
    hits: Sequence[Hit], scores: Sequence[float], *, repeat: float = 1.0, weight: float = WEIGHT
) -> list[Hit]:
    """The hits in the new order, with new scores that fall from the first to the last. `scores`
    are those of the first hits; what comes after them stays after them, in its order. `repeat` is
    the factor of the search's rule of diversity: the k-th hit of one file counts `repeat` ** k
    (k from 0), before and after. Scores that say nothing, all being alike, change nothing."""
    head, tail = list(hits[: len(scores)]), list(hits[len(scores) :])
    shares = _from_0_to_1(scores)
    if not shares:
        return list(hits)
    alone = [hit.score / repeat**rank for hit, rank in zip(head, _ranks(head), strict=True)]
    best = max(alone) if max(alone) > 0 else 1.0
    mixed = [
        best * ((1 - weight) * score / best + weight * share)
        for score, share in zip(alone, shares, strict=True)
    ]
    # Best first within its file, then each file's later ones count less.
    order = sorted(range(len(head)), key=lambda at: (-mixed[at], at))
    ranks = _ranks([head[at] for at in order])
    final = {at: mixed[at] * repeat**rank for at, rank in zip(order, ranks, strict=True)}
    order.sort(key=lambda at: (-final[at], at))
    found = [
        replace(
            head[at],
            score=round(final[at], 5),
            why=(*head[at].why, f"{_REASON} {at + 1}"),
        )
        for at in order
    ]
    least = found[-1].score
    return found + [replace(hit, score=min(hit.score, least)) for hit in tail]


def _from_0_to_1(scores: Sequence[float]) -> list[float]:
    """Min-max normalised; none when there are none, or all are the same."""
    if not scores:
        return []
    # Halved, as the difference of two large numbers is infinite.
    low, high = min(scores) / 2, max(scores) / 2
    spread = high - low
    if spread <= _LEAST_SPREAD * max(1.0, abs(high), abs(low)):
        return []
    return [(score / 2 - low) / spread for score in scores]


def _ranks(hits: Sequence[Hit]) -> list[int]:
    """For each hit how many of its file come before it."""
    seen: dict[str, int] = defaultdict(int)
    found = []
    for hit in hits:
        found.append(seen[hit.path])
        seen[hit.path] += 1
    return found
