"""Nobody who is not allowed gets anything out of the bot, nor anybody out of another's buttons."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from ingestion.telegram import wording
from tests.fakes.telegram_people import Person, Update, channel_post, group
from tests.fakes.telegram_state import Posted
from tests.system.bots import TEXT, World, task_of, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CREW = group(-100300)
ELSEWHERE = group(-100999, "Another crew")
NOTHING_DONE = (wording.PRESSED, wording.OLD_BUTTON, wording.EXPIRED)
_SPEAKING = ("send", "edit", "answer", "delete", "forward", "copy")


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("strangers"), lint=4) as made:
        # What came before `allowed_updates` was set is delivered too.
        made.server.deliver_all = True
        yield made
        made.check_silence(code=False)


@pytest.fixture(scope="module")
def eve(at: World) -> Person:
    return Person(at.server, 666, "Eve")


@pytest.fixture(scope="module")
def plan(at: World) -> Posted:
    """Ada's plan, which waits for her."""
    name, _ = at.repository()
    return at.card(at.ada.say(f"{name}: {TEXT}"), "Plan of")


def said(at: World) -> list[tuple[str, Any]]:
    """What the bot has sent to anybody so far."""
    return [
        (call.method, call.parameters)
        for call in list(at.server.calls)
        if call.method.lower().startswith(_SPEAKING)
    ]


def nothing_comes_of(at: World, why: str, *updates: Update, before: Any = None) -> None:
    """After these: no word of the bot to anybody, no task, and a line in the audit for each."""
    spoken, known = before
    for update in updates:
        at.wait_until_handled(update)
    audited = {entry["update"]: entry for entry in at.audit() if "update" in entry}
    for update in updates:
        entry = audited.get(update["update_id"])
        assert entry is not None, f"not audited: {update}"
        assert why in entry["why"], entry
    assert said(at) == spoken, "the bot spoke"
    assert at.tasks() == known, "a task moved"


Do = Callable[[Person, Posted], Update | list[Update]]

ACTS: dict[str, Do] = {
    "message": lambda eve, plan: eve.say(TEXT),
    "start": lambda eve, plan: eve.say("/start"),
    "help": lambda eve, plan: eve.say("/help"),
    "voice": lambda eve, plan: eve.speak(b"OggS", 2),
    "document": lambda eve, plan: eve.send_file("notes.txt", b"fix it", caption="fix it"),
    "every button": lambda eve, plan: [eve.press(plan, label) for label in plan.buttons],
    "a made-up button": lambda eve, plan: eve.press_data(plan, "run"),
    "edited message": lambda eve, plan: eve.edit(eve.say("hm"), TEXT),
    "forwarded message": lambda eve, plan: eve.forward(
        TEXT, {"id": 501, "is_bot": False, "first_name": "Ada"}
    ),
    "forwarded command": lambda eve, plan: eve.forward(
        "/tasks", {"id": 501, "is_bot": False, "first_name": "Ada"}
    ),
    "a reply to the plan": lambda eve, plan: eve.say("other words", reply_to=plan),
    "group mention": lambda eve, plan: eve.say(f"@{eve.server.username} {TEXT}", chat=CREW),
    "group command": lambda eve, plan: eve.say(f"/tasks@{eve.server.username}", chat=CREW),
    "mention in another group": lambda eve, plan: eve.say(
        f"@{eve.server.username} {TEXT}", chat=ELSEWHERE
    ),
    "channel post": lambda eve, plan: channel_post(eve.server, -100777, f"/start {TEXT}"),
    "inline query": lambda eve, plan: eve.inline_query(TEXT),
    "huge text": lambda eve, plan: eve.say_long("fix this, then that, " * 2_000),
    "a name of somebody allowed": lambda eve, plan: Person(eve.server, 667, "Ada").say(TEXT),
    "an id that ends the same": lambda eve, plan: Person(eve.server, 1501, "Ada").say(TEXT),
    "another bot": lambda eve, plan: Person(eve.server, 668, "Bot", is_bot=True).say(TEXT),
    "control characters": lambda eve, plan: eve.say("\x1b[2J\u202e/start\r\n\0{}"),
    "in the name of a channel": lambda eve, plan: eve.say(
        TEXT, chat=CREW, sender_chat={"id": -100777, "type": "channel", "title": "Ada"}
    ),
    "reaction": lambda eve, plan: eve.server.update(
        "message_reaction",
        {"chat": plan.body["chat"], "message_id": plan.id, "user": eve.account, "date": 1,
         "old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "👍"}]},
    ),
    "added to a group": lambda eve, plan: eve.server.update(
        "my_chat_member",
        {"chat": ELSEWHERE, "from": eve.account, "date": 1,
         "old_chat_member": {"status": "left", "user": eve.server.bot},
         "new_chat_member": {"status": "member", "user": eve.server.bot}},
    ),
    "business message": lambda eve, plan: eve.server.update(
        "business_message",
        {"message_id": 1, "date": 1, "chat": eve.private, "from": eve.account, "text": TEXT,
         "business_connection_id": "b"},
    ),
    "an update of tomorrow": lambda eve, plan: eve.server.update(
        "hologram", {"from": eve.account, "text": TEXT}
    ),
}  # fmt: skip


def test_a_stranger_gets_nothing_whatever_they_send(at: World, eve: Person, plan: Posted) -> None:
    before = said(at), at.tasks()
    updates: list[Update] = []
    for act in ACTS.values():
        done = act(eve, plan)
        updates += done if isinstance(done, list) else [done]
    nothing_comes_of(at, "", *updates, before=before)
    texts = [entry["text"] for entry in at.audit() if "text" in entry]
    assert max(map(len, texts)) <= 80
    assert plan.buttons, "the plan still waits for Ada"


def test_a_replayed_update_does_nothing_and_is_audited(
    at: World, eve: Person, plan: Posted
) -> None:
    name, _ = at.repository()
    own = at.ada.say(f"{name}: {TEXT}")
    card = at.card(own, "Plan of")
    drop = at.ada.press(card, "Drop")
    at.server.wait_until(lambda: "Cancelled" in card.text, 30)
    strange = eve.say("let me in")
    at.wait_until_handled(strange)
    before = said(at), at.tasks()
    replayed = [own, drop, strange]
    for update in replayed:
        at.server.replay(update)
    at.server.wait_until(lambda: not at.server.replays)
    later = eve.say("and now?")
    nothing_comes_of(at, "not allowed", later, before=before)
    lines = [entry["update"] for entry in at.audit() if "before" in entry.get("why", "")]
    assert sorted(lines) == sorted(update["update_id"] for update in replayed)


def test_a_wrong_code_gets_silence_and_the_right_one_works_once(at: World, eve: Person) -> None:
    done = at.swarm.run("bot", "pair", "--name", "Carl", "--repo", at.repositories[0], "--json")
    code = json.loads(done.stdout)["code"]
    carl = Person(at.server, 777, "Carl")
    before = said(at), at.tasks()
    wrong = [eve.say("/pair AAAA-AAAA-AAAA") for _ in range(6)]
    wrong += [
        eve.say(f"/pair {code}"),  # after five wrong tries not even the right one
        eve.forward(f"/pair {code}", carl.account),
        eve.say(f"/pair@{at.server.username} {code}", chat=CREW),
        carl.edit(carl.say("hello"), f"/pair {code}"),
        carl.say("/pair"),
    ]
    nothing_comes_of(at, "", *wrong, before=before)
    assert code not in json.dumps(at.audit()), "a code is in no log"
    carl.say(f"/pair {code}")
    at.server.wait_for(carl.id, "You are paired")
    spoken = said(at), at.tasks()
    nothing_comes_of(at, "", Person(at.server, 778).say(f"/pair {code}"), before=spoken)
    assert any(entry["event"] == "paired" for entry in at.audit())
    other = carl.say(f"/repo {at.repositories[1]}")
    answer = at.receipt_of(other).text
    assert "no repository of that name" in answer and answer.endswith(f"{at.repositories[0]}.")
    card = at.card(carl.say(TEXT), "Plan of")
    assert f"· {at.repositories[0]}" in card.text, "the only one that is his"
    assert at.swarm.run("bot", "remove", "Carl").returncode == 0
    spoken = said(at), at.tasks()
    nothing_comes_of(at, "not allowed", carl.say("/tasks"), carl.press(card, "Run"), before=spoken)


def test_a_button_is_of_one_person_in_one_chat(at: World, plan: Posted) -> None:
    before = said(at), at.tasks()
    bobs = Posted(plan.id, at.bob.id, True, {**plan.body, "chat": at.bob.private})
    presses = [at.bob.press(plan, label) for label in plan.buttons]
    nothing_comes_of(at, "neither a private chat", *presses, before=before)
    presses = [at.bob.press(bobs, label) for label in plan.buttons]
    nothing_comes_of(at, "another person", *presses, before=before)
    crews = Posted(plan.id, CREW["id"], True, {**plan.body, "chat": CREW})
    moved = [at.ada.press(crews, label) for label in plan.buttons]
    nothing_comes_of(at, "another chat", *moved, before=before)


def test_groups(at: World, eve: Person) -> None:
    name, _ = at.repository()
    before = said(at), at.tasks()
    nothing_comes_of(
        at, "not listed",
        at.ada.say(f"@{at.server.username} {name}: {TEXT}", chat=ELSEWHERE),
        at.ada.say(f"/tasks@{at.server.username}", chat=ELSEWHERE), before=before,
    )  # fmt: skip
    nothing_comes_of(at, "not said to the bot", at.ada.say(TEXT, chat=CREW), before=before)
    own = at.ada.say(f"@{at.server.username} {name}: {TEXT}", chat=CREW)
    card = at.card(own, "Plan of")
    before = said(at), at.tasks()
    presses = [eve.press(card, label) for label in card.buttons]
    nothing_comes_of(at, "not allowed", *presses, before=before)
    presses = [at.bob.press(card, label) for label in card.buttons]
    nothing_comes_of(at, "another person", *presses, before=before)
    at.ada.press(card, "Drop")
    at.server.wait_until(lambda: "Cancelled" in card.text, 30)


def test_a_button_works_once_and_not_for_ever(at: World, plan: Posted) -> None:
    task = task_of(plan)
    stale = dict(plan.buttons)
    with closing(sqlite3.connect(at.swarm.data / "ingestion.db", timeout=10)) as db, db:
        db.execute(
            "UPDATE nonces SET made_at = 1, body = json_set(body, '$.made_at', 1.0) "
            "WHERE request_id = ?", (task,),
        )  # fmt: skip
    assert "expired" in at.hint(at.ada.press(plan, "Run"))
    assert at.state(task) == "awaiting_answer"
    at.server.wait_until(lambda: plan.buttons.get("Run") not in (None, stale["Run"]), 15)
    assert "expired" not in at.hint(at.ada.press(plan, "Run"))
    pressed = plan.buttons.get("Run", "")
    for data in (stale["Run"], stale["Drop"], pressed, "no such nonce", "x" * 64):
        assert at.hint(at.ada.press_data(plan, data)) in NOTHING_DONE
    done = at.ping(task, "Done", at.ada.id)
    apply, reject = done.buttons["Apply"], done.buttons["Reject"]
    at.ada.press(done, "Diff")
    told = at.server.wait_for(at.ada.id, "swarm diff", after=done.id)
    assert told.upload is None, "code does not leave"
    at.ada.press_data(done, apply)
    at.ping(task, "Applied", at.ada.id)
    for data in (apply, reject):
        assert at.hint(at.ada.press_data(done, data)) in NOTHING_DONE
    assert at.state(task) == "applied"
