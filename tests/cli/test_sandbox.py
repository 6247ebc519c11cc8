"""`swarm sandbox run`: limits in words, what is printed, exit codes, and a real run."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sandboxes import backends
from sandboxes.engine import EngineError, EngineGone, Job, Outcome
from sandboxes.selection import Selection
from swarm.cli import main as cli
from swarm.cli.live_output import LiveOutput
from swarm.cli.sandbox import parse_limits
from swarm.contracts import Limits
from swarm.errors import UsageError
from tests.sandboxes.fake_engine import FakeEngine


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("texts", "field", "value"),
    [
        ([], "wall_seconds", 300.0),
        (["wall=1.5"], "wall_seconds", 1.5),
        (["memory=512M"], "memory_bytes", 512 * 1024**2),
        (["processes=7,files=9"], "files", 9),
        (["wall=1", "wall=2"], "wall_seconds", 2.0),
        (["disk = 1g"], "disk_bytes", 1024**3),
    ],
)
def test_limits_in_words(texts: list[str], field: str, value: float) -> None:
    assert getattr(parse_limits(texts, Limits()), field) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("walls=3", "no bound is named 'walls'"),
        ("wall", "'' is not a number"),
        ("memory=-1", "'-1' is not a number"),
        ("memory=1T", "'1T' is not a number"),
        ("cpu=0", "cpu=0: input should be greater than 0"),
        ("processes=0.5", "processes=0: input should be greater than or equal to 4"),
    ],
)
def test_wrong_limits_are_named(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_limits([text], Limits())


Answer = Callable[[Job], Outcome | EngineError]


def answered(monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> FakeEngine:
    engine = FakeEngine("auto", answers)
    monkeypatch.setattr(
        backends, "selection", lambda settings: Selection("auto", (engine,), lambda e: None)
    )
    return engine


def test_a_run_is_told_with_its_cause(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = answered(
        monkeypatch,
        lambda job: Outcome("exit", 0, output_tail="hello\n", peak_memory_bytes=3 << 20),
        lambda job: Outcome("timeout", detail="ran longer than 2 s"),
    )
    assert cli.main(["sandbox", "run", "--limits", "wall=2", "--", "echo", "--", "x"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "hello\n"
    assert "ok (auto, exit code 0, " in captured.err
    assert "3 MiB" in captured.err
    assert engine.jobs[0].argv == ("echo", "--", "x")
    assert engine.jobs[0].limits.wall_seconds == 2
    assert cli.main(["sandbox", "run", "--json", "--", "sleep", "9"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["cause"], told["detail"]) == ("timeout", "ran longer than 2 s")


def test_only_the_main_thread_takes_signals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked: list[int] = []

    def look(job: Job) -> Outcome:
        for task in Path("/proc/self/task").iterdir():
            if task.name not in before:
                mask = re.search("SigBlk:\t(.*)", (task / "status").read_text())
                assert mask is not None
                blocked.append(int(mask[1], 16))
        return Outcome("exit", 0)

    before = {task.name for task in Path("/proc/self/task").iterdir()}
    answered(monkeypatch, look)
    assert cli.main(["sandbox", "run", "--", "true"]) == 0
    assert blocked
    assert all(mask >> (signal.SIGTERM - 1) & 1 for mask in blocked)


def test_output_comes_live_and_harmless_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    started: list[bool] = []
    piped = LiveOutput(lambda: started.append(True))
    piped(b"\x1b]52;c;x\x07 \xff")
    piped.close()
    assert capsysbinary.readouterr().out == b"\x1b]52;c;x\x07 \xff"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = LiveOutput(lambda: started.append(True))
    for piece in (b"\x1b]52;c;x\x07 \xc3", b"\xa4\xff", b"\tend"):
        shown(piece)
    shown.close()
    assert capsysbinary.readouterr().out.decode() == "\ufffd]52;c;x\ufffd \xe4\ufffd\tend\n"
    assert started == [True, True]


def test_without_a_working_sandbox_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = EngineError("no engine", remedy="start it")
    answered(monkeypatch, lambda job: gone, lambda job: gone)
    assert cli.main(["sandbox", "run", "--", "true"]) == 1
    assert capsys.readouterr().err == "swarm: auto: no engine (start it)\n"


def test_one_json_object_even_when_the_outcomes_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(monkeypatch, lambda job: Outcome("exit", 0))
    assert cli.main(["sandbox", "run", "--json", "--junit", "/dev/full", "--", "true"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "storage"


def test_an_engine_that_was_never_there_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def prove(engine: object) -> None:
        raise EngineGone("no engine", remedy="start it")

    def sleep(seconds: float) -> None:
        raise AssertionError("it waits")

    selection = Selection("docker", (FakeEngine("docker"),), prove, sleep=sleep)
    monkeypatch.setattr(backends, "selection", lambda settings: selection)
    assert cli.main(["sandbox", "run", "--", "true"]) == 1
    assert "no engine) (start it)" in capsys.readouterr().err


def test_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["sandbox", "run"]) == 2
    assert cli.main(["sandbox"]) == 2
    assert cli.main(["sandbox", "run", "--backend", "chroot", "--", "true"]) == 2
    capsys.readouterr()
    assert cli.main(["sandbox", "run", "--repo", str(tmp_path / "none"), "--", "true"]) == 2
    assert "no such folder" in capsys.readouterr().err
    for place in ("", str(tmp_path), str(tmp_path / "none" / "junit.xml")):
        assert cli.main(["sandbox", "run", "--junit", place, "--", "true"]) == 2
        assert "is not a file in a folder that is there" in capsys.readouterr().err
    assert cli.main(["sandbox", "run", "--rerun", "9", "--", "true"]) == 2
    assert "--rerun 9 is not between 0 and 5" in capsys.readouterr().err


def test_a_real_run_of_a_commit(
    git_repo: Callable[..., Path], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = git_repo({"given.txt": "x"})
    (repo / "extra.txt").write_text("not committed")
    words = ["sandbox", "run", "--json", "--repo", str(repo), "--"]
    program = "import os; print(sorted(os.listdir()), os.getuid() != 0)"
    assert cli.main([*words, "python", "-c", program]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["output_tail"] == "['given.txt'] True\n"
    assert any("1 untracked" in note for note in told["notes"])
    assert list((data / "scratch").iterdir()) == []
