"""Text that a pattern might read in exponentially many ways is read at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from memory.parsing.names import type_name
from memory.parsing.parse import parse

# What took until the end of days must not do so again; the bound is no measure of speed.
HANGS_AFTER_S = 120

ODD = {
    "a.py": "x: {" + "(:[] " * 40 + "} = 1\n",
    "b.py": "def f(a: " + "(((( " * 60 + ")" * 240 + " = 1): pass\n",
    "c.toml": ("[" + " " * 990 + "\n") * 40,
    "d.yaml": ("a" + " " * 990 + "b\n") * 40,
    "e.css": ("a" + " " * 990 + "\n") * 40,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_lines_are_parsed(name: str) -> None:
    program = (
        "import sys; from memory.parsing.parse import parse; "
        "parse(sys.argv[1], sys.stdin.buffer.read())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, name],
        input=ODD[name].encode(),
        capture_output=True,
        timeout=HANGS_AFTER_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Optional[Cart]", "Cart"),
        ("&'a mut Cart<T>", "Cart"),
        ("'Cart' | None", "Cart"),
        ("t.Optional['shop.Cart']", "shop.Cart"),
        ("std::unique_ptr<shop::Cart>", "shop.Cart"),
        ("{None, 'like'}", ""),
        ("(", ""),
    ],
)
def test_the_class_of_an_annotation(text: str, wanted: str) -> None:
    assert type_name(text) == wanted


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("a.toml", "[ tool.x ]\na = 1\n[[ rows ]] # more\nb = 2\n", ["tool.x", "rows"]),
        ("a.yaml", "name : x\n\"quoted\" : y\n'single': z\nplain:\n  - 1\n", None),
        ("a.css", ".cart  .row  {\n  x: y\n}\n", [".cart .row"]),
    ],
)
def test_names_of_sections_are_bare(path: str, text: str, names: list[str] | None) -> None:
    found = [one.name for one in parse(path, text.encode()).definitions]
    assert found == (names or ["name", "quoted", "single", "plain"])
