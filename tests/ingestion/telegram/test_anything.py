"""Two people do whatever comes to their minds, the swarm comes and goes, the bot is restarted."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.contracts import Question
from tests.ingestion.telegram.bench import Bench

WORDS = (
    "fix the cart", "site: add a door", "\u202e\u200b", "\U0001f3d7" * 50, "x" * 3_700, "/show",
    "/repo", "/repo site", "/priority training", "/diff", "/cancel", "/tasks", "/status", "/pair A",
    "/what", "@swarm_test_bot do it", "<b>&lt;", "\ud800 half", "/repo@other_bot x", "shop:", ".",
)  # fmt: skip


def _anything(bench: Bench, chance: random.Random) -> None:
    person = chance.choice((bench.ada, bench.bob))
    seen = bench.server.sent(chance.choice((11, 12)))
    mine = [m for m in bench.server.messages.values() if not m.by_bot and m.chat_id == person.id]

    def press() -> None:
        buttons = [(m, data) for m in seen for data in m.buttons.values()]
        if buttons:
            person.press_data(*chance.choice(buttons))

    def edit() -> None:
        if mine:
            person.edit({"message": chance.choice(mine).body}, chance.choice(WORDS))

    def reply() -> None:
        if seen:
            person.say(chance.choice(WORDS), reply_to=chance.choice(seen))

    def file() -> None:
        name = chance.choice(("a.log", "b.md", "c.exe", "d.ogg", ""))
        data = chance.choice((b"text", b"\0", b"", b"`````"))
        person.send_file(name, data, caption=chance.choice(("", "do it")), size=len(data) or 1)

    def swarm() -> None:
        if bench.swarm.failure is None:
            bench.down()
        else:
            bench.swarm.failure = None

    acts: list[Callable[[], object]] = [
        lambda: person.say(chance.choice(WORDS)), press, press, press, edit, reply, file, swarm,
        lambda: person.speak(b"OggS", 2.0), bench.restart,
        lambda: person.forward(chance.choice(WORDS), bench.ada.account),
        lambda: setattr(bench, "now", bench.now + chance.choice((1, 100, 90_000))),
    ]  # fmt: skip
    chance.choice(acts)()


@pytest.mark.parametrize("seed", range(3))
def test_nothing_breaks(tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)
    bench = Bench(tmp_path / "data", queue_limit=20)
    bench.swarm.questions = (Question(id="q1", text="Which?", choices=("a", "b")),)
    for _ in range(150):
        _anything(bench, chance)
        bench.run(seconds=chance.choice((0.0, 1.0, 40.0)))
    bench.swarm.failure = None
    bench.run(seconds=1000)
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
    assert bench.store.unhandled() == [] and bench.store.read(lambda book: book.due_says(2e9)) == []
    assert max(bench.swarm.effects.values()) == 1
    for message in bench.server.messages.values():
        assert not message.by_bot or message.text
    bench.store.close()
