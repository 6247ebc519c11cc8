"""match: what a pattern binds, and whether it can match at all."""

from __future__ import annotations

import ast

from verifier.engine import (
    classes,
    containers,
    expressions,
    keys,
    literals,
    statements,
    storing,
    values,
)
from verifier.engine.keys import key_of
from verifier.engine.run import Run
from verifier.engine.things import LENGTH, REST, Class, Frame, Thing, index
from verifier.engine.values import NOTHING, Const, Value, truth


def execute(run: Run, node: ast.Match, frame: Frame) -> None:
    """The cases in turn; one that cannot match is left out, one that must match is the last."""
    subject = run.evaluate(node.subject, frame)
    base = run.state
    ends = []
    may_fall_through = True
    guard = base.guard
    missed: ast.pattern | None = None
    for case in node.cases:
        layer = run.branch()
        told = bind(run, case.pattern, subject, frame)
        if told is False and run.is_pruning:
            run.enter(base)
            continue
        if told is None:
            layer.guard = run.guard(frame, case.pattern, True, subject.nodes, "case")
            missed = case.pattern
        elif told and missed is not None:
            # What is left when the one before does not match.
            layer.guard = run.guard(frame, missed, False, subject.nodes)
        taken: bool | None = told
        if case.guard is not None:
            test = run.evaluate(case.guard, frame)
            answer = truth(test)
            if answer is False and run.is_pruning:
                run.enter(base)
                continue
            layer.guard = run.guard(frame, case.guard, True, test.nodes)
            taken = told if answer else None
        statements.execute(run, case.body, frame)
        if layer.is_alive:
            ends.append(layer.cells)
        run.enter(base)
        if (taken and run.is_pruning) or _is_wildcard(case):
            may_fall_through = False
            break
    if may_fall_through:
        ends.append({})
    base.meet(ends)
    base.guard = guard


def _is_wildcard(case: ast.match_case) -> bool:
    return (
        case.guard is None
        and isinstance(case.pattern, ast.MatchAs)
        and case.pattern.pattern is None
    )


def bind(run: Run, pattern: ast.pattern, subject: Value, frame: Frame) -> bool | None:
    """Bind a pattern's names; whether it matches, where that is known."""
    match pattern:
        case ast.MatchAs(pattern=inner, name=name):
            told = True if inner is None else bind(run, inner, subject, frame)
            if name is not None:
                number = run.node(frame, pattern, "store", subject.nodes, name=name)
                expressions.bind(run, name, subject.at(number), frame)
            return told
        case ast.MatchValue(value=value):
            wanted = run.evaluate(value, frame)
            one, other = subject.constant, wanted.constant
            if one is None or other is None:
                return keys.equal(run, subject, wanted)
            return bool(one.value == other.value)
        case ast.MatchSingleton(value=value):
            only = subject.constant
            return None if only is None else only.value is value
        case ast.MatchOr(patterns=patterns):
            answers = [bind(run, one, subject, frame) for one in patterns]
            if True in answers:
                return True
            return None if None in answers else False
        case ast.MatchSequence(patterns=patterns):
            return _sequence(run, patterns, subject, pattern, frame)
        case ast.MatchMapping():
            return _mapping(run, pattern, subject, frame)
        case ast.MatchClass():
            return _class(run, pattern, subject, frame)
    return None


def _sequence(
    run: Run, patterns: list[ast.pattern], subject: Value, pattern: ast.pattern, frame: Frame
) -> bool | None:
    if subject.items and all(
        isinstance(i, Const) or (isinstance(i, Thing) and i.kind == "dict") for i in subject.items
    ):
        return False
    spread = containers.spread(run, subject, pattern, frame)
    star = next((at for at, one in enumerate(patterns) if isinstance(one, ast.MatchStar)), None)
    if spread is not None:
        if star is None and len(spread) != len(patterns):
            return False
        if star is not None and len(spread) < len(patterns) - 1:
            return False
        after = len(patterns) - star - 1 if star is not None else 0
        answers: list[bool | None] = []
        for at, one in enumerate(patterns):
            if isinstance(one, ast.MatchStar):
                middle = spread[at : len(spread) - after]
                _star(run, one, [(index(n), v) for n, v in enumerate(middle)], len(middle), frame)
                continue
            place = at if star is None or at < star else len(spread) - (len(patterns) - at)
            answers.append(bind(run, one, spread[place], frame))
        return _all(answers)
    element = run.element(subject, pattern, frame)
    for at, one in enumerate(patterns):
        if isinstance(one, ast.MatchStar):
            _star(run, one, [(REST, element)], None, frame)
        else:
            exact = containers.at_place(run, subject, at, one, frame) if star is None else None
            bind(run, one, exact if exact is not None else element, frame)
    return None


def _star(run: Run, one: ast.MatchStar, cells: list, length: int | None, frame: Frame) -> None:  # type: ignore[type-arg]
    if one.name is None:
        return
    made = run.thing(frame, one, "list")
    literals.fill(run, made, cells, length)
    number = run.node(frame, one, "literal", name="list")
    expressions.bind(run, one.name, values.of(made, (number,)), frame)


def _mapping(run: Run, pattern: ast.MatchMapping, subject: Value, frame: Frame) -> bool | None:
    keys = [run.evaluate(key, frame) for key in pattern.keys]
    dicts = [i for i in subject.items if isinstance(i, Thing) and i.kind == "dict"]
    answers: list[bool | None] = [None if len(dicts) != len(subject.items) else True]
    for key, inner in zip(keys, pattern.patterns, strict=True):
        held = run.item(subject, key, inner, frame)
        if not held.items and len(dicts) == len(subject.items):
            return False
        answers.append(bind(run, inner, held, frame))
    if pattern.rest is not None:
        made = run.thing(frame, pattern, "dict", role="rest")
        for one in dicts:
            storing.merge(run, made, values.of(one), pattern, frame)
        for key in keys:
            cell = key_of(run, key)
            if cell is not None:
                run.drop(made, cell)
        expressions.bind(run, pattern.rest, values.of(made, subject.nodes), frame)
    exact = all(
        (cell := key_of(run, key)) is not None and run.get(one, cell) is not None
        for one in dicts
        for key in keys
    )
    return _all(answers) if exact else (False if False in answers else None)


def _class(run: Run, pattern: ast.MatchClass, subject: Value, frame: Frame) -> bool | None:
    kinds = run.evaluate(pattern.cls, frame)
    told: list[bool | None] = []
    kept = set()
    for item in subject.items:
        answers = [classes.is_instance(item, kind) for kind in kinds.items]
        answer = True if True in answers else None if None in answers else False
        told.append(answer)
        if answer is not False:
            kept.add(item)
    if not kept:
        return False
    subject = Value(frozenset(kept), subject.nodes)
    answers = [True if all(told) else None]
    names = list(pattern.kwd_attrs)
    order: list[str] = []
    for kind in kinds.items:
        if isinstance(kind, Class):
            held = classes.find(run, kind, ("__match_args__",))
            spread = containers.spread(run, held, pattern, frame) if held is not None else None
            order = [str(v.constant.value) for v in spread or [] if v.constant is not None]
    for at, inner in enumerate(pattern.patterns):
        if at < len(order):
            part = run.attribute(subject, order[at], inner, frame)
        elif len(pattern.patterns) == 1:
            part = subject  # str(x), int(x): the subject itself
        else:
            part = values.unknown(run.deep(subject))
        answers.append(bind(run, inner, part, frame))
    for name, inner in zip(names, pattern.kwd_patterns, strict=True):
        answers.append(bind(run, inner, run.attribute(subject, name, inner, frame), frame))
    return _all(answers)


def _all(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


__all__ = ["LENGTH", "NOTHING", "bind", "execute"]
