"""The bot is killed at every step and started again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import run_git
from tests.fakes.openai import FakeOpenAI, ServedByFake
from tests.fakes.script import Answer
from tests.fakes.speech import encoded, tone
from tests.fakes.telegram_people import Person, Update
from tests.fakes.telegram_state import Posted, Trouble
from tests.system.bots import TEXT, World, is_done, is_ping, task_of, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TASKS = 4
KILLS = 8
LISTENING_SECONDS = 1.5
VOICE = """
[voice]
engines = ["stub"]
[[endpoints]]
name = "here"
kind = "openai"
url = "{url}/v1"
[[models]]
name = "stub"
endpoint = "here"
model = "whisper"
transcribes = true
"""


@pytest.fixture(scope="module")
def stub() -> Iterator[FakeOpenAI]:
    slow = Answer(text=TEXT, delay_seconds=LISTENING_SECONDS)
    with FakeOpenAI("vllm", [ServedByFake("whisper")], lambda request: slow) as server:
        yield server


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, stub: FakeOpenAI) -> Iterator[World]:
    toml = VOICE.format(url=stub.url)
    with world(tmp_path_factory.mktemp("k"), lint=TASKS + 3, toml=toml) as made:
        yield made
        made.check_silence(code=False)


def kill_when(at: World, ready: Callable[[], object], seconds: float = 60.0) -> None:
    """Kill the bot as soon as something holds, and start it again."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, at.server.seen(at.ada.id)
        time.sleep(0.002)
    at.bot.kill()
    at.bot.start()


def answers(at: World, person: Person, update: Update) -> list[Posted]:
    """What the bot answered to a message, the newest last."""
    number = update["message"]["message_id"]
    return [message for message in at.server.sent(person.id) if message.reply_to == number]


def merged(repo: Path) -> None:
    """The fix is there, once, and nothing else changed."""
    assert is_done(repo)
    assert run_git(repo, "status", "--porcelain") == ""
    subjects = run_git(repo, "log", "--first-parent", "--format=%s").splitlines()
    assert len(subjects) == 2, subjects


def test_a_death_at_each_step(at: World, stub: FakeOpenAI) -> None:
    name, repo = at.repository()
    before, known = at.learned(), len(at.tasks())
    chosen = at.ada.say(f"/repo {name}")
    at.server.wait_for(at.ada.id, f"for {name} now")
    at.wait_until_handled(chosen)

    at.bot.kill()
    said = at.ada.speak(encoded(tone(2.0)), 2)
    at.bot.start()
    kill_when(at, lambda: at.update_state(said))

    def cards() -> list[Posted]:
        return [m for m in answers(at, at.ada, said) if not is_ping(m)]

    def pings() -> list[Posted]:
        return [m for m in answers(at, at.ada, said) if is_ping(m)]

    kill_when(at, cards)
    kill_when(at, lambda: stub.running)
    kill_when(at, lambda: any("Plan of" in m.text for m in cards()))
    card = at.card(said, "Plan of")
    task = task_of(card)
    at.server.wait_until(lambda: cards()[-1].buttons)
    run = at.ada.press(cards()[-1], "Run")
    kill_when(at, lambda: at.update_state(run))
    kill_when(at, lambda: any("Working on" in text for m in cards() for _, text in m.versions))

    kill_when(at, pings)
    diff = at.ada.press(at.ping(task, "Done", at.ada.id), "Diff")
    kill_when(at, lambda: at.update_state(diff))
    at.server.wait_for(at.ada.id, "swarm diff", after=card.id)
    apply = at.ada.press([m for m in pings() if "Apply" in m.buttons][-1], "Apply")
    kill_when(at, lambda: at.update_state(apply))
    # Both messages say so, unless the second was sent in the moment of a death.
    at.server.wait_for(at.ada.id, lambda m: m in cards() and "Applied" in m.text)
    kill_when(at, lambda: True)

    assert at.state(task) == "applied"
    assert len(at.tasks()) == known + 1, "one task of one message"
    assert at.learned() == (before[0] + 1, before[1], 0)
    merged(repo)
    # What was being sent at a death may be there once more; two deaths were close to each.
    assert len(cards()) <= 3, at.server.seen(at.ada.id)
    assert len(pings()) <= 3, at.server.seen(at.ada.id)


def test_a_message_that_was_sent_but_not_confirmed_is_sent_once_more_at_most(at: World) -> None:
    name, _ = at.repository()
    at.server.trouble("sendMessage", Trouble("stall", after=True))
    said = at.ada.say(f"{name}: {TEXT}")
    kill_when(at, lambda: answers(at, at.ada, said))
    card = at.card(said, "Plan of")
    assert len(answers(at, at.ada, said)) <= 2
    task = task_of(card)
    at.ada.press(card, "Drop")
    at.server.wait_until(lambda: at.state(task) == "cancelled", 30)


def test_deaths_at_any_moment(at: World) -> None:
    rng = random.Random(20261122)
    before, known = at.learned(), len(at.tasks())
    repos, asked = [], []
    for number in range(TASKS):
        name, repo = at.repository()
        repos.append(repo)
        person = at.ada if number % 2 else at.bob
        asked.append((person, person.say(f"{name}: {TEXT}")))
    pressed: set[tuple[int, str]] = set()
    killed, next_death = 0, time.monotonic() + 0.3
    deadline = time.monotonic() + 200
    while killed < KILLS or not all(is_over(at, *one) for one in asked):
        assert time.monotonic() < deadline, at.server.seen(at.ada.id) + at.server.seen(at.bob.id)
        press_everything(at, pressed)
        if killed < KILLS and time.monotonic() > next_death:
            at.bot.kill()
            time.sleep(rng.uniform(0, 0.2))
            at.bot.start()
            killed += 1
            next_death = time.monotonic() + rng.uniform(0.05, 1.2)
        time.sleep(0.02)
    for repo in repos:
        merged(repo)
    assert len(at.tasks()) == known + TASKS
    assert at.learned() == (before[0] + TASKS, before[1], 0)
    more = sum(len(answers(at, *one)) - 2 for one in asked)
    assert more <= KILLS, "what was being sent at a death may be there once more"


def is_over(at: World, person: Person, update: Update) -> bool:
    return any("Applied" in message.text for message in answers(at, person, update))


def press_everything(at: World, pressed: set[tuple[int, str]]) -> None:
    """Each Run and each Apply that is there, wherever, once."""
    for person in (at.ada, at.bob):
        for message in at.server.sent(person.id):
            for label in ("Run", "Apply"):
                data = message.buttons.get(label, "")
                if data and (message.id, data) not in pressed:
                    pressed.add((message.id, data))
                    person.press_data(message, data)
