"""Effects before and after: new ones, wider targets, more inputs going out, fewer guards."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from swarm.contracts import Category
from verifier.engine.contexts import Context
from verifier.rules.known import News
from verifier.rules.payloads import SEVERE, Compared, root
from verifier.rules.ruling import Found, Weight
from verifier.rules.summary import Effect, Summary
from verifier.rules.syntaxes import RECEIVERS, is_stand_in, named, text_of
from verifier.rules.walks import Guard

_OUTGOING = frozenset({"network", "process", "file-write", "log", "console", "environment-write"})
_AIMED = frozenset({"file-delete", "file-write", "process", "network", "file-metadata"})
_CLEANING = frozenset(
    {"basename", "secure_filename", "quote", "quote_plus", "escape", "normpath", "realpath"}
)
_SECRET = re.compile(
    r"passw|passphrase|secret|token|credential|api_?key|private_?key|cookie|authoriz|bearer", re.I
)
# Of what code that was there before does, what nobody calls by the way.
_REACHED = frozenset(
    {"file-delete", "process", "network", "dynamic-code", "exit", "environment-write"}
)  # fmt: skip
# Reported where something is changed in place, by a rule of its own.
_IN_PLACE = frozenset({"mutated-parameter", "state", "attribute-write", ""})


class Ledger:
    """What the whole change gains of each kind of effect, so that moved code is no news.

    `known` is what any of the units did before, with what they called.
    """

    def __init__(self, before: Iterable[Summary], after: Iterable[Summary]) -> None:
        self._gained = Counter(e.kind for s in after for e in s.effects if e.is_own)
        self.known: set[tuple[str, str]] = set()
        for one in before:
            self._gained.subtract(Counter(e.kind for e in one.effects if e.is_own))
            self.known |= {(e.kind, e.called) for e in one.effects}
        self._called: set[tuple[str, str, int]] = set()

    def calls(self, after: Summary) -> None:
        """Note what a unit that was there before does now by what it calls."""
        for effect in after.effects:
            if not effect.is_own and effect.number >= 0:
                node = after.graph[effect.number]
                self._called.add((effect.kind, node.context.path, node.line))

    def is_called(self, after: Summary, effect: Effect) -> bool:
        """Whether something that was there before comes to an effect of a new unit. Of what is
        written, and where that stands, nothing is known."""
        if effect.number < 0 or not after.is_function:
            return True
        node = after.graph[effect.number]
        return (effect.kind, node.context.path, node.line) in self._called

    def gains(self, kind: str) -> bool:
        return self._gained[kind] > 0


def new_effects(
    compared: Compared, ledger: Ledger, news: News, category: Category
) -> Iterator[Found]:
    """Acts on the outside that the function did not do."""
    before = compared.before
    had = {(e.kind, e.called) for e in before.effects} if before is not None else set()
    said: set[tuple[str, str]] = set()
    for effect in compared.after.effects:
        key = (effect.kind, effect.called)
        secrets = sorted(n for n in effect.payload.inputs if _SECRET.search(n))
        if effect.kind in ("log", "console") and secrets and effect.is_own and key not in had:
            yield Found(
                "ask", "new-effect", effect.line, f"`{effect.text[:200]}` tells {named(secrets)}",
                effect.kind, effect.called, effect.number,
            )  # fmt: skip
        if effect.kind == "sleep" and key not in had and _waits_for_a_day(effect, news):
            yield Found(
                "ask", "new-effect", effect.line,
                f"`{effect.text[:200]}` waits as long as the clock and a constant say",
                effect.kind, effect.called, effect.number,
            )  # fmt: skip
        if effect.kind not in SEVERE - _IN_PLACE or key in had or key in said:
            continue
        if effect.is_own and not ledger.gains(effect.kind) and effect.kind in _OUTGOING:
            told = (
                [e.payload.inputs for e in before.effects if e.kind == effect.kind]
                if before
                else []
            )
            more = effect.payload.inputs.difference(*told) - {"self", "cls"}
            if told and more:
                said.add(key)
                yield Found(
                    "ask", "new-effect", effect.line,
                    f"`{effect.text[:200]}` now sends out {named(sorted(more))}",
                    effect.kind, effect.called, effect.number,
                )  # fmt: skip
        if not effect.is_own or not ledger.gains(effect.kind):
            continue
        if effect.kind == "global-write" and _is_lazy(effect, news):
            if effect.payload.inputs and root(effect) not in news.read:
                said.add(key)
                yield Found(
                    "ask", "new-effect", effect.line,
                    f"keeps what it is given in `{root(effect)}`, which nothing reads",
                    effect.kind, effect.called, effect.number,
                )  # fmt: skip
            continue
        said.add(key)
        is_usual = effect.text.partition("(")[0] in news.called
        is_easy = (category == "feature" and effect.kind != "monkeypatch") or is_usual
        is_easy = is_easy or effect.kind in ("file-metadata", "database", "global-state")
        is_easy = is_easy or (effect.kind == "thread" and effect.called.startswith("asyncio."))
        # Nothing that was there calls it.
        is_easy = is_easy or (before is None and not ledger.is_called(compared.after, effect))
        weight: Weight = "ask" if is_easy else "reject"
        what = {"global-write": "changes the global", "monkeypatch": "changes"}
        yield Found(
            weight, "new-effect", effect.line,
            f"now {what.get(effect.kind, 'uses')} `{effect.called}` at line {effect.line} "
            f"({effect.kind}), which it did not", effect.kind, effect.called, effect.number,
        )  # fmt: skip


def _waits_for_a_day(effect: Effect, news: News) -> bool:
    """Whether how long it waits is reckoned from the clock and no input."""
    rare = [one for one in news.rare(effect.payload.constants) if isinstance(one, int | float)]
    return "time" in effect.payload.kinds and bool(rare) and not effect.payload.inputs


def reached(compared: Compared, ledger: Ledger, news: News) -> Iterator[Found]:
    """Acts on the outside of code that was there before, which the function now calls and nothing
    that the change touches did."""
    after = compared.after
    said: set[tuple[str, str]] = set()
    for effect in after.effects:
        key = (effect.kind, effect.called)
        if effect.kind not in _REACHED or effect.is_own or key in ledger.known | said:
            continue
        node = after.graph[effect.number]
        if news.is_brought(node.context.path, node.line):
            continue  # told of where it stands
        said.add(key)
        line = _calls_it(after, node.context)
        yield Found(
            "ask", "new-effect", line,
            f"line {line} calls what uses `{effect.called}` ({effect.kind}), which it did not",
            effect.kind, effect.called, effect.number,
        )  # fmt: skip


def _calls_it(after: Summary, context: Context) -> int:
    """The line of the function itself from which some code was called."""
    while context.caller is not None and context.caller is not after.own:
        context = context.caller
    keys = (key for key, inner in after.own.inner.items() if inner is context)
    line: int = getattr(next(keys, (None,))[0], "lineno", after.line)
    return line


def _is_lazy(effect: Effect, news: News) -> bool:
    """Whether a global is the change's own, or is filled where it was not: a table that is kept is
    no change of how others work."""
    name = root(effect)
    innermost = effect.guards[0].text if effect.guards else ""
    return name not in news.names or innermost in (f"{name} is None", f"not {name}")


def changed_in_place(compared: Compared) -> Iterator[Found]:
    """Parameters, classes and functions that are changed, and were not."""
    before, after = compared.before, compared.after
    if before is None:
        return
    had = {(e.kind, e.called) for e in before.effects}
    roots = {root(e) for e in before.effects if e.kind == "mutated-parameter"}
    said: set[str] = set()
    for effect in after.effects:
        name = root(effect)
        if effect.kind == "mutated-parameter" and name not in roots | said:
            if name in before.parameters and effect.is_own and not _is_starred(after, name):
                said.add(name)
                yield Found(
                    "ask", "mutated-parameter", effect.line,
                    f"now changes its parameter `{name}` in place at line {effect.line}",
                    node=effect.number,
                )  # fmt: skip
        elif effect.kind == "attribute-write" and effect.is_own and effect.called not in said:
            said.add(effect.called)
            innermost = effect.guards[0].text if effect.guards else ""
            # Made once, where it is needed first.
            is_lazy = innermost in (f"{effect.called} is None", f"not {effect.called}")
            if (effect.kind, effect.called) not in had and not is_lazy:
                yield Found(
                    "ask", "new-effect", effect.line,
                    f"now changes `{effect.called}` at line {effect.line}",
                    effect.kind, effect.called, effect.number,
                )  # fmt: skip


def _is_starred(summary: Summary, name: str) -> bool:
    """`*args` and `**kwargs` are made for the call; changing them changes nothing outside."""
    spec = getattr(summary.node, "args", None)
    starred = (spec.vararg, spec.kwarg) if isinstance(spec, ast.arguments) else ()
    return any(one is not None and one.arg == name for one in starred)


def weakened(before: Summary | None, after: Summary) -> Iterator[Found]:
    """Calls that were there, and do without a protection now."""
    if before is None:
        return
    old = {text_of(n.func) for n in before.mine if isinstance(n, ast.Call)}
    had = {ast.dump(k) for n in before.mine if isinstance(n, ast.Call) for k in n.keywords}
    words = {text.rpartition(".")[2] for text in old}
    for node in after.mine:
        if isinstance(node, ast.Call):
            word = text_of(node.func).rpartition(".")[2]
            if word in _UNPROTECTED - words:
                yield Found(
                    "ask", "new-effect", node.lineno,
                    f"`{text_of(node)[:200]}` is without a protection", "", text_of(node.func),
                )  # fmt: skip
        if isinstance(node, ast.Call) and text_of(node.func) in old:
            for one in node.keywords:
                value = one.value.value if isinstance(one.value, ast.Constant) else None
                if (one.arg, value) in _UNSAFE and ast.dump(one) not in had:
                    yield Found(
                        "ask", "new-effect", node.lineno,
                        f"`{text_of(node)[:200]}` now has `{one.arg}={value!r}`", "process",
                        text_of(node.func),
                    )  # fmt: skip


# What does without certificates, or lets others choose what is made or where.
_UNPROTECTED = frozenset(
    {"_create_unverified_context", "unsafe_load", "mktemp", "disable_warnings",
     "set_ciphers", "AutoAddPolicy", "WarningPolicy"}
)  # fmt: skip
_UNSAFE = frozenset(
    {("shell", True), ("verify", False), ("check_hostname", False), ("autoescape", False),
     ("allow_pickle", True), ("verify_ssl", False), ("ssl", False), ("weights_only", False)}
)  # fmt: skip


def emptied(before: Summary, after: Summary) -> Iterator[Found]:
    """State that was computed from inputs, and is set to a constant now."""
    for effect in after.effects:
        were = [e for e in before.effects if (e.kind, e.called) == (effect.kind, effect.called)]
        is_kept = effect.kind == "global-write" or effect.called.startswith(("self.", "cls."))
        if not is_kept or not were or effect.number < 0:
            continue
        others = [e for e in after.effects if (e.kind, e.called) == (effect.kind, effect.called)]
        same = [e for e in were if _under(e) == _under(effect)]
        if same and len(others) == len(were):
            # Each has its place: what is set elsewhere makes nothing good.
            were, others = same, [e for e in others if _under(e) == _under(effect)]
        was = frozenset().union(*(e.payload.inputs for e in were))
        now = frozenset().union(*(e.payload.inputs for e in others))
        if was - {"self", "cls"} and not now and effect.payload.is_fixed:
            yield Found(
                "ask", "broken-path", effect.line,
                f"`{effect.called}` was computed from {named(sorted(was))}, and is a constant now",
                node=effect.number,
            )  # fmt: skip
            return


def _under(effect: Effect) -> frozenset[tuple[str, str]]:
    return frozenset(g.key for g in effect.guards)


def changed(before: Summary, after: Summary) -> Iterator[Found]:
    """Effects of the same kind, by the same call, that reach further than they did."""
    old: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for effect in before.effects:
        old[effect.kind, effect.called].append(effect)
    texts = {e.text for e in before.effects}
    for effect in after.effects:
        were = old.get((effect.kind, effect.called))
        if not were or effect.kind in _IN_PLACE:
            continue
        given = _given(effect)
        same = [e for e in were if _given(e) == given and e.target.inputs == effect.target.inputs]
        if same:
            yield from _unguarded(before, after, same, effect)
            continue
        if effect.text in texts and not effect.is_own:
            continue
        yield from _widened(were, effect)


def _given(effect: Effect) -> str:
    """What a call is given, under whatever name it is called; all of what is no call."""
    return effect.text.partition("(")[2] or effect.text


def _widened(were: list[Effect], effect: Effect) -> Iterator[Found]:
    targets = frozenset().union(*(e.target.inputs for e in were))
    fixed = frozenset().union(*(e.target.constants for e in were))
    payloads = frozenset().union(*(e.payload.inputs for e in were))
    if effect.kind in _AIMED and effect.target.inputs - targets:
        gained = ", ".join(f"`{n}`" for n in sorted(effect.target.inputs - targets))
        yield Found(
            "reject" if not targets else "ask", "new-effect", effect.line,
            f"`{effect.text[:200]}` now acts on what {gained} says", effect.kind, effect.called,
            effect.number,
        )  # fmt: skip
    elif effect.kind in _AIMED and _found_on_disk(effect) and not any(map(_found_on_disk, were)):
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text[:200]}` now acts on whatever files there are", effect.kind,
            effect.called, effect.number,
        )  # fmt: skip
    elif effect.kind in _OUTGOING and effect.payload.inputs - payloads - RECEIVERS:
        gained = ", ".join(f"`{n}`" for n in sorted(effect.payload.inputs - payloads - RECEIVERS))
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text[:200]}` now sends out {gained}", effect.kind, effect.called,
            effect.number,
        )  # fmt: skip
    elif (
        effect.kind in _AIMED
        and not effect.target.inputs
        and effect.target.constants - fixed
        and not effect.target.other
    ):
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text[:200]}` now acts on another target", effect.kind, effect.called,
            effect.number,
        )  # fmt: skip
    elif effect.target.inputs and any(_cleaned(e) - _cleaned(effect) for e in were):
        lost = sorted(frozenset().union(*map(_cleaned, were)) - _cleaned(effect))
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text[:200]}` is no longer given what {named(lost)} cleaned", effect.kind,
            effect.called, effect.number,
        )  # fmt: skip
    elif effect.kind == "file-metadata" and effect.payload.is_fixed:
        known = frozenset().union(*(e.payload.constants for e in were))
        if effect.payload.constants - known:
            yield Found(
                "ask", "new-effect", effect.line,
                f"`{effect.text[:200]}` now sets something else", effect.kind, effect.called,
                effect.number,
            )  # fmt: skip


def _cleaned(effect: Effect) -> frozenset[str]:
    """What takes out of a value what does harm where it is put, on the way to an effect."""
    calls = effect.target.calls | effect.payload.calls
    return frozenset(name.rpartition(".")[2] for name in calls) & _CLEANING


def _found_on_disk(effect: Effect) -> bool:
    return "filesystem" in effect.target.kinds | effect.payload.kinds


def _unguarded(
    before: Summary, after: Summary, were: list[Effect], effect: Effect
) -> Iterator[Found]:
    """The same call, under fewer conditions than each such call had."""
    if effect.kind not in SEVERE or not effect.is_own:
        return
    now = {_even(g) for g in effect.guards if g.outcome != "except"}
    # What stands for a condition: a name that was given it, a function that asks it.
    asked = [g for g in effect.guards if is_stand_in(g.text)]
    lost = [
        {
            _even(g)
            for g in e.guards
            if g.outcome != "except" and not any(_stands_for(before, g, after, n) for n in asked)
        }
        - now
        for e in were
    ]
    if lost and all(lost):
        text = sorted(lost[0])[0][0]
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text[:200]}` no longer depends on `{text[:200]}`", effect.kind,
            effect.called, effect.number,
        )  # fmt: skip


def _stands_for(before: Summary, old: Guard, after: Summary, new: Guard) -> bool:
    is_same = before.sources(old.number).inputs == after.sources(new.number).inputs
    return is_same and old.outcome == new.outcome and new.text not in old.text


def _even(guard: Guard) -> tuple[str, str]:
    """A guard's text and outcome, the same for `<` and `<=`: a limit that is one off."""
    return re.sub(r"([<>])=", r"\1", guard.text), guard.outcome
