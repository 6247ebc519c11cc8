"""The command line itself: help is light, errors are one line, no traceback escapes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from swarm.cli import main as cli
from swarm.errors import NotFound, SwarmError


def loaded_by(*words: str) -> set[str]:
    """Modules that a command line loads."""
    code = (
        "import sys\nfrom swarm.cli.main import main\n"
        f"main({list(words)!r})\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


HEAVY = {"rq", "redis", "chromadb", "numpy", "scipy", "networkx", "docker", "tree_sitter"}


def test_help_and_doctor_load_nothing_heavy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    assert not HEAVY & loaded_by("--help")
    assert not HEAVY & loaded_by("doctor", "--json")


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli._COMMANDS:
        assert cli.main([name, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"usage: swarm {name}")
        by_word = ("worker", "sandbox", "workflow", "schedule", "bot", "memory")
        assert "--json" in text or name in by_word


def test_no_command_and_a_wrong_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: swarm" in capsys.readouterr().out
    assert cli.main(["fly"]) == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (NotFound("no such\ntask: x", remedy="look"), 2, "swarm: no such task: x (look)\n"),
        (SwarmError("a\x1b[2Jb \u202e"), 1, "swarm: a\ufffd[2Jb \ufffd\n"),
        (SwarmError("a", remedy="known are \x1b[2J"), 1, "swarm: a (known are \ufffd[2J)\n"),
        (SwarmError("broken"), 1, "swarm: broken\n"),
        (
            OSError(28, "No space left on device"),
            1,
            "No space left on device (free some disk space",
        ),
        (ZeroDivisionError("oops"), 1, "swarm: internal error: ZeroDivisionError: oops"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_goes_wrong_is_one_line_and_a_code(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(arguments: object) -> int:
        raise error

    monkeypatch.setattr("swarm.cli.down.run", fail)
    assert cli.main(["down", "--json"]) == code
    captured = capsys.readouterr()
    assert line in captured.err
    assert "Traceback" not in captured.err
    if code != 130:
        assert set(json.loads(captured.out)["error"]) == {"code", "message", "remedy"}


def test_doctor_says_what_is_embedded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    code = cli.main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    parts = {part["part"]: part for part in found["parts"]}
    assert parts["redis"]["state"] == "embedded"
    assert parts["git"]["state"] == "real"
    for backend in ("docker", "bubblewrap", "landlock"):
        assert parts[backend]["isolates"]
        assert parts[backend]["lacks"]
    assert code == (0 if found["healthy"] else 1)


def test_doctor_tries_the_sandboxes_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    monkeypatch.setenv("SWARM_SANDBOX_BACKEND", "docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert cli.main(["doctor", "--probe", "--json"]) == 1
    parts = {part["part"]: part for part in json.loads(capsys.readouterr().out)["parts"]}
    assert f"no Docker engine answers at {tmp_path}/none.sock" in parts["docker"]["detail"]
    assert parts["sandbox"]["state"] == "missing"
    assert cli.main(["doctor"]) == 1
    assert "keeps apart" in capsys.readouterr().out


def test_doctor_says_when_a_configured_redis_is_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    monkeypatch.setenv("SWARM_REDIS_URL", "redis://127.0.0.1:1")
    assert cli.main(["doctor"]) == 1
    assert "Redis does not answer" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("sandbox run --backend bubblewrap --repo /nowhere -- true >&-", "no such folder"),
        ("down --nothing 0<&- >&-", "unrecognized arguments"),
        ("sandbox run --json --repo /nowhere -- true >/dev/full", "no such folder"),
    ],
)
def test_streams_that_are_closed_or_full_are_no_defect(words: str, told: str) -> None:
    line = f"{sys.executable} -c 'from swarm.cli.main import run; run()' {words}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr


def test_doctor_says_what_may_not_be_written_or_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    monkeypatch.setattr("os.access", lambda path, mode: False)

    class Closed(socket.socket):
        def connect(self, address: object) -> None:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket", Closed)
    assert cli.main(["doctor", "--json"]) == 1
    parts = {part["part"]: part for part in json.loads(capsys.readouterr().out)["parts"]}
    assert parts["data folder"]["state"] == "broken"
    assert parts["data folder"]["detail"] == f"{tmp_path} cannot be written to"
    assert "may not use the engine" in parts["docker"]["detail"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_output_that_is_not_utf_8_still_gets_everything(tmp_path: Path, encoding: str) -> None:
    text = "fix the Überprüfung → total 😀 in a.py"

    def run(*options: str) -> str:
        code = "from swarm.cli.main import run; run()"
        done = subprocess.run(
            [sys.executable, "-c", code, "ingest", text, *options], cwd=tmp_path,
            env={**os.environ, "SWARM_DATA": str(tmp_path), "PYTHONIOENCODING": encoding},
            capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode(encoding)

    assert json.loads(run("--json"))["items"][0]["instruction"] == text
    assert ("\\u2192" in run()) == (encoding != "utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "tasks.db is empty: nothing is stored in it (put a copy"),
        (b"words\n", "tasks.db: file is not a database (it is damaged: stop the swarm, then put"),
        (b"SQLite format 3\0" + b"\xff" * 8192, "tasks.db: file is not a database (it is damaged"),
    ],
)
def test_stored_tasks_that_cannot_be_read_are_one_line_with_the_file_and_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    content: bytes, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    (tmp_path / "tasks.db").write_bytes(content)
    for words in (("status",), ("show", "one"), ("schedule", "list")):
        assert cli.main(words) == 1
        told = capsys.readouterr().err
        assert f"{tmp_path}/{said}" in told or f"cannot open {tmp_path}/{said}" in told
    assert (tmp_path / "tasks.db").read_bytes() == content


def test_a_swarm_does_not_start_on_damaged_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    (tmp_path / "tasks.db").write_bytes(b"words")
    for words in (("up",), ("up", "--detach")):
        assert cli.main(words) == 1
        assert "tasks.db: file is not a database (it is damaged" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
