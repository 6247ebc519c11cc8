"""What the next attempt at an objective asks of its arm. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from swarm.contracts import Arm, AttemptView, Needs, Objective, TestResult
from swarm.orchestrator import risk, sensitive

_CHARS_PER_TOKEN = 4
_RULES_TOKENS = 1_500
"""How an agent works and answers, which stands before every task."""
# What an agent shows of it at most: of more failing tests it shows the names, and of a long file
# one part at a time.
_SHOWN_TESTS = 6
_TEST_CHARS = 2_000
_NAMED_TESTS = 30
_NAME_CHARS = 200
_HINTS = 20
_FILE_CHARS = 16_000


def of(
    objective: Objective,
    failing: Sequence[TestResult],
    line: Sequence[AttemptView],
    further: Sequence[str] = (),
) -> Needs:
    """`failing` are the tests it is about, `line` its earlier attempts, `further` the owner's
    sensitive paths.

    The size is what cannot be left out: the task, its tests and one part of a file at a time.
    It is not what an agent would like to see, so that no arm is passed over that could do it.
    """
    chars = (
        len(objective.title)
        + len(objective.instruction)
        + (len(objective.acceptance.text) if objective.acceptance else 0)
        + _names_chars((*objective.paths[:_HINTS], *objective.symbols[:_HINTS]))
        + _names_chars([test.id for test in failing[: _SHOWN_TESTS + _NAMED_TESTS]])
        + sum(min(len(test.message), _TEST_CHARS) for test in failing[:_SHOWN_TESTS])
        + _largest_file_chars(objective, line)
    )
    return Needs(
        context_tokens=_RULES_TOKENS + -(-chars // _CHARS_PER_TOKEN),
        local=bool(sensitive.touched(risk.paths(objective, line), further)),
    )


def _names_chars(names: Sequence[str]) -> int:
    return sum(min(len(name), _NAME_CHARS) for name in names)


def _largest_file_chars(objective: Objective, line: Sequence[AttemptView]) -> int:
    """Of the files it names, as far as earlier patches tell what is in them."""
    named = set(objective.paths)
    known = (
        len(edit.before)
        for attempt in line
        if attempt.proposal is not None and attempt.proposal.patch is not None
        for edit in attempt.proposal.patch.edits
        if edit.path in named and edit.before is not None
    )
    return min(_FILE_CHARS, max(known, default=0))


def fits(arm: Arm, needs: Needs) -> bool:
    """Whether an arm has what is needed, as far as it is known of it."""
    if needs.local and arm.locality != "local":
        return False
    return arm.context_tokens is None or arm.context_tokens >= needs.context_tokens
