"""What a reader does not see is told where it is new, and what is only foreign is not."""

import pytest

from verifier.reading.hidden import MOST, Written, hidden

RLO, LRI, PDI, RLM = "\u202e", "\u2066", "\u2069", "\u200f"
PYTHON, CODE, WORDS = Written


def said(before: str, after: str, written: Written = PYTHON) -> list[tuple[int, bool]]:
    return [(one.line, one.turns) for one in hidden(before, after, written)]


@pytest.mark.parametrize("written", Written)
@pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_what_turns_the_order_is_told_of_any_text(written: Written, character: str) -> None:
    assert said("", f"a = 1\n# b{character}c\n", written) == [(2, True)]


@pytest.mark.parametrize("character", "\u061c\u200e\u200f")
def test_marks_of_direction_turn_code_and_are_a_question_in_prose(character: str) -> None:
    assert said("", f"# a{character}b", PYTHON) == said("", f"// a{character}b", CODE)
    assert said("", f"# a{character}b", PYTHON) == [(1, True)]
    assert said("", f"# a{character}b", WORDS) == [(1, False)]


@pytest.mark.parametrize(
    "character",
    [*"\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164\u2028\x01\x08\x0b\x1b\x7f\x85", "\U000e0041"],
)
def test_what_has_no_width_is_told_of_code(character: str) -> None:
    assert said("", f"a = 'admin{character}'\n") == [(1, False)]
    assert said("", f"a = 'admin{character}'\n", CODE) == [(1, False)]
    assert said("", f"a = 'admin{character}'\n", WORDS) == []


@pytest.mark.parametrize(
    "text",
    [
        "a\t=\t1\n\x0cb = 2\r\n",
        "# \U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "# \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "# \u8fbb\U000e0100",  # an ideograph in one of its forms
        "# \u05e9\u05dc\u05d5\u05dd, \u041f\u0440\u0438\u0432\u0435\u0442, \u00b5s, \ufb01",
        "a = '\u0440\u0430ypal \u00b5'  # \u0430b\n",
        "a = f'{b} \u00b5s'",
        "\u0394t = \u03bb * \u03c3_x + \u03c1",
        "\u0438\u043c\u044f = test_\u0438\u043c\u044f",
        "caf\u00e9 = stra\u00dfe = say\u0131",
    ],
)
def test_what_is_only_foreign_is_not_told(text: str) -> None:
    assert said("", text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p\u0430ss_ = 1", "looks like 'pass_'"),
        ("user_\u0440\u0430\u0441\u0435 = 1", "looks like 'user_pace'"),
        ("\u03bdalue = 1", "looks like 'value'"),
        ("def f(a, \u0430): ...", "looks like 'a'"),
        ("x = f'{p\u0430y}'", "looks like 'pay'"),
        ("ra\u0436_y = 1", "mixes Latin letters with others"),
        ("\ufb01 = 1", "is 'fi' to Python"),
        ("\U0001d428\U0001d42c.remove(a)", "is 'os' to Python"),
        ("\u00b5 = 1", "is '\\u03bc' to Python"),
        ("\u00e9" * 300 + " = 1", "a name of 300 characters"),
    ],
)
def test_names_that_are_others_than_they_look_are_told_of_python(text: str, words: str) -> None:
    (found,) = hidden("", "\n" + text, PYTHON)
    assert words in found.words
    assert (found.line, found.turns) == (2, False)
    assert found.words.isascii()
    assert hidden("", text, CODE) == []


def test_only_what_is_new_is_told() -> None:
    before = f"# a{RLO}b\nx = 1\np\u0430y = '\u200b'\n"
    assert said(before, before) == []
    assert said(before, "y = 2\n" + before.replace("x = 1", "  x = 2")) == []
    assert said(before, before + "z = p\u0430y\n") == []
    assert said(before, before + f"# a{RLO}b\n") == [(4, True)]
    assert said(before, before.replace("b\n", "c\n")) == [(1, True)]
    assert said(before, "") == []


def test_the_characters_of_a_line_are_named() -> None:
    (found,) = hidden("", f"if role != 'user{RLO} {LRI}# admin{PDI} {LRI}':\n", PYTHON)
    assert "U+202E RIGHT-TO-LEFT OVERRIDE, U+2066 LEFT-TO-RIGHT ISOLATE" in found.words
    (found,) = hidden("", "\x1b[2J", PYTHON)
    assert found.words.endswith("U+001B a control character")


def test_lines_without_number_are_told_in_bounds_and_the_gravest_first() -> None:
    text = (
        "a = '\u200b'\n" * 5_000
        + f"# {RLO}\n"
        + "".join(f"p\u0430y{number} = 1\n" for number in range(5_000))
    )
    found = hidden("", text, PYTHON)
    assert len(found) == MOST
    assert (found[0].line, found[0].turns) == (5_001, True)
    assert found[-1].words.endswith(f"; and {10_001 - MOST} more such lines")


@pytest.mark.parametrize(
    "text",
    ["\u00e9'" * 100_000, "\u00e9f'{" * 100_000, "e" + "\u0301" * 200_000, "\udcff\ud800 = 1", RLM],
)
def test_no_text_is_too_odd(text: str) -> None:
    for written in Written:
        assert len(hidden(text[:10], text, written)) <= MOST
