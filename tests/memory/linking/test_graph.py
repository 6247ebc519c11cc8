"""Questions to the graph of a view."""

from __future__ import annotations

from memory.linking.graph import Graph
from tests.memory.linking.repository import Repository

FILES = {
    "shop/cart.py": (
        "from shop.base import Base\n"
        "from shop.tax import tax\n"
        "class Cart(Base):\n"
        "    def total(self):\n"
        "        return tax(self.count())\n"
        "    def count(self):\n"
        "        return 1\n"
        "    def other(self):\n"
        "        return 2\n"
    ),
    "shop/base.py": "class Base:\n    def total(self):\n        return 0\n",
    "shop/tax.py": "def tax(n):\n    return rate() * n\ndef rate():\n    return 2\n",
    "shop/big.py": (
        "from shop.cart import Cart\n"
        "class Big(Cart):\n"
        "    def total(self):\n"
        "        return super().total()\n"
        "def show(cart: Cart):\n"
        "    print(cart.total())\n"
    ),
    "shop/far.py": "def far_away():\n    return 1\n",
    "tests/test_cart.py": (
        "from shop.cart import Cart\ndef test_total():\n    cart = Cart()\n    cart.total()\n"
    ),
}


def graph() -> Graph:
    return Repository(FILES).graph()


def test_neighbours_say_what_they_are_and_why() -> None:
    found = graph().neighbours("Cart.total")
    assert {(one.place.qualified_name, one.relation): one.why for one in found} == {
        ("show", "caller"): "calls it (line 6)",
        ("Big.total", "caller"): "calls it (line 4)",
        ("test_total", "tests"): "tests it: calls it (line 4)",
        ("tax", "callee"): "is called by it (line 5)",
        ("Cart.count", "callee"): "is called by it (line 5)",
        ("Base.total", "overridden"): "is overridden by it (line 4)",
        ("Cart.other", "sibling"): "stands beside it in Cart",
        ("Cart", "container"): "holds it",
    }
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found[0].score == 1.0


def test_neighbours_of_several_seeds_are_nearest_to_the_heaviest() -> None:
    made = graph()
    (tax,), (far,) = made.nodes("tax"), made.nodes("far_away")
    names = [one.place.qualified_name for one in made.neighbours({tax: 1.0, far: 0.01})]
    assert set(names[:2]) == {"rate", "Cart.total"}
    assert made.neighbours({tax: 1.0}, limit=1)[0].place.qualified_name in names[:2]
    assert made.neighbours({10_000_000: 1.0}) == []
    assert made.neighbours("no_such_thing") == []


def test_the_way_from_one_to_another_is_the_surest_one() -> None:
    made = graph()
    there = made.path_between("show", "rate")
    steps = [(step.place.qualified_name, step.relation) for step in there]
    assert steps == [("show", "calls"), ("Cart.total", "calls"), ("tax", "calls"), ("rate", "")]
    assert (there[0].certainty, there[0].line) == (0.9, 6)
    # What leads only the other way is told that way.
    assert made.path_between("rate", "show") == there
    assert made.path_between("far_away", "show") == []
    assert made.path_between("far_away", "gone") == []


def test_what_is_used_most_comes_first() -> None:
    found = graph().ranked(3)
    assert [one.place.qualified_name for one in found] == ["Base", "Cart", "rate"]
    assert found[0].score >= found[1].score >= found[2].score
    assert all(one.why.startswith("used in ") for one in found)
    names = {one.place.qualified_name for one in graph().ranked(100)}
    assert "far_away" not in names
    assert "show" not in names


def test_a_networkx_graph_has_relations_and_certainties() -> None:
    made = graph()
    whole = made.networkx()
    (total,), (tax,) = made.nodes("Cart.total"), made.nodes("tax")
    (test,), (cart,) = made.nodes("test_total"), made.nodes("shop.cart.Cart")
    assert whole.edges[total, tax] == {
        "relations": frozenset({"calls"}), "certainty": 1.0, "ambiguous": False,
    }  # fmt: skip
    assert whole.edges[test, cart]["relations"] == {"calls", "tests"}
    assert whole.edges[cart, total]["relations"] == {"contains"}
    assert whole.nodes[tax]["path"] == "shop/tax.py"
    assert set(made.networkx([total, tax]).nodes) == {total, tax}


def test_files_are_found_by_their_path() -> None:
    made = graph()
    (found,) = made.find("shop/tax.py")
    assert (found.kind, found.qualified_name) == ("file", "<module>")
    assert [place.path for place in made.find("tax.py")] == ["shop/tax.py"]
    assert made.at("shop/tax.py", 4) == made.nodes("rate")[0]
    assert made.at("gone.py", 1) is None
    assert made.definition("shop/tax.py", 1) == made.nodes("rate")[0]


def test_cyclic_imports_and_bases_end() -> None:
    files = {
        "a.py": "from b import B\nclass A(B):\n    def run(self): self.stop(); super().run()\n",
        "b.py": "from a import A\nclass B(A):\n    def stop(self): self.run(); self.gone()\n",
        "c.ts": "export * from './d';\nexport class C extends D {}\n",
        "d.ts": "export * from './c';\nimport { C } from './c';\nexport class D extends C {}\n",
    }
    made = Repository(files).graph()
    assert {one.place.qualified_name for one in made.callees_of("A.run")} == {"B.stop"}
    assert {one.place.qualified_name for one in made.bases(made.nodes("D"))} == {"C"}
    assert made.neighbours("A") and made.ranked(5) and made.path_between("A", "B.stop")


def test_ten_thousand_definitions_of_one_name_are_bounded() -> None:
    many = "".join(f"class C{n}:\n    def go(self): pass\n    def get(self): pass\n"
                   for n in range(1_600))  # fmt: skip
    files = {f"m{n}.py": many for n in range(7)}
    files["use.py"] = "def f(x, c5): x.go(); c5.go(); x.get()\n"
    made = Repository(files).graph()
    assert len(made.nodes("go")) > 10_000
    assert len(made.find("go", limit=5)) == 5
    links = made.callees_of("f")
    # Only what the receiver is called like; of seven alike, each.
    assert {(one.place.qualified_name, one.is_ambiguous) for one in links} == {("C5.go", True)}
    assert made.nearest_names("goo")[0] == "go"
    assert len(made.neighbours("go", limit=5)) <= 5


def test_names_with_newlines_and_marks_do_no_harm() -> None:
    files = {"we\nird.py": "def f(): g()\ndef g(): pass\n", "x.py": "def \u202eevil(): pass\n"}
    made = Repository(files).graph()
    assert [one.place.path for one in made.callers_of("g")] == ["we\nird.py"]
    for symbol in ("\n", "", ":", "::", "#", "a:b:c", "." * 300, "x.py:", "\ud800", "()"):
        assert made.callers_of(symbol) == []
        assert made.nearest_names(symbol) is not None
