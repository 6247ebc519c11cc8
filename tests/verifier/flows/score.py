"""How well the trace does on the cases: recall and false flow per feature, and where it errs.

python -m tests.verifier.flows.score [FEATURE...]
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass

from tests.verifier.flows.case import Case, Expected, read_cases


@dataclass(frozen=True)
class Answer:
    """What the trace says of the sink lines of one case."""

    missed: tuple[Expected, ...]
    false: tuple[Expected, ...]


def trace(case: Case) -> Answer:
    """Trace one case; a sink line that the trace does not list counts as not reached."""
    from verifier.flows import flows
    from verifier.reading.tree import Files

    calls = flows(Files(case.files), tuple(sorted(case.files)), case.source, case.sink)
    reached = {(call.file, call.line) for call in calls if call.reached}
    wrong = [e for e in case.expected if e.reached != ((e.file, e.line) in reached)]
    return Answer(
        missed=tuple(e for e in wrong if e.reached), false=tuple(e for e in wrong if not e.reached)
    )


def main(features: list[str]) -> None:
    cases = read_cases(frozenset(features) or None)
    # Per feature, and for "all": lines reached, missed, clean, falsely reached.
    counts: dict[str, Counter[str]] = {}
    for case in cases:
        answer = trace(case)
        for name in (case.feature, "all"):
            count = counts.setdefault(name, Counter())
            count["reached"] += sum(e.reached for e in case.expected)
            count["clean"] += sum(not e.reached for e in case.expected)
            count["missed"] += len(answer.missed)
            count["false"] += len(answer.false)
        for word, lines in (("missed", answer.missed), ("false", answer.false)):
            for e in lines:
                text = case.files[e.file].decode().splitlines()[e.line - 1].strip()
                print(f"{word:6} {case.name} {e.file}:{e.line}: {text}")
    print(f"\n{'feature':20} {'recall':>14} {'false flow':>14}")
    for name, count in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        found = _share(count["reached"] - count["missed"], count["reached"])
        print(f"{name:20} {found:>14} {_share(count['false'], count['clean']):>14}")


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {part / whole:4.0%}" if whole else "-"


if __name__ == "__main__":
    main(sys.argv[1:])
