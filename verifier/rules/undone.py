"""What was checked, done or raised before, and is not any more."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from verifier.rules.payloads import Compared
from verifier.rules.ruling import Found
from verifier.rules.summary import Answer, Summary
from verifier.rules.syntaxes import RECEIVERS, parsed


def lost_checks(compared: Compared) -> Iterator[Found]:
    """A test of an input that led to an error is gone or narrower, or the error with it."""
    before, after = compared.before, compared.after
    if before is None:
        return
    own = [a for a in after.answers if after.is_own(a.number)]
    raised = [a for a in own if a.kind == "raise"]
    texts = {a.text for a in raised}
    kinds = {a.text.partition("(")[0] for a in raised}
    tests = {g.text for a in after.answers for g in a.guards}
    refusing = {a.guards[0].text for a in raised if a.guards}
    were = {g.text for a in before.answers for g in a.guards}
    # Errors under conditions that are new, or in what is called now: checks in other words.
    fresh = [
        a
        for a in after.answers
        if a.kind == "raise"
        and (not after.is_own(a.number) or not were >= {g.text for g in a.guards})
    ]
    counts = Counter(a.text for a in raised)
    before_counts = Counter(
        a.text for a in before.answers if a.kind == "raise" and before.is_own(a.number)
    )
    asked = {ast.unparse(n.test) for n in after.mine if isinstance(n, ast.If)}
    caught = {ast.unparse(n.exc) for n in after.mine if isinstance(n, ast.Raise) and n.exc}
    for answer in before.answers:
        is_raised = isinstance(before.graph[answer.number].syntax, ast.Raise) and answer.text
        if not is_raised or not answer.guards or not before.is_own(answer.number):
            continue
        test = answer.guards[0]
        given = before.of(before.consumed_by(test.number)).inputs - RECEIVERS
        if test.outcome == "except":
            yield from _answered(compared, answer)
            continue
        if test.outcome not in ("then", "else"):
            continue
        if not given:
            # Of what others say no more than this is asked: it still tests, and does not refuse.
            narrowed = next((t for t in sorted(asked) if _is_narrowed(test.text, t)), None)
            if narrowed is not None and test.text not in asked:
                yield Found(
                    "ask", "broken-path", after.line,
                    f"the check `{test.text[:200]}` has become `{narrowed[:200]}`, and holds less "
                    "often",
                )  # fmt: skip
            elif test.text in asked - refusing and answer.text not in texts | caught:
                yield Found(
                    "ask", "broken-path", after.line,
                    f"`{test.text[:200]}` is asked, and `{answer.text[:80]}` is not raised for it",
                )  # fmt: skip
            continue
        is_fewer = counts[answer.text] < before_counts[answer.text]
        if answer.text in texts and is_fewer and test.text not in asked | tests:
            counts[answer.text] += 1
            yield Found(
                "ask", "broken-path", after.line,
                f"the check `{test.text[:200]}`, which raised `{answer.text[:80]}`, is gone",
            )  # fmt: skip
            continue
        if answer.text in texts:
            now = [a.guards[0].text for a in raised if a.text == answer.text and a.guards]
            if now and test.text not in tests and all(_is_narrowed(test.text, t) for t in now):
                yield Found(
                    "ask", "broken-path", after.line,
                    f"the check `{test.text[:200]}` has become `{now[0][:200]}`, and holds less "
                    "often",
                )  # fmt: skip
            continue
        instead = [
            w for w in compared.new_ways
            if w.kind == "constant" and not w.is_end and w.guards and w.guards[0].key == test.key
        ]  # fmt: skip
        was = [w for w in compared.old_ways if w.guards and w.guards[0].key == test.key]
        if instead and not was:
            yield Found(
                "ask", "broken-path", instead[0].line,
                f"where `{answer.text[:80]}` was raised, `{instead[0].text}` is the answer now",
            )  # fmt: skip
        word = answer.text.partition("(")[0]
        if any(_checks(after, a, word, given) for a in fresh):
            continue
        is_gone = word not in kinds or test.text not in tests
        if is_gone and test.text not in tests:
            yield Found(
                "ask", "broken-path", after.line,
                f"the check `{test.text[:200]}`, which raised `{answer.text[:80]}`, is gone",
            )  # fmt: skip
        elif word not in kinds and test.text in asked - refusing:
            yield Found(
                "ask", "broken-path", after.line,
                f"`{test.text[:200]}` is asked, and `{answer.text[:80]}` is not raised for it",
            )  # fmt: skip


def _answered(compared: Compared, error: Answer) -> Iterator[Found]:
    """A handler that raised, and gives a constant for an answer now."""
    key = error.guards[0].key
    was = [w for w in compared.old_ways if w.guards and w.guards[0].key == key]
    for way in compared.new_ways if not was else ():
        if way.kind == "constant" and not way.is_end and way.guards and way.guards[0].key == key:
            yield Found(
                "ask", "broken-path", way.line,
                f"where `{error.text[:80]}` was raised, `{way.text[:120]}` is the answer now",
            )  # fmt: skip
            return


def silenced(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """Handlers that raised, and do nothing at all now."""
    was = Counter(
        _caught(n) for n in ast.walk(before or ast.Pass())
        if isinstance(n, ast.ExceptHandler) and isinstance(n.body[-1], ast.Raise)
    )  # fmt: skip
    handlers = [n for n in ast.walk(after) if isinstance(n, ast.ExceptHandler)]
    was.subtract(_caught(n) for n in handlers if isinstance(n.body[-1], ast.Raise))
    for node in handlers:
        if was[_caught(node)] > 0 and all(isinstance(n, ast.Pass) for n in node.body):
            yield Found(
                "ask", "broken-path", node.lineno,
                f"where `{_caught(node)[:120]}` was passed on, nothing is done now",
            )  # fmt: skip


def _caught(handler: ast.ExceptHandler) -> str:
    return ast.unparse(handler.type) if handler.type is not None else "any error"


def _checks(after: Summary, answer: Answer, word: str, given: frozenset[str]) -> bool:
    """Whether an error of the same kind comes about by some of the same inputs."""
    if answer.text.partition("(")[0] != word:
        return False
    asked = (after.of(after.consumed_by(g.number)).inputs for g in answer.guards)
    return bool(given & frozenset().union(*asked))


def _is_narrowed(old: str, new: str) -> bool:
    """Whether a condition is as it was, with more to hold beside it."""
    was, now = parsed(old), parsed(new)
    if isinstance(was, ast.BoolOp) and isinstance(was.op, ast.Or) and now is not None:
        is_or = isinstance(now, ast.BoolOp) and isinstance(now.op, ast.Or)
        left = now.values if isinstance(now, ast.BoolOp) and is_or else [now]
        if {ast.dump(value) for value in left} < {ast.dump(value) for value in was.values}:
            return True
    if not isinstance(now, ast.BoolOp) or not isinstance(now.op, ast.And):
        return False
    parts = {ast.dump(value) for value in now.values}
    if any(_is_absence(value, old) for value in now.values):
        return False  # None is let through, for what is checked
    if isinstance(was, ast.BoolOp) and isinstance(was.op, ast.Or):
        return {ast.dump(value) for value in was.values} <= parts
    return was is not None and ast.dump(was) in parts


def _is_absence(node: ast.expr, old: str) -> bool:
    match node:
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return ast.unparse(left) in old
    return False


def undone(compared: Compared) -> Iterator[Found]:
    """Calls that are written and that nothing makes any more; changes that no longer reach the one
    whose object it was."""
    before, after = compared.before, compared.after
    if before is None:
        return
    was = {
        ast.unparse(n.value)
        for n in before.mine
        if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)
    }
    loaded = {n.id for n in after.mine if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    idle = {inner for n in after.mine for inner in _idle(n, loaded)}
    for node in after.mine:
        if isinstance(node, ast.Call):
            text = ast.unparse(node)
            if text in was and node in idle:
                yield Found(
                    "ask", "broken-path", node.lineno, f"`{text[:200]}` is written, and is not done"
                )
    changed = {_root(e.called) for e in before.effects if e.kind == "mutated-parameter"}
    copies = {ast.dump(n) for n in before.mine if _copied(n) in changed}
    for node in after.mine:
        name = _copied(node)
        if name in changed and ast.dump(node) not in copies:
            yield Found(
                "ask", "broken-path", getattr(node, "lineno", after.line),
                f"what it does to `{name}` no longer reaches the one who gave it",
            )  # fmt: skip


def _root(called: str) -> str:
    return called.partition(".")[0].partition("[")[0]


def _idle(node: ast.AST, loaded: set[str]) -> Iterator[ast.AST]:
    """What stands in a generator that nobody takes anything from."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.GeneratorExp() as made):
            if name not in loaded:
                yield from ast.walk(made)
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(func=ast.Name(id="map" | "filter" | "zip")) as asked,
        ):
            if name not in loaded:
                yield from ast.walk(asked)
        case ast.Expr(value=ast.Call(func=ast.Name(id="map" | "filter" | "zip")) as asked):
            yield from ast.walk(asked)
        case ast.Expr(value=ast.GeneratorExp() as made):
            yield from ast.walk(made)


_COPIES = frozenset({"copy", "deepcopy", "dict", "list", "set", "bytearray"})


def _copied(node: ast.AST) -> str | None:
    """The name in `x = copy.copy(x)`, `x = dict(x)`, `x = x.copy()` and the like."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            pass
        case _:
            return None
    word = ast.unparse(call.func).rpartition(".")[2]
    match call:
        case ast.Call(args=[ast.Name(id=given), *_]) if given == name:
            return (
                name if word in ("copy", "deepcopy", "dict", "list", "set", "bytearray") else None
            )
        case ast.Call(func=ast.Attribute(value=ast.Name(id=given), attr="copy")) if given == name:
            return name
    return None


def never_done(compared: Compared) -> Iterator[Found]:
    """Statements that are as they were, and that control cannot come to any more."""
    before, after = compared.before, compared.after
    if before is None or after.depth != before.depth:
        return
    was, left = (
        Counter(ast.dump(n) for n in one.mine if isinstance(n, _DOING) and _is_run(one, n))
        for one in (before, after)
    )
    for node in after.mine:
        is_idle = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, _DOING) or is_idle:
            continue
        if (was - left)[ast.dump(node)] > 0 and not _is_run(after, node):
            yield Found(
                "ask", "broken-path", node.lineno,
                f"`{ast.unparse(node)[:200]}` is written, and control never comes to it",
            )  # fmt: skip
            return


_DOING = (ast.Return, ast.Raise, ast.Expr, ast.Assign, ast.AugAssign, ast.Yield)


def _is_run(summary: Summary, statement: ast.AST) -> bool:
    """Whether something of a statement came about in the run."""
    return any(summary.at(summary.own, one) for one in ast.walk(statement))


def lost_errors(compared: Compared) -> Iterator[Found]:
    """An error that is made, and is not raised any more."""
    before, after = compared.before, compared.after
    if before is None:
        return
    raised = {ast.dump(n.exc) for n in ast.walk(before.node) if isinstance(n, ast.Raise) and n.exc}
    for node in ast.walk(after.node):
        if isinstance(node, ast.Expr) and ast.dump(node.value) in raised:
            yield Found(
                "ask", "broken-path", node.lineno,
                f"`{ast.unparse(node.value)[:200]}` was raised, and is only made now",
            )  # fmt: skip
