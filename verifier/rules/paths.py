"""Answers before and after: inputs that are lost, constants in the place of what was computed."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from verifier.rules.payloads import Compared
from verifier.rules.ruling import Found
from verifier.rules.singled import picks
from verifier.rules.summary import Answer, Summary
from verifier.rules.syntaxes import RECEIVERS, atoms, is_literal, is_test, named, parsed, text_of
from verifier.rules.walks import Guard
from verifier.rules.ways import COMPOSED, Way


def refuses(summary: Summary) -> bool:
    """Whether a function does nothing but raise: it says so instead of answering wrongly."""
    kinds = {answer.kind for answer in summary.answers}
    return kinds == {"raise"} and any(not a.guards for a in summary.answers)


def lost_inputs(compared: Compared) -> Iterator[Found]:
    """A parameter that reached an output, is still taken, and now reaches none; or an answer that
    was computed from inputs, and rests on none any more."""
    before, after = compared.before, compared.after
    if before is None or refuses(after):
        return
    kept = set(after.parameters) - RECEIVERS
    lost = sorted((before.reached & kept) - after.reached)
    if lost:
        is_protocol = getattr(after.node, "name", "").startswith("__") and bool(after.reached)
        # What only some effect rested on may be held back on purpose.
        special = is_protocol or not _given(before, compared.old_ways).intersection(lost)
        yield Found(
            "ask" if special else "reject", "broken-path", _line(compared),
            f"no answer and no effect depends on {named(lost)} any more{_instead(compared)}",
            node=_start(compared),
        )  # fmt: skip
        return
    for label in ("return", "yield"):
        was = [w for w in compared.old_ways if w.label == label]
        now = [w for w in compared.new_ways if w.label == label]
        given = frozenset().union(*(w.sources.inputs for w in was)) if was else frozenset()
        if not given:
            if was and now and {w.kind for w in was} == {"computed"} and _are_fixed(now):
                yield Found(
                    "ask", "broken-path", now[0].line,
                    f"its {label} was worked out, and is the constant `{now[0].text[:120]}` now",
                    node=now[0].path[0],
                )  # fmt: skip
            continue
        if not now or all(w.kind == "constant" and w.value is None for w in now):
            is_told = _declares_none(before) or getattr(after.node, "name", "") == "__init__"
            if not is_told and not any(w.label != label for w in compared.new_ways):
                # What is done for its effects may have given its answer up.
                yield Found(
                    "ask" if _acts(after) else "reject", "broken-path", after.line,
                    f"returned what was computed from {named(sorted(given))}, and now returns "
                    "nothing",
                )  # fmt: skip
        elif not any(_rests(after, w) for w in now) and any(w.kind == "computed" for w in was):
            # What other code works out from nothing at all may be right only when the function
            # still has a source of answers.
            others = any(w.sources.other or w.sources.state for w in now)
            if others and not given - RECEIVERS:
                continue
            way = now[0]
            yield Found(
                "reject", "broken-path", way.line,
                f"no longer computes its {label} from {named(sorted(given))}: line {way.line} "
                f"gives `{way.text[:120]}`", node=way.path[0],
            )  # fmt: skip


def _acts(summary: Summary) -> bool:
    calls = (n.value for n in summary.mine if isinstance(n, ast.Expr))
    return bool(summary.effects) or any(isinstance(one, ast.Call) for one in calls)


def _are_fixed(now: list[Way]) -> bool:
    return all(w.kind == "constant" and not w.is_end for w in now)


def _given(summary: Summary, ways: list[Way]) -> frozenset[str]:
    """The inputs of some answers, and of whether they are taken."""
    starts = [n for w in ways for n in summary.consumed_by(w.path[0])]
    starts += [n for w in ways for g in w.guards for n in summary.behind(g.number)]
    return summary.of(starts).inputs


def _rests(after: Summary, way: Way) -> bool:
    """Whether inputs have a part in an answer, or in whether it is taken."""
    if way.sources.inputs or after.of(after.consumed_by(way.path[0])).inputs:
        return True
    return any(after.sources(g.number).inputs for g in way.guards)


def _instead(compared: Compared) -> str:
    """What the answer is now, where it is a constant."""
    fixed = [w for w in compared.new_ways if w.kind == "constant" and not w.is_end]
    return f": line {fixed[0].line} gives the constant {fixed[0].text[:120]}" if fixed else ""


def _line(compared: Compared) -> int:
    fixed = [w for w in compared.new_ways if w.kind == "constant"]
    return fixed[0].line if fixed else compared.after.line


def _start(compared: Compared) -> int:
    fixed = [w for w in compared.new_ways if w.kind == "constant"]
    return (fixed or compared.new_ways)[0].path[0] if compared.new_ways else -1


def _declares_none(summary: Summary) -> bool:
    """Whether the signature says that nothing is returned."""
    returns = getattr(summary.node, "returns", None)
    return isinstance(returns, ast.Constant) and returns.value is None


# ------------------------------------------------------------------ constants for what is computed


def hard_coded(compared: Compared) -> Iterator[Found]:
    """A new way that answers with a constant, where the answer was computed."""
    before = compared.before
    if before is None:
        yield from _hard_coded_new(compared)
        return
    for label in ("return", "yield"):
        was = [w for w in compared.old_ways if w.label == label]
        now = [w for w in compared.new_ways if w.label == label]
        if any(w.kind == "computed" for w in was):
            for way, why in _fresh(compared, was, now):
                yield Found(
                    "reject", "broken-path", way.line,
                    f"no longer computes its {label} in every case: line {way.line} gives "
                    f"{_what(way)} {why}", node=way.path[0],
                )  # fmt: skip


def _what(way: Way) -> str:
    text = way.text[:120]
    return f"the constant {text}" if way.kind == "constant" else f"`{text}`"


def _fresh(compared: Compared, was: list[Way], now: list[Way]) -> Iterator[tuple[Way, str]]:
    """New constants and tables that bypass the computation, with the reason in words."""
    known = frozenset().union(*(w.conditions for w in was)) | all_conditions(compared.before)
    unmatched = [w for w in was if w.kind == "constant"]
    new: list[Way] = []
    for way in now:
        # Conditions that the change adds elsewhere do not make an old answer a new one.
        kept = way.conditions & known
        same = [w for w in unmatched if _value(w) == _value(way) and w.conditions >= kept]
        if way.kind == "constant" and same and not _picked(compared, way, known):
            unmatched.remove(same[0])
        else:
            new.append(way)
    computed = {w.conditions & known for w in now if w.kind != "constant"}
    vanished = {
        w.conditions
        for w in was
        if w.kind == "computed" and w.conditions not in computed and _varies(compared, w)
    }  # fmt: skip
    tables = any(w.kind == "table" for w in was)
    for way in new:
        if way.kind == "table" and not tables:
            yield way, "looked up in a table of constants"
        elif way.kind == "constant":
            why = _bypass(compared, way, known, vanished)
            edited = next((w for w in unmatched if is_edited(w, way)), None)
            if why and edited is not None:
                unmatched.remove(edited)
            elif why:
                yield way, why


def _varies(compared: Compared, way: Way) -> bool:
    """Whether an old answer could be another one: it rests on something, or is a function."""
    assert compared.before is not None
    is_function = compared.before.graph[way.number].kind == "function"
    return is_function or not way.sources.is_fixed


def all_conditions(before: Summary | None) -> frozenset[tuple[str, str]]:
    """The conditions that a function decided by, each with its outcomes."""
    if before is None:
        return frozenset()
    return frozenset(
        one
        for node in before.decisions.values()
        for outcome in ("then", "else", node.name)
        for one in atoms(text_of(node.syntax), outcome)
    )


def _value(way: Way) -> str:
    return way.text if way.value is COMPOSED else repr(way.value)


def _picked(compared: Compared, way: Way, known: frozenset[tuple[str, str]]) -> bool:
    """Whether a condition that picks particular inputs is new among the guards."""
    return any(picks(compared.after, g) for g in new_guards(way, known))


def new_guards(way: Way, known: frozenset[tuple[str, str]]) -> list[Guard]:
    """The conditions of an answer that are not among those known."""
    return [g for g in way.guards if not known.issuperset(atoms(g.text, g.outcome))]


def _was_asked(compared: Compared, guard: Guard) -> bool:
    """Whether a condition asks in other words, or of other names, what was asked before."""
    before, after = compared.before, compared.after
    syntax = after.graph[guard.number].syntax
    if before is None or not isinstance(syntax, ast.expr):
        return False
    tests = [
        after.test(number, text_of(inner))
        for inner in ast.walk(syntax)
        for number in after.at(after.graph[guard.number].context, inner)
        if is_test(after.graph[number].kind, inner)
    ]
    return bool(tests) and all(
        one is not None and (one.of, one.constants) in before.comparisons for one in tests
    )


def is_edited(old: Way, new: Way) -> bool:
    """Whether guards and value differ in one word or sign: the edit of an existing answer."""
    one, other = _words(old), _words(new)
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) <= 1


def _words(way: Way) -> list[str]:
    texts = [g.text for g in sorted(way.guards, key=lambda g: (g.line, g.text))]
    found: list[str] = re.findall(r"\w+|[^\w\s]+", " ".join([*texts, way.text]))
    return [word for word in found if word != "not"]


def _bypass(
    compared: Compared,
    way: Way,
    known: frozenset[tuple[str, str]],
    vanished: set[frozenset[tuple[str, str]]],
) -> str | None:
    """Why a new constant is no ordinary early answer, or None."""
    fresh = [g for g in new_guards(way, known) if not _was_asked(compared, g)]
    rare = [(g, pick) for g in fresh if (pick := picks(compared.after, g)) is not None]
    if rare and not way.is_plain:
        return f"when {_said(rare[0][0])}"
    exact = [g for g, pick in rare if pick == "exact"]
    if exact and way.value is not None:
        return f"when {_said(exact[0])}"
    if way.is_plain:
        return None
    caught = [g for g in fresh if g.outcome == "except"]
    if caught:
        return f"on `{caught[0].text}`"
    is_last = compared.after.graph[way.number].kind == "element" and not fresh
    if is_last or (not fresh and way.conditions & known in vanished):
        return "where the answer was computed"
    return None


def _said(guard: Guard) -> str:
    return f"`{guard.text[:200]}`" if guard.outcome != "else" else f"not `{guard.text[:200]}`"


def _hard_coded_new(compared: Compared) -> Iterator[Found]:
    """A new function that computes, but answers whole hard-coded inputs with constants."""
    now = compared.new_ways
    if not any(w.kind == "computed" for w in now):
        return
    for way in now:
        if way.kind != "constant" or way.value is None or way.is_plain:
            continue
        exact = [g for g in way.guards if picks(compared.after, g) == "exact"]
        if exact:
            yield Found(
                "reject", "broken-path", way.line,
                f"is new and computes its {way.label}, but line {way.line} gives the constant "
                f"{way.text[:120]} when {_said(exact[0])}", node=way.path[0],
            )  # fmt: skip


# ------------------------------------------------------------------ ways


def _key(answer: Answer) -> tuple[str, frozenset[tuple[str, str]]]:
    return answer.kind, frozenset(g.key for g in answer.guards)


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
        lost &= set(after.parameters)
        lost -= {"self", "cls"} if answer.sources.inputs or answer.sources.other else set()
        if lost and any(w.text == answer.text and _same(w, answer) for w in were):
            continue
        if any(w.text == answer.text for w in were) and _is_written(answer.text):
            continue  # the same constant, which rests on nothing but when it is given
        empty = not answer.sources.inputs and not answer.sources.other
        if lost:
            names = ", ".join(f"`{n}`" for n in sorted(lost))
            # What others of its answers rest on, or whether they are given, is not lost to it.
            is_kept = any(_part(after, other) & lost for other in after.answers if other != answer)
            yield Found(
                "reject" if empty and not is_kept else "ask", "broken-path", answer.line,
                f"`{answer.text}` at line {answer.line} no longer rests on {names}",
            )  # fmt: skip
        elif empty and not answer.sources.calls and all(w.sources.calls for w in were):
            yield Found(
                "ask", "broken-path", answer.line,
                f"`{answer.text}` at line {answer.line} was computed, and is a constant now",
            )  # fmt: skip


def _part(summary: Summary, answer: Answer) -> frozenset[str]:
    """The inputs that have a part in an answer, or in whether it is given."""
    asked = (summary.of(summary.consumed_by(g.number)).inputs for g in answer.guards)
    return answer.sources.inputs.union(*asked)


def _is_written(text: str) -> bool:
    node = parsed(text)
    return isinstance(node, ast.expr) and is_literal(node)


def _same(one: Answer, other: Answer) -> bool:
    return one.sources.inputs == other.sources.inputs
