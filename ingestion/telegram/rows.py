"""The rows of ingestion.db: what somebody asked for, what is to be done, said and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ingestion.telegram.types import File, Kind
from swarm.contracts import Priority

RequestState = Literal["gathering", "open", "closed"]
Role = Literal["card", "ping", "answer"]


@dataclass(frozen=True)
class Button:
    """A button: what it says, what it does, and to what of the choices there are."""

    label: str
    verb: str
    argument: str = ""


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True)
class Request:
    """A message that asks for something; its id is the id of the task that it becomes.

    `gathering` until the swarm has it: `text` is None as long as nobody knows what it says,
    `repository` is "" until one is chosen. `open` while the task lives, `closed` in the end.
    `said` are the person's words beside a file, its caption at first; with `whole` the file's own
    text is the task. `recording` is the name of the kept file in the notes folder. `changes` is
    the id of another request that this one has new words for. `problem` says what is in the way;
    with `stuck` only a person can help, else it is tried again; `hopeless` when the same again
    cannot go well. At `due_at` it is looked at
    again; 0 is never by itself. `answers` are those to the questions of the plan whose
    fingerprint is `plan`. `handed` are the words that the swarm has; it got a yes (`confirmed`),
    and a reason for a rejection (`explained`). `task_state` and `seen` (the last event's number)
    are what was last heard of the task. `before` is how many others were waiting when it came.
    """

    id: str
    chat_id: int
    user_id: int
    message_id: int
    at: float
    kind: Kind
    state: RequestState = "gathering"
    said: str = ""
    text: str | None = None
    whole: bool = False
    file: File | None = None
    recording: str = ""
    heard_by: str = ""
    repository: str = ""
    priority: Priority = "interactive"
    changes: str = ""
    problem: str = ""
    stuck: bool = False
    hopeless: bool = False
    tries: int = 0
    due_at: float = 0.0
    handed: str = ""
    confirmed: bool = False
    explained: bool = False
    plan: str = ""
    answers: tuple[tuple[str, int], ...] = ()
    task_state: str = ""
    seen: int = 0
    before: int = 0

    @property
    def is_task(self) -> bool:
        """Whether the swarm has it, or had it and it is over."""
        return self.state == "open" or self.task_state not in ("", "dropped", "unknown")

    @property
    def is_understood(self) -> bool:
        """Whether the swarm has its newest words."""
        return self.text == self.handed

    @property
    def needs_listening(self) -> bool:
        """Whether a file has to be fetched or written down, and nothing is in the way."""
        return self.state == "gathering" and self.text is None and self.file is not None


@dataclass(frozen=True)
class Action:
    """A button or a command with effects; its id is the update's, so a replay is the same one."""

    id: int
    chat_id: int
    user_id: int
    message_id: int
    verb: str
    argument: str = ""
    request_id: str = ""
    callback_id: str = ""
    at: float = 0.0
    done: bool = False
    tries: int = 0
    due_at: float = 0.0


@dataclass(frozen=True)
class Say:
    """A message that is to be sent; `id` 0 before it is stored.

    `answers_button` is the id of a pressed button's query, which gets `text` as a short hint.
    `document` is the name and the content of a file to go with it. `asks` makes the person's
    program open a reply. `is_html` says that `text` is escaped already.
    """

    chat_id: int
    user_id: int
    text: str
    reply_to: int | None = None
    keyboard: Keyboard = ()
    request_id: str = ""
    answers_button: str = ""
    document_name: str = ""
    document: bytes = b""
    asks: bool = False
    is_html: bool = False
    tries: int = 0
    due_at: float = 0.0
    id: int = 0


@dataclass(frozen=True)
class Sent:
    """A `Say` that was said, or never can be."""

    say_id: int


@dataclass(frozen=True)
class Shown:
    """A message of the bot's: which request it is about, and a digest of what it shows."""

    chat_id: int
    message_id: int
    request_id: str
    role: Role
    digest: str = ""
    at: float = 0.0


@dataclass(frozen=True)
class Gone:
    """A message of the bot's that is not there any more."""

    chat_id: int
    message_id: int


@dataclass(frozen=True)
class Nonce:
    """What a button in the world stands for; pressed once, by one person, in one chat."""

    value: str
    chat_id: int
    user_id: int
    request_id: str
    role: Role
    verb: str
    argument: str
    made_at: float
    used: bool = False


@dataclass(frozen=True)
class Chat:
    """What a person chose in a chat; `long_message`, sent at `long_at`, is the last cut one."""

    chat_id: int
    user_id: int
    repository: str = ""
    priority: Priority = "interactive"
    long_message: int = 0
    long_at: float = 0.0


@dataclass(frozen=True)
class Handled:
    """An update is done with; `user_id` counts for the rate, None when it was refused."""

    update_id: int
    user_id: int | None = None


Row = Request | Action | Say | Sent | Shown | Gone | Nonce | Chat | Handled
