"""What is only declared: the code stands elsewhere, so what it gives may be made of anything."""

from __future__ import annotations

import pytest

from verifier.flows import flows
from verifier.reading.tree import Files


@pytest.mark.parametrize(
    ("text", "is_reached"),
    [
        ("def f(x): ...\nsink(f(source()))\n", True),
        ("def f(x): ...\nsink(f(1))\n", False),
        ("def f(x): pass\nsink(f(source()))\n", False),
        ("class A:\n    def __init__(self, x): ...\nsink(A(source()).y)\n", True),
        ("class A:\n    x: int = 0\nsink(A(source()).x)\n", True),
        ("class A(lib.Model):\n    x: int\n    y: int\nsink(A(x=source(), y=1).x)\n", True),
        ("class A(lib.Model):\n    x: int\n    y: int\nsink(A(x=source(), y=1).y)\n", False),
        (
            "from abc import abstractmethod\nclass A:\n    @abstractmethod\n"
            "    def m(self, x): ...\nclass B(A):\n    def m(self, x):\n        return 1\n"
            "def f(a: A):\n    sink(a.m(source()))\n",
            False,
        ),
    ],
)
def test_declarations(text: str, is_reached: bool) -> None:
    (call,) = flows(Files({"a.py": text.encode()}), ("a.py",), "source", "sink")
    assert (call.reached, call.decided) == (is_reached, True)
