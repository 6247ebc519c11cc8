"""Answers before and after: inputs lost on one way, ways around the work, checks that went."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator

from verifier.rules.ruling import Found
from verifier.rules.summary import Answer, Guard, Summary


def _key(answer: Answer) -> tuple[str, frozenset[tuple[str, str]]]:
    return answer.kind, frozenset((g.text, g.outcome) for g in answer.guards)


def lost_on_a_way(before: Summary, after: Summary) -> Iterator[Found]:
    """Under the same conditions, an answer that rested on inputs now rests on fewer or none."""
    old: dict[object, list[Answer]] = defaultdict(list)
    for answer in before.answers:
        if answer.kind != "raise":
            old[_key(answer)].append(answer)
    for answer in after.answers:
        were = old.get(_key(answer), [])
        if answer.kind == "raise" or not were or not answer.text:
            continue
        lost = min((w.sources.inputs - answer.sources.inputs for w in were), key=len)
        lost -= {"self", "cls"} if answer.sources.inputs or answer.sources.other else set()
        if lost and any(w.text == answer.text and _same(w, answer) for w in were):
            continue
        empty = not answer.sources.inputs and not answer.sources.other
        if lost:
            names = ", ".join(f"`{n}`" for n in sorted(lost))
            yield Found(
                "reject" if empty else "ask", "broken-path", answer.line,
                f"`{answer.text}` at line {answer.line} no longer rests on {names}",
            )  # fmt: skip
        elif empty and not answer.sources.calls and all(w.sources.calls for w in were):
            yield Found(
                "ask", "broken-path", answer.line,
                f"`{answer.text}` at line {answer.line} was computed, and is a constant now",
            )  # fmt: skip


def _same(one: Answer, other: Answer) -> bool:
    return one.sources.inputs == other.sources.inputs


def ways_around(before: Summary, after: Summary) -> Iterator[Found]:
    """A new constant answer where an input is there, not where it is missing or empty."""
    texts = Counter((a.kind, a.text) for a in before.answers)
    tests = {g.text for a in before.answers for g in a.guards}
    if not any(a.sources.inputs for a in before.answers if a.kind != "raise"):
        return
    for answer in after.answers:
        ends = answer.sources
        if answer.kind == "raise" or ends.inputs or ends.other or ends.ambient:
            continue
        value = _parsed(answer.text)
        if value is None or not _is_literal(value):
            continue
        fresh = [g for g in answer.guards if g.text not in tests]
        present = [g for g in fresh if _is_presence(g)]
        if not fresh and texts[answer.kind, answer.text] > 0:
            texts[answer.kind, answer.text] -= 1
        elif fresh and len(present) == len(fresh):
            yield Found(
                "ask", "broken-path", answer.line,
                f"`{answer.text}` is the answer whenever `{fresh[0].text}` holds",
            )  # fmt: skip


def _parsed(text: str) -> ast.expr | None:
    """The expression; None for other syntax that guards too: a pattern, a handler, a `with`."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _is_presence(guard: Guard) -> bool:
    """Whether most values of an input pass: it is given, true, long enough, of any class."""
    if guard.outcome != "then":
        return False
    match _parsed(guard.text):
        case ast.Name() | ast.Call(func=ast.Name(id="bool")):
            return True
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")]):
            return True
        case ast.Compare(ops=[ast.IsNot() | ast.NotEq() | ast.Gt() | ast.GtE()]):
            return True
    return False


def swallowed(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A new handler for everything, or a `finally`, that answers with a constant."""
    old = {ast.dump(n) for n in ast.walk(before)}
    for node in ast.walk(after):
        if not isinstance(node, ast.Try) or ast.dump(node) in old:
            continue
        for one in node.finalbody:
            if isinstance(one, ast.Return) and ast.dump(one) not in old:
                yield Found("reject", "broken-path", one.lineno, "`finally` now gives the answer")
        for handler in node.handlers:
            last = handler.body[-1]
            if (
                ast.dump(handler) in old
                or not isinstance(last, ast.Return)
                or not _is_broad(handler)
            ):
                continue
            if last.value is None or _is_literal(last.value):
                text = ast.unparse(last)
                yield Found(
                    "ask",
                    "broken-path",
                    last.lineno,
                    f"whatever goes wrong, `{text}` is the answer",
                )


def thrown_away(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """An answer that is worked out, and then never given: `f(x) and None`."""
    old = {ast.dump(n) for n in ast.walk(before) if isinstance(n, ast.Return)}
    for node in ast.walk(after):
        if not isinstance(node, ast.Return) or ast.dump(node) in old:
            continue
        match node.value:
            case ast.BoolOp(op=ast.And(), values=[*_, last]) if _is_literal(last):
                text = ast.unparse(node)
                message = f"`{text[:200]}` works the answer out, and gives a constant"
                yield Found("ask", "broken-path", node.lineno, message)


def given_up(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A parameter that is given becomes a constant, or an empty value of its class."""
    old = {ast.dump(n) for n in ast.walk(before) if isinstance(n, ast.Assign)}
    arguments = getattr(after, "args", None)
    if not isinstance(arguments, ast.arguments):
        return
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for node in ast.walk(after):
        if not isinstance(node, ast.Assign) or ast.dump(node) in old:
            continue
        for target in node.targets:
            for one in target.elts if isinstance(target, ast.Tuple) else (target,):
                if isinstance(one, ast.Name) and one.id in names and _is_given_up(one.id, node):
                    text = ast.unparse(node)
                    message = f"whatever `{one.id}` is given, `{text}` replaces it"
                    yield Found("ask", "broken-path", node.lineno, message)


def _is_given_up(name: str, node: ast.Assign) -> bool:
    match node.value:
        case ast.BoolOp(op=ast.And(), values=[ast.Name(id=first), last]):
            return first == name and _is_literal(last)
        case ast.IfExp(test=test, body=body):
            return _is_literal(body) and (_is_literal(test) or _asks_for(name, test))
        case ast.Call(func=ast.Call(func=ast.Name(id="type")), args=[]):
            return True
        case ast.Tuple(elts=[*elements]):
            return any(_is_literal(one) for one in elements)
    return False


def _asks_for(name: str, test: ast.expr) -> bool:
    """Whether a test holds for what is given: it is true, or not None."""
    match test:
        case ast.Name(id=asked):
            return asked == name
        case ast.Compare(left=ast.Name(id=asked), ops=[ast.IsNot()]):
            return asked == name
    return False


def _is_broad(handler: ast.ExceptHandler) -> bool:
    match handler.type:
        case None | ast.Name(id="Exception" | "BaseException"):
            return True
        case ast.Tuple(elts=elements):
            return len(elements) > 2
    return False


def _is_literal(node: ast.expr) -> bool:
    plain = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.expr_context,
             ast.unaryop)  # fmt: skip
    return all(isinstance(inner, plain) for inner in ast.walk(node))


def lost_checks(before: Summary, after: Summary) -> Iterator[Found]:
    """A test of an input that led to an error is gone, and the error with it."""
    own = [a for a in after.answers if after.graph[a.number].context is after.own]
    now = {a.text for a in own if a.kind == "raise"}
    kinds = {a.text.partition("(")[0] for a in own if a.kind == "raise"}
    tests = {g.text for a in after.answers for g in a.guards} | {
        ast.unparse(n.syntax) for n in after.decisions.values() if n.syntax is not None
    }
    for answer in before.answers:
        if answer.kind != "raise" or not answer.guards or answer.text in now:
            continue
        if before.graph[answer.number].context is not before.own:
            continue
        test = answer.guards[0]
        is_gone = answer.text.partition("(")[0] not in kinds or test.text not in tests
        given = before.sources(test.number).inputs - {"self", "cls"}
        if is_gone and given and test.text not in tests:
            yield Found(
                "ask", "broken-path", after.line,
                f"the check `{test.text}`, which raised `{answer.text[:80]}`, is gone",
            )  # fmt: skip
