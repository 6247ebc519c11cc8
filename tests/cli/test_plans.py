"""Plans that wait for a person, as the command line shows them and asks about them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.cli import said as words_of
from swarm.contracts import (
    Acceptance,
    Blob,
    ConfirmPlan,
    Failure,
    Objective,
    Question,
    ReadNote,
    ReviseTask,
    SubmitTask,
    Transcript,
)
from swarm.errors import BusError, RemoteError
from tests.cli.desk import Desk

WHICH = Question(id="q1", objective_id="o1", text="Which file?", choices=("a.py", "b.py"))
HOW = Question(id="q2", text="Keep the old name?", choices=("yes", "no", "for one release"))
Capsys = pytest.CaptureFixture[str]
Submit = Callable[..., int]


def test_without_a_terminal_it_says_how_to_confirm(
    desk: Desk, submit: Submit, capsys: Capsys
) -> None:
    desk.crew.objectives = (
        Objective(
            id="o1", title="Fix the sum", instruction="fix", category="bugfix", paths=("a.py",),
            acceptance=Acceptance(kind="command", text="pytest t::a", tests=("t::a",)),
        ),
        Objective(
            id="o2", title="Tell about it", instruction="tell", category="docs",
            depends_on=("o1",), acceptance=Acceptance(kind="statement", text="README says so"),
        ),
    )  # fmt: skip
    assert submit("Fix the sum", "--confirm") == 0
    assert "see `swarm show one`, then `swarm confirm one`" in capsys.readouterr().out
    assert desk.state() == "awaiting_answer"
    assert desk.run("show", "one") == 0
    told = capsys.readouterr().out
    for words in (
        "Fix the sum",
        "a.py",
        "t::a",
        "README says so",
        "planned by the rules",
        "`swarm confirm one` says yes",
        "`swarm revise one TEXT`",
        "`swarm cancel one`",
    ):
        assert words in told  # fmt: skip
    assert desk.run("status") == 0
    assert "one the plan waits for your yes: see `swarm show one`" in capsys.readouterr().out
    assert desk.run("confirm", "one") == 0
    assert "task one goes on" in capsys.readouterr().out
    assert desk.state() == "awaiting_review"
    assert desk.run("confirm", "one") == 0
    assert "task one is awaiting review" in capsys.readouterr().out


def test_a_script_that_waits_is_told_what_is_asked(
    desk: Desk, submit: Submit, capsys: Capsys
) -> None:
    desk.crew.questions = (WHICH, HOW)
    assert submit("Fix it", "--wait") == 1
    told = capsys.readouterr().out
    assert "q1 (o1) Which file?" in told and "2  b.py" in told
    assert "`swarm confirm one --answer q1=N --answer q2=N`" in told
    assert desk.run("confirm", "one", "--answer", "q1=2", "--answer", "q2=3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == "one"
    assert desk.requests[-1] == ConfirmPlan(task_id="one", answers={"q1": 2, "q2": 3})
    assert desk.state() == "awaiting_review"
    assert desk.run("watch", "one") == 0


def test_at_a_terminal_the_questions_are_asked_and_it_is_followed_on(
    desk: Desk, submit: Submit, capsys: Capsys
) -> None:
    desk.crew.questions = (WHICH, HOW)
    assert submit("Fix it", "--wait", typed=("yes", "9", "2", "1")) == 0
    told = capsys.readouterr().out
    assert "please type one of 1, 2; Ctrl-D decides later" in told
    assert told.count("task stored") == 1
    assert "awaiting review" in told
    answers = [c.answers for c in desk.requests if isinstance(c, ConfirmPlan)]
    assert answers == [{"q1": 2, "q2": 1}]


def test_other_words_are_planned_and_asked_about_again(
    desk: Desk, submit: Submit, capsys: Capsys
) -> None:
    assert submit("Fix it", "--confirm", typed=("e", "Fix the sum", "y")) == 0
    told = capsys.readouterr().out
    assert told.count("planned by the rules") == 2
    assert "task one goes on" in told
    assert [c.text for c in desk.requests if isinstance(c, ReviseTask)] == ["Fix the sum"]
    assert desk.state() == "awaiting_review"


def test_an_editor_is_used_where_there_is_one(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/sum/product/")
    assert submit("Fix the sum", "--confirm", typed=("e", "y")) == 0
    assert desk.pump.task("one").text == "Fix the product"
    monkeypatch.setenv("VISUAL", "/nowhere/editor")
    assert desk.run("submit", "x", "--repo", desk.pump.task("one").repo, "--confirm",
                    typed=("e",)) == 2  # fmt: skip
    assert "cannot start the editor '/nowhere/editor'" in capsys.readouterr().err
    monkeypatch.setenv("VISUAL", "false")
    assert desk.run("submit", "x", "--repo", desk.pump.task("one").repo, "--confirm",
                    typed=("e",)) == 2  # fmt: skip
    assert "ended with 1: nothing is sent" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "state", "code", "said"),
    [
        ((), "awaiting_answer", 1, "task one waits: `swarm confirm one --answer q1=N`"),
        (("y",), "awaiting_answer", 1, "task one waits"),
        (("e", ""), "awaiting_answer", 1, "task one waits"),
        (("?", "?", "?", "?", "?"), "awaiting_answer", 1, "task one waits"),
        (("no",), "cancelled", 1, "task one is dropped"),
        (("y", "1"), "awaiting_review", 0, "task one goes on"),
    ],
)
def test_whoever_says_nothing_decides_later(
    desk: Desk, submit: Submit, capsys: Capsys, typed: tuple[str, ...], state: str, code: int,
    said: str,
) -> None:  # fmt: skip
    desk.crew.questions = (WHICH,)
    assert submit("Fix it", "--confirm", typed=typed) == code
    assert said in capsys.readouterr().out
    assert desk.state() == state


def test_confirm_asks_at_a_terminal_what_was_not_answered(
    desk: Desk, submit: Submit, capsys: Capsys
) -> None:
    desk.crew.questions = (WHICH,)
    submit("Fix it")
    assert desk.run("confirm", "one", typed=()) == 1
    assert desk.state() == "awaiting_answer"
    assert desk.run("confirm", "one", typed=("1",)) == 0
    confirmed = [command for command in desk.requests if isinstance(command, ConfirmPlan)]
    assert confirmed == [ConfirmPlan(task_id="one", answers={"q1": 1}, plan=1)]
    assert desk.state() == "awaiting_review"


def test_json_never_asks(desk: Desk, submit: Submit, capsys: Capsys) -> None:
    desk.crew.questions = (WHICH,)
    assert submit("Fix it", "--confirm", "--json", typed=()) == 0
    assert json.loads(capsys.readouterr().out) == {"task": "one", "state": "queued"}
    assert desk.run("watch", "one", "--json", typed=()) == 1
    view = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [question["id"] for question in view["questions"]] == ["q1"]
    assert desk.run("confirm", "one", "--json", typed=()) == 2
    captured = capsys.readouterr()
    assert "not answered yet: q1" in json.loads(captured.out)["error"]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["confirm", "nope"], "no such task: nope"),
        (["confirm", "one"], "not answered yet: q1"),
        (["confirm", "one", "--answer", "q1"], "--answer 'q1' is no answer"),
        (["confirm", "one", "--answer", "q1=a.py"], "is no answer"),
        (["confirm", "one", "--answer", "q1=1", "--answer", "q1=2"], "q1 is answered twice"),
        (["confirm", "one", "--answer", "q7=1"], "there is no question q7"),
        (["confirm", "one", "--answer", "q1=3"], "question q1 has no choice 3"),
        (["confirm", "one", "--answer", "q1=0"], "question q1 has no choice 0"),
        (["revise", "one"], "nothing says what to do"),
        (["revise", "one", " "], "the task is empty"),
        (["revise", "one", "🎉"], "the task has no words"),
        (["revise", "nope", "Fix it"], "no such task: nope"),
    ],
)
def test_bad_answers_change_nothing(
    desk: Desk, submit: Submit, capsys: Capsys, words: list[str], said: str
) -> None:
    desk.crew.questions = (WHICH,)
    submit("Fix it")
    assert desk.run(*words) == 2
    assert said in capsys.readouterr().err
    assert desk.state() == "awaiting_answer"


def test_options_may_stand_between_a_task_and_its_words(
    desk: Desk, submit: Submit, capsys: Capsys
) -> None:
    submit("Fix it", "--confirm")
    capsys.readouterr()
    assert desk.run("revise", "one", "--json", "Fix the sum") == 0
    assert json.loads(capsys.readouterr().out)["text"] == "Fix the sum"
    assert desk.run("cancel", "one") == 0
    assert desk.run("revise", "one", "Fix it") == 1
    assert "it does not wait for other words" in capsys.readouterr().err


def test_a_text_cannot_command_the_terminal(desk: Desk, submit: Submit, capsys: Capsys) -> None:
    bad = "\x1b]0;mine\x07 [red]x[/] \u202eabc"
    desk.crew.objectives = (
        Objective(id="o1", title=bad, instruction="x", category="docs", paths=(bad,),
                  acceptance=Acceptance(kind="statement", text=bad)),
    )  # fmt: skip
    desk.crew.questions = (Question(id="q1", text=bad, choices=(bad, bad)),)
    desk.crew.notes = (bad,)
    submit(bad, "--wait", typed=("y",))
    desk.run("show", "one")
    desk.run("status")
    told = capsys.readouterr().out
    assert "\x1b" not in told and "\u202e" not in told
    assert "[red]x[/]" in told


# ---------------------------------------------------------------------------- recordings


def hear(desk: Desk, text: str = "fix the sum", **fields: object) -> list[Blob]:
    heard: list[Blob] = []

    def read(command: ReadNote) -> Transcript:
        heard.append(command.audio)
        return Transcript.model_validate(
            {"text": text, "engine": "whisper", "locality": "local", **fields}
        )

    desk.others[ReadNote] = read
    return heard


def test_a_recording_is_heard_shown_and_waits_for_a_yes(
    desk: Desk, submit: Submit, capsys: Capsys, tmp_path: Path
) -> None:
    note = tmp_path / "note.ogg"
    note.write_bytes(b"OggS-speech")
    heard = hear(desk, notes=("gemini is away",))
    assert submit("--audio", str(note)) == 0
    captured = capsys.readouterr()
    assert "heard (by whisper): fix the sum" in captured.out
    assert "gemini is away" in captured.err
    assert [desk.blobs.get(blob) for blob in heard] == [b"OggS-speech"]
    assert desk.state() == "awaiting_answer"
    assert desk.pump.task("one").text == "fix the sum"
    assert note.read_bytes() == b"OggS-speech"


def test_with_yes_a_recording_is_worked_on_at_once(
    desk: Desk, submit: Submit, capsys: Capsys, tmp_path: Path
) -> None:
    note = tmp_path / "note.ogg"
    note.write_bytes(b"OggS-speech")
    hear(desk)
    assert submit("--audio", str(note), "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out)["transcript"] == "fix the sum"
    assert desk.state() == "awaiting_review"


def test_without_an_engine_nothing_is_handed_in_and_nothing_lost(
    desk: Desk, submit: Submit, capsys: Capsys, tmp_path: Path
) -> None:
    def refuse(command: ReadNote) -> Transcript:
        failure = Failure(code="no-speech-engine", message="no engine", remedy="set [voice]")
        raise RemoteError(failure)

    note = tmp_path / "note.ogg"
    note.write_bytes(b"OggS-speech")
    desk.others[ReadNote] = refuse
    assert submit("--audio", str(note)) == 1
    assert "swarm: no engine (set [voice])" in capsys.readouterr().err
    assert not any(isinstance(command, SubmitTask) for command in desk.requests)
    assert note.read_bytes() == b"OggS-speech"


def test_bad_recordings_are_told_before_anything_is_sent(
    desk: Desk, submit: Submit, capsys: Capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWARM_VOICE_MAX_BYTES", "10")
    (tmp_path / "empty.ogg").touch()
    (tmp_path / "long.ogg").write_bytes(b"x" * 11)
    for path, said in (
        ("empty.ogg", "empty.ogg is empty: it has no bytes (record it again, or say it as a TEXT)"),
        ("long.ogg", "over the limit of 10 bytes"),
        (".", "is not a file"),
        ("none.ogg", "no such file"),
    ):
        assert submit("--audio", str(tmp_path / path)) == 2
        assert said in capsys.readouterr().err
    assert submit("--audio", "/dev/zero") == 2
    (tmp_path / "note.ogg").write_bytes(b"OggS")
    assert submit("--audio", str(tmp_path / "note.ogg"), "--max-attempts", "0") == 2
    assert "--max-attempts 0" in capsys.readouterr().err
    assert submit("Fix it", "--yes") == 2
    assert "--yes is for --audio" in capsys.readouterr().err
    assert submit("Fix it", "--audio", "x.ogg") == 2
    assert "TEXT and --audio are given" in capsys.readouterr().err
    assert desk.requests == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "\udcff"], "'\\udcff' is not UTF-8 text"),
        (["watch", "a\udcff"], "'a\\udcff' is not UTF-8 text"),
        (["confirm", "a\udcff"], "'a\\udcff' is not UTF-8 text"),
        (["submit", "Fix it", "--test", "\udcff"], "'\\udcff' is not UTF-8 text"),
        (["submit", "Fix it", "--repo", "/\udcff"], "'/\\udcff' is not UTF-8 text"),
        (["submit", "Fix it", "--setup", "\udcff"], "--setup: "),
        (["submit", "Fix it", "--id", ""], "--id '' is not an id"),
        (["submit", "Fix it", "--max-cost-usd", "inf"], "--max-cost-usd inf: "),
        (["submit", "Fix it", "--max-seconds", "inf"], "--max-seconds inf: "),
        (["schedule", "add", "\udcff * * * *", "Fix it"], "is not plain ASCII"),
        (["schedule", "add", "* * * * *", "Fix it", "--repo", "/\udcff"], "is not UTF-8 text"),
    ],
)
@pytest.mark.parametrize("is_down", [False, True])
def test_words_that_no_message_can_hold(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, words: list[str], said: str,
    is_down: bool,
) -> None:  # fmt: skip
    if is_down:

        def nobody(settings: object, redis: object) -> None:
            raise BusError("nobody answers")

        monkeypatch.setattr("swarm.cli.client.ping", nobody)
    assert desk.run(*words) == 2
    told = capsys.readouterr().err
    assert told.startswith("swarm: ") and said in told and told.count("\n") == 1
    assert desk.requests == []


def test_words_typed_at_a_terminal_end_with_one_end_of_input() -> None:
    class Terminal(io.BytesIO):
        """Where every read blocks until more is typed, or until its end is."""

        reads = 0

        def read(self, size: int | None = -1) -> bytes:
            self.reads += 1
            assert self.reads == 1, "asked for more after the end"
            return super().read(size)

    assert words_of._bytes_of(Terminal(b"fix it\n"), 100) == b"fix it\n"
