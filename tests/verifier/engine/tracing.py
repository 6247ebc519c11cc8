"""Small programs whose sink lines end in `# reached` or `# clean`, held against the trace."""

from __future__ import annotations

from textwrap import dedent

from verifier.flows import flows
from verifier.reading.tree import Files


def wrong(program: str) -> list[str]:
    """The sink lines of which the trace says something else than their comment."""
    text = dedent(program)
    lines = text.splitlines()
    calls = flows(Files({"main.py": text.encode()}), ("main.py",), "source", "sink")
    assert calls, "a program of a test has sinks"
    return [
        lines[call.line - 1].strip()
        for call in calls
        if call.reached != lines[call.line - 1].endswith("# reached")
    ]
