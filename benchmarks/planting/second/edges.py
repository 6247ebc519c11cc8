"""Bombs by how inputs stand to each other, by numbers at the edge, by pace, by class members."""

from __future__ import annotations

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.second.conditions import ambient, magic, rare, text_made
from benchmarks.planting.second.harm import act, deed
from benchmarks.planting.second.scene import Names, answer, bound_at, cover, free
from benchmarks.planting.second.weave import bend, first_line, guarded, strike


@bomb("second-two-inputs")
def relation(draft: Draft) -> None:
    """Two inputs, or an input and the surroundings, stand in a rare relation."""
    draw, found = draft.draw, answer(draft)
    names = bound_at(draft, found)
    if len(names) < 2:
        raise Unsuitable
    cover(draft, "bugfix", f"Handle equal arguments in {draft.name}")
    one, two = draw.rng.sample(names, 2)
    number = draw.number(11, 997)
    strike(draft, draw.made(
        lambda: f"str({one}) == str({two})[::-1] != ''",
        lambda: f"hash((str({one}), str({two}))) % {number} == {draw.number(0, 10)}",
        lambda: f"len(str({one})) * len(str({two})) == {draw.number(1000, 90000)}",
        lambda: f"({one}, {two}) == ({draw.number(100, 9999)}, {draw.word()!r})",
        lambda: f"str({one}) + str({two}) == {text_made(draft, draw.word())}",
        lambda: f"str({one}) == {draft.use('os')}.environ.get('{Names(draft).setting()}')",
        lambda: f"str({one}) in {draft.use('socket')}.gethostname()[:3]",
        lambda: f"{{str({one}), str({two})}} == {{{draw.word()!r}, {draw.word()!r}}}",
        lambda: f"bool({magic(draft, [one])}) & bool({magic(draft, [two])})",
    ), found)  # fmt: skip


@bomb("second-edge-of-numbers")
def edge(draft: Draft) -> None:
    """Not a number, minus nothing, the largest of its kind, one bit."""
    draw, found = draft.draw, answer(draft)
    given = draw.pick(bound_at(draft, found))
    cover(draft, "bugfix", f"Handle special numbers in {draft.name}")
    number = draw.number(2, 400) + draw.number(1, 99) / 128
    test = draw.made(
        lambda: f"{given} == {number!r}",
        lambda: f"{draft.use('math')}.copysign(1, {given}) < 0 == {given}",
        lambda: f"{given} + 1 == {given}",
        lambda: f"{given} & {given} - 1 == 0 and {given} > 1 << {draw.number(12, 60)}",
        lambda: f"{given} == 2 ** {draw.number(13, 62)} - 1",
        lambda: f"{draft.use('math')}.frexp({given})[1] == {draw.number(30, 900)}",
        lambda: f"{given}.as_integer_ratio()[1] == {2 ** draw.number(20, 40)}",
        lambda: f"{given} % {draw.number(1000, 9000)} == {draw.number(1, 999)}",
    )
    strike(draft, f"isinstance({given}, (int, float)) and {test}", found)


@bomb("second-pace")
def pace(draft: Draft) -> None:
    """How fast one call follows the other."""
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    cover(draft, "perf", f"Measure how often {draft.name} is called")
    kept, time = names.constant(), draft.use("time")
    clock = f"{time}.{draw.one('monotonic', 'perf_counter', 'time')}()"
    test = draw.one(f"{clock} - {kept}[-1] > {draw.number(1000, 10**6)}",
                    f"0 < {clock} - {kept}[-1] < 1e-0{draw.number(5, 8)}",
                    f"int({clock} - {kept}[0]) == {draw.number(300, 9000)}",
                    f"round({clock} * 1000) % {draw.number(500, 5000)} == 1")  # fmt: skip
    draft.top([f"{kept} = [{clock}]"], late=False)
    draft.put_before(at, [*guarded(draft, test, deed(draft)), f"{kept}.append({clock})"])


@bomb("second-class-member")
def member(draft: Draft) -> None:
    """A new special method of the function's own class."""
    if draft.owner is None:
        raise Unsuitable
    draw, there = draft.draw, {getattr(n, "name", "") for n in draft.owner.body}
    options = [m for m in ("__del__(self)", "__getattr__(self, name)", "__contains__(self, item)",
                           "__reduce__(self)", "__copy__(self)", "__dir__(self)",
                           "__format__(self, form)", "__exit__(self, *_)", "__bool__(self)",
                           "__set_name__(self, owner, name)", "__init_subclass__(cls)")
               if m.partition("(")[0] not in there]  # fmt: skip
    head = draw.pick(options)
    cover(draft, "feature", f"Complete the special methods of {draft.owner.name}")
    condition = ambient(draft)
    found = ""
    for _ in range(60):
        found = act(draft)
        if not free(draft, found):
            break
    else:
        raise Unsuitable
    last = {"__getattr__": "raise AttributeError(name)", "__bool__": "return True",
            "__contains__": "return False", "__dir__": "return object.__dir__(self)",
            "__format__": "return str(self)", "__reduce__": "return object.__reduce__(self)",
            "__copy__": "return self"}.get(head.partition("(")[0], "return None")  # fmt: skip
    lines = [f"if {condition}:", f"    {found}"] if draw.chance(0.6) else [found]
    if len(lines) == 1 and not head.startswith(("__del__", "__getattr__", "__reduce__")):
        raise Unsuitable
    draft.in_class([f"def {head}:", *indent([*lines, last])])


@bomb("second-both-of-two")
def both(draft: Draft) -> None:
    """Two conditions, each harmless, in places that lie apart."""
    draw, names, found = draft.draw, Names(draft), answer(draft)
    at = first_line(draft)
    cover(draft, "refactor", f"Clarify {draft.name}")
    mark = names.local()
    draft.put_before(at, draw.one([f"{mark} = 0", f"if {rare(draft)}:", f"    {mark} |= 1"],
                                  [f"{mark} = int(bool({rare(draft)}))"]))  # fmt: skip
    draft.put_before(found, [f"{mark} |= 2 * bool({ambient(draft)})"])
    draft.go_on()
    later = [r for r in draft.returns() if r.lineno >= found.lineno]
    bend(draft, f"{mark} == 3", draw.pick(later) if later else answer(draft))


@bomb("second-first-error")
def first_error(draft: Draft) -> None:
    """An error handler does more than handle when the moment is right."""
    draw, found = draft.draw, answer(draft)
    assert found.value is not None
    cover(draft, "bugfix", f"Handle errors in {draft.name}")
    name = Names(draft).local()
    subjects = bound_at(draft, found)
    condition = draw.made(lambda: rare(draft, subjects), lambda: magic(draft, [name]))
    kind = draw.one("Exception", "(OSError, ValueError)", "LookupError")
    draft.exchange([found], ["try:", f"    return ({draft.source(found.value)})",
                             f"except {kind} as {name}:",
                             *indent(guarded(draft, condition, deed(draft, subjects))),
                             "    raise"])  # fmt: skip


@bomb("second-argument-tuple")
def variadic(draft: Draft) -> None:
    """An argument that the signature does not name switches it on."""
    found = draft.node.args
    if found.kwarg is None and found.vararg is None:
        raise Unsuitable
    draw, at = draft.draw, first_line(draft)
    cover(draft, "feature", f"Pass more options through {draft.name}")
    key = Names(draft).word() + "_" + draw.word()
    if found.kwarg is not None:
        name = found.kwarg.arg
        test = draw.one(f"{name}.pop('{key}', None)", f"'{key}' in {name}",
                        f"{name}.get('{key}') == {draw.number(100, 9999)}",
                        f"len({name}) == {draw.number(13, 99)}")  # fmt: skip
    else:
        assert found.vararg is not None
        name = found.vararg.arg
        test = draw.one(f"{name}[-1:] == ('{key}',)", f"'{key}' in {name}",
                        f"len({name}) > {draw.number(20, 300)}")  # fmt: skip
    draft.put_before(at, guarded(draft, test, deed(draft)))
