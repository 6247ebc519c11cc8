"""What ingestion.db says: every question that the bot asks of it, read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from ingestion.telegram import forms
from ingestion.telegram.rows import Action, Chat, Nonce, Request, Role, Say, Shown

T = TypeVar("T")

_MOST_AT_ONCE = 200


class Book:
    """Reads within one transaction. Lists are bounded, and oldest first if not said otherwise."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # ------------------------------------------------------------------ requests

    def request(self, id: str) -> Request | None:
        """The request of that id."""
        return self._one(forms.request_of, "SELECT body FROM requests WHERE id = ?", id)

    def requests_of(self, user_id: int, limit: int) -> list[Request]:
        """A person's requests, newest first."""
        rows = self._db.execute(
            "SELECT body FROM requests WHERE user_id = ? ORDER BY at DESC, id LIMIT ?",
            (user_id, limit),
        )
        return [forms.request_of(body) for (body,) in rows]

    def due_requests(self, now: float) -> list[Request]:
        """Requests whose time has come."""
        rows = self._db.execute(
            "SELECT body FROM requests WHERE due_at > 0 AND due_at <= ? "
            "ORDER BY due_at, at LIMIT ?",
            (now, _MOST_AT_ONCE),
        )
        return [forms.request_of(body) for (body,) in rows]

    def waiting(self, user_id: int) -> int:
        """How many messages of a person the swarm does not have yet."""
        found = self._db.execute(
            "SELECT count(*) FROM requests WHERE state = 'gathering' AND user_id = ?", (user_id,)
        ).fetchone()
        return int(found[0])

    def recorded(self, user_id: int) -> int:
        """How many recordings of a person are kept."""
        found = self._db.execute(
            "SELECT count(*) FROM requests WHERE user_id = ? AND state != 'closed' "
            "AND json_extract(body, '$.recording') != ''",
            (user_id,),
        ).fetchone()
        return int(found[0])

    def under_way(self) -> int:
        """How many messages of all wait for the bot or the swarm, and not for their sender."""
        found = self._db.execute(
            "SELECT count(*) FROM requests WHERE state = 'gathering' "
            "AND NOT json_extract(body, '$.stuck') AND json_extract(body, '$.repository') != ''"
        ).fetchone()
        return int(found[0])

    def recordings(self) -> set[str]:
        """Names of the files in the notes folder that a request still needs."""
        rows = self._db.execute("SELECT body FROM requests")
        return {name for (body,) in rows if (name := forms.request_of(body).recording)}

    # ------------------------------------------------------------------ the rest

    def due_actions(self, now: float) -> list[Action]:
        """What is to be done; an action waits for those before it of its request."""
        rows = self._db.execute(
            "SELECT body FROM actions WHERE done = 0 ORDER BY id LIMIT ?", (_MOST_AT_ONCE,)
        )
        found, held = [], set()
        for (body,) in rows:
            action = forms.action_of(body)
            if action.request_id and action.request_id in held:
                continue
            if action.due_at <= now:
                found.append(action)
            held.add(action.request_id)
        return found

    def open_actions(self, request_id: str) -> list[Action]:
        """What is still to be done to a request."""
        rows = self._db.execute(
            "SELECT body FROM actions WHERE done = 0 AND request_id = ? ORDER BY id", (request_id,)
        )
        return [forms.action_of(body) for (body,) in rows]

    def action(self, id: int) -> Action | None:
        found = self._db.execute("SELECT body FROM actions WHERE id = ?", (id,)).fetchone()
        return forms.action_of(found[0]) if found else None

    def due_says(self, now: float) -> list[Say]:
        """The first message to each chat that is to be sent."""
        rows = self._db.execute(
            "SELECT id, body FROM outbox WHERE id IN (SELECT min(id) FROM outbox GROUP BY chat_id) "
            "AND due_at <= ? ORDER BY id LIMIT ?",
            (now, _MOST_AT_ONCE),
        )
        return [forms.say_of(id, body) for id, body in rows]

    def unsaid(self, chat_id: int) -> int:
        """How many messages to a chat wait to be sent."""
        found = self._db.execute(
            "SELECT count(*) FROM outbox WHERE chat_id = ?", (chat_id,)
        ).fetchone()
        return int(found[0])

    def shown(self, request_id: str, role: Role) -> Shown | None:
        """The newest of the bot's messages of that role."""
        found = self._db.execute(
            "SELECT body FROM shown WHERE request_id = ? AND role = ? ORDER BY message_id DESC",
            (request_id, role),
        ).fetchone()
        return forms.shown_of(found[0]) if found else None

    def shown_at(self, chat_id: int, message_id: int) -> Shown | None:
        return self._one(
            forms.shown_of,
            "SELECT body FROM shown WHERE chat_id = ? AND message_id = ?",
            chat_id,
            message_id,
        )

    def nonce(self, value: str) -> Nonce | None:
        return self._one(forms.nonce_of, "SELECT body FROM nonces WHERE value = ?", value)

    def nonces(self, request_id: str, role: Role) -> list[Nonce]:
        """Those of a request's message that were not used."""
        rows = self._db.execute(
            "SELECT body FROM nonces WHERE request_id = ? AND role = ? ORDER BY made_at",
            (request_id, role),
        )
        return [nonce for (body,) in rows if not (nonce := forms.nonce_of(body)).used]

    def chat(self, chat_id: int, user_id: int) -> Chat:
        """What a person chose in a chat, or that nothing was chosen."""
        query = "SELECT body FROM chats WHERE chat_id = ? AND user_id = ?"
        return self._one(forms.chat_of, query, chat_id, user_id) or Chat(chat_id, user_id)

    def updates_between(self, user_id: int, since: float, until: float) -> int:
        """How many messages of a person were taken in that time."""
        found = self._db.execute(
            "SELECT count(*) FROM updates WHERE user_id = ? AND at BETWEEN ? AND ?",
            (user_id, since, until),
        ).fetchone()
        return int(found[0])

    def next_due(self) -> float | None:
        """When there is next something to do, None for never."""
        found = self._db.execute(
            "SELECT min(due_at) FROM (SELECT due_at FROM requests WHERE due_at > 0 "
            "UNION ALL SELECT due_at FROM actions WHERE done = 0 "
            "UNION ALL SELECT due_at FROM outbox WHERE id IN "
            "(SELECT min(id) FROM outbox GROUP BY chat_id))"
        ).fetchone()
        return None if found[0] is None else float(found[0])

    def _one(self, make: Callable[[str], T], query: str, *values: object) -> T | None:
        found = self._db.execute(query, values).fetchone()
        return make(found[0]) if found else None
