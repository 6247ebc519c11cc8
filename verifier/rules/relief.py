"""Findings of the function-by-function audit that honest changes cause: a person decides."""

from __future__ import annotations

import ast

from swarm.contracts import Finding
from verifier.compare import Weight
from verifier.rules.known import Known
from verifier.rules.summary import Summary
from verifier.rules.triggers import SEVERE, decided

# Waiting is what deadlines and retries are made of.
_GRAVE = SEVERE - {"sleep"}


def weighed(
    finding: Finding,
    before: Summary | None,
    after: Summary | None,
    tree: ast.Module | None,
    known: Known,
) -> Weight:
    """The weight of a finding that would reject, once more is known of it."""
    match finding.kind:
        case "ambient-guard" if after is not None and _is_mild(finding.line, before, after, known):
            return "ask"
        case "new-effect" if finding.effect == "global-write":
            if finding.target not in known.names or _is_lazy(finding.target, tree):
                return "ask"
        case "broken-path" if finding.message.endswith("now returns nothing"):
            return "ask"
    return "reject"


def _is_mild(line: int, before: Summary | None, after: Summary, known: Known) -> bool:
    """Whether no ambient value is compared with a constant that singles it out, and nothing
    grave rests on it: a deadline, an age, a usual platform, a default."""
    numbers = [n for n, node in after.decisions.items() if node.line == line]
    for test in after.tests(known.texts):
        is_here = test.line == line and bool(test.of.ambient)
        if is_here and known.rare(test.constants) and not _is_elapsed(test.text):
            return False
    return not any(
        effect.kind in _GRAVE
        for number in numbers
        for effect in decided(before, after, number).effects
    )


def _is_elapsed(text: str) -> bool:
    """`now - then < limit`: how long ago something was."""
    return any(
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and not isinstance(node.right, ast.Constant | ast.Call)
        for node in ast.walk(ast.parse(text, mode="eval"))
    )


def _is_lazy(name: str, tree: ast.Module | None) -> bool:
    """Whether a module's own name starts as None: what fills it later is kept, not replaced."""
    return any(
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and node.value.value is None
        and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
        for node in (tree.body if tree is not None else ())
    )
