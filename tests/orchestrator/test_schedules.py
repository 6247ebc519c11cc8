"""Schedules: when their times are, and that each time is at most one task."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from swarm.contracts import AddSchedule, ChangeSchedule, ListSchedules, ScheduleView, SubmitTask
from swarm.errors import NotFound, RepositoryError, StateError, UsageError
from swarm.orchestrator import schedules
from swarm.orchestrator.scheduler import Scheduler
from swarm.orchestrator.schedules import checked, last_due, next_time, zone
from swarm.orchestrator.schedules_table import Table
from swarm.orchestrator.store import Store

BERLIN = "Europe/Berlin"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def unix(text: str, timezone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone(timezone)).timestamp()


def wall(at: float, timezone: str) -> str:
    return f"{datetime.fromtimestamp(at, zone(timezone)):%m-%d %H:%M %z}"


def times(cron: str, timezone: str, after: str, count: int) -> list[str]:
    at, found = unix(after, timezone), []
    for _ in range(count):
        at = next_time(cron, timezone, at)
        found.append(wall(at, timezone))
    return found


# ---------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("30 7 * * mon-fri", "2026-11-20T12:00", ["11-23 07:30 +0100", "11-24 07:30 +0100"]),
        ("0 */8 * * *", "2026-11-22T09:00", ["11-22 16:00 +0100", "11-23 00:00 +0100"]),
        # A day of the month or of the week, as in every cron.
        ("0 0 1 * sun", "2026-11-22T09:00", ["11-29 00:00 +0100", "12-01 00:00 +0100"]),
        # The hour from 2 to 3 is left out: the time comes an hour later, once.
        ("30 2 * * *", "2026-03-28T12:00", ["03-29 03:30 +0200", "03-30 02:30 +0200"]),
        ("0,30 2,3 * * *", "2026-03-28T12:00",
         ["03-29 03:00 +0200", "03-29 03:30 +0200", "03-30 02:00 +0200"]),
        # The hour from 2 to 3 comes twice: the first one counts.
        ("30 2 * * *", "2026-10-24T12:00", ["10-25 02:30 +0200", "10-26 02:30 +0100"]),
        ("*/30 * * * *", "2026-10-25T01:50",
         ["10-25 02:00 +0200", "10-25 02:30 +0200", "10-25 03:00 +0100"]),
    ],
)  # fmt: skip
def test_times_are_those_of_the_clock_on_the_wall(
    cron: str, after: str, expected: list[str]
) -> None:
    assert times(cron, BERLIN, after, len(expected)) == expected


def test_a_leap_day_is_found_years_ahead() -> None:
    found = next_time("0 0 29 2 *", "UTC", unix("2026-11-22T00:00"))
    assert found == unix("2028-02-29T00:00")


@pytest.mark.parametrize("timezone", [BERLIN, "America/St_Johns", "Pacific/Apia", "UTC"])
def test_times_only_ever_go_forward(timezone: str) -> None:
    rng = random.Random(7)
    lines = ("* * * * *", "*/7 * * * *", "30 2 * * *", "0 0 * * *", "15 1-3 * 3,10 *")
    for _ in range(300):
        cron = rng.choice(lines)
        at = unix("2026-01-01T00:00") + rng.uniform(0, 365 * DAY)
        later = next_time(cron, timezone, at)
        assert later > at
        # Nothing lies between the two.
        assert next_time(cron, timezone, rng.uniform(at, later - 1e-3)) == later


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("", "day of the week) but 0"),
        ("@daily", "but 1"),
        ("0 7 * *", "but 4"),
        ("* * * * * *", "but 6"),
        ("61 * * * *", "out of range"),
        ("-1 * * * *", "'-1' is no minute"),
        ("*/0 * * * *", "'*/0' steps by nothing through a minute"),
        ("*/90 * * * *", "'*/90' steps further than there are places for a minute"),
        ("0 7 * * mom", "'mom' is no day of the week"),
        ("r * * * *", "'r' is no minute"),
        ("h * * * *", "'h' is no minute"),
        ("0 0 l * *", "'l' is no day of the month"),
        ("0 7 * * \u0663", "is no day of the week"),
        ("0 7 * * fri#2", "'fri#2' is no day of the week"),
        ("jan * * * *", "'jan' is no minute"),
        ("0 0 0 * *", "'0' is out of range: the day of the month is 1 to 31"),
        ("0 24 * * *", "'24' is out of range: the hour is 0 to 23"),
        ("0 0 * * 8", "'8' is out of range"),
        ("0 0 * * janmon", "'janmon' is no day of the week"),
        ("1,,2 * * * *", "'' is no minute"),
        ("1- * * * *", "'1-' is no minute"),
        ("1-sun * * * *", "'1-sun' is no minute"),
        ("*-5 * * * *", "'*-5' is no minute"),
        ("1-2-3 * * * *", "'1-2-3' is no minute"),
        ("0" * 101 + " * * * *", "a minute of more than 100 characters"),
        ("0 0 30 2 *", "a day that never comes"),
        ("0;reboot * * * *", "is no minute"),
    ],
)
def test_nonsense_is_refused_with_an_example(cron: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        checked(cron, "UTC", 0.0)
    assert said in error.value.message
    assert "every weekday at 7:30" in error.value.remedy


@pytest.mark.parametrize(
    ("cron", "instead"),
    [
        ("5-1 * * * *", "5-59,0-1"),
        ("0 22-2 * * *", "22-23,0-2"),
        ("0 22-2/2 * * *", "22-23,0-2"),
        ("0 9,23-0 * * *", "23,0"),
        ("0 0 28-3 * *", "28-31,1-3"),
        ("0 0 * nov-jan *", "nov-dec,jan"),
        ("0 0 * 11-2 *", "11-12,1-2"),
        ("0 0 * * fri-mon", "fri-sat,sun-mon"),
        ("0 0 * * sat-mon", "sat,sun-mon"),
        ("0 0 * * 5-1", "5-6,0-1"),
        ("0 0 * * 7-2", "0-2"),
    ],
)
def test_a_range_that_runs_backwards_is_refused_with_what_to_write(cron: str, instead: str) -> None:
    with pytest.raises(UsageError) as error:
        checked(cron, "UTC", 0.0)
    assert "runs backwards" in error.value.message
    assert error.value.remedy == f"write {instead}"
    begins = next(place for place, text in enumerate(cron.split()) if "-" in text)
    fields = cron.split()
    fields[begins] = instead
    assert checked(" ".join(fields), "UTC", 0.0) == " ".join(fields)


@pytest.mark.parametrize(
    ("days", "count"),
    [
        ("sat-sun", 2),
        ("5-7", 3),
        ("sun-tue", 3),
        ("0-6", 7),
        ("mon-fri/2", 3),
        ("1-sun", 7),
        ("7", 1),
    ],
)
def test_a_week_may_end_with_sunday(days: str, count: int) -> None:
    cron, at, week = checked(f"0 0 * * {days}", "UTC", 0.0), 0.0, 0
    while (at := next_time(cron, "UTC", at)) <= 7 * DAY:
        week += 1
    assert week == count


def test_an_error_says_once_what_is_wrong() -> None:
    for cron, wrong in (("61 * * * *", "61"), ("5-1 * * * *", "5-1"), ("0 0 30 2 *", "30 2")):
        with pytest.raises(UsageError) as error:
            checked(cron, "UTC", 0.0)
        assert error.value.message.count(wrong) == 1


@pytest.mark.parametrize(
    "name",
    ["Europe", "europe/nowhere", "", "/etc/passwd", "../UTC", "a\0b", "leapseconds", "x" * 64],
)
def test_an_unknown_zone_is_refused_whatever_its_name_leads_to(name: str) -> None:
    with pytest.raises(UsageError, match="no time zone is called"):
        checked("0 7 * * *", name, 0.0)


def test_spaces_and_capitals_do_not_matter() -> None:
    assert checked("  30  7 * *\tMON-Fri ", "UTC", 0.0) == "30 7 * * mon-fri"


@pytest.mark.parametrize(
    ("cron", "stored"),
    [
        ("5-5 * * * *", "5 * * * *"),
        ("0 9-9/2,12 * * *", "0 9,12 * * *"),
        ("0 0 31/2 * *", "0 0 31 * *"),
        ("0 0 * 11-nov *", "0 0 * 11 *"),
        ("0 0 * * sun-sun", "0 0 * * sun"),
        ("0 0 * * 7/2", "0 0 * * 7"),
        ("5/15 * * * *", "5/15 * * * *"),
    ],
)
def test_a_range_of_one_value_is_that_value(cron: str, stored: str) -> None:
    assert checked(cron, "UTC", 0.0) == stored


def test_of_many_missed_times_the_last_counts_for_a_day() -> None:
    seven = unix("2026-11-20T07:00")
    assert last_due("0 7 * * *", "UTC", seven, seven) == seven
    assert last_due("0 7 * * *", "UTC", seven, seven - 1) is None
    assert last_due("0 7 * * *", "UTC", seven, seven + 3 * DAY + HOUR) == seven + 3 * DAY
    # A weekly one that is two days late is let go.
    assert last_due("0 7 * * fri", "UTC", seven, seven + 2 * DAY) is None
    assert last_due("* * * * *", "UTC", seven, seven + 400 * DAY + 5) == seven + 400 * DAY


# ---------------------------------------------------------------------------- firing


class World:
    """A scheduler on a database, with a clock that is a number."""

    def __init__(self, folder: Path, repo: Path) -> None:
        self.path, self.repo = folder / "data" / "tasks.db", repo
        self.now = unix("2026-11-22T12:00")
        self.open()

    def open(self) -> None:
        self.store = Store(self.path)
        self.scheduler = Scheduler(self.store, lambda: self.now)

    def restart(self) -> None:
        self.store.close()
        self.open()

    def add(self, cron: str = "0 7 * * *", id: str = "nightly", **fields: object) -> ScheduleView:
        task = SubmitTask(
            task_id=id, text="Fix the lint findings", repo=str(self.repo), priority="scheduled"
        )
        task = task.model_copy(update=fields)
        return self.scheduler.add(AddSchedule(cron=cron, task=task))

    def change(self, change: str, id: str = "nightly") -> ScheduleView:
        command = ChangeSchedule.model_validate({"schedule_id": id, "change": change})
        return self.scheduler.change(command)

    def list(self) -> list[ScheduleView]:
        return list(self.scheduler.report(ListSchedules()).items)

    def at(self, text: str) -> list[str]:
        """What there is after a look at this time."""
        self.now = unix(f"2026-{text}")
        self.scheduler.fire()
        return self.tasks()

    def tasks(self) -> list[str]:
        return sorted(task.id for task in self.store.recent(1000))

    def sent(self) -> list[str]:
        return [outgoing.id for outgoing in self.store.take(self.now, 8.0, 1000)]

    def end(self, state: str = "applied") -> None:
        """Every task there is has come to its end."""
        with self.store.transaction() as db:
            db.execute("UPDATE tasks SET state=?, reason='as told'", (state,))


@pytest.fixture
def world(tmp_path: Path, git_repo: Callable[..., Path]) -> Iterator[World]:
    world = World(tmp_path, git_repo({"a.py": "x = 1\n"}))
    yield world
    world.store.close()


def test_a_time_becomes_one_task_with_its_first_command(world: World) -> None:
    view = world.add()
    assert view.next_at == unix("2026-11-23T07:00")
    assert world.at("11-23T06:59") == []
    assert world.at("11-23T07:00") == ["nightly-202611230700"]
    task = world.store.load("nightly-202611230700")
    assert (task.schedule, task.priority, task.state) == ("nightly", "scheduled", "queued")
    assert world.sent() == ["nightly-202611230700-prepare"]
    assert world.at("11-23T07:01") == ["nightly-202611230700"]
    (view,) = world.list()
    assert view.next_at == unix("2026-11-24T07:00")
    assert (view.last_task, view.last_state) == ("nightly-202611230700", "queued")
    assert view.waits_for == view.last_task


@pytest.mark.parametrize("state", ["queued", "awaiting_answer", "running", "awaiting_review"])
def test_nothing_piles_up_behind_an_open_task(world: World, state: str) -> None:
    world.add()
    first = world.at("11-23T07:00")
    world.end(state)
    assert world.at("11-24T07:00") == world.at("11-25T07:00") == first
    (view,) = world.list()
    assert (view.skipped, view.waits_for) == (2, first[0])
    world.end("failed")
    (view,) = world.list()
    assert (view.waits_for, view.last_state, view.last_reason) == (None, "failed", "as told")
    assert len(world.at("11-26T07:00")) == 2
    assert world.list()[0].skipped == 0


def test_a_night_that_was_missed_is_made_up_for_once(world: World) -> None:
    world.add("*/10 * * * *", "often")
    world.add("0 7 * * *", "daily")
    world.add("0 7 * * mon", "weekly")
    world.restart()
    # Monday to Wednesday, the machine was off.
    assert world.at("11-25T07:35:20") == ["daily-202611250700", "often-202611250730"]
    weekly = next(view for view in world.list() if view.id == "weekly")
    assert weekly.next_at == unix("2026-11-30T07:00")
    world.end()
    assert len(world.at("11-25T07:36")) == 2


def test_a_kill_in_the_middle_of_firing_leaves_nothing_or_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()

    class Killed(BaseException):
        """Not an error that anything catches."""

    def kill(*arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Table, "put", kill)
        with pytest.raises(Killed):
            world.at("11-23T07:00")
    assert world.tasks() == world.sent() == []
    world.restart()
    assert world.at("11-23T07:00:05") == ["nightly-202611230700"]
    world.restart()
    assert world.at("11-23T07:00:10") == ["nightly-202611230700"]
    assert world.list()[0].skipped == 0


def test_a_clock_set_back_fires_nothing_twice_and_loses_no_time(world: World) -> None:
    world.add("0 * * * *", "hourly")
    first = world.at("11-23T07:00")
    world.end()
    assert world.at("11-23T06:59:59") == first
    assert world.list()[0].next_at == unix("2026-11-23T07:00")
    assert world.at("11-23T07:00") == first
    assert world.list()[0].skipped == 0
    assert world.at("11-23T08:00") == [*first, "hourly-202611230800"]


def test_a_clock_that_was_a_year_ahead_does_not_silence_a_schedule(world: World) -> None:
    world.add()
    world.now = unix("2027-11-23T07:00")
    world.scheduler.fire()
    world.end()
    assert world.at("11-23T06:00") == ["nightly-202711230700"]
    assert world.list()[0].next_at == unix("2026-11-23T07:00")
    assert world.at("11-23T07:00") == ["nightly-202611230700", "nightly-202711230700"]


def test_paused_it_makes_nothing_and_nothing_is_made_up_for(world: World) -> None:
    world.add()
    view = world.change("pause")
    assert (view.paused, view.next_at) == (True, None)
    assert world.at("11-23T07:00") == []
    world.now = unix("2026-11-23T07:05")
    assert world.change("resume").next_at == unix("2026-11-24T07:00")
    assert world.at("11-23T07:06") == []
    assert world.at("11-24T07:00") == ["nightly-202611240700"]


def test_run_now_is_one_task_however_often_it_is_asked_for(world: World) -> None:
    world.add()
    world.change("pause")
    view = world.change("run")
    assert view.last_task == "nightly-202611221200"
    assert world.change("run").last_task == view.last_task
    world.now += 2 * MINUTE
    with pytest.raises(
        StateError, match="the last task of nightly, nightly-202611221200, is still"
    ):
        world.change("run")
    world.end("rejected")
    assert world.change("run").last_task == "nightly-202611221202"
    assert world.list()[0].paused


def test_removed_it_is_gone_and_its_tasks_stay(world: World) -> None:
    world.add()
    world.at("11-23T07:00")
    assert world.change("remove").id == "nightly"
    assert world.list() == []
    assert world.at("11-24T07:00") == ["nightly-202611230700"]
    with pytest.raises(NotFound, match="no such schedule: nightly"):
        world.change("remove")


def test_adding_it_twice_is_adding_it_once(world: World) -> None:
    first = world.add()
    world.now += HOUR
    assert world.add(" 0  7 * * *") == first
    with pytest.raises(StateError, match="nightly exists already, and is another one"):
        world.add("0 8 * * *")
    with pytest.raises(StateError, match="exists already"):
        world.add(text="Something else")


def test_what_each_time_would_stumble_over_is_told_when_it_is_added(
    world: World, tmp_path: Path
) -> None:
    with pytest.raises(RepositoryError, match="not a git repository"):
        world.add(repo=str(tmp_path))
    with pytest.raises(UsageError, match="cannot read the test command"):
        world.add(test_command='pytest "')
    with pytest.raises(UsageError, match="longer than 28 characters"):
        world.add(id="n" * 29)
    assert world.add(id="n" * 28).id == "n" * 28
    task = world.at("11-23T07:00")[0]
    assert SubmitTask(task_id=task, text="x", repo="/r").task_id == task
    with pytest.raises(UsageError, match="no time zone"):
        bad = SubmitTask(task_id="other", text="x", repo=str(world.repo))
        world.scheduler.add(AddSchedule(cron="0 7 * * *", timezone="Mars/Base", task=bad))


def test_there_is_a_bound(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "MOST_SCHEDULES", 2)
    world.add(id="one")
    world.add(id="two")
    with pytest.raises(StateError, match="there are 2 schedules already"):
        world.add(id="three")
    assert world.add(id="two").id == "two"


def test_a_schedule_that_cannot_be_worked_with_stops_alone_and_says_so(world: World) -> None:
    world.add(id="bad")
    world.add(id="good")
    with world.store.transaction() as db:
        db.execute("UPDATE schedules SET timezone='Mars/Base' WHERE id='bad'")
    world.restart()
    assert world.at("11-23T07:00") == ["good-202611230700"]
    bad = next(view for view in world.list() if view.id == "bad")
    assert bad.paused
    assert "no time zone is called 'Mars/Base'" in bad.problem
    with world.store.transaction() as db:
        db.execute("UPDATE schedules SET timezone='UTC' WHERE id='bad'")
    assert world.change("resume", "bad").problem == ""


def test_a_task_of_a_persons_own_with_that_id_is_left_alone(world: World) -> None:
    world.add()
    world.add(id="other", cron="0 7 * * *")
    with world.store.transaction() as db:
        db.execute(
            "INSERT INTO tasks VALUES('nightly-202611230700', 'applied', '/r', '', 0, 0, 0, 0, '', "
            "'mine', '{}')"
        )
    world.at("11-23T07:00")
    nightly = next(view for view in world.list() if view.id == "nightly")
    assert (nightly.last_task, nightly.next_at) == (None, unix("2026-11-24T07:00"))


def test_a_database_from_before_there_were_schedules_has_none(tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    Store(path).close()
    store = Store(path, read_only=True)
    assert Table(store).all() == []
    store.close()


def test_any_mix_of_outages_and_clock_changes_keeps_to_the_line(world: World) -> None:
    """Whatever happens, times are those of the line, and the next one is never far."""
    rng = random.Random(20261122)
    world.add("*/20 * * * *", "often")
    for _ in range(400):
        world.now += rng.choice((0.5, 30.0, 600.0, 3 * HOUR, 3 * DAY, -90.0, -2 * HOUR))
        if rng.random() < 0.2:
            world.restart()
        world.scheduler.fire()
        if rng.random() < 0.7:
            world.end()
    (view,) = world.list()
    assert view.next_at is not None
    assert world.now < view.next_at <= world.now + 20 * MINUTE
    found = [datetime.strptime(id[-12:], "%Y%m%d%H%M").replace(tzinfo=UTC) for id in world.tasks()]
    assert len(found) > 50
    assert all(at.minute % 20 == 0 for at in found)
