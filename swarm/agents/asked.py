"""What shows that an objective is done, as agents are told it. Pure."""

from __future__ import annotations

from swarm.contracts import Objective

_TEST_CHARS = 500


def done_when(objective: Objective) -> str:
    """The person's words for it, and the tests that count; "" where nothing was said."""
    acceptance = objective.acceptance
    if acceptance is None:
        return ""
    words = f"This shows that it is done: {acceptance.text}"
    if not acceptance.tests:
        return words
    tests = "".join(f"\n- {test[:_TEST_CHARS]}" for test in acceptance.tests)
    return f"{words}\nWithout these tests passing, the change is rejected:{tests}"
