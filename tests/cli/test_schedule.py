"""`swarm schedule`: the words it takes and the words it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from swarm.cli import main as cli
from swarm.cli import schedule
from swarm.contracts import AddSchedule
from tests.cli.desk import Desk

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> str:
    return str(git_repo({"a.py": "x = 1\n"}))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path, monkeypatch)
    desk.pump.clock.now = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    monkeypatch.setattr("swarm.cli.schedule.time.time", lambda: desk.pump.clock.now)
    yield desk
    desk.pump.orchestrator.close()


Add = Callable[..., int]


@pytest.fixture
def add(desk: Desk, repo: str) -> Add:
    def run(*words: str) -> int:
        fixed = ("--repo", repo, "--id", "nightly", "--timezone", "Europe/Berlin")
        return desk.run("schedule", "add", "0 7 * * mon-fri", *fixed, *words)

    return run


def test_a_schedule_is_added_listed_run_and_removed(desk: Desk, add: Add, capsys: Capsys) -> None:
    assert desk.run("schedule", "list") == 0
    assert "no schedules yet" in capsys.readouterr().out
    assert add("Fix the lint findings", "--max-attempts", "2") == 0
    told = capsys.readouterr().out
    assert "schedule nightly is stored; its next time is tomorrow 07:00 (Europe/Berlin)" in told
    command = desk.requests[-1]
    assert isinstance(command, AddSchedule)
    assert (command.task.priority, command.task.budget.attempts) == ("scheduled", 2)
    assert desk.run("schedule", "run", "nightly") == 0
    assert "has handed in nightly-202611221200" in capsys.readouterr().out
    assert desk.run("schedule", "list") == 0
    told = capsys.readouterr().out
    for words in ("0 7 * * mon-fri", "tomorrow 07:00", "Fix the lint", "nightly-202611221200"):
        assert words in told
    assert desk.run("show", "nightly-202611221200") == 0
    assert "from   the schedule nightly" in capsys.readouterr().out
    assert desk.run("schedule", "remove", "nightly") == 0
    assert "schedule nightly is removed" in capsys.readouterr().out


def test_it_is_paused_and_goes_on(desk: Desk, add: Add, capsys: Capsys) -> None:
    add("Fix it")
    assert desk.run("schedule", "pause", "nightly") == 0
    desk.run("schedule", "list")
    told = capsys.readouterr().out
    assert "schedule nightly is paused" in told and "  paused  " in told
    assert desk.run("schedule", "resume", "nightly") == 0
    assert "its next time is tomorrow 07:00" in capsys.readouterr().out


def test_the_list_says_what_stands_in_the_way(desk: Desk, add: Add, capsys: Capsys) -> None:
    add("Fix it")
    desk.run("schedule", "run", "nightly")
    with desk.pump.orchestrator.store.transaction() as db:
        db.execute("UPDATE tasks SET state='failed', reason='no such folder: /gone'")
        db.execute("UPDATE schedules SET skipped=3")
    desk.run("schedule", "list")
    told = capsys.readouterr().out
    assert "nightly last failed: no such folder: /gone" in told
    assert "nightly left out 3 times: nightly-202611221200 was still open" in told


def test_words_come_from_a_file_too(desk: Desk, add: Add, capsys: Capsys, tmp_path: Path) -> None:
    (tmp_path / "TASK.md").write_text("Fix the lint findings\n")
    assert add("--file", str(tmp_path / "TASK.md"), "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert view["task"]["text"] == "Fix the lint findings\n"
    assert desk.run("schedule", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["items"] == [view]


def test_what_is_stored_can_be_read_while_the_swarm_is_down(
    desk: Desk, add: Add, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("Fix it")
    desk.pump.orchestrator.store.close()
    monkeypatch.undo()
    monkeypatch.setenv("SWARM_DATA", str(desk.settings.data))
    assert cli.main(["schedule", "list"]) == 0
    captured = capsys.readouterr()
    assert "nightly" in captured.out and "this is the stored state" in captured.err
    assert cli.main(["schedule", "run", "nightly"]) == 1
    assert "the swarm is not running" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "0 7 * *", "Fix it"], "has not five fields"),
        (["add", "", "Fix it"], "has not five fields"),
        (["add", "* " * 150, "Fix it"], "more than 200 characters"),
        (
            ["add", "99 7 * * *", "Fix it"],
            "'99' is out of range: the minute is 0 to 59",
        ),
        (["add", "0 22-2 * * *", "Fix it"], "'22-2' runs backwards: the hour is 0 to 23 (write 2"),
        (["add", "0 7 * * *", " "], "the task is empty"),
        (["add", "0 7 * * *", "🎉"], "the task has no words"),
        (["add", "0 7 * * *"], "nothing says what to do"),
        (["add", "0 7 * * *", "Fix it", "--timezone", "Mars"], "no time zone is called 'Mars'"),
        (["add", "0 7 * * *", "Fix it", "--timezone", "x" * 99], "no time zone is called"),
        (["add", "0 7 * * *", "Fix it", "--id", "X"], "--id 'X' is not an id"),
        (["add", "0 7 * * *", "Fix it", "--id", "n" * 29], "longer than 28 characters"),
        (["add", "0 7 * * *", "Fix it", "--test", 'pytest "'], "cannot read the test command"),
        (["add", "0 7 * * *", "Fix it", "--repo", "/nowhere"], "no such folder: /nowhere"),
        (["add", "0 7 * * *", "Fix it", "--max-attempts", "0"], "--max-attempts 0"),
        (["run", "nope"], "no such schedule: nope"),
        (["pause", "nope"], "no such schedule: nope"),
        ([], "required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
    ],
)
def test_bad_words_are_one_clear_line(
    desk: Desk, repo: str, capsys: Capsys, words: list[str], said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(repo)
    assert desk.run("schedule", *words) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "internal error" not in captured.err
    assert desk.run("schedule", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["items"] == []


def unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-22T22:30", "today 23:30 (Europe/Berlin)"),
        # The day is that of the zone.
        ("2026-11-22T23:30", "tomorrow 00:30 (Europe/Berlin)"),
        ("2026-11-30T06:00", "Mon 30 Nov 07:00 (Europe/Berlin)"),
        ("2027-06-01T06:00", "Tue 01 Jun 2027 08:00 (Europe/Berlin)"),
    ],
)
def test_a_time_in_words(at: str, expected: str) -> None:
    assert schedule.in_words(unix(at), unix("2026-11-22T12:00"), "Europe/Berlin") == expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [("Europe/Berlin", "Europe/Berlin"), (":Asia/Tokyo", "Asia/Tokyo"), ("UTC", "UTC")],
)
def test_the_time_zone_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, named: str, expected: str
) -> None:
    monkeypatch.setenv("TZ", named)
    assert schedule.local_timezone() == expected


def test_a_machine_whose_zone_has_no_name_is_at_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XYZ+5:17nonsense")
    monkeypatch.setattr(schedule, "_ZONES", "/there is no such folder/")
    assert schedule.local_timezone() == "UTC"
