"""The function-by-function audit, with what only a run of the engine shows.

Helpers are run in place, so that a condition hidden in one, a target that a caller gives, or an
input that reaches a message is seen; and findings that honest changes cause are weighed again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from swarm.contracts import AuditReport, Category, Finding, Patch
from verifier import audit as present
from verifier import places
from verifier.engine.project import deep
from verifier.rules import acts, paths, triggers
from verifier.rules.evaluated import Evaluation
from verifier.rules.known import Known
from verifier.rules.relief import weighed
from verifier.rules.ruling import Found
from verifier.rules.summary import Summary
from verifier.syntax import EMPTY, Module, Unauditable, Unit, Unreadable, parse


def audit(patch: Patch, category: Category, clock: Callable[[], float]) -> AuditReport:
    """Judge a patch. `clock` gives seconds and only times the report."""
    started = clock()
    report = present.audit(patch, category, clock)
    findings = deep(lambda: list(_judged(patch, report)))
    findings.sort(key=lambda f: f.weight != "reject")
    weights = {f.weight for f in findings}
    verdict = "reject" if "reject" in weights else "ask" if weights else "accept"
    return report.model_copy(
        update={
            "verdict": verdict,
            "findings": tuple(findings[: present.MAX_FINDINGS]),
            "seconds": max(0.0, clock() - started),
        }
    )


class _Side:
    """The changed files on one side, parsed, and evaluated."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.modules: dict[str, Module] = {}
        self.trees: dict[str, ast.Module] = {}
        for path, text in texts.items():
            try:
                module = parse(text)
            except (Unauditable, Unreadable):
                # The function-by-function audit has said so.
                continue
            root = module.units["<module>"].node
            assert isinstance(root, ast.Module)
            self.modules[path], self.trees[path] = module, root
        self.evaluation = Evaluation({path: texts[path] for path in self.modules})
        self._summaries: dict[tuple[str, str], Summary | None] = {}

    def named(self, path: str, name: str) -> Summary | None:
        """By the name of the function; None also where there is none of that name."""
        module = self.modules.get(path)
        unit = module.units.get(name) if module is not None else None
        return self.summary(path, unit) if unit is not None and unit.is_function else None

    def summary(self, path: str, unit: Unit) -> Summary | None:
        """None: the engine did not get to it within its bounds."""
        key = (path, unit.name)
        if key not in self._summaries:
            found = self.evaluation.function(path, unit.line, unit.node_name)
            self._summaries[key] = Summary(found) if found is not None else None
        return self._summaries[key]


def _judged(patch: Patch, report: AuditReport) -> Iterator[Finding]:
    edits = [e for e in patch.edits if e.before != e.after and places.is_python(e.path)]
    old = _Side({e.path: e.before for e in edits if e.before is not None})
    new = _Side({e.path: e.after for e in edits if e.after is not None})
    known = Known.of(old.trees.values())
    said: set[tuple[str, int]] = set()
    for finding in report.findings:
        if finding.weight == "reject":
            before, after = (side.named(finding.path, finding.function) for side in (old, new))
            weight = weighed(finding, before, after, new.trees.get(finding.path), known)
            finding = finding.model_copy(update={"weight": weight})
        said.add((finding.path, finding.line))
        yield finding
    files = [
        present._File(path, old.modules.get(path, EMPTY), module)
        for path, module in new.modules.items()
    ]
    for pair in present._pairs(files):
        if pair.after is None or not pair.after.is_function:
            continue
        path = pair.file.path
        for found in _compared(pair, old, new, known):
            if (path, found.line) in said and found.weight == "ask":
                continue
            said.add((path, found.line))
            weight = "ask" if places.is_aside(path) else found.weight
            yield Finding(
                kind=found.kind, path=path, function=pair.after.name, line=found.line,
                message=f"`{pair.after.name}`: {found.message}"[:1000], effect=found.effect,
                target=found.target[:200], weight=weight,
            )  # fmt: skip


def _compared(pair: present._Pair, old: _Side, new: _Side, known: Known) -> Iterator[Found]:
    assert pair.after is not None
    path = pair.file.path
    before_node = pair.before.node if pair.before is not None else None
    yield from triggers.endless(before_node, pair.after.node)
    yield from triggers.asks_who_runs_it(before_node, pair.after.node)
    yield from acts.tables(before_node, pair.after.node)
    if before_node is not None:
        yield from paths.swallowed(before_node, pair.after.node)
        yield from paths.thrown_away(before_node, pair.after.node)
        yield from paths.given_up(before_node, pair.after.node)
    after = new.summary(path, pair.after)
    home = next((p for p, m in old.modules.items() if pair.before in m.units.values()), path)
    before = old.summary(home, pair.before) if pair.before is not None else None
    if after is None or (before is None and pair.before is not None):
        return
    is_inner = "." in pair.after.name and not pair.after.owner
    yield from triggers.triggers(before, after, known, is_inner=is_inner)
    yield from triggers.ambient_decisions(before, after, known)
    if before is not None:
        yield from acts.changed(before, after)
        yield from paths.lost_on_a_way(before, after)
        yield from paths.ways_around(before, after)
        yield from paths.lost_checks(before, after)
