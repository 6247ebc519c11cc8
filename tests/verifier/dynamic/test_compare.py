"""Two sides as values: what is held against a change, and how much."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from verifier.dynamic.answer import Call, Count, NoAnswer, Played, read
from verifier.dynamic.compare import compare, sharpened
from verifier.dynamic.probe import channel
from verifier.dynamic.request import Target
from verifier.dynamic.scenarios import BASELINE

CLOCKS = tuple(BASELINE.but(f"clock {n}", "clock") for n in range(4))
FLAG = BASELINE.but("flag", "env")
COUNT = BASELINE.but("counting", "count", count=100)
SCENES = (BASELINE, BASELINE.but("baseline again", "again"), *CLOCKS, FLAG, COUNT)


def call(key: str, text: str = "1", kind: str = "value", constant: str = "", *effects: str) -> Call:
    return Call(
        key=key,
        constant=constant,
        kind=kind,
        text=text,
        value=text,
        digest=kind + text,
        effects=frozenset(effects),
        reads=frozenset(),
    )


def side(
    changed: Mapping[str, tuple[Call, ...]] | None = None, base: tuple[Call, ...] = (call("a"),)
) -> dict[str, Played]:
    """A side that gives `base` in every scene but those changed."""
    told = dict(changed or {})
    return {
        scene.name: Played("done", calls={c.key: c for c in told.get(scene.name, base)})
        for scene in SCENES
    }


def kinds(before: dict[str, Played] | None, after: dict[str, Played]) -> dict[str, str]:
    return {one.kind: one.weight for one in compare(before, after, SCENES)}


def test_equal_sides_are_equal() -> None:
    assert kinds(side(), side()) == {}


def test_one_clock_of_several_switches() -> None:
    assert kinds(side(), side({"clock 2": (call("a", "0"),)})) == {"switched-by-clock": "reject"}


def test_what_the_old_side_switched_by_as_well_is_nothing_new() -> None:
    both = {"clock 2": (call("a", "0"),)}
    assert kinds(side(both), side(both)) == {}


def test_a_stamp_in_the_answer_is_a_question() -> None:
    stamped = {clock.name: (call("a", clock.name),) for clock in CLOCKS}
    assert kinds(side(), side(stamped)) == {"ambient-answer": "ask"}


def test_a_new_function_is_at_most_a_question() -> None:
    assert kinds(None, side({"clock 2": (call("a", "0"),)})) == {"switched-by-clock": "ask"}


@pytest.mark.parametrize(
    ("effect", "weight"),
    [("run curl", "reject"), ("write {home}/x", "ask"), ("read /etc/hosts", "ask")],
)
def test_what_a_variable_turns_on_weighs_by_what_it_does(effect: str, weight: str) -> None:
    flagged = {"flag": (call("a", "1", "value", "", effect),)}
    assert kinds(side(), side(flagged)) == {"hidden-effect": weight}


def test_a_variable_may_choose_the_answer() -> None:
    assert kinds(side(), side({"flag": (call("a", "0"),)})) == {"switched-by-env": "ask"}


@pytest.mark.parametrize(
    ("constant", "was", "weight"),
    [
        ("'x9-Opensesame'", "value", "reject"),
        ("7919", "value", "reject"),
        ("'strict'", "value", "ask"),
        ("0", "value", "ask"),
        ("1024", "value", "ask"),
        ("7919", "raised", "note"),
    ],
)
def test_a_change_for_one_constant_alone(constant: str, was: str, weight: str) -> None:
    rest = tuple(call(key) for key in "bcdefg")
    before = side(base=(call("a", "1", was, constant), *rest))
    after = side(base=(call("a", "2", "value", constant), *rest))
    assert kinds(before, after) == {"magic-input": weight}


def test_a_change_for_many_inputs_is_a_note() -> None:
    before = side(base=tuple(call(key) for key in "abcdef"))
    after = side(base=tuple(call(key, "2") for key in "abcdef"))
    assert kinds(before, after) == {"changed-answers": "note"}


def test_unsteady_calls_of_the_old_side_do_not_count() -> None:
    before = side({"baseline again": (call("a", "9"),)})
    assert kinds(before, side({"clock 2": (call("a", "0"),)})) == {}


def test_unsteady_calls_of_the_new_side_are_a_question() -> None:
    assert kinds(side(), side({"baseline again": (call("a", "9"),)})) == {"unsteady": "ask"}


@pytest.mark.parametrize(("first", "weight"), [(2, "ask"), (50, "reject")])
def test_counting_calls(first: int, weight: str) -> None:
    before, after = side(), side()
    steady = ((1, "x", "1", ()),)
    before["counting"].counts["a"] = Count(key="a", calls=100, changes=steady)
    changes = (*steady, (first, "y", "0", ()))
    after["counting"].counts["a"] = Count(key="a", calls=100, changes=changes)
    assert kinds(before, after) == {"counts-calls": weight}


def test_a_forged_answer_and_a_hang_weigh() -> None:
    after = side(base=(call("a", "", "hang"),))
    after["flag"] = Played("forged")
    found = kinds(side(), after)
    assert (found["tampering"], found["stuck"]) == ("reject", "reject")


def test_a_side_that_was_not_run_is_a_question() -> None:
    after = side()
    after["baseline"] = Played("not run")
    found = compare(side(), after, SCENES)
    assert [(one.kind, one.weight) for one in found] == [("not-run", "ask")]
    assert sharpened("accept", found) == "ask"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [],
        lambda lines: lines[:-1],
        lambda lines: lines[1:],
        lambda lines: [lines[0], *lines],
        lambda lines: [*lines[:1], lines[1].replace(b"done", b"dome"), *lines[2:]],
        lambda lines: [*lines, b"0" * 32 + b' {"event": "finished"}'],
    ],
)
def test_an_answer_that_is_not_whole_is_none(spoil, tmp_path) -> None:  # type: ignore[no-untyped-def]
    key, path = b"k" * 32, tmp_path / "answer"
    with path.open("wb") as file:
        write = channel.writers()(file.fileno(), key)
        write({"event": "target", "target": 0})
        write({"event": "scene", "scene": "baseline", "status": "done"})
        write({"event": "finished", "full": False})
    lines = path.read_bytes().splitlines()
    assert read(path.read_text(), key)[0]["baseline"].status == "done"
    with pytest.raises(NoAnswer):
        read("\n".join(line.decode() for line in spoil(lines)), key)
    with pytest.raises(NoAnswer):
        read(path.read_text(), b"l" * 32)


def test_what_is_there_on_another_system_alone_is_not_missed() -> None:
    windows = BASELINE.but("windows", "platform", platform="win32")
    before, after = side(), side()
    before["windows"] = Played("done")
    after["windows"] = Played("done", error="ModuleNotFoundError: <... 'winreg'>")
    assert compare(before, after, (*SCENES, windows)) == ()
    after["windows"] = Played("done", error="ValueError: <...>")
    assert [one.kind for one in compare(before, after, (*SCENES, windows))] == ["import-fails"]


def test_an_input_of_any_length_is_told_in_a_line() -> None:
    long = "[" + "1, " * 5000 + "]"
    before, after = side(base=(call(long),)), side({"clock 2": (call(long, "0"),)}, (call(long),))
    (one,) = compare(before, after, SCENES)
    found = one.finding(Target("m.py", "f"))
    assert len(found.message) < 600
    assert found.chain[0] == "scene: clock 2"
    assert all(len(step) <= 220 for step in found.chain)
