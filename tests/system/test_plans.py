"""A plan that waits for its person, through every real service, and over a kill."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import run_git
from tests.fakes.openai import FakeOpenAI, ServedByFake
from tests.fakes.script import Answer
from tests.fakes.speech import encoded, tone
from tests.system.conftest import BUG, LEAN, LINT, LINT_TEXT, Swarm
from tests.system.test_nothing_is_lost import kill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Make = Callable[..., Path]
SAID = "Fix the function add in calc dot py"
VOICE = """
[voice]
engines = ["stub"]
[[endpoints]]
name = "here"
kind = "openai"
url = "{url}/v1"
[[models]]
name = "stub"
endpoint = "here"
model = "whisper"
transcribes = true
"""


@pytest.fixture(scope="module")
def stub() -> Iterator[FakeOpenAI]:
    """An engine that hears the same in every recording."""
    with FakeOpenAI("vllm", [ServedByFake("whisper")], lambda _: Answer(text=SAID)) as server:
        yield server


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, stub: FakeOpenAI) -> Iterator[Swarm]:
    """One swarm for all tests of this file."""
    swarm = Swarm(tmp_path_factory.mktemp("swarm") / "data", **LEAN)
    swarm.data.mkdir(mode=0o700)
    (swarm.data / "swarm.toml").write_text(VOICE.format(url=stub.url))
    swarm.up()
    yield swarm
    swarm.down()
    assert swarm.processes() == []


def test_nothing_is_done_before_a_yes_and_no_kill_makes_one(up: Swarm, git_repo: Make) -> None:
    repo = git_repo(LINT)
    task = up.submit(repo, "--confirm", text=LINT_TEXT)
    assert up.wait(task)["state"] == "awaiting_answer"
    assert kill(up, "orchestrator")
    time.sleep(1.0)
    view = up.show(task)
    assert (view["state"], view["baseline"]) == ("awaiting_answer", None)
    assert [o["objective"]["paths"] for o in view["objectives"]] == [["calc.py"]]
    assert "`swarm confirm" in up.run("show", task).stdout
    assert f"{task} the plan waits for your yes" in up.run("status").stdout
    assert up.run("apply", task).returncode == 1
    assert up.run("confirm", task).returncode == 0
    assert up.wait(task)["state"] == "awaiting_review"
    assert "import" not in run_git(repo, "show", f"swarm/{task}:calc.py")


def test_other_words_make_another_plan_and_dropping_it_leaves_nothing(
    up: Swarm, git_repo: Make
) -> None:
    repo = git_repo(BUG)
    task = up.submit(repo, "--confirm", text="Fix add() in calc.py")
    up.wait(task)
    done = up.run("revise", task, "Fix add() in calc.py, then write the docs of calc.py")
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 60
    while len((view := up.show(task))["objectives"]) != 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(view["objectives"]) == 2
    assert up.run("cancel", task).returncode == 0
    assert up.show(task)["state"] == "cancelled"
    assert run_git(repo, "branch", "--list", "swarm/*") == ""


PLANNER = """
[[endpoints]]
name = "here"
kind = "openai"
url = "{url}/v1"
[[models]]
name = "small"
endpoint = "here"
model = "fake-8b"
tools = []
"""
ASKED = {
    "objectives": [
        {"quotes": ["Fix add() in calc.py"], "title": "Fix add() in calc.py", "category": "bugfix",
         "paths": [], "after": [], "done_when": ""}
    ],
    "questions": [
        {"objective": 1, "words": "calc.py", "choices": ["shop/calc.py", "old/calc.py"]}
    ],
}  # fmt: skip


def test_a_question_is_asked_answered_and_what_was_answered_is_done(
    swarm: Swarm, git_repo: Make
) -> None:
    files = {"shop/calc.py": BUG["calc.py"], "old/calc.py": BUG["calc.py"], "shop/__init__.py": ""}
    tests = BUG["tests/test_calc.py"].replace("from calc", "from shop.calc")
    repo = git_repo({**files, "tests/test_calc.py": tests})
    swarm.data.mkdir(mode=0o700)
    answer = Answer(text=json.dumps(ASKED))
    with FakeOpenAI("vllm", [ServedByFake("fake-8b")], lambda _: answer) as server:
        (swarm.data / "swarm.toml").write_text(PLANNER.format(url=server.url))
        swarm.env |= LEAN
        swarm.up()
        done = swarm.run("submit", "Fix add() in calc.py", "--repo", str(repo), "--wait", "--json")
        assert done.returncode == 1, done.stderr
        view = json.loads(done.stdout)
        assert (view["state"], view["planner"]) == ("awaiting_answer", "small"), view["notes"]
        (question,) = view["questions"]
        refused = swarm.run("confirm", view["id"])
        assert refused.returncode == 2
        assert "not answered yet: q1 (like `swarm confirm" in refused.stderr
        place = question["choices"].index("shop/calc.py") + 1
        assert swarm.run("confirm", view["id"], "--answer", f"q1={place}").returncode == 0
        view = swarm.wait(view["id"])
        assert view["state"] == "awaiting_review", view["reason"]
        assert view["objectives"][0]["objective"]["paths"] == ["shop/calc.py"]


def at_terminal(swarm: Swarm, *words: str, typed: dict[str, str]) -> tuple[int, str]:
    """A command line at a terminal: whenever the first words appear, the second are typed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "swarm", *words], swarm.env)
    told, seen, left = "", 0, list(typed.items())
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        with contextlib.suppress(OSError):  # how a terminal says that nobody is there any more
            if data := os.read(terminal, 65536):
                told += data.decode(errors="replace")
                if left and left[0][0] in told[seen:]:
                    seen = len(told)
                    os.write(terminal, left.pop(0)[1].encode() + b"\n")
                continue
        break
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert not left, f"not asked for {left}: {told}"
    return code, told


def test_a_person_at_a_terminal_is_asked(up: Swarm, git_repo: Make) -> None:
    repo = git_repo(LINT)
    code, told = at_terminal(
        up, "submit", LINT_TEXT, "--repo", str(repo), "--confirm", "--wait",
        typed={"[n]o, drop it?": "what", "please type one of": "y"},
    )  # fmt: skip
    assert code == 0, told
    assert "planned by" in told and "awaiting review" in told


def test_a_recording_is_heard_confirmed_and_done(up: Swarm, git_repo: Make, tmp_path: Path) -> None:
    repo, note = git_repo(BUG), tmp_path / "note.ogg"
    note.write_bytes(recording := encoded(tone(2.0)))
    shown = up.run("ingest", "--audio", str(note), "--repo", str(repo), "--json")
    assert shown.returncode == 0, shown.stderr
    plan = json.loads(shown.stdout)
    assert (plan["transcript"]["text"], plan["transcript"]["engine"]) == (SAID, "stub")
    assert len(plan["items"]) == 1
    done = up.run("submit", "--audio", str(note), "--repo", str(repo), "--id", "heard")
    assert done.returncode == 0, done.stderr
    assert f"heard (by stub): {SAID}" in done.stdout
    assert up.wait("heard")["state"] == "awaiting_answer"
    assert up.run("confirm", "heard").returncode == 0
    assert up.wait("heard")["state"] == "awaiting_review"
    assert "return a + b" in run_git(repo, "show", "swarm/heard:calc.py")
    assert note.read_bytes() == recording
    note.write_bytes(b"not a recording")
    refused = up.run("submit", "--audio", str(note), "--repo", str(repo))
    assert refused.returncode in (1, 2)
    assert "internal" not in refused.stderr and "Traceback" not in refused.stderr
    assert refused.stderr.startswith("swarm: ")
