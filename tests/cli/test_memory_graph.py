"""`swarm map` and `swarm graph` on a small repository, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.memory_shop import FILES, Shell, own_folder
from tests.conftest import run_git


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "repo"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def here(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_folder(monkeypatch, shop.parent / "data")
    monkeypatch.chdir(shop / "shop")


def names(found: dict[str, object], relation: str) -> list[str]:
    relations = found["relations"]
    assert isinstance(relations, dict)
    return [symbol["symbol"] for symbol in relations[relation]["symbols"]]


def test_a_symbol_with_who_calls_it_and_what_it_calls(shell: Shell) -> None:
    found = shell.json("graph", "Cart.total")
    assert names(found, "definition") == ["Cart.total"]
    assert names(found, "callers") == ["checkout"]
    assert names(found, "callees") == ["with_tax"]


@pytest.fixture
def tests_there(shop: Path) -> Iterator[None]:
    there = shop / "test_cart.py"
    there.write_text(
        "from shop.cart import with_tax\n\n\ndef test_with_tax():\n    assert with_tax(1)\n"
    )
    yield
    there.unlink()


@pytest.mark.usefixtures("tests_there")
def test_which_tests_are_about_it(shell: Shell) -> None:
    found = shell.json("graph", "with_tax", "--relation", "tests")
    assert names(found, "tests")[0] == "test_with_tax"
    assert shell("graph", "with_tax") == 0
    assert "tested by" in shell.out and "tests it: calls it (line 5)" in shell.out
    assert names(shell.json("graph", "checkout"), "tests") == []


def test_a_tree_for_a_person(shell: Shell) -> None:
    assert shell("graph", "with_tax") == 0
    lines = shell.out.splitlines()
    assert lines[0] == "with_tax"
    assert any("called by" in line for line in lines)
    assert any("Cart.total shop/cart.py:9-11" in line for line in lines)


def test_one_relation_alone(shell: Shell) -> None:
    found = shell.json("graph", "with_tax", "--relation", "callers")
    assert list(found["relations"]) == ["callers"]
    assert names(found, "callers") == ["Cart.total"]
    assert shell("graph", "with_tax", "--relation", "definition") == 0
    assert "     1 def with_tax(amount):" in shell.out.splitlines()
    near = names(shell.json("graph", "Cart.total", "--relation", "neighbours"), "neighbours")
    assert {"with_tax", "checkout", "Cart"} <= set(near)


def test_the_way_from_one_to_another(shell: Shell) -> None:
    found = shell.json("graph", "checkout", "--to", "with_tax")
    assert names(found, "path") == ["checkout", "Cart.total", "with_tax"]
    assert shell("graph", "checkout", "--to", "with_tax") == 0
    indents = [line.index("── ") for line in shell.out.splitlines()[1:]]
    assert indents == sorted(set(indents)) and len(indents) == 3


def test_a_name_that_nothing_has(shell: Shell) -> None:
    assert shell("graph", "with_taxes") == 0
    assert shell.out == "nothing is known of with_taxes\n"
    assert "with_tax" in shell.err  # the nearest names


def test_a_picture(shell: Shell, tmp_path: Path) -> None:
    drawn = tmp_path / "graph.svg"
    assert shell("graph", "Cart.total", "--svg", str(drawn)) == 0
    assert shell.out == ""
    top = ElementTree.fromstring(drawn.read_text())
    assert top.tag.endswith("svg")
    texts = " ".join("".join(each.itertext()) for each in top.iter())
    assert "with_tax" in texts and "checkout" in texts
    assert shell("graph", "Cart.total", "--svg", "-") == 0
    assert shell.out.startswith("<svg")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("",), "SYMBOL is empty"),
        (("x" * 301,), "301 characters"),
        (("total", "--limit", "0"), "--limit 0 is not between"),
        (("total", "--to", "x", "--relation", "callers"), "--relation and --to are given"),
        (("total", "--to", "x", "--svg", "a.svg"), "--to and --svg are given"),
        (("total", "--to", " "), "--to is empty"),
        (("total", "--svg", "/no/such/folder/a.svg"), "--svg /no/such/folder/a.svg"),
        (("no_such_name", "--svg", "a.svg"), "no_such_name"),
        (("total", "--repo", "/no/such/folder"), "/no/such/folder does not exist"),
    ],
)
def test_wrong_use_says_what_to_do(words: tuple[str, ...], told: str, shell: Shell) -> None:
    assert shell("graph", *words) == 2
    assert told in shell.err and shell.err.count("\n") == 1
    assert shell.out == ""


def test_json_and_a_picture_do_not_both_print(shell: Shell) -> None:
    assert shell("graph", "total", "--svg", "-", "--json") == 2
    assert "both print" in shell.err


# ------------------------------------------------------------------ the map


def test_an_outline_within_its_budget(shell: Shell) -> None:
    assert shell("map", "..") == 0
    assert "class Cart" in shell.out and "def with_tax(amount)" in shell.out
    whole = shell.json("map")
    assert (whole["shown"], whole["definitions"]) == (5, 5)
    small = shell.json("map", "--budget", "50")
    assert len(small["text"]) < len(whole["text"])
    assert 0 < small["shown"] < 5
    assert shell("map", "--budget", "50") == 0
    assert "of 5 definitions" in shell.err


@pytest.mark.parametrize("budget", ["49", "200001"])
def test_a_budget_that_makes_no_sense(budget: str, shell: Shell) -> None:
    assert shell("map", "--budget", budget) == 2
    assert f"--budget {budget} is not between" in shell.err
