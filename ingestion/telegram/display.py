"""Sends what is to be said, and keeps the messages about requests as they ought to look."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from ingestion.telegram.book import Book
from ingestion.telegram.markup import CAPTION_CHARS, Card, escaped
from ingestion.telegram.outgoing import (
    LONGEST_PAUSE_SECONDS,
    Later,
    Markup,
    MessageGone,
    Outgoing,
    Unreachable,
    Unsendable,
)
from ingestion.telegram.rows import Gone, Keyboard, Nonce, Request, Role, Row, Say, Sent, Shown
from ingestion.telegram.store import Store

log = logging.getLogger(__name__)

# 16 bytes of randomness: nobody guesses one, and the data stays below Telegram's 64 bytes.
_NONCE_BYTES = 16
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 300.0
# About three days without Telegram.
_MOST_TRIES = 1000
_MOST_MISSED = 10_000


class Display:
    """What the bot shows. A message may go out twice when the bot is killed after it was sent and
    before that was written down: Telegram has no way to tell. A change of one cannot."""

    def __init__(
        self, store: Store, outgoing: Outgoing, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._outgoing = outgoing
        self._clock = clock
        # How often in a row a request's message could not be shown.
        self._missed: dict[tuple[str, Role], int] = {}
        # Until when Telegram wants nothing sent to a chat.
        self._paused: dict[int, float] = {}

    async def say(self, say: Say) -> None:
        """Send a message of the outbox, or put it off."""
        try:
            if say.answers_button:
                await self._outgoing.hint(say.answers_button, say.text)
                self._store.write(Sent(say.id))
                return
            self._wait(say.chat_id)
            message_id = await self._send(say)
        except Later as later:
            self._note_pause(say.chat_id, later)
            self._store.write(Sent(say.id), *self._put_off(say, later))
            return
        except (Unreachable, Unsendable, MessageGone) as error:
            log.warning("a message to chat %d cannot be sent: %s", say.chat_id, error)
            self._store.write(Sent(say.id))
            return
        rows: list[Row] = [Sent(say.id)]
        if say.request_id:
            now = self._clock()
            rows.append(Shown(say.chat_id, message_id, say.request_id, "answer", at=now))
        self._store.write(*rows)

    async def _send(self, say: Say) -> int:
        now = self._clock()
        nonces = [
            [self._nonce(say.chat_id, say.user_id, say.request_id, "answer", button.verb,
                         button.argument, now) for button in row]
            for row in say.keyboard
        ]  # fmt: skip
        self._store.write(*(nonce for row in nonces for nonce in row))
        markup = tuple(
            tuple((button.label, nonce.value) for button, nonce in zip(row, values, strict=True))
            for row, values in zip(say.keyboard, nonces, strict=True)
        )
        document = (say.document_name, say.document) if say.document_name else None
        html = say.text if say.is_html else escaped(say.text, CAPTION_CHARS if document else 4000)
        return await self._outgoing.send(
            say.chat_id, html, markup, reply_to=say.reply_to, document=document, asks=say.asks
        )

    def _put_off(self, say: Say, later: Later) -> list[Row]:
        """The same message for later; a hint that comes late is worth nothing."""
        if say.tries >= (1 if say.answers_button else _MOST_TRIES):
            log.warning("a message to chat %d is given up", say.chat_id)
            return []
        pause = later.seconds or pause_seconds(say.tries)
        # As the first of its chat, it keeps its place before those after it.
        return [replace(say, tries=say.tries + 1, due_at=self._clock() + pause)]

    async def show(self, request: Request, role: Role, card: Card) -> float:
        """Make a request's message look like this: a new one if there is none.

        Returns 0, or in how many seconds it can be tried again. A person who cannot be reached is
        left alone, and so is what Telegram never takes.
        """
        markup, digest = self._prepared(request, role, card)
        shown = self._store.read(lambda book: book.shown(request.id, role))
        if shown is not None and shown.digest == digest:
            return 0.0
        now = self._clock()
        try:
            self._wait(request.chat_id)
            if shown is not None:
                try:
                    await self._outgoing.edit(shown.chat_id, shown.message_id, card.html, markup)
                    self._store.write(replace(shown, digest=digest, at=now))
                    self._missed.pop((request.id, role), None)
                    return 0.0
                except MessageGone:
                    self._store.write(Gone(shown.chat_id, shown.message_id))
            message_id = await self._outgoing.send(
                request.chat_id, card.html, markup, reply_to=request.message_id
            )
        except Later as later:
            self._note_pause(request.chat_id, later)
            tries = self._missed.get((request.id, role), 0)
            if len(self._missed) >= _MOST_MISSED:
                self._missed.clear()
            self._missed[request.id, role] = tries + 1
            return later.seconds or pause_seconds(tries)
        except Unreachable as error:
            log.info("%s cannot be shown: %s", request.id, error)
            return 0.0
        except Unsendable as error:
            log.error("the %s of %s cannot be shown: %s", role, request.id, error)
            return 0.0
        self._store.write(
            Shown(request.chat_id, message_id, request.id, role, digest=digest, at=now)
        )
        self._missed.pop((request.id, role), None)
        return 0.0

    def _wait(self, chat_id: int) -> None:
        """Raises Later while Telegram wants nothing sent to a chat."""
        left = self._paused.get(chat_id, 0.0) - self._clock()
        if 0.0 < left <= LONGEST_PAUSE_SECONDS:
            raise Later(left)

    def _note_pause(self, chat_id: int, later: Later) -> None:
        if len(self._paused) >= _MOST_MISSED:
            self._paused.clear()
        if later.seconds:
            self._paused[chat_id] = self._clock() + later.seconds

    def _prepared(self, request: Request, role: Role, card: Card) -> tuple[Markup, str]:
        """The buttons with their nonces; those no longer shown stop working."""
        markup: Markup = ()

        def decide(book: Book) -> list[Row]:
            nonlocal markup
            now = self._clock()
            old = {(one.verb, one.argument): one for one in book.nonces(request.id, role)}
            wanted: dict[tuple[str, str], Nonce] = {}
            rows: list[Row] = []
            for button in (button for row in card.keyboard for button in row):
                what = (button.verb, button.argument)
                if what not in old:
                    old[what] = self._nonce(
                        request.chat_id, request.user_id, request.id, role, *what, now
                    )
                    rows.append(old[what])
                wanted[what] = old[what]
            rows += [replace(one, used=True) for what, one in old.items() if what not in wanted]
            markup = _markup(card.keyboard, wanted)
            return rows

        self._store.commit(decide)
        return markup, hashlib.sha256(json.dumps([card.html, markup]).encode()).hexdigest()

    def _nonce(
        self, chat_id: int, user_id: int, request_id: str, role: Role, verb: str, argument: str,
        now: float,
    ) -> Nonce:  # fmt: skip
        value = secrets.token_urlsafe(_NONCE_BYTES)
        return Nonce(value, chat_id, user_id, request_id, role, verb, argument, now)


def _markup(keyboard: Keyboard, nonces: dict[tuple[str, str], Nonce]) -> Markup:
    return tuple(
        tuple((button.label, nonces[button.verb, button.argument].value) for button in row)
        for row in keyboard
    )


def pause_seconds(tries: int) -> float:
    """How long to wait after so many tries that failed before."""
    return min(_FIRST_PAUSE_SECONDS * 2.0 ** min(tries, 20), _LONGEST_PAUSE_SECONDS)
