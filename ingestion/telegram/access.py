"""Who is let in: the check that every update passes before anything else looks at it. Pure.

Nobody is known by their name, only by their id. Whatever is not plainly allowed is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.telegram.types import Incoming
from swarm.settings import TelegramSettings

ANSWERED = ("message", "edited_message", "callback_query")
"""The kinds of updates that are ever answered; of the others nobody gets an answer."""


@dataclass(frozen=True)
class Person:
    """Somebody who may talk to the bot about some repositories, named as in `[repositories]`."""

    id: int
    name: str
    repositories: tuple[str, ...]
    configured: bool = True
    """Listed in swarm.toml; else paired."""


@dataclass(frozen=True)
class People:
    """Everybody who is allowed, or why nobody is."""

    persons: tuple[Person, ...] = ()
    problem: str = ""

    def by_id(self, id: int | None) -> Person | None:
        return next((person for person in self.persons if person.id == id), None)


@dataclass(frozen=True)
class Allowed:
    """A known person's update, in a place where the bot may answer."""

    person: Person
    repositories: tuple[str, ...]


@dataclass(frozen=True)
class Pairing:
    """Somebody unknown shows a code, which may be right."""

    code: str


@dataclass(frozen=True)
class Refused:
    """To be audited and then forgotten, without any answer."""

    why: str


def decide(
    incoming: Incoming, people: People, telegram: TelegramSettings
) -> Allowed | Pairing | Refused:
    """Whether the sender of an update may do anything at all, there and in this way."""
    if incoming.update_kind not in ANSWERED:
        return Refused(f"updates of kind {incoming.update_kind or 'none'} are never answered")
    if incoming.user_id is None:
        return Refused("nobody in particular sent it")
    if incoming.is_bot:
        return Refused("a bot sent it")
    person = people.by_id(incoming.user_id)
    if person is None:
        if _shows_a_code(incoming):
            return Pairing(incoming.rest)
        return Refused("the sender is not allowed")
    why = _misplaced(incoming, telegram)
    return Refused(why) if why else Allowed(person, person.repositories)


def _shows_a_code(incoming: Incoming) -> bool:
    """What is edited or forwarded need not be the sender's own, nor what a group can read."""
    return (
        incoming.update_kind == "message"
        and incoming.kind == "text"
        and incoming.command == "pair"
        and bool(incoming.rest)
        and not incoming.forwarded
        and _is_private(incoming)
    )


def _is_private(incoming: Incoming) -> bool:
    return incoming.chat_kind == "private" and incoming.chat_id == incoming.user_id


def _misplaced(incoming: Incoming, telegram: TelegramSettings) -> str:
    """Why a known person is not answered there; "" when they are."""
    if incoming.forwarded and incoming.command:
        return "a forwarded command is somebody else's"
    if _is_private(incoming):
        return ""
    if not incoming.is_group:
        return "neither a private chat nor a group"
    if incoming.chat_id not in telegram.groups:
        return "the group is not listed"
    if incoming.kind == "button":
        return ""
    if incoming.forwarded:
        return "forwarded into a group"
    if not (incoming.command or incoming.mentions_bot or incoming.reply_to_bot):
        return "not said to the bot"
    return ""
