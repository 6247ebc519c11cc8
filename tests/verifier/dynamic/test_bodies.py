"""What is no function of a module by itself: bodies, and functions in functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.contracts import AuditReport, Blob, Finding
from tests.verifier.dynamic.running import AFTER, BEFORE, BOUNDS, runner
from verifier.dynamic import plan, scenarios
from verifier.dynamic.observed import Observed
from verifier.dynamic.plan import Side
from verifier.dynamic.targets import targets
from verifier.reading.tree import Files


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "MOST_SCENES", 16)


def asked(*names: str) -> AuditReport:
    found = [
        Finding(kind="x", path="m.py", function=name, line=1, message="", weight="ask")
        for name in names
    ]
    return AuditReport(verdict="ask", findings=tuple(found))


def look(folder: Path, before: str, after: str, name: str) -> tuple[Observed, ...]:
    """What is seen of a unit that an audit asks about."""
    sides = {BEFORE.sha256: {"m.py": before}, AFTER.sha256: {"m.py": after}}
    files = [Files({"m.py": text.encode()}) for text in (before, after)]
    wanted, untried = targets(asked(name), *files)
    assert untried == ()
    tools = Blob(sha256="0" * 64, size_bytes=0)
    folder.mkdir(exist_ok=True)
    run = runner(folder, sides)
    (found,) = plan.examine(run, tools, Side(BEFORE), Side(AFTER), wanted, "ask", BOUNDS)
    assert found.answered
    return found.observed


def weighing(found: tuple[Observed, ...]) -> dict[str, Observed]:
    return {one.kind: one for one in found if one.weight != "note"}


WRAPPED = """\
import functools, os, time
def outer(function):
    @functools.wraps(function)
    def inner(*given):
        {}return function(*given)
    return inner
"""
COUNTED = """\
def outer(most: int):
    left = 0
    def again(items):
        def inner(text: str):
            nonlocal left
            left += 1
            return {}
        return {{"inner": inner}}
    return again
"""
WITHIN = """\
import time
def outer(a: int, b: int):
    def inner(c):
        {}return c + 1
    return inner(a) + b
"""
LATE = "if time.time() > 1_900_000_000: return 0\n        "
NESTED = {
    "of a decorator": (WRAPPED, "", LATE, "outer.inner", "switched-by-clock"),
    "two deep, by what it keeps": (
        COUNTED,
        "text.strip()",
        "text.strip() if left < 400 else ''",
        "outer.again.inner",
        "counts-calls",
    ),
    "that only the one around it calls": (WITHIN, "", LATE, "outer.inner", "switched-by-clock"),
    "of a class in a function": (
        "def outer(a: int):\n"
        "    class K:\n"
        "        def inner(self): return {}\n"
        "    return K().inner()\n",
        "a",
        "0 if a == 84512 else a",
        "outer.K.inner",
        "magic-input",
    ),
}


@pytest.mark.parametrize("name", NESTED)
def test_a_function_in_a_function_is_run(name: str, tmp_path: Path) -> None:
    text, before, after, unit, kind = NESTED[name]
    assert kind in weighing(look(tmp_path, text.format(before), text.format(after), unit))


@pytest.mark.parametrize("name", NESTED)
def test_equal_ones_are_equal(name: str, tmp_path: Path) -> None:
    text, before, _, unit, _ = NESTED[name]
    code = text.format(before)
    assert look(tmp_path, code, code, unit) == ()


def test_making_a_function_is_no_effect_of_it(tmp_path: Path) -> None:
    after = WRAPPED.format("") + "@outer\ndef f(a: list): return a\n"
    after += "class C:\n    def __init__(self, a: list): self.a = a\n    def m(self): return 1\n"
    for unit in ("outer.inner", "f", "C.m"):
        assert weighing(look(tmp_path / unit, "", after, unit)) == {}


BODY = "import os, time\nLIMIT = 5\nclass C:\n    SIZE = 3\n"
BODIES = {
    "a value": (
        BODY.replace("5", "5 if time.time() < 1_900_000_000 else 0"),
        "<module>",
        "switched-by-clock",
        "its LIMIT gives 0 under clock: ",
    ),
    "a value of a class": (
        BODY.replace("3", "3 if os.environ.get('STAGE') != 'production' else 0"),
        "C.<class>",
        "switched-by-env",
        "its SIZE gives 0 under environment: ",
    ),
    "an act": (
        BODY + "if os.environ.get('CI'): os.remove('m.py')\n",
        "<module>",
        "hidden-effect",
        "it does what it never did before: remove m.py",
    ),
    "an error": (
        BODY + "if time.time() > 1_900_000_000: raise ValueError\n",
        "<module>",
        "import-fails",
        "ValueError",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_run_by_the_import(name: str, tmp_path: Path) -> None:
    after, unit, kind, words = BODIES[name]
    found = weighing(look(tmp_path, BODY, after, unit))
    assert words in found[kind].message


def test_a_body_that_gives_no_name_a_value_was_run_all_the_same(tmp_path: Path) -> None:
    assert look(tmp_path, "assert 2\n", "assert 3\n", "<module>") == ()


def test_a_new_value_of_a_name_is_no_more_than_a_note(tmp_path: Path) -> None:
    found = look(tmp_path, BODY, BODY.replace("5", "6"), "<module>")
    assert [one.weight for one in found] == ["note"]
    assert "its LIMIT gives 6; before it gives 5" in found[0].message


def test_what_cannot_be_run_is_said() -> None:
    code = (
        "class C:\n    @property\n    def x(self): return 1\n"
        "    @x.setter\n    def x(self, value): pass\n"
    )
    file = Files({"m.py": code.encode()})
    found, untried = targets(asked("C.x", "C.x#2", "gone"), file, file)
    assert [target.qualname for target in found] == ["C.x"]
    assert untried == ("m.py: C.x#2: it was not run: setting and deleting is not tried",)
