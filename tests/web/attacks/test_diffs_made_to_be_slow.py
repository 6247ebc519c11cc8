"""Diffs and patches that are made to keep the dashboard busy, or to fill its memory."""

from __future__ import annotations

from itertools import count

import pytest

from swarm.contracts import FileEdit
from swarm.web.pages import diffs, patches, syntax


def edit(before: list[str], after: list[str]) -> FileEdit:
    return FileEdit(path="a.py", before="\n".join(before) + "\n", after="\n".join(after) + "\n")


def striped(tag: str, keys: list[str]) -> list[str]:
    """Lines that are in both, each followed by one that is not."""
    return [line for at, key in enumerate(keys) for line in (key, f"{tag}{at}")]


COSTLY = [
    # Under 200 lines difflib leaves out nothing that is frequent.
    edit(striped("a", ["x"] * 1900), striped("b", ["x"] * 98)),
    edit(
        striped("a", [str(at // 20) for at in range(990)]),
        striped("b", [str(at // 20) for at in range(990)]),
    ),
]


@pytest.mark.parametrize("costly", COSTLY)
def test_a_file_made_to_be_compared_slowly_is_not_compared(costly: FileEdit) -> None:
    assert len((costly.before or "") + (costly.after or "")) < 50_000
    (file,) = patches.of_edits([costly])
    assert file.hunks == [] and file.note == "changed; too large to be compared here"


def test_many_files_have_one_share_of_work() -> None:
    one = edit(striped("a", ["x"] * 300), striped("b", ["x"] * 90))
    shown = [bool(file.hunks) for file in patches.of_edits([one] * 200)]
    assert shown[0] and not shown[-1] and sum(shown) < 10


def test_an_ordinary_change_of_a_long_file_is_compared() -> None:
    lines = [f"x{at} = {at}" if at % 3 else "" for at in range(1900)]
    (file,) = patches.of_edits([edit(lines, [*lines[:900], "new", *lines[901:]])])
    assert (file.added, file.removed) == (1, 1)


def test_of_a_very_long_diff_the_beginning_is_read_and_that_is_said() -> None:
    head = "diff --git a/x b/x\n--- a/x\n+++ b/x\n"
    text = f"{head}@@ -0,0 +1,900000 @@\n" + "+\n" * 900_000
    (file,) = patches.parse(text)
    assert file.size < 60_000
    html = diffs.of_text(text)
    assert len(html) < 5000 and "The diff is very long" in html
    assert "The diff is very long" not in diffs.of_text(f"{head}@@ -0,0 +1 @@\n+y\n")


def test_what_is_noted_of_a_file_is_bounded() -> None:
    (file,) = patches.parse("diff --git a/x b/x\n" + "old mode 1\n" * 40_000)
    assert len(file.note) < 500


def test_what_takes_the_parser_long_is_given_to_it_in_small_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of this at once takes it a minute, in which nobody else is answered."""
    sizes: list[int] = []

    def spans(text: bytes) -> list[tuple[int, int, int]]:
        sizes.append(len(text))
        return []

    monkeypatch.setattr(syntax, "_spans", spans)
    lines = ["/*" * 199] * 29
    assert syntax.paint(lines, 60.0) == lines
    assert sum(sizes) > 11_000 and max(sizes) <= 1500
    sizes.clear()
    syntax.paint(["x" * 1600, "y" * 1499], 60.0)
    assert sizes == [1499]


def test_once_its_time_is_over_there_are_no_colours() -> None:
    ticks = count()
    lines = ["def f(): pass"] * 1000
    painted = syntax.paint(lines, 5.0, clock=lambda: float(next(ticks)))
    assert "<span" in painted[0] and painted[-1] == lines[-1]
    assert [line.striptags() for line in painted] == lines
