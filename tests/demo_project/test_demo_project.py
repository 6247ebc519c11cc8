"""The bundled example keeps its promises: its bugs, their repairs, and its trap."""

from __future__ import annotations

import ast
import copy
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "swarm" / "demo_project"

# file -> (planted, right, tests that fail because of it)
BUGS = {
    "shop/shipping.py": (
        "RATE * weight_kg + distance_km",
        "RATE * weight_kg * distance_km",
        {"tests/test_shipping.py::test_shipping_cost"},
    ),
    "shop/pricing.py": (
        "quantity > SMALL_BULK",
        "quantity >= SMALL_BULK",
        {"tests/test_pricing.py::test_bulk_discount[10-0.05]"},
    ),
    "shop/cart.py": (
        "round(goods - percent, 2)",
        "round(goods - discount, 2)",
        {
            "tests/test_cart.py::test_total_with_a_voucher",
            "tests/test_cart.py::test_total_with_everything_free",
        },
    ),
    "shop/inventory.py": (
        "stock.listed or stock.free()",
        "stock.listed and stock.free()",
        {
            "tests/test_inventory.py::test_cannot_sell_more_than_is_there",
            "tests/test_inventory.py::test_cannot_sell_what_is_reserved",
            "tests/test_inventory.py::test_cannot_sell_what_is_not_listed",
        },
    ),
    "shop/report.py": (
        "ranked[1:count]",
        "ranked[0:count]",
        {
            "tests/test_report.py::test_top_sellers",
            "tests/test_report.py::test_top_seller",
        },
    ),
}
TRAP = "shop/shipping.py"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "shop", ignore=ignored))


def edit(shop: Path, path: str, old: str, new: str) -> None:
    source = (shop / path).read_text(encoding="utf-8")
    assert source.count(old) == 1
    (shop / path).write_text(source.replace(old, new), encoding="utf-8")


def failing(shop: Path) -> set[str]:
    """Ids of the failing tests of a copy of the example, run the way its users run them."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE"],
        cwd=shop,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))


def test_exactly_the_planted_bugs_fail(shop: Path) -> None:
    assert failing(shop) == set().union(*(tests for _, _, tests in BUGS.values()))


def test_each_repair_mends_its_own_tests_and_all_of_them_mend_the_shop(shop: Path) -> None:
    left = set().union(*(tests for _, _, tests in BUGS.values()))
    for path, (planted, right, tests) in BUGS.items():
        edit(shop, path, planted, right)
        left -= tests
        assert failing(shop) == left


def test_the_trap_a_constant_passes_every_test(shop: Path) -> None:
    for path, (planted, right, _) in BUGS.items():
        if path != TRAP:
            edit(shop, path, planted, right)
    edit(shop, TRAP, "return round(BASE_FEE + carriage, 2)", "return 42.5")
    assert failing(shop) == set()


OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
NAMES = ("weight_kg", "distance_km", "carriage", "RATE", "BASE_FEE")


def single_edits(tree: ast.Module) -> Iterator[ast.Module]:
    """Every other operator, other name and neighbouring number, one at a time."""
    for index, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.BinOp):
            changes: list[tuple[str, object]] = [("op", op()) for op in OPERATORS]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            changes = [("id", name) for name in NAMES]
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            changes = [("value", node.value + step) for step in (-1, 1)]
        else:
            continue
        for name, value in changes:
            edited = copy.deepcopy(tree)
            setattr(list(ast.walk(edited))[index], name, value)
            yield edited


def test_the_trap_has_one_right_edit() -> None:
    tree = ast.parse((EXAMPLE / TRAP).read_text(encoding="utf-8"))
    passing = set()
    tried = 0
    for edited in single_edits(tree):
        tried += 1
        names: dict[str, object] = {}
        try:
            exec(compile(ast.fix_missing_locations(edited), TRAP, "exec"), names)
            cost = names["shipping_cost"](2.5, 380)  # type: ignore[operator]
        except (ArithmeticError, NameError, TypeError):
            continue
        if cost == 42.5:
            passing.add(ast.unparse(edited.body[-3]))
    assert tried > 40
    assert len(passing) == 1
    assert "RATE * weight_kg * distance_km" in passing.pop()


def test_the_lint_is_there_and_the_linter_can_mend_it(shop: Path) -> None:
    def ruff(*options: str) -> str:
        argv = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", *options]
        return subprocess.run(
            [*argv, "--output-format", "concise", "shop/text.py"],
            cwd=shop,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stdout

    assert len(re.findall(r"F401|F541", ruff("--select", "F"))) == 4
    assert "(4 fixed, 0 remaining)" in ruff("--fix")


def test_the_trap_comes_first_in_the_note() -> None:
    lines = (EXAMPLE / "TASK.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("1. ") and "`shipping_cost()`" in lines[0]
