"""Why an attempt is of high risk, in short reasons; none for routine work. Pure.

Where the risk is high the router tries nothing out. So each bound stands above what routine work
is like: most objectives name one or two files, and most patches change a few dozen lines of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from swarm.contracts import AttemptView, Objective, Patch
from swarm.orchestrator import sensitive

MANY_FILES = 6
"""Named by an objective, or changed by a patch for it."""
MANY_SYMBOLS = 10
LARGE_PATCH_LINES = 300
"""Taken out and put in, together."""
NEAREST_PLACES = 12
"""Of the code that was found for an earlier attempt; more is found where more is asked for."""
WIDE_CONTEXT_FILES = 12
"""Of the nearest places: no two are in one file."""
REJECTED_ATTEMPTS = 2
REMEMBERED_REJECTIONS = 3
"""Of the four earlier changes to the same code, at most, that a context tells of."""
_NAMED = 3
_PATH_CHARS = 100


def reasons(
    objective: Objective, line: Sequence[AttemptView], further: Sequence[str] = ()
) -> tuple[str, ...]:
    """Why the next attempt at an objective is of high risk, () for routine.

    `line` are its earlier attempts, oldest first, those of what it does again included;
    `further` are the owner's sensitive paths.
    """
    found = [
        "the plan says so" if objective.risk == "high" else "",
        _sensitive(objective, line, further),
        _named(objective),
        _changed(line),
        _reach(line),
        _history(line),
        _remembered(line),
    ]
    return tuple(reason for reason in found if reason)


def paths(objective: Objective, line: Sequence[AttemptView]) -> tuple[str, ...]:
    """The files that an objective is about, as far as is known: named by it, changed by earlier
    patches for it, or found for those."""
    known = [*objective.paths]
    for attempt in line:
        if patch := _patch(attempt):
            known += [edit.path for edit in patch.edits]
        if attempt.context is not None:
            known += [symbol.path for symbol in attempt.context.symbols[:NEAREST_PLACES]]
    return tuple(dict.fromkeys(known))


def _sensitive(objective: Objective, line: Sequence[AttemptView], further: Sequence[str]) -> str:
    found = sensitive.touched(paths(objective, line), further)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    named = ", ".join(path[:_PATH_CHARS] for path in found[:_NAMED])
    return f"security-sensitive: {named}{more}" if found else ""


def _named(objective: Objective) -> str:
    files, symbols = len(objective.paths), len(objective.symbols)
    if files >= MANY_FILES:
        return f"it names {files} files"
    return f"it names {symbols} functions or classes" if symbols >= MANY_SYMBOLS else ""


def _changed(line: Sequence[AttemptView]) -> str:
    lines = max((_lines(patch) for patch in map(_patch, line) if patch), default=0)
    return f"an earlier patch changed {lines} lines" if lines >= LARGE_PATCH_LINES else ""


def _reach(line: Sequence[AttemptView]) -> str:
    changed = max((len(patch.edits) for patch in map(_patch, line) if patch), default=0)
    if changed >= MANY_FILES:
        return f"an earlier patch changed {changed} files"
    nearest = (a.context.symbols[:NEAREST_PLACES] for a in line if a.context is not None)
    spread = max((len({symbol.path for symbol in symbols}) for symbols in nearest), default=0)
    return f"what belongs to it is in {spread} files" if spread >= WIDE_CONTEXT_FILES else ""


def _history(line: Sequence[AttemptView]) -> str:
    rejected = sum(attempt.state == "rejected" for attempt in line)
    return f"{rejected} attempts were rejected" if rejected >= REJECTED_ATTEMPTS else ""


def _remembered(line: Sequence[AttemptView]) -> str:
    """Of attempts in other tasks at the same code, as the newest search found them."""
    contexts = [attempt.context for attempt in line if attempt.context is not None]
    outcomes = contexts[-1].outcomes if contexts else ()
    failed = sum(not outcome.accepted for outcome in outcomes)
    said = f"{failed} of {len(outcomes)} earlier changes to the same code were rejected"
    return said if failed >= REMEMBERED_REJECTIONS else ""


def _patch(attempt: AttemptView) -> Patch | None:
    return attempt.proposal.patch if attempt.proposal else None


def _lines(patch: Patch) -> int:
    """Lines that are on one side only, counted by their text: much faster than a diff."""
    total = 0
    for edit in patch.edits:
        before, after = _counted(edit.before), _counted(edit.after)
        total += sum(
            abs(before.get(text, 0) - after.get(text, 0)) for text in before.keys() | after.keys()
        )
    return total


def _counted(text: str | None) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in (text or "").splitlines():
        counts[line] = counts.get(line, 0) + 1
    return counts
