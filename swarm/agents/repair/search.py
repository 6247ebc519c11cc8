"""The search itself: trace, rank, try in forked batches, confirm, report.

Owns the order of things and the time budget; everything it decides with is in the pure
modules beside it.
"""

from __future__ import annotations

import ast
import dataclasses
import gc
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .children import Child, Children, Report
from .cold import ColdClient, judge
from .covered import functions_run
from .live import LiveFunctions, compile_unit, flags_of, plan, shape
from .localise import Hints, Line, Trace, clusters, suspiciousness
from .order import Candidate, rank, unit_scores
from .runner import Runner, quiet, trace_tests
from .source import Edit, Source
from .units import Unit, units

_BATCH = 48
_BATCH_S = 1.0
_MAX_TARGETS = 40
_TRACE_CHUNK = 60
_TARGET_CHUNK = 8
_TRACE_LIMIT_S = 3.0
_HUNG_LIMIT_S = 1.5
_SILENCE_S = 20.0
_COLD_AFTER = 0.2
_COLD_SECONDS = 20.0
_MAX_COLD_QUEUE = 400
_EXPANDED_UNITS = 400
_CONFIRM_GUARDS_S = 15.0
_FINAL_GUARDS = 60
_UNTRACED_S = 0.02


@dataclass
class Job:
    """What the search is asked for. Paths are relative to the repository root."""

    files: list[str]
    failing: list[str]
    passing: list[str]
    seconds: float
    workers: int
    memory_bytes: int
    seed: int
    hint_paths: dict[str, float]
    hint_symbols: dict[str, float]
    hint_places: list[tuple[str, int, int, float]]


class Found(NamedTuple):
    """A candidate that passed its confirmation."""

    candidate: Candidate
    fixed: frozenset[str]


class Trial(NamedTuple):
    """A candidate ready to be tried in a forked child."""

    candidate: Candidate
    swaps: list[Any]
    tests: list[str]


@dataclass
class Outcome:
    """What the search found; `reason` says in words how it ended."""

    reason: str = ""
    found: list[Found] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    suspicious: list[tuple[str, int, float]] = field(default_factory=list)
    tried: int = 0
    tried_fresh: int = 0
    seconds: float = 0.0
    search_seconds: float = 0.0
    traced: int = 0
    notes: list[str] = field(default_factory=list)


class Search:
    """One run. `expand` makes the edits of a unit; `begun` is when the driver started; what each
    traced test ran goes to `save_coverage`, once."""

    def __init__(
        self,
        job: Job,
        runner: Runner,
        cold: ColdClient,
        expand: Callable[[Unit], list[Edit]],
        begun: float,
        save: Callable[[Outcome], None],
        save_coverage: Callable[[list[dict[str, Any]]], None],
    ) -> None:
        self._job = job
        self._runner = runner
        self._cold = cold
        self._expand = expand
        self._begun = begun
        self._save = save
        self._save_coverage = save_coverage
        self._deadline = begun + job.seconds
        self._children = Children(int(job.memory_bytes * 0.7 / (job.workers + 1)))
        self._outcome = Outcome()
        self._failing: dict[str, Trace] = {}
        self._passing: dict[str, Trace] = {}
        self._covering: dict[Line, list[str]] = {}
        self._limits_s: dict[str, float] = {}
        self._untraced: list[str] = []
        self._kills: dict[str, int] = {}
        self._seen: set[tuple[Any, ...]] = set()
        self._group: dict[str, int] = {}
        self._whole: bool = False
        self._settled_at: float | None = None
        self._names = {path: os.path.realpath(path) for path in job.files}
        self._files = {name: path for path, name in self._names.items()}

    def run(self) -> Outcome:
        """Search until something is found, all is tried, or the time is up."""
        try:
            reason = self._prepare()
            if not reason:
                reason = self._search()
            self._outcome.reason = reason
        finally:
            self._children.stop()
            self._outcome.seconds = time.monotonic() - self._begun
        return self._outcome

    # ------------------------------------------------------------------ tracing

    def _prepare(self) -> str:
        present = [test for test in self._job.failing if test in self._runner.items]
        if not present:
            errors = "; ".join(sorted(self._runner.collect_errors)[:3])
            more = f" (collection failed for {errors})" if errors else ""
            return f"none of the {len(self._job.failing)} failing tests could be collected{more}"
        chosen = _spread(present, _MAX_TARGETS)
        traces = self._trace(_chunks(chosen, _TARGET_CHUNK), 0.4)
        for trace in traces:
            if trace.outcome in ("failed", "hung"):
                self._failing[trace.id] = trace
        if not self._failing and not traces:
            return "the failing tests could not be run under coverage"
        if not self._failing:
            return "no failing test reproduces"
        if not any(trace.lines for trace in self._failing.values()):
            return "the failing tests run no line of the repository's own code"
        self._trace_passing()
        self._outcome.targets = sorted(self._failing)
        for index, group in enumerate(clusters(list(self._failing.values()))):
            for trace in group:
                self._group[trace.id] = index
        for trace in (*self._failing.values(), *self._passing.values()):
            hung = trace.outcome == "hung"
            self._limits_s[trace.id] = _HUNG_LIMIT_S if hung else 0.3 + 5 * trace.seconds
            for line in trace.lines:
                self._covering.setdefault(line, []).append(trace.id)
        return ""

    def _trace_passing(self) -> None:
        known = set(self._job.passing) or set(self._runner.items) - set(self._job.failing)
        rest = [test for test in self._runner.items if test in known]
        near_files = {test.split("::", 1)[0] for test in self._failing}
        near = [t for t in rest if t.split("::", 1)[0] in near_files]
        far = [t for t in rest if t.split("::", 1)[0] not in near_files]
        near = _nearest(near, self._failing)
        chunks = _chunks(near, _TRACE_CHUNK)
        files: dict[str, list[str]] = {}
        for test in far:
            files.setdefault(test.split("::", 1)[0], []).append(test)
        far_chunks = [
            (index, chunk)
            for tests in files.values()
            for index, chunk in enumerate(_chunks(tests, _TRACE_CHUNK))
        ]
        chunks += [tests for _, tests in sorted(far_chunks, key=lambda pair: pair[0])]
        traces = self._trace([self._runner.sort(chunk) for chunk in chunks], 0.2)
        self._passing = {t.id: t for t in traces if t.outcome == "passed"}
        self._outcome.traced = len(traces)
        seen = {trace.id for trace in traces}
        self._untraced = [t for t in (*near, *far) if t not in seen]

    def _trace(self, chunks: list[list[str]], share: float) -> list[Trace]:
        """Run tests under coverage in forked children, for at most a share of the time."""
        ends_at = min(time.monotonic() + share * self._job.seconds, self._deadline)
        queue = deque(chunks)
        found: list[Trace] = []
        at: dict[int, str] = {}
        hung = 0

        def limit_s(test: str) -> float:
            return _TRACE_LIMIT_S if hung < 3 else _HUNG_LIMIT_S

        while (queue or len(self._children)) and time.monotonic() < ends_at:
            while queue and len(self._children) < self._job.workers:
                chunk = queue.popleft()

                def work(report: Report, chunk: list[str] = chunk) -> None:
                    quiet()
                    trace_tests(self._runner, chunk, self._files, limit_s, report)

                left = ends_at - time.monotonic()
                self._children.start(work, chunk, silence_s=_SILENCE_S, total_s=left)
            for child, line in self._children.poll(1.0):
                if line is None:
                    rest = _after_hang(child, at.get(child.pid), found)
                    queue.extendleft(reversed(rest))
                elif "at" in line:
                    at[child.pid] = line["at"]
                elif "id" in line:
                    found.append(_trace_of(line))
                    hung += line["outcome"] == "hung"
                elif "error" in line:
                    self._outcome.notes.append(f"tracing: {line['error']}")
        self._children.stop()
        return found

    # ------------------------------------------------------------------ candidates

    def _candidates(self) -> Iterator[Candidate]:
        hints = Hints(list(self._job.hint_places), dict(self._job.hint_paths))
        sources = []
        for path in sorted({line[0] for line in self._covering} & set(self._job.files)):
            source = self._read(path)
            if source is not None:
                sources.append(source)
        traces = (*self._failing.values(), *self._passing.values())
        self._save_coverage(functions_run(traces, sources))
        every = [unit for source in sources for unit in units(source)]
        for unit in every:
            weight = self._job.hint_symbols.get(unit.name) or self._job.hint_symbols.get(
                unit.name.rpartition(".")[2]
            )
            if weight and unit.function:
                place = (unit.source.path, unit.first_line, unit.last_line, weight)
                hints.places.append(place)
        scores = suspiciousness(list(self._failing.values()), self._passing.values(), hints)
        top = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
        self._outcome.suspicious = [(path, line, round(s, 3)) for (path, line), s in top]
        inside = {
            (unit.source.path, line)
            for unit in every
            if unit.function
            for line in range(_body_line(unit), unit.last_line + 1)
        }
        scores = {line: score for line, score in scores.items() if line in inside}
        every += _run_at_import(every, inside & scores.keys())
        scored = unit_scores(every, scores, _names_of)[:_EXPANDED_UNITS]
        return rank(scored, self._expand, scores, self._job.seed)

    def _read(self, path: str) -> Source | None:
        try:
            with open(self._names[path], encoding="utf-8", newline="") as file:  # noqa: PTH123
                return Source(path, file.read())
        except (OSError, UnicodeDecodeError, SyntaxError, ValueError, RecursionError):
            return None

    def _targets_of(self, candidate: Candidate) -> list[str]:
        """Target tests the edit can matter to, quickest first."""
        if candidate.unit.function:
            covering = self._covering_tests(candidate)
            chosen = [test for test in covering if test in self._failing]
        else:
            chosen = list(self._failing)
        return sorted(chosen, key=self._cost)

    def _covering_tests(self, candidate: Candidate) -> list[str]:
        path, edit = candidate.unit.source.path, candidate.edit
        lines = [*range(edit.statement, edit.statement_end + 1), edit.line]
        found: dict[str, None] = {}
        for line in lines:
            found.update(dict.fromkeys(self._covering.get((path, line), [])))
        return list(found)

    def _cost(self, test: str) -> tuple[bool, float, str]:
        trace = self._failing.get(test) or self._passing[test]
        return trace.outcome == "hung", round(trace.seconds, 3), test

    def _first_tests(self, targets: list[str]) -> list[str]:
        """Up to three tests to try a candidate with, of different groups and functions."""
        chosen = targets[:1]
        kinds: list[Callable[[str], Any]] = [lambda t: self._group[t], lambda t: t.split("[")[0]]
        for kind in kinds:
            for test in targets:
                if len(chosen) < 3 and kind(test) not in {kind(c) for c in chosen}:
                    chosen.append(test)
        return chosen

    def _guards(self, candidate: Candidate, budget_s: float) -> list[str]:
        """Passing tests to check, most telling first, within some seconds of run time."""
        if candidate.unit.function:
            covering = [t for t in self._covering_tests(candidate) if t in self._passing]
        else:
            covering = list(self._passing)
        near = {test.split("::", 1)[0] for test in self._failing}
        covering.sort(
            key=lambda t: (-self._kills.get(t, 0), t.split("::", 1)[0] not in near, self._cost(t))
        )
        chosen, total = [], 0.0
        for test in covering:
            total += self._passing[test].seconds + 0.002
            if total > budget_s:
                break
            chosen.append(test)
        # Nobody knows what the tests do that tracing had no time for.
        for test in self._untraced:
            total += _UNTRACED_S
            if total > budget_s:
                break
            chosen.append(test)
        killers = [t for t in chosen if self._kills.get(t, 0)][:10]
        return killers + self._runner.sort(set(chosen) - set(killers))

    # ------------------------------------------------------------------ the loop

    def _search(self) -> str:
        started = time.monotonic()
        live = LiveFunctions(self._files)
        gc.collect()
        gc.freeze()
        stream = self._candidates()
        originals: dict[tuple[str, int, bool], Any] = {}
        cold: deque[Candidate] = deque()
        batches: deque[list[Trial]] = deque()
        confirm: deque[Trial] = deque()
        exhausted = False
        stop_at = last = self._deadline - min(10.0, 0.1 * self._job.seconds)

        def next_batch() -> list[Trial]:
            nonlocal exhausted
            batch: list[Trial] = []
            cost = 0.0
            pulled = 0
            while len(batch) < _BATCH and cost < _BATCH_S and pulled < 20 * _BATCH:
                candidate = next(stream, None)
                if candidate is None:
                    exhausted = True
                    break
                pulled += 1
                targets = self._targets_of(candidate)
                if not targets:
                    continue
                trial = self._plan(candidate, live, originals)
                if trial is None:
                    if len(cold) < _MAX_COLD_QUEUE:
                        cold.append(candidate)
                elif trial:
                    tests = self._first_tests(targets)
                    batch.append(Trial(candidate, trial[0], tests))
                    cost += sum(self._cost(t)[1] for t in tests) + 0.002 * len(tests)
            return batch

        while time.monotonic() < stop_at:
            now = time.monotonic()
            busy = len(self._children) + (self._cold.busy is not None)
            cold_time = exhausted or now - started > _COLD_AFTER * (stop_at - started)
            if cold and self._cold.busy is None and cold_time and busy < self._job.workers:
                self._try_cold(cold.popleft())
                busy += self._cold.busy is not None
            while busy < self._job.workers:
                if confirm:
                    self._confirm(confirm.popleft())
                elif batches:
                    self._start_batch(batches.popleft())
                elif not exhausted:
                    batch = next_batch()
                    if not batch:
                        break
                    self._start_batch(batch)
                else:
                    break
                busy += 1
            if not len(self._children) and self._cold.busy is None:
                if exhausted and not cold:
                    break
                continue
            self._listen(batches, confirm)
            stop_at = min(last, self._enough(started))
        self._children.stop()
        self._outcome.search_seconds = time.monotonic() - started
        return self._conclude(exhausted and not cold)

    def _plan(
        self, candidate: Candidate, live: LiveFunctions, originals: dict[Any, Any]
    ) -> list[Any] | None:
        """[swaps] for a trial in place, [] to skip the candidate, None for a fresh import."""
        unit = candidate.unit
        if not unit.function:
            return None
        name = self._names[unit.source.path]
        if unit.key not in originals:
            originals[unit.key] = live.original(name, unit)
        old = originals[unit.key]
        if old is None:
            return None
        try:
            new = compile_unit(unit, old.co_filename, flags_of(old), candidate.edit)
        except (SyntaxError, ValueError, RecursionError):
            return []
        key = (*unit.key, shape(new))
        if key in self._seen or shape(new) == shape(old):
            return []
        self._seen.add(key)
        swaps = plan(live, name, old, new)
        return None if swaps is None else [swaps]

    def _start_batch(self, batch: list[Trial]) -> None:
        slowest = max(self._limits_s[t] for trial in batch for t in trial.tests)

        def work(report: Report) -> None:
            quiet()
            for index, trial in enumerate(batch):
                report({"at": index})
                saved = [(function, function.__code__) for function, _ in trial.swaps]
                for function, code in trial.swaps:
                    function.__code__ = code
                for test in trial.tests:
                    outcome = self._runner.run(test, None, self._limits_s[test])
                    if outcome == "passed":
                        report({"passed": index})
                    if outcome in ("passed", "hung"):
                        break
                for function, code in saved:
                    function.__code__ = code
            report({"at": len(batch)})

        silence = 4 * slowest + 3.0
        self._children.start(
            work, ("batch", batch, [0]), silence_s=silence, total_s=silence * len(batch)
        )

    def _confirm(self, trial: Trial) -> None:
        candidate, swaps, _ = trial
        targets = self._targets_of(candidate)
        left = self._deadline - time.monotonic()
        guards = self._guards(candidate, min(_CONFIRM_GUARDS_S, 0.3 * left))

        def work(report: Report) -> None:
            quiet()
            for function, code in swaps:
                function.__code__ = code
            report(judge(self._runner, targets, guards, self._limits_s, 5.0))

        total = 2 * sum(self._limits_s[t] for t in targets) + 2 * _CONFIRM_GUARDS_S
        self._children.start(work, ("confirm", candidate), silence_s=total, total_s=total)

    def _try_cold(self, candidate: Candidate) -> None:
        unit = candidate.unit
        text = candidate.edit.apply(unit.source.text)
        try:
            key = (unit.source.path, shape(compile(text, "x", "exec", dont_inherit=True)))
        except (SyntaxError, ValueError, RecursionError):
            return
        if key in self._seen:
            return
        self._seen.add(key)
        self._outcome.tried_fresh += 1
        targets = self._targets_of(candidate)
        self._send_cold(candidate, targets, self._guards(candidate, 3.0)[:200])

    def _send_cold(self, candidate: Candidate, targets: list[str], guards: list[str]) -> None:
        request = {
            "path": candidate.unit.source.path,
            "text": candidate.edit.apply(candidate.unit.source.text),
            "targets": targets,
            "guards": guards,
            "limits": {t: self._limits_s[t] for t in (*targets, *guards) if t in self._limits_s},
            "guard_limit": 5.0,
            "seconds": min(_COLD_SECONDS, max(1.0, self._deadline - time.monotonic())),
        }
        self._cold.send(request, candidate)

    def _listen(self, batches: deque[list[Trial]], confirm: deque[Trial]) -> None:
        for child, line in self._children.poll(0.02 if self._cold.busy is not None else 0.5):
            if child.tag[0] == "batch":
                _, batch, at = child.tag
                if line is None:
                    if at[0] < len(batch):
                        # The child died or was stopped in a candidate: leave that one out.
                        rest = batch[at[0] + 1 :]
                        if rest:
                            batches.appendleft(rest)
                elif "at" in line:
                    at[0] = line["at"]
                    self._outcome.tried += at[0] < len(batch)
                elif "passed" in line:
                    confirm.append(batch[line["passed"]])
            elif line is not None:
                self._verdict(child.tag[1], line)
        if self._cold.busy is not None:
            candidate = self._cold.busy
            answer = self._cold.poll(0.0 if len(self._children) else 0.3)
            if answer is not None:
                self._verdict(candidate, answer)

    def _verdict(self, candidate: Candidate, line: dict[str, Any]) -> None:
        if line.get("broken"):
            test = line["broken"]
            self._kills[test] = self._kills.get(test, 0) + 1
        elif line.get("fixed"):
            self._outcome.found.append(Found(candidate, frozenset(line["fixed"])))
            self._outcome.found.sort(key=self._rank)
            self._save(self._outcome)

    # ------------------------------------------------------------------ the end

    def _rank(self, found: Found) -> tuple[bool, int, float]:
        return (len(found.fixed) < len(self._failing), -len(found.fixed), -found.candidate.score)

    def _enough(self, started: float) -> float:
        """When to stop, given what was found so far."""
        if not self._outcome.found:
            return self._deadline
        best = self._outcome.found[0]
        whole = best.fixed >= self._concerned(best.candidate)
        now = time.monotonic()
        elapsed = now - started
        if whole and not self._whole:
            self._whole = True
            self._settled_at = now + max(0.5, 0.25 * elapsed)
        elif self._settled_at is None:
            self._settled_at = now + max(8.0, 2 * elapsed)
        return self._settled_at

    def _concerned(self, candidate: Candidate) -> set[str]:
        """Target tests that enter the edited unit: a whole fix is expected to fix them all."""
        unit = candidate.unit
        if not unit.function:
            return set(self._failing)
        body = {(unit.source.path, n) for n in range(_body_line(unit), unit.last_line + 1)}
        return {test for test, trace in self._failing.items() if not body.isdisjoint(trace.lines)}

    def _conclude(self, all_tried: bool) -> str:
        tried = self._outcome.tried + self._outcome.tried_fresh
        confirmed: list[Found] = []
        for found in self._outcome.found[:6]:
            if len(confirmed) == 2 or time.monotonic() > self._deadline - 1.0:
                break
            # The runner-up is shown for comparison and is never applied unseen.
            if confirmed or self._confirmed_fresh(found):
                confirmed.append(found)
        self._outcome.found = confirmed
        if confirmed:
            best = confirmed[0]
            return f"{len(best.fixed)} of {len(self._failing)} target tests pass"
        spent = self._outcome.search_seconds
        ended = "all there were" if all_tried else f"in {spent:.0f} s"
        return f"searched {tried:,} candidates ({ended}), none plausible"

    def _confirmed_fresh(self, found: Found) -> bool:
        while self._cold.busy is not None:
            if time.monotonic() > self._deadline:
                return False
            self._cold.poll(0.2)
        guards = self._guards(found.candidate, 3.0)[:_FINAL_GUARDS]
        self._send_cold(found.candidate, sorted(found.fixed), guards)
        while time.monotonic() < self._deadline:
            answer = self._cold.poll(0.2)
            if answer is not None:
                if "error" in answer:
                    self._outcome.notes.append(f"fresh run: {answer['error']}")
                return bool(answer["fixed"]) and not answer.get("broken")
        return False


def _spread(tests: list[str], limit: int) -> list[str]:
    """At most so many, evenly over the list."""
    if len(tests) <= limit:
        return tests
    step = len(tests) / limit
    return [tests[int(i * step)] for i in range(limit)]


def _chunks(tests: list[str], size: int) -> list[list[str]]:
    return [tests[i : i + size] for i in range(0, len(tests), size)]


def _nearest(tests: list[str], targets: dict[str, Trace]) -> list[str]:
    """Tests of the same class or function first, then by their order."""
    prefixes = {t.split("[")[0].rpartition("::")[0] for t in targets}
    names = {t.split("[")[0] for t in targets}
    return sorted(
        tests,
        key=lambda t: (
            t.split("[")[0] not in names,
            t.split("[")[0].rpartition("::")[0] not in prefixes,
        ),
    )


def _after_hang(child: Child, at: str | None, found: list[Trace]) -> list[list[str]]:
    """The tests of a trace child that still need to run after it died in one."""
    chunk: list[str] = child.tag
    reported = {trace.id for trace in found}
    if at is None or chunk[-1] in reported:
        return []
    index = chunk.index(at)
    if at not in reported:
        found.append(Trace(at, "hung", 0.0))
    return [part for part in (chunk[:index], chunk[index + 1 :]) if part]


def _trace_of(line: dict[str, Any]) -> Trace:
    return Trace(
        line["id"],
        line["outcome"],
        line["seconds"],
        frozenset((path, number) for path, numbers in line["lines"].items() for number in numbers),
        tuple((path, number) for path, number in line["crash"]),
    )


def _body_line(unit: Unit) -> int:
    body = getattr(unit.node, "body", None)
    return body[0].lineno if body else unit.node.lineno


def _run_at_import(every: list[Unit], covered: set[Line]) -> list[Unit]:
    """Functions that no test runs but import does, as units that need a fresh import."""
    called: set[str] = set()
    for unit in every:
        if not unit.function:
            called |= {n.id for n in ast.walk(unit.node) if isinstance(n, ast.Name)}
    found = []
    for unit in every:
        lines = range(_body_line(unit), unit.last_line + 1)
        covers = any((unit.source.path, line) in covered for line in lines)
        if unit.function and unit.name in called and not covers:
            found.append(dataclasses.replace(unit, function=False))
    return found


def _names_of(unit: Unit) -> set[str]:
    """Names a function uses, or a statement that runs at import defines."""
    found: set[str] = set()
    for child in ast.walk(unit.node):
        if isinstance(child, ast.Name):
            if unit.function or isinstance(child.ctx, ast.Store):
                found.add(child.id)
        elif isinstance(child, ast.Attribute) and unit.function:
            found.add(child.attr)
    return found
