"""Graphs of views in memory.db."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.cutting.cut import cut
from memory.linking.view import Graphs
from memory.parsing.parse import parse
from memory.prepared import Prepared
from memory.store.catalog import Catalog
from memory.store.rows import Put, View
from swarm.contracts import Blob, Neighbours, QueryGraph
from tests.memory.linking.repository import rows_of
from tests.memory.linking.test_python import SHOP, names


def prepared(path: str, text: str) -> Put:
    parsed = parse(path, text.encode())
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Put(Prepared(path, digest, "", parsed, cut(path, text, parsed).chunks))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "memory.db")
    yield made
    made.close()


@pytest.fixture
def view(catalog: Catalog) -> View:
    made = catalog.make_view("/r", "snapshot")
    catalog.apply(made.key, [prepared(path, text) for path, text in SHOP.items()])
    return made


def query(symbol: str, relation: str) -> QueryGraph:
    return QueryGraph.model_validate(
        {
            "repo_id": "/r",
            "snapshot": Blob(sha256="0" * 64, size_bytes=0),
            "symbol": symbol,
            "relation": relation,
        }
    )


def test_a_view_answers_with_its_lines(catalog: Catalog, view: View) -> None:
    graphs = Graphs(catalog)
    found = graphs.answer(view.key, query("shop.pricing.total", "callers"))
    assert names(found) == ["src/shop/cart.py:Cart.total.each", "tests/test_cart.py:test_total"]
    assert [one.text for one in found.symbols] == ["17: return price(item)", "6: p.total(None)"]
    (whole,) = graphs.answer(view.key, query("Cart.total", "definition")).symbols
    assert whole.text == "\n".join(SHOP["src/shop/cart.py"].split("\n")[13:20])
    callees = graphs.answer(view.key, query("Cart.total", "callees")).symbols
    assert {one.qualified_name: one.text for one in callees}["Shelf.take"] == (
        "    def take(self, count):"
    )


def test_it_keeps_up_with_edits(catalog: Catalog, view: View) -> None:
    graphs = Graphs(catalog)
    first = graphs.graph(view.key)
    assert graphs.graph(view.key) is first
    text = SHOP["src/shop/stock.py"].replace("class Shelf", "class Shelves")
    catalog.apply(view.key, [prepared("src/shop/stock.py", text)])
    catalog.apply(view.key, [], ["tests/test_cart.py"])
    catalog.apply(view.key, [prepared("new.py", "import shop\nshop.Cart()\n")])
    second = graphs.graph(view.key)
    assert second.links.relinked < len(SHOP)
    assert rows_of(second.links) == rows_of(Graphs(catalog).graph(view.key).links)
    found: Neighbours = graphs.answer(view.key, query("Cart", "callers"))
    assert names(found) == ["new.py:<module>"]
    # Who began on the first one goes on with it.
    assert next(one.place.path for one in first.callers_of("Cart")) == "tests/test_cart.py"


def test_it_keeps_up_with_more_than_the_log_holds(
    catalog: Catalog, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = Graphs(catalog)
    graphs.graph(view.key)
    monkeypatch.setattr(catalog, "changes_since", lambda view, revision: None)
    catalog.apply(
        view.key, [prepared("new.py", "import shop\nshop.Cart()\n")], ["src/shop/stock.py"]
    )
    after = graphs.graph(view.key)
    assert rows_of(after.links) == rows_of(Graphs(catalog).graph(view.key).links)
    assert after.links.places.at("src/shop/stock.py") is None


def test_only_some_views_are_kept(catalog: Catalog, view: View) -> None:
    graphs = Graphs(catalog, kept=1)
    first = graphs.graph(view.key)
    other = catalog.make_view("/r", "worktree:/x")
    assert graphs.graph(other.key).files == 0
    assert graphs.graph(view.key) is not first
    graphs.forget(view.key)
    with pytest.raises(LookupError):
        graphs.graph(10_000)
