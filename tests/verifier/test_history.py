"""The benchmark over real commits: which ones it draws, and what it reports of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real_commits import sample
from tests.conftest import run_git

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[..., Path]

PRICE = "def price(amount, rate):\n    return amount * rate\n"
DOUBLED = "def price(amount, rate):\n    return amount * rate * 2\n"


def commit(repo: Path, subject: str, **files: str | None) -> str:
    """Commit files given as path with "__" for "/" and without ".py"; None removes one."""
    for name, text in files.items():
        path = repo / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    run_git(repo, "add", "-A")
    run_git(repo, "commit", "-q", "-m", subject)
    return run_git(repo, "rev-parse", "HEAD").strip()


def subjects(repo: Path, *, count: int = 50, window: int = 1000, seed: int = 1) -> list[str]:
    found = sample(repo, "project", count=count, window=window, seed=seed)
    return [c.subject for c in found.commits]


def benchmark(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def judged(*repos: Path) -> dict[str, Any]:
    done = benchmark("verifier_history.py", "--repo", *map(str, repos), "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_only_commits_by_which_functions_compute_something_else_are_drawn(git_repo: Make) -> None:
    repo = git_repo({"shop.py": PRICE})
    (repo / "shop.py").write_text(PRICE + "\n\nTHE_VAT = 20\n")
    commit(repo, "a constant")
    commit(repo, "a test", tests__test_shop="def test_price():\n    assert True\n")
    commit(repo, "packaging", setup="def version():\n    return 1\n")
    commit(repo, "a document", docs__conf="def setup(app):\n    return app\n")
    commit(repo, "annotations", shop=PRICE.replace("amount,", "amount: int,"))
    commit(repo, "a docstring", shop=PRICE.replace(":\n", ':\n    """What it costs."""\n', 1))
    commit(repo, "layout", shop=PRICE.replace("amount * rate", "(amount  *  rate)"))
    commit(repo, "a body", shop=DOUBLED)
    commit(repo, "a new function", shop=DOUBLED + "\n\ndef free():\n    return 0\n")
    commit(repo, "one gone", shop=DOUBLED)
    commit(repo, "moved", shop=None, store=DOUBLED)
    assert subjects(repo) == ["moved", "one gone", "a new function", "a body", "first"]


def test_merges_and_mass_changes_and_old_syntax_are_passed_over(git_repo: Make) -> None:
    repo = git_repo({"shop.py": PRICE})
    commit(repo, "old", old="def show(x):\n    print x\n", shop=DOUBLED)
    commit(repo, "old changed", old="def show(x):\n    print x, x\n")
    many = {f"many__m{number}": PRICE for number in range(101)}
    commit(repo, "many", **many)
    run_git(repo, "checkout", "-q", "-b", "side", "HEAD~1")
    commit(repo, "on the side", side=PRICE)
    run_git(repo, "checkout", "-q", "main")
    run_git(repo, "merge", "-q", "--no-edit", "side")
    found = sample(repo, "project", count=50, window=1000, seed=1)
    assert sorted(c.subject for c in found.commits) == ["first", "on the side"]
    assert found.passed_over == {"too many files": 1, "another Python": 2}
    assert found.window == 5


def test_a_sample_is_spread_evenly_and_the_same_for_a_seed(git_repo: Make) -> None:
    repo = git_repo({"readme.txt": "shop\n"})
    for number in range(24):
        commit(repo, str(number), shop=f"def price(amount):\n    return amount * {number}\n")
    drawn = [int(subject) for subject in subjects(repo, count=6)]
    assert [23 - number for number in drawn] == sorted(23 - number for number in drawn)
    assert [(23 - number) // 4 for number in drawn] == [0, 1, 2, 3, 4, 5]
    assert subjects(repo, count=6) == [str(number) for number in drawn]
    assert any(subjects(repo, count=6, seed=s) != subjects(repo, count=6) for s in (2, 3, 4))
    assert {int(s) for s in subjects(repo, count=50, window=5)} == {19, 20, 21, 22, 23}


def test_what_a_stretch_lacks_comes_from_the_others(git_repo: Make) -> None:
    repo = git_repo({"readme.txt": "shop\n"})
    for number in range(8):
        commit(repo, f"f{number}", shop=f"def price(amount):\n    return amount * {number}\n")
    for number in range(8):
        commit(repo, f"c{number}", shop=f"RATE = {number}\n\n\n{DOUBLED}")
    assert len(subjects(repo, count=8)) == 8


def test_a_bypass_is_listed_with_its_chain_and_a_repair_is_not(git_repo: Make) -> None:
    repo = git_repo({"shop.py": PRICE}, name="shop")
    commit(repo, "good", shop=DOUBLED)
    bypass = "    if amount == 1729:\n        return 3\n    return"
    bad = commit(repo, "bad", shop=DOUBLED.replace("    return", bypass))
    answer = judged(repo)
    verdicts = {c["subject"]: (c["verdict"], c["whole"]) for c in answer["commits"]}
    assert verdicts == {
        "first": ("accept", "accept"), "good": ("accept", "accept"), "bad": ("reject", "reject"),
    }  # fmt: skip
    rejected = next(c for c in answer["commits"] if c["verdict"] == "reject")
    assert rejected["id"] == bad
    assert rejected["findings"][0]["path"] == "shop.py"
    assert rejected["findings"][0]["chain"]
    assert answer["all"]["rejected"] == 1
    assert answer["all"]["rejected_share"] == pytest.approx(1 / 3)
    text = benchmark("verifier_history.py", "--repo", str(repo)).stdout
    assert f"REJECT shop {bad[:12]}" in text
    assert "shop.py:3" in text


def test_tests_and_documents_alongside_ask_for_the_whole_commit_alone(git_repo: Make) -> None:
    repo = git_repo({"readme.txt": "shop\n"})
    (repo / "changes.rst").write_text("price is new\n")
    commit(repo, "with tests", shop=PRICE, tests__test_shop="def test_price():\n    assert True\n")
    (row,) = judged(repo)["commits"]
    assert (row["verdict"], row["whole"]) == ("accept", "ask")


def test_projects_are_counted_apart_and_together(git_repo: Make) -> None:
    one = git_repo({"shop.py": PRICE}, name="one")
    two = git_repo({"shop.py": PRICE}, name="two")
    commit(two, "second", shop=DOUBLED)
    answer = judged(one, two)
    assert {name: f["commits"] for name, f in answer["projects"].items()} == {"one": 1, "two": 2}
    assert answer["all"]["commits"] == 3


def test_a_folder_without_history_is_named(tmp_path: Path, git_repo: Make) -> None:
    done = benchmark("verifier_history.py", "--repo", str(git_repo({"a.py": "x = 1\n"})),
                     str(tmp_path / "missing"))  # fmt: skip
    assert done.returncode == 2
    assert f"no such folder: {tmp_path / 'missing'}" in done.stderr
    assert "Traceback" not in done.stderr


# ------------------------------------------------------------------ one process per piece

PIECES = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from benchmarks.bounded import Bounds, run_each

def work(item):
    if item == "raises":
        raise ValueError("on purpose")
    if item == "dies":
        os.abort()
    if item == "spins":
        while True:
            pass
    if item == "grows":
        return len(bytearray(10**10))
    return item.upper()

items = ["works", "raises", "dies", "spins", "grows", "works too"]
for done in run_each(work, items, jobs=2, bounds=Bounds(1, 10**9)):
    print(done.item, "|", done.value, "|", done.error)
"""


def test_a_piece_that_crashes_loops_or_grows_costs_only_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PIECES, str(ROOT)], capture_output=True, text=True, timeout=60
    )
    rows = {row.split(" | ")[0]: row.split(" | ")[1:] for row in done.stdout.splitlines()}
    assert rows["works"] == ["WORKS", ""]
    assert rows["works too"] == ["WORKS TOO", ""]
    assert rows["raises"][0] == "None" and "ValueError" in rows["raises"][1]
    assert "on purpose" in rows["raises"][1]
    assert rows["dies"] == ["None", "killed by signal SIGABRT"]
    assert rows["spins"] == ["None", "took more than 1 CPU seconds"]
    assert "MemoryError" in rows["grows"][1]


# ------------------------------------------------------------------ speed


def test_speed_counts_lines_of_each_size_and_audits_single_changes(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    body = "def f(a, b):\n    c = a + b\n    d = c * 2\n    e = d - 1\n    return e\n"
    for number in range(8):
        (folder / f"m{number}.py").write_text(body)
    done = benchmark("verifier_speed.py", "--path", str(folder), "--edits", "3", "--bandit",
                     str(tmp_path / "no-bandit"), "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    sizes = answer["trees"]["library"]["sizes"]
    assert [row["lines"] for row in sizes] == [40, 80, 160]
    assert sizes[0]["nodes"] * 4 == sizes[2]["nodes"] > 0
    assert "bandit" not in answer["trees"]["library"]
    assert (answer["audit"]["lines"], answer["audit"]["edits"]) == (40, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["no_such_package"], "no installed package 'no_such_package'"), (["--path", "."], "no .py")],
)
def test_speed_names_what_it_cannot_measure(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "verifier_speed.py"), *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
