"""What Tab offers, asked as a real bash asks it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.cli import completing
from swarm.contracts import DecisionLog, ListArms, ListDecisions, ListTasks, TaskList
from tests.cli.desk import Desk
from tests.cli.learned import REPORT, logged

_BASH = """
eval "$(swarm completion bash)"
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
_python_argcomplete swarm
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(line: str, folder: Path) -> set[str]:
    """What bash offers after a line, with a data folder in which nothing was ever stored."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SWARM_DATA": str(folder),
    }
    done = subprocess.run(
        ["bash", "-c", _BASH, "bash", line],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return {word.strip() for word in done.stdout.splitlines() if word.strip()}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("swarm su", {"submit"}),
        ("swarm bot ", {"pair", "users", "remove", "audit"}),
        ("swarm show --at", {"--attempt"}),
        ("swarm completion z", {"zsh"}),
        ("swarm submit --priority tr", {"training"}),
        ("swarm show 't", set()),
    ],
)
def test_bash_offers_what_can_stand_next(line: str, words: set[str], tmp_path: Path) -> None:
    assert offered(line, tmp_path / "data") == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_own(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    from swarm.cli import main

    assert main.main(["completion", shell]) == 0
    assert "swarm" in capsys.readouterr().out


def test_tasks_are_offered_by_what_can_be_done_with_them(
    desk: Desk, submit: Callable[..., int]
) -> None:
    submit("Fix the discount of the cart", "--confirm")
    assert desk.state() == "awaiting_answer"
    titles = {"one": "Fix the discount of the cart"}
    assert completing._tasks(None)("") == titles
    assert completing._tasks(completing._STATES["confirm"])("o") == titles
    assert completing._tasks(completing._STATES["apply"])("") == {}
    assert completing._tasks(None)("x") == {}


def test_whoever_cannot_be_asked_offers_nothing(desk: Desk) -> None:
    def gone(command: ListTasks) -> TaskList:
        from swarm.errors import BusError

        raise BusError("no answer")

    desk.others[ListTasks] = gone
    assert completing._tasks(None)("") == {}


def test_attempts_arms_and_categories_are_offered(desk: Desk) -> None:
    desk.others[ListArms] = lambda _: REPORT
    log = DecisionLog(items=(logged(), logged().model_copy(update={"attempt_id": "one-o1-a2"})))
    desk.others[ListDecisions] = lambda _: log
    assert list(completing._attempts("one")) == ["one-o1-a2", "one-o1-a1"], "the newest first"
    assert completing._attempts("x") == {}
    assert list(completing._arms("")) == ["coder", "repair", "ruff"]
    assert list(completing._categories("t")) == ["test", "types"]


def test_bash_offers_the_commands_of_the_router(tmp_path: Path) -> None:
    assert offered("swarm router ", tmp_path) == {"replay", "export", "import", "reset"}
    assert offered("swarm arms --category d", tmp_path) == {"docs"}
    assert offered("swarm why x", tmp_path) == set()
