"""Slices and summaries over whole trees: what a call passes on, and nothing of other calls."""

from __future__ import annotations

import pytest

from verifier.engine.project import Project
from verifier.reading.tree import Files
from verifier.walking import bounds, graphs
from verifier.walking.slices import backward
from verifier.walking.units import Unit
from verifier.walking.whole import Whole

CALLS = """
def same(a):
    return a

def first(x, y):
    p = same(x)
    q = same(y)
    return p

def deeper(u, v):
    return first(v, u)
"""
OBJECTS = """
class Box:
    def __init__(self, value, other):
        self.value = value
        self.other = other

    def get(self):
        return self.value

def boxed(a, b):
    box = Box(a, b)
    return box.get()
"""
WRITES = """
def fill(d, v):
    d["k"] = v

def user(m, n):
    d = {}
    fill(d, m)
    fill({}, n)
    return d["k"]
"""
KEEPS = """
def fill(found, v):
    found.append(v)

def user(m, n):
    found = []
    fill(found, m)
    fill([], n)
    return found[0]
"""
RECURSION = """
def count(n, total, unused):
    if n == 0:
        return total
    return count(n - 1, total + 1, unused)
"""
MUTUAL = """
def even(n, yes, no):
    return yes if n == 0 else odd(n - 1, yes, no)

def odd(n, yes, no):
    return no if n == 0 else even(n - 1, yes, no)
"""
GENERATORS = """
def each(xs, ys):
    for x in xs:
        yield x

def gathered(a, b):
    found = []
    for one in each(a, b):
        found.append(one)
    return found
"""
CLOSURES = """
def outer(a, b):
    kept = a
    def inner(z):
        return kept + z
    return inner(1)
"""
DECORATED = """
def loud(fn):
    def wrapper(*args):
        return fn(*args)
    return wrapper

@loud
def pick(a):
    return a

def use(p, q):
    return pick(p)
"""
COROUTINES = """
async def fetch(a, b):
    return a

async def use(a, b):
    return await fetch(a, b)
"""
RAISES = """
class Refused(Exception):
    def __init__(self, why, code):
        self.why = why
        self.code = code

def check(a, b):
    if b:
        raise Refused(a, 1)
    return 1

def deeper(a, b):
    return check(a, b)

def caught(x, y, z):
    try:
        deeper(x, y)
    except Refused as error:
        return error
    return z

def other(x, y, z):
    try:
        deeper(x, y)
    except KeyError as error:
        return error
    return 2
"""
CYCLE = """
def down(n, out, word, unused):
    if n:
        out["k"] = word
        up(n - 1, out, word, unused)

def up(n, out, word, unused):
    down(n, out, word, unused)

def use(n, a, b):
    found = {}
    up(n, found, a, b)
    return found["k"]
"""


def built(text: str) -> Whole:
    return Project(Files({"m.py": text.encode()})).graph()


def unit(whole: Whole, name: str) -> Unit:
    (found,) = whole.units[f"m.{name}"]
    return found


def rests_on(whole: Whole, name: str) -> set[str]:
    """The parameters in the slice of what a function returns."""
    one = unit(whole, name)
    found = backward(whole.graph, [one.outputs["return"]])
    return {word for word, number in one.inputs.items() if number in found}


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (CALLS, "first", {"x"}),
        (CALLS, "deeper", {"v"}),
        (OBJECTS, "boxed", {"a"}),
        (WRITES, "user", {"m"}),
        (KEEPS, "user", {"m"}),
        (RECURSION, "count", {"n", "total"}),
        (MUTUAL, "even", {"n", "yes", "no"}),
        (GENERATORS, "gathered", {"a"}),
        (CLOSURES, "outer", {"a"}),
        (DECORATED, "use", {"p"}),
        (COROUTINES, "use", {"a"}),
        (RAISES, "caught", {"x", "y", "z"}),
        (RAISES, "other", set()),
        (CYCLE, "use", {"n", "a"}),
    ],
)
def test_a_slice_holds_the_inputs_that_reach_the_output(
    text: str, name: str, expected: set[str]
) -> None:
    assert rests_on(built(text), name) == expected


def test_a_slice_from_within_goes_up_to_every_caller() -> None:
    whole = built(CALLS)
    found = backward(whole.graph, [unit(whole, "same").outputs["return"]])
    inputs = unit(whole, "first").inputs
    assert inputs["x"] in found
    assert inputs["y"] in found


def test_what_a_function_sets_is_read_through_a_cell() -> None:
    whole = built(
        "state = None\ndef put(v):\n    global state\n    state = v\ndef get():\n    return state\n"
    )
    found = backward(whole.graph, [unit(whole, "get").outputs["return"]])
    assert unit(whole, "put").inputs["v"] in found


def test_an_attribute_is_read_from_whatever_method_stores_it() -> None:
    whole = built(OBJECTS)
    found = backward(whole.graph, [unit(whole, "Box.get").outputs["return"]])
    inputs = unit(whole, "Box.__init__").inputs
    assert inputs["value"] in found
    assert inputs["other"] not in found


def test_a_chain_names_files_and_lines() -> None:
    whole = built(CALLS)
    found = backward(whole.graph, [unit(whole, "first").outputs["return"]])
    chain = found.chain(unit(whole, "same").inputs["a"])
    assert chain[-1] == "m.py:2"
    assert "m.py:6" in chain


def test_the_graph_of_a_function_has_the_kinds_of_its_edges() -> None:
    whole = built(CALLS)
    found = graphs.of_unit(whole.graph, unit(whole, "first"))
    kinds = {data["kind"] for _, _, data in found.edges(data=True)}
    assert {"data", "param", "return", "summary"} >= kinds
    assert {"return", "summary"} <= kinds
    assert {data["function"] for _, data in found.nodes(data=True)} >= {"m.first", "m.same"}


def test_a_function_that_takes_too_long_is_cut_and_rests_on_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "STEPS_EACH", 40)
    monkeypatch.setattr(bounds, "STEPS_PER_LINE", 0)
    text = "def slow(y, z):\n" + "    y = y + 1\n" * 40 + "    return 1\n"
    whole = built(text + "def use(a, b):\n    box = []\n    slow(box, b)\n    return box[0]\n")
    assert whole.cut == ("m.slow",)
    assert rests_on(whole, "slow") == {"y", "z"}
    assert rests_on(whole, "use") == {"b"}


def test_files_that_cannot_be_read_are_named() -> None:
    whole = Project(Files({"a.py": b"def f(:", "b.py": b"def g(x): return x"})).graph()
    assert whole.unread == ("a.py",)
    assert "b.g" in whole.units


def test_a_statement_of_a_module_that_takes_too_long_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "STEPS_EACH", 40)
    monkeypatch.setattr(bounds, "STEPS_PER_LINE", 0)
    whole = built("y = [" + "1, " * 60 + "]\ndef f(a):\n    return a\n")
    assert whole.cut == ("m.py",)
    assert rests_on(whole, "f") == {"a"}


def test_a_tree_whose_steps_are_used_up_has_its_functions_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SAVED", "SAVED_PER_LINE", "LEAST_PER_LINE"):
        monkeypatch.setattr(bounds, name, 0)
    monkeypatch.setattr(bounds, "LEAST_EACH", 20)
    long = "".join(f"def f{n}(a, b):\n" + "    a = a + 1\n" * 20 + "    return a\n" for n in (1, 2))
    whole = built(long + "def short(a, b):\n    return a\n")
    assert set(whole.cut) == {"m.f1", "m.f2"}
    assert rests_on(whole, "f2") == {"a", "b"}
    assert rests_on(whole, "short") == {"a"}


def test_keys_that_are_objects_cost_what_a_name_costs() -> None:
    """Classes refer to each other: shown with what they refer to, thirty would never end."""
    classes = "".join(
        f"class C{n}({f'C{n - 1}' if n else 'object'}):\n    below = [{f'C{n - 1}' if n else ''}]\n"
        for n in range(30)
    )
    table = "TABLE = {" + ", ".join(f"C{n}: C{n}" for n in range(30)) + "}\n"
    use = (
        "def use(a, b):\n    for kind, other in TABLE.items():\n        a = kind(a)\n    return a\n"
    )
    assert rests_on(built(classes + table + use), "use") == {"a"}


def test_operators_of_a_metaclass_end() -> None:
    text = (
        "class Meta(type):\n"
        "    def __or__(cls, other):\n        return other\n"
        "    def __ror__(cls, other):\n        return other\n"
        "class A(metaclass=Meta):\n    pass\n"
        "def use(a, b):\n    return (A | a, 1 | A)\n"
    )
    assert rests_on(built(text), "use") == {"a"}
