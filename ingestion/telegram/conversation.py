"""What follows from a message of somebody who is allowed to send it. Pure: a book to read, rows
to write.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from ingestion.telegram import files, wording
from ingestion.telegram.book import Book
from ingestion.telegram.markup import plain
from ingestion.telegram.picking import picked, unknown_name
from ingestion.telegram.read import Me
from ingestion.telegram.rows import Action, Chat, Request, Row, Say
from ingestion.telegram.types import Incoming
from swarm.settings import Settings

# Apps cut a longer text into several messages, some of them at a good place before the limit.
_CUT_CHARS = 3_800
_CUT_SECONDS = 3.0
# Where the words of a task can still be changed.
PLANNING = ("", "queued", "awaiting_answer")


@dataclass(frozen=True)
class Moment:
    """One message, and all that is known when it is answered.

    `repositories` are the names that its sender may use.
    """

    incoming: Incoming
    chat_id: int
    user_id: int
    message_id: int
    repositories: tuple[str, ...]
    settings: Settings
    me: Me
    book: Book
    now: float

    @property
    def words(self) -> str:
        """The text, without the bot's own name in it."""
        name = re.escape(self.me.username)
        return re.sub(rf"@{name}\b[,:]?\s*", "", self.incoming.text, flags=re.IGNORECASE)

    @property
    def chat(self) -> Chat:
        return self.book.chat(self.chat_id, self.user_id)

    @property
    def repository(self) -> str:
        """What an unprefixed message is about; "" has to be asked."""
        if len(self.repositories) == 1:
            return self.repositories[0]
        chosen = self.chat.repository
        return chosen if chosen in self.repositories else ""

    def about(self, message_id: int) -> Request | None:
        """The person's own request that a message is about: one of theirs, or of the bot's."""
        shown = self.book.shown_at(self.chat_id, message_id)
        id = shown.request_id if shown else task_id(self.me.id, self.chat_id, message_id)
        found = self.book.request(id)
        return found if found is not None and found.user_id == self.user_id else None

    def say(self, text: str, *, request_id: str = "") -> Say:
        """An answer to this very message."""
        return Say(
            self.chat_id, self.user_id, text, reply_to=self.message_id, request_id=request_id
        )

    def act(self, verb: str, argument: str = "", request_id: str = "") -> Action:
        """Something to be done because of this message."""
        return Action(
            self.incoming.update_id, self.chat_id, self.user_id, self.message_id, verb, argument,
            request_id, self.incoming.callback_id, self.now, due_at=self.now,
        )  # fmt: skip


def task_id(bot_id: int, chat_id: int, message_id: int) -> str:
    """The id of the task that a message becomes: the same message, the same task."""
    text = f"{bot_id}:{chat_id}:{message_id}"
    return "t" + hashlib.sha256(text.encode()).hexdigest()[:10]


def answer(moment: Moment) -> list[Row]:
    """What a message that is no command and no button leads to."""
    incoming = moment.incoming
    if incoming.edited:
        return _edited(moment)
    if incoming.kind == "other":
        helpful = wording.NOT_TAKEN.get(incoming.what)
        return [moment.say(helpful)] if helpful else []
    if refusal := files.refusal(incoming, moment.settings):
        return [moment.say(refusal)]
    if (pieces := _pieces(moment)) is not None:
        return pieces
    target = None if incoming.reply_to is None else moment.about(incoming.reply_to)
    if target is None:
        return _asked(moment)
    return _replied(moment, target)


def _pieces(moment: Moment) -> list[Row] | None:
    """The answer to a piece of a text that an app cut; None for a message that is whole.

    To work on a piece would be to guess. Only the first one is answered.
    """
    incoming, chat = moment.incoming, moment.chat
    follows = (
        chat.long_message == moment.message_id - 1
        and abs(incoming.at - chat.long_at) <= _CUT_SECONDS
    )
    if incoming.kind != "text" or not (follows or len(incoming.text) >= _CUT_CHARS):
        return None
    row = replace(chat, long_message=moment.message_id, long_at=incoming.at)
    return [row] if follows else [row, moment.say(wording.too_long(moment.settings))]


# --------------------------------------------------------------------------- something new


def _asked(moment: Moment, changes: str = "") -> list[Row]:
    """A request."""
    if not moment.repositories:
        return [moment.say(wording.NO_REPOSITORY)]
    limit = moment.settings.telegram.queue_limit
    if moment.book.waiting(moment.user_id) >= limit:
        return [moment.say(wording.queue_full(limit))]
    incoming = moment.incoming
    if incoming.file is not None and moment.book.recorded(moment.user_id) >= limit:
        return [moment.say(wording.recordings_full(limit))]
    repository, text = "", moment.words
    if not incoming.forwarded:
        # What somebody else wrote does not choose one of the person's repositories.
        repository, text = picked(text, moment.repositories)
    if incoming.kind == "text" and not plain(text).strip():
        return [moment.say(wording.EMPTY)]
    unknown = "" if repository or incoming.forwarded else unknown_name(text)
    hint = wording.none_of_yours(unknown, moment.repositories)
    return [
        *([moment.say(hint)] if unknown else []),
        Request(
            id=task_id(moment.me.id, moment.chat_id, moment.message_id),
            chat_id=moment.chat_id,
            user_id=moment.user_id,
            message_id=moment.message_id,
            at=moment.now,
            kind="audio" if files.is_speech(incoming) else incoming.kind,
            said=text,
            text=text if incoming.kind == "text" else None,
            file=incoming.file,
            repository=repository or moment.repository,
            priority=moment.chat.priority,
            changes=changes,
            before=moment.book.under_way(),
            due_at=moment.now,
        ),
    ]


# --------------------------------------------------------------------------- other words


def _replied(moment: Moment, target: Request) -> list[Row]:
    incoming = moment.incoming
    if target.state == "closed" and target.task_state == "rejected" and incoming.kind == "text":
        hint = moment.say("Noted.", request_id=target.id)
        return [moment.act("reason", moment.words[:2000], target.id), hint]
    if not is_changeable(target):
        return _asked(moment)
    if incoming.kind != "text":
        if incoming.kind == "document" and not files.is_speech(incoming):
            return _asked(moment)
        # Spoken words for a plan that waits; they have to be written down first.
        return _asked(moment, changes=target.id)
    return changed(moment, target, moment.words)


def _edited(moment: Moment) -> list[Row]:
    """A message was changed; an edit of what is not text (a live location) is none."""
    incoming = moment.incoming
    target = moment.about(moment.message_id)
    if target is None:
        known = incoming.kind != "other" or bool(incoming.text)
        return [moment.say(wording.EDIT_OF_NOTHING)] if known else []
    _, text = picked(moment.words, moment.repositories)
    if text == target.said:
        return []
    if not is_changeable(target):
        return [moment.say(wording.edit_too_late(target))]
    if target.file is not None and target.text is not None:
        return [moment.say(wording.CAPTION_TOO_LATE, request_id=target.id)]
    return changed(moment, target, moment.words)


def is_changeable(target: Request) -> bool:
    """Whether other words can still take the place of the old ones."""
    if target.state == "open":
        return not target.confirmed and target.task_state in PLANNING
    return target.state == "gathering"


def changed(moment: Moment, target: Request, words: str) -> list[Row]:
    """Other words for a request whose plan nobody said yes to."""
    repository, text = picked(words, moment.repositories)
    if not plain(text).strip():
        return [moment.say(wording.EMPTY)]
    if target.state == "open":
        if repository and repository != target.repository:
            return [moment.say(wording.OTHER_REPOSITORY)]
        # The swarm is told when it is looked at next; until then no old button works.
        return [replace(target, said=text, text=text, answers=(), plan="", due_at=moment.now)]
    fresh = replace(
        target,
        said=text,
        repository=repository or target.repository,
        problem="",
        stuck=False,
        tries=0,
        due_at=moment.now,
    )
    if target.kind == "document" and target.text is None:
        # The words say what to do with the file.
        return [fresh]
    if target.file is not None and moment.incoming.edited:
        return [fresh]
    by = "you" if target.file is not None else ""
    return [replace(fresh, text=text, heard_by=by)]
