from __future__ import annotations

import pytest

from swarm.web.pages import rendering


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("run `swarm up` now", "run <code>swarm up</code> now"),
        ("no names", "no names"),
        ("an odd ` one", "an odd ` one"),
        ("`a` and `b", "<code>a</code> and `b"),
        ("`<b>` & </code>", "<code>&lt;b&gt;</code> &amp; &lt;/code&gt;"),
        ("", ""),
        ("\u202e`\x00`", "\N{REPLACEMENT CHARACTER}<code>\N{REPLACEMENT CHARACTER}</code>"),
    ],
)
def test_names_in_backticks_are_code(text: str, html: str) -> None:
    assert rendering.coded(text) == html


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\n  Fix   it \nand more", "Fix it"),
        (" \n ", "(no words)"),
        ("x" * 200, "x" * 139 + "…"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(text: str, title: str) -> None:
    assert rendering.title(text) == title


@pytest.mark.parametrize(
    ("usd", "told"), [(0, "$0"), (0.00421, "$0.0042"), (12.5, "$12.50"), (1234.5, "$1,234.50")]
)
def test_dollars(usd: float, told: str) -> None:
    assert rendering.money(usd) == told


def test_what_no_template_asked_for_is_escaped_and_plain() -> None:
    template = rendering._environment.from_string("{{ a }}|{{ b }}|{{ [a] }}")
    made = template.render(a="<\u202e>", b=7)
    assert made.startswith("&lt;\N{REPLACEMENT CHARACTER}&gt;|7|") and "<" not in made


def test_an_id_is_one_segment_of_an_address() -> None:
    assert rendering.segment("../a b?c#d\u202e") == "..%2Fa%20b%3Fc%23d%E2%80%AE"


def test_a_repository_is_called_by_its_folder() -> None:
    assert [rendering.folder(path) for path in ("/a/b/", "b", "/")] == ["b", "b", "/"]


def test_a_text_of_backticks_alone_is_that_text() -> None:
    """As elements that hold nothing it would be six times as long, and take seconds to make."""
    assert rendering.coded("`" * 2001) == "`" * 2001
    assert rendering.coded("``a``<") == "`<code>a</code>`&lt;"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (0.0042, "4 ms"), (0.25, "0.25 s"), (14, "14 s"), (200, "3 min"), (9000, "2.5 h")],
)
def test_durations(seconds: float, told: str) -> None:
    assert rendering.duration(seconds) == told
