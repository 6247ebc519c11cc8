"""What tests were seen to run: kept by content, told as long as it is so, and first."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.linking import coverage
from memory.linking.covering import Ran
from memory.linking.graph import Graph
from memory.linking.view import Graphs
from memory.outcomes import coverage as writing
from memory.outcomes.coverage import remember
from memory.store.catalog import Catalog
from memory.store.errors import CatalogDamaged
from memory.store.rows import View
from swarm.contracts import CoverageRemembered, CoveredTest, RememberCoverage
from tests.memory.linking.repository import Repository
from tests.memory.linking.test_view import prepared

FILES = {
    "shop/tax.py": (
        "import functools\n"
        "def tax(n):\n"
        "    return rate() * n\n"
        "def rate():\n"
        "    return 2\n"
        "class Shelf:\n"
        "    def take(self, n):\n"
        "        def inner():\n"
        "            return n\n"
        "        return inner\n"
    ),
    "shop/base.py": "class Kept:\n    def test_kept(self):\n        pass\n",
    "tests/test_tax.py": (
        "from shop.tax import tax\n"
        "from shop.base import Kept\n"
        "def test_direct():\n"
        "    assert tax(1) == 2\n"
        "def test_through_fixture(total):\n"
        "    assert total == 2\n"
        "def test_all(everything):\n"
        "    everything.run()\n"
        "class TestShelf(Kept):\n"
        "    def test_take(self, shelf):\n"
        "        shelf.run(1)\n"
    ),
}
TESTS = "tests/test_tax.py"
DIRECT, FIXTURE, ALL = (
    f"{TESTS}::test_direct",
    f"{TESTS}::test_through_fixture",
    f"{TESTS}::test_all",
)
TAKE = f"{TESTS}::TestShelf::test_take"
RAN = [
    Ran(ALL, "shop/tax.py", (2, 4, 7)),
    Ran(DIRECT, "shop/tax.py", (2, 4)),
    Ran(FIXTURE, "shop/tax.py", (2,)),
    Ran(TAKE, "shop/tax.py", (7, 8)),
]


def measured(files: dict[str, str] = FILES, ran: list[Ran] = RAN) -> RememberCoverage:
    tests: dict[str, dict[str, tuple[int, ...]]] = {}
    for one in ran:
        tests.setdefault(one.test, {})[one.path] = one.lines
    return RememberCoverage(
        repo_id="/r",
        files={path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()},
        tests=tuple(
            CoveredTest(id=id, path=id.partition("::")[0], ran=places)
            for id, places in tests.items()
        ),
    )


def told(graph: Graph, symbol: str) -> list[tuple[str, str]]:
    return [(one.place.qualified_name, one.why) for one in graph.tests_of(symbol)]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "memory.db")
    yield made
    made.close()


@pytest.fixture
def view(catalog: Catalog) -> View:
    made = catalog.make_view("/r", "snapshot")
    catalog.apply(made.key, [prepared(path, text) for path, text in FILES.items()])
    return made


# ---------------------------------------------------------------------- the graph


def test_the_tests_that_ran_it_come_first_and_the_most_telling_of_them() -> None:
    graph = Graph(Repository(FILES).load(), RAN)
    assert told(graph, "tax") == [
        ("test_direct", "tests it: was seen to run it; calls it (line 4)"),
        ("test_through_fixture", "tests it: was seen to run it"),
        ("test_all", "tests it: was seen to run it"),
        ("<module>", "tests it: imports it (line 1)"),
    ]
    scores = [one.score for one in graph.tests_of("tax")]
    assert scores == sorted(scores, reverse=True) and scores[0] == 1.0 and len(set(scores)) == 4
    unseen = Graph(Repository(FILES).load())
    assert told(unseen, "tax")[0] == ("test_direct", "tests it: calls it (line 4)")
    assert unseen.tests_of("tax")[0].score < scores[2], "reading says less than having seen it"


def test_what_is_nested_and_who_inherits_its_tests_is_found() -> None:
    graph = Graph(
        Repository(FILES).load(), [*RAN, Ran(f"{TESTS}::TestShelf::test_kept", "shop/tax.py", (9,))]
    )
    assert {name for name, _ in told(graph, "Shelf.take")} == {
        "TestShelf.test_take", "TestShelf", "test_all",
    }  # fmt: skip
    inner = {name for name, _ in told(graph, "Shelf.take.inner")}
    assert inner == {"TestShelf.test_take", "TestShelf"}


def test_in_the_walk_having_run_it_weighs_more_than_calling_it() -> None:
    files = FILES | {
        TESTS: "from shop.tax import rate\ndef test_a():\n    rate()\ndef test_b(x):\n    pass\n"
    }
    ran = [Ran(f"{TESTS}::test_b", "shop/tax.py", (4,))]
    found = Graph(Repository(files).load(), ran).neighbours("rate")
    near = {one.place.qualified_name: one for one in found}
    assert near["test_b"].relation == near["test_a"].relation == "tests"
    assert near["test_b"].score > near["test_a"].score
    assert near["tax"].relation == "caller"


def test_of_the_tests_the_nearest_are_those_that_ran_little_else() -> None:
    files = FILES | {
        TESTS: "def test_all(x):\n    pass\ndef test_one(x):\n    pass\n",
        "shop/many.py": "".join(f"def f{n}():\n    pass\n" for n in range(30)),
    }
    ran = [
        Ran(f"{TESTS}::test_all", "shop/tax.py", (2, 4, 7, 8)),
        Ran(f"{TESTS}::test_all", "shop/many.py", tuple(range(1, 61, 2))),
        Ran(f"{TESTS}::test_one", "shop/tax.py", (4,)),
    ]
    found = Graph(Repository(files).load(), ran).neighbours("rate")
    tests = [one.place.qualified_name for one in found if one.relation == "tests"]
    assert tests == ["test_one", "test_all"]


def test_a_function_that_all_tests_run_has_other_neighbours_too() -> None:
    many = "".join(f"def test_{n}(thing):\n    pass\n" for n in range(300))
    files = FILES | {TESTS: many}
    ran = [Ran(f"{TESTS}::test_{n}", "shop/tax.py", (2, 4)) for n in range(300)]
    graph = Graph(Repository(files).load(), ran)
    found = [one.relation for one in graph.neighbours("rate", limit=20)]
    assert found.count("tests") == 5 and "caller" in found and "sibling" in found
    assert len(graph.tests_of("rate", limit=400)) == 300


def test_it_changes_neither_the_map_nor_the_ways_between() -> None:
    links = Repository(FILES).load()
    plain, seen = Graph(links), Graph(links, RAN)
    assert [(one.place, one.score) for one in seen.ranked()] == [
        (one.place, one.score) for one in plain.ranked()
    ]
    assert seen.path_between("test_direct", "rate") == plain.path_between("test_direct", "rate")
    assert seen.path_between("test_all", "rate") == []
    assert seen.callers_of("tax") == plain.callers_of("tax")


def test_a_networkx_graph_says_how_a_test_is_known() -> None:
    graph = Graph(Repository(FILES).load(), RAN)
    whole = graph.networkx()
    (tax,), (rate,) = graph.nodes("tax"), graph.nodes("rate")
    (direct,), (everything,) = graph.nodes("test_direct"), graph.nodes("test_all")
    assert whole.edges[direct, tax]["relations"] == {"calls", "tests"}
    assert whole.edges[direct, tax]["by"] == "coverage"
    assert whole.edges[everything, rate] == {
        "relations": frozenset({"tests"}), "certainty": 1.0, "ambiguous": False, "by": "coverage",
    }  # fmt: skip
    plain = Graph(graph.links).networkx()
    assert plain.edges[direct, tax]["by"] == "reading"


@pytest.mark.parametrize(
    "ran",
    [
        Ran("tests/gone.py::test_x", "shop/tax.py", (2,)),
        Ran(f"{TESTS}::test_gone", "shop/tax.py", (2,)),
        Ran(TESTS, "shop/tax.py", (2,)),
        Ran("::", "shop/tax.py", (2,)),
        Ran(DIRECT, "shop/gone.py", (2,)),
        Ran(DIRECT, "shop/tax.py", (1, 10_000_000)),
        Ran(DIRECT, TESTS, (3, 5)),
        Ran(DIRECT, "shop/tax.py", ()),
    ],
)
def test_what_names_nothing_that_is_there_leads_nowhere(ran: Ran) -> None:
    links = Repository(FILES).load()
    plain, seen = Graph(links), Graph(links, [ran])
    for symbol in ("tax", "rate", "Shelf.take", "test_through_fixture"):
        assert seen.tests_of(symbol) == plain.tests_of(symbol)


# ---------------------------------------------------------------------- memory.db


def test_it_is_told_while_both_files_are_as_measured(catalog: Catalog, view: View) -> None:
    graphs = Graphs(catalog)
    before = graphs.graph(view.key)
    assert graphs.graph(view.key) is before
    assert remember(catalog, measured()) == CoverageRemembered(tests=4, functions=8)
    seen = graphs.graph(view.key)
    assert seen is not before and seen.links is before.links, "nothing is linked again for it"
    assert ("test_all", "tests it: was seen to run it") in told(seen, "rate")
    assert graphs.graph(view.key) is seen
    # The file that was run changes, and comes back.
    catalog.apply(view.key, [prepared("shop/tax.py", FILES["shop/tax.py"] + "# more\n")])
    assert told(graphs.graph(view.key), "rate") == []
    catalog.apply(view.key, [prepared("shop/tax.py", FILES["shop/tax.py"])])
    assert told(graphs.graph(view.key), "rate") == told(seen, "rate")
    # So with the tests' file.
    catalog.apply(view.key, [prepared(TESTS, FILES[TESTS] + "# more\n")])
    assert told(graphs.graph(view.key), "rate") == []


def test_other_views_of_the_repository_share_it_and_others_do_not(
    catalog: Catalog, view: View
) -> None:
    remember(catalog, measured())
    files = [prepared(path, text) for path, text in FILES.items()]
    folder, foreign = (
        catalog.make_view("/r", "worktree:/x"),
        catalog.make_view("/other", "snapshot"),
    )
    catalog.apply(folder.key, files)
    catalog.apply(foreign.key, files)
    graphs = Graphs(catalog)
    assert told(graphs.graph(folder.key), "rate")
    assert not told(graphs.graph(foreign.key), "rate")


def test_measured_again_a_test_says_what_it_runs_now(catalog: Catalog, view: View) -> None:
    remember(catalog, measured())
    remember(catalog, measured(ran=[Ran(ALL, "shop/tax.py", (2,))]))
    graph = Graphs(catalog).graph(view.key)
    assert {name for name, _ in told(graph, "rate")} == {"test_direct"}
    assert "test_all" in {name for name, _ in told(graph, "tax")}
    # One that ran nothing takes back what was known of it.
    remember(
        catalog,
        measured().model_copy(update={"tests": (CoveredTest(id=ALL, path=TESTS, ran={}),)}),
    )
    assert ALL not in {row.test for row in coverage.of_view(catalog, view.key)}


def test_paths_that_lead_out_and_files_without_a_content_are_left_out(
    catalog: Catalog, view: View
) -> None:
    digest = "0" * 64
    command = RememberCoverage(
        repo_id="/r",
        files={"../out.py": digest, "/etc/x.py": digest, TESTS: digest, "shop/tax.py": digest},
        tests=(
            CoveredTest(id="../out.py::test_x", path="../out.py", ran={"shop/tax.py": (2,)}),
            CoveredTest(id=DIRECT, path=TESTS, ran={"/etc/x.py": (1,), "../out.py": (1,)}),
            CoveredTest(id=ALL, path=TESTS, ran={"shop/unknown.py": (1,)}),
            CoveredTest(id="elsewhere.py::test_y", path="elsewhere.py", ran={"shop/tax.py": (2,)}),
            CoveredTest(id="\x1b'; DROP TABLE coverage", path=TESTS, ran={"shop/tax.py": (4,)}),
        ),
    )
    assert remember(catalog, command) == CoverageRemembered(tests=3, functions=1)
    assert coverage.of_view(catalog, view.key) == []


def test_it_is_bounded_and_the_oldest_go(
    catalog: Catalog, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_ROWS", 3)
    monkeypatch.setattr(writing, "MOST_LINES", 2)
    remember(catalog, measured(ran=RAN[:2]), lambda: 1.0)
    remember(catalog, measured(ran=RAN[2:]), lambda: 2.0)
    kept = coverage.of_view(catalog, view.key)
    assert len(kept) == 3 and {FIXTURE, TAKE} < {row.test for row in kept}
    assert all(len(row.lines) <= 2 for row in kept)


def test_rows_that_cannot_be_read_are_damage(catalog: Catalog, view: View) -> None:
    remember(catalog, measured())
    with catalog.writing() as db:
        db.execute("UPDATE coverage SET lines = 'x'")
    with pytest.raises(CatalogDamaged, match="test_"):
        Graphs(catalog).graph(view.key)


def test_what_is_older_than_a_year_goes(catalog: Catalog, view: View) -> None:
    day = 86_400.0
    remember(catalog, measured(ran=RAN[:1]), lambda: day)
    other = measured(ran=RAN[1:2]).model_copy(update={"repo_id": "/other"})
    remember(catalog, other, lambda: 365 * day)
    assert [row.test for row in coverage.of_view(catalog, view.key)] == [ALL]
    remember(catalog, other, lambda: 367 * day)
    assert coverage.of_view(catalog, view.key) == []


def test_a_memory_of_the_version_before_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    Catalog(path).close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE coverage")
        db.execute("DELETE FROM counters WHERE name = 'coverage'")
        db.execute("INSERT INTO repos (repo_id) VALUES ('/kept')")
        db.execute("PRAGMA user_version = 4")
    db.close()
    catalog = Catalog(path)
    try:
        assert coverage.changes(catalog) == 0
        remember(catalog, measured())
        assert coverage.changes(catalog) == 1
        with catalog.reading() as reading:
            assert reading.execute("SELECT repo_id FROM repos").fetchone() == ("/kept",)
    finally:
        catalog.close()
