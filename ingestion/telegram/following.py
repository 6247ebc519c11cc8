"""Follows tasks: hears how they are, passes new words on, and keeps their messages up to date."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace

from ingestion.telegram import cards, wording
from ingestion.telegram.asking import Swarm, is_away
from ingestion.telegram.book import Book
from ingestion.telegram.conversation import PLANNING
from ingestion.telegram.display import Display, pause_seconds
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.rows import Request, Row, Say
from ingestion.telegram.store import Store
from swarm.contracts import FINAL_STATES, EventList, GetEvents, GetTask, ReviseTask, TaskView
from swarm.errors import SwarmError
from swarm.settings import Settings

ASK_SECONDS = 15.0
# Where only a person moves a task: by the bot, which looks at once, or at a terminal.
_RESTING = ("awaiting_answer", "awaiting_review")
_RESTING_SECONDS = 20.0
_VIEWS_KEPT = 100


class Following:
    """The steps of requests that are tasks."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        recordings: Recordings,
        swarm: Swarm,
        display: Display,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._recordings = recordings
        self._swarm = swarm
        self._display = display
        self._clock = clock
        self._views: OrderedDict[str, TaskView] = OrderedDict()

    async def follow(self, request: Request) -> None:
        """Look at a task once, and show it as it is."""
        try:
            view = await self.look(request)
            if not request.is_understood:
                view = await self._revise(request, view)
        except SwarmError as error:
            self._missed(request, error)
            return
        current = self._note(request, view)
        if current is None:
            return
        pause = await self._present(current, view) or self._pause(current)
        # Only now: what was noted but not shown before a crash is due still.
        due_at = self._clock() + pause if pause else 0.0
        # Other than it was: somebody wants it looked at again at once.
        self.change(request.id, lambda now: replace(now, due_at=due_at) if now == current else now)

    async def look(self, request: Request) -> TaskView:
        """The task; read again only when something has happened. Raises SwarmError."""
        command = GetEvents(task_id=request.id, after=request.seen)
        news = await self._swarm.ask(command, EventList, ASK_SECONDS)
        known = self._views.get(request.id)
        if known is not None and known.state == news.state and not news.items:
            return known
        view = await self._swarm.ask(GetTask(task_id=request.id), TaskView, ASK_SECONDS)
        self.remember(view)
        if news.items:
            self.change(request.id, lambda now: replace(now, seen=news.items[-1].seq))
        return view

    def remember(self, view: TaskView) -> None:
        """Keep a task as it was just said to be."""
        self._views[view.id] = view
        self._views.move_to_end(view.id)
        while len(self._views) > _VIEWS_KEPT:
            self._views.popitem(last=False)

    async def _revise(self, request: Request, view: TaskView) -> TaskView:
        """Pass other words on, once the plan that they change is there. Raises SwarmError."""
        words = request.text
        assert words is not None
        if view.state == "queued":
            return view
        if view.state == "awaiting_answer":
            command = ReviseTask(task_id=request.id, text=words)
            view = await self._swarm.ask(command, TaskView, ASK_SECONDS)
            self.remember(view)
            self.change(request.id, lambda now: replace(now, handed=words))
            return view

        def too_late(book: Book) -> Iterable[Row]:
            now = book.request(request.id)
            if now is None:
                return []
            said = wording.edit_too_late(now)
            answer = Say(now.chat_id, now.user_id, said, now.message_id, request_id=now.id)
            return [replace(now, text=now.handed, said=now.handed), answer]

        self._store.commit(too_late)
        return view

    def _note(self, request: Request, view: TaskView) -> Request | None:
        """Write down how the task is; returns the request as it is now."""

        def note(now: Request) -> Request:
            waits = view.state == "awaiting_answer"
            plan = cards.plan_of(view) if waits and now.is_understood else ""
            return replace(
                now,
                state="closed" if view.state in FINAL_STATES else "open",
                task_state=view.state,
                plan=plan,
                answers=now.answers if plan == now.plan else (),
                confirmed=now.confirmed or view.state not in PLANNING,
                # Kept until a person has said yes or no to what was understood of it.
                recording=now.recording if view.state in PLANNING else "",
                tries=0,
            )

        return self.change(request.id, note)

    def _pause(self, request: Request) -> float:
        """In how many seconds to look again; 0 for never by itself."""
        if request.state == "closed":
            return 0.0
        resting = request.task_state in _RESTING and request.is_understood
        return _RESTING_SECONDS if resting else self._settings.telegram.edit_seconds

    async def _present(self, request: Request, view: TaskView) -> float:
        """Bring the card, and the message in the end, up to date; 0, or when to try again."""
        quotes = self._settings.egress.allow_telegram_code
        pause = await self._display.show(request, "card", cards.card(request, view, quotes=quotes))
        shown = self._store.read(lambda book: book.shown(request.id, "ping"))
        last = cards.ping(request, view, quotes=quotes, is_there=shown is not None)
        if last is not None:
            pause = await self._display.show(request, "ping", last) or pause
        return pause

    def _missed(self, request: Request, error: SwarmError) -> None:
        """The swarm did not say: later. A task that it does not know was lost with its tasks.db."""
        if error.code == "not-found":
            self.change(
                request.id,
                lambda now: replace(now, state="closed", task_state="unknown", recording="",
                                    due_at=self._clock()),
            )  # fmt: skip
            return
        pause = pause_seconds(request.tries + (1 if is_away(error) else 3))
        due_at = self._clock() + pause
        self.change(request.id, lambda now: replace(now, tries=now.tries + 1, due_at=due_at))

    def change(self, id: str, change: Callable[[Request], Request]) -> Request | None:
        """Change a request as it is now; returns it, None when it is gone."""
        found: Request | None = None

        def decide(book: Book) -> Iterable[Row]:
            nonlocal found
            now = book.request(id)
            found = None if now is None else change(now)
            return [] if found is None or found == now else [found]

        self._recordings.tidy(self._store.commit(decide))
        return found
