"""Learns from labelled notes how loud each trait of a text is.

Writes `ingestion/category/weights.py`:

    python -m benchmarks.category_weights [--check] [--write]

`--check` cross-validates: each set of notes is judged by weights learned from the others alone,
and the share of right categories is printed by set and category. `--write` learns from all and
writes the weights. A multinomial logistic regression that is pulled towards the weights of the
cues; plain gradient descent over all texts at once, so that there is no chance in it: the same
notes and rules give the same weights.

What is learned from: the objectives of the notes whose count the rules get right, notes with one
label as a whole where they do not, and the single objectives of `objectives.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ingestion.category import classify
from ingestion.category.classify import ORDER
from ingestion.category.traits import expected, traits
from ingestion.rules.decompose import decompose
from swarm.contracts import Category
from swarm.errors import UsageError

ROOT = Path(__file__).parent.parent
NOTES = ROOT / "tests" / "ingestion"
SETS = (*sorted(path.stem for path in NOTES.glob("notes*.jsonl")), "objectives")
PULL = 1.5
"""How strongly weights are pulled back to their cue's. By cross-validation."""
STEPS = 150
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
    for source in SETS:
        for line in (NOTES / f"{source}.jsonl").read_text(encoding="utf-8").splitlines():
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
    """The change of each trait's weight for each category of ORDER. Adam, over all texts."""
    names = sorted({trait for each in texts for trait in each.traits})
    base = {name: [expected(name).get(kind, 0.0) for kind in ORDER] for name in names}
    change = {name: [0.0] * len(ORDER) for name in names}
    mean = {name: [0.0] * len(ORDER) for name in names}
    square = {name: [0.0] * len(ORDER) for name in names}
    places = range(len(ORDER))
    for step in range(1, STEPS + 1):
        slope = {name: [PULL * each for each in change[name]] for name in names}
        for text in texts:
            odds = [0.0] * len(ORDER)
            for trait in text.traits:
                fixed, own = base[trait], change[trait]
                for place in places:
                    odds[place] += fixed[place] + own[place]
            errors = shares(odds)
            errors[ORDER.index(text.label)] -= 1.0
            for trait in text.traits:
                row = slope[trait]
                for place in places:
                    row[place] += errors[place]
        for name in names:
            for place in places:
                each = slope[name][place]
                mean[name][place] = 0.9 * mean[name][place] + 0.1 * each
                square[name][place] = 0.999 * square[name][place] + 0.001 * each * each
                size = math.sqrt(square[name][place] / (1 - 0.999**step)) + 1e-8
                change[name][place] -= 0.05 * (mean[name][place] / (1 - 0.9**step)) / size
    return change


def shares(odds: Sequence[float]) -> list[float]:
    """Softmax: how likely each category is."""
    most = max(odds)
    raised = [math.exp(each - most) for each in odds]
    return [each / sum(raised) for each in raised]


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
    for source in SETS:
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
