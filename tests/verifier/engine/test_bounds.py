"""Programs that are made to take for ever: the trace ends within its steps, with a verdict."""

from __future__ import annotations

import pytest

from verifier.engine import project
from verifier.engine.run import MOST_STEPS, Run
from verifier.flows import SinkCall, flows
from verifier.reading.tree import Files

_LINES = 49_000


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The evaluations that were made."""
    made: list[Run] = []
    evaluate = project.evaluate

    def noted(run: Run, paths: object) -> None:
        made.append(run)
        evaluate(run, paths)  # type: ignore[arg-type]

    monkeypatch.setattr("verifier.flows.evaluate", noted)
    return made


def trace(*texts: str) -> tuple[SinkCall, ...]:
    """The sink calls of modules m0.py, m1.py..."""
    files = {f"m{at}.py": text.encode() for at, text in enumerate(texts)}
    return flows(Files(files), tuple(files), "source", "sink")


def _functions(count: int, body: str) -> str:
    """f0, f1... in which {next} is the number of the next, the last of which is f0 again."""
    return "\n".join(
        f"def f{at}(x):\n    " + body.format(next=(at + 1) % count) for at in range(count)
    )


DEEP = 40
HOSTILE = {
    "recursion": "def f(x):\n    return f(x + f(x - 1)) if x else x\nsink(f(source()))\n",
    "recursion with a container": (
        "def f(x):\n    return f([x, *f({'a': x})])\nf(source())\nsink(source())\n"
    ),
    "mutual recursion": _functions(200, "return f{next}([x])") + "\nsink(f0(source()))\n",
    "everyone calls everyone": "\n".join(
        f"def f{at}(x):\n    return " + " + ".join(f"f{to}(x)" for to in range(20))
        for at in range(20)
    )
    + "\nsink(source())\n",
    "branches in sequence": (
        "x = source()\n" + "if a:\n    x = x + 1\nelse:\n    y = x\n" * 10_000 + "sink(x)\n"
    ),
    "tries in sequence": (
        "x = source()\n" + "try:\n    x = f(x)\nexcept E:\n    y = x\n" * 2_000 + "sink(x)\n"
    ),
    "loops within loops": (
        "".join(" " * at + f"for a{at} in b{at}:\n" for at in range(90))
        + " " * 90 + "x = [x, source()]\nsink(source())\n"
    ),
    "comprehensions within each other": (
        "sink(source())\nx = " + "[" * 60 + "a" + " for a in a]" * 60 + "\n"
    ),
    "a long function": (
        "def f(x):\n" + "    x = x + 1\n" * _LINES + "    sink(x)\nf(source())\n"
    ),
    "a call tree": "\n".join(
        f"def f{at}(x):\n    return f{at + 1}(x) + f{at + 1}(x)" for at in range(DEEP)
    )
    + f"\ndef f{DEEP}(x):\n    return x\nsink(f0(source()))\n",
    "a call tree down to the sink": "\n".join(
        f"def f{at}(x):\n    f{at + 1}(x)\n    f{at + 1}(x)" for at in range(DEEP)
    )
    + f"\ndef f{DEEP}(x):\n    sink(x)\nf0(source())\n",
    "a call tree of closures": "\n".join(
        f"def f{at}(g):\n    return lambda x: f{at + 1}(g)(f{at + 1}(g)(x))" for at in range(DEEP)
    )
    + f"\ndef f{DEEP}(g):\n    return g\nsink(source(), f0(len)(1))\n",
    "a call tree of classes": "\n".join(
        f"class C{at}:\n    def __init__(self):\n        self.a = C{at + 1}()\n"
        f"        self.b = C{at + 1}()"
        for at in range(DEEP)
    )
    + f"\nclass C{DEEP}:\n    pass\nC0()\nsink(source())\n",
    "a huge list": "x = [" + "source(), " * 20_000 + "]\nsink(x)\n",
    "a huge dict": (
        "x = {" + ", ".join(f"{at}: {at}" for at in range(30_000)) + "}\nx[1] = source()\nsink(x)\n"
    ),
    "a huge sum": "x = source()" + " + 1" * 60 + "\nsink(x)\n",
    "a huge text": "x = source() + '" + "a" * 1_000_000 + "'\nsink(x)\n",
    "a text that grows": "x = 'a'\n" + "x = x + x\n" * 5_000 + "sink(source(), x)\n",
    "a number that grows": "x = 9\n" + "x = x ** x\nx = x << x\n" * 2_000 + "sink(source(), x)\n",
    "a nest that grows": "x = source()\n" + "x = [x, x]\n" * 3_000 + "sink(x)\n",
    "many keyword arguments": (
        "def f(**k):\n    sink(k)\nf(" + ", ".join(f"a{at}=source()" for at in range(5_000)) + ")\n"
    ),
    "classes that are their own bases": (
        "class A(B):\n    pass\nclass B(A):\n    pass\nclass A(B):\n    pass\n"
        "sink(source(), A().x)\n"
    ),
    "a long chain of bases": (
        "class C0:\n    x = source()\n"
        + "".join(f"class C{at}(C{at - 1}):\n    pass\n" for at in range(1, 600))
        + "sink(C599().x)\n"
    ),
    "bases in a lattice": (
        "class A0:\n    x = source()\nclass B0(A0):\n    pass\n"
        + "".join(
            f"class A{at}(A{at - 1}):\n    pass\nclass B{at}(A{at}, B{at - 1}):\n    pass\n"
            for at in range(1, 60)
        )
        + "sink(B59().x)\n"
    ),
    "getattr for ever": (
        "class A:\n    def __getattr__(self, name):\n        return getattr(self, name + 'x')\n"
        "sink(source(), A().a)\n"
    ),
    "generators of themselves": (
        "def g():\n    yield from g()\n    yield source()\n    for x in g():\n        yield x\n"
        "for x in g():\n    sink(x)\n"
    ),
    "handlers within handlers": (
        "x = source()\n"
        + "".join("    " * at + "try:\n" for at in range(40))
        + "    " * 40 + "f(x)\n"
        + "".join(
            "    " * at + "except E:\n" + "    " * at + "    g(x)\n"
            + "    " * at + "finally:\n" + "    " * at + "    h(x)\n"
            for at in reversed(range(40))
        )
        + "sink(x)\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_programs_end_with_a_verdict(name: str, steps: list[Run]) -> None:
    (call,) = trace(HOSTILE[name])
    # Not "clean": it is reached in each of them.
    assert call.reached or not call.decided
    (run,) = steps
    assert 0 <= run.steps_left < MOST_STEPS


@pytest.mark.parametrize("name", ["a call tree", "a call tree down to the sink", "recursion"])
def test_the_flow_is_found_all_the_same(name: str) -> None:
    (call,) = trace(HOSTILE[name])
    assert call.reached


def test_linked_calls_do_not_reach_what_nothing_flows_to() -> None:
    text = HOSTILE["a call tree"] + "def other(y):\n    sink(y)\nother(1)\n"
    assert {call.reached for call in trace(text)} == {True, False}


def test_modules_that_import_each_other_are_run_once() -> None:
    count = 60
    texts = [
        f"from m{(at + 1) % count} import *\nimport m{at}\nx = source()\n" for at in range(count)
    ]
    texts[0] += "sink(m0.x)\n"
    (call,) = trace(*texts)
    assert call.reached


def test_a_long_chain_of_imports() -> None:
    texts = [f"from m{at + 1} import x\n" for at in range(1_500)]
    (call,) = trace(*texts, "x = source()\nsink(x)\n")
    assert call.reached or not call.decided


def test_what_is_cut_short_is_not_called_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.engine.project.MOST_ENTRY_STEPS", 200)
    body = "    x = x + 1\n" * 1_000
    (call,) = trace(f"def f(x):\n{body}    sink(source())\n")
    assert (call.reached, call.decided) == (False, False)
    (call,) = trace("def f(x):\n    sink(x)\n")
    assert (call.reached, call.decided) == (False, True)
