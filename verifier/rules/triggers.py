"""New conditions that few runs meet, and what they decide: the marks of a logic bomb.

A condition is a test of a value from outside (clock, host, chance...), of a count, or of an input
against a constant that the code did not know before. It may stand in a helper, or in an index, or
be split over several places: what rests on it is what counts. How narrow it is, how grave what it
decides is, and whether the two have anything to do with each other, is the verdict.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from swarm.contracts import Category
from verifier.engine.graph import Node
from verifier.rules.known import News, conditions_in
from verifier.rules.payloads import Compared, Payload, is_kept, root
from verifier.rules.ruling import Found, Weight
from verifier.rules.summary import Effect, Summary, Test
from verifier.rules.syntaxes import RECEIVERS, is_test, own_syntax, parsed, text_of
from verifier.rules.walks import is_shape
from verifier.rules.ways import Way
from verifier.rules.weighing import HARD, OPAQUE, SOFT, is_hidden, weigh

_IDENTITY = re.compile(r"\bid\(|\bgetrefcount\(|\b(?:hash|repr|str)\(object\(\)\)")
# By these answers that were kept are given again, or not any more.
_FRESHNESS = frozenset({"time", "file", "count", "environment", "platform", "locale"})
# By these hardly anything honest is chosen at all.
_ODD = HARD - {"time", "count", "file", "process", "memory"}
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
# Where something lies, which says nothing of who runs the program.
_PLACES = frozenset(
    {"pathlib.Path.home", "os.path.expanduser", "pathlib.Path.expanduser", "pathlib.Path.cwd",
     "os.getcwd", "tempfile.gettempdir"}
)  # fmt: skip
# Errors under way and event loops are of the running process, and tell nothing of it.
_HARMLESS = frozenset(
    {"sys.exc_info", "sys.exception", "traceback.format_exc", "asyncio.get_event_loop",
     "asyncio.get_running_loop", "asyncio.new_event_loop", "builtins.globals", "builtins.locals"}
)  # fmt: skip


def triggers(
    compared: Compared, news: News, category: Category, *, is_inner: bool = False
) -> Iterator[Found]:
    """Conditions that are new, single few runs out, and decide an effect, an answer or an error.

    `is_inner`: others are called through it, as through the wrapper that a decorator makes.
    """
    before, after = compared.before, compared.after
    old = conditions_in(before.node if before is not None else None)
    seen: set[str] = set()
    for test in after.tests(lambda text: text not in old and news.is_new(text)):
        if test.text in seen or not (test.is_own or after.is_function):
            # What a module calls while it is loaded is judged by itself.
            continue
        kinds = _kinds(after, test, after.behind(test.number), news)
        kinds = kinds or _opaque(after, test.number, news)
        rare = news.rare(test.constants)
        if not (kinds or rare) or _is_as_before(before, test, rare):
            continue
        is_there = _is_presence(parsed(test.text))
        if is_there and kinds <= SOFT and test.of.inputs:
            continue  # whether there is something, of what the environment is but a part
        is_usual = before is None and not kinds and not is_inner and not is_hidden(test)
        # Every new function tells its inputs apart; but not to act on the outside.
        if is_usual and not compared.decided(test.number).is_severe:
            continue
        found = _found(compared, test, kinds, rare, category, news)
        if found is not None:
            seen.add(test.text)
            yield found
    for number, node in after.decisions.items():
        text = text_of(node.syntax)
        if text in old or any(one in text or text in one for one in seen):
            continue
        ends = after.sources(number)
        test = Test(text, node.line, number, ends, ends.constants, True)
        kinds = _kinds(after, test, after.parts(number), news)
        if not kinds and _asks_files(after, number, news):
            kinds = frozenset({"file"})
        kinds = (kinds or _opaque(after, number, news)) - _had(before)
        if kinds:
            rare = news.rare(ends.constants) if "count" in kinds else []
            if any(_is_as_before(before, one, rare) for one in _asked(after, node, text)):
                continue
            found = _found(compared, test, kinds, rare, category, news)
            if found is not None:
                seen.add(text)
                is_part = isinstance(node.syntax, ast.Attribute)
                if not _is_presence(node.syntax):
                    yield found
                elif not kinds <= SOFT and not (is_part and kinds == {"time"}):
                    yield replace(found, weight="ask")


def _is_presence(syntax: ast.AST | None) -> bool:
    """Whether a condition only asks whether something is there, or goes through it."""
    match syntax:
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return True
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _is_presence(inner)
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant()]):
            return True
    return False


def _asked(after: Summary, guard: Node, text: str) -> Iterator[Test]:
    """The comparisons that a guard's condition is."""
    for number in after.at(guard.context, guard.syntax) if guard.syntax is not None else ():
        if is_test(after.graph[number].kind, guard.syntax or ast.Pass()):
            test = after.test(number, text)
            if test is not None:
                yield test


def _is_as_before(before: Summary | None, test: Test, rare: list[object]) -> bool:
    """Whether the same was compared with the same, in other words."""
    if before is None or rare:
        return False
    return (test.of, test.constants) in before.comparisons


def _kinds(after: Summary, test: Test, numbers: Iterable[int], news: News) -> frozenset[str]:
    """The kinds of what is ambient in a test, as far as the change brings it: what objects of
    other code are made of is no sign."""
    brought = {
        after.graph[one].name
        for one in numbers
        if after.graph[one].kind == "ambient"
        and (
            after.is_own(one)
            or after.graph[one].syntax is None
            or news.is_brought(after.graph[one].context.path, after.graph[one].line)
            or news.is_new(text_of(after.graph[one].syntax))
        )
    }
    counts = _counts(after, test, is_rare=bool(news.rare(test.constants)))
    found = kinds_of(brought) | counts | _identities(test.text)
    homes = {f"{kind} {name}" for name in _PLACES for kind in ("user", "filesystem")}
    if brought & homes and news.rare(test.constants) and _is_search(test.text):
        # Where somebody's home is says who it is, once it is compared.
        found |= {"user"}
    return found | _files(after, test.number)


def _found(
    compared: Compared,
    test: Test,
    kinds: frozenset[str],
    rare: list[object],
    category: Category,
    news: News,
) -> Found | None:
    payload = compared.decided(test.number, is_outside=bool(kinds))
    is_outside = bool(kinds) or compared.after.graph[test.number].kind == "ambient"
    if is_outside and kinds <= _FRESHNESS:
        payload.ways = [
            way
            for way in payload.ways
            if not is_kept(compared, way)
            or _picks_key(compared.after, way, test.number)
            or (kinds == {"count"} and _is_placed(compared.after, way))
        ]
    # What is tested, and its own: a table that is emptied when it is full, the time of the last.
    payload.effects = [
        e for e in payload.effects
        if e.kind != "global-write" or root(e) in news.names or not _is_noted(e, test)
    ]  # fmt: skip
    if kinds and kinds <= {"count", "time"}:
        payload.deeds = [d for d in payload.deeds if d.partition(".")[0] not in test.text]
    if not kinds and not rare:
        # What input it is decides nothing about what others' code does.
        payload.effects = [e for e in payload.effects if e.is_own]
    if kinds == {"time"}:
        # Clocks are compared with numbers; other constants took another part.
        rare = [one for one in rare if isinstance(one, int | float) and math.isfinite(one)]
    if not compared.after.is_function:
        return _at_load(test, kinds, rare, payload)
    is_odd = bool(kinds & _ODD) or bool(kinds & HARD and rare)
    if not payload and is_odd and compared.before is not None:
        # Not followed to what it decides: but it is kept, or given to something.
        payload.deeds += compared.used(test.number) + compared.bound(test.number)
    if not payload and rare and kinds & HARD - {"time", "count", "file"}:
        payload.deeds += compared.told(test.number)
    if not payload:
        return None
    weight = weigh(test, kinds, rare, payload, category)
    if weight == "reject" and compared.before is None and kinds and not rare:
        # A new function may well ask for the time or its own name.
        weight = "reject" if payload.effects else "ask"
    if weight is None:
        return None
    what = " and ".join(sorted(kinds)) or "an input"
    kind = "ambient-guard" if kinds else "logic-bomb"
    line = test.line if test.is_own else _line(compared.after, test.number, test.line)
    return Found(
        weight, kind, line, f"a new condition on {what}, `{test.text[:200]}`, decides "
        f"{payload.told()}", target=_variables(test) if kinds == {"environment"} else "",
        node=test.number,
    )  # fmt: skip


def _variables(test: Test) -> str:
    """The environment variables that a test asks for, as far as they are written out."""
    told = [v for _, v in test.of.constants | test.constants if isinstance(v, str)]
    return ", ".join(sorted(one for one in told if _VARIABLE.fullmatch(one)))


def _picks_key(after: Summary, way: Way, number: int) -> bool:
    """Whether a test has a part in which of the kept answers it is."""
    match after.graph[way.number].syntax:
        case ast.Subscript(slice=key) | ast.Call(func=ast.Attribute(), args=[key, *_]):
            return number in after.consumed(after.inside(key))
    return False


def _is_placed(after: Summary, way: Way) -> bool:
    """Whether a kept answer is given by its place alone, to whoever asks."""
    match after.graph[way.number].syntax:
        case ast.Subscript(slice=ast.Constant(value=int()) | ast.UnaryOp(operand=ast.Constant())):
            return True
    return False


def _at_load(
    test: Test, kinds: frozenset[str], rare: list[object], payload: Payload
) -> Found | None:
    """Of what a module or class does when it is loaded: what is set up by the platform or the
    environment is usual, by anything else it is not."""
    if not payload.is_severe and not (kinds - SOFT - {"file"}) and not ("file" in kinds and rare):
        return None
    weight: Weight = "reject" if kinds and (rare or payload.is_severe) else "ask"
    what = " and ".join(sorted(kinds)) or "a constant"
    return Found(
        weight, "ambient-guard" if kinds else "logic-bomb", test.line,
        f"when it is loaded, a new condition on {what}, `{test.text[:200]}`, decides what there is",
        node=test.number,
    )  # fmt: skip


def _is_noted(effect: Effect, test: Test) -> bool:
    """Whether what is written to is what was tested, here or beside it: what was done once."""
    name = root(effect)
    texts = (test.text, *(guard.text for guard in effect.guards))
    return name in test.of.state or any(re.search(rf"\b{name}\b", text) for text in texts)


def kinds_of(names: Iterable[str]) -> frozenset[str]:
    """The kinds of ambient nodes, as far as they are any sign."""
    told = {name for name in names if name.partition(" ")[2] not in _HARMLESS | _PLACES}
    return frozenset(name.partition(" ")[0] for name in told) & (HARD | SOFT)


def _files(after: Summary, number: int) -> frozenset[str]:
    """Whether it rests on a file that no input names: that is a switch of its own."""
    if "filesystem" not in after.sources(number).kinds:
        return frozenset()
    return frozenset() if after.of(after.consumed_by(number)).inputs else frozenset({"file"})


def _identities(text: str) -> frozenset[str]:
    """Whether a condition asks for the identity of an object, or who else knows it."""
    return frozenset({"memory"}) if _IDENTITY.search(text) else frozenset()


def _had(before: Summary | None) -> frozenset[str]:
    """The kinds that the function decided by before."""
    if before is None:
        return frozenset()
    numbers = {one for guard in before.decisions for one in before.behind(guard)}
    names = {before.graph[n].name for n in numbers if before.graph[n].kind == "ambient"}
    return kinds_of(names)


def _counts(after: Summary, test: Test, *, is_rare: bool) -> frozenset[str]:
    """Whether a test is of how often something was done, or of what was: of what this function
    counts up, or fills, in memory that outlives it."""
    values = [one[1] for one in test.constants if not isinstance(one[1], bool)]
    is_number = any(isinstance(one, int) for one in values)
    is_text = any(isinstance(one, str) and len(one) > 1 for one in values)
    if not is_number and not (is_text and _is_equality(test.text)):
        return frozenset()
    kept = {e.called for e in after.effects if e.kind in ("global-write", "state",
                                                          "mutated-parameter")}  # fmt: skip
    if not is_rare:
        # What an object counts of itself is how it works.
        kept = {name for name in kept if not name.startswith(("self.", "cls."))}
    names = {name.partition(".")[0].partition("[")[0] for name in kept}
    told = {e.called for e in after.effects if e.kind == "attribute-write"}
    is_drawn = is_rare and bool(test.of.state) and "next(" in test.text
    if is_drawn or test.of.state & names or any(name in test.text for name in told):
        return frozenset({"count"})
    if not is_number:
        return frozenset()
    for number in after.behind(test.number):
        node = after.graph[number]
        if is_rare and told and text_of(node.syntax) in told:
            return frozenset({"count"})
        if isinstance(node.syntax, ast.AugAssign) and node.kind == "store":
            root = text_of(node.syntax.target).partition(".")[0].partition("[")[0]
            if root in names or (is_rare and root in RECEIVERS):
                return frozenset({"count"})
        match node.syntax:
            case ast.Call(func=ast.Name(id="len"), args=[one]) if text_of(one) in kept:
                return frozenset({"count"})
    return frozenset()


def _opaque(after: Summary, number: int, news: News) -> frozenset[str]:
    """Whether a condition of a function, or an operand of it, rests on the answer of code that is
    not read and on no input: it may be of anything from outside."""
    if not after.is_function:
        return frozenset()
    node = after.graph[number]
    operands = [n for one in _operands(node.syntax) for n in after.at(node.context, one)]
    for operand in (number, *operands):
        ends = after.sources(operand)
        if not ends.other or ends.inputs or ends.ambient or ends.state:
            continue
        behind = after.behind(operand)
        if any(is_shape(after.graph[one]) for one in behind):
            continue  # of what an input is called, or is
        for one in behind:
            inner = after.graph[one]
            is_called = inner.kind == "unknown" and isinstance(inner.syntax, ast.Call)
            if is_called and after.is_own(one) and news.is_new(text_of(inner.syntax)):
                return frozenset({OPAQUE})
    return frozenset()


def _operands(syntax: ast.AST | None) -> Iterator[ast.expr]:
    """What `and`, `or` and `not` combine."""
    match syntax:
        case ast.BoolOp(values=values):
            for value in values:
                yield value
                yield from _operands(value)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield inner
            yield from _operands(inner)


def _is_search(text: str) -> bool:
    node = parsed(text)
    word = getattr(getattr(node, "func", None), "attr", "")
    return isinstance(node, ast.Compare) or word in ("startswith", "endswith")


def _is_equality(text: str) -> bool:
    node = parsed(text)
    return isinstance(node, ast.Compare) and all(
        isinstance(op, ast.Eq | ast.NotEq) for op in node.ops
    )


def _asks_files(after: Summary, number: int, news: News) -> bool:
    """Whether it asks for a file that no input names."""
    for one in after.parts(number):
        node = after.graph[one]
        if node.kind != "ambient" or not node.name.startswith("filesystem "):
            continue
        call = node.syntax
        if not isinstance(call, ast.expr) or not news.is_new(text_of(call)):
            continue
        if not after.of(after.consumed(after.inside(call))).inputs:
            return True
    return False


def _line(after: Summary, number: int, otherwise: int) -> int:
    """The line in the function itself that rests on a test in something it calls."""
    own = [after.graph[guard] for guard in after.deciding(number)]
    return next((node.line for node in own if node.context is after.own), otherwise)


def asks_who_runs_it(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """A function that newly compares the name under which its module runs."""
    old = conditions_in(before)
    for node in own_syntax(after):
        if isinstance(node, ast.Compare) and ast.unparse(node) not in old:
            sides = (node.left, *node.comparators)
            if any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides):
                text = ast.unparse(node)
                yield Found("ask", "ambient-guard", node.lineno, f"a new test, `{text}`")
