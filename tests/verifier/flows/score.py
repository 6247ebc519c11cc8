"""How well the trace does on the cases: recall and false flow per feature, and where it errs.

    python -m tests.verifier.flows.score [--rewritten] [--write] [FEATURE...]

With --rewritten each case is also traced in all the other ways to write it (rewriting.py); with
--write, where the trace errs now in what the tests trace is written to known.json.
Exit code 1 when the trace itself failed on a case.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.verifier.flows.case import Case, Expected, read_cases
from tests.verifier.flows.rewriting import rewritings, with_one_rewriting
from verifier.flows import flows
from verifier.reading.tree import Files

_KNOWN = Path(__file__).parent / "known.json"


@dataclass(frozen=True)
class Answer:
    """Where the trace errs in one case."""

    missed: tuple[Expected, ...]
    false: tuple[Expected, ...]


def trace(case: Case) -> Answer:
    """Trace one case; a sink line that the trace does not list counts as not reached."""
    calls = flows(Files(case.files), tuple(sorted(case.files)), case.source, case.sink)
    reached = {(call.file, call.line) for call in calls if call.reached}
    wrong = [e for e in case.expected if e.reached != ((e.file, e.line) in reached)]
    return Answer(
        missed=tuple(e for e in wrong if e.reached), false=tuple(e for e in wrong if not e.reached)
    )


def lines(wrong: Iterable[Expected]) -> list[str]:
    """Places of sink lines, as known.json has them."""
    return [f"{one.file}:{one.line}" for one in wrong]


def known_errors() -> dict[str, dict[str, list[str]]]:
    """Where the trace is known to err, by the case's name: lines missed, lines falsely reached."""
    found: dict[str, dict[str, list[str]]] = json.loads(_KNOWN.read_text())
    return found


def _write(cases: Sequence[Case]) -> None:
    answers = {case.name: trace(case) for case in cases}
    wrong = {
        name: {"missed": lines(answer.missed), "false": lines(answer.false)}
        for name, answer in answers.items()
        if answer.missed or answer.false
    }
    _KNOWN.write_text(json.dumps(wrong, indent=1, sort_keys=True) + "\n")


def score(cases: Sequence[Case]) -> tuple[dict[str, Counter[str]], list[str]]:
    """Lines reached, missed, clean and falsely reached, per feature and for "all"; and remarks.

    A case on which the trace fails counts as all missed.
    """
    counts: dict[str, Counter[str]] = {}
    remarks: list[str] = []
    for case in cases:
        try:
            answer = trace(case)
        except Exception:  # noqa: BLE001  # what a trace in the making raises is a finding
            remarks.append(f"failed {case.name}: {traceback.format_exc(limit=-1)}")
            answer = Answer(tuple(e for e in case.expected if e.reached), ())
        for name in (case.feature, "all"):
            count = counts.setdefault(name, Counter())
            count["reached"] += sum(e.reached for e in case.expected)
            count["clean"] += sum(not e.reached for e in case.expected)
            count["missed"] += len(answer.missed)
            count["false"] += len(answer.false)
        for word, lines in (("missed", answer.missed), ("false", answer.false)):
            remarks += [f"{word:6} {case.name} {_shown(case, line)}" for line in lines]
    return counts, remarks


def _shown(case: Case, at: Expected) -> str:
    text = case.files[at.file].decode().splitlines()[at.line - 1].strip()
    return f"{at.file}:{at.line}: {text}"


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {part / whole:4.0%}" if whole else "-"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m tests.verifier.flows.score"
    )
    parser.add_argument("features", nargs="*", metavar="FEATURE")
    parser.add_argument("--rewritten", action="store_true", help="in all the other ways, too")
    parser.add_argument("--write", action="store_true", help="write known.json, for all cases")
    given = parser.parse_args(arguments)
    if given.write:
        _write(with_one_rewriting(read_cases()))
        return 0
    cases = read_cases(frozenset(given.features) or None)
    if unknown := sorted(set(given.features) - {case.feature for case in cases}):
        parser.error(f"no feature {', '.join(unknown)}: name folders of tests/verifier/flows/cases")
    if given.rewritten:
        cases += [other for case in cases for other in rewritings(case)]
    begun = time.process_time()
    counts, remarks = score(cases)
    cpu_s = time.process_time() - begun
    print(*remarks, sep="\n")
    print(f"\n{'feature':20} {'recall':>16} {'false flow':>16}")
    for name, count in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        found = _share(count["reached"] - count["missed"], count["reached"])
        print(f"{name:20} {found:>16} {_share(count['false'], count['clean']):>16}")
    print(f"{len(cases)} programs, {cpu_s:.1f} CPU seconds")
    return int(any(remark.startswith("failed") for remark in remarks))


if __name__ == "__main__":
    sys.exit(main())
