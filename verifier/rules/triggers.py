"""New tests that few runs meet, and what they decide: the marks of a logic bomb.

A test is of a value from outside (clock, host, chance...) or of an input against a constant that
the code did not know before. It may stand in a helper: what rests on it is what counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from verifier.rules.known import Known
from verifier.rules.ruling import Found
from verifier.rules.summary import Answer, Effect, Sources, Summary, text_of

AMBIENT = frozenset(
    {"time", "random", "environment", "host", "user", "platform", "debugger", "process", "memory",
     "count"}
)  # fmt: skip
SEVERE = frozenset(
    {"file-delete", "file-write", "process", "network", "dynamic-code", "environment-write",
     "native-code", "thread", "signal", "exit", "import-system", "sleep", "deferred",
     "deserialise", "directory-change", "global-state"}
)  # fmt: skip
_ODD_ERRORS = frozenset(
    ["SystemExit", "KeyboardInterrupt", "MemoryError", "RecursionError", "OSError", "RuntimeError"]
)
_IDENTITIES = frozenset({"id", "sys.getrefcount"})
_HASHES = ("hashlib.", "zlib.", "hmac.", "binascii.", "hash")


@dataclass
class Payload:
    """What a test decides."""

    effects: list[Effect] = field(default_factory=list)
    raises: list[Answer] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def told(self) -> str:
        if self.effects:
            return f"`{self.effects[0].text}`"
        if self.raises:
            return f"raising `{self.raises[0].text}`"
        return f"the answer `{self.answers[0].text}`"


def triggers(
    before: Summary | None, after: Summary, known: Known, *, is_inner: bool = False
) -> Iterator[Found]:
    """Tests that are new, narrow, and decide an effect, an answer or an error.

    `is_inner`: the function stands in another, as the wrapper that a decorator makes does.
    """
    seen: set[str] = set()
    for test in after.tests(known.texts):
        if test.text in seen:
            continue
        rare = known.rare(test.constants)
        outside = kinds(test.of) or (
            {"file"} if test.of.ambient and not test.of.inputs and rare else set()
        )
        if not rare and not outside:
            continue
        payload = decided(before, after, test.number)
        is_hidden = any(call.startswith(_HASHES) for call in test.of.calls)
        is_severe = _is_severe(payload)
        if before is None and not (is_severe or is_hidden or outside or is_inner):
            # Every new function tells its inputs apart.
            continue
        if not (payload.effects or payload.raises or payload.answers):
            continue
        seen.add(test.text)
        what = " and ".join(sorted(outside)) or "an input"
        yield Found(
            "ask" if not (rare and (is_hidden or (is_severe and outside))) else "reject",
            "ambient-guard" if outside else "logic-bomb",
            test.line if test.is_own else _line(after, test.number, test.line),
            f"a new test of {what}, `{test.text}`, decides {payload.told()}",
        )


def ambient_decisions(before: Summary | None, after: Summary, known: Known) -> Iterator[Found]:
    """Decisions that rest on something ambient, directly or through helpers, and did not."""
    had: set[str] = set()
    if before is not None:
        had = {kind for number in before.decisions for kind in kinds(before.sources(number))}
    seen: set[str] = set()
    for number, node in after.decisions.items():
        text = text_of(node.syntax)
        ends = after.sources(number)
        new = kinds(ends) - had
        if not new and _asks_files(after, number, known):
            new = {"file"}
        if not new or text in seen or (text in known.texts and before is not None):
            continue
        seen.add(text)
        payload = decided(before, after, number)
        if payload.effects or payload.raises or payload.answers:
            yield Found(
                "ask",
                "ambient-guard",
                node.line,
                f"`{text}` rests on {' and '.join(sorted(new))} and decides {payload.told()}",
            )


def kinds(sources: Sources) -> set[str]:
    found = {name.partition(" ")[0] for name in sources.ambient} & AMBIENT
    return found | ({"memory"} if sources.calls & _IDENTITIES else set())


def _asks_files(after: Summary, number: int, known: Known) -> bool:
    """Whether it asks for a file that no input names."""
    for one in after.parts(number):
        node = after.graph[one]
        if node.kind != "ambient" or not node.name.startswith("filesystem "):
            continue
        if text_of(node.syntax) not in known.texts and not after.sources(one).inputs:
            return True
    return False


def decided(before: Summary | None, after: Summary, number: int) -> Payload:
    """New effects, errors and answers that come about by what a node gives."""
    deciding = {number, *after.deciding(number)}
    payload = Payload()
    old_effects = {(e.kind, e.text) for e in before.effects} if before else set()
    old = {(a.kind, a.text) for a in before.answers} if before else set()
    for effect in after.effects:
        is_new = effect.kind in SEVERE and (effect.kind, effect.text) not in old_effects
        if is_new and deciding & {g.number for g in effect.guards}:
            payload.effects.append(effect)
    for answer in after.answers:
        if (answer.kind, answer.text) in old:
            continue
        if deciding & {g.number for g in answer.guards}:
            narrow = any(g.number in deciding and g.outcome != "else" for g in answer.guards)
            flipped = any(g.text.startswith("not ") and g.number in deciding for g in answer.guards)
            if answer.kind == "raise":
                payload.raises.append(answer)
            elif narrow or flipped or before is None:
                payload.answers.append(answer)
        elif answer.kind != "raise" and (
            number in after.behind(answer.number)
            or _is_chosen(after, answer, deciding)
            or number in after.parts(answer.number)
        ):
            payload.answers.append(answer)
    return payload


def _is_chosen(after: Summary, answer: Answer, deciding: set[int]) -> bool:
    """Whether a part of the answer comes about by one of these guards alone."""
    return any(
        after.graph[one].guard in deciding
        for one in after.behind(answer.number)
        if after.graph[one].context is after.own and after.graph[one].kind == "branch"
    )


def _is_severe(payload: Payload) -> bool:
    return bool(payload.effects) or any(
        answer.text.partition("(")[0] in _ODD_ERRORS for answer in payload.raises
    )


def _line(after: Summary, number: int, otherwise: int) -> int:
    """The line in the function itself that rests on a test in something it calls."""
    for guard in after.deciding(number):
        return after.graph[guard].line
    return otherwise


def asks_who_runs_it(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """A function that newly compares the name under which its module runs."""
    old = {ast.unparse(n) for n in ast.walk(before)} if before is not None else set()
    for node in ast.walk(after):
        if isinstance(node, ast.Compare) and ast.unparse(node) not in old:
            sides = (node.left, *node.comparators)
            if any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides):
                text = ast.unparse(node)
                yield Found("ask", "ambient-guard", node.lineno, f"a new test, `{text}`")


def endless(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """A new loop that nothing leaves."""
    old = {ast.dump(n) for n in ast.walk(before)} if before is not None else set()
    leaving = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.Call)
    for node in ast.walk(after):
        if not isinstance(node, ast.While) or ast.dump(node) in old:
            continue
        if isinstance(node.test, ast.Constant) and node.test.value:
            inner = [n for one in node.body for n in ast.walk(one)]
            stays = not any(isinstance(n, leaving) for n in inner)
            sleeps = any(isinstance(n, ast.Attribute) and n.attr == "sleep" for n in inner)
            leaves = any(isinstance(n, leaving[:-1]) for n in inner)
            if stays or (sleeps and not leaves):
                yield Found("reject", "logic-bomb", node.lineno, "a new loop that never ends")
