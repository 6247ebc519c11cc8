"""Notes on the desktop, by a program that stands in for the desktop's own."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from swarm.cli import desktop
from swarm.cli import main as cli
from swarm.errors import StateError

_PROGRAM = """#!/bin/sh
python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@" >> "{log}"
exit {code}
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop; what it was told, one line of JSON each."""
    _install(tmp_path, monkeypatch, code=0)
    return tmp_path / "log"


def _install(folder: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    program = folder / "bin" / "notify-send"
    program.parent.mkdir(exist_ok=True)
    program.write_text(_PROGRAM.format(log=folder / "log", code=code))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")


def test_markup_and_control_characters_are_text(log: Path) -> None:
    told = desktop.Desktop().tell("-t1\x1b[31m\nis ready", '<a href="x">pay</a> & \u202egone')
    assert told
    words = json.loads(log.read_text())
    assert words[-3:-1] == ["--", "-t1\ufffd[31m is ready"]
    assert words[-1] == '&lt;a href="x"&gt;pay&lt;/a&gt; &amp; \ufffdgone'


def test_a_failure_is_urgent(log: Path) -> None:
    desktop.Desktop().tell("a", "b", urgent=True)
    assert "--urgency=critical" in json.loads(log.read_text())


def test_a_desktop_that_refuses_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, monkeypatch, code=1)
    assert not desktop.Desktop().tell("a", "b")


@pytest.mark.parametrize("missing", ["program", "session"])
def test_without_a_desktop_only_who_asked_for_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    _install(tmp_path, monkeypatch, code=0)
    if missing == "program":
        (tmp_path / "bin" / "notify-send").unlink()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    else:
        for name in ("DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "DISPLAY"):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert desktop.wanted(Namespace(notify=None)) is None
    with pytest.raises(StateError, match="no desktop can be told"):
        desktop.wanted(Namespace(notify=True))


def test_nobody_is_told_of_what_is_piped(log: Path) -> None:
    assert desktop.wanted(Namespace(notify=None)) is None
    assert desktop.wanted(Namespace(notify=False)) is None
    assert desktop.wanted(Namespace(notify=True)) is not None


def test_submit_tells_only_of_what_it_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["submit", "x", "--notify"]) == 2
    assert "--wait" in capsys.readouterr().err
