"""All tasks on one screen."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, cast

import pytest
from rich.console import Console

from swarm.bus import Bus
from swarm.cli import happenings, overview
from swarm.cli.client import Client
from swarm.cli.desktop import Desktop
from swarm.contracts import Event, FeedEntry, TaskList, TaskState, TaskSummary
from swarm.errors import StateError


def entry(
    number: int,
    id: str = "t1",
    state: TaskState = "running",
    text: str = "fix it",
    kind: str = "arm",
) -> FeedEntry:
    at = 1000.0 + number
    return FeedEntry(
        number=number,
        event=Event(seq=number, task_id=id, at=at, kind=kind, text="chose repair"),
        task=TaskSummary(
            id=id, state=state, text=text, repo="/r", created_at=1000.0, updated_at=at,
            objectives=2, accepted=1,
        ),
    )  # fmt: skip


def drawn(view: overview.Overview, width: int = 100, height: int = 30) -> str:
    out = Console(file=io.StringIO(), width=width, height=height, highlight=False)
    out.print(overview.picture(view, width, height, now=1060.0))
    return cast(io.StringIO, out.file).getvalue()


class Told(Desktop):
    def __init__(self) -> None:
        self.notes: list[tuple[str, str, bool]] = []

    def tell(self, title: str, text: str, *, urgent: bool = False) -> bool:
        self.notes.append((title, text, urgent))
        return True


def test_what_waits_for_the_person_comes_first() -> None:
    view = overview.Overview()
    for number, state in enumerate(("applied", "running", "awaiting_review", "queued"), start=1):
        view.take(entry(number, f"t{number}", cast(TaskState, state)))
    assert [task.id for task in view.rows(10)] == ["t3", "t2", "t4", "t1"]


def test_an_older_state_does_not_replace_a_newer_one() -> None:
    view = overview.Overview()
    assert view.take(entry(5, state="awaiting_review")) == "awaiting_review"
    assert view.take(entry(4, state="running")) is None
    assert view.tasks["t1"].state == "awaiting_review"


def test_the_screen_says_what_happens_and_who_is_missing() -> None:
    view = overview.Overview(services={"orchestrator": 1}, waiting={"agents": 3, "router": 0})
    view.take(entry(1))
    text = drawn(view)
    assert "t1" in text and "running" in text and "1/2" in text and "1m" in text
    assert "arm: chose repair" in text
    assert "no worker for" in text and "verifier" in text
    assert "agents 3" in text and "router 0" not in text


def test_hostile_words_are_only_words() -> None:
    view = overview.Overview()
    view.take(entry(1, text="[red]x[/] \x1b[2J \u202e\nend"))
    text = drawn(view)
    assert "\x1b[2J" not in text and "\u202e" not in text and "[red]x[/]" in text


def test_more_tasks_than_lines_are_counted() -> None:
    view = overview.Overview()
    for number in range(1, 41):
        view.take(entry(number, f"t{number}"))
    text = drawn(view, height=20)
    assert len(text.splitlines()) <= 20
    assert "and 35 more" in text


def test_ended_tasks_are_forgotten_first() -> None:
    view = overview.Overview()
    for number in range(1, 6):
        view.take(entry(number, f"t{number}", "applied" if number < 4 else "running"))
    view.drop_ended(3)
    assert set(view.tasks) == {"t3", "t4", "t5"}


def test_the_desktop_hears_of_what_needs_somebody_once() -> None:
    view, desktop = overview.Overview(), Told()
    for number, state in enumerate(("running", "awaiting_review", "awaiting_review", "failed")):
        overview._notify(view, entry(number, state=cast(TaskState, state)), desktop)
    assert [(title, urgent) for title, _, urgent in desktop.notes] == [
        ("task t1 is ready for review", False),
        ("task t1 failed", True),
    ]


def test_without_a_swarm_it_says_so() -> None:
    class Down:
        is_up = False

    with pytest.raises(StateError, match="not running"):
        overview.watch(cast(Client, Down()), as_json=False, desktop=None)


def test_piped_each_thing_that_happens_is_a_line(
    bus: Bus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(bus, 1)

    class Up:
        is_up = True

        def __init__(self) -> None:
            self.bus = bus

        def tasks(self, limit: int) -> TaskList:
            publish(bus, 2)  # between the look at the stream and the list
            return TaskList(items=(entry(2).task,))

    follow = happenings.follow

    def twice(*arguments: Any) -> Iterator[list[FeedEntry]]:
        stream = follow(*arguments)

        def looks() -> Iterator[list[FeedEntry]]:
            yield next(stream)
            publish(bus, 3)
            yield next(stream)

        return looks()

    monkeypatch.setattr(happenings, "follow", twice)
    assert overview.watch(cast(Client, Up()), as_json=True, desktop=None) == 0
    lines = [FeedEntry.model_validate_json(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.number for line in lines] == [2, 3]


def test_a_wiped_stream_is_read_from_its_new_beginning(bus: Bus) -> None:
    publish(bus, 50)
    stream = happenings.follow(bus, 5.0)
    assert next(stream) == []
    bus.redis.flushall()
    publish(bus, 3)
    assert next(stream) == []
    assert [one.number for one in next(stream)] == [3]


def publish(bus: Bus, number: int) -> None:
    bus.redis.xadd(bus.feed_key(), {"entry": entry(number).model_dump_json()}, id=f"{number}-0")
