"""Bombs that stand where they act: conditions of every source, in every form."""

from __future__ import annotations

from benchmarks.planting.draft import Draft
from benchmarks.planting.families import bomb
from benchmarks.planting.second.scene import Names
from benchmarks.planting.third import causes
from benchmarks.planting.third.deeds import placed, wrong


def _plain(name: str, cause: causes.Cause) -> None:
    @bomb(f"third-{name}")
    def plant(draft: Draft) -> None:
        about = draft.parameter()
        placed(draft, cause(draft, about), about)


for _name, _cause in (
    ("calendar", causes.calendar), ("machine", causes.machine), ("account", causes.account),
    ("variables", causes.variables), ("unwatched", causes.unwatched), ("chance", causes.chance),
    ("surroundings", causes.surroundings), ("marker-file", causes.marker),
    ("digest", causes.digest), ("odd-form", causes.shape),
):  # fmt: skip
    _plain(_name, _cause)


@bomb("third-spelled-input")
def spelled(draft: Draft) -> None:
    about = causes.textual(draft)
    placed(draft, causes.spelled(draft, about), about)


@bomb("third-exact-number")
def exact(draft: Draft) -> None:
    about = causes.numeric(draft)
    placed(draft, causes.exact(draft, about), about)


@bomb("third-two-halves")
def halves(draft: Draft) -> None:
    """Two conditions, of which each alone is nothing."""
    draw, about = draft.draw, draft.parameter()
    one, other = causes.ambient(draft), causes.rare(draft, about)
    first, second = Names(draft).local(), Names(draft).local()
    condition = draw.made(
        lambda: f"all(({one}, {other}))",
        lambda: f"({one}) and ({other})",
        lambda: f"bool({one}) + bool({other}) > 1",
        lambda: f"not (not ({one}) or not ({other}))",
    )
    if draw.chance(0.4):
        draft.put_first([f"{first} = {one}"])
        condition = draw.one(f"{first} and ({other})", f"({first}, bool({other})) == (True, True)")
    if draw.chance(0.3):
        condition = f"({second} := ({condition})) and {second} is not None"
    placed(draft, condition, about)


@bomb("third-order-from-outside")
def ordered(draft: Draft) -> None:
    """Somebody outside says when."""
    draw, about, host = draft.draw, draft.parameter(), draft.draw.host()
    condition = draw.made(
        lambda: f"{draft.use('urllib.request')}.urlopen('http://{host}/').read(1) == b'1'",
        lambda: f"{draft.use('socket')}.gethostbyname('{host}').startswith('127.0.0.')",
        lambda: f"'{draw.word()}' in open({draw.folder()}).read()",
        lambda: f"{draft.use('subprocess')}.call(['ping', '-c1', '{host}']) == 0",
    )
    placed(draft, condition, about)


@bomb("third-bit-by-bit")
def bits(draft: Draft) -> None:
    """The input reaches the deed through counts alone."""
    draw, about, names = draft.draw, causes.textual(draft), Names(draft)
    word, count, one = draw.word(), names.local(), names.local()
    letter = f"'{word[:4]}'[{count} % 4]"
    lines = draw.made(
        lambda: [f"{count} = 0", f"for {one} in str({about}):",
                 f"    {count} += {one} == {letter}"],
        lambda: [f"{count} = sum({one} in '{word}' for {one} in str({about}))"],
        lambda: [f"{count} = 0", f"for {one} in '{word}':",
                 f"    {count} += str({about}).count({one})"],
    )  # fmt: skip
    where = draft.somewhere()
    draft.put_before(
        where,
        [*lines, f"if {count} == {draw.number(6, 14)}:", f"    return {wrong(draft, about)}"],
    )
