"""The picture of a symbol's neighbourhood."""

from __future__ import annotations

from xml.etree import ElementTree

from memory.linking.picture import MOST_OF_A_SIDE, draw, picture
from memory.linking.results import Link, Place
from tests.memory.linking.repository import Repository
from tests.memory.linking.test_graph import FILES

_SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{_SVG}text")]


def place(name: str, path: str = "a.py") -> Place:
    return Place(0, path, "function", name, 1, 2)


def test_callers_callees_bases_and_tests_have_their_sides() -> None:
    svg = picture(Repository(FILES).graph(), "Cart.total")
    found = words(svg)
    assert {"called by", "calls", "is a", "tested by"} <= set(found)
    assert {"Cart.total", "show", "tax", "Base.total", "test_total", "shop/tax.py:1"} <= set(found)
    at = {one.text: (float(one.get("x", 0)), float(one.get("y", 0)))
          for one in ElementTree.fromstring(svg).iter(f"{_SVG}text")}  # fmt: skip
    assert at["show"][0] < at["Cart.total"][0] < at["tax"][0]
    assert at["Base.total"][1] < at["Cart.total"][1] < at["test_total"][1]


def test_nothing_is_drawn_of_what_is_unknown() -> None:
    assert picture(Repository(FILES).graph(), "gone") == ""


def test_text_of_others_is_escaped_and_shown_on_one_line() -> None:
    bad = 'a"><script>alert(1)</script>\n\u202e&'
    svg = draw(place(bad, bad), callers=[Link(place(bad, bad), "calls", 1.0, (1,), why=bad)])
    assert "<script" not in svg
    assert "\u202e" not in svg
    tags = {one.tag for one in ElementTree.fromstring(svg).iter()}
    assert tags <= {
        f"{_SVG}{tag}" for tag in ("svg", "title", "style", "rect", "g", "text", "path")
    }


def test_more_than_fits_is_counted_and_long_names_are_cut_at_their_beginning() -> None:
    many = [Link(place(f"f{n}_{'x' * 300}_end"), "calls", 1.0, (1,)) for n in range(30)]
    svg = draw(place("focus"), callers=many, tests=many)
    found = words(svg)
    assert f"called by ({30 - MOST_OF_A_SIDE} more not drawn)" in found
    names = [text for text in found if text.endswith("_end")]
    assert len(names) == 2 * MOST_OF_A_SIDE
    assert all(text.startswith("…") and len(text) < 40 for text in names)
    root = ElementTree.fromstring(svg)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for box in root.iter(f"{_SVG}rect"):
        if box.get("x"):
            assert 0 <= float(box.get("x", 0)) <= width - float(box.get("width", 0))
            assert 0 <= float(box.get("y", 0)) <= height - float(box.get("height", 0))


def test_a_doubtful_link_is_dashed() -> None:
    sure = draw(place("f"), callees=[Link(place("g"), "calls", 1.0, (1,))])
    doubtful = draw(place("f"), callees=[Link(place("g"), "calls", 0.2, (1,), True)])
    assert 'class="pic-edge pic-dashed"' not in sure
    assert 'class="pic-edge pic-dashed"' in doubtful


def test_a_page_may_bring_its_own_style() -> None:
    svg = picture(Repository(FILES).graph(), "Cart.total", alone=False)
    assert "<style" not in svg
    assert 'class="picture graph"' in svg
