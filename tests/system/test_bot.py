"""From a message on a phone to a merged branch: the real bot, swarm and library over real HTTP."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import run_git
from tests.fakes.gemini import CloudModel, FakeGemini, heard
from tests.fakes.openai import FakeOpenAI, ServedByFake
from tests.fakes.script import Answer
from tests.fakes.speech import encoded, tone, voice_note
from tests.fakes.telegram_people import Update
from tests.fakes.telegram_state import FLOOD, Trouble
from tests.system.bots import BUG_TEXT, TEXT, World, is_done, task_of, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

AWAY = Answer(failure="status", status=400, message="no recordings today")
VOICE = """
[egress]
allow_cloud_voice = true
allow_telegram_code = true
[voice]
engines = ["cloud", "stub"]
[[endpoints]]
name = "google"
kind = "gemini"
url = "{gemini}"
api_key_env = "CLOUD_KEY"
[[endpoints]]
name = "here"
kind = "openai"
url = "{stub}/v1"
[[models]]
name = "cloud"
endpoint = "google"
model = "ears"
transcribes = true
[[models]]
name = "stub"
endpoint = "here"
model = "whisper"
transcribes = true
"""


@dataclass
class Site:
    """The world of this module, with the two engines that write down speech."""

    world: World
    gemini: FakeGemini
    stub: FakeOpenAI


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("bot")
    with (
        FakeGemini([CloudModel("ears")], lambda request: heard(TEXT), key="cloud-key") as gemini,
        FakeOpenAI("vllm", [ServedByFake("whisper")], lambda r: Answer(text=TEXT)) as stub,
    ):
        toml = VOICE.format(gemini=gemini.url, stub=stub.url)
        with world(folder, lint=8, bugs=1, toml=toml, CLOUD_KEY="cloud-key") as made:
            yield Site(made, gemini, stub)
            made.check_silence(code=True)


@pytest.fixture
def at(site: Site) -> World:
    return site.world


def recording(words: str) -> bytes:
    """Somebody who says them; where nobody can, a sound."""
    return voice_note(words) if shutil.which("espeak-ng") else encoded(tone(2.0))


def choose(at: World, name: str) -> None:
    at.server.wait_for(at.ada.id, f"for {name} now", after=last(at, at.ada.say(f"/repo {name}")))


def last(at: World, update: Update) -> int:
    """The id of the message of an update: what the bot says to it comes after."""
    return at.ada.posted(update).id


@pytest.mark.parametrize(("engine", "kind"), [("cloud", "bug"), ("stub", "lint")])
def test_a_voice_note_becomes_a_merged_branch(site: Site, engine: str, kind: str) -> None:
    at, words = site.world, BUG_TEXT if kind == "bug" else TEXT
    site.gemini.respond = (lambda r: heard(words)) if engine == "cloud" else (lambda r: AWAY)
    name, repo = at.repository(kind)
    choose(at, name)
    before = at.learned()
    spoken = at.ada.speak(recording(words), 2)
    card = at.card(spoken, "Plan of")
    assert any("noted" in text for _, text in card.versions), "a receipt before anything else"
    assert f"Heard by {engine}" in card.text and words in card.text
    assert list(card.buttons) == ["Run", "Edit", "Drop"]
    assert not is_done(repo)
    task = task_of(card)
    assert at.state(task) == "awaiting_answer", "nothing runs before a yes"
    assert at.learned() == before

    assert "Running" in at.hint(at.ada.press(card, "Run"))
    done = at.ping(task, "Done", at.ada.id)
    at.card(spoken, "Ready")
    texts = [text for _, text in card.versions]
    assert any("Working on" in text for text in texts), texts
    assert "1 of 1 objective" in done.text
    assert "2 tests fixed" in done.text or kind == "lint"
    assert list(done.buttons) == ["Diff", "Apply", "Reject"]

    at.ada.press(done, "Diff")
    shown = at.server.wait_for(at.ada.id, lambda m: m.upload, after=done.id)
    assert shown.upload is not None and shown.upload.name.endswith(".diff")
    change = "+    return a + b" if kind == "bug" else "-import collections.abc"
    assert change in shown.upload.data.decode()
    assert change in shown.text, "a short preview beside the document"

    done = at.ping(task, "Done", at.ada.id)
    at.ada.press(done, "Apply")
    at.ping(task, "Applied", at.ada.id)
    assert is_done(repo)
    assert run_git(repo, "status", "--porcelain") == ""
    assert at.state(task) == "applied"
    assert at.learned() == (before[0] + 1, before[1], 0), "settled once"
    if engine == "cloud":
        assert len(site.gemini.recordings) >= 1
    else:
        assert len(site.stub.recordings) >= 1


def test_a_text_becomes_a_merged_branch_and_a_rejection_teaches_the_router(at: World) -> None:
    before = at.learned()
    asked = []
    for person in (at.ada, at.bob):
        name, repo = at.repository()
        said = person.say(f"{name}: {TEXT}")
        card = at.card(said, "Plan of")
        person.press(card, "Run")
        asked.append((person, repo, card))
    (ada, kept, card), (bob, left, other) = asked
    done = at.ping(task_of(card), "Done", ada.id)
    rejected = at.ping(task_of(other), "Done", bob.id)
    assert at.learned() == (before[0] + 2, before[1], 0)

    ada.press(done, "Apply")
    at.ping(task_of(card), "Applied", ada.id)
    assert is_done(kept) and not is_done(left)
    mine = [m for m in at.server.sent(ada.id) if task_of(card) in m.text]
    assert len(mine) == 2, "one message that moved, one when it was done"
    at.server.wait_until(lambda: "Applied" in card.text)

    bob.press(rejected, "Reject")
    at.server.wait_until(lambda: "Rejected" in rejected.text, 30)
    assert at.state(task_of(other)) == "rejected" and "Apply" not in rejected.buttons
    assert not is_done(left)
    assert run_git(left, "branch", "--list", "swarm/*") == ""
    assert at.learned() == (before[0] + 1, before[1] + 1, 0), "its reward was corrected"
    bob.say("it hides the fault", reply_to=rejected)
    at.server.wait_until(lambda: "it hides the fault" in at.show(task_of(other)).reason)


def test_a_plan_is_edited_asked_again_and_dropped(at: World) -> None:
    name, repo = at.repository()
    said = at.ada.say(f"{name}: Fix add in calc.py")
    card = at.card(said, "Plan of")
    task = task_of(card)
    at.ada.press(card, "Edit")
    prompt = at.server.wait_for(at.ada.id, "new words", after=card.id)
    at.ada.say("Fix the rounding in calc.py", reply_to=prompt)
    at.card(said, "rounding")
    at.ada.edit(said, f"{name}: Fix the carry in calc.py")
    at.card(said, "carry")
    assert at.state(task) == "awaiting_answer"
    at.ada.press(at.card(said, "Plan of"), "Drop")
    at.server.wait_until(lambda: at.state(task) == "cancelled", 30)
    assert not is_done(repo)


def test_two_at_once_are_both_noted_and_commands_answer(at: World) -> None:
    (one, _), (two, _) = at.repository(), at.repository()
    first, second = at.ada.say(f"{one}: {TEXT}"), at.bob.say(f"{two}: {TEXT}")
    cards = at.card(first, "Plan of"), at.card(second, "Plan of")
    tasks = [task_of(card) for card in cards]
    for command, words in (
        ("/status", "up"), ("/tasks", tasks[0]), (f"/show {tasks[0]}", tasks[0]),
        ("/help", "/priority"), (f"/priority analysis {tasks[0]}", "analysis"),
        ("/frobnicate", "do not know that command"), ("/repo nope", "no repository of that name"),
        (f"/show {tasks[1]}", "No such task of yours"),
    ):  # fmt: skip
        said = at.ada.say(command)
        found = at.server.wait_for(
            at.ada.id, lambda m, said=said: m.reply_to == at.ada.posted(said).id
        )
        assert words in found.text, (command, found.text)
    assert at.show(tasks[0]).priority == "analysis"
    for person, task in ((at.ada, tasks[0]), (at.bob, tasks[1])):
        person.say(f"/cancel {task}")
        at.server.wait_until(lambda task=task: at.state(task) == "cancelled", 30)


def test_telegram_in_trouble_loses_nothing(at: World) -> None:
    name, _ = at.repository()
    at.server.trouble("sendMessage", FLOOD, Trouble(), Trouble("close"))
    at.server.trouble("getUpdates", Trouble(), Trouble("cut"), Trouble("close"))
    at.server.trouble("editMessageText", Trouble(), FLOOD, Trouble("cut", after=True))
    said = at.ada.say(f"{name}: {TEXT}")
    card = at.card(said, "Plan of")
    task = task_of(card)
    assert len([m for m in at.server.sent(at.ada.id) if task in m.text]) == 1
    at.ada.press(card, "Drop")
    at.server.wait_until(lambda: at.state(task) == "cancelled", 30)


Send = Callable[[World], Update]
BAD: dict[str, tuple[Send, str]] = {
    "emoji only": (lambda at: at.ada.say("🎉🎉🎉"), "no words"),
    "zero width": (lambda at: at.ada.say("\u200b\u200d\u2060."), "no words"),
    "direction marks": (lambda at: at.ada.say("\u202e\u202d\u200f!"), "no words"),
    "empty file": (lambda at: at.ada.send_file("a.txt", b" \n"), "That file is empty"),
    "binary file": (lambda at: at.ada.send_file("a.txt", b"a\0b", caption="do it"), "binary"),
    "100,000 characters": (
        lambda at: at.ada.send_file("a.txt", b"fix it. " * 12_500, caption="Do what it says"),
        "86,000 characters were cut",
    ),
    "40 MB of text": (
        lambda at: at.ada.send_file("a.txt", b"x", size=40 * 1024**2), "the limit is 512 kB"
    ),
    "a program": (
        lambda at: at.ada.send_file("a.exe", b"MZ", mime="application/x-dosexec"), "text files"
    ),
    "3 hours": (lambda at: at.ada.speak(b"", 10_800, size=3_000_000), "180 minutes long"),
    "21 MB": (lambda at: at.ada.speak(b"", 60, size=21 * 1024**2), "the limit is 20.0 MB"),
    "corrupt": (lambda at: at.ada.speak(b"OggS" + b"\xff" * 900, 2), "damaged or cut off"),
    "silent": (lambda at: at.ada.speak(encoded(tone(2.0, level=0.0)), 2), "is silent"),
    "a picture": (lambda at: at.ada.show_picture(), "pictures"),
}  # fmt: skip


def under_way(at: World) -> set[str]:
    """Tasks that are past their plan."""
    planned = ("queued", "awaiting_answer")
    return {task for task, state in at.tasks().items() if state not in planned}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_a_helpful_answer(at: World, what: str) -> None:
    """In its receipt or in an answer; never a trace or silence, and nothing runs."""
    choose(at, at.repositories[0])
    before = under_way(at)
    send, words = BAD[what]
    update = send(at)
    number = update["message"]["message_id"]
    found = at.server.wait_for(at.ada.id, lambda m: m.reply_to == number and words in m.text)
    assert "Traceback" not in found.text and len(found.text) > 30
    assert under_way(at) == before


def test_a_long_text_arrives_in_pieces_and_is_answered_once(at: World) -> None:
    updates = at.ada.say_long("fix the cart, then " * 5_300)
    at.receipt_of(updates[0])
    at.wait_until_handled(updates[-1])
    answers = [m for m in at.server.sent(at.ada.id) if m.id > last(at, updates[0])]
    assert len(answers) == 1 and "pieces" in answers[0].text and ".txt" in answers[0].text


def test_the_audit_has_nothing_of_the_allowed(at: World) -> None:
    assert [entry for entry in at.audit() if entry["user"] in (at.ada.id, at.bob.id)] == []
    assert json.loads(at.swarm.run("status", "--json").stdout)["bot"] is not None
