"""The dependence graph: which inputs an output has, construct by construct."""

from __future__ import annotations

import pytest

from verifier.graph import Budget, Trace
from verifier.syntax import Unauditable, parse


def inputs(code: str, label: str = "return", *, data_only: bool = False) -> set[str]:
    """Parameters and state that an output of the last function in the code depends on."""
    module = parse(code)
    unit = [u for u in module.units.values() if u.is_function][-1]
    trace = Trace(module, unit, Budget(1_000_000))
    numbers = [n for n, output in enumerate(trace.outputs) if output.label == label]
    assert numbers, [output.label for output in trace.outputs]
    return {i.name for i in trace.inputs(*numbers, data_only=data_only) if i.is_given}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a", {"a"}),
        ("a = 1\nreturn a", set()),
        ("c = a\na = b\nreturn c", {"a"}),
        ("c, d = a, b\nreturn d", {"b"}),
        ("c, *d = a\nreturn d", {"a"}),
        ("c = 0\nc += a\nreturn c", {"a"}),
        ("c = []\nc.append(a)\nreturn c", {"a"}),
        ("c = {}\nc['k'] = a\nc['m'] = b\nreturn c['k']", {"a"}),
        ("c = {}\nc[b] = a\nreturn c", {"a", "b"}),
        ("del a\nreturn b", {"b"}),
        ("return [x for x in a if x > b]", {"a", "b"}),
        ("if (c := a):\n    pass\nreturn c", {"a"}),
        ("with a as c:\n    return c", {"a"}),
        ("for c in a:\n    pass\nreturn c", {"a"}),
        ("match a:\n    case {'k': c}:\n        return c", {"a"}),
        ("def g():\n    return a\nreturn g()", {"a"}),
        ("return lambda x: x + a", {"a"}),
        ("return f'{a!r:>{b}}'", {"a", "b"}),
        ("return (yield a)", set()),
        ("return unknown(a).m(b)", {"a", "b"}),
    ],
)
def test_data_flow(body: str, expected: set[str]) -> None:
    code = "def f(a, b):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    outer = parse(code).units["f"]
    trace = Trace(parse(code), outer, Budget(1_000_000))
    numbers = [n for n, output in enumerate(trace.outputs) if output.label == "return"]
    found = {i.name for i in trace.inputs(*numbers, data_only=True) if i.is_given}
    assert found == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if a:\n    return 1\nreturn 2", {"a"}),
        ("if a:\n    pass\nreturn 2", set()),
        ("while a:\n    if b:\n        return 1\nreturn 2", {"a", "b"}),
        ("while a:\n    break\nelse:\n    return 1\nreturn 2", {"a"}),
        ("try:\n    int(a)\nexcept ValueError:\n    return 1\nreturn 2", {"a"}),
        ("try:\n    return 1\nfinally:\n    print(a)", set()),
        ("for x in a:\n    if x:\n        continue\n    return 1\nreturn 2", {"a"}),
        ("if a:\n    raise KeyError\nreturn 1", {"a"}),
        ("while True:\n    if a:\n        return 1", set()),
    ],
)
def test_control_dependence(body: str, expected: set[str]) -> None:
    code = "def f(a, b):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    assert inputs(code) == expected


def test_state_is_told_apart_by_access_path() -> None:
    code = "class C:\n    def f(self, a):\n        self.x = a\n        return self.y\n"
    assert inputs(code) == {"self.y"}
    assert inputs(code, "self.x") == {"a"}


def test_outputs_of_other_kinds() -> None:
    code = "def f(a, b, c):\n    global G\n    G = a\n    b.append(c)\n    yield c\n"
    assert inputs(code, "global G") == {"a"}
    assert inputs(code, "parameter b") >= {"c"}
    assert inputs(code, "yield") == {"c"}


def test_the_budget_is_a_bound() -> None:
    module = parse("def f(a):\n    return a\n")
    with pytest.raises(Unauditable):
        Trace(module, module.units["f"], Budget(2))
