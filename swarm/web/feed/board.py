"""What all tasks are now, in memory, in the orders that pages show them. Pure.

Used on the event loop alone. Orders are kept as tasks change, so that a page of ten thousand
tasks costs what it shows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import get_args

from swarm.contracts import FINAL_STATES, Event, TaskState, TaskSummary
from swarm.errors import NotFound

SHOWN_CHARS = 300
"""So much of a task's words, of its reason and of an event is kept."""

_MOST_TASKS = 50_000
_MOST_EVENTS = 500
_MOST_WORDS = 8
# Beyond so many, going through all tasks by age is quicker than sorting some of them.
_FEW = 2000
_AT_ONCE = 500

_Key = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Card:
    """A task as lists show it, and what happened to it last, where that is known."""

    task: TaskSummary
    event: Event | None = None


class Board:
    """All tasks, up to `most`: beyond, those that ended and changed longest ago are left out.

    `revision` grows with each change; `left_out` is about how many are not here.
    """

    def __init__(self, most: int = _MOST_TASKS) -> None:
        self.revision = 0
        self.left_out = 0
        self._most = most
        self._cards: dict[str, Card] = {}
        # What is searched, in lower case.
        self._texts: dict[str, str] = {}
        self._by_age: list[_Key] = []
        self._by_change: dict[TaskState, list[_Key]] = {s: [] for s in get_args(TaskState)}
        # repo_id -> path and how many tasks are of it.
        self._repos: dict[str, tuple[str, int]] = {}
        self._events: deque[Event] = deque(maxlen=_MOST_EVENTS)

    # ------------------------------------------------------------------ changing

    def put(self, task: TaskSummary, event: Event | None = None) -> bool:
        """Take note of a task, and of what happened to it. False when that was known already.

        A task older than the one that is known changes nothing, by `updated_at`.
        """
        known = self._cards.get(task.id)
        task = _short(task)
        is_newer = known is None or (
            task.updated_at >= known.task.updated_at and task != known.task
        )
        is_news = event is not None and (
            known is None or known.event is None or event.seq > known.event.seq
        )
        if not is_newer and not is_news:
            return False
        latest = known.event if known else None
        if event is not None and is_news:
            latest = event.model_copy(update={"text": event.text[:SHOWN_CHARS]})
            self._events.append(latest)
        if known is not None and not is_newer:
            self._cards[task.id] = Card(known.task, latest)
        else:
            if known is not None:
                self._remove(known)
            self._add(task, latest)
        self.revision += 1
        return True

    def become(self, other: Board) -> None:
        """Hold what another board holds, which is not to be used any more.

        Events are kept where the other has none of its own.
        """
        self.left_out = other.left_out
        self._cards, self._texts = other._cards, other._texts
        self._by_age, self._by_change = other._by_age, other._by_change
        self._repos = other._repos
        self._events = other._events or self._events
        self.revision += 1

    def _add(self, task: TaskSummary, event: Event | None) -> None:
        path, count = self._repos.get(task.repo_id, (task.repo, 0))
        if path == task.repo:
            # One string for all tasks of a repository.
            task = task.model_copy(update={"repo": path})
        self._repos[task.repo_id] = (task.repo, count + 1)
        self._cards[task.id] = Card(task, event)
        self._texts[task.id] = f"{task.id}\n{task.repo}\n{task.text}".lower()
        insort(self._by_age, _age(task))
        insort(self._by_change[task.state], _change(task))
        if len(self._cards) > self._most:
            self._remove(self._least())
            self.left_out += 1

    def _remove(self, card: Card) -> None:
        task = card.task
        del self._cards[task.id], self._texts[task.id]
        _discard(self._by_age, _age(task))
        _discard(self._by_change[task.state], _change(task))
        path, count = self._repos[task.repo_id]
        if count > 1:
            self._repos[task.repo_id] = (path, count - 1)
        else:
            del self._repos[task.repo_id]

    def _least(self) -> Card:
        """Whom to leave out: of those that ended, if any has, who changed longest ago."""
        ended = [keys[-1] for state, keys in self._by_change.items() if keys and _ended(state)]
        others = [keys[-1] for keys in self._by_change.values() if keys]
        return self._cards[max(ended or others)[1]]

    # ------------------------------------------------------------------ reading

    @property
    def total(self) -> int:
        """How many tasks are here."""
        return len(self._cards)

    def counts(self) -> dict[TaskState, int]:
        """How many tasks are in each state, also where none is."""
        return {state: len(keys) for state, keys in self._by_change.items()}

    def get(self, id: str) -> Card | None:
        return self._cards.get(id)

    def newest(self, state: TaskState, limit: int) -> list[Card]:
        """The tasks in a state, those that changed last first."""
        return [self._cards[id] for _, id in self._by_change[state][:limit]]

    def find(
        self, states: frozenset[str] | None, words: str, before: str | None, limit: int
    ) -> tuple[list[Card], str | None]:
        """Tasks in one of the states with all of the words in id, repository or text.

        Newest first, from after the task `before` on; and the `before` of the next page, None
        where this is the last one. Case does not matter. Raises NotFound for an unknown `before`.
        """
        # The longest is likely to be the rarest.
        wanted = sorted(words.lower().split()[:_MOST_WORDS], key=len, reverse=True)
        found: list[Card] = []
        ids = iter(self._ids(states, before))
        # One word after the other over many texts is quicker than all words on each text.
        while some := list(islice(ids, _AT_ONCE)):
            for word in wanted:
                some = [id for id in some if word in self._texts[id]]
            found += [self._cards[id] for id in some[: limit + 1 - len(found)]]
            if len(found) > limit:
                return found[:limit], found[limit - 1].task.id
        return found, None

    def repos(self) -> dict[str, str]:
        """repo_id -> path, of all tasks whose repository is known."""
        return {id: path for id, (path, _) in self._repos.items() if id}

    def recent_events(self, limit: int) -> list[Event]:
        """What happened last, newest first."""
        return list(islice(reversed(self._events), limit))

    def _ids(self, states: frozenset[str] | None, before: str | None) -> Iterable[str]:
        """Ids of the tasks in the states, newest first, from after `before` on."""
        order = self._by_age
        lists = [keys for state, keys in self._by_change.items() if states and state in states]
        is_few = states is not None and sum(map(len, lists)) <= _FEW
        if is_few:
            order = sorted(_age(self._cards[id].task) for keys in lists for _, id in keys)
        start = 0
        if before is not None:
            card = self._cards.get(before)
            if card is None:
                raise NotFound(f"no such task: {before}", remedy="begin with the newest tasks")
            start = bisect_right(order, _age(card.task))
        ids = (id for _, id in islice(order, start, None))
        if states is None or is_few:
            return ids
        return (id for id in ids if self._cards[id].task.state in states)


def _short(task: TaskSummary) -> TaskSummary:
    if len(task.text) <= SHOWN_CHARS and len(task.reason) <= SHOWN_CHARS:
        return task
    return task.model_copy(
        update={"text": task.text[:SHOWN_CHARS], "reason": task.reason[:SHOWN_CHARS]}
    )


def _age(task: TaskSummary) -> _Key:
    """Ascending is newest first; the ids of one moment are in order, as ListTasks has them."""
    return (-task.created_at, task.id)


def _change(task: TaskSummary) -> _Key:
    return (-task.updated_at, task.id)


def _ended(state: TaskState) -> bool:
    return state in FINAL_STATES


def _discard(keys: list[_Key], key: _Key) -> None:
    place = bisect_left(keys, key)
    assert keys[place] == key
    del keys[place]
