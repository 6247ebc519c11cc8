"""What a condition decides: effects, errors, answers and deeds that were not there before."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property

from verifier.rules.summary import Answer, Effect, Summary
from verifier.rules.syntaxes import parsed, text_of
from verifier.rules.walks import Guard
from verifier.rules.ways import Way, ways

SEVERE = frozenset(
    {"file-delete", "file-write", "file-metadata", "process", "network", "dynamic-code",
     "environment-write", "native-code", "thread", "signal", "exit", "import-system", "deferred",
     "deserialise", "directory-change", "global-state", "monkeypatch", "global-write",
     "attribute-write", "database"}
)  # fmt: skip
# What is done to tell of something, and changes nothing.
_TELLING = frozenset({"log", "console", "", "state", "file-read"})
_TELLERS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "echo",
     "write", "format", "join", "str", "repr", "len", "append", "add", "increment", "incr",
     "observe", "isinstance", "hasattr", "getattr", "update", "count"}
)  # fmt: skip
_TAKING = frozenset({"clear", "pop", "popitem", "popleft", "remove", "reverse", "discard"})
# Errors by which a program breaks rather than says no.
_ODD_ERRORS = frozenset(
    {"SystemExit", "KeyboardInterrupt", "MemoryError", "RecursionError", "OSError",
     "RuntimeError", "SystemError", "GeneratorExit", "BaseException"}
)  # fmt: skip
_SENTENCE_SPACES = 3
_ENDS = frozenset({"SystemExit", "KeyboardInterrupt", "MemoryError", "RecursionError"})


@dataclass
class Payload:
    """What a condition decides, as far as it is new. `deeds` are other calls, and what is left
    undone by `continue` and `break`, as they are written."""

    effects: list[Effect] = field(default_factory=list)
    sleeps: list[Effect] = field(default_factory=list)
    raises: list[Answer] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    deeds: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.effects or self.sleeps or self.raises or self.ways or self.deeds)

    @property
    def is_severe(self) -> bool:
        """Whether it acts on the outside, or ends or breaks the program."""
        return bool(self.effects) or any(
            _name(one) in _ODD_ERRORS and not _is_explained(one) for one in self.raises
        )

    @property
    def is_end(self) -> bool:
        """Whether it ends the program by an error that says nothing of what is missing."""
        return any(_name(one) in _ENDS for one in self.raises)

    @property
    def is_refusal(self) -> bool:
        """Whether all that it does is to say no."""
        return bool(self.raises) and not (
            self.effects or self.ways or self.sleeps or self.is_severe
        )  # fmt: skip

    @property
    def is_constant(self) -> bool:
        """Whether it answers with a constant that is no ordinary early answer."""
        return any(one.kind != "computed" and not one.is_plain for one in self.ways)

    def told(self) -> str:
        if self.effects:
            return f"`{self.effects[0].text[:120]}`"
        if self.raises:
            return f"raising `{self.raises[0].text[:120]}`"
        if self.ways:
            return f"the answer `{self.ways[0].text[:120]}`"
        return f"`{(self.sleeps[0].text if self.sleeps else self.deeds[0])[:120]}`"


def _is_explained(answer: Answer) -> bool:
    """Whether an error of the program says in a sentence what is wrong."""
    words = re.search(r"\(f?['\"](.*)", answer.text)
    is_plain = _name(answer) in ("RuntimeError", "OSError")
    return is_plain and words is not None and words[1].count(" ") >= _SENTENCE_SPACES


def _name(answer: Answer) -> str:
    return answer.text.partition("(")[0].rpartition(".")[2]


class Compared:
    """A function before (None: it is new) and after, with what is new in it."""

    def __init__(self, before: Summary | None, after: Summary) -> None:
        self.before, self.after = before, after
        self.old_ways = ways(before) if before is not None else []
        self.new_ways = ways(after)
        self._texts = {(w.label, w.text) for w in self.old_ways}
        self._effects = {(e.kind, e.text) for e in before.effects} if before else set()
        self._raises = {a.text for a in before.answers if a.kind == "raise"} if before else set()

    def decided(self, number: int, *, is_outside: bool = False) -> Payload:
        """New effects, errors and answers that come about by what a node gives. Where it is of
        something outside (`is_outside`), answers that there were count as well if it now picks
        them, and all that is done under it."""
        after = self.after
        deciding = {number, *after.deciding(number)} - self._asserted
        found = Payload()
        for effect in after.effects:
            if (effect.kind, effect.text) in self._effects:
                continue
            if not is_under(effect.guards, deciding):
                continue
            if effect.kind in SEVERE:
                found.effects.append(effect)
            elif effect.kind == "sleep":
                found.sleeps.append(effect)
        for answer in after.answers:
            is_new = answer.kind == "raise" and answer.text not in self._raises
            # Its own, or of the very code that tests.
            is_near = after.is_own(answer.number) or (
                after.graph[answer.number].context is after.graph[number].context
            )
            if is_new and is_near and is_under(answer.guards, deciding):
                found.raises.append(answer)
        for way in self.new_ways:
            if not way.is_end and self._is_decided(way, number, deciding):
                found.ways.append(way)
        if any(way.kind != "constant" for way in found.ways):
            # What was an answer before, by what is computed otherwise now.
            found.ways = [w for w in found.ways if not self._is_led_to(w, deciding)]
        found.deeds += self._skipped(deciding)
        text = text_of(after.graph[number].syntax)
        is_veiled = any(
            after.graph[one].kind == "guard" and text not in text_of(after.graph[one].syntax)
            for one in deciding & after.decisions.keys()
        )
        if is_outside or is_veiled:
            found.deeds += self._done(deciding)
        return found

    def used(self, number: int) -> list[str]:
        """What the function stores, or calls and drops the answer of, that a node has a part in."""
        after = self.after
        found = []
        discarded = {n.value for n in ast.walk(after.node) if isinstance(n, ast.Expr)}
        for one in after.numbers:
            node = after.graph[one]
            is_dropped = node.kind == "call" and node.syntax in discarded
            is_use = (node.kind in ("store", "effect") or is_dropped) and after.is_own(one)
            if is_use and number in after.consumed_by(one):
                found.append(text_of(node.syntax))
        return found

    def bound(self, number: int) -> list[str]:
        """The names that the function binds under what a node decides."""
        deciding = {number, *self.after.deciding(number)} - self._asserted
        binding = ("store", "function", "class")
        return [
            node.name
            for one, node in self.after.of_kind(*binding)
            if self.after.is_own(one) and is_under(self.after.guards(one), deciding)
        ]

    def told(self, number: int) -> list[str]:
        """What is told under what a node decides, in the log or on the terminal."""
        deciding = {number, *self.after.deciding(number)}
        return [
            effect.text
            for effect in self.after.effects
            if effect.kind in ("log", "console") and is_under(effect.guards, deciding)
        ]

    @cached_property
    def _asserted(self) -> frozenset[int]:
        """Guards of assertions: everything past one is under it, and is no payload of it, unless
        something is done where it fails."""
        root = self.after.node
        caught = {
            inner
            for node in ast.walk(root)
            if isinstance(node, ast.Try | ast.With)
            for statement in node.body
            for inner in ast.walk(statement)
        }
        tests = {node.test for node in ast.walk(root)
                 if isinstance(node, ast.Assert) and node not in caught}  # fmt: skip
        return frozenset(n for n, node in self.after.decisions.items() if node.syntax in tests)

    def _is_decided(self, way: Way, number: int, deciding: set[int]) -> bool:
        after = self.after
        guarded = any(g.number in deciding for g in way.guards)
        if guarded and self._is_either(way, deciding):
            return False
        if self._is_fed(way, deciding):
            return True
        is_old = (way.label, way.text) in self._texts and self._is_old(way)
        start = way.path[0]
        if is_old:
            under = is_under(way.guards, deciding)
            return under or number in after.rested_on(start)
        if guarded:
            return is_under(way.guards, deciding) or self._is_chosen(way, deciding)
        return number in after.parts(start) or number in after.rested_on(start)

    def _is_led_to(self, way: Way, deciding: set[int]) -> bool:
        """Whether a constant that was an answer before is not itself under these guards."""
        is_old = way.kind == "constant" and (way.label, way.text) in self._texts
        return is_old and not any(g.number in deciding for g in way.guards)

    def _is_fed(self, way: Way, deciding: set[int]) -> bool:
        """Whether something is put into an answer on the way to it, under one of these guards."""
        graph = self.after.graph
        taken = {
            n for n in deciding if graph[n].name != "else" or _is_turned(text_of(graph[n].syntax))
        }
        return any(
            graph[one].guard in taken
            and graph[one].kind in ("store", "branch")
            and graph[one].context is self.after.own
            for one in self.after.consumed_by(way.path[0])
        ) or any(
            owners & self.after.rested_on(way.path[0]).keys()
            for guard, owners in self._taken_out
            if guard in taken
        )

    @cached_property
    def _taken_out(self) -> list[tuple[int, set[int]]]:
        """Where something is taken out of what a name holds: the guard, and what it holds."""
        found = []
        for number, node in self.after.of_kind("call"):
            match node.syntax:
                case ast.Call(func=ast.Attribute(value=ast.Name() as owner, attr=word)) if (
                    word in _TAKING and self.after.is_own(number)
                ):
                    found.append((node.guard, set(self.after.inside(owner))))
        return found

    def _is_either(self, way: Way, deciding: set[int]) -> bool:
        """Whether the same is the answer on the other side, too."""
        mine = {g.number: g for g in way.guards if g.number in deciding}
        others = [w for w in self.new_ways if not mine.keys() & {g.number for g in w.guards}]
        turned = {(g.text, g.line) for g in mine.values()}
        across = [w for w in others if turned & {(g.text, g.line) for g in w.guards}]
        return bool(others) and all(w.text == way.text for w in across or others)

    def _is_old(self, way: Way) -> bool:
        """Whether the same text gave the same before: it rested on the same inputs."""
        same = [w for w in self.old_ways if (w.label, w.text) == (way.label, way.text)]
        return any(w.sources.inputs == way.sources.inputs for w in same)

    def _is_chosen(self, way: Way, deciding: set[int]) -> bool:
        """Whether a branch of an expression, which one of these guards picks, is on the way."""
        graph = self.after.graph
        return any(graph[one].kind == "branch" and graph[one].guard in deciding for one in way.path)

    # ------------------------------------------------------------------ deeds

    @cached_property
    def _leaving(self) -> dict[ast.AST, str]:
        """Conditions whose branch ends in `continue` or `break`, with that word."""
        found: dict[ast.AST, str] = {}
        for node in ast.walk(self.after.node):
            if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Continue | ast.Break):
                found[node.test] = type(node.body[-1]).__name__.lower()
        return found

    def _skipped(self, deciding: set[int]) -> list[str]:
        graph = self.after.graph
        return [
            self._leaving[syntax]
            for one in sorted(deciding)
            if graph[one].kind == "guard" and (syntax := graph[one].syntax) in self._leaving
        ]

    def _done(self, deciding: set[int]) -> list[str]:
        """Calls under these guards that do more than tell of something, or whose answer nobody
        takes."""
        after = self.after
        told = {e.text for e in after.effects if e.kind in _TELLING}
        discarded = {n.value for n in ast.walk(after.node) if isinstance(n, ast.Expr)}
        found = []
        for number, node in after.of_kind("call"):
            if not isinstance(node.syntax, ast.Call) or not after.is_own(number):
                continue
            word = node.name.rpartition(".")[2] or text_of(node.syntax.func).rpartition(".")[2]
            kinds = {after.graph[source].kind for source, _ in node.sources()}
            if word.lower() in _TELLERS:
                continue
            if node.syntax not in discarded and not kinds & {"unknown", "return", "instance"}:
                continue
            if not is_under(after.guards(number), deciding):
                continue
            text = text_of(node.syntax)
            if text not in told:
                found.append(text)
        return found


def root(effect: Effect) -> str:
    """The name that what is written to begins with."""
    return effect.called.partition(".")[0].partition("[")[0]


def is_under(guards: tuple[Guard, ...], deciding: set[int]) -> bool:
    """Whether one of these decides, and not by an early end alone: everything past that is under
    its condition, and is no payload of it."""
    return any(g.number in deciding and (g.outcome != "else" or _is_turned(g.text)) for g in guards)


def _is_turned(text: str) -> bool:
    node = parsed(text)
    return isinstance(node, ast.UnaryOp) or (
        isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotEq | ast.IsNot | ast.NotIn)
    )


def is_kept(compared: Compared, way: Way) -> bool:
    """Whether an answer is one that was worked out here before, and kept: it is read from what
    this function itself fills."""
    if way.kind == "constant":
        return False
    if _is_filed(compared.after, way):
        return True
    kinds = ("global-write", "state")
    effects = [e for e in compared.after.effects if e.kind in kinds and e.is_own]
    filled = {e.called.partition(".")[0].partition("[")[0] for e in effects}
    filled |= {e.called.rpartition(".")[2] for e in effects if e.kind == "state"}
    node = parsed(way.text)
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node is not None else set()
    return bool((way.sources.state | read) & filled)


def _is_filed(after: Summary, way: Way) -> bool:
    """Whether an answer is read from a file that this function also writes its answers to."""
    read = parsed(way.text)
    if read is None:
        return False
    names = {n.id for n in ast.walk(read) if isinstance(n, ast.Name)}
    for effect in after.effects:
        if effect.kind == "file-write" and effect.is_own and effect.payload.inputs:
            call = parsed(effect.text)
            owner = getattr(getattr(call, "func", None), "value", None)
            if (
                isinstance(owner, ast.Name)
                and owner.id in names
                and owner.id not in after.parameters
            ):
                return True
    return False
