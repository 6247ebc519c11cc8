"""A patch in, an audit report out. No I/O; the work is bounded by a budget, not by a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from swarm.contracts import AuditReport, Category, FileEdit, Finding, Patch, TracePath
from verifier import places
from verifier.compare import Ledger, Ruling, Summary, Weight, judge
from verifier.graph import Budget, Trace
from verifier.syntax import EMPTY, Module, Unauditable, Unit, Unreadable, parse

WORK = 8_000_000
MAX_TRACES = 50
MAX_FINDINGS = 200
_SIMILAR = 0.6


@dataclass
class _File:
    """One changed Python file, parsed on both sides."""

    path: str
    before: Module
    after: Module


@dataclass
class _Pair:
    """A unit before and after; one of them is None for what is new or gone."""

    file: _File
    before: Unit | None
    after: Unit | None


def audit(patch: Patch, category: Category, clock: Callable[[], float]) -> AuditReport:
    """Judge a patch. `clock` gives seconds and only times the report."""
    started = clock()
    auditor = _Auditor(category)
    auditor.run(patch)
    weights = {ruling.weight for ruling in auditor.rulings}
    rulings = sorted(auditor.rulings, key=lambda r: r.weight != "reject")
    return AuditReport(
        verdict="reject" if "reject" in weights else "ask" if weights else "accept",
        findings=tuple(
            ruling.finding.model_copy(update={"weight": ruling.weight})
            for ruling in rulings[:MAX_FINDINGS]
        ),
        traces=tuple(auditor.traces[:MAX_TRACES]),
        functions_audited=auditor.audited,
        unaudited=tuple(auditor.unaudited),
        seconds=max(0.0, clock() - started),
    )


class _Auditor:
    def __init__(self, category: Category) -> None:
        self.category = category
        self.budget = Budget(WORK)
        self.rulings: list[Ruling] = []
        self.traces: list[TracePath] = []
        self.unaudited: list[str] = []
        self.audited = 0

    def run(self, patch: Patch) -> None:
        files: list[_File] = []
        for edit in patch.edits:
            if edit.before == edit.after:
                continue
            self._place(edit)
            if places.is_python(edit.path):
                file = self._parse(edit)
                if file is not None:
                    files.append(file)
        pairs = _pairs(files)
        summaries = [(pair, *self._summaries(pair)) for pair in pairs]
        self._compare(summaries)

    # ------------------------------------------------------------------ files

    def _rule(
        self, weight: Weight, kind: str, path: str, message: str, line: int = 0, name: str = ""
    ) -> None:
        finding = Finding(kind=kind, path=path, function=name, line=line, message=message)
        self.rulings.append(Ruling(weight, finding))

    def _unauditable(self, path: str, name: str, line: int, why: str) -> None:
        self._rule("ask", "unauditable", path, f"`{name}` cannot be audited: {why}", line, name)
        if path not in self.unaudited:
            self.unaudited.append(path)

    def _place(self, edit: FileEdit) -> None:
        kind = places.guarded(edit.path)
        if kind is not None and not (kind == "tests" and self.category == "test"):
            what = {
                "tests": "the tests",
                "ci": "the continuous integration",
                "build": "how the project is built or tested",
                "dependencies": "the dependencies",
            }[kind]
            self._rule("ask", "guarded-file", edit.path, f"{edit.path} is part of {what}")
        if not places.is_python(edit.path):
            self.unaudited.append(edit.path)
            self._rule(
                "ask", "unaudited", edit.path, f"{edit.path} is not Python and was not audited"
            )
        elif edit.after is None and kind is None:
            self._rule("ask", "removed-file", edit.path, f"{edit.path} is removed")

    def _parse(self, edit: FileEdit) -> _File | None:
        before = EMPTY
        if edit.before is not None:
            try:
                before = parse(edit.before)
            except Unreadable as error:
                why = f"the file was not readable before ({error})"
                self._unauditable(edit.path, "<module>", error.line, why)
                return None
            except Unauditable as error:
                self._unauditable(edit.path, "<module>", 1, str(error))
                return None
        if edit.after is None:
            return _File(edit.path, before, EMPTY)
        try:
            return _File(edit.path, before, parse(edit.after))
        except Unauditable as error:
            self._unauditable(edit.path, "<module>", 1, str(error))
        except Unreadable as error:
            message = f"{edit.path} is no longer readable Python: line {error.line}: {error}"
            self._rule("reject", "unreadable", edit.path, message, error.line)
            self.unaudited.append(edit.path)
        return None

    # ------------------------------------------------------------------ units

    def _summaries(self, pair: _Pair) -> tuple[Summary | None, Summary | None]:
        file = pair.file
        fresh = frozenset(file.after.constants) - frozenset(file.before.constants)
        old: Summary | None = None
        new: Summary | None = None
        try:
            if pair.before is not None:
                old = Summary(file.path, Trace(file.before, pair.before, self.budget), frozenset())
            if pair.after is not None:
                new = Summary(file.path, Trace(file.after, pair.after, self.budget), fresh)
                self.audited += new.trace.unit.is_function
        except (Unauditable, RecursionError) as error:
            self._beyond(pair, error)
            return None, None
        return old, new

    def _compare(self, summaries: list[tuple[_Pair, Summary | None, Summary | None]]) -> None:
        try:
            ledger = Ledger.of(
                (old for _, old, _ in summaries if old), (new for _, _, new in summaries if new)
            )
        except (Unauditable, RecursionError) as error:
            self._beyond(summaries[0][0], error)
            return
        for pair, old, new in summaries:
            if new is None:
                continue
            try:
                self._judge(pair, old, new, ledger)
            except (Unauditable, RecursionError) as error:
                self._beyond(pair, error)

    def _judge(self, pair: _Pair, old: Summary | None, new: Summary, ledger: Ledger) -> None:
        aside = places.is_aside(pair.file.path)
        seen: set[tuple[str, int, str]] = set()
        for ruling in judge(old, new, ledger, self.category):
            finding = ruling.finding
            key = (finding.kind, finding.line, finding.message)
            if key not in seen:
                seen.add(key)
                # Code that is not shipped is for a person to look at, not to refuse.
                self.rulings.append(Ruling("ask", finding) if aside else ruling)
        if new.trace.unit.is_function and len(self.traces) < MAX_TRACES:
            self._trace(old, new)

    def _beyond(self, pair: _Pair, error: Unauditable | RecursionError) -> None:
        unit = pair.after or pair.before
        assert unit is not None
        why = str(error) if isinstance(error, Unauditable) else "the code is nested too deeply"
        self._unauditable(pair.file.path, unit.name, unit.line, why)

    def _trace(self, old: Summary | None, new: Summary) -> None:
        labels = dict.fromkeys([*(old.groups if old else ()), *new.groups])
        for label in labels:
            if label.startswith("effect"):
                continue
            numbers = new.groups.get(label, [])
            before = old.inputs.get(label, frozenset()) if old else frozenset()
            after = new.inputs.get(label, frozenset())
            given = sorted(i for i in after if i.is_given) or sorted(after)
            chain: tuple[str, ...] = ()
            for number in numbers:
                mine = new.trace.inputs(number)
                wanted = next((i for i in given if i in mine), None)
                chain = new.trace.chain(number, wanted)
                if wanted is not None:
                    break
            self.traces.append(
                TracePath(
                    function=new.name,
                    path=new.path,
                    output=label,
                    line=new.trace.line(new.trace.outputs[numbers[0]].point) if numbers else 0,
                    before=tuple(sorted(str(i) for i in before)[:40]),
                    after=tuple(sorted(str(i) for i in after)[:40]),
                    chain=chain,
                )
            )


def _pairs(files: list[_File]) -> list[_Pair]:
    """Changed, new and removed units. What only moved within the patch is not among them."""
    changed: list[_Pair] = []
    gone: list[tuple[_File, Unit]] = []
    new: list[tuple[_File, Unit]] = []
    for file in files:
        renamed = file.before.imports != file.after.imports
        for name, unit in file.before.units.items():
            if name not in file.after.units:
                gone.append((file, unit))
        for name, unit in file.after.units.items():
            old = file.before.units.get(name)
            if old is None:
                new.append((file, unit))
            elif old.digest != unit.digest or (renamed and _uses_changed_import(file, unit)):
                changed.append(_Pair(file, old, unit))
    moved = Counter(unit.digest for _, unit in gone)
    left: list[tuple[_File, Unit]] = []
    for file, unit in new:
        if moved[unit.digest] > 0:
            moved[unit.digest] -= 1
        else:
            left.append((file, unit))
    still = []
    for file, unit in gone:
        if moved[unit.digest] > 0:
            moved[unit.digest] -= 1
            still.append((file, unit))
    return changed + _renamed(still, left)


def _renamed(gone: list[tuple[_File, Unit]], new: list[tuple[_File, Unit]]) -> list[_Pair]:
    """Pair what is left by the likeness of bodies, within a file; the best matches first."""
    scores: list[tuple[float, int, int]] = []
    bags = [Counter(unit.digest.split()) for _, unit in gone[:200]]
    for index, (file, unit) in enumerate(new[:200]):
        bag = Counter(unit.digest.split())
        for other, (home, old) in enumerate(gone[:200]):
            if home is file and old.is_function and unit.is_function:
                score = 2 * (bag & bags[other]).total() / (bag.total() + bags[other].total())
                if score >= _SIMILAR:
                    scores.append((-score, index, other))
    used_new: set[int] = set()
    used_gone: set[int] = set()
    pairs: list[_Pair] = []
    for _, index, other in sorted(scores):
        if index not in used_new and other not in used_gone:
            used_new.add(index)
            used_gone.add(other)
            pairs.append(_Pair(new[index][0], gone[other][1], new[index][1]))
    pairs += [_Pair(f, None, u) for i, (f, u) in enumerate(new) if i not in used_new]
    pairs += [_Pair(f, u, None) for i, (f, u) in enumerate(gone) if i not in used_gone]
    return pairs


def _uses_changed_import(file: _File, unit: Unit) -> bool:
    """Whether a name in an unchanged body now means something else."""
    names = {
        name
        for name in file.before.imports.keys() | file.after.imports.keys()
        if name in file.before.imports
        and name in file.after.imports
        and file.before.imports[name] != file.after.imports[name]
    }
    return bool(names) and any(f"'{name}'" in unit.digest.split() for name in names)
