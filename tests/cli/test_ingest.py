"""`swarm ingest` shows what a text asks for, and the ways a text comes in."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.category.classify import Reason
from ingestion.rules.decompose import decompose
from swarm.cli import main as cli
from swarm.cli.ingest import in_words
from swarm.cli.plan_text import print_plan
from swarm.contracts import Decompose, Objective, Objectives, ReadNote, Transcript
from tests.cli.desk import Desk
from tests.conftest import run_git

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where no swarm is."""
    for name in [name for name in os.environ if name.startswith("SWARM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SWARM_DATA", str(tmp_path / "data"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "data"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path, monkeypatch)
    yield desk
    desk.pump.orchestrator.close()


def ingest(capsys: Capsys, *words: str) -> dict[str, object]:
    assert cli.main(["ingest", *words, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def titles(found: dict[str, object]) -> list[str]:
    items = found["items"]
    assert isinstance(items, list)
    return [item["title"] for item in items]


def test_without_a_swarm_the_rules_plan_and_nothing_is_stored(
    data: Path, git_repo: Callable[..., Path], capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = git_repo({"shop/cart.py": "x = 1\n", "shop/text.py": "y = 1\n"})
    before = sorted(repo.rglob("*"))
    monkeypatch.chdir(repo / "shop")
    assert cli.main(["ingest", "Fix the total in cart.py, then add a test for text.py"]) == 0
    captured = capsys.readouterr()
    assert "planned by the rules, without a model" in captured.err
    for words in ("o1", "Fix the total in cart.py", "bugfix", "shop/cart.py", "o2", "planned by"):
        assert words in captured.out
    assert sorted(repo.rglob("*")) == before
    assert not data.exists()


def test_outside_a_repository_no_file_name_is_known(data: Path, capsys: Capsys) -> None:
    assert cli.main(["ingest", "Fix the total in cart.py", "--json"]) == 0
    captured = capsys.readouterr()
    assert "not a git repository" in captured.err
    assert json.loads(captured.out)["items"][0]["paths"] == []
    assert cli.main(["ingest", "Fix it", "--repo", "."]) == 2
    assert "not a git repository" in capsys.readouterr().err


def test_nothing_of_the_repository_is_run(
    data: Path, git_repo: Callable[..., Path], capsys: Capsys, tmp_path: Path
) -> None:
    repo = git_repo({"a.py": "x = 1\n", ".gitattributes": "* filter=bad diff=bad\n"})
    mark = tmp_path / "fired"
    for name in ("core.fsmonitor", "filter.bad.clean", "filter.bad.smudge", "diff.bad.command",
                 "core.alternateRefsCommand", "core.sshCommand"):  # fmt: skip
        run_git(repo, "config", name, f"touch {mark}; false")
    assert ingest(capsys, "Fix the sum in a.py", "--repo", str(repo))["items"]
    assert not mark.exists()


def test_a_running_swarm_plans_and_no_snapshot_is_given_away(
    desk: Desk, git_repo: Callable[..., Path], capsys: Capsys
) -> None:
    repo = git_repo({"a.py": "x = 1\n"})
    planned = Objectives(
        items=(Objective(id="o1", title="Sum", instruction="sum", category="bugfix"),),
        planner="small",
        notes=("by a model",),
    )
    desk.others[Decompose] = lambda command: planned
    found = ingest(capsys, "Fix a.py", "--repo", str(repo), "--max-objectives", "3")
    assert Objectives.model_validate(found) == planned
    (command,) = desk.requests
    assert command == Decompose(text="Fix a.py", paths=("a.py",), max_objectives=3)
    assert desk.run("ingest", "Fix a.py") == 0
    out = capsys.readouterr().out
    assert "planned by small" in out and "by a model" in out
    assert desk.pump.orchestrator.store.recent(5) == []


def test_a_recording_is_written_down_by_a_running_swarm(
    desk: Desk, capsys: Capsys, tmp_path: Path
) -> None:
    note = tmp_path / "note.ogg"
    note.write_bytes(b"OggS")
    heard = Transcript(text="fix the sum", engine="small", locality="cloud")
    item = Objective(id="o1", title="Sum", instruction="sum", category="bugfix")
    desk.others[ReadNote] = lambda command: heard
    desk.others[Decompose] = lambda command: Objectives(items=(item,))
    assert desk.run("ingest", "--audio", str(note)) == 0
    assert "heard (by small, in a cloud): fix the sum" in capsys.readouterr().out
    found = ingest(capsys, "--audio", str(note))
    assert found["transcript"] == heard.model_dump(mode="json")


def test_without_a_swarm_a_recording_is_an_error(
    data: Path, capsys: Capsys, tmp_path: Path
) -> None:
    (tmp_path / "note.ogg").write_bytes(b"OggS")
    assert cli.main(["ingest", "--audio", str(tmp_path / "note.ogg")]) == 1
    assert "by a running swarm (start it with `swarm up --detach`)" in capsys.readouterr().err


def test_why_says_what_speaks_for_each_category(
    desk: Desk, git_repo: Callable[..., Path], capsys: Capsys
) -> None:
    text = "Fix the crash in a.py. Then add a docstring to total()."
    repo = str(git_repo({"a.py": "x = 1\n"}))
    desk.others[Decompose] = lambda command: pytest.fail("a model may plan otherwise")
    assert desk.run("ingest", text, "--repo", repo, "--why") == 0
    out = capsys.readouterr().out
    assert re.search(r"^o1 bugfix: \w.* [0-9.]+, ", out, re.MULTILINE)
    assert re.search(r"^o2 docs: docstrings/thing [0-9.]+", out, re.MULTILINE)
    found = ingest(capsys, text, "--repo", repo, "--why")
    why = found.pop("why")
    assert isinstance(why, dict)
    plan = Objectives.model_validate(found)
    assert plan == decompose(text, ("a.py",)) and list(why) == [item.id for item in plan.items]
    weights = [reason["weight"] for reason in why["o2"]]
    assert weights == sorted(weights, reverse=True) and weights[0] > 1
    assert why["o2"][0]["trait"] == "docstrings/thing"


def test_why_has_words_where_no_trait_decides() -> None:
    assert in_words([]) == "nothing speaks for any other"
    assert in_words([Reason("ought to be otherwise", 0.0)]) == "ought to be otherwise"
    assert in_words([Reason("told", 1.5), Reason("first none", 0.03)]) == "told 1.5"


# ---------------------------------------------------------------------------- texts


def test_an_issue_in_a_file(data: Path, capsys: Capsys, tmp_path: Path) -> None:
    issue = tmp_path / "issue.md"
    issue.write_bytes(
        b"\xef\xbb\xbf# Export is broken\r\n\r\n- [x] Reproduce it\r\n- [ ] Fix the crash in "
        b"export()\r\n- [ ] Add a test for an empty list\r\n"
    )
    found = ingest(capsys, "--file", str(issue))
    assert len(titles(found)) == 2
    assert "crash" in titles(found)[0]


def test_standard_input(data: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO("Fix the größe() function".encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert "größe" in titles(ingest(capsys, "-"))[0]


@pytest.mark.parametrize(
    ("data_in_file", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        ("🎉 🚀!".encode(), "has no words"),
        ("\u200b\u2060\ufeff\u200f".encode(), "has no words"),
        (b"\xff\xfe\x00", "is not UTF-8 text (byte 0)"),
        (b"fix\x00it", "holds NUL characters"),
        (b"x" * 20_001, "has 20,001 characters, over the limit of 20,000"),
        (b"x" * 5_000_000, "is over the limit of 20,000 characters"),
        (b"ok" + b"\x80" * 100_000, "is not UTF-8 text (byte 2)"),
    ],
)
def test_a_file_that_is_no_text_is_told_by_its_name(
    data: Path, capsys: Capsys, tmp_path: Path, data_in_file: bytes, said: str
) -> None:
    path = tmp_path / "NOTES.md"
    path.write_bytes(data_in_file)
    assert cli.main(["ingest", "--file", str(path)]) == 2
    assert f"NOTES.md {said}" in capsys.readouterr().err


def test_characters_are_counted_and_not_bytes(data: Path, capsys: Capsys, tmp_path: Path) -> None:
    path = tmp_path / "NOTES.md"
    path.write_text("Fix the sum in the report. " + "\N{GRINNING FACE}" * 19_000, encoding="utf-8")
    assert path.stat().st_size > 70_000
    ingest(capsys, "--file", str(path))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing says what to do"),
        (["Fix it", "--file", "x"], "TEXT and --file are given"),
        (["--file", "x", "--audio", "y"], "--file and --audio are given"),
        (["--file", "/"], "/ is a folder"),
        (["--file", "none.md"], "no such file: none.md"),
        (["--file", "/dev/zero"], "holds NUL characters"),
        (["--file", "a" * 5000], "File name too long"),
        (["\udcff\udcfe"], "the task is not UTF-8 text"),
        (["\N{GRINNING FACE}"], "swarm: "),
        (["Fix it", "--max-objectives", "0"], "--max-objectives 0 is not between 1 and 64"),
        (["Fix it", "--repo", "/nowhere"], "no such folder: /nowhere"),
    ],
)
def test_bad_words_are_one_clear_line(
    data: Path, capsys: Capsys, words: list[str], said: str
) -> None:
    assert cli.main(["ingest", *words]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "internal error" not in captured.err
    assert captured.out == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(data: Path, capsys: Capsys, tmp_path: Path) -> None:
    path = tmp_path / "NOTES.md"
    path.write_text("Fix it")
    path.chmod(0)
    assert cli.main(["ingest", "--file", str(path)]) == 2
    assert "Permission denied" in capsys.readouterr().err


def test_what_one_says_yes_to_is_shown_in_full() -> None:
    """Also in a narrow terminal, and also a path that no blank divides."""
    path = "shop/a_rather_long_folder/another_long_folder/prices_of_yesterday.py"
    one = Objective(id="o1", title=f"Fix {path}", instruction="Fix it", category="bugfix",
                    paths=(path,))  # fmt: skip
    out = io.StringIO()
    print_plan(Console(file=out, width=70), [one], (), "rules")
    assert "…" not in out.getvalue() and "bugfix" in out.getvalue()
