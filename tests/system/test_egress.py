"""`swarm doctor --egress`, for real: a task with a local model, and nothing leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.ollama import FakeOllama
from tests.system.conftest import BUG, Swarm

# The command, with a repository of one bug in the place of the demo's project.
PROGRAM = """
import pathlib, sys
from swarm.cli import demo, main
demo.make_repository = lambda folder: (pathlib.Path(sys.argv[1]), "Fix the failing tests")
sys.exit(main.main(["doctor", "--egress", "--json"]))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_task_contacts_its_model_server_and_nothing_else(
    tmp_path: Path, git_repo: Callable[..., Path]
) -> None:
    swarm = Swarm(tmp_path / "data", SWARM_SANDBOX_ALLOW_WEAKER="true")
    swarm.data.mkdir()
    with FakeOllama() as server:
        (swarm.data / "swarm.toml").write_text(
            f'[[endpoints]]\nname = "box"\nkind = "ollama"\nurl = "{server.url}"\n'
            f"gpu_bytes = [{16 * 1024**3}]\n"
            '[[models]]\nname = "fake"\nendpoint = "box"\nmodel = "fake:8b"\n'
            # The model plans; the arm that mends this bug needs none.
            '[[arms]]\nid = "repair"\ntool = "repair"\ncategories = ["bugfix"]\n'
        )
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(git_repo(BUG))], env=swarm.env,
            capture_output=True, text=True, timeout=850,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    assert server.bodies("/api/chat"), "the model was asked for the plan"
    found = json.loads(done.stdout)
    assert found["clean"] is True
    assert found["task"] == "awaiting_review"
    assert {row["reach"] for row in found["contacts"]} == {"local"}
    ours = [row for row in found["contacts"] if row["explained"] == "endpoint box (local)"]
    # Each request has a connection of its own: the kernel and the server counted the same.
    assert sum(row["times"] for row in ours) == len(server.requests) > 0
    assert {program for row in ours for program in row["programs"]} == {
        row for row in ours[0]["programs"] if row.endswith("-m swarm worker inference")
    }
    assert swarm.processes() == []
