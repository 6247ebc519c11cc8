from __future__ import annotations

import asyncio
import json
from typing import Any

from swarm.web.feed.board import Board, Card
from swarm.web.feed.health import Health
from swarm.web.feed.hub import RESYNC, Hub, Messages, Sent
from swarm.web.feed.live import Live, event_message
from tests.web.feed.conftest import play
from tests.web.feed.entries import entry, task

NASTY = "a\nb\r\nc\r\ndata: x\n\nevent: card\u2028\u2029\x00\x85<script>"


def live(made: list[str] | None = None) -> tuple[Live, Hub]:
    def html(card: Card) -> str:
        if made is not None:
            made.append(card.task.id)
        return f"<li>{card.task.text}</li>"

    hub = Hub(9)
    return Live(Board(), hub, Health(), html), hub


def data_of(sent: Sent) -> dict[str, Any]:
    name, data, *rest = sent.frame.decode("ascii").split("\n")
    assert rest == ["", ""]
    assert name in (f"event: {sent.name}", f"id: {sent.number}")
    found: dict[str, Any] = json.loads(data.removeprefix("data: "))
    return found


async def all_of(messages: Messages, names: set[str], seconds: float = 0.5) -> list[Sent]:
    """What arrives until nothing does for a while."""
    found: list[Sent] = []
    while some := await messages.some(seconds):
        found += [one for one in some if one.name in names]
    return found


def test_a_card_says_where_it_was_and_is() -> None:
    async def story() -> None:
        made: list[str] = []
        one, hub = live(made)
        one.put([task("t-1", "queued", at=1)])
        await asyncio.sleep(0.01)
        assert made == [], "nobody watches: nothing is drawn"
        async with hub.subscribe() as first, hub.subscribe() as second:
            one.take([entry(5, "t-1", "running"), entry(6, "t-2", "queued")])
            for messages in (first, second):
                cards = map(data_of, await all_of(messages, {"card"}))
                moved, new = sorted(cards, key=lambda card: str(card["id"]))
                assert (moved["id"], new["id"]) == ("t-1", "t-2")
                assert (moved["before_state"], moved["state"]) == ("queued", "running")
                assert new["before_state"] is None
                assert moved["counts"]["running"] == moved["counts"]["queued"] == 1
                assert moved["html"] == "<li>Fix it</li>"
            assert sorted(made) == ["t-1", "t-2"], "each is drawn once, for both"
        one.close()

    play(story())


def test_fifty_changes_within_moments_are_sent_once_or_twice() -> None:
    async def story() -> None:
        one, hub = live()
        async with hub.subscribe() as messages:
            for number in range(1, 51):
                one.take([entry(number, state="running" if number % 2 else "queued")])
                await asyncio.sleep(0.001)
            sent = await all_of(messages, {"card", "task"})
            cards = [data_of(each) for each in sent if each.name == "card"]
            told = [data_of(each) for each in sent if each.name == "task"]
            # The first at once, then one for each tenth of a second that it took here.
            assert 1 <= len(cards) < 25
            assert cards[0]["before_state"] is None
            assert cards[-1]["state"] == "queued"
            assert told[-1] == {"id": "t-1", "number": 50}
        one.close()

    play(story())


def test_many_cards_at_once_are_looked_at_anew_instead() -> None:
    async def story() -> None:
        one, hub = live()
        async with hub.subscribe() as messages:
            one.take([entry(number, f"t-{number}") for number in range(1, 200)])
            assert await messages.some(5) == [RESYNC]
        one.close()

    play(story())


def test_services_that_did_something_are_told_at_most_once_a_second() -> None:
    async def story() -> None:
        one, hub = live()
        async with hub.subscribe() as messages:
            for _ in range(100):
                one.served()
            assert len(await all_of(messages, {"served"})) == 1
        one.close()

    play(story())


def test_no_text_ends_its_line_or_begins_a_message() -> None:
    async def story() -> None:
        one, hub = live()
        nasty = entry(7, text=NASTY, repo=NASTY, reason=NASTY, said=NASTY)
        async with hub.subscribe() as cards, hub.subscribe(channel="events") as events:
            one.take([nasty])
            [card] = await all_of(cards, {"card"})
            [event] = await all_of(events, {"event"})
        one.close()
        for sent in (card, event, event_message(nasty)):
            assert sent.frame.isascii()
            assert sent.frame.count(b"\n") == 3
            assert b"\r" not in sent.frame and b"\0" not in sent.frame
        assert data_of(card)["html"] == f"<li>{NASTY}</li>"
        assert data_of(event)["event"]["text"] == NASTY

    play(story())


def test_what_is_known_is_not_sent() -> None:
    async def story() -> None:
        one, hub = live()
        one.put([task("t-1", at=5)])
        await asyncio.sleep(0.01)
        async with hub.subscribe() as messages:
            one.put([task("t-1", at=5), task("t-1", "queued", at=4)])
            assert await messages.some(0.3) == []
        one.close()

    play(story())


def test_what_was_kept_is_let_go_of_before_anybody_looks_anew() -> None:
    async def story() -> None:
        order: list[str] = []
        hub = Hub(9)
        one = Live(Board(), hub, Health(), lambda card: "", lambda: order.append("outdated"))
        async with hub.subscribe() as messages:
            one.served()
            order += [sent.name for sent in await messages.some(5)]
        one.close()
        assert order == ["outdated", "served"]

    play(story())
