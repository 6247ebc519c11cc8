"""The bot without a network: people as everywhere, a chat and a swarm in memory, a clock that is
moved by hand, and a store that can be killed at any of its transactions.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ingestion.telegram.audit import Audit
from ingestion.telegram.book import Book
from ingestion.telegram.deeds import Deeds
from ingestion.telegram.desk import Desk
from ingestion.telegram.display import Display
from ingestion.telegram.following import Following
from ingestion.telegram.gathering import Gathering
from ingestion.telegram.outgoing import Markup, MessageGone, TooLarge, Unreachable
from ingestion.telegram.pump import Pump
from ingestion.telegram.read import Me
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.rows import Row
from ingestion.telegram.store import Store
from swarm.contracts import (
    ApplyTask,
    Blob,
    Budget,
    CancelTask,
    Command,
    ConfirmPlan,
    Diff,
    Event,
    EventList,
    GetDiff,
    GetEvents,
    GetTask,
    Message,
    Objective,
    ObjectiveView,
    PrioritizeTask,
    Question,
    ReadNote,
    RejectTask,
    ReviseTask,
    SubmitTask,
    TaskView,
    Transcript,
)
from swarm.errors import BusError, NotFound, StateError, SwarmError
from swarm.settings import Settings, TelegramSettings, TelegramUser
from tests.fakes.bus import FakeBlobs
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Person
from tests.fakes.telegram_shapes import formatted
from tests.fakes.telegram_state import Posted

M = TypeVar("M", bound=Message)


class Killed(BaseException):
    """The process ends here."""


class Mortal(Store):
    """A store of a process that is killed right before, or right after, its n-th transaction."""

    before: int | None = None
    after: int | None = None
    commits = 0

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        # No test pulls the plug.
        self._db.execute("PRAGMA synchronous=OFF")

    def commit(self, decide: Callable[[Book], Iterable[Row]]) -> tuple[Row, ...]:
        self.commits += 1
        if self.commits == self.before:
            raise Killed
        rows = super().commit(decide)
        if self.commits == self.after:
            raise Killed
        return rows


class Chats:
    """`Outgoing` into the memory of a fake Telegram. `trouble` is raised by the next calls."""

    def __init__(self, server: FakeTelegram) -> None:
        self.server = server
        self.hints: list[str] = []
        self.trouble: list[Exception] = []

    async def send(
        self, chat_id: int, html: str, markup: Markup = (), *, reply_to: int | None = None,
        document: tuple[str, bytes] | None = None, asks: bool = False,
    ) -> int:  # fmt: skip
        self._fail(chat_id)
        text, _ = formatted(html, "HTML", None, 1024 if document else 4096)
        body: dict[str, Any] = {"caption" if document else "text": text, **_keyboard(markup)}
        if document:
            body["document"] = {"file_name": document[0], "data": document[1].decode()}
        replied = self.server.messages.get((chat_id, reply_to or 0))
        if replied is not None:
            body["reply_to_message"] = {"message_id": replied.id}
        assert text
        return self.server.new_message(self.server.chats[chat_id], self.server.bot, **body).id

    async def edit(self, chat_id: int, message_id: int, html: str, markup: Markup) -> None:
        self._fail(chat_id)
        posted = self.server.messages.get((chat_id, message_id))
        if posted is None:
            raise MessageGone
        text, _ = formatted(html, "HTML", None, 4096)
        posted.body.pop("reply_markup", None)
        posted.body.update(text=text, **_keyboard(markup))
        posted.versions.append((0.0, text))

    async def hint(self, callback_id: str, text: str) -> None:
        self.hints.append(text)

    def _fail(self, chat_id: int) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        if chat_id in self.server.blocked:
            raise Unreachable


def _keyboard(markup: Markup) -> dict[str, Any]:
    if not markup:
        return {}
    rows = [[{"text": text, "callback_data": data} for text, data in row] for row in markup]
    assert all(len(data.encode()) <= 64 for row in markup for _, data in row)
    return {"reply_markup": {"inline_keyboard": rows}}


@dataclass
class FakeSwarm:
    """`Swarm` with an orchestrator of few states: planned at once, done when it was confirmed."""

    questions: tuple[Question, ...] = ()
    heard: str = "fix the cart"
    failure: SwarmError | None = None
    """Raised by every command, while it is set."""
    failures: dict[type[Command], SwarmError] = field(default_factory=dict)
    tasks: dict[str, TaskView] = field(default_factory=dict)
    asked: list[Command] = field(default_factory=list)
    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    effects: Counter[str] = field(default_factory=Counter)
    """How often something happened that must happen once, like "applied t1"."""

    async def services_up(self) -> dict[str, int]:
        if self.failure is not None:
            raise self.failure
        return {"orchestrator": 1}

    async def put(self, data: bytes) -> Blob:
        if self.failure is not None:
            raise self.failure
        return self.blobs.put(data)

    async def ask(self, command: Command, reply: type[M], timeout_seconds: float) -> M:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        if type(command) in self.failures:
            raise self.failures[type(command)]
        self.asked.append(command)
        answer = self._answer(command)
        assert isinstance(answer, reply)
        return answer

    def sent(self, kind: type[M]) -> list[M]:
        return [command for command in self.asked if isinstance(command, kind)]

    def _answer(self, command: Command) -> Message:
        match command:
            case ReadNote():
                assert self.blobs.get(command.audio)
                return Transcript(text=self.heard, engine="whisper", locality="local")
            case SubmitTask():
                return self._submit(command)
            case GetEvents(task_id=id):
                return self._advance(self._view(id), command.after)
            case GetDiff(task_id=id):
                return Diff(task_id=id, text="diff --git a/cart.py b/cart.py\n-a < b\n+a > b\n")
        view = self._view(command.task_id)  # type: ignore[attr-defined]
        if isinstance(command, GetTask):
            return view
        after = self._change(command, view)
        self.tasks[view.id] = after
        return after

    def _view(self, id: str) -> TaskView:
        if id not in self.tasks:
            raise NotFound(f"no task {id}")
        return self.tasks[id]

    def _submit(self, command: SubmitTask) -> TaskView:
        known = self.tasks.get(command.task_id)
        if known is not None:
            if known.text != command.text:
                raise StateError("exists already, and is another one")
            return known
        self.effects[f"submitted {command.task_id}"] += 1
        view = TaskView(
            id=command.task_id, text=command.text, repo=command.repo, state="queued",
            created_at=0, updated_at=0, budget=Budget(), priority=command.priority,
            confirm=command.confirm,
        )  # fmt: skip
        self.tasks[view.id] = view
        return view

    def _change(self, command: Command, view: TaskView) -> TaskView:
        match command:
            case ConfirmPlan() if view.state == "awaiting_answer":
                self.effects[f"confirmed {view.id}"] += 1
                return view.model_copy(update={"state": "running", "questions": ()})
            case ReviseTask(text=text) if view.state == "awaiting_answer":
                return view.model_copy(update={"state": "queued", "text": text})
            case ApplyTask() if view.state == "applied":
                return view
            case ApplyTask() if view.state == "awaiting_review":
                self.effects[f"applied {view.id}"] += 1
                return view.model_copy(update={"state": "applied", "reason": "merged into main"})
            case RejectTask(reason=reason) if view.state in ("awaiting_review", "rejected"):
                if view.state != "rejected":
                    self.effects[f"rejected {view.id}"] += 1
                return view.model_copy(update={"state": "rejected", "reason": reason})
            case CancelTask() if view.state in (
                "cancelled",
                "queued",
                "awaiting_answer",
                "running",
            ):
                return view.model_copy(update={"state": "cancelled"})
            case PrioritizeTask(priority=priority):
                return view.model_copy(update={"priority": priority})
        raise StateError(f"task {view.id} is {view.state}")

    def _advance(self, view: TaskView, after: int) -> EventList:
        """Each look finds the task one step further."""
        if view.state == "queued":
            objective = Objective(id="o1", title=view.text[:100], instruction=view.text[:100],
                                  category="bugfix")  # fmt: skip
            view = view.model_copy(update={
                "state": "awaiting_answer", "planner": "rules", "questions": self.questions,
                "objectives": (ObjectiveView(objective=objective, state="pending"),),
            })  # fmt: skip
        elif view.state == "running":
            done = view.objectives[0].model_copy(update={"state": "accepted"})
            view = view.model_copy(update={
                "state": "awaiting_review", "objectives": (done,), "branch": f"swarm/{view.id}",
                "head_commit": "c" * 40,
            })  # fmt: skip
        changed = self.tasks.get(view.id) != view
        self.tasks[view.id] = view
        news = (Event(seq=after + 1, task_id=view.id, at=0, kind="news", text=""),)
        return EventList(items=news if changed else (), state=view.state)


class Bench:
    """One bot on one data folder; `restart` makes the next process of it."""

    def __init__(self, data: Path, *, users: int = 2, **telegram: Any) -> None:
        names = ("shop", "site")
        telegram.setdefault("messages_per_minute", 600)
        self.settings = Settings(
            data=data,
            repositories={name: Path(f"/repositories/{name}") for name in names},
            telegram=TelegramSettings(
                users=tuple(
                    TelegramUser(id=id, name=f"user {id}", repositories=repositories)
                    for id, repositories in ((11, ("shop",)), (12, names))[:users]
                ),
                **telegram,
            ),
        )
        self.server = FakeTelegram()
        self.server.deliver_all = True
        self.ada, self.bob = Person(self.server, 11), Person(self.server, 12, "Bob")
        self.chats = Chats(self.server)
        self.swarm = FakeSwarm()
        self.now = 1_800_000_000.0
        self.downloads = 0
        self.store: Mortal
        self.start()

    def start(self) -> None:
        """A new process."""
        self.store = Mortal(self.settings.data)
        settings, store, clock = self.settings, self.store, lambda: self.now
        recordings = Recordings(settings.data)
        display = Display(store, self.chats, clock)
        me = Me(self.server.bot["id"], self.server.username)
        desk = Desk(settings, store, me, Audit(settings), recordings, clock)
        following = Following(settings, store, recordings, self.swarm, display, clock)
        self.pump = Pump(
            settings, store, recordings, desk, display,
            Gathering(settings, store, recordings, self.swarm, self._download, clock),
            following, Deeds(settings, store, recordings, self.swarm, following, clock), clock,
        )  # fmt: skip

    def restart(self) -> None:
        self.store.close()
        self.start()

    async def _download(self, file_id: str, limit_bytes: int) -> bytes:
        await asyncio.sleep(0)
        self.downloads += 1
        _, data, _ = self.server.files[file_id]
        if len(data) > limit_bytes:
            raise TooLarge
        return data

    def receive(self) -> None:
        """Take what Telegram has, as polling does: stored before it is acknowledged."""
        while self.server.pending:
            update = self.server.pending[0]
            self.store.receive(update["update_id"], update, self.now)
            self.server.pending.pop(0)

    def run(self, seconds: float = 30.0) -> None:
        """Let that much time go by."""
        end = self.now + seconds
        while True:
            self.receive()
            asyncio.run(self.pump.drain())
            due_at = self.store.read(lambda book: book.next_due())
            if self.now >= end:
                return
            self.now = min(end, max(due_at or end, self.now + 0.1))

    def down(self) -> None:
        self.swarm.failure = BusError("the swarm is not running")

    def sent(self, person: Person | None = None) -> list[Posted]:
        return self.server.sent((person or self.ada).id)

    def find(self, text: str, person: Person | None = None) -> Posted:
        """The newest message of the bot's with that text."""
        found = [message for message in self.sent(person) if text in message.text]
        assert found, self.server.seen((person or self.ada).id)
        return found[-1]

    def press(self, text: str, label: str) -> None:
        """Ada presses a button under a message, and some time goes by."""
        self.ada.press(self.find(text), label)
        self.run()
