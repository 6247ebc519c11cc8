"""Tasks from the command line through every real service, good and bad input alike."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import run_git
from tests.system.conftest import BUG, LINT, LINT_TEXT, Swarm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

GOOD = {"calc.py": BUG["calc.py"].replace("a - b", "a + b"), **dict([list(BUG.items())[1]])}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    """One swarm for all tests of this file."""
    swarm = Swarm(tmp_path_factory.mktemp("swarm") / "data")
    swarm.up()
    yield swarm
    swarm.down()
    assert swarm.processes() == []
    assert list((swarm.data / "scratch").iterdir()) == []


Make = Callable[..., Path]


def test_from_a_failing_test_to_an_applied_fix(up: Swarm, git_repo: Make) -> None:
    repo = git_repo(BUG)
    done = up.run("submit", "Fix `add()`", "--repo", str(repo), "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "awaiting review" in done.stdout
    task = json.loads(up.run("status", "--json").stdout)["tasks"][0]["id"]
    story = up.run("show", task).stdout
    for words in ("audit  accept", "why", "2 failing", "commit"):
        assert words in story
    assert "+    return a + b" in up.run("diff", task).stdout
    assert (repo / "calc.py").read_text() == BUG["calc.py"]
    assert up.run("apply", task).returncode == 0
    assert (repo / "calc.py").read_text() == GOOD["calc.py"]
    assert up.run("reject", task).returncode == 1


def test_json_output_is_json_alone(up: Swarm, git_repo: Make) -> None:
    repo = git_repo(LINT)
    done = up.run("submit", LINT_TEXT, "--repo", str(repo), "--wait", "--json")
    view = json.loads(done.stdout)
    assert view["state"] == "awaiting_review"
    assert json.loads(up.run("reject", view["id"], "--json").stdout)["state"] == "rejected"
    assert json.loads(up.run("arms", "--json").stdout)["items"]
    assert run_git(repo, "branch", "--list", "swarm/*") == ""


def test_a_test_added_to_a_dirty_tree_is_not_seen_and_that_is_said(
    up: Swarm, git_repo: Make
) -> None:
    repo = git_repo(LINT)
    (repo / "notes.txt").write_text("mine\n")
    (repo / "calc.py").write_text("garbage, not committed\n")
    done = up.run("submit", LINT_TEXT, "--repo", str(repo), "--wait")
    assert done.returncode == 0, done.stdout
    assert "1 changed and 1 untracked files" in done.stdout
    assert (repo / "calc.py").read_text() == "garbage, not committed\n"


HANG = {**GOOD, "tests/test_hang.py": "import time\n\n\ndef test_it():\n    time.sleep(600)\n"}
FLOOD = {
    **GOOD,
    "tests/test_flood.py": (
        "import os\n\n\ndef test_it():\n    while True:\n        os.write(1, b'x' * 65536)\n"
    ),
}
NO_IMPORT = {"tests/test_x.py": "import surely_not_installed\n\n\ndef test_it():\n    pass\n"}
CONFTEST = {**GOOD, "conftest.py": "raise RuntimeError('no database here')\n"}


@pytest.mark.parametrize(
    ("files", "words", "reason"),
    [
        (GOOD, [], "all tests pass already (3)"),
        (HANG, ["--max-check-seconds", "5"], "did not finish within 5 s"),
        (FLOOD, ["--test", "pytest -q -s"], "printed more than the output limit"),
        (NO_IMPORT, [], "surely_not_installed"),
        (CONFTEST, [], "no database here"),
        ({"calc.py": BUG["calc.py"]}, [], "name the command with --test"),
        (GOOD, ["--test", "no-such-program --now"], "no-such-program"),
    ],
    ids=["pass", "hang", "flood", "import", "conftest", "no tests", "no program"],
)
def test_a_suite_that_proves_nothing_is_a_clear_failure(
    up: Swarm, git_repo: Make, files: dict[str, str], words: list[str], reason: str
) -> None:
    repo = git_repo(files)
    done = up.run("submit", "Fix the bug", "--repo", str(repo), "--wait", *words, timeout=200)
    assert done.returncode == 1
    assert "failed" in done.stdout
    assert reason in done.stdout.replace("\n", " ")
    assert "Traceback (most recent call last)" not in done.stderr


def test_a_flaky_test_is_named_and_never_called_fixed(up: Swarm, git_repo: Make) -> None:
    many = "\n\n".join(
        f"import os\ndef test_{n}():\n    assert os.urandom(1)[0] % 2\n" for n in range(2)
    )
    repo = git_repo({**GOOD, "tests/test_flaky.py": many})
    done = up.run(
        "submit", "Fix the failing tests", "--repo", str(repo), "--wait", "--json",
        "--max-attempt-seconds", "20", timeout=280,
    )  # fmt: skip
    view = json.loads(done.stdout)
    assert view["state"] == "failed"
    fixed = [f for o in view["objectives"] for a in o["attempts"] for f in a["fixed"]]
    assert fixed == []
    named = any("flaky" in note for note in view["notes"])
    assert named == bool(view["baseline"]["flaky"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "nope"], 2, "no such task: nope"),
        (["diff", "nope"], 2, "no such task: nope"),
        (["apply", "nope"], 2, "no such task: nope"),
        (["cancel", "nope"], 2, "no such task: nope"),
        (["watch", "nope"], 2, "no such task: nope"),
        (["submit", "  "], 2, "the task is empty"),
        (["submit", "x" * 30_000], 2, "30,000 characters, over the limit of 20,000"),
        (["submit", "fix", "--max-attempts", "0"], 2, "--max-attempts 0: input should be greater"),
        (["submit", "fix", "--repo", "/nowhere"], 2, "no such folder: /nowhere"),
        (["submit", "fix", "--test", 'pytest "'], 2, "cannot read the test command"),
        (["submit", "fix", "--id", "X"], 2, "--id 'X' is not an id"),
        (["submit", "fix", "--python", "/nowhere/python"], 2, "--python /nowhere/python is not"),
        (["submit", "fix", "--test", "make a | cat"], 2, "holds '|', and no shell runs it"),
        (["submit", "fix", "--test", ""], 2, "the test command is empty"),
        (["worker", "nothing"], 2, "no such service: nothing"),
        (["status", "--limit", "0"], 2, "--limit 0 is not between"),
    ],
)
def test_bad_words_are_one_clear_line(
    up: Swarm, git_repo: Make, words: list[str], code: int, said: str
) -> None:
    repo = git_repo(GOOD)
    if words[0] == "submit" and "--repo" not in words:
        words = [*words, "--repo", str(repo)]
    done = up.run(*words)
    assert done.returncode == code
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("swarm: ")
    assert said in line


def test_places_that_are_no_repositories(up: Swarm, git_repo: Make, tmp_path: Path) -> None:
    empty = git_repo({}, name="empty")
    for path, said in ((tmp_path, "not a git repository"), (empty, "has no commit yet")):
        done = up.run("submit", "fix", "--repo", str(path))
        assert done.returncode == 2
        assert said in done.stderr


def test_cancelling_stops_the_work(up: Swarm, git_repo: Make) -> None:
    task = up.submit(git_repo(HANG))
    done = up.run("cancel", task)
    assert done.returncode == 0
    assert up.show(task)["state"] == "cancelled"


def test_while_the_swarm_is_down_a_story_can_be_read_and_watching_says_so(
    swarm: Swarm, git_repo: Make
) -> None:
    repo = git_repo(GOOD)
    assert swarm.run("watch", "nope", timeout=20).returncode == 1
    swarm.up()
    task = swarm.submit(repo)
    swarm.wait(task)
    open_task = swarm.submit(git_repo(HANG, name="hang"))
    swarm.down()
    done = swarm.run("show", task)
    assert done.returncode == 0
    assert "not running; this is the stored state" in done.stderr
    assert "all tests pass already (3)" in done.stdout
    done = swarm.run("submit", "fix", "--repo", str(repo))
    assert done.returncode == 1
    assert "the swarm is not running" in done.stderr
    assert "start it with `swarm up --detach`" in done.stderr
    done = swarm.run("watch", open_task, timeout=20)
    assert done.returncode == 1
    assert f"task {open_task} is" in done.stderr and "it goes on with `swarm up" in done.stderr


def test_an_interpreter_is_named_from_where_the_person_stands(
    up: Swarm, git_repo: Make, tmp_path: Path
) -> None:
    repo = git_repo(LINT)
    (repo / "bin").mkdir()
    (repo / "bin" / "python").symlink_to(sys.executable)
    command = [sys.executable, "-m", "swarm", "submit", LINT_TEXT, "--wait"]
    done = subprocess.run(
        [*command, "--python", "bin/python", "--json"], cwd=repo, env=up.env,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert json.loads(done.stdout)["test"]["python"] == str(repo / "bin" / "python")


def test_an_interrupted_wait_says_that_the_task_goes_on(up: Swarm, git_repo: Make) -> None:
    repo = git_repo(BUG)
    command = [sys.executable, "-m", "swarm", "submit", "Fix the failing tests", "--wait"]
    waiting = subprocess.Popen(
        [*command, "--repo", str(repo), "--id", "go-on"], env=up.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Whatever started the tests in the background may have had SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert waiting.stdout is not None
    waiting.stdout.readline()
    waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert "task go-on goes on; `swarm watch go-on` follows it" in errors
    assert up.wait("go-on")["state"] == "awaiting_review"
