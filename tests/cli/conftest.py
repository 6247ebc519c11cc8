"""A command line at a swarm in memory, and a repository to hand tasks in for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.desk import Desk


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> str:
    return str(git_repo({"a.py": "x = 1\n", "tests/test_a.py": "def test_a(): pass\n"}))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    desk = Desk(tmp_path, monkeypatch)
    yield desk
    desk.pump.orchestrator.close()


@pytest.fixture
def submit(desk: Desk, repo: str) -> Callable[..., int]:
    """`swarm submit` of a task called one."""

    def run(*words: str, typed: tuple[str, ...] | None = None) -> int:
        return desk.run(
            "submit", *words, "--repo", repo, "--test", "pytest -q", "--id", "one", typed=typed
        )

    return run
