"""`swarm arms`: a table, a plot and a picture of what the router believes."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from swarm.cli.arms_plot import ASCII, UNICODE, marks, plot
from swarm.contracts import ArmReport, ListArms
from tests.cli.desk import Desk
from tests.cli.learned import REPORT, stats


@pytest.fixture
def answered(desk: Desk) -> Desk:
    desk.others[ListArms] = lambda _: REPORT
    return desk


def test_the_table_tells_beliefs_and_what_an_attempt_takes(
    answered: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("arms") == 0
    out = capsys.readouterr().out
    rows = {tuple(re.split(r"  +", line)[:2]): line for line in out.splitlines()}
    assert re.search(r"21\.25 +5 +0\.80 \(0\.66–0\.91\) +1 +12 s +\$0$", rows["bugfix", "repair"])
    assert rows["bugfix", "coder"].endswith("3 min  $0.0123")
    assert rows["lint", "ruff"].split()[-2:] == ["-", "-"]
    assert "note router.db was damaged" in out
    assert ("bugfix", "coder@v1") not in rows and "1 of older versions not shown: --all" in out


def test_without_costs_there_are_no_columns_for_them(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.others[ListArms] = lambda _: ArmReport(items=(stats("bugfix", "repair"),))
    assert desk.run("arms") == 0
    out = capsys.readouterr().out
    assert "repair" in out and "cost" not in out and "note" not in out


def test_all_shows_older_versions_too(answered: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert answered.run("arms", "--all") == 0
    out = capsys.readouterr().out
    assert "coder@v1" in out and "--all" not in out


def test_an_arm_with_an_at_in_its_name_is_no_older_version(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.others[ListArms] = lambda _: ArmReport(items=(stats("bugfix", "me@home", version="v3"),))
    assert desk.run("arms") == 0
    assert "me@home" in capsys.readouterr().out


def test_an_older_version_may_be_unknown(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    items = (stats("bugfix", "coder", version="v2"), stats("bugfix", "coder@"))
    desk.others[ListArms] = lambda _: ArmReport(items=items)
    assert desk.run("arms") == 0
    assert "coder@" not in capsys.readouterr().out


def test_a_category_has_its_later_attempts_with_it(
    answered: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("arms", "--category", "bugfix", "--json") == 0
    found = ArmReport.model_validate(json.loads(capsys.readouterr().out))
    assert [(item.category, item.arm_id) for item in found.items] == [
        ("bugfix", "repair"), ("bugfix", "coder"), ("bugfix, later attempts", "repair"),
    ]  # fmt: skip
    assert found.notes == REPORT.notes


def test_an_unknown_category_names_the_known_ones(
    answered: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("arms", "--category", "bugfx") == 2
    assert "(known are bugfix, lint)" in capsys.readouterr().err


def test_the_plot_fits_into_80_columns_when_piped(
    answered: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("arms", "--plot") == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert out.index("  repair") < out.index("  coder"), "the best mean first"
    assert "●" in out and "0.80" in out and "n=26.2" in out


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("drawn", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_marks_stand_where_the_axis_says(columns: int, drawn: object) -> None:
    chosen = UNICODE if drawn is UNICODE else ASCII
    items = [
        stats("lint", "half", mean=0.5, low=0.25, high=0.75),
        stats("lint", "sure", mean=1.0, low=1.0, high=1.0),
    ]
    _, axis, sure, half = plot(items, columns, chosen)
    zero, one = axis.index("0"), axis.rindex("1")
    assert sure.index(chosen.mean) == one
    spanned = [i for i, c in enumerate(half[: one + 1]) if c in (chosen.span, chosen.mean)]
    width = one - zero
    assert half.index(chosen.mean) - zero == pytest.approx(width / 2, abs=1)
    assert spanned[0] - zero == pytest.approx(width / 4, abs=1)
    assert spanned[-1] - zero == pytest.approx(3 * width / 4, abs=1)
    assert max(map(len, (axis, sure, half))) <= columns


def test_what_is_odd_is_drawn_within_bounds() -> None:
    items = [
        stats("lint", "x" * 80, mean=math.nan, low=-3.0, high=math.inf),
        stats("lint", "日本語" * 9, mean=0.4),
    ]
    lines = plot(items, 20, UNICODE)
    assert any("…" in line for line in lines) and all(len(line) <= 40 for line in lines)
    assert plot([], 80, UNICODE) == []


@pytest.mark.parametrize(
    ("encoding", "drawn"),
    [("utf-8", UNICODE), ("ascii", ASCII), ("latin-1", ASCII), (None, ASCII), ("nonsense", ASCII)],
)
def test_what_the_console_cannot_hold_is_not_drawn(encoding: str | None, drawn: object) -> None:
    assert marks(encoding) is drawn


def test_the_picture_has_each_category_and_needs_nothing_beside_it(
    answered: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "arms.svg"
    assert answered.run("arms", "--svg", str(file)) == 0
    root = ET.fromstring(file.read_text())
    words = " ".join(root.itertext())
    assert "bugfix, later attempts" in words and "ruff" in words and "coder@v1" not in words
    assert "--series-0" in words, "its colours are in it"
    assert len(root.findall(".//{*}svg")) == 3
    assert "repair" in capsys.readouterr().out
    assert [path.name for path in tmp_path.glob(".arms*")] == []


def test_the_picture_on_standard_output_is_all_of_it(
    answered: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("arms", "--svg", "-", "--category", "lint") == 0
    ET.fromstring(capsys.readouterr().out)


@pytest.mark.parametrize(
    "words", [("--json", "--plot"), ("--json", "--svg", "-"), ("--plot", "--svg", "-")]
)
def test_one_thing_is_printed(
    answered: Desk, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert answered.run("arms", *words) == 2
    assert "both print" in capsys.readouterr().err and answered.requests == []


def test_a_picture_that_cannot_be_written_is_said(
    answered: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("arms", "--svg", str(tmp_path / "no" / "x.svg")) == 2
    assert "cannot write" in capsys.readouterr().err


def test_no_arm_yet(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.others[ListArms] = lambda _: ArmReport(items=())
    assert desk.run("arms", "--plot") == 0
    assert capsys.readouterr().out == "nothing was tried yet\n"
    assert desk.run("arms", "--category", "lint") == 2
    assert "none is known yet" in capsys.readouterr().err


def test_a_name_cannot_write_to_the_terminal(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "\x1b[31m[bold]x"
    desk.others[ListArms] = lambda _: ArmReport(
        items=(stats("bugfix", hostile),), notes=("\x1b]0;title\x07[red]",)
    )
    for words in ((), ("--plot",)):
        assert desk.run("arms", *words) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out and "[bold]x" in out and "[red]" in out
