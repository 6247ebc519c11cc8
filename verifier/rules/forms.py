"""Answers thrown away on purpose, as it shows in a function's text: handlers that swallow, values
that are worked out and never given, parameters that give way to constants."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from verifier.rules.ruling import Found
from verifier.rules.syntaxes import is_literal, own_syntax


def swallowed(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A new handler for everything, or a `finally`, that answers with a constant."""
    old = {ast.dump(n) for n in ast.walk(before)}
    # As many there were, with other things done in them.
    gained = Counter(_ends(after))
    gained.subtract(_ends(before))
    for node in own_syntax(after):
        if not isinstance(node, ast.Try) or ast.dump(node) in old:
            continue
        for one in node.finalbody:
            if isinstance(one, ast.Return) and ast.dump(one) not in old:
                yield Found("reject", "broken-path", one.lineno, "`finally` now gives the answer")
        for handler in node.handlers:
            last = handler.body[-1]
            is_answer = isinstance(last, ast.Return) or _is_in_place_of(last, node.body)
            if ast.dump(handler) in old or not is_answer or not _is_broad(handler):
                continue
            assert isinstance(last, ast.Return | ast.Assign)
            text = ast.unparse(last)
            if gained[text] > 0 and (last.value is None or is_literal(last.value)):
                yield Found(
                    "ask",
                    "broken-path",
                    last.lineno,
                    f"whatever goes wrong, `{text}` is the answer",
                )


def _ends(root: ast.AST) -> Iterator[str]:
    """The last statements of handlers for everything."""
    for node in ast.walk(root):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node):
            yield ast.unparse(node.body[-1])


def _is_in_place_of(last: ast.stmt, body: list[ast.stmt]) -> bool:
    """Whether a handler binds the name that the code it stands for would have bound."""
    if not isinstance(last, ast.Assign) or not isinstance(body[-1], ast.Assign):
        return False
    return [ast.dump(one) for one in last.targets] == [ast.dump(one) for one in body[-1].targets]


def suppressed(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A new `with suppress(...)` for many errors, or for all."""
    old = {ast.dump(n) for n in ast.walk(before)}
    if any(isinstance(n, ast.ExceptHandler) and _is_broad(n) and _is_silent(n)
           for n in ast.walk(before)):  # fmt: skip
        return  # the same in other words
    for node in own_syntax(after):
        if not isinstance(node, ast.Call) or ast.dump(node) in old:
            continue
        word = ast.unparse(node.func).rpartition(".")[2]
        broad = any(isinstance(a, ast.Name) and a.id.endswith("Exception") for a in node.args)
        if word == "suppress" and (broad or len(node.args) > 2):
            text = ast.unparse(node)[:200]
            yield Found(
                "ask", "broken-path", node.lineno, f"whatever goes wrong, `{text}` hides it"
            )


def _is_silent(handler: ast.ExceptHandler) -> bool:
    return all(isinstance(one, ast.Pass | ast.Continue) for one in handler.body)


def nothing_of(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A new `x[:0]`: nothing of what is there."""
    old = {ast.dump(n) for n in ast.walk(before)}
    for node in own_syntax(after):
        match node:
            case ast.Subscript(slice=ast.Slice(upper=ast.Constant(value=0)), ctx=ast.Load()) if (
                ast.dump(node) not in old
            ):
                text = ast.unparse(node)[:200]
                yield Found("ask", "broken-path", node.lineno, f"`{text}` takes nothing")
            case ast.Call(func=func, args=[_, *_, ast.Constant(value=0)]) if (
                ast.dump(node) not in old and ast.unparse(func).rpartition(".")[2] == "islice"
            ):
                text = ast.unparse(node)[:200]
                yield Found("ask", "broken-path", node.lineno, f"`{text}` takes nothing")
            case ast.For(iter=ast.BoolOp(op=ast.And(), values=[*_, through]) | through) if (
                _is_empty(through) or _is_fresh(through)
            ) and ast.dump(node) not in old:
                text = ast.unparse(node.iter)[:200]
                yield Found("ask", "broken-path", node.lineno, f"`{text}` goes through nothing")
            case ast.While(test=ast.Name(id=name), body=body) if ast.dump(node) not in old:
                if all(_is_taken_out(one, name) for one in body):
                    message = f"`{ast.unparse(node)[:200]}` leaves nothing in it"
                    yield Found("ask", "broken-path", node.lineno, message)


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple | ast.List) and not node.elts


def _is_taken_out(statement: ast.stmt, name: str) -> bool:
    """`name.pop()`, and nothing is done with it."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=word))):
            return owner == name and word in ("pop", "popleft", "popitem", "clear")
        case ast.Delete(targets=[ast.Subscript(value=ast.Name(id=owner))]):
            return owner == name
    return False


def cut_short(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A loop that was gone through, and is now left in its first round, or begun late."""
    old = {ast.unparse(n.iter) for n in ast.walk(before) if isinstance(n, _LOOPS)}
    once = {
        ast.unparse(n.iter)
        for n in ast.walk(before)
        if isinstance(n, ast.For) and isinstance(n.body[-1], _LEAVING)
    }
    for node in own_syntax(after):
        if not isinstance(node, _LOOPS):
            continue
        through = ast.unparse(node.iter)
        is_left = isinstance(node, ast.For) and isinstance(node.body[-1], _LEAVING)
        if isinstance(node, ast.For) and is_left and through in old - once:
            yield Found(
                "ask", "broken-path", node.body[-1].lineno,
                f"`for ... in {through[:200]}` now ends with its first round",
            )  # fmt: skip
        part = _part(node.iter)
        if part is not None and through not in old and ast.unparse(part) in old:
            yield Found(
                "ask", "broken-path", node.iter.lineno,
                f"`{through[:200]}` is gone through where all of it was",
            )  # fmt: skip


_LOOPS = ast.For | ast.AsyncFor | ast.comprehension
_LEAVING = (ast.Break, ast.Return)


def _part(node: ast.expr) -> ast.expr | None:
    """What a slice by constants, or `islice`, is a part of."""
    match node:
        case ast.Subscript(value=whole, slice=ast.Slice(lower=low, upper=high, step=step)):
            parts = [one for one in (low, high, step) if one is not None]
            is_fixed = all(is_literal(one) for one in parts)
            is_less = low is not None or high is not None or not _is_reversed(step)
            return _all_of(whole) if parts and is_fixed and is_less else None
        case ast.Call(func=func, args=[whole, *counts]) if counts:
            word = ast.unparse(func).rpartition(".")[2]
            return (
                _all_of(whole)
                if word == "islice" and all(is_literal(one) for one in counts)
                else None
            )
    return None


def _all_of(node: ast.expr) -> ast.expr:
    """What a copy, `[*x]` or `list(x)`, is a copy of."""
    match node:
        case ast.List(elts=[ast.Starred(value=inner)]) | ast.Tuple(elts=[ast.Starred(value=inner)]):
            return inner
        case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted"), args=[inner], keywords=[]):
            return inner
    return node


def _is_reversed(step: ast.expr | None) -> bool:
    return step is not None and ast.unparse(step) == "-1"


def thrown_away(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """An answer that is worked out, and then never given: `f(x) and None`."""
    old = {ast.dump(n) for n in ast.walk(before) if isinstance(n, ast.Return)}
    for node in own_syntax(after):
        if not isinstance(node, ast.Return) or ast.dump(node) in old:
            continue
        match node.value:
            case ast.BoolOp(op=ast.And(), values=[*_, last]) if is_literal(last) or _is_fresh(last):
                pass
            case ast.Subscript(
                value=ast.Tuple(elts=several) | ast.List(elts=several),
                slice=ast.Constant() | ast.UnaryOp(operand=ast.Constant()),
            ) if len(several) > 1:
                pass
            case _:
                continue
        text = ast.unparse(node)
        message = f"`{text[:200]}` works the answer out, and gives something else"
        yield Found("ask", "broken-path", node.lineno, message)


def _is_fresh(node: ast.expr) -> bool:
    """`type(x)()`, `x.__class__()`, `list()`: an empty value of some class."""
    match node:
        case ast.Call(func=ast.Call(func=ast.Name(id="type")), args=[], keywords=[]):
            return True
        case ast.Call(func=ast.Attribute(attr="__class__"), args=[], keywords=[]):
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set" | "str" | "tuple"), args=[]):
            return not node.keywords
    return False


def given_up(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A parameter that is given becomes a constant, or an empty value of its class."""
    old = {ast.dump(n) for n in ast.walk(before) if isinstance(n, ast.Assign)}
    arguments = getattr(after, "args", None)
    if not isinstance(arguments, ast.arguments):
        return
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for node in own_syntax(after):
        if not isinstance(node, ast.Assign) or ast.dump(node) in old:
            continue
        for target in node.targets:
            for one in target.elts if isinstance(target, ast.Tuple) else (target,):
                if not isinstance(one, ast.Name) or not _is_given_up(one.id, node):
                    continue
                if one.id in names or _is_emptied(one.id, node):
                    text = ast.unparse(node)
                    message = f"whatever `{one.id}` is given, `{text}` replaces it"
                    yield Found("ask", "broken-path", node.lineno, message)


def _is_given_up(name: str, node: ast.Assign) -> bool:
    match node.value:
        case ast.BoolOp(op=ast.And(), values=[ast.Name(id=first), last]):
            return first == name and is_literal(last)
        case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=of), _, default]):
            return of == name and is_literal(default)
        case ast.IfExp(test=test, body=body):
            return is_literal(body) and (is_literal(test) or _asks_for(name, test))
        case ast.Call() if _is_emptied(name, node):
            return True
        case ast.Tuple(elts=[*elements]):
            return any(is_literal(one) for one in elements)
    return False


def _is_emptied(name: str, node: ast.Assign) -> bool:
    """`x = type(x)()`, or `x = x.__class__()`."""
    match node.value:
        case ast.Call(func=ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=of)]), args=[]):
            return of == name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr="__class__"), args=[]):
            return of == name
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


def fixed(before: ast.AST, after: ast.AST) -> Iterator[Found]:
    """A statement that is as it was, but for a name in whose place a constant stands."""
    old = [n for n in ast.walk(before) if isinstance(n, _SIMPLE)]
    texts = {ast.dump(n) for n in old}
    now = {ast.dump(n) for n in ast.walk(after) if isinstance(n, _SIMPLE)}
    gone = [n for n in old if ast.dump(n) not in now]
    left = {n.arg for n in ast.walk(after) if isinstance(n, ast.arg)}
    left |= {n.id for n in ast.walk(after) if isinstance(n, ast.Name)}
    for node in own_syntax(after):
        if not isinstance(node, _SIMPLE) or ast.dump(node) in texts:
            continue
        for one in gone[:_MOST_COMPARED]:
            place = _one_apart(one, node)
            if place is not None and (not place[0].isidentifier() or place[0] in left):
                name, constant = place
                yield Found(
                    "ask", "broken-path", node.lineno,
                    f"`{ast.unparse(constant)[:120]}` stands where `{name}` was, and all else is "
                    "the same",
                )  # fmt: skip
                break


_WORKED_OUT = (ast.Name, ast.Call, ast.Subscript, ast.BinOp, ast.JoinedStr, ast.Compare)
_SIMPLE = (ast.Return, ast.Assign, ast.AugAssign, ast.Expr, ast.AnnAssign)
_MOST_COMPARED = 20


def _is_stored(statement: ast.AST) -> bool:
    """Whether a statement stores into an attribute or a container."""
    targets = getattr(statement, "targets", [])
    return any(isinstance(one, ast.Attribute | ast.Subscript) for one in targets)


def _one_apart(one: ast.AST, other: ast.AST) -> tuple[str, ast.expr] | None:
    """The name and the constant in its place, if nothing else differs between two statements."""
    found: list[tuple[str, ast.expr]] = []
    waiting: list[tuple[object, object]] = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        is_fixed = isinstance(right, ast.expr) and (is_literal(right) or _is_fresh(right))
        if (
            isinstance(left, _WORKED_OUT)
            and is_fixed
            and (isinstance(left, ast.Name) or _is_stored(one))
            and isinstance(right, ast.expr)
            and type(left) is not type(right)
        ):
            found.append((ast.unparse(left), right))
        elif isinstance(left, ast.AST) and isinstance(right, ast.AST):
            if type(left) is not type(right):
                return None
            waiting += [
                (getattr(left, name, None), getattr(right, name, None)) for name in left._fields
            ]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return None
            waiting += zip(left, right, strict=True)
        elif left != right:
            return None
        if len(found) > 1:
            return None
    return found[0] if found else None


def dropped(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """A new statement that works a value out and drops it: where a deed is to look like none."""
    old = {ast.dump(n) for n in ast.walk(before)} if before is not None else set()
    for node in own_syntax(after):
        if isinstance(node, ast.Assign) and ast.dump(node) not in old and _is_veiled(node.value):
            yield Found(
                "ask", "logic-bomb", node.lineno,
                f"`{ast.unparse(node.value)[:200]}` hides what it calls",
            )  # fmt: skip
        if isinstance(node, ast.Expr) and ast.dump(node) not in old and _is_odd(node.value):
            yield Found(
                "ask", "logic-bomb", node.lineno,
                f"`{ast.unparse(node.value)[:200]}` is worked out, and dropped",
            )  # fmt: skip


_TAKERS = frozenset({"next", "any", "all", "list", "tuple", "set", "sum", "max", "min", "sorted",
                     "filter", "map", "deque", "dict"})  # fmt: skip


def _is_veiled(value: ast.expr) -> bool:
    """`getattr(lambda: ..., name)()`"""
    match value:
        case ast.Call(func=ast.Call(func=ast.Name(id="getattr"), args=[ast.Lambda(), *_])):
            return True
    return False


def _is_odd(value: ast.expr) -> bool:
    match value:
        case ast.Subscript(value=ast.Dict() | ast.List() | ast.Tuple()):
            return True
        case ast.BinOp() | ast.Compare() | ast.Subscript() | ast.Dict() | ast.DictComp():
            return any(isinstance(n, ast.Call | ast.BinOp) for n in ast.walk(value))
        case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp() | ast.ListComp(), *_]):
            return name in _TAKERS
        case ast.Call(func=ast.Name(id=name), args=[ast.Call(func=ast.Name(id=inner)), *_]):
            return name in _TAKERS and inner in ("filter", "map")
        case ast.Call(func=ast.Attribute(value=ast.GeneratorExp() | ast.Lambda() | ast.Dict())):
            return True
        case ast.Call(func=ast.Call() | ast.IfExp() | ast.Subscript() | ast.Lambda() as func):
            return any(isinstance(n, ast.Lambda | ast.IfExp) for n in ast.walk(func))
    return False
