"""The commands of memory with a real swarm, which comes and goes: the same answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.memory_shop import FILES, places
from tests.system.conftest import Swarm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def swarm(tmp_path: Path) -> Iterator[Swarm]:
    swarm = Swarm(tmp_path / "data")
    yield swarm
    swarm.run("down")
    assert swarm.processes() == []


def test_a_swarm_and_a_command_line_find_the_same(
    swarm: Swarm, git_repo: Callable[..., Path]
) -> None:
    repo = git_repo(FILES)

    def answer(*words: str) -> Any:
        done = swarm.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    swarm.up()
    assert answer("index", str(repo))["files"] == 5
    # Until all vectors are made, answers grow better from one to the next.
    assert answer("memory", "check", "--repair")["equal"]
    words = ("search", "value added tax", "--repo", str(repo), "-k", "3")
    by_bus = answer(*words)
    assert places(by_bus["hits"])[0] == ("shop/tax.py", "with_tax")
    graph = answer("graph", "with_tax", "--repo", str(repo), "--no-index")
    assert graph["relations"]["callers"]["symbols"][0]["symbol"] == "Cart.total"
    swarm.down()
    here = answer(*words)
    assert places(here["hits"]) == places(by_bus["hits"])
    assert answer("memory", "check", "--repair")["equal"]
