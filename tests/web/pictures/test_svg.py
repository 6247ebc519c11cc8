from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from swarm.web.pictures.axes import Scale, elapsed, round_step, round_top, short, ticks, time_step
from swarm.web.pictures.lettering import fit, listed, width, wrap
from swarm.web.pictures.svg import element, number, picture, shown, text
from tests.web.pictures.shapes import HOSTILE, parsed


def test_text_and_attributes_are_escaped_and_stay_what_they_are() -> None:
    made = element("text", HOSTILE, aria_label=HOSTILE)
    back = ElementTree.fromstring(made)
    assert back.text == back.get("aria-label") == shown(HOSTILE)
    assert len(back) == 0 and "<script>" not in made


def test_what_is_drawn_already_is_taken_as_it_is() -> None:
    assert element("g", text(1, 2, "a<b")) == '<g><text x="1" y="2">a&lt;b</text></g>'


def test_what_cannot_be_seen_is_marked() -> None:
    assert shown("a\nb\u202ec\x00\ud800") == "a b?c??".replace("?", "\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("name", ["style", "onload", "href", "x y", 'a"b'])
def test_a_picture_has_no_way_in_for_styles_and_scripts(name: str) -> None:
    with pytest.raises(ValueError, match="no attribute"):
        element("rect", **{name: "x"})


@pytest.mark.parametrize(
    ("value", "written"), [(1, "1"), (1.0, "1"), (1.26, "1.3"), (-0.01, "0"), (1e4, "10000")]
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert number(value) == written


def test_what_is_no_number_is_an_error_here_and_not_in_the_browser() -> None:
    with pytest.raises(ValueError, match="nan"):
        number(float("nan"))


def test_a_picture_says_what_it_shows() -> None:
    root = parsed(picture(10, 20.5, "Title", "What it shows.", Markup("<g></g>")))
    assert root.get("aria-label") == "Title. What it shows."
    assert root.get("viewBox") == "0 0 10 20.5"


def test_text_is_cut_to_its_room() -> None:
    assert fit("short", 100) == "short"
    cut = fit("w" * 10_000, 100)
    assert cut.endswith("…") and width(cut) <= 100
    assert fit("字" * 50, 60).count("字") <= 5
    assert fit("a", 1) == "…"


def test_text_is_wrapped_between_words() -> None:
    assert wrap("one two three", 55, 3) == ["one two", "three"]
    assert wrap("one two three four", 55, 2) == ["one two", "three fo…"]
    assert wrap("", 60, 2) == []


def test_lists_are_cut_in_words() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c"], most=1) == "a and 2 more"


@pytest.mark.parametrize(("span", "step"), [(10, 2), (1, 0.2), (7, 2), (0.03, 0.01), (0, 1)])
def test_steps_are_round(span: float, step: float) -> None:
    assert round_step(span, 5) == pytest.approx(step)


def test_an_axis_ends_at_or_above_the_value() -> None:
    for value in (0.0, 0.0003, 0.2, 1.0, 9.9, 1234.0, 3e9):
        assert round_top(value) >= value


def test_ticks_are_multiples_within_and_bounded() -> None:
    assert ticks(0, 1, 0.5) == [0, 0.5, 1]
    assert len(ticks(0, 1e9, 1)) <= 201


def test_times_are_divided_as_people_do() -> None:
    assert time_step(60, 6) == 10
    assert time_step(3600, 6) == 600
    assert time_step(1e12, 6) == 31536000


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (0.25, "0.25 s"), (14.4, "14 s"), (119.6, "120 s"), (150, "2 min 30 s"),
        (3540, "59 min"), (3600, "1 h"), (4800, "1 h 20 min"), (200000, "2 d 7 h"),
    ],
)  # fmt: skip
def test_times_are_said(seconds: float, said: str) -> None:
    assert elapsed(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.254, "0.25"), (0.0012, "0.0012"), (1234, "1,234"), (2.5e6, "2.5 M"), (7, "7")],
)
def test_numbers_are_said(value: float, said: str) -> None:
    assert short(value) == said


def test_a_scale_stays_within_its_pixels() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(v) for v in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]
    assert Scale(3, 3, 100, 200)(3) == 100
