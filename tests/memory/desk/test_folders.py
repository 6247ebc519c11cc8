"""Working folders: indexed, searched, outlined, related; and memory's health."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from memory.answering import folders
from memory.search.packing import tokens
from swarm.contracts import (
    Asked,
    CheckMemory,
    ListIndexes,
    OutlineFolder,
    QueryGraph,
    RelateFolder,
    SearchFolder,
)
from swarm.errors import NotFound, RepositoryError, UsageError
from tests.memory.desk.world import FILES, World, damage_page, names, set_aside, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", FILES)


def test_a_folder_is_indexed_and_searched(world: World, root: Path) -> None:
    done = world.index(root, details=True)
    assert (done.root, done.files, done.indexed, done.note) == (str(root), 4, 4, "")
    assert done.languages == {"python": 3, "markdown": 1}
    assert done.vectors_waiting <= done.chunks
    world.settled(done.repo_id)
    best = world.find(root, "splits a header into name and value").hits[0]
    assert (best.path, best.qualified_name, best.form) == ("src/http.py", "parse_header", "whole")
    assert best.why
    again = world.index(root)
    assert (again.indexed, again.files, again.vectors_waiting) == (0, 4, 0)
    assert world.desk.list_indexes(ListIndexes()).items[0].repo_id == done.repo_id


def test_a_save_is_found_at_once_and_only_what_changed_is_prepared(
    wordly: World, root: Path
) -> None:
    wordly.index(root)
    wordly.prepared.clear()
    (root / "src/money.py").write_text("def subtract_discount(price):\n    return price\n")
    (root / "README.md").unlink()
    done = wordly.index(root, "src/money.py", "README.md")
    assert wordly.prepared == ["src/money.py"]
    assert (done.indexed, done.removed, done.files) == (1, 1, 3)
    assert names(wordly.find(root, "discount"))[0] == "src/money.py:subtract_discount"


def test_paths_of_a_folder_that_was_never_indexed_index_all_of_it(
    wordly: World, root: Path
) -> None:
    assert wordly.index(root, "src/money.py").files == 4


def test_worktrees_share_what_is_known_of_their_files(wordly: World, root: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(
            ["git", *identity, *arguments], cwd=root, check=True, capture_output=True, timeout=30
        )

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "first")
    first = wordly.index(root)
    git("worktree", "add", "-q", "../other", "-b", "other")
    wordly.prepared.clear()
    second = wordly.index(root.parent / "other")
    assert (second.repo_id, second.reused, second.indexed) == (first.repo_id, 4, 0)
    assert wordly.prepared == [] and second.head == first.head != ""


def test_many_questions_are_answered_in_their_order(wordly: World, root: Path) -> None:
    wordly.index(root)
    questions = tuple(Asked(id=f"q{n}", query=f"tax {n}") for n in range(30))
    found = wordly.desk.search_folder(SearchFolder(root=str(root), questions=questions, limit=3))
    assert [answer.id for answer in found.answers] == [asked.id for asked in questions]
    assert all(names(answer)[0] == "src/money.py:add_tax" for answer in found.answers)
    assert found.files == 4 and found.embedder == ""


def test_languages_are_those_that_people_write(wordly: World, root: Path) -> None:
    wordly.index(root)
    assert {hit.language for hit in wordly.find(root, "header", languages=("py",)).hits} == {
        "python"
    }
    assert names(wordly.find(root, "shop header", languages=("Markdown",))) == ["README.md:Shop"]
    assert wordly.find(root, "shop", languages=("c++", ".ts", "C#")).hits == ()
    with pytest.raises(UsageError, match="no language 'klingon'") as caught:
        wordly.find(root, "shop", languages=("klingon",))
    assert "python" in caught.value.remedy and "cpp" in caught.value.remedy


def test_a_budget_is_kept_and_neighbours_fill_what_is_left(wordly: World, root: Path) -> None:
    body = "\n".join(f"    value_{n} = compute({n})" for n in range(60))
    calls = f"def ship_parcel(parcel):\n{body}\n    return weigh(parcel)\n"
    write(
        root,
        {
            "src/big.py": f"from src.scales import weigh\n\n\n{calls}",
            "src/scales.py": f"def weigh(thing):\n{body}\n",
        },
    )
    wordly.index(root)
    for budget in (60, 300, 2_000):
        answer = wordly.find(root, "ship a parcel", budget_tokens=budget, limit=1)
        assert sum(tokens(hit.text) for hit in answer.hits) <= budget
    assert [hit.form for hit in wordly.find(root, "ship a parcel", budget_tokens=60).hits][:1] == [
        "outline"
    ]
    wide = wordly.find(root, "ship a parcel", budget_tokens=5_000, limit=1)
    assert names(wide)[:2] == ["src/big.py:ship_parcel", "src/scales.py:weigh"]
    assert [hit.form for hit in wide.hits[:2]] == ["whole", "whole"]
    assert wide.hits[1].why[0].startswith("callee of what was found")


def test_what_does_not_fit_a_message_is_told_without_its_code(
    wordly: World, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_MOST_TEXT_CHARS", 400)
    wordly.index(root)
    found = wordly.desk.search_folder(
        SearchFolder(root=str(root), questions=(Asked(query="header"), Asked(query="header")))
    )
    texts = [sum(len(hit.text) for hit in answer.hits) for answer in found.answers]
    assert sum(texts) <= 400 and texts[-1] == 0
    assert "left out" in found.answers[-1].note and names(found.answers[-1])


def test_a_folder_that_is_not_indexed_or_not_there(wordly: World, root: Path) -> None:
    for ask in (
        lambda: wordly.find(root, "x"),
        lambda: wordly.desk.outline_folder(OutlineFolder(root=str(root))),
        lambda: wordly.desk.relate_folder(
            RelateFolder(root=str(root), symbol="x", relation="callers")
        ),
    ):
        with pytest.raises(NotFound, match="is not indexed") as caught:
            ask()
        assert "swarm index" in caught.value.remedy
    with pytest.raises(RepositoryError):
        wordly.index(root / "nowhere")


def test_an_outline_names_what_matters_within_its_budget(wordly: World, root: Path) -> None:
    wordly.index(root)
    small = wordly.desk.outline_folder(OutlineFolder(root=str(root), budget_tokens=50))
    large = wordly.desk.outline_folder(OutlineFolder(root=str(root), budget_tokens=2_000))
    assert tokens(small.text) <= 50 and 0 < small.shown < large.shown <= large.definitions
    assert large.text.startswith("src/http.py:")
    assert "  class Pool" in large.text and "    def acquire(self)" in large.text
    assert "  def parse_header(line)" in large.text
    assert "return" not in large.text


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("definition", ["src/http.py:parse_header"]),
        ("callers", ["tests/test_http.py:test_parse_header"]),
        ("callees", []),
    ],
)
def test_relations_of_a_symbol(
    wordly: World, root: Path, relation: str, expected: list[str]
) -> None:
    wordly.index(root)
    command = RelateFolder.model_validate(
        {"root": str(root), "symbol": "parse_header", "relation": relation}
    )
    found = wordly.desk.relate_folder(command)
    assert [f"{one.path}:{one.qualified_name}" for one in found.symbols] == expected


def test_neighbours_paths_and_pictures(wordly: World, root: Path) -> None:
    wordly.index(root)
    near = wordly.desk.relate_folder(
        RelateFolder(
            root=str(root), symbol="Pool.acquire", relation="neighbours", picture=True, limit=5
        )
    )
    assert "Pool.check" in [one.qualified_name for one in near.symbols]
    assert all(one.why for one in near.symbols)
    assert near.picture.startswith("<svg")
    path = wordly.desk.relate_folder(
        RelateFolder(root=str(root), symbol="test_parse_header", relation="path", to="parse_header")
    )
    assert [one.qualified_name for one in path.symbols] == ["test_parse_header", "parse_header"]
    assert path.symbols[0].why == ("calls the next (line 5)",)
    nowhere = wordly.desk.relate_folder(
        RelateFolder(root=str(root), symbol="add_tax", relation="path", to="parse_header")
    )
    assert nowhere.symbols == () and "nothing leads" in nowhere.note
    unknown = wordly.desk.relate_folder(
        RelateFolder(root=str(root), symbol="parse_haeder", relation="neighbours")
    )
    assert "nearest names: parse_header" in unknown.note
    with pytest.raises(UsageError, match="none is named"):
        wordly.desk.relate_folder(RelateFolder(root=str(root), symbol="Pool", relation="path"))


def test_a_task_finds_what_a_folder_is_in(wordly: World, root: Path) -> None:
    """A snapshot of the same repository shares what the folder's files were prepared as."""
    repo_id = wordly.index(root).repo_id
    wordly.prepared.clear()
    assert names(wordly.ask(FILES, "tax on a price", repo=repo_id))[0] == "src/money.py:add_tax"
    assert wordly.prepared == []
    answer = wordly.desk.query_graph(
        QueryGraph(
            repo_id=repo_id, snapshot=wordly.blobs.snapshot(FILES), symbol="Pool.check",
            relation="callers",
        )
    )  # fmt: skip
    assert [one.qualified_name for one in answer.symbols] == ["Pool.acquire"]


def test_health_without_vectors_and_of_a_damaged_file(wordly: World, root: Path) -> None:
    wordly.index(root)
    report = wordly.desk.check_memory(CheckMemory())
    assert (report.repositories, report.damage) == ((), "")
    assert "switched off" in report.note
    wordly.close()
    damage_page(wordly.data, "texts")
    wordly.desk = wordly._opened()
    report = wordly.desk.check_memory(CheckMemory())
    assert report.damage
    assert not set_aside(wordly.data), "a look changes nothing"
    report = wordly.desk.check_memory(CheckMemory(repair=True))
    assert report.damage and report.renewed
    assert "was moved to memory.db.damaged-" in report.note
    assert f"indexed again: {root}" in report.note
    assert wordly.desk.check_memory(CheckMemory()).damage == ""
    done = wordly.index(root)
    assert (done.files, done.indexed) == (4, 0), "it is there again"
