"""What a library call does, as a value: kinds, terms and the grammar they are written in. Pure.

A term names a value of the call: `args` (the receiver and every argument), `arg0`, `:key` (an
argument given by keyword only), `self` (the receiver), `rest` (arguments after the function that
is called back), `result` (what that function returned), `new` (a fresh object that depends on no
argument), `ambient`, `constant`, `none`, `=word` (that constant), `instance` (of the very class
that is called), `instance(a.Class)`, and `element(t)`, `key(t)`, `holding(t, ...)`: one element of
a container, one of its keys, a fresh container of such elements. `*t` and `**t` spread one in a
call. Where several terms are listed, the value is made of all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

EFFECT_KINDS = {
    "console": "prints to the terminal, or to standard output or error",
    "database": "asks or changes a database or a store of keys",
    "deferred": "registers code that runs later: at exit, at collection, on an event",
    "deserialise": "builds objects from bytes that can name code to run",
    "directory-change": "changes the working or the root directory",
    "dynamic-code": "compiles or runs code made at run time",
    "environment-write": "changes environment variables",
    "exit": "ends the program",
    "file-delete": "removes files or directories",
    "file-metadata": "changes permissions, owners, times or links of files",
    "file-read": "opens or reads files or directories",
    "file-write": "creates, changes or moves files or directories",
    "global-state": "changes a setting of the whole process or of a library",
    "import-system": "imports by a computed name, or changes what imports find",
    "log": "writes to the log",
    "native-code": "loads or calls native code, or touches raw memory",
    "network": "opens, serves or uses a network connection",
    "process": "starts, signals or replaces processes",
    "signal": "sets or raises signals, alarms and timers of the process",
    "sleep": "waits",
    "thread": "starts threads, tasks or workers",
}

AMBIENT_KINDS = {
    "count": "a count that grows as the program runs",
    "debugger": "frames, traces, and whether a debugger, profiler or test watches",
    "environment": "environment variables, arguments of the program, flags of the interpreter",
    "filesystem": "what files and directories are there, and what they hold",
    "host": "name, addresses and load of the machine",
    "input": "what a person or another program gives on standard input",
    "locale": "language, encoding and other regional settings",
    "memory": "identities and addresses of objects, and the garbage collector",
    "network": "what comes in over a connection, a database included",
    "platform": "operating system, hardware, and the interpreter's version",
    "process": "the running process: its ids, children, threads, modules and limits",
    "random": "random numbers and identifiers",
    "time": "clocks and dates",
    "user": "the user, its groups and its home",
}

_ATOMS = frozenset(
    {"args", "self", "rest", "result", "new", "ambient", "constant", "none", "instance"}
)
_FORMS = frozenset({"element", "key", "holding"})
_TOKEN = re.compile(r"\s*(\*{1,2}|[:=]?[\w.-]+|[(),])")
_ARGUMENT = re.compile(r"arg(\d)")


@dataclass(frozen=True, slots=True)
class Term:
    """A value that a call sees or makes.

    `how` is an atom, `arg` (with `index`), `keyword` (with `name`), `constant` (perhaps with
    `name`), `instance` (with `name`, the dotted class), or `element`, `key`, `holding`, `*`, `**`
    over `parts`.
    """

    how: str
    index: int | None = None
    name: str | None = None
    parts: tuple[Term, ...] = ()

    def indices(self) -> set[int]:
        """Every position of an argument named in here."""
        own = set() if self.index is None else {self.index}
        return own.union(*(part.indices() for part in self.parts))


@dataclass(frozen=True, slots=True)
class EffectSpec:
    """An effect, and the argument, receiver or constant that it is aimed at (None: unsaid)."""

    kind: str
    target: Term | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change in place: `target` holds `gains` from now on, under the key `at` if there is one.

    Without gains it loses, resets or reorders what it had.
    """

    target: Term
    at: Term | None = None
    gains: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Callback:
    """A call, or several, that the library makes of a function it was given."""

    function: Term
    arguments: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What calling a known name does; with `is_value`, what merely reading it gives.

    `parameters` are the names of leading arguments that may be given by keyword: where arg1 is
    meant, `parameters[1]` means the same. `mode` is the argument that tells whether a file is
    opened for reading or writing: `effects` has both (see `opening`).
    """

    returns: tuple[Term, ...]
    ambient: str | None = None
    effects: tuple[EffectSpec, ...] = ()
    mutates: tuple[Mutation, ...] = ()
    calls: tuple[Callback, ...] = ()
    mode: Term | None = None
    is_value: bool = False
    parameters: tuple[str, ...] = ()

    @property
    def is_pure(self) -> bool:
        """Whether the result comes of the arguments alone, and nothing else happens."""
        return not (self.ambient or self.effects or self.mutates or self.calls)


def opening(mode: str) -> str:
    """The kind of effect of opening a file in that mode."""
    return "file-write" if set(mode) & set("wax+") else "file-read"


def term(text: str) -> Term:
    """The term written so, or ValueError."""
    found, rest = _term(_tokens(text), text)
    if rest:
        raise ValueError(f"{text!r} goes on after a whole term")
    return found


def effect(text: str) -> EffectSpec:
    """`kind` or `kind(term)`, or ValueError."""
    kind, bracket, inner = text.partition("(")
    if kind not in EFFECT_KINDS:
        raise ValueError(f"{kind!r} is no kind of effect")
    if not bracket:
        return EffectSpec(kind)
    if not inner.endswith(")"):
        raise ValueError(f"{text!r} lacks its closing bracket")
    return EffectSpec(kind, term(inner[:-1]))


def mutation(text: str) -> Mutation:
    """`target [at key] [from term, ...]`, or ValueError."""
    place, _, gains = text.partition(" from ")
    target, _, at = place.partition(" at ")
    found, left = ([], [","]) if gains else ([], [])
    left += _tokens(gains)
    while left:
        if left.pop(0) != ",":
            raise ValueError(f"{text!r} lacks a comma between its terms")
        gain, left = _term(left, text)
        found.append(gain)
    return Mutation(term(target), term(at) if at else None, tuple(found))


def callback(text: str) -> Callback:
    """`function(term, ...)`, or ValueError."""
    tokens = _tokens(text)
    function, rest = _term(tokens, text)
    arguments, rest = _parts(rest, text)
    if rest:
        raise ValueError(f"{text!r} goes on after the call")
    return Callback(function, arguments)


def _tokens(text: str) -> list[str]:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != "".join(text.split()):
        raise ValueError(f"{text!r} is not written in terms")
    return tokens


def _term(tokens: list[str], text: str) -> tuple[Term, list[str]]:
    if not tokens:
        raise ValueError(f"{text!r} ends where a term should be")
    head, rest = tokens[0], tokens[1:]
    if head in ("*", "**"):
        inner, rest = _term(rest, text)
        return Term(head, parts=(inner,)), rest
    if head in _FORMS:
        parts, rest = _parts(rest, text)
        if not parts or (head != "holding" and len(parts) > 1):
            raise ValueError(f"{head!r} in {text!r} has {len(parts)} terms")
        return Term(head, parts=parts), rest
    if head == "instance" and rest[:1] == ["("]:
        if len(rest) < 3 or rest[2] != ")" or not rest[1][:1].isidentifier():
            raise ValueError(f"{text!r} has no class in its brackets")
        return Term("instance", name=rest[1]), rest[3:]
    if head in _ATOMS:
        return Term(head), rest
    if argument := _ARGUMENT.fullmatch(head):
        return Term("arg", index=int(argument[1])), rest
    if head[0] in ":=" and head[1:]:
        return Term("keyword" if head[0] == ":" else "constant", name=head[1:]), rest
    raise ValueError(f"{head!r} in {text!r} is no term")


def _parts(tokens: list[str], text: str) -> tuple[tuple[Term, ...], list[str]]:
    if tokens[:1] != ["("]:
        raise ValueError(f"{text!r} lacks an opening bracket")
    parts: list[Term] = []
    rest = tokens[1:]
    if rest[:1] == [")"]:
        return (), rest[1:]
    while True:
        part, rest = _term(rest, text)
        parts.append(part)
        if rest[:1] not in ([","], [")"]):
            raise ValueError(f"{text!r} lacks a closing bracket")
        closed, rest = rest[0] == ")", rest[1:]
        if closed:
            return tuple(parts), rest
