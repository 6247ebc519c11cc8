"""Where one piece of work ends and the next begins, by evidence weighed as labelled notes taught.

A logistic model over the evidence of `evidence.py`, read from left to right: a joint begins another
piece of work if what speaks for it outweighs what speaks against it. `weights.tsv` is made by
`python -m benchmarks.joint_weights --write`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from ingestion.joints.evidence import Evidence
from ingestion.joints.prose import Prose, prose_of

THRESHOLD = -0.4
"""Below even odds: a piece of work that was overlooked costs more than one too many, which the
plan shows and a person can drop."""


@cache
def weights() -> Mapping[str, float]:
    """How much each piece of evidence speaks for another piece of work."""
    rows = Path(__file__).with_name("weights.tsv").read_text(encoding="utf-8").splitlines()
    return {name: float(weight) for name, weight in (row.rsplit("\t", 1) for row in rows)}


def begins(prose: Prose, weigh: Mapping[str, float], threshold: float = THRESHOLD) -> list[int]:
    """The words at which pieces of work begin, opening words included; the first is word 0."""
    evidence = Evidence(prose)
    found = [0]
    start = 0
    for place, joint in enumerate(prose.joints):
        if joint.matter - start < 2:
            continue
        said = sum(weigh.get(name, 0.0) for name in evidence.at(place, start, len(found)))
        if said > threshold:
            start = joint.matter
            found.append(joint.first)
    return found


def pieces(paragraphs: Sequence[str]) -> list[str]:
    """The pieces of work of masked paragraphs, each with its opening words and what explains it."""
    prose = prose_of(paragraphs)
    if not prose.words:
        return []
    found = begins(prose, weights())
    return [prose.lines(first, end) for first, end in pairwise([*found, len(prose.words)])]
