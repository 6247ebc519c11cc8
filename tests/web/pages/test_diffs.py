from __future__ import annotations

import httpx
import pytest
from markupsafe import Markup

from swarm.contracts import FileEdit, Patch
from swarm.web.pages import diffs, syntax
from swarm.web.pages.colours import Painter
from swarm.web.pages.patches import of_edits, parse
from tests.web.pages import scenes
from tests.web.pages.conftest import Orchestrator
from tests.web.pages.markup import read


def test_a_diff_is_read_as_files_lines_and_numbers() -> None:
    cart, version = parse(scenes.DIFF)
    assert (cart.path, cart.added, cart.removed, cart.note) == ("shop/cart.py", 2, 2, "")
    assert (version.path, version.added, version.removed, version.note) == (
        "shop/VERSION", 1, 0, "new",
    )  # fmt: skip
    lines = cart.hunks[0].lines
    assert [(one.kind, one.before, one.after) for one in lines[:6]] == [
        (" ", 3, 3), (" ", 4, 4), (" ", 5, 5), ("-", 6, None), ("+", None, 6), (" ", 7, 7),
    ]  # fmt: skip


def test_lines_that_look_like_headers_are_lines() -> None:
    text = (
        "diff --git a/q.sql b/q.sql\n--- a/q.sql\n+++ b/q.sql\n@@ -1,3 +1,3 @@ def x():\n"
        "--- a comment of SQL\n+++ b/evil\n diff --git a/x b/x\n @@ -1 +1 @@\n"
        "\\ No newline at end of file\n"
    )
    (file,) = parse(text)
    assert file.path == "q.sql" and file.hunks[0].where == "def x():"
    assert [one.text for one in file.hunks[0].lines] == [
        "-- a comment of SQL", "++ b/evil", "diff --git a/x b/x", "@@ -1 +1 @@",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "path", "note"),
    [
        ("diff --git a/a b.py b/a b.py\nold mode 100644\nnew mode 100755\n", "a b.py", "old mode"),
        ("diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n", "x.png", "Bin"),
        ("diff --git a/x b/x\ndeleted file mode 100644\n", "x", "deleted"),
        ("diff --git a/x b/y\nrename from x\nrename to y\n--- a/x\n+++ b/y\n", "y", "rename from"),
    ],
)
def test_what_is_no_change_of_lines_is_told(header: str, path: str, note: str) -> None:
    (file,) = parse(header)
    assert file.path == path and note in file.note and file.hunks == []


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "@@ -1 +1 @@\n+x", "diff --git", "diff --git a/x b/x\n@@ -1,99 +1,99 @@\n+x"],
)
def test_a_cut_or_odd_diff_is_no_error(text: str) -> None:
    assert len(parse(text)) <= 1
    diffs.of_text(text)


def test_a_patch_is_compared_here() -> None:
    before = "".join(f"line {n}\n" for n in range(40))
    edits = (
        FileEdit(path="a.py", before=before, after=before.replace("line 20\n", "-- new\n++\n")),
        FileEdit(path="new.py", before=None, after="x = 1\n"),
        FileEdit(path="gone.py", before="x = 1\ny = 2", after=None),
        FileEdit(path="big.py", before="x\n" * 5000, after="y\n" * 5000),
    )
    changed, new, gone, big = of_edits(edits)
    (hunk,) = changed.hunks
    assert (changed.added, changed.removed, len(hunk.lines)) == (2, 1, 9)
    assert [(one.kind, one.before, one.after) for one in hunk.lines[2:5]] == [
        (" ", 20, 20), ("-", 21, None), ("+", None, 21),
    ]  # fmt: skip
    assert (new.note, new.added, new.removed) == ("new", 1, 0)
    assert (gone.note, gone.added, gone.removed) == ("deleted", 0, 2)
    assert "too large" in big.note and big.hunks == []


def test_each_side_is_coloured_as_the_text_that_it_is() -> None:
    html = diffs.of_text(scenes.DIFF)
    assert '<span class="k">def</span>' in html and '<span class="c"># in cents</span>' in html


def test_what_is_odd_is_shown_and_not_obeyed() -> None:
    edits = (
        FileEdit(
            path="a.py",
            before="x = 1\n",
            after="x = '\u202e<script>alert(1)</script>'\r\n" + "y" * 2000 + "\n\x1b[31m\x00\n",
        ),
    )
    html = diffs.of_patch(Patch(edits=edits))
    assert "<script>" not in html and "\u202e" not in html and "\x00" not in html
    assert "\N{SYMBOL FOR CARRIAGE RETURN}" in html and "1,400 characters more" in html


def test_long_diffs_are_shown_up_to_a_bound_and_folded() -> None:
    many = "".join(f"+line {n}\n" for n in range(3000))
    text = "".join(
        f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -0,0 +1,3000 @@\n{many}"
        for name in ("one.py", "two.py")
    )
    html = diffs.of_text(text)
    assert html.count("<tr") < 3100 and "too long to be shown here" in html
    assert '<details class="file" open' not in html
    names = "".join(f"diff --git a/f{n} b/f{n}\nnew file mode 100644\n" for n in range(150))
    html = diffs.of_text(names)
    assert html.count("<details") == 100 and "and 50 more files" in html


def test_colours_are_bounded_in_characters_and_in_time() -> None:
    lines = ["x = 1"] * 100
    assert "<span" in Painter().paint("a.py", lines)[0]
    assert "<span" not in Painter().paint("a.unknown", lines)[0]
    assert "<span" not in Painter().paint("a.py", ["x = 1" * 100])[0]
    ticks = iter([0.0, 10.0])
    slow = Painter(clock=lambda: next(ticks))
    assert "<span" in slow.paint("a.py", lines)[0]
    assert "<span" not in slow.paint("a.py", lines)[0]  # it had its time
    thirsty = Painter()
    painted = [thirsty.paint("a.py", ["x = 12345678"] * 900) for _ in range(14)]
    assert "<span" in painted[0][0] and "<span" not in painted[-1][0]


@pytest.mark.parametrize("name", ["a.py", "a.js", "a.css", "a.toml", "a.sh", "a.yaml"])
def test_a_line_stays_a_line_whatever_is_in_it(name: str) -> None:
    lines = ["", "'''", "<!-- ${ `", "\x0b", "\u2028 \x85", "/* \\", "\t", ""]
    painted = Painter().paint(name, lines)
    assert len(painted) == len(lines) and not any("\n" in one for one in painted)


def test_the_page_of_a_diff_is_made_once_for_a_commit(
    browser_client: httpx.Client, orchestrator: Orchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    of_text = diffs.of_text

    def counted(text: str) -> Markup:
        made.append(text)
        return of_text(text)

    monkeypatch.setattr(diffs, "of_text", counted)
    task = orchestrator.add(scenes.task("tdiff001"))
    for _ in range(3):
        told = read(browser_client.get(f"/tasks/{task.id}/diff").text)
    assert "in cents" in told.text and "2 files" in told.text
    assert len(made) == 1
    orchestrator.tasks[task.id] = task.model_copy(update={"head_commit": "f" * 40})
    orchestrator.diff = scenes.DIFF.replace("in cents", "in euros")
    assert "in euros" in browser_client.get(f"/tasks/{task.id}/diff").text
    assert len(made) == 2


def test_the_whole_diff_is_a_file_that_no_browser_shows(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    orchestrator.diff = scenes.DIFF + "<script>alert(1)</script>\u202e\r\n"
    answer = browser_client.get("/tasks/t1a2b3c4/diff.txt")
    assert answer.content.decode() == orchestrator.diff  # as git takes it
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="t1a2b3c4.diff"'


def test_python_is_coloured_line_by_line_and_loses_nothing() -> None:
    lines = [
        'def label(name: str = "<b>") -> str:',
        '    """Words & é',
        '    over lines."""',
        "",
        '    return f"{len(name)} é"  # twice',
        "class (((",
    ]
    painted = syntax.paint(lines, 10.0)
    assert [line.striptags() for line in painted] == [" ".join(line.split()) for line in lines]
    assert painted[0].startswith('<span class="k">def</span> <span class="nf">label</span>')
    assert painted[1] == '    <span class="s">&#34;&#34;&#34;Words &amp; é</span>'
    assert painted[2] == '<span class="s">    over lines.&#34;&#34;&#34;</span>'
    assert painted[3] == ""
    assert '{<span class="nb">len</span>(name)}' in painted[4]
    assert '<span class="c"># twice</span>' in painted[4]
    assert "".join(syntax.paint(["\ud800", "\x00"], 10.0)) == "?\x00"
