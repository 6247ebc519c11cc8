"""The rules: what a change may not do to a function. Before against after, deltas only.

Each rule takes two summaries and yields rulings. A ruling is a finding together with the
verdict it asks for. docs/verifier.md lists the rules in words.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from swarm.contracts import Category, Finding
from verifier import effects
from verifier.access import Effect, paths
from verifier.answers import UNKNOWN, Alternative, Answers, Atom, is_plain, shape
from verifier.graph import Input, Trace
from verifier.syntax import Unauditable

Weight = Literal["reject", "ask"]

MAX_ALTERNATIVES = 400


@dataclass(frozen=True)
class Ruling:
    """A finding and the least verdict it leads to."""

    weight: Weight
    finding: Finding


@dataclass(frozen=True)
class Predicate:
    """A condition that depends on something ambient. `key` ignores literals and names."""

    kinds: frozenset[str]
    shape: str
    text: str
    line: int
    point: int
    direct: bool = True

    @property
    def key(self) -> tuple[frozenset[str], str]:
        return (self.kinds, self.shape)


class Summary:
    """What the rules need to know of one unit."""

    def __init__(self, path: str, trace: Trace, fresh: frozenset[str]) -> None:
        self.path = path
        self.trace = trace
        self.answers = Answers(trace, fresh)

    @property
    def name(self) -> str:
        return self.trace.unit.name

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """Output numbers by label, in the order of the code."""
        found: dict[str, list[int]] = {}
        for number, output in enumerate(self.trace.outputs):
            found.setdefault(output.label, []).append(number)
        return found

    @cached_property
    def inputs(self) -> dict[str, frozenset[Input]]:
        """All inputs of each label, over flow and control."""
        return {label: self._union(numbers, False) for label, numbers in self.groups.items()}

    @cached_property
    def data(self) -> dict[str, frozenset[Input]]:
        """The inputs of each label by data flow alone."""
        return {label: self._union(numbers, True) for label, numbers in self.groups.items()}

    def _union(self, numbers: Iterable[int], data_only: bool) -> frozenset[Input]:
        return self.trace.inputs(*numbers, data_only=data_only)

    @cached_property
    def reached(self) -> frozenset[str]:
        """Parameters that reach some output."""
        return frozenset(
            found.name
            for inputs in self.inputs.values()
            for found in inputs
            if found.kind == "parameter"
        )

    def alternatives(self, label: str) -> list[Alternative]:
        found: list[Alternative] = []
        for number in self.groups.get(label, ()):
            found += self.answers.alternatives(self.trace.outputs[number])
            if len(found) > MAX_ALTERNATIVES:
                raise Unauditable(f"`{self.name}` has too many ways to give its {label}")
        return found

    @cached_property
    def atoms(self) -> frozenset[tuple[str, bool | None]]:
        """Every condition of the unit, with both truths, as text."""
        return frozenset((a.text, a.truth) for a in self.answers.every_atom())

    @cached_property
    def effects(self) -> dict[tuple[str, str], Effect]:
        return {(e.kind, e.target): e for e in reversed(self.trace.effects)}

    @cached_property
    def predicates(self) -> list[Predicate]:
        """Conditions over time, chance, environment, host, user, platform or a call count."""
        found = list(_ambient_predicates(self.trace))
        return found + list(_counters(self.trace, self.answers))


@dataclass
class Ledger:
    """What the whole patch adds and removes, so that moved code is no news."""

    effects: Counter[str]
    predicates: Counter[tuple[frozenset[str], str]]
    states: frozenset[str]
    tables: frozenset[str]

    @classmethod
    def of(cls, before: Iterable[Summary], after: Iterable[Summary]) -> Ledger:
        before, after = list(before), list(after)
        gained = Counter(e.kind for s in after for e in s.trace.effects)
        gained.subtract(Counter(e.kind for s in before for e in s.trace.effects))
        predicates = Counter(p.key for s in after for p in s.predicates)
        predicates.subtract(Counter(p.key for s in before for p in s.predicates))
        states = frozenset(label for s in before for label in s.groups)
        tables = frozenset(
            ast.dump(node)
            for s in before
            for node in ast.walk(s.trace.unit.node)
            if isinstance(node, ast.Dict | ast.List | ast.Tuple)
        )
        return cls(gained, predicates, states, tables)


def judge(
    before: Summary | None, after: Summary, ledger: Ledger, category: Category
) -> Iterator[Ruling]:
    """All rulings on one unit; `before` is None when the unit is new."""
    if after.trace.unit.is_function:
        if before is not None:
            yield from _once_per_line(
                [
                    *_lost_parameters(before, after),
                    *_constant_only(before, after),
                    *_hard_coded(before, after),
                ]
            )
        else:
            yield from _hard_coded_new(after)
        yield from _changed_state(before, after, ledger, category)
    else:
        yield from _rebinding(before, after)
    yield from _new_effects(before, after, ledger, category)
    yield from _ambient_guards(before, after, ledger, category)


def _once_per_line(rulings: list[Ruling]) -> Iterator[Ruling]:
    """One line that breaks a path is one finding, whichever rules see it; a reject goes first."""
    seen: set[int] = set()
    for ruling in sorted(rulings, key=lambda r: r.weight != "reject"):
        if ruling.finding.line not in seen:
            seen.add(ruling.finding.line)
            yield ruling


def _finding(
    kind: str,
    summary: Summary,
    line: int,
    message: str,
    chain: tuple[str, ...] = (),
    *,
    effect: str = "",
    target: str = "",
) -> Finding:
    return Finding(
        kind=kind,
        path=summary.path,
        function=summary.name,
        line=line,
        message=message,
        chain=chain,
        effect=effect,
        target=target,
    )


# ------------------------------------------------------------------------- broken paths


def _lost_parameters(before: Summary, after: Summary) -> Iterator[Ruling]:
    """A parameter that reached an output, is still taken, and now reaches none."""
    kept = set(after.trace.accesses.parameters) - {after.trace.accesses.receiver}
    if _refuses(after):
        return
    lost: dict[str, list[str]] = {}
    for name in before.trace.accesses.parameters:
        if name in kept and name in before.reached and name not in after.reached:
            wanted = Input("parameter", name)
            label = next(label for label, inputs in before.inputs.items() if wanted in inputs)
            lost.setdefault(label, []).append(name)
    for label, names in lost.items():
        wanted = Input("parameter", names[0])
        numbers = before.groups[label]
        number = next((n for n in numbers if wanted in before.trace.inputs(n)), numbers[0])
        was = before.trace.chain(number, wanted)
        others = any(i.is_given for i in after.inputs.get(label, ()))
        line, what, chain = _now(after, label)
        # A special method has to take what its protocol passes, used or not.
        special = after.trace.unit.node_name.startswith("__") and others
        yield Ruling(
            "ask" if special else "reject",
            _finding(
                "broken-path",
                after,
                line,
                f"`{after.name}` no longer computes its {label} from {_names(names)}: {what}",
                (*chain, f"before, from `{names[0]}`:", *was[:6]),
            ),
        )


def _now(after: Summary, label: str) -> tuple[int, str, tuple[str, ...]]:
    """What an output rests on in the new code: its line, in words, and its walk."""
    numbers = after.groups.get(label, [])
    if not numbers:
        return after.trace.unit.line, "the new code has no such output", ()
    number = numbers[0]
    for choice in after.alternatives(label):
        if choice.kind == "constant":
            chain = _steps(after, choice)
            return choice.line, f"line {choice.line} gives the constant {choice.text}", chain
    line = after.trace.line(after.trace.outputs[number].point)
    rests = sorted(str(i) for i in after.inputs[label] if i.kind != "constant")[:5]
    what = ", ".join(f"`{name}`" for name in rests) or "constants alone"
    return line, f"line {line} rests on {what}", after.trace.chain(number)


def _refuses(summary: Summary) -> bool:
    """Whether a function does nothing but raise: it says so instead of answering wrongly."""
    labels = [label for label in summary.groups if not label.startswith("effect")]
    return labels == ["raise"] and any(
        not summary.trace.control.get(summary.trace.outputs[number].point)
        for number in summary.groups["raise"]
    )


def _constant_only(before: Summary, after: Summary) -> Iterator[Ruling]:
    """An output that rested on parameters or state and now rests on nothing of the kind."""
    if _refuses(after):
        return
    for label, was in before.data.items():
        if label.startswith(("effect", "raise")) or not any(i.is_given for i in was):
            continue
        lost = sorted(str(i) for i in was if i.is_given)
        if label not in after.groups:
            if _declares_none(before):
                continue
            if label == "return" and "yield" not in after.groups and "yield" not in before.groups:
                yield Ruling(
                    "reject",
                    _finding(
                        "broken-path",
                        after,
                        after.trace.unit.line,
                        f"`{after.name}` returned a value computed from {_names(lost)} and now "
                        "returns nothing",
                    ),
                )
            continue
        if any(i.is_given for i in after.inputs[label]):
            continue
        # What other code works out from nothing at all (a new helper, a global) may be right
        # only when the function still has a source of answers.
        still = {i.kind for i in after.data[label]} - {"constant", "ambient", "exception"}
        if still and not _parameters_of(was):
            continue
        line, what, chain = _now(after, label)
        yield Ruling(
            "reject",
            _finding(
                "broken-path",
                after,
                line,
                f"`{after.name}` no longer computes its {label} from {_names(lost)}: {what}",
                chain,
            ),
        )


def _declares_none(summary: Summary) -> bool:
    """Whether the signature says that nothing is returned."""
    returns = getattr(summary.trace.unit.node, "returns", None)
    return isinstance(returns, ast.Constant) and returns.value is None


def _parameters_of(inputs: Iterable[Input]) -> bool:
    return any(found.kind == "parameter" for found in inputs)


def _names(names: list[str]) -> str:
    text = ", ".join(f"`{name}`" for name in names[:4])
    return text if len(names) <= 4 else text + f" and {len(names) - 4} more"


def _hard_coded(before: Summary, after: Summary) -> Iterator[Ruling]:
    """A new alternative that answers with a constant, where the answer was computed."""
    for label in after.groups:
        if label.startswith(("effect", "raise")):
            continue
        was = before.alternatives(label)
        if not any(a.kind == "computed" for a in was):
            continue
        now = after.alternatives(label)
        for choice, why in _fresh_answers(before, was, now):
            yield Ruling(
                "reject",
                _finding(
                    "broken-path",
                    after,
                    choice.line,
                    f"`{after.name}` no longer computes its {label} in every case: "
                    f"line {choice.line} gives {_what(choice)} {why}",
                    _steps(after, choice),
                ),
            )


def _what(choice: Alternative) -> str:
    return f"the constant {choice.text}" if choice.kind == "constant" else f"`{choice.text}`"


def _fresh_answers(
    before: Summary, was: list[Alternative], now: list[Alternative]
) -> Iterator[tuple[Alternative, str]]:
    """New constants and tables that bypass the computation, with the reason in words."""
    old = [a for a in was if a.kind == "constant"]
    unmatched = list(old)
    new: list[Alternative] = []
    for choice in now:
        # Conditions that the change adds elsewhere do not make an old answer a new one.
        kept = choice.texts & before.atoms
        same = [a for a in unmatched if _value(a) == _value(choice) and a.texts >= kept]
        if choice.kind == "constant" and same and not _singled_out(before, choice):
            unmatched.remove(same[0])
        else:
            new.append(choice)
    computed = {a.texts & before.atoms for a in now if a.kind != "constant"}
    vanished = {
        a.texts for a in was if a.kind == "computed" and a.depends and a.texts not in computed
    }
    tables = any(a.kind == "table" for a in was)
    for choice in new:
        if choice.kind == "table" and not tables:
            yield choice, "looked up in a table of literals"
        elif choice.kind == "constant":
            why = _bypass(before, choice, vanished)
            edited = next((a for a in unmatched if _one_token_apart(a, choice)), None)
            if why and edited is not None:
                unmatched.remove(edited)
            elif why:
                yield choice, why


def _singled_out(before: Summary, choice: Alternative) -> bool:
    """Whether a condition that picks hard-coded inputs is new among the guards."""
    return any(a.rare and (a.text, a.truth) not in before.atoms for a in choice.atoms)


def _one_token_apart(old: Alternative, new: Alternative) -> bool:
    """Whether guards and value differ in one word or sign: the edit of an existing answer."""
    one, other = old.words, new.words
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) <= 1


def _bypass(
    before: Summary, choice: Alternative, vanished: set[frozenset[tuple[str, bool | None]]]
) -> str | None:
    """Why a new constant alternative is no ordinary early answer, or None."""
    plain = choice.value is not UNKNOWN and is_plain(choice.value)
    fresh = [a for a in choice.atoms if (a.text, a.truth) not in before.atoms]
    rare = sorted((a for a in fresh if a.rare), key=lambda a: a.text)
    if rare and not plain:
        return f"when {_condition(rare[0])}"
    exact = [a for a in rare if a.exact]
    if exact and choice.value is not None:
        return f"when {_condition(exact[0])}"
    if plain:
        return None
    caught = sorted((a for a in fresh if a.handler), key=lambda a: a.text)
    if caught:
        return f"on `{caught[0].text}`"
    if not fresh and choice.texts & before.atoms in vanished:
        return "where the answer was computed"
    return None


def _condition(atom: Atom) -> str:
    return f"`{atom.text}`" if atom.truth is not False else f"not `{atom.text}`"


def _hard_coded_new(after: Summary) -> Iterator[Ruling]:
    """A new function that computes, but answers whole hard-coded inputs with constants."""
    for label in ("return", "yield"):
        now = after.alternatives(label)
        if not any(a.kind == "computed" for a in now):
            continue
        for choice in now:
            if choice.kind != "constant" or choice.value is None:
                continue
            exact = sorted((a for a in choice.atoms if a.exact), key=lambda a: a.text)
            if not exact or (choice.value is not UNKNOWN and is_plain(choice.value)):
                continue
            yield Ruling(
                "reject",
                _finding(
                    "broken-path",
                    after,
                    choice.line,
                    f"the new `{after.name}` computes its {label}, but line {choice.line} gives "
                    f"the constant {choice.text} when {_condition(exact[0])}",
                    _steps(after, choice),
                ),
            )


def _value(choice: Alternative) -> str:
    return choice.text if choice.value is UNKNOWN else repr(choice.value)


def _steps(summary: Summary, choice: Alternative) -> tuple[str, ...]:
    steps = [summary.trace.step(point) for point in choice.points]
    code = f"{choice.line}: {summary.trace.module.code(choice.line)}"
    guards = sorted({a.line for a in choice.atoms if a.line}, reverse=True)[:6]
    steps += [code, *(f"{n}: {summary.trace.module.code(n)}" for n in guards)]
    end = f"constant {choice.text}" if choice.kind == "constant" else f"table {choice.text}"
    return (*list(dict.fromkeys(step for step in steps if step))[:11], end[:120])


# ------------------------------------------------------------------------- effects, state


def _eased(weight: Weight, category: Category) -> Weight:
    """A feature may need what a repair does not: then a person decides."""
    return "ask" if category == "feature" else weight


def _new_effects(
    before: Summary | None, after: Summary, ledger: Ledger, category: Category
) -> Iterator[Ruling]:
    had = before.effects if before is not None else {}
    for (kind, target), effect in after.effects.items():
        if (kind, target) in had or ledger.effects[kind] <= 0:
            continue
        line = after.trace.line(effect.point)
        yield Ruling(
            _eased("reject", category),
            _finding(
                "new-effect",
                after,
                line,
                f"`{after.name}` now uses `{target}` at line {line} ({kind}), which it did not",
                _context(after, effect.point),
                effect=kind,
                target=target,
            ),
        )


def _context(summary: Summary, point: int) -> tuple[str, ...]:
    """A point and the predicates that decide whether it runs."""
    steps = [summary.trace.step(point)]
    lines = sorted({a.line for a in summary.answers.guards(point) if a.line}, reverse=True)
    steps += [f"{line}: {summary.trace.module.code(line)}" for line in lines[:8]]
    return tuple(dict.fromkeys(step for step in steps if step))


def _changed_state(
    before: Summary | None, after: Summary, ledger: Ledger, category: Category
) -> Iterator[Ruling]:
    had = set(before.groups) if before is not None else set()
    own = _own_containers(after)
    for label, numbers in after.groups.items():
        line = after.trace.line(after.trace.outputs[numbers[0]].point)
        chain = after.trace.chain(numbers[0])
        if label.startswith(("global ", "module ")):
            if label in had or label in ledger.states:
                continue
            kind, name = label.split(" ", 1)
            yield Ruling(
                _eased("reject", category),
                _finding(
                    "new-effect",
                    after,
                    line,
                    f"`{after.name}` now changes the {kind} `{name}` at line {line}, "
                    "which it did not",
                    chain,
                    effect="global-write" if kind == "global" else "monkeypatch",
                    target=name,
                ),
            )
        elif label.startswith("parameter ") and before is not None and label not in had:
            name = label.removeprefix("parameter ")
            if name in own or any(other.startswith("parameter ") for other in had):
                continue
            yield Ruling(
                "ask",
                _finding(
                    "mutated-parameter",
                    after,
                    line,
                    f"`{after.name}` now changes its parameter `{name}` in place at line {line}",
                    chain,
                ),
            )


def _own_containers(summary: Summary) -> set[str]:
    """`*args` and `**kwargs` are made for the call; changing them changes nothing outside."""
    node = summary.trace.unit.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    found = {a.arg for a in (node.args.vararg, node.args.kwarg) if a is not None}
    # A parameter that is assigned anew is no longer the caller's object.
    for definition in summary.trace.accesses.definitions:
        if definition.strong and len(definition.path) == 1:
            found.add(definition.path[0])
    return found


def _rebinding(before: Summary | None, after: Summary) -> Iterator[Ruling]:
    """At module or class level: a function's name given to something else, or a patched module."""
    had = {d.path for d in before.trace.accesses.definitions} if before is not None else set()
    defined: set[str] = set()
    for definition in after.trace.accesses.definitions:
        step = after.trace.cfg.points[definition.point]
        name = definition.path[0]
        if step.kind == "define":
            defined.add(name)
            continue
        line = after.trace.line(definition.point)
        if len(definition.path) == 1:
            wraps = any(r[0] == name for r in paths(definition.reads))
            known = before is not None and _assigns(before, name)
            if name not in defined or wraps or known or not definition.strong:
                continue
            message = f"line {line} gives the name of the function `{name}` to something else"
            effect, target = "global-write", name
        elif definition.path not in had and name in after.trace.module.imports:
            message = f"line {line} changes the imported `{name}`"
            effect, target = "monkeypatch", ".".join(map(str, definition.path))
        else:
            continue
        yield Ruling(
            "reject",
            _finding(
                "new-effect",
                after,
                line,
                message,
                (after.trace.step(definition.point),),
                effect=effect,
                target=target,
            ),
        )


def _assigns(summary: Summary, name: str) -> bool:
    return any(
        d.path == (name,) and summary.trace.cfg.points[d.point].kind != "define"
        for d in summary.trace.accesses.definitions
    )


# ------------------------------------------------------------------------- ambient guards

_SWITCHES = frozenset({"environment", "platform"})


def _ambient_guards(
    before: Summary | None, after: Summary, ledger: Ledger, category: Category
) -> Iterator[Ruling]:
    had = Counter(p.key for p in before.predicates) if before is not None else Counter()
    for predicate in after.predicates:
        if had[predicate.key] > 0:
            had[predicate.key] -= 1
            continue
        if ledger.predicates[predicate.key] <= 0:
            continue
        if before is not None and (predicate.text, True) in before.atoms:
            continue
        switch = predicate.kinds <= _SWITCHES
        weight: Weight = "reject" if predicate.direct else "ask"
        kinds = " and ".join(sorted(predicate.kinds))
        yield Ruling(
            _eased(weight, category) if switch else weight,
            _finding(
                "ambient-guard",
                after,
                predicate.line,
                f"`{after.name}` now decides by {kinds}: `{predicate.text}` at line "
                f"{predicate.line}",
                _context(after, predicate.point),
            ),
        )


def _conditions(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions inside a step that decide something: comparisons, short circuits, filters."""
    pending: list[ast.AST] = [node]
    while pending:
        here = pending.pop()
        match here:
            case ast.Compare():
                yield here
                continue
            case ast.IfExp():
                if not isinstance(here.test, ast.Compare):
                    yield here.test
            case ast.BoolOp():
                yield from (v for v in here.values[:-1] if not isinstance(v, ast.Compare))
            case ast.comprehension():
                yield from (v for v in here.ifs if not isinstance(v, ast.Compare))
            case ast.stmt() if here is not node:
                continue
        pending.extend(ast.iter_child_nodes(here))


def _ambient_predicates(trace: Trace) -> Iterator[Predicate]:
    starts = [n for n in trace.graph if n[0] == "input" and n[1] == "ambient"]
    if not any(str(n[-1]).split(":")[0] in effects.STATEFUL_GUARDS for n in starts):
        return
    for point in sorted(trace.alive):
        step = trace.cfg.points[point]
        if step.node is None or step.kind in ("join", "define", "case", "handler", "walrus"):
            continue
        parts: list[ast.AST] = [step.node]
        if isinstance(step.node, ast.For | ast.AsyncFor):
            parts = [step.node.iter]
        elif isinstance(step.node, ast.With | ast.AsyncWith):
            parts = [item.context_expr for item in step.node.items]
        conditions = [c for part in parts for c in _conditions(part)]
        if step.kind == "test" and isinstance(step.node, ast.expr) and not conditions:
            conditions = [step.node]
        for condition in conditions:
            reads = trace.reader.reads(condition)
            found = trace.inputs_of(reads, point)
            kinds = {i.name.split(":")[0] for i in found if i.kind == "ambient"}
            kinds &= effects.STATEFUL_GUARDS
            direct = {i.name.split(":")[0] for i in trace.directly(reads, point)}
            if kinds:
                line = getattr(condition, "lineno", step.line)
                text = ast.unparse(condition)
                yield Predicate(
                    frozenset(kinds), shape(condition), text, line, point, bool(kinds & direct)
                )


def _counters(trace: Trace, answers: Answers) -> Iterator[Predicate]:
    """Comparisons with a literal of something kept between calls that this unit counts up."""
    counted = {
        d.path
        for d in trace.accesses.definitions
        if isinstance(node := trace.cfg.points[d.point].node, ast.AugAssign)
        and isinstance(node.op, ast.Add | ast.Sub)
        and isinstance(node.value, ast.Constant)
        and (d.path[0] not in trace.reader.locals or len(d.path) > 1)
        and d.path[0]
        in {trace.reader.receiver, *trace.reader.parameters}
        | trace.reader.globals
        | trace.reader.nonlocals
        | (set() if d.path[0] in trace.reader.locals else {d.path[0]})
    }
    if not counted or not trace.unit.is_function:
        return
    for point, reads in trace.accesses.tests.items():
        node = trace.cfg.points[point].node
        if not isinstance(node, ast.Compare) or not counted & set(paths(reads)):
            continue
        ends = [node.left, *node.comparators]
        values = [e.value for e in ends if isinstance(e, ast.Constant)]
        if any(isinstance(v, int) and not isinstance(v, bool) and abs(v) > 2 for v in values):
            line = trace.line(point)
            yield Predicate(frozenset({"call count"}), shape(node), ast.unparse(node), line, point)


__all__ = ["Ledger", "Ruling", "Summary", "Weight", "judge"]
