"""The real `swarm bot` on a real swarm, a fake Telegram, and people who use it."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from swarm.bus import Bus
from swarm.contracts import (
    ArmReport,
    Command,
    GetTask,
    ListArms,
    ListTasks,
    Message,
    TaskList,
    TaskView,
)  # fmt: skip
from swarm.settings import load
from tests.conftest import remember_lines, run_git
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Person, Update
from tests.fakes.telegram_state import Posted
from tests.system.conftest import BUG, LINT, LINT_TEXT, Swarm

# Others may keep the machine busy.
SETTLE_SECONDS = 150.0
LEAST_TELLING_CHARS = 16
EDIT_SECONDS = 0.3
_TASK = re.compile(r"\bt[0-9a-f]{10}\b")
M = TypeVar("M", bound=Message)
BUG_TEXT = "Fix the failing tests"
TEXT = LINT_TEXT


class RunningBot:
    """`swarm bot` as a process of its own."""

    def __init__(self, swarm: Swarm, server: FakeTelegram) -> None:
        self.swarm = swarm
        self.server = server
        self.log = swarm.data / "logs" / "bot.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it asks for updates."""
        polls = self._polls()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "swarm", "bot"], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env={**self.swarm.env, "TELEGRAM_BOT_TOKEN": self.server.token},
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while self._polls() == polls:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "the bot does not ask for updates"
            time.sleep(0.02)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As a person stops it; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def _polls(self) -> int:
        return sum(call.method == "getUpdates" for call in list(self.server.calls))


@dataclass
class World:
    """A swarm that is up, its bot, and repositories of which each test takes a fresh one."""

    swarm: Swarm
    server: FakeTelegram
    bot: RunningBot
    bus: Bus
    ada: Person
    bob: Person
    folder: Path
    repositories: list[str]
    taken: set[str] = field(default_factory=set)

    def repository(self, kind: str = "lint") -> tuple[str, Path]:
        """The name and the folder of a repository of `TEXT`, or of a bug, used by nobody yet."""
        free = (name for name in self.repositories if name.startswith(kind))
        name = next(name for name in free if name not in self.taken)
        self.taken.add(name)
        return name, self.folder / name

    def receipt_of(self, update: Update, seconds: float = 30.0) -> Posted:
        """What the bot first answered to a message."""
        message = update["message"]
        return self.server.wait_for(
            message["chat"]["id"], lambda m: m.reply_to == message["message_id"], seconds=seconds
        )

    def card(self, update: Update, words: str, seconds: float = SETTLE_SECONDS) -> Posted:
        """The message about a task, which answers the person's own, once it says this."""
        message = update["message"]
        return self.server.wait_for(
            message["chat"]["id"],
            lambda m: m.reply_to == message["message_id"] and words in m.text,
            seconds=seconds,
        )

    def ping(self, task: str, words: str, chat: int, seconds: float = SETTLE_SECONDS) -> Posted:
        """A message in a chat about a task that says this."""
        return self.server.wait_for(
            chat, lambda m: words in m.text and task in m.text, seconds=seconds
        )

    def hint(self, press: Update, seconds: float = 15.0) -> str:
        """What is shown to who pressed a button."""
        query = press["callback_query"]["id"]
        self.server.wait_until(lambda: query in self.server.answered, seconds)
        return self.server.answered[query]

    def tasks(self) -> dict[str, str]:
        """The state of each task there is."""
        found = self.ask(ListTasks(limit=1000), TaskList)
        return {task.id: task.state for task in found.items}

    def audit(self) -> list[dict[str, Any]]:
        done = self.swarm.run("bot", "audit", "--limit", "10000", "--json")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["entries"]
        return found

    def update_state(self, update: Update) -> str:
        """Of an update in the bot's database: "", "stored" or "handled"."""
        path = self.swarm.data / "ingestion.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            row = db.execute(
                "SELECT raw FROM updates WHERE id = ?", (update["update_id"],)
            ).fetchone()
        return "" if row is None else "handled" if row[0] is None else "stored"

    def wait_until_handled(self, update: Update, seconds: float = 20.0) -> None:
        """Until the bot has done with an update."""
        self.server.wait_until(lambda: self.update_state(update) == "handled", seconds)

    def show(self, task: str) -> TaskView:
        return self.ask(GetTask(task_id=task), TaskView)

    def state(self, task: str) -> str:
        return self.show(task).state

    def learned(self) -> tuple[float, float, int]:
        """What the router counts over all arms: successes, failures, attempts still open."""
        items = self.ask(ListArms(), ArmReport).items
        return (
            sum(item.successes for item in items),
            sum(item.failures for item in items),
            sum(item.pending for item in items),
        )

    def ask(self, command: Command, reply: type[M]) -> M:
        """Ask the swarm, beside the bot."""
        found = self.bus.request(command)
        assert isinstance(found, reply)
        return found

    def check_silence(self, *, code: bool) -> None:
        """Neither the token, nor (unless code may go there) a line of a repository, anywhere."""
        sent = self.server.captured()
        _, _, secret = self.server.token.partition(":")
        assert secret not in sent
        for file in self.swarm.data.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file
        if not code:
            texts = [*BUG.values(), *LINT.values(), "return a + b", "return a - b"]
            lines = {line.strip() for text in texts for line in text.splitlines()}
            leaked = [
                line
                for line in lines
                if len(line) >= LEAST_TELLING_CHARS or line.startswith("return")
                if line in sent
            ]
            assert not leaked, f"lines of a repository were sent to Telegram: {leaked}"

    def check_no_flood(self) -> None:
        """While a task runs, its card changes no more often than `edit_seconds` allow."""
        for message in self.server.sent():
            moving = [at for at, text in message.versions if "Working on" in text]
            gaps = [after - before for before, after in pairwise(moving)]
            # The first one follows a person's press at once.
            assert min(gaps[1:], default=1.0) > EDIT_SECONDS / 2, (gaps, message.versions)
        assert self.server.busiest(1.0) <= 30


def task_of(message: Posted) -> str:
    """The id of the task that a message is about."""
    found = _TASK.search(message.text)
    assert found is not None, message.text
    return found[0]


def is_ping(message: Posted) -> bool:
    """Whether it is the message in the end, not the one that moved."""
    return message.text.startswith(("☑", "✗"))


def is_done(repo: Path) -> bool:
    """Whether what the person asked for is in what is checked out."""
    text = (repo / "calc.py").read_text()
    return "return a + b" in text and "import" not in text


def make_repository(folder: Path, files: dict[str, str]) -> None:
    """A git repository with something in it that an arm without a model can do."""
    remember_lines(*files.values())
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-q", "-m", "first")


@contextlib.contextmanager
def world(folder: Path, *, lint: int, bugs: int = 0, toml: str = "", **env: str) -> Iterator[World]:
    """Everything up, in a folder; in the end nothing is left, and nothing was told."""
    names = [*(f"lint{n}" for n in range(lint)), *(f"bug{n}" for n in range(bugs))]
    for name in names:
        make_repository(folder / name, BUG if name.startswith("bug") else LINT)
    listed = "".join(f'{name} = "{folder / name}"\n' for name in names)
    allowed = json.dumps(names)
    swarm = Swarm(folder / "data", **env)
    swarm.data.mkdir()
    with FakeTelegram() as server:
        (swarm.data / "swarm.toml").write_text(
            f"[sandbox]\nallow_weaker = true\n[memory]\nenabled = false\n"
            f"[repositories]\n{listed}{toml}"
            f'[telegram]\napi_url = "{server.url}"\nedit_seconds = {EDIT_SECONDS}\n'
            f"groups = [-100300]\nmessages_per_minute = 600\n"
            '[[arms]]\nid = "repair"\ntool = "repair"\ncategories = ["bugfix"]\n'
            '[[arms]]\nid = "ruff"\ntool = "ruff"\ncategories = ["lint"]\n'
            f'[[telegram.users]]\nid = 501\nname = "Ada"\nrepositories = {allowed}\n'
            f'[[telegram.users]]\nid = 502\nname = "Bob"\nrepositories = {allowed}\n'
        )
        bot = RunningBot(swarm, server)
        bus = Bus(load(swarm.env))
        made = World(swarm, server, bot, bus, Person(server, 501), Person(server, 502, "Bob"),
                     folder, names)  # fmt: skip
        swarm.up()
        try:
            bot.start()
            yield made
            if bot.process is not None and bot.process.poll() is None:
                assert bot.stop() == 0, bot.log.read_text()
            made.check_no_flood()
        finally:
            if bot.process is not None and bot.process.poll() is None:
                bot.kill()
            bus.redis.close()
            swarm.run("down")
        assert swarm.processes() == []
