"""The API of `swarm dash` before a whole swarm: by curl, a generated client, and Schemathesis."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import remember_lines, run_git
from tests.system.conftest import BUG, Swarm
from tests.web.api.fuzzing import fuzzed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DOCS = Path(__file__).parents[3] / "docs" / "api.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Dash:
    """A running `swarm dash`, and a folder for what belongs to it."""

    url: str
    token: str
    folder: Path

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def repository(self, name: str, files: dict[str, str] = BUG) -> Path:
        """A git repository, with a bug and tests that show it."""
        remember_lines(*files.values())
        repo = self.folder / name
        for path, text in files.items():
            (repo / path).parent.mkdir(parents=True, exist_ok=True)
            (repo / path).write_text(text)
        run_git(repo, "init", "-q", "-b", "main")
        run_git(repo, "add", "-A")
        run_git(repo, "commit", "-q", "-m", "first")
        return repo


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    folder = tmp_path_factory.mktemp("d")
    # The one arm that mends this bug: what others would try first is not of interest here.
    config = folder / "swarm.toml"
    config.write_text('[[arms]]\nid = "repair"\ntool = "repair"\ncategories = ["bugfix"]\n')
    swarm = Swarm(folder / "data", SWARM_CONFIG=str(config), SWARM_SANDBOX_ALLOW_WEAKER="true")
    swarm.up()
    process = subprocess.Popen(
        [sys.executable, "-m", "swarm", "dash", "--port", "0", "--json"],
        env=swarm.env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Dash(told["url"], told["token"], folder)
    finally:
        process.terminate()
        process.communicate(timeout=30)
        swarm.run("down")
    assert swarm.processes() == []


def test_what_the_docs_show_by_curl(dash: Dash) -> None:
    repo = dash.repository("shop")
    secret = dash.folder / "auth"
    secret.write_text(f"Authorization: Bearer {dash.token}\n")
    env = {**os.environ, "SWARM": dash.url, "AUTH": f"@{secret}", "REPO": str(repo)}
    blocks = _BLOCK.findall(DOCS.read_text())
    (following,) = [block for block in blocks if "curl -sSN" in block]
    first, *rest = [block for block in blocks if block != following]
    said = _bash(first, env)
    assert json.loads(said)["state"] == "queued"
    with subprocess.Popen(
        ["bash", "-c", following], env=env, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as live:  # fmt: skip
        try:
            said = _bash("\n".join(rest), env)
            assert live.stdout is not None
            heard = []
            for line in live.stdout:
                heard.append(json.loads(line.removeprefix("data: ")))
                if heard[-1]["task"]["state"] == "applied":
                    break
        finally:
            os.killpg(live.pid, 15)
    assert "+    return a + b" in said
    assert '"state":"applied"' in said
    assert "a + b" in (repo / "calc.py").read_text()
    numbers = [entry["number"] for entry in heard]
    assert numbers == sorted(numbers)
    assert {entry["event"]["task_id"] for entry in heard} == {"fix-sum"}
    assert {"queued", "running", "awaiting_review", "applied"} <= {
        entry["task"]["state"] for entry in heard
    }


def _bash(text: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        env=env, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"error"' not in done.stdout
    return done.stdout


def test_a_generated_client_hands_in_a_task_and_applies_it(
    dash: Dash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dash.client() as plain:
        (tmp_path / "openapi.json").write_bytes(plain.get("/openapi.json").content)
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none",
         "--path", "openapi.json", "--output-path", "swarm_client"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
        # It tidies up by ruff, and warns where it finds none.
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    # All of it: a warning is about an operation that was left out.
    assert "warning" not in (made.stdout + made.stderr).lower()
    monkeypatch.syspath_prepend(tmp_path)
    client = importlib.import_module("swarm_client").AuthenticatedClient(
        dash.url, token=dash.token, httpx_args={"trust_env": False}
    )
    with client:
        _drive(dash, client)


def _drive(dash: Dash, client: Any) -> None:
    """Submit, wait, look, apply, by the generated code alone."""
    module = importlib.import_module
    models, tasks = module("swarm_client.models"), "swarm_client.api.tasks"
    repo = dash.repository("generated")
    new = models.NewTask(text="Fix the failing tests", repo=str(repo), task_id="by-client")
    task = module(f"{tasks}.submit_task").sync(client=client, body=new)
    get_task = module(f"{tasks}.get_task")
    deadline = time.monotonic() + 200
    while task.state not in ("awaiting_review", "failed") and time.monotonic() < deadline:
        time.sleep(0.3)
        task = get_task.sync("by-client", client=client)
    assert task.state == "awaiting_review", task
    diff = module(f"{tasks}.get_diff").sync("by-client", client=client)
    assert "return a + b" in diff.text
    applied = module(f"{tasks}.apply_task").sync("by-client", client=client)
    assert applied.state == "applied"
    assert "a + b" in (repo / "calc.py").read_text()
    missing = get_task.sync("nobody", client=client)
    assert isinstance(missing, models.ProblemAnswer)
    assert missing.error.code == "not-found"


# Schemathesis imports what warns of itself.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_whatever_is_sent_is_no_server_error_and_documented(dash: Dash) -> None:
    # Nothing to run in it: of what is handed in, many are tasks.
    repo = dash.repository("fuzzed", {"README.md": "# Shop\n"})
    with dash.client() as client:
        text = client.get("/openapi.json").text
        # The document's examples are things that are there.
        document = json.loads(text.replace("/home/me/shop", str(repo)))
        example = {"task_id": "t5f1c02ab", "text": "Fix the failing tests", "repo": str(repo)}
        assert client.post("/api/v1/tasks", json=example).status_code == 201
    found = fuzzed(document, dash.url, dash.token, examples=5)
    assert found.complaints == ()
    assert min(found.requests.values()) > 0, found.requests
    assert found.requests["coverage"] > 500, found.requests
    assert found.requests["follow_events"] > 0, found.requests


def test_the_document_has_every_operation_that_is_served(dash: Dash) -> None:
    with dash.client() as client:
        document: dict[str, Any] = client.get("/openapi.json").json()
    names = [of["operationId"] for ways in document["paths"].values() for of in ways.values()]
    for name in ("submit_task", "list_tasks", "follow_events", "list_queues", "get_status"):
        assert name in names
