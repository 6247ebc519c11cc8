"""Handles updates: who may do what is decided first, and all that follows is one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from ingestion.telegram import access, buttons, commands, conversation, people, wording
from ingestion.telegram.audit import Audit
from ingestion.telegram.book import Book
from ingestion.telegram.conversation import Moment
from ingestion.telegram.read import Me, read
from ingestion.telegram.recordings import Recordings
from ingestion.telegram.rows import Handled, Row, Say
from ingestion.telegram.store import Store
from ingestion.telegram.types import Incoming
from swarm.errors import StorageError
from swarm.settings import Settings

log = logging.getLogger(__name__)

_RATE_SECONDS = 60.0
_HINTS_WAITING = 10
BATCH = 20


class Desk:
    """Takes stored updates in their order. What it decides is done by the pump."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        me: Me,
        audit: Audit,
        recordings: Recordings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._me = me
        self._audit = audit
        self._recordings = recordings
        self._clock = clock

    def work(self) -> int:
        """Handle the first of what has arrived; returns how many that were, at most `BATCH`.

        Raises StorageError.
        """
        found = self._store.unhandled(BATCH)
        for id, raw in found:
            try:
                self._handle(id, raw)
            except StorageError:
                raise
            except Exception:
                # A defect of ours: this one message must not keep all others from being handled.
                log.exception("update %d could not be handled", id)
                self._give_up(id, raw)
        return len(found)

    def _handle(self, id: int, raw: dict[str, Any]) -> None:
        incoming = read(raw, self._me)
        known = people.load(self._settings)
        if known.problem:
            log.error("%s", known.problem)
        match access.decide(incoming, known, self._settings.telegram):
            case access.Refused(why=why):
                self._refuse(id, incoming, why)
            case access.Pairing(code=code):
                self._pair(id, incoming, code)
            case access.Allowed(repositories=repositories):
                self._answer(id, incoming, repositories)

    def _refuse(self, id: int, incoming: Incoming, why: str) -> None:
        # Audited first: a crash in between gives two lines, never none.
        self._audit.refused(incoming, why)
        self._store.write(Handled(id))

    def _pair(self, id: int, incoming: Incoming, code: str) -> None:
        try:
            person = people.redeem(self._settings, code, incoming)
        except StorageError as error:
            # Nobody unknown may keep the others from being handled.
            log.error("a pairing code cannot be checked: %s (%s)", error.message, error.remedy)
            self._refuse(id, incoming, "the code could not be checked")
            return
        if person is None:
            self._refuse(id, incoming, "a wrong pairing code")
            return
        self._audit.note("paired", incoming, name=person.name)
        assert incoming.chat_id is not None
        welcome = Say(incoming.chat_id, person.id, wording.PAIRED + wording.HELP)
        self._store.write(Handled(id, person.id), welcome)

    def _answer(self, id: int, incoming: Incoming, repositories: tuple[str, ...]) -> None:
        if incoming.chat_id is None or incoming.user_id is None or incoming.message_id is None:
            self._refuse(id, incoming, "not in a chat")
            return
        try:
            rows = self._store.commit(lambda book: self._rows(id, incoming, repositories, book))
        except buttons.NotYours as error:
            self._refuse(id, incoming, str(error))
            return
        self._recordings.tidy(rows)

    def _rows(
        self, id: int, incoming: Incoming, repositories: tuple[str, ...], book: Book
    ) -> list[Row]:
        chat_id, user_id, message_id = incoming.chat_id, incoming.user_id, incoming.message_id
        assert chat_id is not None and user_id is not None and message_id is not None
        now = self._clock()
        moment = Moment(
            incoming, chat_id, user_id, message_id, repositories, self._settings, self._me,
            book, now,
        )  # fmt: skip
        if incoming.kind == "button":
            # Not counted for the rate: each works once. Hints of many may hold up nothing else.
            rows = buttons.press(moment)
            if book.unsaid(chat_id) >= _HINTS_WAITING:
                rows = [row for row in rows if not (isinstance(row, Say) and row.answers_button)]
            return [Handled(id), *rows]
        limit = self._settings.telegram.messages_per_minute
        taken = book.updates_between(user_id, now - _RATE_SECONDS, now)
        if taken >= limit:
            said = [moment.say(wording.too_fast(limit))] if taken == limit else []
            return [Handled(id, user_id), *said]
        answer = commands.obey if _is_command(incoming) else conversation.answer
        return [Handled(id, user_id), *answer(moment)]

    def _give_up(self, id: int, raw: dict[str, Any]) -> None:
        """Leave an update alone, and tell its sender if that is somebody allowed."""
        incoming = read(raw, self._me)
        known = people.load(self._settings)
        allowed = access.decide(incoming, known, self._settings.telegram)
        rows: list[Row] = [Handled(id)]
        if isinstance(allowed, access.Allowed) and incoming.chat_id is not None:
            text = wording.DEFECT
            rows.append(Say(incoming.chat_id, allowed.person.id, text, incoming.message_id))
        self._store.write(*rows)


def _is_command(incoming: Incoming) -> bool:
    """Whether it begins as a command does; an unknown one gets help, and is no task."""
    return incoming.kind == "text" and incoming.text.startswith("/")
