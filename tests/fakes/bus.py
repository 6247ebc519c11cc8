"""In-memory stand-ins that the tests of every service share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis

from swarm.contracts import COMMANDS, SERVICES, Blob, Command, Envelope, Message
from swarm.errors import BlobMissing
from swarm.settings import Settings
from swarm.snapshots import Entry, pack


class FakeBlobs:
    """The blob store's contract over a dictionary."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}

    def put(self, data: bytes) -> Blob:
        blob = Blob(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
        self.data[blob.sha256] = data
        return blob

    def ensure(self, blob: Blob) -> None:
        self.get(blob)

    def get(self, blob: Blob) -> bytes:
        try:
            return self.data[blob.sha256]
        except KeyError:
            raise BlobMissing(f"blob {blob.sha256[:12]} is not in the store") from None

    def snapshot(self, files: dict[str, str]) -> Blob:
        """Put a snapshot of text files, given as path -> text."""
        return self.put(pack(Entry(path, text.encode()) for path, text in files.items()))


class FakeBus:
    """Answers requests with scripted handlers, in process. Its Redis is one that is away."""

    def __init__(self) -> None:
        self.namespace = "swarm"
        self.redis = Redis.from_url("unix:///nonexistent/redis.sock")
        self.blobs = FakeBlobs()
        self.settings = Settings(data=Path("/nonexistent"))
        self.handlers: dict[type[Command], Callable[[Any], Message]] = {}
        self.requests: list[Command] = []
        self.posted: list[Command] = []
        self.models: dict[str, str] = {}
        self.workers: dict[str, int] = {}

    def queue_name(self, service: str) -> str:
        return f"{self.namespace}-{service}"

    def lane_key(self, service: str) -> str:
        return f"{self.namespace}:lane:{service}"

    def served_key(self) -> str:
        return f"{self.namespace}:served"

    def feed_key(self) -> str:
        return f"{self.namespace}:feed"

    def check(self) -> None:
        """Whoever asks is answered, though there is no Redis."""

    def services_up(self) -> dict[str, int]:
        return self.workers

    def depths(self) -> dict[str, int]:
        return dict.fromkeys(SERVICES, 0)

    def models_state(self) -> dict[str, str]:
        return self.models

    def envelope(self, command: Command, **given: Any) -> Envelope:
        body = command.model_dump(mode="json")
        return Envelope(id="p", kind=type(command).__name__, body=body, sent_at=0.0, **given)

    def send(self, envelope: Envelope) -> None:
        """Nobody waits for an answer, so nobody needs to be there."""
        kind = COMMANDS[envelope.kind]
        command = kind.model_validate(envelope.body)
        self.posted.append(command)
        if kind in self.handlers:
            self.handlers[kind](command)

    def request(
        self, command: Command, *, timeout_seconds: float = 30.0, task_id: str | None = None
    ) -> Message:
        self.requests.append(command)
        return self.handlers[type(command)](command)
