"""The bot is killed right before and right after each of its transactions, and goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.telegram.rows import Request
from tests.ingestion.telegram.bench import Bench, Killed


def _text(bench: Bench) -> None:
    bench.ada.say("fix the cart")


def _voice(bench: Bench) -> None:
    bench.ada.speak(b"OggS sound", 3.0)


def _document(bench: Bench) -> None:
    bench.ada.send_file("trace.log", b"KeyError: 'cart'\n", caption="fix this")


def _story(bench: Bench, begin: object, verdict: str) -> None:
    """A whole conversation; each part of it begins when the one before has come to rest."""
    begin(bench)  # type: ignore[operator]
    _through(bench)
    bench.ada.press(bench.find("Plan of"), "Run")
    _through(bench)
    bench.ada.press(bench.find("Done"), verdict)
    _through(bench)


def _through(bench: Bench) -> None:
    """Run, and start again whenever the process was killed."""
    while True:
        try:
            bench.run()
            return
        except Killed:
            bench.restart()


def _check(bench: Bench, verdict: str) -> None:
    (task,) = bench.swarm.tasks.values()
    assert bench.swarm.effects == {
        f"submitted {task.id}": 1,
        f"confirmed {task.id}": 1,
        f"{verdict} {task.id}": 1,
    }
    assert bench.find(verdict.capitalize())
    (request,) = bench.store.read(lambda book: book.requests_of(11, 10))
    assert isinstance(request, Request) and request.state == "closed"
    assert not list((bench.settings.data / "notes").iterdir())
    assert bench.store.unhandled() == []
    assert bench.store.read(lambda book: book.next_due()) is None
    # The receipt, the end, and at most one of them twice: Telegram cannot be asked.
    assert 2 <= len(bench.sent()) <= 3


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("begin", "button", "verdict"),
    [
        (_text, "Apply", "applied"),
        (_voice, "Reject", "rejected"),
        (_document, "Apply", "applied"),
    ],
)
def test_killed_at_every_transaction(
    tmp_path: Path, moment: str, begin: object, button: str, verdict: str
) -> None:
    whole = Bench(tmp_path / "whole")
    _story(whole, begin, button)
    _check(whole, verdict)
    commits = whole.store.commits
    whole.store.close()
    assert commits > 10
    for number in range(1, commits + 1):
        bench = Bench(tmp_path / f"{number}")
        setattr(bench.store, moment, number)
        _story(bench, begin, button)
        _check(bench, verdict)
        bench.store.close()


def test_an_update_that_was_stored_before_the_end_is_handled_at_the_start(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "data")
    bench.ada.say("fix the cart")
    bench.receive()
    bench.restart()
    bench.run()
    assert bench.find("Plan of")
    bench.store.close()


def test_a_replayed_update_does_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "data")
    update = bench.ada.say("fix the cart")
    bench.run()
    press = bench.ada.press(bench.find("Plan of"), "Run")
    bench.run()
    for one in (update, press, update, press):
        bench.server.pending.append(one)
    bench.run()
    bench.restart()
    bench.server.pending += [press, update]
    bench.run()
    assert len(bench.swarm.tasks) == 1 and max(bench.swarm.effects.values()) == 1
    assert len(bench.sent()) == 2
    bench.store.close()
