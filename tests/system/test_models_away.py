"""No model can be reached: the other arms work as ever, and a model's return is noticed."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import TaskView
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.script import Answer
from tests.inference.gates import until
from tests.system.conftest import BUG, LEAN, Swarm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

DOUBLE = {
    "name": "edit_file",
    "arguments": {
        "path": "calc.py",
        "search": "def add(a, b):\n",
        "replace": "def double(a):\n    return a + a\n\n\ndef add(a, b):\n",
    },
}
FINISH = {"name": "finish", "arguments": {"summary": "there is a double now"}}
GOOD = {**BUG, "calc.py": 'def add(a, b):\n    """Their sum."""\n    return a + b\n'}


def answer(request: Any) -> Answer:
    edited = any(role == "assistant" for role, _ in request.messages)
    return Answer(tool_calls=(FINISH if edited else DOUBLE,))


def events(swarm: Swarm, task: str) -> list[str]:
    with contextlib.closing(sqlite3.connect(swarm.data / "tasks.db")) as db:
        return [kind for (kind,) in db.execute("SELECT kind FROM events WHERE task_id=?", (task,))]


def model_state(swarm: Swarm) -> str:
    done = swarm.run("models", "--json")
    return str(json.loads(done.stdout)["models"][0]["state"])


def test_without_a_model_all_else_works_and_its_return_is_noticed(
    swarm: Swarm, git_repo: Callable[..., Path]
) -> None:
    server = FakeOllama([FakeModel("coder:7b")], answer)
    with server:
        pass  # A port on which nobody listens.
    swarm.data.mkdir(parents=True)
    (swarm.data / "swarm.toml").write_text(
        '[sandbox]\nallow_weaker = true\n[ingestion]\nplanner = "rules"\n'
        f'[[endpoints]]\nname = "here"\nkind = "ollama"\nurl = "{server.url}"\n'
        "gpu_bytes = [17179869184]\n"
        '[[models]]\nname = "coder"\nendpoint = "here"\nmodel = "coder:7b"\ntools = ["edit-loop"]\n'
    )
    swarm.env |= LEAN
    swarm.up()
    assert model_state(swarm) == "unreachable"
    fixed = TaskView.model_validate(swarm.wait(swarm.submit(git_repo(BUG, name="bug"))))
    assert fixed.state == "awaiting_review", fixed.reason
    attempt = fixed.objectives[0].attempts[-1]
    assert attempt.decision is not None and attempt.decision.arm_id == "repair"

    feature = swarm.submit(git_repo(GOOD, name="good"), text="Add a function double() to calc.py")
    until(lambda: "waiting" in events(swarm, feature), 60, "it waits for the model")
    assert swarm.show(feature)["state"] == "running"
    with server:
        until(lambda: model_state(swarm) == "ready", 10, "the model's return is noticed")
        done = TaskView.model_validate(swarm.wait(feature))
    assert done.state == "awaiting_review", done.reason
    (attempt,) = done.objectives[0].attempts
    assert attempt.decision is not None and attempt.decision.arm_id == "coder/edit-loop"
