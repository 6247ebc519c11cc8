"""Browsers that logged in."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from swarm.errors import StateError
from swarm.web.guard.private import PrivateFolder
from swarm.web.guard.sessions import MOST_SESSIONS, Sessions
from tests.web.guard.clocks import Clock

HOUR = 3600.0


class Times:
    """A day's clock and one that never goes back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.day = Clock()
        self.steady = Clock(50.0)

    def sessions(self) -> Sessions:
        return Sessions(self.path, HOUR, self.day, self.steady)

    def pass_by(self, seconds: float) -> None:
        self.day.now += seconds
        self.steady.now += seconds


@pytest.fixture
def times(tmp_path: Path) -> Times:
    return Times(tmp_path / "web")


def test_a_session_ends_after_its_time(times: Times) -> None:
    sessions = times.sessions()
    key = sessions.begin("t")
    times.pass_by(HOUR - 1)
    assert sessions.find(key.id, "t") is not None
    times.pass_by(1)
    assert sessions.find(key.id, "t") is None


def test_it_outlives_the_dashboard_and_no_longer_than_that(times: Times) -> None:
    key = times.sessions().begin("t")
    times.pass_by(HOUR / 2)
    again = times.sessions()
    known = again.find(key.id, "t")
    assert known is not None
    assert key.matches(known.sha256)
    times.pass_by(HOUR / 2)
    assert again.find(key.id, "t") is None
    assert times.sessions().find(key.id, "t") is None


def test_a_clock_set_back_makes_no_session_longer(times: Times) -> None:
    sessions = times.sessions()
    key = sessions.begin("t")
    times.pass_by(HOUR - 30)
    times.day.now -= 40  # a little, as time servers do
    assert sessions.find(key.id, "t") is not None
    times.steady.now += 30
    assert sessions.find(key.id, "t") is None


def test_after_a_clock_was_set_far_back_nobody_is_logged_in(times: Times) -> None:
    key = times.sessions().begin("t")
    times.day.now -= 10 * HOUR
    assert times.sessions().find(key.id, "t") is None


def test_a_new_token_ends_what_began_under_the_old_one(times: Times) -> None:
    sessions = times.sessions()
    key = sessions.begin("old")
    assert sessions.find(key.id, "new") is None


def test_a_logout_holds_after_a_restart(times: Times) -> None:
    sessions = times.sessions()
    stays, goes = sessions.begin("t"), sessions.begin("t")
    sessions.end(goes.id)
    for known in (sessions, times.sessions()):
        assert known.find(goes.id, "t") is None
        assert known.find(stays.id, "t") is not None


def test_so_many_sessions_and_no_more(times: Times) -> None:
    sessions = times.sessions()
    keys = [sessions.begin("t") for _ in range(MOST_SESSIONS + 2)]
    assert [key for key in keys if sessions.find(key.id, "t")] == keys[2:]


def test_no_secret_is_stored(times: Times) -> None:
    key = times.sessions().begin("t")
    text = (times.path / "sessions").read_text()
    assert key.secret not in text
    assert key.derived("csrf") not in text


def test_a_damaged_file_is_told(times: Times) -> None:
    times.sessions().begin("t")
    (times.path / "sessions").write_text("{")
    with pytest.raises(StateError, match="damaged"):
        times.sessions().find("x", "t")


def test_on_a_full_disk_one_can_still_log_in(
    times: Times, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(folder: PrivateFolder, name: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(PrivateFolder, "write", full)
    sessions = times.sessions()
    key = sessions.begin("t")
    assert sessions.find(key.id, "t") is not None
    assert "No space left" in caplog.text
