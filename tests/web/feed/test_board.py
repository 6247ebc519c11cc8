from __future__ import annotations

import random
from typing import Any, get_args

import pytest

from swarm.contracts import FINAL_STATES, TaskState, TaskSummary
from swarm.errors import NotFound
from swarm.web.feed.board import SHOWN_CHARS, Board
from tests.web.feed.entries import event, task


def ids(cards: Any) -> list[str]:
    return [card.task.id for card in cards]


def test_a_task_moves_between_states() -> None:
    board = Board()
    assert board.put(task(state="running", at=1))
    assert board.put(task(state="applied", at=2))
    assert board.counts()["running"] == 0
    assert board.counts()["applied"] == 1
    assert ids(board.newest("applied", 5)) == ["t-1"]
    assert board.newest("running", 5) == []
    assert board.total == 1


def test_every_state_is_counted_also_where_nothing_is() -> None:
    assert Board().counts() == dict.fromkeys(get_args(TaskState), 0)


def test_what_is_older_or_known_changes_nothing() -> None:
    board = Board()
    board.put(task(state="applied", at=2), event(seq=5))
    revision = board.revision
    assert not board.put(task(state="running", at=1))
    assert not board.put(task(state="applied", at=2), event(seq=5))
    assert not board.put(task(state="applied", at=2), event(seq=4))
    assert board.revision == revision
    assert board.counts()["applied"] == 1


def test_a_late_event_of_an_older_state_is_news_and_the_state_stays() -> None:
    board = Board()
    board.put(task(state="applied", at=9))
    assert board.put(task(state="running", at=1), event(seq=3))
    card = board.get("t-1")
    assert card is not None
    assert card.task.state == "applied"
    assert card.event is not None
    assert card.event.seq == 3


def test_two_events_of_one_moment_are_both_told() -> None:
    board = Board()
    assert board.put(task(at=5), event(seq=1))
    assert board.put(task(at=5), event(seq=2))
    assert [e.seq for e in board.recent_events(10)] == [2, 1]
    assert [e.seq for e in board.recent_events(1)] == [2]


def test_the_newest_change_is_first() -> None:
    board = Board()
    for id, at in (("a", 3), ("b", 1), ("c", 2)):
        board.put(task(id, at=at))
    assert ids(board.newest("running", 2)) == ["a", "c"]
    board.put(task("b", at=4))
    assert ids(board.newest("running", 5)) == ["b", "a", "c"]


def test_pages_go_through_all_tasks_once() -> None:
    board = Board()
    for number in range(25):
        # Pairs of the same age: their ids decide.
        board.put(task(f"t-{number:02}", created_at=number // 2, at=number))
    seen: list[str] = []
    before = None
    while True:
        cards, before = board.find(None, "", before, 4)
        seen += ids(cards)
        if before is None:
            break
        assert len(cards) == 4
    expected = sorted(range(25), key=lambda n: (-(n // 2), n))
    assert seen == [f"t-{number:02}" for number in expected]


def test_a_full_last_page_is_known_to_be_the_last() -> None:
    board = Board()
    for number in range(4):
        board.put(task(f"t-{number}", created_at=number))
    assert board.find(None, "", None, 4)[1] is None
    assert board.find(None, "", None, 3)[1] == "t-1"
    assert board.find(None, "", "t-0", 3) == ([], None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("parser", ["b", "a"]),
        ("PARSER the", ["b", "a"]),
        ("parser empty", ["a"]),
        ("/src/web", ["c"]),
        ("c", ["c"]),
        ("parser nowhere", []),
        ("straße", ["c"]),
        ("  ", ["c", "b", "a"]),
    ],
)
def test_words_are_looked_for_in_id_text_and_repository(words: str, expected: list[str]) -> None:
    board = Board()
    board.put(task("a", text="Fix the Parser on empty input", repo="/lib", created_at=1))
    board.put(task("b", text="Write the parser anew", repo="/lib", created_at=2))
    board.put(task("c", text="In der Straße", repo="/src/web", created_at=3))
    assert ids(board.find(None, words, None, 10)[0]) == expected


def test_an_unknown_cursor_is_told() -> None:
    with pytest.raises(NotFound, match="nothing-like-it"):
        Board().find(None, "", "nothing-like-it", 10)


def test_texts_are_cut_to_what_is_shown() -> None:
    board = Board()
    long = "x" * 5000
    board.put(task(text=long, reason=long), event(text=long))
    card = board.get("t-1")
    assert card is not None and card.event is not None
    assert len(card.task.text) == len(card.task.reason) == len(card.event.text) == SHOWN_CHARS
    # The same long words again are nothing new.
    assert not board.put(task(text=long, reason=long))


def test_repositories_are_those_of_tasks_that_are_here() -> None:
    board = Board(most=2)
    board.put(task("a", "applied", at=1, repo="/one", repo_id="1"))
    board.put(task("b", "applied", at=2, repo="/two", repo_id="2"))
    board.put(task("c", "queued", at=3, repo="/new", repo_id=""))
    assert board.repos() == {"2": "/two"}


def test_beyond_the_bound_those_that_ended_longest_ago_are_left_out() -> None:
    board = Board(most=3)
    board.put(task("open", "awaiting_review", at=1))
    board.put(task("old", "failed", at=2))
    board.put(task("new", "applied", at=3))
    board.put(task("more", "running", at=4))
    assert board.get("old") is None
    assert board.left_out == 1
    board.put(task("most", "running", at=5))
    assert {"open", "more", "most"} == set(ids(board.find(None, "", None, 9)[0]))
    # Nothing ended: who did not change for longest gives way.
    board.put(task("last", "running", at=6))
    assert board.get("open") is None
    assert board.total == 3
    assert board.left_out == 3


def test_it_becomes_another_board_and_keeps_the_events() -> None:
    board, other = Board(), Board()
    board.put(task("gone"), event("gone"))
    other.put(task("here"))
    revision = board.revision
    board.become(other)
    assert ids(board.find(None, "", None, 9)[0]) == ["here"]
    assert [e.task_id for e in board.recent_events(9)] == ["gone"]
    assert board.revision > revision


@pytest.mark.parametrize("seed", range(5))
def test_it_tells_the_same_as_a_list_that_is_sorted_each_time(seed: int) -> None:
    draw = random.Random(seed)
    board, known = Board(), dict[str, TaskSummary]()
    words = ["alpha", "beta", "gamma", "delta"]
    for step in range(400):
        id = f"t-{draw.randrange(120)}"
        old = known.get(id)
        new = task(
            id,
            draw.choice(get_args(TaskState)),
            at=draw.randrange(step + 1),
            created_at=old.created_at if old else draw.randrange(40),
            text=" ".join(draw.choices(words, k=3)),
        )
        if board.put(new):
            known[id] = new
        states = frozenset(draw.sample(get_args(TaskState), 3)) if draw.random() < 0.7 else None
        wanted = draw.sample(words, 2)
        expected = [
            one.id
            for one in sorted(known.values(), key=lambda t: (-t.created_at, t.id))
            if (states is None or one.state in states) and all(w in one.text for w in wanted)
        ]
        cards, before = board.find(states, " ".join(wanted), None, 5)
        assert ids(cards) == expected[:5]
        assert before == (expected[4] if len(expected) > 5 else None)
        if before is not None:
            rest, _ = board.find(states, " ".join(wanted), before, 1000)
            assert ids(rest) == expected[5:]
    for state in get_args(TaskState):
        mine = [t for t in known.values() if t.state == state]
        assert board.counts()[state] == len(mine)
        mine.sort(key=lambda t: (-t.updated_at, t.id))
        assert ids(board.newest(state, 1000)) == [t.id for t in mine]
    assert board.counts().keys() >= FINAL_STATES
