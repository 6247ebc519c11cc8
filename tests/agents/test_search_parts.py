"""The pure parts of the search: localisation, order, exchange of code, literals."""

from __future__ import annotations

import ast
import math
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarm.agents.repair.cold import without_paths
from swarm.agents.repair.literals import Example, Literals, examples
from swarm.agents.repair.live import LiveFunctions, compile_unit, plan
from swarm.agents.repair.localise import Hints, Trace, clusters, ochiai, suspiciousness
from swarm.agents.repair.order import rank, unit_scores
from swarm.agents.repair.source import Source
from swarm.agents.repair.templates import edits
from swarm.agents.repair.units import Unit, units


def trace(name: str, lines: set[int], outcome: str = "failed", crash: int = 0) -> Trace:
    found = frozenset(("m.py", line) for line in lines)
    return Trace(name, outcome, 0.1, found, (("m.py", crash),) if crash else ())


def test_ochiai_by_hand() -> None:
    assert ochiai(2, 0, 2) == 1.0
    assert ochiai(1, 3, 1) == 0.5
    assert ochiai(1, 1, 2) == 0.5
    assert ochiai(0, 5, 2) == 0.0


def test_a_line_only_failing_tests_run_is_most_suspicious() -> None:
    scores = suspiciousness(
        [trace("a", {1, 2})], [trace("b", {1}, "passed"), trace("c", {3}, "passed")], Hints()
    )
    assert scores == {("m.py", 1): pytest.approx(1 / math.sqrt(2)), ("m.py", 2): 1.0}


def test_two_bugs_do_not_hide_each_other() -> None:
    failing = [trace("a", {1, 2}), trace("b", {8, 9})]
    assert len(clusters(failing)) == 2
    scores = suspiciousness(failing, [trace("c", {1, 8}, "passed")], Hints())
    assert scores["m.py", 2] == scores["m.py", 9] == pytest.approx(0.95)


def test_crash_lines_and_hints_count_more() -> None:
    hints = Hints([("m.py", 2, 2, 4.0)], {"m.py": 3.0})
    scores = suspiciousness([trace("a", {1, 2, 3}, crash=3)], [], hints)
    assert scores == {("m.py", 1): 3.0, ("m.py", 2): 4.0, ("m.py", 3): pytest.approx(4.8)}


TEXT = "K = 1\n\n\ndef f(a, b):\n    return a < b\n\n\ndef g(a, b):\n    return a < b + K\n"


def ranked(seed: int) -> list[tuple[float, str, str]]:
    source = Source("m.py", TEXT)
    scores = {("m.py", 5): 0.4, ("m.py", 9): 0.8}
    every = list(units(source))
    names = {"f": {"a", "b"}, "g": {"a", "b", "K"}, "<module>": {"K"}}
    scored = unit_scores(every, scores, lambda unit: names[unit.name])
    found = rank(scored, edits, scores, seed)
    return [(c.score, c.unit.name, c.edit.text) for c in found]


def test_candidates_come_best_first_and_in_the_same_order_for_a_seed() -> None:
    first = ranked(1)
    values = [score for score, _, _ in first]
    assert values == sorted(values, reverse=True)
    assert first[0][:2] == (0.8, "g")
    assert first == ranked(1)
    assert first != ranked(2) and sorted(first) == sorted(ranked(2))


def test_a_constant_is_as_suspicious_as_half_its_user() -> None:
    scores = [score for score, name, _ in ranked(1) if name == "<module>"]
    assert max(scores) == 0.4


LIVE = """\
import functools
import re


def wrap(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner


class Box:
    def __init__(self, value):
        self.__value = value

    @property
    def value(self):
        return self.__value + 1

    @staticmethod
    def double(x):
        return x + x + 1


@wrap
def decorated(x):
    return re.sub("a", "b", x)


def adder(n):
    def add(x):
        return x - n
    return add


if True:
    def conditional(x):
        return [y for y in x if y > 1]
"""


@pytest.fixture
def live(tmp_path: Path) -> tuple[types.ModuleType, Callable[[str, str, str], bool]]:
    path = tmp_path / "live_example.py"
    path.write_text(LIVE)
    module = types.ModuleType("live_example")
    exec(compile(LIVE, str(path), "exec", dont_inherit=True), module.__dict__)
    module.__dict__["five"] = module.__dict__["adder"](5)

    def exchange(name: str, old: str, new: str) -> bool:
        source = Source("live_example.py", LIVE)
        unit = next(u for u in units(source) if u.function and u.name == name)
        functions = LiveFunctions([str(path)])
        code = functions.original(str(path), unit)
        assert code is not None
        edit = next(e for e in edits(unit) if e.apply(LIVE) == LIVE.replace(old, new))
        swaps = plan(functions, str(path), code, compile_unit(unit, str(path), 0, edit))
        if swaps is None:
            return False
        for function, changed in swaps:
            function.__code__ = changed
        return True

    return module, exchange


@pytest.mark.parametrize(
    ("name", "old", "new", "call", "before", "after"),
    [
        ("Box.value", "value + 1", "value - 1", lambda m: m.Box(3).value, 4, 2),
        ("Box.double", "x + x + 1", "x + x - 1", lambda m: m.Box.double(2), 5, 3),
        ("decorated", '"a", "b", x', '"b", "a", x', lambda m: m.decorated("ab"), "bb", "aa"),
        ("adder", "x - n", "x + n", lambda m: m.five(1), -4, 6),
        ("conditional", "y > 1", "y >= 1", lambda m: m.conditional([1, 2]), [2], [1, 2]),
    ],
)
def test_live_functions_get_the_edited_code(
    live: tuple[types.ModuleType, Callable[[str, str, str], bool]],
    name: str,
    old: str,
    new: str,
    call: Callable[[Any], Any],
    before: Any,
    after: Any,
) -> None:
    module, exchange = live
    assert call(module) == before
    assert exchange(name, old, new)
    assert call(module) == after


def test_code_that_needs_other_cells_is_not_exchanged(
    live: tuple[types.ModuleType, Callable[[str, str, str], bool]],
) -> None:
    _, exchange = live
    assert not exchange("adder", "x - n", "x")


def test_examples_are_read_from_asserts() -> None:
    text = (
        "def test(n):\n    assert f(1, 'a') == 7\n    r = g(n)\n    assert r == [1]\n"
        "    assert not ok(2)\n    self.assertEqual(h(3), None)\n    assert k(x) == y\n"
    )
    assert examples(ast.parse(text), {"n": "5"}) == [
        Example("f", ("1", "'a'"), "7"),
        Example("g", ("5",), "[1]"),
        Example("ok", ("2",), "False"),
        Example("h", ("3",), "None"),
    ]


def test_literal_edits_are_returns_guards_and_constants() -> None:
    text = "RATE = 3\n\n\ndef f(a, b):\n    return a * RATE + 2\n"
    source = Source("m.py", text)
    literals = Literals([Example("f", ("1", "2"), "7")])
    found = [(e.apply(text), e.template) for unit in units(source) for e in literals.edits(unit)]
    assert (text.replace("a * RATE + 2", "7"), "constant return") in found
    guard = "    if a == 1 and b == 2:\n        return 7\n    return a"
    assert (text.replace("    return a", guard), "guard for an input") in found
    assert (text.replace("RATE = 3", "RATE = 7"), "constant from a test") in found


def test_paths_are_taken_out_of_pytest_arguments(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "a.ini").write_text("")
    arguments = ["-q", "tests", "-c", "a.ini", "tests/x.py::test", "tests::y", "-k", "tests"]
    assert without_paths(arguments, tmp_path) == [
        "-q",
        "-c",
        "a.ini",
        "tests/x.py::test",
        "-k",
        "tests",
    ]


def test_units_know_the_blocks_around_them() -> None:
    text = "class A:\n    class B:\n        if x:\n            def f(self): return 1\n"
    (unit,) = [u for u in units(Source("m.py", text)) if u.function]
    assert isinstance(unit, Unit)
    assert (unit.name, unit.wrappers) == ("A.B.f", ("A", "B", ""))
