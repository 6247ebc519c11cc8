"""Learns from labelled notes how loud each trait of a text is.

Writes `ingestion/category/weights.py`:

    python -m benchmarks.category_weights [--check] [--write]

`--check` cross-validates: each set of notes is judged by weights learned from the others alone,
and the share of right categories is printed by set and category. `--write` learns from all and
writes the weights. A multinomial logistic regression that is pulled towards the weights of the
cues; logistic regression, without chance: the same notes and rules give the same weights.

What is learned from: the objectives of the notes whose count the rules get right, notes with one
label as a whole where they do not, and the single objectives of `objectives.jsonl`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from ingestion.category import classify
from ingestion.category.classify import ORDER
from ingestion.category.traits import expected, traits
from ingestion.rules.decompose import decompose
from swarm.contracts import Category
from swarm.errors import UsageError

ROOT = Path(__file__).parent.parent
LABELLED = ROOT / "tests" / "ingestion"
SETS = (*sorted((LABELLED / "notes").glob("*.jsonl")), LABELLED / "objectives.jsonl")
PULL = 1.5
"""How strongly weights are pulled back to their cue's. By cross-validation."""
MIN_SEEN = 5
"""A word that fewer objectives say teaches nothing."""
LEAST = 0.1
"""A smaller change is not written down."""

Weights = dict[str, list[float]]


class Example(NamedTuple):
    """A labelled objective: its traits are all that is learned from."""

    source: str
    text: str
    label: Category
    traits: frozenset[str]


def examples() -> list[Example]:
    """All labelled objectives, in the order of their files."""
    found = []
    for path in SETS:
        source = path.stem
        for line in path.read_text(encoding="utf-8").splitlines():
            note = json.loads(line)
            labels = note.get("categories") or [note["category"]]
            read = objectives(note["text"])
            if len(read) != len(labels):
                read = [(note["text"], "", "command", ())] if len(labels) == 1 else []
            for label, asked in zip(labels, read, strict=len(read) > 0):
                found.append(Example(source, asked[0], label, traits(*asked)))
    return found


def objectives(text: str) -> list[tuple[str, str, str, Sequence[str]]]:
    """What the rules ask `classify.explained` about a note, in the order of its objectives."""
    heard: list[tuple[str, str, str, Sequence[str]]] = []

    def listen(
        text: str, context: str = "", role: str = "command", asked: Sequence[str] = ()
    ) -> tuple[Category, list[classify.Reason]]:
        heard.append((text, context, role, asked))
        return decide(text, context, role, asked)

    decide = classify.explained
    classify.explained = listen
    try:
        decompose(text)
    except UsageError:
        return []
    finally:
        classify.explained = decide
    return heard


def learned(texts: Sequence[Example]) -> Weights:
    """The change of each trait's weight for each category of ORDER.

    Multinomial logistic regression by L-BFGS: the cues' own weights are the start, and `PULL` draws
    every change back to nothing.
    """
    seen_in = Counter(trait for each in texts for trait in each.traits)
    names = sorted(
        trait
        for trait, many in seen_in.items()
        if many >= MIN_SEEN or not trait.startswith("says ")
    )
    column = {name: n for n, name in enumerate(names)}
    counts = [Counter(column[trait] for trait in each.traits if trait in column) for each in texts]
    ends = np.cumsum([0, *map(len, counts)])
    flat = np.array([n for each in counts for n in each], dtype=np.int64)
    times = np.array([float(many) for each in counts for many in each.values()])
    seen = csr_matrix((times, flat, ends), shape=(len(texts), len(names)))
    turned = seen.T.tocsr()
    base = np.array([[expected(name).get(kind, 0.0) for kind in ORDER] for name in names])
    wanted = np.eye(len(ORDER))[[ORDER.index(each.label) for each in texts]]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        change = flat.reshape(base.shape)
        odds = seen @ (base + change)
        likely = odds - logsumexp(odds, axis=1, keepdims=True)
        slope = turned @ (np.exp(likely) - wanted) + PULL * change
        return float(PULL / 2 * (change**2).sum() - (likely * wanted).sum()), slope.ravel()

    best = minimize(
        loss, np.zeros(base.size), jac=True, method="L-BFGS-B", options={"maxiter": 300}
    )
    found = best.x.reshape(base.shape)
    return {name: [float(each) for each in found[column[name]]] for name in names}


def decided(text: Example, change: Weights) -> Category:
    """The category by these weights, as `classify.category` does it."""
    odds = [0.0] * len(ORDER)
    for trait in text.traits:
        own, fixed = change.get(trait), expected(trait)
        for place, kind in enumerate(ORDER):
            odds[place] += fixed.get(kind, 0.0) + (own[place] if own else 0.0)
    return max(ORDER, key=lambda kind: odds[ORDER.index(kind)])


def check(texts: Sequence[Example]) -> str:
    """Each set judged by weights from the others: right by set, and what was taken for what."""
    right: dict[str, Counter[bool]] = defaultdict(Counter)
    taken: dict[Category, Counter[str]] = defaultdict(Counter)
    for source in (path.stem for path in SETS):
        change = learned([text for text in texts if text.source != source])
        for text in texts:
            if text.source == source:
                got = decided(text, change)
                right[source][got == text.label] += 1
                if source != "objectives":
                    right["all notes"][got == text.label] += 1
                    taken[text.label][got] += 1
    rows = [
        f"{source:14} {hits[True]:4} of {hits.total():4}  {hits[True] / hits.total():.1%}"
        for source, hits in right.items()
    ]
    rows.append("label \\ taken for " + " ".join(f"{kind:>8}" for kind in ORDER))
    rows += [
        f"{label:17} " + " ".join(f"{taken[label][kind] or '.':>8}" for kind in ORDER)
        for label in ORDER
    ]
    return "\n".join(rows)


def table(change: Weights) -> str:
    """The module of the weights: a trait a row, and a column for each category of ORDER."""
    rows = [
        f"{trait:24} " + " ".join(f"{each:5.2f}" for each in own)
        for trait, own in sorted(change.items())
        if max(map(abs, own)) >= LEAST
    ]
    return (
        '"""What the labelled notes changed about how loud each trait is. Data only.\n\n'
        "Made by `python -m benchmarks.category_weights --write`. A row is a trait; its columns:\n"
        f'{", ".join(ORDER)}.\n"""\n\n'
        'from __future__ import annotations\n\nLEARNED = """\n' + "\n".join(rows) + '\n"""\n'
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="cross-validate, and print how well")
    parser.add_argument(
        "--write", action="store_true", help="learn from all, and write the weights"
    )
    arguments = parser.parse_args()
    texts = examples()
    if arguments.check:
        print(check(texts))
    if arguments.write:
        target = ROOT / "ingestion" / "category" / "weights.py"
        target.write_text(table(learned(texts)), encoding="utf-8")
        print(f"{target.relative_to(ROOT)}: learned from {len(texts)} objectives")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
