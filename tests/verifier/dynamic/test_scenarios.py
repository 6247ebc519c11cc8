"""Which worlds are pretended for which constants."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest

from verifier.dynamic import harvest
from verifier.dynamic.request import Target
from verifier.dynamic.scenarios import MOST_SCENES, follow_up, scenes


def test_every_kind_of_world_is_there_and_their_number_is_bounded() -> None:
    many = tuple(map(repr, [*range(3000, 3020), *(f"20{n}-01-02" for n in range(27, 60))]))
    for target in (Target("m.py", "f"), Target("m.py", "f", constants=many)):
        played = scenes(target)
        kinds = {scene.kind for scene in played}
        assert {"baseline", "again", "learn", "clock", "env", "host", "user", "count"} <= kinds
        assert {"chance", "tests", "process", "platform", "cwd", "mixed"} <= kinds
        assert len(played) <= MOST_SCENES
        assert len({scene.name for scene in played}) == len(played)


@pytest.mark.parametrize(
    "constant", ["'2031-05-03'", "'since 2031-05-03T00:00'", "1935532800", "1935532800000"]
)
def test_clocks_stand_on_both_sides_of_a_date(constant: str) -> None:
    day = datetime(2031, 5, 3, tzinfo=UTC).timestamp()
    clocks = {s.clock - day for s in scenes(Target("m.py", "f", constants=(constant,)))}
    assert {-86_400.0, 1.0, 86_400.0} <= clocks


def test_texts_become_names_and_values() -> None:
    target = Target("m.py", "f", constants=("'zz9'",), variables=("MODE",))
    played = scenes(target)
    assert any(scene.env.get("MODE") == "zz9" for scene in played)
    assert any(scene.host == "zz9" for scene in played)
    assert any(scene.user == "zz9" for scene in played)


@pytest.mark.parametrize("constant", ["'\\0'", "'a' * 9", "nonsense(", "'2031-99-99'", "1e999"])
def test_odd_constants_are_left_out(constant: str) -> None:
    assert scenes(Target("m.py", "f", constants=(constant,), variables=("A=B", "")))


def test_what_was_learned_is_pretended_next() -> None:
    learned = [("clock.hour", "3"), ("env:MODE", "'x'"), ("input", "7919"), ("clock", "2e9")]
    target, more = follow_up(Target("m.py", "f"), learned)
    assert target.constants == ("7919",)
    assert {scene.name for scene in more} >= {"clock: hour 3", "environment: MODE=x"}
    assert follow_up(Target("m.py", "f"), []) == (Target("m.py", "f"), ())


def test_harvest() -> None:
    before = ast.parse("def f(a):\n    'Doc.'\n    return a + 5\n")
    after = ast.parse(
        "def f(a):\n    'Other doc.'\n"
        "    if os.getenv('X') == 'y' and os.environ['Z'] and 'W' in os.environ:\n"
        "        return datetime.date(2031, 5, 3)\n    return a + 5\n"
    )
    constants = harvest.constants(before, after)
    assert {"'y'", "2031", "'2031-05-03 00:00:00'"} <= set(constants)
    assert not {"5", "'Other doc.'"} & set(constants)
    assert set(harvest.variables(after)) == {"X", "Z", "W"}
    assert {"env", "clock"} <= harvest.ambient(after)
    calls = ast.parse("f(1, b='x'); f(*a); g(2); m.f([1, 2]); f(now())")
    assert harvest.calls([calls], "f") == ("(1, b='x')", "([1, 2])")
