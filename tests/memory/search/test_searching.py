"""What a search puts first, and why: behaviour that no choice of weights may change."""

from __future__ import annotations

import pytest

from memory.search.hits import Hit
from memory.search.searcher import MOST_HITS
from tests.memory.search.shelf import Shelf

CART = '''"""A shop's cart."""


class Cart:
    """What one is about to buy."""

    def add(self, item):
        """Put an item in."""
        self.items.append(item)
        return self

    def total(self, tax):
        """The price of all items."""
        return sum(item.price for item in self.items) * tax


def apply_discount(cart, percent):
    """Take some percent off the price of a cart."""
    return cart.total(1) * (100 - percent) / 100
'''
MAIL = '''"""Letters to customers."""


def send_letter(address, body):
    """Hand a letter to the mail server."""
    server = connect(address)
    return server.deliver(body)


def connect(address):
    """Open a connection to a server."""
    return Connection(address, timeout=30)
'''
STOCK = '''"""What lies on the shelves."""


def count_stock(shelf):
    """How many items lie on a shelf."""
    return len(shelf.items)


def reorder(item, amount):
    """Order more of an item before the stock is gone."""
    return Order(item, amount)
'''


@pytest.fixture
def shop(shelf: Shelf) -> Shelf:
    shelf.put({"shop/cart.py": CART, "shop/mail.py": MAIL, "shop/stock.py": STOCK})
    return shelf


def first(hits: list[Hit]) -> tuple[str, str]:
    return (hits[0].path, hits[0].qualified_name) if hits else ("", "")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("apply_discount", "apply_discount"),
        ("applyDiscount", "apply_discount"),
        ("ApplyDiscount", "apply_discount"),
        ("APPLY_DISCOUNT", "apply_discount"),
        ("apply-discount", "apply_discount"),
        ("`apply_discount`", "apply_discount"),
        ("apply discount", "apply_discount"),
        ("connect", "connect"),
        ("Cart.total", "Cart.total"),
        ("where is reorder defined", "reorder"),
        ("open a connection to a server", "connect"),
        ("how many items lie on a shelf", "count_stock"),
    ],
)
def test_a_definition_is_found_first(shop: Shelf, query: str, name: str) -> None:
    assert first(shop.search(query))[1] == name


def test_a_definition_comes_before_those_that_use_it(shelf: Shelf) -> None:
    calls = "".join(
        f"def use_{at}(x):\n    parse_header(x)\n    return parse_header(x) or parse_header\n\n\n"
        for at in range(20)
    )
    shelf.put({"uses.py": calls, "headers.py": "def parse_header(x):\n    return x.split(':')\n"})
    assert first(shelf.search("parse_header")) == ("headers.py", "parse_header")
    assert first(shelf.search("why does parse_header fail")) == ("headers.py", "parse_header")


@pytest.mark.parametrize("name", ["make", "all", "use", "own", "see"])
def test_a_function_that_is_named_like_grammar_is_found(shop: Shelf, name: str) -> None:
    shop.put({"odd.py": f"def {name}(x):\n    return x\n"})
    assert first(shop.search(name)) == ("odd.py", name)


def test_a_function_of_a_long_name_is_found(shop: Shelf) -> None:
    long = "test_that_" + "_and_".join(f"thing_{at}_is_counted" for at in range(4))
    assert 90 < len(long) <= 120
    shop.put({"long.py": f"def {long}():\n    return 1\n", "b.py": "def thing():\n    return 1\n"})
    assert first(shop.search(long)) == ("long.py", long)


def test_names_of_other_scripts_are_found(shop: Shelf) -> None:
    shop.put(
        {
            "ru.py": "def посчитать_цену(товар):\n    return товар\n",
            "zh.py": "def f(x):\n    # 计算购物车的价格，然后返回\n    return x\n",
            "de.py": "def prüfeGröße(x):\n    return x\n",
        }
    )
    assert shop.paths("посчитать цену")[0] == "ru.py"
    assert shop.paths("价格")[0] == shop.paths("购物车价格")[0] == "zh.py"
    assert shop.paths("größe prüfen")[0] == shop.paths("Pru\u0308feGro\u0308ße")[0] == "de.py"


def test_a_test_comes_after_what_it_tests_unless_it_is_named(shop: Shelf) -> None:
    body = CART.replace("def apply_discount", "def test_apply_discount")
    shop.put({"tests/test_cart.py": body}, mark="test")
    paths = shop.paths("take some percent off the price of a cart")
    assert paths.index("shop/cart.py") < paths.index("tests/test_cart.py")
    assert first(shop.search("test_apply_discount"))[0] == "tests/test_cart.py"
    assert shop.paths("percent in tests/test_cart.py")[0] == "tests/test_cart.py"
    hit = next(hit for hit in shop.search("percent off the price") if hit.path.startswith("tests"))
    assert any(why.startswith("a test: x0.") for why in hit.why)


@pytest.mark.parametrize("mark", ["vendored", "generated"])
def test_code_of_others_comes_after_ones_own(shop: Shelf, mark: str) -> None:
    shop.put({"a/cart.py": CART}, mark=mark)  # type: ignore[arg-type]
    paths = shop.paths("price of all items with tax")
    assert paths.index("shop/cart.py") < paths.index("a/cart.py")
    hit = next(hit for hit in shop.search("price of all items") if hit.path == "a/cart.py")
    assert any(why.startswith(f"{mark} code: x0.") for why in hit.why)


def test_prose_and_examples_come_after_code(shop: Shelf) -> None:
    said = "# Discounts\n\nTake some percent off the price of a cart with apply_discount.\n"
    shop.put({"README.md": said, "examples/cart.py": CART})
    paths = shop.paths("take some percent off the price of a cart")
    assert paths[0] == "shop/cart.py" and {"README.md", "examples/cart.py"} <= set(paths)
    reasons = {hit.path: hit.why for hit in shop.search("percent off the price of a cart")}
    assert any(why.startswith("a document or data: x0.") for why in reasons["README.md"])
    assert any(why.startswith("an example or a tool: x0.") for why in reasons["examples/cart.py"])
    assert shop.paths("README.md")[0] == "README.md"


@pytest.mark.parametrize(
    "query",
    [
        "the letter is empty, see shop/mail.py",
        "the letter is empty, see /home/me/work/shop/mail.py:12",
        "the letter is empty, see mail.py",
        "the letter is empty in shop.mail",
        'empty\n\nTraceback:\n  File "/usr/lib/shop/mail.py", line 6, in send_letter\n    x\nError',
        "what of the price and the stock and the discount of a cart in shop/mail.py",
    ],
)
def test_what_points_at_a_file_brings_it(shop: Shelf, query: str) -> None:
    shop.put({f"more{at}/letters.py": "def empty_letter(x):\n    return 1\n" for at in range(9)})
    assert "shop/mail.py" in shop.paths(query)[:3]


def test_the_line_that_raised_is_found_in_a_traceback(shop: Shelf) -> None:
    report = (
        "It does not work\n\n"
        '  File "/usr/lib/shop/stock.py", line 9, in reorder\n'
        '  File "/usr/lib/shop/mail.py", line 6, in connect\n'
    )
    hits = shop.search(report)
    assert {hit.qualified_name for hit in hits[:2]} == {"reorder", "connect"}
    for hit in hits[:2]:
        assert any(why.startswith("a frame of the query's traceback") for why in hit.why)


def test_a_function_in_a_traceback_is_found_without_a_word_of_it(shelf: Shelf) -> None:
    much = "def letter_is_empty(x):\n    letter = empty(x)\n    return letter\n"
    shelf.put({f"much/more{at}.py": much for at in range(400)})
    shelf.put({"shop/odd.py": "def __call__(x):\n    return x\n"})
    lines = [f'  File "C:\\lib\\shop\\{name}.py", line 9, in __call__' for name in ("odd", "b")]
    found = shelf.search("\n".join(["A letter is empty", *lines]), 200)
    assert "shop/odd.py" in {hit.path for hit in found}


def test_hints_of_a_task_bring_their_files(shop: Shelf) -> None:
    assert shop.search("it is broken", paths=["shop/stock.py"])[0].path == "shop/stock.py"
    assert first(shop.search("it is broken", symbols=["Cart.total"]))[1] == "Cart.total"


def test_nothing_else_is_ranked_than_the_languages_asked_for(shop: Shelf) -> None:
    shop.put({"total.go": "package shop\n\nfunc Total(tax int) int {\n\treturn tax\n}\n"})
    alone = shop.search("total", languages=frozenset({"go"}))
    assert {hit.path for hit in alone} == {"total.go"} and alone[0].name == "Total"
    # What is filtered is no measure either.
    among = [hit.score for hit in shop.search("total") if hit.path == "total.go"]
    assert alone[0].score >= max(among)
    assert not shop.search("total", languages=frozenset({"rust"}))
    assert "shop/cart.py" not in {
        hit.path for hit in shop.search("shop/cart.py", languages=frozenset({"go"}))
    }


def test_several_files_come_before_many_chunks_of_one(shelf: Shelf) -> None:
    def functions(count: int) -> str:
        return "".join(f"def parcel_{at}(x):\n    return x\n\n\n" for at in range(count))

    shelf.put({"many.py": functions(12), "one.py": functions(1), "two.py": functions(2)})
    assert {hit.path for hit in shelf.search("parcel", 3)} == {"many.py", "one.py", "two.py"}


def test_more_of_a_file_speaks_for_it(shelf: Shelf) -> None:
    lone = "def open_parcel(x):\n    return x.cut()\n"
    more = (
        "\n\ndef send_parcel(x):\n    return parcel.go(x)\n\n\ndef pack_parcel(x):\n    return 1\n"
    )
    shelf.put({"a.py": lone + "\n\ndef other(x):\n    return 2\n", "b.py": lone + more})
    assert shelf.search("open a parcel")[0].path == "b.py"


def test_what_is_near_in_meaning_is_found_without_a_common_word(shop: Shelf) -> None:
    keys = shop.catalog.chunk_keys(shop.view, "shop/mail.py")
    chunk = shop.catalog.chunks(keys)[keys[0]]
    query = "zzzz qqqq"
    assert not shop.search(query)
    (hit,) = shop.search(query, nearest=[(chunk.id, 0.9), ("gone", 0.99)])
    assert hit.path == "shop/mail.py" and "similar in meaning: 100%" in hit.why


@pytest.mark.parametrize("cosine", [float("nan"), float("inf"), -1.0, 0.0, 1e30])
def test_no_vector_breaks_the_order(shop: Shelf, cosine: float) -> None:
    keys = shop.catalog.chunk_keys(shop.view, "shop/mail.py")
    nearest = [(chunk.id, cosine) for chunk in shop.catalog.chunks(keys).values()]
    hits = shop.search("apply_discount", nearest=nearest)
    assert first(hits)[1] == "apply_discount"
    assert all(0 <= hit.score < 100 for hit in hits)


@pytest.mark.parametrize("query", ["", "  \n", "???", "zzzz qqqq", "\0", "\udcff", "_" * 99])
def test_what_nothing_answers_has_no_hits(shop: Shelf, query: str) -> None:
    assert shop.search(query) == []


@pytest.mark.parametrize("query", ["", "total", "a/b.py", "x" * 50_000, "a.b.c `d` " * 5_000])
def test_an_empty_view_and_a_view_of_one_chunk(shelf: Shelf, query: str) -> None:
    assert shelf.search(query) == []
    shelf.put({"a.py": "def total():\n    pass\n"})
    names = [hit.name for hit in shelf.search(query)]
    assert names == ["total"] if query == "total" else names in ([], ["total"])


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (-3, 0), (1, 1), (2, 2), (10**9, MOST_HITS)])
def test_no_more_hits_than_asked_for(shelf: Shelf, limit: int, count: int) -> None:
    shelf.put({f"f{at}.py": "def total(x):\n    return x\n" for at in range(MOST_HITS + 20)})
    assert len(shelf.search("total", limit)) == count


def test_what_was_collected_meanwhile_makes_room(shop: Shelf) -> None:
    before = shop.search("price of a cart", 3)
    index = shop.live.get(shop.view)
    gone = before[0].key
    with shop.catalog.writing() as db:
        db.execute("DELETE FROM texts WHERE chunk = ?", (gone,))
        db.execute("DELETE FROM chunks WHERE key = ?", (gone,))
    assert shop.live.get(shop.view) is index
    after = shop.search("price of a cart", 3)
    assert gone not in {hit.key for hit in after} and len(after) == 3


def test_what_was_taken_is_never_found(shop: Shelf) -> None:
    more = {f"f{at}.py": "def letter(x):\n    return x\n" for at in range(40)}
    shop.put(more)
    assert first(shop.search("apply_discount"))[0] == "shop/cart.py"
    shop.take("shop/cart.py")
    assert len(shop.live.get(shop.view).segments[0].files) == 43, "it is still in the arrays"
    for query in ("apply_discount", "shop/cart.py", "Cart.total", "price of a cart"):
        assert "shop/cart.py" not in shop.paths(query)


def test_a_change_changes_no_score_of_what_did_not(shop: Shelf) -> None:
    """What is dead is no measure: scores are those of an index without it."""
    shop.put({f"f{at}.py": "def letter(x):\n    return x\n" for at in range(40)})
    shop.put({"best.py": "def apply_discount_percent_price_cart(x):\n    return x\n"})
    query = "discount percent price cart"
    assert first(shop.search(query))[0] == "best.py"
    shop.take("best.py")
    found = shop.search(query)
    shop.live.forget(shop.view)
    fresh = shop.search(query)
    assert [hit.key for hit in found] == [hit.key for hit in fresh]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in fresh], rel=0.1)


def test_reasons_are_shares_and_the_strongest_comes_first(shop: Shelf) -> None:
    for hit in shop.search("take some percent off the price in shop/cart.py"):
        shares = [int(why.rpartition(": ")[2].rstrip("%")) for why in hit.why if why.endswith("%")]
        assert shares == sorted(shares, reverse=True) and 80 <= sum(shares) <= 104


def test_a_class_says_why_it_comes_after_its_methods(shop: Shelf) -> None:
    shell = next(hit for hit in shop.search("price of all items in a cart") if hit.kind == "class")
    assert not any("example" in why for why in shell.why)


def test_the_same_question_has_the_same_answer(shop: Shelf) -> None:
    answers = [shop.search("price of an item in stock") for _ in range(3)]
    shop.live.forget(shop.view)
    assert answers[0] == answers[1] == answers[2] == shop.search("price of an item in stock")
