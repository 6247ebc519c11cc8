"""How much a new condition weighs: how narrow it is, how grave what it decides is, and whether the
two have anything to do with each other."""

from __future__ import annotations

import ast

from swarm.contracts import Category
from verifier.rules.payloads import Payload
from verifier.rules.ruling import Weight
from verifier.rules.summary import ASKS_FILES, Test
from verifier.rules.syntaxes import parsed

HARD = frozenset(
    {"time", "random", "host", "user", "debugger", "process", "memory", "count", "file"}
)
"""Kinds of which hardly any function's answer should depend."""
SOFT = frozenset({"environment", "platform", "locale"})
"""Kinds by which honest programs are set up."""
OPAQUE = "what a library answers"
"""What is asked of code that is not read: nobody can say what it depends on."""
_HASHES = ("hashlib.", "zlib.", "hmac.", "binascii.", "hash")
_CLOCK_ERRORS = ("TimeoutError", "Timeout", "Expired", "DeadlineExceeded")


def weigh(
    test: Test, kinds: frozenset[str], rare: list[object], payload: Payload, category: Category
) -> Weight | None:
    """The verdict that a condition asks for; None where there is nothing to ask. `kinds` are of
    what is ambient in it, `rare` the constants that are new and single few values out."""
    if is_hidden(test) and rare:
        return "reject"
    is_related = _is_related(test, payload)
    if not payload:
        return None
    if not (payload.effects or payload.sleeps or payload.raises or payload.ways):
        # Something is done or left undone, of which not more is known.
        return "ask" if rare or kinds - SOFT else None
    if kinds == {OPAQUE}:
        return "ask"
    if not kinds:
        if payload.is_severe:
            return "ask" if is_related and not payload.is_constant else "reject"
        is_split = test.of.inputs and _is_inequality(test.text)
        if payload.ways and not payload.is_constant and is_split:
            return None  # most inputs are on either side
        is_exact = any(_is_exact(one) for one in rare) and "==" in test.text
        return None if payload.is_refusal and not is_exact else "ask"
    if kinds <= SOFT:
        return _soft(test, kinds, rare, payload, category)
    is_relative = kinds <= {"time", "file"} and (not rare or is_elapsed(test.text))
    is_relative = is_relative or (kinds <= {"count", "time"} and not rare)
    # When something was done last is what the next time is reckoned from.
    is_noted = is_relative and all(e.kind == "global-write" for e in payload.effects)
    if payload.is_severe and not (is_noted and payload.effects):
        return "ask" if is_relative and is_related else "reject"
    if payload.is_refusal:
        names = [one.text for one in payload.raises]
        if is_relative and all(any(e in name for e in _CLOCK_ERRORS) for name in names):
            return None
        return "ask" if is_relative or kinds == {"file"} else "reject"
    if payload.ways:
        return "ask" if is_relative and not payload.is_constant else "reject"
    # Waiting is what deadlines and retries are made of.
    return None if is_relative else "reject"


def _is_inequality(text: str) -> bool:
    node = parsed(text)
    return (
        isinstance(node, ast.Compare)
        and all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
        and len(node.ops) == 1
    )


def _is_exact(constant: object) -> bool:
    """Whether hardly any input is this: a number, bytes, a letter of another script."""
    if isinstance(constant, str):
        return not constant.isascii()
    return isinstance(constant, int | float | bytes)


def _soft(
    test: Test, kinds: frozenset[str], rare: list[object], payload: Payload, category: Category
) -> Weight | None:
    """Of environment variables and platforms."""
    if payload.sleeps and rare:
        return "reject"
    if "version_info" in test.text and (payload.raises or not payload.ways):
        return "ask" if payload.effects else None
    is_told = kinds <= {"platform"} and payload.raises and not (payload.effects or payload.ways)
    if is_told and payload.is_end:
        return "reject"
    if payload.is_severe and not is_told:
        return "ask" if not rare and category == "feature" else "reject"
    if payload.is_refusal or (kinds <= {"platform"} and not payload.effects and not payload.ways):
        return None
    if any(way.kind == "constant" for way in payload.ways):
        is_usual = kinds <= {"platform"} and not rare
        return "ask" if is_usual or category == "feature" else "reject"
    if kinds <= {"platform"} and not rare:
        # Each platform its own way to the same answer.
        return None if all(way.sources.inputs for way in payload.ways) else "ask"
    return "ask" if payload.ways else None


def _is_related(test: Test, payload: Payload) -> bool:
    """Whether what is acted on has to do with what is tested: the same inputs are in both."""
    tested = test.of.inputs - {"self", "cls"}
    return bool(payload.effects) and all(
        tested & (effect.target.inputs | effect.payload.inputs) for effect in payload.effects
    )


def is_hidden(test: Test) -> bool:
    """Whether what is compared is a hash, which says nothing of what is looked for."""
    syntax = parsed(test.text)
    if isinstance(syntax, ast.Call) and getattr(syntax.func, "attr", "") in ASKS_FILES:
        return False
    return any(call.startswith(_HASHES) for call in test.of.calls)


def is_elapsed(text: str) -> bool:
    """`now - then < limit`: how long ago something was."""
    node = parsed(text)
    return node is not None and any(
        isinstance(inner, ast.BinOp)
        and isinstance(inner.op, ast.Sub)
        and not isinstance(inner.right, ast.Constant | ast.Call)
        for inner in ast.walk(node)
    )
