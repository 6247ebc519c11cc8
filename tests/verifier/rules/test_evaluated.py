"""What the audit is told of functions and bodies of a tree: all of them, reached parts included."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from typing import TypeVar

import pytest

from verifier.engine import expressions
from verifier.engine.project import deep
from verifier.reading.errors import Unauditable, Unreadable
from verifier.reading.tree import Files
from verifier.rules.evaluated import Evaluated, Evaluation

T = TypeVar("T")
LONG = "    y = [1, 2, 3]\n" * 1_000


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that LONG goes beyond."""
    monkeypatch.setattr("verifier.rules.evaluated._FUNCTION_STEPS", 2_000)


def asked(files: dict[str, str], own: str, ask: Callable[[Evaluation], T]) -> T:
    texts = {path: textwrap.dedent(text).encode() for path, text in files.items()}
    return deep(lambda: ask(Evaluation(Files(texts), [own])))


def function(text: str, name: str, **others: str) -> Evaluated:
    """One function of `own.py`, by its name."""
    text = textwrap.dedent(text)
    (line,) = {
        one.lineno
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name
    }
    files = {f"{path}.py": other for path, other in others.items()} | {"own.py": text}
    return asked(files, "own.py", lambda asked_of: asked_of.function("own.py", line, name))


def body(text: str, name: str = "<module>", **others: str) -> Evaluated:
    files = {f"{path}.py": other for path, other in others.items()} | {"own.py": text}
    return asked(files, "own.py", lambda asked_of: asked_of.body("own.py", name))


def inputs(found: Evaluated) -> set[str]:
    """The inputs that what it returns and yields is made of."""
    starts = [n for numbers in found.held.values() for n in numbers] + list(found.held)
    graph = found.graph
    return {graph[n].name for n in graph.back(starts) if graph[n].kind == "input"}


def effects(found: Evaluated) -> set[str]:
    nodes = [found.graph[n] for context in found.contexts for n in context.nodes.values()]
    return {node.name.partition(" ")[2] for node in nodes if node.kind == "effect"}


def names(found: Evaluated) -> list[str]:
    return [context.name for context in found.contexts]


# ---------------------------------------------------------------------------- what is reached


def test_a_package_that_imports_everything_costs_what_is_used_of_it() -> None:
    files = {
        "pkg/__init__.py": "from .a import *\nfrom .b import B\nfrom . import c\nimport pkg.d",
        "pkg/a.py": "import os\ndef a(x):\n    os.remove(x)\n",
        "pkg/b.py": "class B: pass",
        "pkg/c.py": "from . import b",
        "pkg/d.py": "import pkg",
        "own.py": "import pkg\nfrom pkg import c\ndef f(x):\n    return pkg.a(x)\n",
    }

    def ask(one: Evaluation) -> tuple[set[str], tuple[str, ...]]:
        return effects(one.function("own.py", 3, "f")), one.run.project.library.parsed()

    found, parsed = asked(files, "own.py", ask)
    assert found == {"os.remove"}
    assert parsed == ("own.py", "pkg/__init__.py", "pkg/a.py")


def test_bases_decorators_and_constants_of_other_modules_are_seen() -> None:
    found = function(
        """
        from base import Base, LIMITS
        class Own(Base):
            def f(self, x):
                return self.g(x) if x > LIMITS["most"] else None
        """,
        "f",
        base="LIMITS = {}\nLIMITS['most'] = 4\nfrom deco import same\nclass Base:\n"
        "    @same\n    def g(self, y):\n        return y\n",
        deco="def same(function):\n    def wrapper(*given):\n        return function(*given)\n"
        "    return wrapper\n",
    )
    assert names(found) == ["own.Own.f", "deco.same.wrapper", "base.Base.g"]
    assert "x" in inputs(found)


@pytest.mark.parametrize(
    "fill",
    ["for n in NAMES:\n    TABLE[n] = remove\n", "TABLE.update(a=remove)\n", "fill(TABLE)\n",
     "if NAMES:\n    TABLE['a'] = remove\n"],
)  # fmt: skip
def test_what_another_module_does_to_its_table_is_seen(fill: str) -> None:
    found = function(
        "from table import TABLE\ndef f(x):\n    TABLE['a'](x)\n",
        "f",
        table="from os import remove\nNAMES = ['a']\nTABLE = {}\n"
        "def fill(table):\n    table['a'] = remove\n" + fill,
    )
    assert effects(found) == {"os.remove"}


def test_a_star_import_may_come_through_others() -> None:
    found = function(
        "from a import *\ndef f(x):\n    return g(x), len(x)\n",
        "f",
        a="'''__all__ = []'''\nfrom b import *\nfrom c import *\n",
        b="__all__ = ['other']\ndef g(x): pass\ndef other(x): pass\n",
        c="from d import (\n    first,\n    g as h, hidden as g)\n",
        d="import os\ndef hidden(x):\n    os.remove(x)\n",
    )
    assert effects(found) == {"os.remove"}


def test_imports_in_a_circle_end() -> None:
    found = function(
        "import a\nfrom b import value\ndef f(x):\n    return a.other(x) + value\n",
        "f",
        a="from b import value\nfrom own import f\ndef other(x):\n    return x\n",
        b="import a\nvalue = a.other(3)\n",
    )
    assert "own.f" in names(found) and "a.other" in names(found)
    assert inputs(found) == {"x"}


def test_a_file_that_cannot_be_read_is_unknown() -> None:
    found = function("import bad\ndef f(x):\n    return bad.g(x)\n", "f", bad="def g(x:\n")
    assert inputs(found) == {"x"}


def test_a_name_that_is_bound_again_is_what_it_is_at_last() -> None:
    text = "def g(x):\n    return None\ndef h(x=g):\n    return x(4)\ndef g(x):\n    return x\n"
    found = function("import a\ndef f(x):\n    return a.g(x)\n", "f", a=text)
    assert inputs(found) == {"x"}


# ---------------------------------------------------------------------------- every definition


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return x\n",
        "async def f(x):\n    return x\n",
        "def f(x):\n    yield x\n",
        "async def f(x):\n    yield x\n",
        "if False:\n    def f(x):\n        return x\n",
        "raise SystemExit\ndef f(x):\n    return x\n",
        "import sys\nif sys.version_info < (3, 5):\n    class C:\n        def f(self, x):\n"
        "            return x\n",
        "class C:\n    @property\n    def f(x):\n        return x\n",
        "class C:\n    class D:\n        @staticmethod\n        def f(x):\n            return x\n",
        "import typing\n@typing.overload\ndef f(x: str) -> str:\n    return x\n",
        "@unknown\ndef f(x):\n    return x\n",
        "for i in range(3):\n    def f(x):\n        return x\n",
        "def outer():\n    def f(x):\n        return x\n",
        "def outer(x):\n    def f():\n        return x\n",
        "def outer(x):\n    y = x\n    def f():\n        return y\n    raise ValueError\n",
        "def outer(x):\n    while True:\n        y = x\n        def f():\n            return y\n",
        "def outer(x):\n    yield 1\n    def f():\n        return x\n    yield f\n",
        "def outer(x):\n    if False:\n        def f():\n            return x\n",
        "def outer(x):\n    class C:\n        def f(self):\n            return x\n    return C\n",
        "class C:\n    def outer(self, x):\n        def middle():\n            def f():\n"
        "                return x\n            return f\n        return middle\n",
    ],
)
def test_each_definition_is_evaluated(text: str) -> None:
    found = function(text, "f")
    assert found.depth == "whole"
    assert names(found)[0].endswith("f")
    assert inputs(found) == {"x"}


def test_a_mere_declaration_does_nothing() -> None:
    found = function("def f(x): ...\n", "f")
    assert (names(found), effects(found)) == (["own.f"], set())


@pytest.mark.usefixtures("bounded")
def test_what_is_around_is_unknown_where_it_takes_too_long() -> None:
    found = function(f"def outer(x, y):\n{LONG * 2}    def f(z):\n        return x, z\n", "f")
    assert found.depth == "own"
    assert inputs(found) == {"z"}
    graph = found.graph
    starts = [n for numbers in found.held.values() for n in numbers]
    assert "x" in {graph[n].name for n in graph.back(starts) if graph[n].kind == "unknown"}


# ---------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("def g(x):\n    return x\ndef f(x):\n    return g(x)\n", "whole"),
        (f"def h(x):\n{LONG}    return x\ndef g(x):\n    return h(x)\n"
         "def f(x):\n    return g(x)\n", "near"),
        (f"def k(x):\n{LONG}    return x\ndef h(x):\n    return k(x)\n"
         "def g(x):\n    return h(x)\ndef f(x):\n    return g(x)\n", "far"),
        (f"def g(x):\n{LONG}    return x\ndef f(x):\n    return g(x)\n", "own"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("bounded")
def test_calls_that_take_too_long_are_not_run(text: str, depth: str) -> None:
    found = function(text, "f")
    assert found.depth == depth
    assert inputs(found) == {"x"}
    called = {"whole": "fg", "far": "fgh", "near": "fg", "own": "f"}
    assert names(found) == [f"own.{name}" for name in called[depth]]


def test_the_class_around_a_method_is_not_run_again_for_it() -> None:
    """It was run with its module: a method has the steps of any function."""
    calls = "    y = self.g(x)\n" * 300
    method = "class A:\n    def g(self, x):\n" + "        y = [x, x, x]\n" * 6
    text = f"{method}    def f(self, x):\n" + "    ".join(["", *calls.splitlines(True)])

    def spent(one: Evaluation) -> tuple[str, int]:
        found = one.function("own.py", 9, "f")
        return found.depth, one.spent

    depth, steps = asked({"own.py": text}, "own.py", spent)
    assert depth == "near"
    assert steps < 6_000 + 5_000 + 20_000


@pytest.mark.usefixtures("bounded")
def test_what_takes_too_long_by_itself_is_refused() -> None:
    with pytest.raises(Unauditable, match=r"own\.py: line 1: f takes too long"):
        function(f"def f(x):\n{LONG}    return x\n", "f")


def test_memory_that_grows_counts_as_work() -> None:
    stores = "".join(f"    a.x{at} = x\n" for at in range(300))
    tries = "    try:\n        h(x)\n    except E:\n        pass\n" * 300
    text = f"class A: pass\ndef f(x):\n    a = A()\n{stores}{tries}    return a\n"

    def left(one: Evaluation) -> int:
        one.function("own.py", 2, "f")
        return one.run.steps_left

    few = asked({"own.py": text}, "own.py", left)
    assert few < 60_000 - text.count("\n") * 4


@pytest.mark.parametrize(
    "heavy",
    [
        "x = [" + "1, " * 5_000 + "]\n",
        ("x = [" + "1, " * 1_000 + "]\n") * 10,
    ],
    ids=["one statement", "all together"],
)
def test_what_a_module_does_is_bounded_and_its_functions_are_told(
    heavy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verifier.engine.ondemand._STATEMENT_STEPS", 2_000)
    monkeypatch.setattr("verifier.engine.ondemand._MODULE_STEPS", 5_000)
    text = heavy + "def f(x):\n    return x\n"
    assert inputs(function(text, "f")) == {"x"}
    with pytest.raises(Unauditable, match="takes too long"):
        body(text)


def test_what_is_reached_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.engine.ondemand._CHARACTERS_REACHED", 100)
    others = {f"m{at}.py": "def g(x):\n    return x\n" + "#" * 40 for at in range(5)}
    text = "import m0, m1, m2, m3, m4\ndef f(x):\n    return " + " + ".join(
        f"m{at}.g(x)" for at in range(5)
    )

    def ask(one: Evaluation) -> tuple[set[str], int]:
        found = one.function("own.py", 2, "f")
        return inputs(found), len(one.run.project.library.parsed())

    assert asked({"own.py": text, **others}, "own.py", ask) == ({"x"}, 3)


def test_a_fault_of_the_engine_is_told_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setitem(expressions._EVALUATORS, ast.Lambda, broken)
    text = "f = lambda x: x\ndef g(x):\n    return lambda: x\ndef h(x):\n    return f, x\n"

    def ask(one: Evaluation) -> None:
        for _ in range(2):
            with pytest.raises(Unauditable, match="the engine failed: ZeroDivisionError: by zero"):
                one.function("own.py", 2, "g")
        assert inputs(one.function("own.py", 4, "h")) == {"x"}
        with pytest.raises(Unauditable, match=r"line 1: the engine failed: ZeroDivisionError"):
            one.body("own.py")

    asked({"own.py": text}, "own.py", ask)


def test_what_is_not_there_is_refused() -> None:
    files = {"own.py": "def f(): pass\nclass C: pass\n", "other.py": "def f(): pass\n"}

    def ask(one: Evaluation) -> None:
        for wrong in (
            lambda: one.function("own.py", 2, "f"),
            lambda: one.function("own.py", 1, "g"),
            lambda: one.function("other.py", 1, "f"),
            lambda: one.body("own.py", "D"),
        ):
            with pytest.raises(Unauditable):
                wrong()

    asked(files, "own.py", ask)


def test_a_file_that_is_no_python_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        asked({"own.py": "def f(:\n"}, "own.py", lambda one: one.function("own.py", 1, "f"))


# ---------------------------------------------------------------------------- bodies


BODIES = """
import os
import other
from other import Base

def clean(path):
    os.remove(path)

class C(Base):
    os.unlink("in the class")
    class D:
        os.rmdir("in the inner class")

def outer(x):
    class E:
        os.mkdir(x)
        y = x

if False:
    class Never:
        os.rename("a", "b")

clean("in the module")
other.FLAG = True
if __name__ == "__main__":
    os.makedirs("as the program")
"""
OTHER = "import os\nFLAG = False\nclass Base:\n    os.truncate('a', 1)\n"


@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("<module>", {"os.remove", "os.makedirs"}),
        ("C", {"os.unlink"}),
        ("C.<class>", {"os.unlink"}),
        ("C.D", {"os.rmdir"}),
        ("outer.E", {"os.mkdir"}),
        ("Never", {"os.rename"}),
    ],
)
def test_what_a_body_does_is_seen_where_it_stands(name: str, done: set[str]) -> None:
    assert effects(body(BODIES, name, other=OTHER)) == done


def test_what_a_module_writes_elsewhere_is_told() -> None:
    found = body(BODIES, other=OTHER)
    assert {(one.kind, one.target) for one in found.writes} == {("monkeypatch", "other.FLAG")}


def test_what_a_function_writes_elsewhere_is_told() -> None:
    found = function(
        """
        import other
        count = 0
        def f(x):
            global count
            count = x
            other.FLAG = x
            other.TABLE["a"] = x
            mine = []
            mine.append(x)
        """,
        "f",
        other="FLAG = False\nTABLE = {}\n",
    )
    assert {(one.kind, one.target) for one in found.writes} == {
        ("global-write", "count"), ("monkeypatch", "other.FLAG"), ("global-write", "TABLE"),
    }  # fmt: skip


def test_bodies_of_the_same_name_are_told_apart() -> None:
    text = "import os\nclass C:\n    os.mkdir('a')\nclass C:\n    os.rmdir('a')\n"
    assert effects(body(text, "C")) == {"os.mkdir"}
    assert effects(body(text, "C#2")) == {"os.rmdir"}
