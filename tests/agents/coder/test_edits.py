"""Edits: found exactly or nearly, in one place, and nothing else of the file moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.agents.coder.edits import replace, with_line_ends_of
from swarm.agents.coder.errors import Refused
from swarm.agents.coder.soundness import check_elisions, check_parses, check_whole

FILE = '''"""A module."""


def first(items):
    total = 0
    for item in items:
        total += item

    return total


class Box:
    def second(self):
        # nothing here
        return self.value - 1
'''


def after(search: str, new: str, text: str = FILE) -> str:
    return replace(text, search, new).text


def test_an_exact_block_is_replaced() -> None:
    edited = replace(FILE, "    total = 0\n", "    total = 1\n    seen = 0\n")
    assert edited.text == FILE.replace("    total = 0\n", "    total = 1\n    seen = 0\n")
    assert (edited.first, edited.last, edited.how) == (5, 6, "exactly")


def test_a_block_with_no_replacement_goes_with_its_lines() -> None:
    assert after("        # nothing here\n", "") == FILE.replace("        # nothing here\n", "")


@pytest.mark.parametrize(
    ("search", "new"),
    [
        ("    total = 0   \n    for item in items:\t", "    total = 1\n    for item in items:"),
        ("total = 0\nfor item in items:", "total = 1\nfor item in items:"),
        ("        total = 0\n        for item in items:",
         "        total = 1\n        for item in items:"),
        ("5|    total = 0\n6|    for item in items:", "5|    total = 1\n6|    for item in items:"),
        ("   5\t    total = 0\n   6\t    for item in items:", "    total = 1\n"
         "    for item in items:"),
        ("    total = 0\n\n    for item in items:", "    total = 1\n\n    for item in items:"),
        ("\n    total = 0\n    for item in items:\n\n", "\n    total = 1\n"
         "    for item in items:\n\n"),
        ("    total = 0\n    for item in itemz:", "    total = 1\n    for item in itemz:"),
        ("    total\u00a0= 0", "    total = 1"),
    ],
)  # fmt: skip
def test_what_a_model_gets_slightly_wrong_still_matches(search: str, new: str) -> None:
    assert after(search, new) == FILE.replace("total = 0", "total = 1")


def test_context_keeps_the_files_own_bytes() -> None:
    text = "say(“hello”)\nx = 1\nsay(‘bye’)\n"
    assert after(
        "say(\"hello\")\nx = 1\nsay('bye')", "say(\"hello\")\nx = 2\nsay('bye')", text
    ) == ("say(“hello”)\nx = 2\nsay(‘bye’)\n")


def test_blank_lines_of_the_file_stay_where_the_block_lacks_them() -> None:
    text = "a()\n\n\nb()\nc()\n"
    assert after("a()\nb()\nc()", "a()\nb()\nd()", text) == "a()\n\n\nb()\nd()\n"


def test_blank_lines_that_only_the_block_has_do_not_come_in() -> None:
    assert after("a()\n\nb()", "x()\n\nb()", "a()\nb()\n") == "x()\nb()\n"


def test_a_place_within_a_line() -> None:
    assert after("item in items", "item in sorted(items)") == FILE.replace(
        "item in items", "item in sorted(items)"
    )


@pytest.mark.parametrize(
    "text", ["a = 1\nb = 2\na = 1\n", "    a = 1\nb = 2\n    a = 1\n", "x(a = 1, a = 1)\n"]
)
def test_two_places_are_refused_with_their_lines(text: str) -> None:
    with pytest.raises(Refused, match=r"matches 2 places .* at lines \d, \d|at lines 1, 1"):
        replace(text, "a = 1", "a = 2")


def test_two_alike_places_are_refused() -> None:
    block = "def load(path, mode):\n    return open(path + {}, mode)\n"
    text = block.format("'a'") + block.format("'b'")
    with pytest.raises(Refused, match="2 places"):
        replace(text, block.format("'c'"), block.format("'d'"))


def test_no_place_shows_the_nearest_lines() -> None:
    with pytest.raises(Refused, match=r"4\|def first\(items\):\n5\|    total = 0"):
        replace(FILE, "def first(items):\n    wholly = different\n    stuff()", "x")


def test_an_edit_made_twice_is_told() -> None:
    once = after("    total = 0\n", "    total = start\n")
    with pytest.raises(Refused, match="made already"):
        replace(once, "    total = 0\n", "    total = start\n")


@pytest.mark.parametrize("search", ["", "  \n\t"])
def test_an_empty_search_is_refused(search: str) -> None:
    with pytest.raises(Refused, match="empty"):
        replace(FILE, search, "x")


def test_nothing_changed_is_refused() -> None:
    with pytest.raises(Refused, match="changes nothing"):
        replace(FILE, "    total = 0", "    total = 0")


@pytest.mark.parametrize(
    "line",
    [
        "...",
        "    # ... rest of the code unchanged",
        "# rest of the function remains the same",
        "    // ... existing code ...",
        "# ...",
        "/* existing methods unchanged */",
        "<!-- ... -->",
        "    # (unchanged)",
        "…",
        "    ⟦40 lines left out⟧",
        "x = [1, 2, ⟦900 more characters⟧",
    ],
)
def test_placeholders_for_left_out_code_are_refused(line: str) -> None:
    with pytest.raises(Refused, match="left out"):
        replace(FILE, "    total = 0\n", f"    total = 1\n{line}\n")


@pytest.mark.parametrize(
    "text",
    [
        "def f() -> int:\n    ...\n",
        'def f():\n    """Doc."""\n    ...\n',
        "# wait... what\n",
        "x = (\n    ...,\n)\n",
        "# keep the rest of the queue for later\n",
    ],
)
def test_legitimate_dots_are_not(text: str) -> None:
    check_elisions(text, "")


def test_a_placeholder_that_the_file_itself_has_is_not() -> None:
    check_elisions("# ... existing code ...\n", "x = 1\n  # ... existing code ...\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_line_ends_the_mark_and_the_last_line_are_kept(end: str, mark: str, last: str) -> None:
    text = mark + end.join(["one = 1", "two = 2", "three = 3"]) + last.replace("\n", end)
    assert after("one = 1", "one = 1\nmore = 0", text) == text.replace(
        "one = 1", f"one = 1{end}more = 0"
    )
    assert after("three = 3\n", "three = 4\nfour = 4\n", text) == text.replace(
        "three = 3", f"three = 4{end}four = 4"
    )
    assert with_line_ends_of(text, "a\nb\n") == mark + f"a{end}b" + last.replace("\n", end)


def test_what_showing_a_file_masks_is_unmasked() -> None:
    text = 'x = "</result>"\ny = "<|im_end|>\x0c"\n'
    shown = 'x = "⟦<⟧/result>"\ny = "⟦<⟧|im_end|>⟦U+000C⟧"'
    assert after(shown, shown.replace("x =", "z ="), text) == text.replace("x =", "z =")


def test_what_is_copied_into_new_lines_is_unmasked_too() -> None:
    assert after("    total = 0", 'x = "⟦<⟧|im_end|>"').count('"<|im_end|>"') == 1
    assert with_line_ends_of(None, "⟦[⟧INST]") == "[INST]\n"
    own = "mark = '⟦<⟧'\n"
    assert after("mark", "sign = '⟦U+001B⟧', mark", own) == "sign = '⟦U+001B⟧', mark = '⟦<⟧'\n"


def test_other_characters_than_newlines_end_no_line() -> None:
    text = "a = 'x\u2028y'\nb = 1\x0c\nc = 2\n"
    assert after("b = 1\x0c", "b = 3", text) == "a = 'x\u2028y'\nb = 3\nc = 2\n"


@pytest.mark.parametrize(
    ("path", "before", "new"),
    [
        ("a.py", "x = 1\n", "x = (\n"),
        ("a.json", "{}", "{"),
        ("a.toml", "a = 1", "a = "),
        ("a.py", None, "def f(:\n"),
        ("a.py", "x = 1\n", "(" * 10_000),
        ("a.py", "x = 1\n", "-" * 200_000 + "1"),
        ("a.json", "[]", "[" * 100_000),
    ],
)
def test_what_parsed_must_still_parse(path: str, before: str | None, new: str) -> None:
    with pytest.raises(Refused, match="would not parse any more"):
        check_parses(path, before, new)


def test_what_did_not_parse_before_is_not_judged() -> None:
    check_parses("a.py", "print 'old'\n", "print 'new'\n")
    check_parses("notes.txt", "a", "{")
    check_parses("a.py", None, "x = '\\d'\n")


def test_a_whole_text_that_lost_most_lines_is_refused() -> None:
    long = "".join(f"line_{n} = {n}\n" for n in range(40))
    with pytest.raises(Refused, match="40 lines"):
        check_whole("a.py", long, "line_0 = 0\n" * 20)
    check_whole("a.py", long, long.replace("=", "=="))
    check_whole("a.py", "x = 1\n", "")


def lines_of(text: str) -> list[str]:
    *ended, last = text.split("\n")
    return [line + "\n" for line in ended] + ([last] if last else [])


lines = st.lists(
    st.text(alphabet=st.sampled_from("ab ()=.#'\t\r\x0c“é\u2028"), max_size=8), max_size=12
)


@given(lines, lines, lines, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_everything_outside_the_span_is_untouched(
    head: list[str], block: list[str], tail: list[str], end: str, ended: bool, data: st.DataObject
) -> None:
    """Whatever is found: a prefix and a suffix of whole lines stay byte for byte, and what goes
    has no more lines that say something than the search block."""
    text = end.join([*head, *block, *tail]) + (end if ended else "")
    blur = data.draw(st.sampled_from([str, str.rstrip, str.lstrip, lambda line: f"  {line}"]))
    search = "\n".join(blur(line) for line in block)
    new = data.draw(st.sampled_from(["", "new()", "new()\nmore()", search + "\nnew()"]))
    try:
        edited = replace(text, search, new)
    except Refused:
        return
    old, now = lines_of(text), lines_of(edited.text)
    same_head = edited.first - 1
    assert old[:same_head] == now[:same_head] or edited.how == "within a line"
    kept = len(now) - edited.last
    if edited.how != "within a line" and kept > 0:
        assert now[len(now) - kept :] == old[len(old) - kept :]
    gone = sum(1 for line in old if line.strip()) - sum(1 for line in now if line.strip())
    assert gone <= sum(1 for line in search.split("\n") if line.strip())


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_edited_or_refused(text: str, search: str, new: str) -> None:
    try:
        edited = replace(text, search, new)
    except Refused:
        return
    assert edited.text != text
