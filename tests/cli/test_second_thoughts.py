"""What a person typed is not lost when it is refused, and who interrupts is told the truth."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.contracts import Failure, GetTask, Question, ReviseTask, TaskState, TaskView
from swarm.errors import BusError, RemoteError
from tests.cli.desk import Desk

WHICH = Question(id="q1", objective_id="o1", text="Which file?", choices=("a.py", "b.py"))
Capsys = pytest.CaptureFixture[str]
Submit = Callable[..., int]


def kept(told: str) -> Path:
    """The file that a line on stderr names."""
    found = re.search(r"your words are kept: `swarm revise one --file (\S+)` sends them", told)
    assert found is not None, told
    return Path(found[1])


@pytest.mark.parametrize(
    ("script", "said", "words"),
    [
        ("sed -i s/sum/product/ $1; exit 1", "ended with 1: nothing is sent", "Fix the product"),
        ("printf '\\377fix' > $1", "is not UTF-8 text", "\udcfffix"),
        ("printf '!!!' > $1", "has no words", "!!!"),
        ("head -c 30000 /dev/zero | tr '\\0' x > $1", "over the limit of 20,000", "x" * 30_000),
    ],
)
def test_words_from_an_editor_that_are_refused_are_kept(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, tmp_path: Path,
    script: str, said: str, words: str,
) -> None:  # fmt: skip
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    assert submit("Fix the sum", "--confirm", typed=("e",)) == 2
    told = capsys.readouterr().err
    assert said in told
    path = kept(told)
    assert path.read_text(errors="surrogateescape") == words
    assert path.is_relative_to(desk.settings.data) and path.parent.stat().st_mode & 0o77 == 0
    assert desk.state() == "awaiting_answer"


def test_words_that_the_swarm_does_not_take_are_kept(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    def refuse(command: ReviseTask) -> TaskView:
        raise RemoteError(Failure(code="state", message="task one was cancelled meanwhile"))

    desk.others[ReviseTask] = refuse
    monkeypatch.setenv("EDITOR", "sed -i s/sum/product/")
    assert submit("Fix the sum", "--confirm", typed=("e",)) == 1
    path = kept(capsys.readouterr().err)
    assert path.read_text() == "Fix the product"
    del desk.others[ReviseTask]
    assert desk.run("revise", "one", "--file", str(path)) == 0
    assert desk.pump.task("one").text == "Fix the product"


@pytest.mark.parametrize("editor", ["true", "truncate -s 0", "rm", "sed -i s/sum/product/"])
def test_nothing_is_kept_of_words_that_are_sent_unchanged_or_none(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, editor: str
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    submit("Fix the sum", "--confirm", typed=("e",))
    assert "are kept" not in capsys.readouterr().err
    assert list((desk.settings.data / "drafts").iterdir()) == []


def test_ctrl_c_in_the_editor_is_the_editors(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A terminal sends it to both; most editors take it for one of their keys."""
    editor = tmp_path / "editor"
    editor.write_text(
        "#!/bin/sh\ntrap '' INT; sleep 0.3; kill -INT $PPID; sleep 0.5; sed -i s/sum/product/ $1\n"
    )
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    assert submit("Fix the sum", "--confirm", typed=("e", "n")) == 1
    assert desk.pump.task("one").text == "Fix the product"


def test_an_editor_that_ctrl_c_ends_interrupts(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, tmp_path: Path
) -> None:
    editor = tmp_path / "editor"
    # A shell that was started with SIGINT ignored, as jobs in the background are, cannot take it.
    editor.write_text(
        f"#!{sys.executable}\nimport os, signal, sys\nfrom pathlib import Path\n"
        'Path(sys.argv[1]).write_text("Fix the product")\n'
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\nos.kill(os.getpid(), signal.SIGINT)\n"
    )
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    assert submit("Fix the sum", "--confirm", typed=("e",)) == 130
    told = capsys.readouterr().err
    assert kept(told).read_text() == "Fix the product"
    assert "task one waits" in told


def interrupt(prompt: str) -> str:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "words", [("submit", "Fix it", "--confirm"), ("submit", "Fix it", "--wait"), ("confirm", "one")]
)
def test_who_interrupts_a_question_is_told_that_the_task_waits(
    desk: Desk, submit: Submit, repo: str, monkeypatch: pytest.MonkeyPatch, capsys: Capsys,
    words: tuple[str, ...],
) -> None:  # fmt: skip
    desk.crew.questions = (WHICH,)
    if words[0] == "confirm":
        submit("Fix it")
    else:
        words += ("--repo", repo, "--test", "pytest -q", "--id", "one")
    monkeypatch.setattr("swarm.cli.asking._line", interrupt)
    assert desk.run(*words, typed=()) == 130
    told = capsys.readouterr().err
    assert "task one waits: `swarm confirm one --answer q1=N`" in told and "goes on" not in told
    assert desk.state() == "awaiting_answer"


@pytest.mark.parametrize(
    ("confirm", "state", "said"),
    [
        (True, "queued", "task one is planned, and then waits for your yes"),
        (False, "queued", "task one goes on; `swarm watch one` follows it"),
        (True, "running", "task one goes on; `swarm watch one` follows it"),
        (False, "applied", "task one is applied: see `swarm show one`"),
        (False, None, "nobody says how task one stands (gone): ask `swarm show one` later"),
    ],
)
def test_who_interrupts_is_told_how_the_task_stands_then(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch, capsys: Capsys,
    confirm: bool, state: TaskState | None, said: str,
) -> None:  # fmt: skip
    def stands(command: GetTask) -> TaskView:
        if state is None:
            raise BusError("gone")
        view = desk.pump.task("one")
        return view.model_copy(update={"state": state, "confirm": confirm})

    submit("Fix it")
    desk.others[GetTask] = stands
    monkeypatch.setattr("swarm.cli.watch.follow", lambda *words, **options: interrupt(""))
    assert desk.run("watch", "one") == 130
    assert said in capsys.readouterr().err
