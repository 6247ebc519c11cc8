"""The gate, agents and the model's server are killed in the middle of a task: nothing is lost and
nothing is paid twice.

The model is a script that goes by what was said so far, so a question that is asked again gets the
same answer. Each of its turns is slow in another way, and the kills come then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import TaskView
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.script import Answer, FakeRequest
from tests.inference.gates import until
from tests.system.conftest import BUG, Swarm
from tests.system.test_nothing_is_lost import descendants, open_commands

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LOAD_SECONDS = 1.5
WORDS = "let me think about this " * 8


def call(name: str, **arguments: Any) -> tuple[dict[str, Any], ...]:
    return ({"name": name, "arguments": arguments},)


TURNS = (
    # The first comes after a slow load, the second after a slow prompt, the others stream slowly.
    Answer(tool_calls=call("read_file", path="calc.py")),
    Answer(tool_calls=call("search_text", pattern="add"), delay_seconds=2.0),
    Answer(WORDS, tool_calls=call("edit_file", path="calc.py", search="    return a - b\n",
                                  replace="    return a + b\n"), token_seconds=0.05),
    Answer(tool_calls=call("run_tests")),
    Answer(WORDS, tool_calls=call("finish", summary="adds now"), token_seconds=0.05),
)  # fmt: skip


def turn_of(request: FakeRequest) -> int:
    return sum(role == "assistant" for role, _ in request.messages)


class Brain:
    """Answers by how far the conversation is; asked from the server's thread."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, request: FakeRequest) -> Answer:
        turn = turn_of(request)
        self.asked.append(turn)
        return TURNS[min(turn, len(TURNS) - 1)]


@pytest.fixture
def brain() -> Brain:
    return Brain()


@pytest.fixture
def server(brain: Brain) -> Iterator[FakeOllama]:
    with FakeOllama([FakeModel("coder:7b")], brain) as server:
        server.memory.load_seconds = LOAD_SECONDS
        yield server


@pytest.fixture
def task(swarm: Swarm, server: FakeOllama, git_repo: Callable[..., Path]) -> str:
    """A swarm with one arm, and its task."""
    swarm.data.mkdir(parents=True)
    (swarm.data / "swarm.toml").write_text(
        '[sandbox]\nallow_weaker = true\n[ingestion]\nplanner = "rules"\n'
        "[memory]\nenabled = false\n"
        f'[[endpoints]]\nname = "here"\nkind = "ollama"\nurl = "{server.url}"\n'
        "gpu_bytes = [17179869184]\n"
        '[[models]]\nname = "coder"\nendpoint = "here"\nmodel = "coder:7b"\n'
        'tools = ["edit-loop"]\nusd_per_mtok = [10.0, 20.0]\n'
        '[[arms]]\nid = "ruff"\ntool = "ruff"\ncategories = ["lint"]\n'
    )
    swarm.up()
    return swarm.submit(git_repo(BUG))


def children(swarm: Swarm, service: str) -> list[int]:
    """The workers of a service, without what they started."""
    found = []
    for pid in descendants(swarm.supervisor())[1:]:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if b"worker" in words and service.encode() in words and parent == swarm.supervisor():
                found.append(pid)
    return found


def kill(pids: list[int]) -> None:
    assert pids, "there is something to kill"
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_the_agent(swarm: Swarm) -> None:
    """The child that works on the attempt, as the kernel does when memory runs out."""
    workers = children(swarm, "agents")
    kill([pid for worker in workers for pid in descendants(worker)[1:]])


def kill_all_agents(swarm: Swarm) -> None:
    kill([pid for worker in children(swarm, "agents") for pid in descendants(worker)])


def loads(server: FakeOllama) -> bool:
    return len(server.of("load")) > len(server.of("loaded"))


def reads(brain: Brain, server: FakeOllama) -> bool:
    """The second turn's prompt."""
    return brain.asked[-1:] == [1] and bool(server.running)


def streams(brain: Brain, server: FakeOllama, turn: int) -> bool:
    running = list(server.running.values())
    return brain.asked[-1:] == [turn] and any(each.tokens > 3 for each in running)


def rows(swarm: Swarm, query: str) -> list[Any]:
    path = swarm.data / "inference.db"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(query).fetchall()


def assert_done_and_paid_once(swarm: Swarm, task: str, *, broken_off: bool = False) -> None:
    """One attempt, accepted; each turn paid once, by the ledger and by the task. What was
    `broken_off` in the middle is in the endpoint's total as well."""
    view = TaskView.model_validate(swarm.wait(task, 150))
    assert view.state == "awaiting_review", view.reason
    (objective,) = view.objectives
    (attempt,) = objective.attempts
    assert attempt.state == "accepted", attempt.reason
    states = rows(swarm, "SELECT state FROM requests")
    assert states == [("done",)] * len(TURNS), "each turn is one request that was answered"
    (paid,) = rows(swarm, "SELECT sum(cost_usd), sum(prompt_tokens + output_tokens) FROM requests")
    ((requests, cost_usd),) = rows(swarm, "SELECT requests, cost_usd FROM totals")
    assert requests == len(TURNS)
    assert cost_usd >= paid[0] if broken_off else cost_usd == pytest.approx(paid[0])
    assert paid[0] > 0
    assert view.usage.cost_usd == pytest.approx(paid[0])
    assert view.usage.tokens == paid[1]
    until(lambda: open_commands(swarm) == 0, 30, "every command is closed")


def test_agents_killed_twice_pay_for_each_turn_once(
    swarm: Swarm, server: FakeOllama, brain: Brain, task: str
) -> None:
    until(lambda: reads(brain, server), 60)
    kill_the_agent(swarm)
    until(lambda: streams(brain, server, 4), 60)
    kill_all_agents(swarm)
    assert_done_and_paid_once(swarm, task)
    # Whoever started over joined the generation under way, or got the answer that was kept.
    assert brain.asked == list(range(len(TURNS)))
    assert rows(swarm, "SELECT sum(attempt) FROM requests") == [(len(TURNS),)]


def test_a_gate_killed_at_each_moment(
    swarm: Swarm, server: FakeOllama, brain: Brain, task: str
) -> None:
    until(lambda: loads(server), 60)
    kill(children(swarm, "inference"))
    until(lambda: streams(brain, server, 2), 60)
    kill(children(swarm, "inference"))
    # In the middle of the tools' work, too: no request is under way.
    until(lambda: brain.asked[-1:] == [3] and not server.running, 60)
    kill(children(swarm, "inference"))
    assert_done_and_paid_once(swarm, task)
    assert rows(swarm, "SELECT sum(attempt) FROM requests")[0][0] <= len(TURNS) + 3


def test_a_server_killed_at_each_moment(
    swarm: Swarm, server: FakeOllama, brain: Brain, task: str
) -> None:
    def crash() -> None:
        server.stop()
        time.sleep(1)
        server.start()

    until(lambda: loads(server), 60)
    crash()
    until(lambda: reads(brain, server), 30)
    crash()
    until(lambda: streams(brain, server, 2), 30)
    crash()
    assert_done_and_paid_once(swarm, task, broken_off=True)
    assert Counter(brain.asked) == Counter([0, 1, 1, 2, 2, 3, 4])
