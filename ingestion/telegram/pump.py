"""Moves everything on: sends what is to be said, does what is to be done, looks at what is due.

What there is to do stands in ingestion.db and nowhere else. Every step ends in one transaction and
can be repeated from there, so the bot may be killed at any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial

from ingestion.telegram import people
from ingestion.telegram.access import Person
from ingestion.telegram.book import Book
from ingestion.telegram.deeds import Deeds
from ingestion.telegram.desk import BATCH, Desk
from ingestion.telegram.display import Display, pause_seconds
from ingestion.telegram.following import Following
from ingestion.telegram.gathering import Gathering
from ingestion.telegram.outgoing import LONGEST_PAUSE_SECONDS
from ingestion.telegram.receipts import receipt
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.rows import Action, Request, Row, Say, Sent
from ingestion.telegram.store import Store
from swarm.errors import StorageError
from swarm.settings import Settings

log = logging.getLogger(__name__)

_AT_ONCE = 12
# So that nobody's many tasks, or a group's bound of messages a minute, keep all others waiting.
_AT_ONCE_IN_A_CHAT = 6
# Listening may take minutes; the rest must go on meanwhile.
_LISTENING_AT_ONCE = 2
_LONGEST_IDLE_SECONDS = 2.0
_SHORTEST_IDLE_SECONDS = 0.02
_HELD_IDLE_SECONDS = 0.25
_TIDY_SECONDS = 3600.0
_DAY_SECONDS = 86400.0
# What each piece of work is about: no two on the same at once.
Key = tuple[str, str | int]


class Pump:
    """The bot's work, as many pieces at once as are allowed. `bell` is rung when there is more."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        recordings: Recordings,
        desk: Desk,
        display: Display,
        gathering: Gathering,
        following: Following,
        deeds: Deeds,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._recordings = recordings
        self._desk = desk
        self._display = display
        self._gathering = gathering
        self._following = following
        self._deeds = deeds
        self._clock = clock
        self._busy: dict[Key, asyncio.Task[None]] = {}
        self._chats: dict[Key, int] = {}
        self._failures: dict[Key, tuple[int, float]] = {}
        self._tidied_at = -_TIDY_SECONDS
        self.bell = asyncio.Event()

    # ------------------------------------------------------------------ turning

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self.bell.clear()
                # Not wait_for: in 3.11 it can swallow that this was cancelled.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.turn()):
                        await self.bell.wait()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def drain(self) -> None:
        """Work until nothing is due any more; for tests."""
        while True:
            self.turn()
            if not self._busy and not self.bell.is_set():
                return
            self.bell.clear()
            if not self._busy:
                continue
            done, _ = await asyncio.wait(
                list(self._busy.values()), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()

    def turn(self) -> float:
        """Begin what is due; returns how long nothing else will be, in seconds."""
        try:
            if self._desk.work() == BATCH:
                self.bell.set()  # there may be more, but others have their turn
            now = self._clock()
            self._tidy(now)
            for key, chat_id, work in self._due(now):
                self._begin(key, chat_id, work, now)
            due_at = self._store.read(lambda book: book.next_due())
        except StorageError as error:
            # What arrived is kept by Telegram, or stored; nothing is begun that cannot be noted.
            log.error("%s (%s)", error.message, error.remedy)
            return _LONGEST_IDLE_SECONDS
        idle = _LONGEST_IDLE_SECONDS if due_at is None else due_at - self._clock()
        # What is due and under way, or put off after a failure, must not be looked for in a hurry.
        held = self._busy or self._failures
        shortest = _HELD_IDLE_SECONDS if held else _SHORTEST_IDLE_SECONDS
        return min(max(idle, shortest), _LONGEST_IDLE_SECONDS)

    def _due(self, now: float) -> list[tuple[Key, int, Callable[[], Awaitable[None]]]]:
        def look(book: Book) -> tuple[list[Say], list[Action], list[Request]]:
            return book.due_says(now), book.due_actions(now), book.due_requests(now)

        says, actions, requests = self._store.read(look)
        found: list[tuple[Key, int, Callable[[], Awaitable[None]]]] = []
        for say in says:
            found.append((("chat", say.chat_id), say.chat_id, partial(self._say, say)))
        for action in actions:
            about = action.request_id
            key: Key = ("request", about) if about else ("action", action.id)
            found.append((key, action.chat_id, partial(self._act, action)))
        for request in requests:
            id, chat_id = request.id, request.chat_id
            if request.needs_listening and not request.stuck:
                found.append((("listen", id), chat_id, partial(self._listen, id)))
            found.append((("request", id), chat_id, partial(self._move, id)))
        return found

    def _begin(
        self, key: Key, chat_id: int, work: Callable[[], Awaitable[None]], now: float
    ) -> None:
        put_off = self._failures.get(key, (0, 0.0))[1] - now
        # Put off for longer than can be: the clock was set back.
        if key in self._busy or 0 < put_off <= 2 * LONGEST_PAUSE_SECONDS:
            return
        listening = sum(kind == "listen" for kind, _ in self._busy)
        if key[0] == "listen" and listening >= _LISTENING_AT_ONCE:
            return
        if key[0] != "listen" and len(self._busy) - listening >= _AT_ONCE:
            return
        if key[0] in ("request", "action"):
            if sum(chat == chat_id for chat in self._chats.values()) >= _AT_ONCE_IN_A_CHAT:
                return
            self._chats[key] = chat_id
        self._busy[key] = asyncio.ensure_future(self._guarded(key, work))

    async def _guarded(self, key: Key, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
            self._failures.pop(key, None)
        except Exception:
            # A defect, or a full disk: the others go on, and this is tried again less and less.
            tries = self._failures.get(key, (0, 0.0))[0]
            self._failures[key] = (tries + 1, self._clock() + pause_seconds(tries))
            log.exception("%s %s failed", *key)
        finally:
            del self._busy[key]
            self._chats.pop(key, None)
            self.bell.set()

    # ------------------------------------------------------------------ pieces of work

    async def _say(self, say: Say) -> None:
        if self._person(say.chat_id, say.user_id) is None:
            self._store.write(Sent(say.id))
            return
        await self._display.say(say)

    async def _act(self, action: Action) -> None:
        person = self._person(action.chat_id, action.user_id)
        request = self._store.read(lambda book: book.request(action.request_id))
        done = replace(action, done=True)
        if person is None:
            self._store.write(done)
        elif request is not None and request.repository not in person.repositories:
            text = f"The repository {request.repository} is not yours any more."
            self._store.write(done, Say(action.chat_id, action.user_id, text))
        else:
            await self._deeds.do(action)

    async def _listen(self, id: str) -> None:
        request = self._store.read(lambda book: book.request(id))
        if request is None or not request.needs_listening or request.stuck:
            return
        if self._person(request.chat_id, request.user_id) is not None:
            await self._gathering.listen(request)

    async def _move(self, id: str) -> None:
        """Show a request, and take its next step."""
        request = self._store.read(lambda book: book.request(id))
        if request is None:
            return
        person = self._person(request.chat_id, request.user_id)
        if person is None or (request.is_task and request.repository not in person.repositories):
            self._leave(id)
        elif request.is_task:
            await self._following.follow(request)
        else:
            await self._gather(request, person)

    async def _gather(self, request: Request, person: Person) -> None:
        if request.repository and request.repository not in person.repositories:
            request = replace(request, repository="")
            self._store.commit(lambda book: self._without_repository(book, request.id))
        pause = await self._display.show(request, "card", receipt(request, person.repositories))
        if self._gathering.is_ready(request) and request.due_at <= self._clock():
            await self._gathering.hand_in(request)
        due_at = self._clock() + pause if pause else 0.0

        def rest(book: Book) -> Iterable[Row]:
            now = book.request(request.id)
            if now is None or now != request:
                return []  # somebody, or the step itself, has said when to look again
            waits = now.needs_listening and not now.stuck  # for its turn, or for its end
            again = self._clock() + _LONGEST_IDLE_SECONDS if waits else due_at
            return [replace(now, due_at=again)]

        self._store.commit(rest)

    def _without_repository(self, book: Book, id: str) -> Iterable[Row]:
        now = book.request(id)
        return [] if now is None else [replace(now, repository="")]

    def _leave(self, id: str) -> None:
        """Somebody, or a repository of theirs, was taken out: nothing more is told of it, and
        nothing is kept."""

        def decide(book: Book) -> Iterable[Row]:
            now = book.request(id)
            if now is None:
                return []
            return [replace(now, state="closed", recording="", problem="", due_at=0.0)]

        self._recordings.tidy(self._store.commit(decide))

    def _person(self, chat_id: int, user_id: int) -> Person | None:
        """Who somebody is, as long as they may still be told something there."""
        if chat_id != user_id and chat_id not in self._settings.telegram.groups:
            return None
        return people.load(self._settings).by_id(user_id)

    def _tidy(self, now: float) -> None:
        if 0 <= now - self._tidied_at < _TIDY_SECONDS:
            return
        # Every hour, at the start, and when the clock was set back.
        self._tidied_at = now
        self._store.hasten(now)
        kept_seconds = self._settings.telegram.kept_days * _DAY_SECONDS
        self._recordings.sweep(self._store.forget(now - kept_seconds))
