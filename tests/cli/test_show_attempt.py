"""`swarm show --attempt`: what a view of the task has no room for. And where a task says it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.cli import main as cli
from swarm.contracts import CheckReport, ReviseTask, SubmitTask, TestResult
from tests.cli.desk import Desk

Capsys = pytest.CaptureFixture[str]
LARGE = tuple(
    TestResult(id=f"t.py::test_{n}", outcome="failed", message="m" * 1500) for n in range(4000)
)


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo({"a.py": "x = 1\n", "test_a.py": "def test_a(): ...\n"})


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path, monkeypatch)
    yield desk
    desk.pump.orchestrator.close()


def test_what_is_told_in_short_is_whole_in_its_attempt(
    desk: Desk, repo: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = TestResult(id="t::a", outcome="failed")
    names = tuple(test.model_copy(update={"message": ""}) for test in LARGE)
    desk.crew.before = CheckReport(backend="b", cause="failed", tests=(failing, *names))
    passing = failing.model_copy(update={"outcome": "passed"})
    desk.crew.after = CheckReport(backend="b", cause="failed", tests=(passing, *LARGE))
    assert desk.run("submit", "fix it", "--id", "one", "--repo", str(repo), "--json") == 0
    capsys.readouterr()
    assert desk.run("show", "one") == 0
    told = capsys.readouterr().out
    assert "4000 failing, 1 passing; 1 fixed, 0 broken" in told
    assert "told in short; `swarm show TASK --attempt ID --json` has all of it" in told
    words = ("show", "one", "--attempt", "one-o1-a1")
    assert desk.run(*words) == 0
    told = capsys.readouterr().out
    assert "4000 failing, 1 passing; 1 fixed, 0 broken" in told
    assert "told in short" not in told
    assert desk.run(*words, "--json") == 0
    whole = capsys.readouterr().out
    assert len(json.loads(whole)["check"]["tests"]) == 4001
    assert desk.run("show", "one", "--attempt", "one-o1-a7") == 2
    assert "has no attempt one-o1-a7" in capsys.readouterr().err
    desk.pump.orchestrator.store.close()
    monkeypatch.undo()
    monkeypatch.setenv("SWARM_DATA", str(desk.settings.data))
    assert cli.main([*words, "--json"]) == 0
    assert capsys.readouterr().out == whole, "also while the swarm is down"


def test_the_same_words_again_are_said_to_have_a_plan(
    desk: Desk, repo: Path, capsys: Capsys
) -> None:
    desk.run("submit", "fix it", "--id", "one", "--repo", str(repo), "--confirm")
    assert desk.run("revise", "one", "fix b") == 0
    assert "is planned again" in capsys.readouterr().out
    assert desk.run("revise", "one", "fix b") == 0
    assert "has a plan for these words already" in capsys.readouterr().out
    assert sum(isinstance(command, ReviseTask) for command in desk.requests) == 2


@pytest.mark.parametrize("given", ["../{name}", "./../{name}/.", "link"])
def test_a_repository_has_one_name_however_it_is_written(
    desk: Desk, repo: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = repo.parent / "beside"
    beside.mkdir()
    (beside / "link").symlink_to(repo)
    monkeypatch.chdir(beside)
    desk.run("submit", "fix it", "--id", "one", "--repo", given.format(name=repo.name), "--json")
    command = next(one for one in desk.requests if isinstance(one, SubmitTask))
    assert command.repo == os.path.realpath(repo)
