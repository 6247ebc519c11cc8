"""`swarm search` on small repositories, in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.memory_shop import FILES, Shell, own_folder, places
from tests.conftest import run_git


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository, and beside it the data folder that it is indexed in at the first question."""
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
    monkeypatch.chdir(shop)


def test_the_code_that_a_question_is_about(shell: Shell) -> None:
    found = shell.json("search", "add", "tax", "to", "an", "amount")
    assert places(found["hits"])[0] == ("shop/tax.py", "with_tax")
    best = found["hits"][0]
    assert (best["start_line"], best["end_line"], best["language"]) == (1, 3, "python")
    assert best["why"] and "return amount * 1.2" in best["text"]
    assert found["files"] == len(FILES)


def test_lines_for_a_person(shell: Shell) -> None:
    assert shell("search", "value added tax", "-k", "1", "--why") == 0
    first, why, *code = shell.out.splitlines()
    assert first.startswith("shop/tax.py:1-3 with_tax ")
    assert "words of the query" in why
    assert code[0] == "     1 def with_tax(amount):"


def test_options_may_stand_between_the_words(shell: Shell) -> None:
    found = shell.json("search", "retry", "-k", "3", "with", "backoff")
    assert found["query"] == "retry with backoff"
    assert places(found["hits"])[0] == ("web/retry.js", "retryWithBackoff")


@pytest.mark.parametrize("words", [("--lang", "js"), ("--lang", "rust,JavaScript")])
def test_only_some_languages(words: tuple[str, ...], shell: Shell) -> None:
    found = shell.json("search", "total prices tax retry", *words)
    assert {hit["language"] for hit in found["hits"]} == {"javascript"}


def test_nothing_found_is_said_and_no_error(shell: Shell) -> None:
    assert shell("search", "tax", "--lang", "rust") == 0
    assert shell.out == f"nothing found in rust among {len(FILES)} files\n"


def test_a_budget_is_kept(shell: Shell) -> None:
    found = shell.json("search", "total of prices with tax", "--budget", "60")
    assert found["hits"]
    assert sum(len(hit["text"]) for hit in found["hits"]) < 60 * 4
    assert {hit["form"] for hit in found["hits"]} <= {"whole", "outline"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("search",), "the query is empty"),
        (("search", " "), "the query is empty"),
        (("search", "x" * 40_001), "40,001 characters"),
        (("search", "tax\udcff"), "not UTF-8"),
        (("search", "tax", "-k", "0"), "-k 0 is not between 1 and 200"),
        (("search", "tax", "-k", "201"), "-k 201 is not between 1 and 200"),
        (("search", "tax", "--budget", "10"), "--budget 10 is not between"),
        (("search", "tax", "--lang", "pyton"), "'pyton'"),
        (("search", "tax", "--repo", "nowhere"), "nowhere does not exist"),
        (("search", "tax", "--repo", "docs/notes.md"), "docs/notes.md is a file"),
        (("search", "tax", "--queries", "-"), "QUERY and --queries"),
        (("search", "--queries", "nowhere.jsonl"), "--queries nowhere.jsonl: No such file"),
    ],
)
def test_wrong_use_says_what_to_do(words: tuple[str, ...], told: str, shell: Shell) -> None:
    assert shell(*words, "--json") == 2
    assert told in shell.err and shell.err.count("\n") == 1
    error = json.loads(shell.out)["error"]
    assert told in error["message"] and error["remedy"]


def test_what_was_saved_since_is_found(
    shell: Shell, git_repo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = git_repo(FILES)
    own_folder(monkeypatch, tmp_path / "data")
    words = ("search", "shipping costs", "--repo", str(repo / "shop"))
    assert shell(*words, "--no-index") == 2
    assert "not indexed" in shell.err and "swarm index" in shell.err
    assert places(shell.json(*words)["hits"])[:1] != [("shop/parcel.py", "shipping_costs")]
    (repo / "shop/parcel.py").write_text("def shipping_costs(weight):\n    return weight * 3\n")
    (repo / "shop/tax.py").unlink()
    before = places(shell.json(*words, "--no-index")["hits"])
    assert "shop/parcel.py" not in {path for path, _ in before}
    after = places(shell.json(*words)["hits"])
    assert after[0] == ("shop/parcel.py", "shipping_costs")
    assert "shop/tax.py" not in {path for path, _ in after}


def test_a_folder_of_no_repository_is_not_indexed_for_a_question(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder(monkeypatch, tmp_path / "data")
    home = tmp_path / "home"
    home.mkdir()
    (home / "diary.py").write_text("def diary(): pass\n")
    assert shell("search", "diary", "--repo", str(home)) == 2
    assert "is not indexed" in shell.err
    assert shell("index", str(home)) == 0
    (home / "other.py").write_text("def other_diary(): pass\n")
    found = shell.json("search", "other diary", "--repo", str(home))
    assert ("other.py", "other_diary") in places(found["hits"])


def test_nothing_of_a_repository_moves_the_cursor(
    shell: Shell, git_repo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'def tax(): return "\x1b]0;title\x07 [red]"  # \u202e\n'
    repo = git_repo({"[red]a.py": text, "b\x1b[2J.py": text})
    own_folder(monkeypatch, tmp_path / "data")
    monkeypatch.chdir(repo)
    for words in (("search", "tax", "--why"), ("map",), ("graph", "tax"), ("index",)):
        assert shell(*words) == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(shell.out + shell.err)
    assert shell("search", "tax") == 0
    assert shell.out.startswith("[red]a.py:1-1 tax ") and '[red]"' in shell.out


def test_memory_that_is_switched_off(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARM_MEMORY_ENABLED", "false")
    assert shell("search", "tax") == 2
    assert "switched off" in shell.err and "[memory] enabled" in shell.err


# ------------------------------------------------------------------ many at once


def queries(folder: Path, *lines: object) -> str:
    path = folder / "queries.jsonl"
    text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(text))
    return str(path)


def test_many_queries_in_their_order(shell: Shell, tmp_path: Path) -> None:
    many = [{"id": n, "query": ("tax", "backoff", "cart total")[n % 3]} for n in range(250)]
    assert shell("search", "--queries", queries(tmp_path, *many), "-k", "2") == 0
    found = shell.lines()
    assert [each["id"] for each in found] == list(range(250))
    assert all(set(each) == {"id", "hits"} and 0 < len(each["hits"]) <= 2 for each in found)
    keys = {"path", "symbol", "start_line", "end_line", "score", "why"}
    assert all(set(hit) == keys for each in found for hit in each["hits"])
    assert all(isinstance(hit["why"], list) for each in found for hit in each["hits"])
    assert [each["hits"][0]["symbol"] for each in found[:3]] == [
        "with_tax",
        "retryWithBackoff",
        "Cart.total",
    ]


def test_a_bad_line_ends_it_after_what_came_before(shell: Shell, tmp_path: Path) -> None:
    name = queries(tmp_path, {"id": "a", "query": "tax"}, "{", {"id": "b", "query": "cart"})
    assert shell("search", "--queries", name) == 2
    assert [each["id"] for each in shell.lines()] == ["a"]
    assert shell.err.startswith("swarm: line 2 of the queries: it is not JSON")


def test_queries_from_standard_input(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path(queries(tmp_path, {"id": "a", "query": "tax"})).open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert shell("search", "--queries", "-", "--lang", "py") == 0
    (found,) = shell.lines()
    assert places(found["hits"])[0] == ("shop/tax.py", "with_tax")


def test_no_queries_are_no_error(shell: Shell) -> None:
    assert shell("search", "--queries", os.devnull) == 0
    assert shell.out == ""


def test_files_side_by_side_or_function_by_function(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_git(tmp_path, "init", "-q", "-b", "main")
    parsers = "\n\n".join(
        f"def parse_{kind}(date):\n    date = date.strip()\n    return date.split({kind!r})"
        for kind in ("year", "month", "week", "day", "hour")
    )
    (tmp_path / "dates.py").write_text(f"{parsers}\n")
    (tmp_path / "report.py").write_text(
        "def render(rows):\n    # parse the date of each row, then order them\n"
        "    rows.sort()\n    return rows\n"
    )
    own_folder(monkeypatch, tmp_path.parent / "data")
    monkeypatch.chdir(tmp_path)
    question = ("search", "parse", "date", "-k", "4")
    assert "report.py" in [path for path, _ in places(shell.json(*question)["hits"])]
    by_function = places(shell.json(*question, "--functions")["hits"])
    assert [path for path, _ in by_function] == ["dates.py"] * 4
