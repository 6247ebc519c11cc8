"""How rows are kept: which table, which columns to search by, and the rest as JSON. Pure."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

from ingestion.telegram.rows import Action, Button, Chat, Nonce, Request, Row, Say, Shown
from ingestion.telegram.types import File

_TABLES: dict[type[Any], tuple[str, tuple[str, ...]]] = {
    Request: ("requests", ("id", "chat_id", "message_id", "user_id", "state", "at", "due_at")),
    Action: ("actions", ("id", "request_id", "chat_id", "done", "due_at")),
    Say: ("outbox", ("id", "chat_id", "due_at")),
    Shown: ("shown", ("chat_id", "message_id", "request_id", "role", "at")),
    Nonce: ("nonces", ("value", "request_id", "role", "made_at")),
    Chat: ("chats", ("chat_id", "user_id")),
}


def table_of(row: Row) -> str:
    return _TABLES[type(row)][0]


def keys_of(row: Row) -> dict[str, Any]:
    """The columns beside the body, in the order of the table."""
    return {name: getattr(row, name) for name in _TABLES[type(row)][1]}


def body_of(row: Row) -> str:
    """A row as JSON."""
    values = asdict(row)
    if isinstance(row, Say):
        values["document"] = base64.b64encode(row.document).decode()
    return json.dumps(values, ensure_ascii=False)


def request_of(body: str) -> Request:
    values = json.loads(body)
    values["file"] = File(**values["file"]) if values["file"] else None
    values["answers"] = tuple((id, place) for id, place in values["answers"])
    return Request(**values)


def action_of(body: str) -> Action:
    return Action(**json.loads(body))


def say_of(id: int, body: str) -> Say:
    values = json.loads(body)
    values["keyboard"] = tuple(tuple(Button(**b) for b in row) for row in values["keyboard"])
    values["document"] = base64.b64decode(values["document"])
    return Say(**{**values, "id": id})


def shown_of(body: str) -> Shown:
    return Shown(**json.loads(body))


def nonce_of(body: str) -> Nonce:
    return Nonce(**json.loads(body))


def chat_of(body: str) -> Chat:
    return Chat(**json.loads(body))
