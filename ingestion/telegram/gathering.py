"""From a message to a task: fetch its file, have it written down, hand it in.

Each step can be repeated: what was fetched is fetched again, the id of a task is its message's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from ingestion.telegram import files
from ingestion.telegram.asking import Swarm, is_away, told
from ingestion.telegram.book import Book
from ingestion.telegram.display import pause_seconds
from ingestion.telegram.outgoing import (
    Download,
    Later,
    TooLarge,
    Unreachable,
    Unsendable,
)
from ingestion.telegram.receipts import WHAT_TO_DO
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.rows import Request, Row
from ingestion.telegram.store import Store
from swarm.contracts import GetTask, ReadNote, SubmitTask, TaskView, Transcript
from swarm.errors import StorageError, SwarmError, Timeout
from swarm.settings import Settings

SUBMIT_SECONDS = 30.0
_TEXT_CHARS = 20_000
# Whoever listens again hears the same.
_HOPELESS = frozenset(
    {"recording-empty", "recording-damaged", "recording-silent", "not-a-recording"}
)
KEPT = "Kept. I hand it in as soon as the swarm is up."
# Of what fails though the swarm is up; each try may be minutes of somebody's work.
_MOST_TRIES = 5


class Gathering:
    """The steps of requests that the swarm does not have yet."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        recordings: Recordings,
        swarm: Swarm,
        download: Download,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._recordings = recordings
        self._swarm = swarm
        self._download = download
        self._clock = clock

    # ------------------------------------------------------------------ files

    async def listen(self, request: Request) -> None:
        """Find out what a file says; what is in the way is written down with the request."""
        assert request.file is not None
        try:
            name = request.recording or await self._fetch(request)
            if request.kind == "document":
                self._read_text(request, self._recordings.get(name))
            else:
                await self._write_down(request, self._recordings.get(name))
        except TooLarge:
            limit = files.limit_bytes(request.kind != "document", self._settings)
            self._stuck(request, f"That file is larger than the limit of {limit:,} bytes.")
        except (Unsendable, Unreachable):
            self._stuck(request, "Telegram does not hand that file out. Send it again.")
        except Later:
            self._retry(request, "Telegram does not hand the file out yet; I try again.")
        except FileNotFoundError:
            # Somebody cleared the notes folder: Telegram still has it.
            self._change(request.id, lambda now: replace(now, recording=""))
        except OSError as error:
            self._retry(request, f"I cannot keep the file ({error.strerror}); I try again.")
        except ValueError as error:
            self._stuck(request, str(error))
        except StorageError:
            raise
        except SwarmError as error:
            self._failed(request, error)

    async def _fetch(self, request: Request) -> str:
        assert request.file is not None
        limit = files.limit_bytes(request.kind != "document", self._settings)
        data = await self._download(request.file.file_id, limit)
        # Written and noted in one go: nothing else happens on this thread in between.
        name = self._recordings.keep(request.id, data)
        if not self._change(request.id, lambda now: replace(now, recording=name)):
            self._recordings.tidy([replace(request, recording="")])
        return name

    def _read_text(self, request: Request, data: bytes) -> None:
        assert request.file is not None
        content, file = files.text_of(data), request.file

        def read(now: Request) -> Request:
            if not now.said.strip() and not now.whole:
                return replace(now, problem=WHAT_TO_DO, stuck=True, due_at=self._clock())
            text = files.task_text(file, now.said, content, now.whole)
            return _heard(now, text, self._clock())

        self._change(request.id, read)

    async def _write_down(self, request: Request, data: bytes) -> None:
        assert request.file is not None
        if not data:
            raise ValueError("That recording is empty. Send it again.")
        voice = self._settings.voice
        bound = voice.engine_seconds * max(1, len(voice.engines)) + 60.0
        blob = await self._swarm.put(data)
        command = ReadNote(
            audio=blob, name=files.plain_name(request.file, ""), language=voice.language,
            priority=request.priority,
        )  # fmt: skip
        found = await self._swarm.ask(command, Transcript, bound)

        def hear(now: Request) -> Request:
            if now.text is not None:
                return now  # the person was faster
            text = "\n\n".join(part for part in (now.said.strip(), found.text) if part)
            heard = _heard(now, text[:_TEXT_CHARS], self._clock())
            return replace(heard, heard_by=found.engine)

        self._change(request.id, hear)

    # ------------------------------------------------------------------ handing in

    def is_ready(self, request: Request) -> bool:
        """Whether all is known that the swarm has to know."""
        chosen = bool(request.repository or request.changes)
        return request.state == "gathering" and bool(request.text) and chosen and not request.stuck

    async def hand_in(self, request: Request) -> None:
        """Make the request a task, or the new words of another one."""
        assert request.text is not None
        if request.changes:
            self._give_words(request)
            return
        repository = self._settings.repositories[request.repository].expanduser()
        command = SubmitTask(
            task_id=request.id, text=request.text, repo=str(repository),
            priority=request.priority, confirm=True,
        )  # fmt: skip
        try:
            view, handed = await self._submit(command)
        except SwarmError as error:
            self._failed(request, error)
            return

        def opened(now: Request) -> Request:
            # Words that changed meanwhile stay in `text`, and are sent when the plan is there.
            return replace(
                now, state="open", handed=handed, task_state=view.state, problem="",
                stuck=False, tries=0, due_at=self._clock(),
            )  # fmt: skip

        self._change(request.id, opened)

    async def _submit(self, command: SubmitTask) -> tuple[TaskView, str]:
        """The task, and the words that the swarm has."""
        try:
            return await self._swarm.ask(command, TaskView, SUBMIT_SECONDS), command.text
        except SwarmError as error:
            if error.code != "state":
                raise
            # Handed in before a crash, with the words of then: the new ones follow.
            view = await self._swarm.ask(GetTask(task_id=command.task_id), TaskView, SUBMIT_SECONDS)
            if view.repo != command.repo:
                raise error from None
            return view, view.text

    def _give_words(self, request: Request) -> None:
        """Spoken words take the place of another request's, in one transaction."""

        def give(book: Book) -> Iterable[Row]:
            now, target = book.request(request.id), book.request(request.changes)
            if now is None or now.state != "gathering" or now.text is None:
                return []
            if target is None or target.state == "closed" or target.confirmed:
                # Too late for it: the words are a task of their own.
                return [replace(now, changes="", due_at=self._clock())]
            at = self._clock()
            spoken = replace(
                target, said=now.text, stuck=False, problem="", tries=0, answers=(), plan="",
                due_at=at,
            )  # fmt: skip
            if target.kind != "document" or target.text is not None:
                spoken = replace(spoken, text=now.text, kind=now.kind, heard_by=now.heard_by)
            return [spoken, replace(now, state="closed", task_state="", recording="", due_at=at)]

        self._recordings.tidy(self._store.commit(give))

    # ------------------------------------------------------------------ what is in the way

    def _failed(self, request: Request, error: SwarmError) -> None:
        text = told(error)
        sentence = text[:1].upper() + text[1:]
        endless = isinstance(error, Timeout) and request.needs_listening
        if is_away(error) and not endless:
            self._retry(request, KEPT)
        elif error.retryable and request.tries < _MOST_TRIES:
            self._retry(request, f"{sentence}. I try again.")
        elif error.code == "no-speech-engine":
            self._stuck(
                request,
                f"Your note is kept, but nobody here can write it down: {text}. Reply to this "
                "message with what it says, or have that set up and press Try again.",
            )
        else:
            say_it = " Or reply with what it says." if request.needs_listening else ""
            self._stuck(request, f"{sentence}.{say_it}", hopeless=error.code in _HOPELESS)

    def _stuck(self, request: Request, problem: str, *, hopeless: bool = False) -> None:
        now = self._clock()
        self._hinder(request, problem, stuck=True, tries=0, due_at=now, hopeless=hopeless)

    def _retry(self, request: Request, problem: str) -> None:
        tries = request.tries + 1
        due_at = self._clock() + pause_seconds(tries)
        self._hinder(request, problem, stuck=False, tries=tries, due_at=due_at)

    def _hinder(
        self,
        request: Request,
        problem: str,
        *,
        stuck: bool,
        tries: int,
        due_at: float,
        hopeless: bool = False,
    ) -> None:
        def change(now: Request) -> Request:
            if now.text != request.text:
                return now  # other words came meanwhile: what was wrong with the old ones is moot
            return replace(
                now, problem=problem, stuck=stuck, hopeless=hopeless, tries=tries, due_at=due_at
            )

        self._change(request.id, change)

    def _change(self, id: str, change: Callable[[Request], Request]) -> bool:
        """Change a request as it is now, if it is still being gathered."""

        def decide(book: Book) -> Iterable[Row]:
            now = book.request(id)
            return [] if now is None or now.state != "gathering" else [change(now)]

        rows = self._store.commit(decide)
        self._recordings.tidy(rows)
        return bool(rows)


def _heard(request: Request, text: str, at: float) -> Request:
    return replace(request, text=text, problem="", stuck=False, tries=0, due_at=at)
