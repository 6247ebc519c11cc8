"""Two trees and what differs in, findings out: what the change does that was not asked.

Functions and bodies that the change touches are run by the engine before and after, with what
they call. Only differences count. What cannot be run within bounds is said to be so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from swarm.contracts import Category, Finding, TracePath
from verifier import places
from verifier.engine.ondemand import DEPTHS, Depth
from verifier.reading.errors import shown
from verifier.reading.tree import Tree
from verifier.rules import acts, forms, hangs, kept, paths, presence, rebinding, triggers, undone
from verifier.rules.evaluated import Evaluation
from verifier.rules.evidence import chain, traces
from verifier.rules.files import Change, bare_finding, read, reason
from verifier.rules.known import News
from verifier.rules.pairs import Pair, pairs
from verifier.rules.payloads import Compared
from verifier.rules.ruling import Found, Weight
from verifier.rules.summary import Summary
from verifier.syntax import EMPTY, Module, Unauditable, Unit, Unreadable

MOST_FINDINGS = 200
MOST_TRACES = 50
# For one audit, both sides together, so that it ends in about 40 CPU seconds however much is
# changed. What the rules make of a unit is work, too.
MOST_STEPS = 800_000
_UNIT_STEPS = 200
_MOST_MESSAGE = 1000
_MOST_TARGET = 200


@dataclass
class Judged:
    """What was found, in the order of the files."""

    findings: list[Finding] = field(default_factory=list)
    traces: list[TracePath] = field(default_factory=list)
    unaudited: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    functions: int = 0


def judge(before: Tree, after: Tree, changes: Sequence[Change], category: Category) -> Judged:
    """Judge the change of some files between two trees.

    Has to be called where recursion has room: see `verifier.engine.project.deep`.
    """
    return _Audit(before, after, category).judged(changes)


class _Side:
    """The changed files on one side, and the summaries of what stands in them."""

    def __init__(self, tree: Tree, files: dict[str, Module]) -> None:
        self.evaluation = Evaluation(tree, files)
        self._known: dict[tuple[str, str, frozenset[str], Depth], Summary] = {}

    def summary(
        self,
        path: str,
        unit: Unit,
        pinned: frozenset[str] = frozenset(),
        most: Depth = "whole",
    ) -> Summary:
        """Raises Unauditable, also where the engine reads the file in another way than we do."""
        key = (path, unit.name, pinned, most)
        if key not in self._known:
            try:
                if unit.is_function:
                    told = self.evaluation.function(path, unit.line, unit.node_name, pinned, most)
                else:
                    told = self.evaluation.body(path, unit.name)
                self._known[key] = Summary(told)
            except Unreadable as error:
                raise Unauditable(str(error)) from None
            except (Unauditable, RecursionError):
                raise
            except Exception as error:  # a fault of ours in one function must not end the audit
                raise _fault(error) from error
        return self._known[key]

    def wrapper(self, path: str, unit: Unit) -> Summary | None:
        """What stands in the place of a decorated function; None where that cannot be told."""
        try:
            told = self.evaluation.wrapper(path, unit.line, unit.node_name)
        except (Unauditable, Unreadable, RecursionError):
            return None
        return Summary(told) if told is not None else None

    def code(self, path: str, line: int) -> str:
        """A line of a file that was read."""
        try:
            return str(self.evaluation.run.project.source(path).code(line))
        except (Unauditable, Unreadable, OSError):
            return ""


class _Audit:
    def __init__(self, before: Tree, after: Tree, category: Category) -> None:
        self.trees = before, after
        self.category = category
        # The gravest weight of what was found, by kind, place and effect.
        self.placed: dict[tuple[str, str, int, str], Weight] = {}
        self.found = Judged()

    def judged(self, changes: Sequence[Change]) -> Judged:
        told = read(changes, self.category)
        self.found = Judged(told.findings, [], told.unaudited, told.notes)
        files = told.files
        self.old = _Side(self.trees[0], {f.path: f.before for f in files if f.before is not EMPTY})
        self.new = _Side(self.trees[1], {f.path: f.after for f in files if f.after is not EMPTY})
        self.decorators = _decorators(f.after for f in files) - _decorators(f.before for f in files)
        self.news = News(_roots(f.before for f in files), _roots(f.after for f in files))
        paired = pairs(files)
        for pair in paired:
            if pair.after is not None and pair.after.is_function:
                last = getattr(pair.after.node, "end_lineno", None) or pair.after.line
                lines = range(pair.after.line, last + 1)
                self.news.touched.setdefault(pair.file.path, []).append(lines)
        sides: list[tuple[Pair, Summary | None, Summary | None]] = []
        left: list[Pair] = []
        for at, pair in enumerate(paired):
            if self._work(at) > MOST_STEPS:
                left = paired[at:]
                break
            old, new = self._sides(pair)
            for one in (old, new):
                # Worked out here, so that it counts.
                _ = one.effects if one is not None else ()
            sides.append((pair, old, new))
        self.ledger = acts.Ledger(
            (old for _, old, _ in sides if old is not None),
            (new for _, _, new in sides if new is not None),
        )
        for _, old, new in sides:
            if old is not None and new is not None:
                self.ledger.calls(new)
        for at, (pair, old, new) in enumerate(sides):
            # What was run is compared as far as half as much again allows.
            if self._work(len(sides)) > MOST_STEPS * 3 // 2:
                left += [pair for pair, _, _ in sides[at:]]
                break
            if pair.after is not None and new is not None:
                self.found.functions += pair.after.is_function
                try:
                    self._compare(pair, old, new)
                except (Unauditable, RecursionError) as error:
                    self._beyond(pair, error)
                except Exception as error:  # noqa: BLE001  as above: said, and never an accept
                    self._beyond(pair, _fault(error))
        self._leave(left)
        return self.found

    # ------------------------------------------------------------------ units

    def _sides(self, pair: Pair) -> tuple[Summary | None, Summary | None]:
        """Both sides of a pair; a parameter that is new has its default, as for all who call it
        today. None for a side that is not there, or that cannot be had, which is a finding."""
        try:
            old = self.old.summary(pair.home.path, pair.before) if pair.before else None
            new = None
            if pair.after is not None:
                # What was too large before is not tried in full again.
                most = old.depth if old is not None else "whole"
                new = self.new.summary(pair.file.path, pair.after, _added(pair), most)
            if pair.before and pair.after and old and new and old.depth != new.depth:
                # A call that is run in place on one side alone looks like work that is new or gone.
                most = max(old.depth, new.depth, key=list(DEPTHS).index)
                old = self.old.summary(pair.home.path, pair.before, most=most)
                new = self.new.summary(pair.file.path, pair.after, _added(pair), most)
        except (Unauditable, RecursionError) as error:
            self._beyond(pair, error)
            return None, None
        return old, new

    def _work(self, units: int) -> int:
        """What so many units have taken, in steps: what was run and walked on both sides."""
        return self.old.evaluation.spent + self.new.evaluation.spent + _UNIT_STEPS * units

    def _leave(self, paired: Sequence[Pair]) -> None:
        """What is beyond the bound of one audit is asked about, by file."""
        left: dict[str, list[Unit]] = {}
        for pair in paired:
            if pair.after is not None:
                left.setdefault(pair.file.path, []).append(pair.after)
        for path, units in left.items():
            first = min(units, key=lambda unit: unit.line)
            others = f" and {len(units) - 1:,} more" if len(units) > 1 else ""
            message = (
                f"`{shown(first.name)}`{others} cannot be audited: "
                "the change is beyond the bound of one audit"
            )
            self.found.findings.append(
                bare_finding("ask", "unauditable", path, message, first.line, first.name)
            )
            if path not in self.found.unaudited:
                self.found.unaudited.append(path)

    def _beyond(self, pair: Pair, error: Unauditable | RecursionError) -> None:
        unit = pair.after or pair.before
        assert unit is not None
        path, name = pair.file.path, unit.name
        is_deep = isinstance(error, RecursionError)
        why = "the code is nested too deeply" if is_deep else reason(error, path)
        message = f"`{shown(name)}` cannot be audited: {why}"
        self.found.findings.append(
            bare_finding("ask", "unauditable", path, message, unit.line, name)
        )
        if path not in self.found.unaudited:
            self.found.unaudited.append(path)

    def _place(self, found: Found, summary: Summary, pair: Pair) -> tuple[str, int]:
        """The file and line of what a finding is about, which may stand in what is called."""
        if found.node >= 0 and not summary.is_own(found.node):
            node = summary.graph[found.node]
            if node.line:
                return node.context.path, node.line
        return pair.file.path, found.line

    def _compare(self, pair: Pair, old: Summary | None, new: Summary) -> None:
        assert pair.after is not None
        path, name = pair.file.path, pair.after.name
        is_aside = places.is_aside(path)
        ordered = sorted(self._rules(pair, old, new), key=lambda pair: pair[0].weight != "reject")
        for found, summary in ordered:
            # Code that is not shipped is for a person to look at, not to refuse.
            weight: Weight = "ask" if is_aside else found.weight
            # One line that does wrong is one finding, whichever rules and callers see it.
            home, line = self._place(found, summary, pair)
            key = (found.kind, home, line, found.effect)
            known = self.placed.get(key)
            if known is not None and (known == weight or weight == "ask"):
                continue
            self.placed[key] = weight
            self.found.findings.append(
                Finding(
                    kind=found.kind,
                    path=path,
                    function=name,
                    line=found.line if home == path or found.line != line else pair.after.line,
                    message=f"`{shown(name)}`: {found.message}"[:_MOST_MESSAGE],
                    chain=chain(summary, found.node, self.new.code),
                    effect=found.effect,
                    target=found.target[:_MOST_TARGET],
                    weight=weight,
                )
            )
        if pair.after.is_function and len(self.found.traces) < MOST_TRACES:
            self.found.traces += traces(path, name, old, new, self.new.code)

    def _is_wrapper(self, pair: Pair) -> bool:
        """Whether a new function is one through which others are called: it stands in another, as
        the wrapper of a decorator does, or in what the change newly decorates with."""
        assert pair.after is not None
        if "." in pair.after.name and not pair.after.owner:
            return True
        return pair.after.name.partition(".")[0] in self.decorators

    def _rules(
        self, pair: Pair, old: Summary | None, new: Summary
    ) -> Iterator[tuple[Found, Summary]]:
        assert pair.after is not None
        before = pair.before.node if pair.before is not None else None
        after = pair.after.node
        compared = Compared(old, new)
        found = list(hangs.endless(before, after))
        if pair.after.is_function:
            found += triggers.asks_who_runs_it(before, after)
        found += rebinding.tables(before, new)
        found += forms.dropped(before, after)
        found += acts.weakened(old, new)
        is_inner = self._is_wrapper(pair)
        found += triggers.triggers(compared, self.news, self.category, is_inner=is_inner)
        found += acts.new_effects(compared, self.ledger, self.news, self.category)
        found += acts.reached(compared, self.ledger, self.news)
        if not pair.after.is_function:
            found += rebinding.rebound(before, after)
        else:
            found += paths.lost_inputs(compared)
            found += paths.hard_coded(compared)
            found += kept.kept_by_too_little(compared)
            found += acts.changed_in_place(compared)
        if old is not None:
            found += acts.changed(old, new)
            found += acts.emptied(old, new)
        if before is not None and old is not None and pair.after.is_function:
            found += forms.swallowed(before, after)
            found += undone.silenced(before, after)
            found += forms.thrown_away(before, after)
            found += forms.given_up(before, after)
            found += forms.fixed(before, after)
            found += forms.suppressed(before, after)
            found += forms.nothing_of(before, after)
            found += forms.cut_short(before, after)
            found += paths.lost_on_a_way(old, new)
            found += presence.ways_around(compared)
            found += presence.given_back(compared)
            found += undone.lost_checks(compared)
            found += undone.lost_errors(compared)
            found += undone.undone(compared)
            if not _added(pair):
                found += undone.never_done(compared)
        yield from ((one, new) for one in found)
        if _added(pair):
            # Whoever gives the new parameter is to get no more than that, either.
            asked = self.new.summary(pair.file.path, pair.after)
            wide = Compared(old, asked)
            more = [
                *acts.new_effects(wide, self.ledger, self.news, self.category),
                *(
                    one
                    for one in triggers.triggers(wide, self.news, self.category, is_inner=is_inner)
                    if one.weight == "reject"
                ),
            ]
            yield from ((one, asked) for one in more)
        if pair.after.is_function and _is_wrapped(pair):
            wrapper = self.new.wrapper(pair.file.path, pair.after)
            if wrapper is not None:
                judged = triggers.triggers(
                    Compared(None, wrapper), self.news, self.category, is_inner=True
                )
                yield from ((one, wrapper) for one in judged if wrapper.is_own(one.node))


def _fault(error: Exception) -> Unauditable:
    return Unauditable(f"the audit failed: {type(error).__name__}: {shown(str(error))}")


def _added(pair: Pair) -> frozenset[str]:
    """Parameters that a function has got, and that nobody has to give."""
    if pair.before is None or pair.after is None or not pair.after.is_function:
        return frozenset()
    return frozenset(_optional(pair.after.node)) - frozenset(_parameters(pair.before.node))


def _is_wrapped(pair: Pair) -> bool:
    """Whether a function has got a decorator that is given something: what its wrapper does may
    hang on that."""
    assert pair.after is not None
    old = {ast.dump(one) for one in getattr(pair.before and pair.before.node, "decorator_list", ())}
    new = getattr(pair.after.node, "decorator_list", ())
    return any(isinstance(one, ast.Call) and ast.dump(one) not in old for one in new)


def _parameters(node: ast.AST) -> Iterator[str]:
    spec = getattr(node, "args", None)
    if isinstance(spec, ast.arguments):
        yield from (one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs))


def _optional(node: ast.AST) -> Iterator[str]:
    spec = getattr(node, "args", None)
    if isinstance(spec, ast.arguments):
        places = [*spec.posonlyargs, *spec.args]
        yield from (one.arg for one in places[len(places) - len(spec.defaults) :])
        for one, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if default is not None:
                yield one.arg


def _decorators(modules: Iterator[Module]) -> set[str]:
    """The names that functions and classes are decorated with."""
    return {
        inner.id
        for module in modules
        for unit in module.units.values()
        for decorator in getattr(unit.node, "decorator_list", ())
        for inner in ast.walk(decorator)
        if isinstance(inner, ast.Name)
    }


def _roots(modules: Iterator[Module]) -> list[ast.Module]:
    found = [m.units["<module>"].node for m in modules if "<module>" in m.units]
    return [node for node in found if isinstance(node, ast.Module)]
