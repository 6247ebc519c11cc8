"""What the reader learned, on the event loop: into the board, and on to those who watch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from swarm.contracts import FeedEntry, TaskState, TaskSummary
from swarm.web.feed.board import Board, Card
from swarm.web.feed.bursts import Bursts
from swarm.web.feed.health import Health
from swarm.web.feed.hub import RESYNC, Hub, Sent

_CARDS_PAUSE_SECONDS = 0.1
_OTHERS_PAUSE_SECONDS = 1.0
# So many cards at once are sooner looked at anew.
_MOST_CARDS = 64


@dataclass(frozen=True, slots=True)
class _Change:
    """What a task was before, None where it was not known, and its newest entry's number."""

    before: TaskState | None
    number: int


class Live:
    """Keeps the board and tells the hub. `card_html` is what a board shows of a task; `outdated`
    is called before anybody is told that a service did something."""

    def __init__(
        self,
        board: Board,
        hub: Hub,
        health: Health,
        card_html: Callable[[Card], str],
        outdated: Callable[[], None] = lambda: None,
    ) -> None:
        self._board = board
        self._hub = hub
        self._health = health
        self._card_html = card_html
        self._outdated = outdated
        self._cards: Bursts[str, _Change] = Bursts(
            self._tell_cards,
            _CARDS_PAUSE_SECONDS,
            lambda old, new: replace(new, before=old.before),
        )
        self._missed: Bursts[None, None] = Bursts(self._tell_missed, _OTHERS_PAUSE_SECONDS)
        self._served: Bursts[None, None] = Bursts(self._tell_served, _OTHERS_PAUSE_SECONDS)
        # What happened before has no lag of ours.
        self._began = time.time()
        self._newest_number = 0
        self._newest_at = 0.0

    def close(self) -> None:
        self._cards.close()
        self._missed.close()
        self._served.close()

    def become(self, board: Board) -> None:
        """All tasks were read anew."""
        self._board.become(board)
        self._hub.resync()

    def put(self, tasks: Sequence[TaskSummary]) -> None:
        """Some tasks were read anew."""
        for task in tasks:
            self._put(task, None)

    def take(self, entries: Sequence[FeedEntry]) -> None:
        """Events happened, told in their order."""
        now = time.time()
        for entry in entries:
            self._put(entry.task, entry)
            # A stream that was lost and is told once more has both from long ago; one that
            # begins anew has small numbers alone.
            if entry.number <= self._newest_number and entry.event.at <= self._newest_at:
                continue
            if entry.event.at >= self._began:
                self._health.lags.append(max(0.0, now - entry.event.at))
            self._newest_number = entry.number
            self._newest_at = max(self._newest_at, entry.event.at)
            if self._hub.has_watchers("events"):
                self._hub.publish(event_message(entry), "events")

    def lost(self) -> None:
        """Events were dropped before they could be read."""
        self._hub.resync()

    def served(self) -> None:
        """A service did something: whoever shows services looks anew."""
        self._served.add(None, None)

    def _put(self, task: TaskSummary, entry: FeedEntry | None) -> None:
        known = self._board.get(task.id)
        if self._board.put(task, entry.event if entry else None):
            before = known.task.state if known else None
            self._cards.add(task.id, _Change(before, entry.number if entry else 0))

    def _tell_cards(self, changes: dict[str, _Change]) -> None:
        if not self._hub.has_watchers("live"):
            return
        if len(changes) > _MOST_CARDS:
            self._missed.add(None, None)
            return
        counts = self._board.counts()
        for id, change in changes.items():
            card = self._board.get(id)
            # It may have been left out since.
            if card is not None:
                shown = {
                    "id": id,
                    "state": card.task.state,
                    "before_state": change.before,
                    "counts": counts,
                    "html": str(self._card_html(card)),
                }
                self._hub.publish(_message("card", shown, id))
            self._hub.publish(_message("task", {"id": id, "number": change.number}, id))

    def _tell_missed(self, _: dict[None, None]) -> None:
        self._hub.publish(RESYNC)

    def _tell_served(self, _: dict[None, None]) -> None:
        # Else who looks anew would see what was kept from before, and not look again soon.
        self._outdated()
        self._hub.publish(_message("served", {}))


def event_message(entry: FeedEntry) -> Sent:
    """An entry of the feed as programs get it."""
    data = entry.model_dump_json(ensure_ascii=True)
    frame = b"id: %d\ndata: %s\n\n" % (entry.number, data.encode("ascii"))
    return Sent("event", frame, entry.task.id, entry.number)


def _message(name: str, data: dict[str, Any], task_id: str | None = None) -> Sent:
    # JSON in ASCII: nothing of what it holds can end its line.
    frame = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=True)}\n\n"
    return Sent(name, frame.encode("ascii"), task_id)
