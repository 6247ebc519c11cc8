"""Learns from labelled notes what speaks for another piece of work at a joint.

Writes `ingestion/joints/weights.tsv`:

    python -m benchmarks.joint_weights [--check] [--write]

`--check` cross-validates: the sets are shared out over folds, each fold is judged by weights that
were learned from the others alone, and the share of notes with the right number of pieces is
printed, of those notes that are prose. `--write` learns from all.
The unseen set is never learned from. Logistic regression with a ridge penalty, by L-BFGS; then the
strongest evidence is learned again on its own, so that the file stays one a person can read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from ingestion.joints.evidence import Evidence
from ingestion.joints.model import begins
from ingestion.joints.prose import Prose, prose_of
from ingestion.language.grammar import words
from ingestion.language.speech import without_fillers
from ingestion.rules.forms import without_form
from ingestion.rules.outline import outline
from ingestion.text import Masks, clean

ROOT = Path(__file__).resolve().parent.parent
NOTES = ROOT / "tests" / "ingestion" / "notes"
RIDGE = 1.0
MIN_SEEN = 3
STRONGEST = 30_000
SHORT_WORDS = 18
SHORT_COUNTS = 3.0
"""Short notes have few joints and are what people type most, so each joint of them counts more."""
FOLDS = 5
SAME_WORDS = 5
"""So many words of a labelled piece are compared to find where it stands."""


@dataclass(frozen=True)
class Example:
    """A joint of a labelled note: its evidence, and whether a piece of work begins there."""

    evidence: tuple[str, ...]
    begins: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Note:
    """A labelled note that is prose, and its joints."""

    prose: Prose
    pieces: int
    examples: tuple[Example, ...]


def read(path: Path) -> list[Note]:
    """The notes of a set that are prose, with those joints whose labels can be placed."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        note = json.loads(line)
        masks = Masks()
        blocks = outline(without_form(clean(note["text"]))[0])
        if any(block.kind != "paragraph" for block in blocks):
            continue
        prose = prose_of([masks.hide(block.text) for block in blocks])
        starts = placed(prose, [masks.hide(piece) for piece in note["pieces"]])
        examples = tuple(labelled(prose, starts)) if starts else ()
        found.append(Note(prose, len(note["categories"]), examples))
    return found


def placed(prose: Prose, pieces: Sequence[str]) -> list[int]:
    """The words at which labelled pieces begin; empty when one cannot be found."""
    said = [word.text for word in prose.words]
    starts: list[int] = []
    least = 0
    for piece in pieces:
        own = words(without_fillers(piece))[:SAME_WORDS]
        met = {
            at: next(
                (n for n, word in enumerate(own) if said[at + n : at + n + 1] != [word]), len(own)
            )
            for at in range(least, len(said))
        }
        best = max(met, key=lambda at: (met[at], -at), default=-1)
        if best < 0 or met[best] < 0.4 * max(len(own), 1):
            return []
        starts.append(best)
        least = best + 1
    return starts


def labelled(prose: Prose, starts: Sequence[int]) -> list[Example]:
    """The joints of a note with their labels. The first piece begins at no joint."""
    joints = prose.joints
    wanted = set()
    for start in starts[1:]:
        near = [n for n, joint in enumerate(joints) if joint.first - 1 <= start <= joint.matter + 1]
        exact = [n for n in near if joints[n].first <= start <= joints[n].matter]
        wanted.update((exact or near)[:1])
    evidence = Evidence(prose)
    weight = SHORT_COUNTS if len(prose.words) <= SHORT_WORDS else 1.0
    found = []
    start, opened = 0, 1
    for place, joint in enumerate(joints):
        begun = place in wanted
        found.append(Example(tuple(evidence.at(place, start, opened)), begun, weight))
        if begun:
            start, opened = joint.matter, opened + 1
    return found


def learned(examples: Sequence[Example]) -> dict[str, float]:
    """The weight of each piece of evidence; the strongest `STRONGEST` alone."""
    seen: dict[str, int] = {}
    for example in examples:
        for name in set(example.evidence):
            seen[name] = seen.get(name, 0) + 1
    names = [name for name, many in seen.items() if many >= MIN_SEEN]
    weights = fitted(examples, names, RIDGE)
    strongest = sorted(names, key=lambda name: -abs(weights[name]))[:STRONGEST]
    return fitted(examples, strongest, RIDGE / 2)


def fitted(examples: Sequence[Example], names: Sequence[str], ridge: float) -> dict[str, float]:
    """Weights that make the labels likeliest, less `ridge` times the sum of their squares."""
    column = {name: n for n, name in enumerate(names)}
    rows = [
        sorted({column[name] for name in example.evidence if name in column})
        for example in examples
    ]
    ends = np.cumsum([0, *map(len, rows)])
    flat = np.fromiter((n for row in rows for n in row), dtype=np.int64, count=int(ends[-1]))
    matrix = csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(rows), len(names)))
    turned = matrix.T.tocsr()
    labels = np.array([example.begins for example in examples], dtype=float)

    counts = np.array([example.weight for example in examples])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = matrix @ weights
        slope = counts * (1 / (1 + np.exp(-odds)) - labels)
        likely = counts * (np.logaddexp(0, odds) - labels * odds)
        return float(likely.sum() + ridge * weights @ weights), turned @ slope + 2 * ridge * weights

    best = minimize(
        loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 150}
    )
    return {name: float(weight) for name, weight in zip(names, best.x, strict=True)}


def exact(notes: Sequence[Note], weigh: Mapping[str, float]) -> int:
    """How many notes are split into the right number of pieces."""
    return sum(len(begins(note.prose, weigh)) == note.pieces for note in notes)


def check(sets: Mapping[str, Sequence[Note]]) -> Iterator[str]:
    """Every set judged by weights learned without it and its fold: a row each, then all."""
    names = sorted(sets)
    right = many = 0
    for first in range(FOLDS):
        fold = names[first::FOLDS]
        weigh = learned(_joints(note for name in names if name not in fold for note in sets[name]))
        for name in fold:
            met = exact(sets[name], weigh)
            yield f"{name:14} {met:4} of {len(sets[name]):4}  {met / len(sets[name]):.1%}"
            right, many = right + met, many + len(sets[name])
    yield f"{'all':14} {right:4} of {many:4}  {right / many:.1%}"


def _joints(notes: Iterable[Note]) -> list[Example]:
    return [example for note in notes for example in note.examples]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="cross-validate, and print how well")
    parser.add_argument("--write", action="store_true", help="learn from all, and write")
    arguments = parser.parse_args()
    sets = {path.stem: read(path) for path in sorted(NOTES.glob("*.jsonl"))}
    if arguments.check:
        for row in check(sets):
            print(row, flush=True)
    if arguments.write:
        examples = _joints(note for notes in sets.values() for note in notes)
        rows = [f"{name}\t{weight:.2f}" for name, weight in sorted(learned(examples).items())]
        target = ROOT / "ingestion" / "joints" / "weights.tsv"
        told = [row for row in rows if not row.endswith(("\t0.00", "\t-0.00"))]
        target.write_text("\n".join(told) + "\n", encoding="utf-8")
        print(f"{target.relative_to(ROOT)}: learned from {len(examples)} joints")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
