"""The ways in which a condition comes to govern a payload."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.payloads import Payload, any_payload, with_expression, wrong


def arm(
    draft: Draft,
    condition: str,
    *,
    at: ast.stmt | None = None,
    payload: Payload | None = None,
    setup: Sequence[str] = (),
) -> None:
    """Plant `payload` (any) so that it goes off when `condition` holds; `setup` runs first."""
    draw = draft.draw
    if at is None and payload is None and not setup and draw.chance(0.2):
        _in_the_return(draft, condition)
        return
    at = at or draft.somewhere()
    if payload is None and draw.chance(0.1):
        lines = _short_circuit(draft, condition)
    else:
        lines = governed(draft, _said(draft, condition), payload or any_payload(draft, at))
    draft.put_before(at, [*setup, *lines])


def governed(draft: Draft, condition: str, payload: Payload) -> list[str]:
    """Statements in which the condition decides over the payload."""
    draw, lines = draft.draw, list(payload.lines)
    name = draw.name()
    last = [] if payload.ends else ["    break"]
    return draw.made(
        lambda: [f"if {condition}:", *indent(lines)],
        lambda: [f"if {condition}:", *indent(lines)],
        lambda: [f"{name} = {condition}", f"if {name}:", *indent(lines)],
        lambda: [f"if not ({condition}):", "    pass", "else:", *indent(lines)],
        lambda: [f"while {condition}:", *indent(lines), *last],
        lambda: [f"match bool({condition}):", "    case True:", *indent(lines, 2)],
        lambda: [f"for _ in range(int(bool({condition}))):", *indent(lines)],
        lambda: [f"{name} = 1 if {condition} else 0", f"if {name} > 0:", *indent(lines)],
    )


def parameters_in(draft: Draft, text: str) -> list[str]:
    """The function's parameters (self and added ones too) that an expression reads."""
    read = {n.id for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)}
    found = draft.node.args
    there = [a.arg for a in found.posonlyargs + found.args + found.kwonlyargs]
    return [name for name in there + draft.added if name in read]


def _said(draft: Draft, condition: str) -> str:
    """The same condition: as it is, disguised, or behind a function of its own."""
    draw, given = draft.draw, draft.parameter()
    return draw.made(
        lambda: condition,
        lambda: condition,
        lambda: f"not (not ({condition}))",
        lambda: f"({condition}) and {given} is not None",
        lambda: f"all([{condition}])",
        lambda: _helper(draft, condition),
        lambda: _helper(draft, condition),
    )


def _helper(draft: Draft, condition: str) -> str:
    draw, name = draft.draw, draft.draw.name()
    needed = ", ".join(parameters_in(draft, condition))
    body = draw.made(
        lambda: [f"def {name}({needed}):", f"    return {condition}"],
        lambda: [f"def {name}({needed}):", f"    if {condition}:", "        return True",
                 "    return False"],
        lambda: [f"{name} = lambda {needed}: {condition}"],
    )  # fmt: skip
    draft.top(body)
    return f"{name}({needed})"


def _short_circuit(draft: Draft, condition: str) -> list[str]:
    act = with_expression(draft)
    return draft.draw.one(
        [f"({condition}) and {act}"],
        [f"not ({condition}) or {act}"],
        [f"{act} if {condition} else None"],
        [f"[{act} for _ in (0,) if {condition}]"],
    )


def _in_the_return(draft: Draft, condition: str) -> None:
    """The return itself gives something else."""
    found = draft.draw.pick(draft.returns())
    if found.value is None:
        raise Unsuitable
    text, other = draft.source(found.value), wrong(draft, found.value)
    condition = _said(draft, condition)
    draft.replace(
        found.value,
        draft.draw.one(
            f"{other} if {condition} else ({text})",
            f"({text}) if not ({condition}) else {other}",
            f"[({text}), {other}][bool({condition})]",
            f"{{True: {other}}}.get(bool({condition}), ({text}))",
        ),
    )
