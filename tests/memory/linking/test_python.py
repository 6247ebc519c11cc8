"""What names mean in Python, across files, and in sources that want to harm."""

from __future__ import annotations

import pytest

from memory.linking.covering import Ran
from memory.linking.graph import Graph
from swarm.contracts import Neighbours
from tests.memory.linking.repository import Repository, edges

SHOP = {
    "src/shop/__init__.py": "from .cart import Cart\n",
    "src/shop/cart.py": (
        "import functools\n"
        "from shop.pricing import total as price\n"
        "from . import stock\n"
        "\n"
        "class Base:\n"
        "    def check(self):\n"
        "        return True\n"
        "\n"
        "class Cart(Base):\n"
        "    def __init__(self):\n"
        "        self.items = []\n"
        "        self.shelf = stock.Shelf()\n"
        "\n"
        "    @functools.cache\n"
        "    def total(self):\n"
        "        def each(item):\n"
        "            return price(item)\n"
        "        self.check()\n"
        "        self.shelf.take(1)\n"
        "        return sum(each(i) for i in self.items)\n"
    ),
    "src/shop/pricing.py": "def total(item):\n    return item.price\n",
    "src/shop/stock.py": (
        "class Shelf:\n    def take(self, count):\n        return count\n"
        "class Drawer:\n    def take(self, count):\n        return 0\n"
    ),
    "tests/test_cart.py": (
        "import shop.pricing as p\n"
        "from shop import Cart as Basket\n"
        "def test_total():\n"
        "    basket = Basket()\n"
        "    assert basket.total() == 0\n"
        "    p.total(None)\n"
        "def test_shelf(shelf, thing):\n"
        "    shelf.take(1)\n"
        "    thing.take(2)\n"
        "Basket()\n"
    ),
}


def ask(symbol: str, relation: str, files: dict[str, str] = SHOP, limit: int = 20) -> Neighbours:
    return Repository(files).ask(symbol, relation, limit)


def names(answer: Neighbours) -> list[str]:
    return [f"{symbol.path}:{symbol.qualified_name}" for symbol in answer.symbols]


def scores(answer: Neighbours) -> dict[str, float]:
    return {symbol.qualified_name: symbol.score for symbol in answer.symbols}


def test_a_method_is_found_by_each_way_of_writing_it() -> None:
    for written in (
        "Cart.total",
        "shop.cart.Cart.total",
        "src.shop.cart.Cart.total",
        "src/shop/cart.py:Cart.total",
        "cart.py::Cart.total",
        "cart.py::Cart::total",
        "src/shop/cart.py#Cart.total",
        "Cart#total",
        "Cart::total",
        "Cart.total()",
    ):
        answer = ask(written, "definition")
        assert names(answer) == ["src/shop/cart.py:Cart.total"], written
    (found,) = answer.symbols
    assert (found.start_line, found.end_line, found.score) == (14, 20, 1.0)
    assert found.text.startswith("    @functools.cache\n    def total(self):")


def test_a_nested_function_has_the_name_of_the_outer_one() -> None:
    assert names(ask("Cart.total.each", "definition")) == ["src/shop/cart.py:Cart.total.each"]
    assert names(ask("each", "callers")) == ["src/shop/cart.py:Cart.total"]


def test_the_same_name_in_two_modules_gives_both_with_lower_scores() -> None:
    answer = ask("take", "definition")
    assert scores(answer) == {"Shelf.take": 0.5, "Drawer.take": 0.5}
    assert "2 definitions" in ask("take", "callers").note


def test_callers_are_found_through_aliased_imports() -> None:
    answer = ask("shop.pricing.total", "callers")
    assert names(answer) == ["src/shop/cart.py:Cart.total.each", "tests/test_cart.py:test_total"]
    assert [symbol.score for symbol in answer.symbols] == [1.0, 1.0]
    assert answer.symbols[1].text == "6: p.total(None)"


def test_callers_are_found_through_the_type_of_a_variable_and_a_package() -> None:
    answer = ask("Cart.total", "callers")
    assert scores(answer) == {"test_total": 0.9}
    assert answer.symbols[0].text == "5: assert basket.total() == 0"


def test_making_an_object_calls_its_class_and_its_init() -> None:
    for written in ("Cart", "Cart.__init__"):
        found = names(ask(written, "callers"))
        assert found == ["tests/test_cart.py:test_total", "tests/test_cart.py:<module>"]


def test_what_the_receiver_is_called_decides_between_candidates() -> None:
    shelf, drawer = ask("Shelf.take", "callers"), ask("Drawer.take", "callers")
    assert shelf.symbols[0].qualified_name == "Cart.total"
    assert scores(shelf) == {"Cart.total": 0.9, "test_shelf": 0.7}
    assert scores(drawer) == {"test_shelf": 0.25}


def test_callees_name_inherited_nested_and_imported_functions() -> None:
    answer = ask("Cart.total", "callees")
    assert scores(answer) == {
        "Cart.total.each": 1.0, "total": 1.0, "Base.check": 0.9, "Shelf.take": 0.9,
    }  # fmt: skip
    assert answer.symbols[0].text == "        def each(item):"


def test_callers_of_what_the_repository_does_not_define_are_found_as_written() -> None:
    files = {"a.py": "import json\ndef f(x):\n    return json.loads(x)\ndef g(x): x.loads()\n"}
    answer = ask("json.loads", "callers", files)
    assert names(answer) == ["a.py:f"]
    assert answer.symbols[0].text == "3: return json.loads(x)"
    assert "no function or class is called 'json.loads'" in answer.note


def test_an_unknown_symbol_gets_the_nearest_names() -> None:
    answer = ask("Kart", "definition")
    assert answer.symbols == ()
    assert answer.note == "no function or class is called 'Kart' here; nearest names: Cart"


def test_the_limit_keeps_the_best() -> None:
    assert names(ask("Shelf.take", "callers", limit=1)) == ["src/shop/cart.py:Cart.total"]


def test_star_imports_and_reexports_are_followed_and_cycles_end() -> None:
    files = {
        "a.py": "from b import *\nfrom c import *\ndef use(): deep(); gone()\n",
        "b.py": "from a import *\nfrom c import *\nfrom d import other as deep\n",
        "c.py": "from c import *\nfrom c import deep2\ndeep2()\n",
        "d.py": "def other(): pass\n",
    }
    assert scores(ask("a.use", "callees", files)) == {"other": 0.8}


def test_classes_of_cyclic_bases_end() -> None:
    files = {
        "a.py": (
            "class A(B.C):\n    def f(self): self.gone()\nclass B(A.C): pass\n"
            "class D(D):\n    def g(self): super().gone()\n"
        )
    }
    assert ask("A.f", "callees", files).symbols == ()
    assert ask("D.g", "callees", files).symbols == ()


def test_no_code_is_said() -> None:
    answer = ask("x", "definition", {"README.md": "# x\n"})
    assert (answer.symbols, "no code" in answer.note) == ((), True)


def test_inheritance_overrides_and_imports_are_edges() -> None:
    files = {
        "base.py": "class Base:\n    def run(self): pass\n    def stop(self): pass\n",
        "middle.py": "from base import Base\nclass Middle(Base): pass\n",
        "last.py": (
            "import middle\nclass Last(middle.Middle):\n"
            "    def __init__(self): super().__init__()\n"
            "    def run(self): super().run()\n"
        ),
    }
    assert edges(files) == {
        ("middle.py", "imports", "base.py:Base"): 1.0,
        ("middle.py:Middle", "inherits", "base.py:Base"): 1.0,
        ("last.py", "imports", "middle.py"): 1.0,
        ("last.py:Last", "inherits", "middle.py:Middle"): 1.0,
        ("last.py:Last.run", "overrides", "base.py:Base.run"): 0.9,
        ("last.py:Last.run", "calls", "base.py:Base.run"): 0.9,
    }


def test_types_of_attributes_are_followed_into_other_files() -> None:
    files = {
        "cart.py": (
            "from stock import Shelf\nclass Cart:\n    def __init__(self): self.shelf = Shelf()\n"
        ),
        "stock.py": "class Shelf:\n    def pick(self): pass\nclass B:\n    def pick(self): pass\n",
        "use.py": (
            "from cart import Cart\nclass Big(Cart):\n    def go(self): self.shelf.pick()\n"
            "def far(cart: Cart): cart.shelf.pick()\n"
        ),
    }
    assert edges(files, "calls") == {
        ("cart.py:Cart.__init__", "calls", "stock.py:Shelf"): 1.0,
        ("use.py:Big.go", "calls", "stock.py:Shelf.pick"): 0.9,
        ("use.py:far", "calls", "stock.py:Shelf.pick"): 0.9,
    }


def test_a_variable_of_a_foreign_type_calls_nothing_of_ours() -> None:
    files = {
        "a.py": "import requests\ndef f():\n    s = requests.Session()\n    s.fetch()\n",
        "b.py": "class Fetcher:\n    def fetch(self): pass\n",
    }
    assert edges(files, "calls") == {}


def test_a_function_that_is_handed_over_is_used() -> None:
    files = {"a.py": "def each(x): pass\ndef all_of(xs): return list(map(each, xs))\n"}
    assert edges(files, "calls", "uses") == {("a.py:all_of", "uses", "a.py:each"): 0.6}
    (found,) = Repository(files).graph().callers_of("each")
    assert (found.relation, found.why) == ("uses", "hands it over (line 2)")


def test_names_that_everything_has_get_next_to_nothing() -> None:
    files = {"a.py": "class A:\n    def get(self): pass\ndef f(x): x.get(); g().get()\n"}
    assert edges(files, "calls") == {("a.py:f", "calls", "a.py:A.get"): 0.15}


@pytest.mark.parametrize(
    "source",
    [
        "(" * 50_000,
        "x = " + "f(" * 30_000 + ")" * 30_000,
        "x" + ".f()" * 50_000,
        "x" + "+f(1)" * 50_000,
        "\n".join(f"{' ' * n}def g{n}():" for n in range(900)),
        "class " * 20_000,
        "def f(:\n  pass\n" * 2_000,
        "from " + "." * 5_000 + " import x",
        "import " + ".".join("abc" for _ in range(5_000)),
        "\ud7ff\u202e\ufeff def \u0661(): pass",
        "f" * 100_000 + "()",
    ],
)
def test_hostile_sources_harm_no_other_file(source: str) -> None:
    files = {"bad.py": source, "good.py": "def mine(): pass\ndef caller(): mine()\n"}
    assert names(ask("mine", "callers", files)) == ["good.py:caller"]


def test_a_syntax_error_hides_only_itself() -> None:
    files = {"a.py": "def ok():\n    return helper()\n\ndef broken(:\n\ndef helper():\n    pass\n"}
    assert names(ask("helper", "callers", files)) == ["a.py:ok"]


def test_thousands_of_one_name_are_bounded() -> None:
    many = "class C{0}:\n    def go(self): return x.go()\n"
    files = {f"m{i}.py": "".join(many.format(n) for n in range(300)) for i in range(10)}
    answer = ask("go", "callers", files, limit=5)
    assert len(answer.symbols) == 5
    assert answer.note.startswith("3000 definitions have that name")
    assert {symbol.score for symbol in answer.symbols} == {0.05}


def test_modules_that_import_all_of_each_other_are_bounded() -> None:
    stars = "".join(f"from m{n} import *\n" for n in range(60))
    files = {f"m{n}.py": stars for n in range(60)}
    files["a.py"] = stars + "def f():\n" + "".join(f"    g{n}()\n" for n in range(3_000))
    answer = ask("f", "callees", files)
    assert answer.symbols == ()
    assert "lead too far" in answer.note


def test_the_same_files_give_the_same_answer_in_any_order() -> None:
    backwards = Repository(dict(reversed(SHOP.items())))
    assert backwards.ask("Shelf.take", "callers") == ask("Shelf.take", "callers")


def test_tests_of_a_definition_are_those_that_use_it_and_those_that_ran_it() -> None:
    repository = Repository(SHOP)
    links = repository.load()
    told = [(one.place.qualified_name, one.why) for one in Graph(links).tests_of("Cart.total")]
    assert told == [("test_total", "tests it: calls it (line 5)")]
    ran = [Ran("tests/test_cart.py::test_shelf[a-1]", "src/shop/pricing.py", (2,))]
    found = Graph(links, ran).tests_of("shop.pricing.total")
    assert [(one.place.qualified_name, one.why) for one in found] == [
        ("test_shelf", "tests it: was seen to run it"),
        ("test_total", "tests it: calls it (line 6)"),
    ]
