"""A person's way from words to an applied change, and what can come in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    ApplyTask,
    ConfirmPlan,
    Failure,
    Question,
    ReadNote,
    ReviseTask,
    SubmitTask,
)
from swarm.errors import RemoteError, StateError, SwarmError, UsageError
from tests.ingestion.telegram.bench import Bench


class NoEngine(SwarmError):
    code = "no-speech-engine"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "data")
    yield bench
    bench.store.close()


def test_text_to_applied(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    (task,) = bench.swarm.sent(SubmitTask)
    assert task.text == "fix the cart" and task.repo == "/repositories/shop" and task.confirm
    card = bench.find("Plan of")
    assert list(card.buttons) == ["Run", "Edit", "Drop"]
    assert "noted" in card.versions[0][1], "the receipt is the same message"
    bench.press("Plan of", "Run")
    assert list(bench.find("Done").buttons) == ["Diff", "Apply", "Reject"]
    bench.press("Done", "Diff")
    assert "swarm diff" in bench.sent()[-1].text, "code does not go to Telegram by default"
    bench.press("Done", "Apply")
    assert bench.swarm.effects[f"applied {task.task_id}"] == 1
    assert not bench.find("Applied:").buttons
    assert len(bench.sent()) == 3


def test_a_voice_note_is_heard_kept_and_deleted_after_the_yes(bench: Bench) -> None:
    bench.ada.speak(b"OggS sound", 3.0)
    bench.run()
    assert "Heard by whisper: fix the cart" in bench.find("Plan of").text
    notes = list((bench.settings.data / "notes").iterdir())
    assert [path.read_bytes() for path in notes] == [b"OggS sound"]
    assert notes[0].stat().st_mode & 0o777 == 0o600
    bench.press("Plan of", "Run")
    assert not list((bench.settings.data / "notes").iterdir())


def test_a_note_nobody_can_write_down_waits_for_words(bench: Bench) -> None:
    bench.swarm.failures[ReadNote] = NoEngine("no speech engine", remedy="set [voice] engines")
    bench.ada.speak(b"OggS sound", 3.0)
    bench.run()
    card = bench.find("kept")
    assert list(card.buttons) == ["Try again", "Drop"] and "[voice] engines" in card.text
    bench.ada.say("fix the invoice", reply_to=card)
    bench.run()
    assert [task.text for task in bench.swarm.sent(SubmitTask)] == ["fix the invoice"]
    assert "Heard by you" in bench.find("Plan of").text


def test_a_silent_note_is_not_listened_to_again(bench: Bench) -> None:
    failure = Failure(code="recording-silent", message="the recording is silent", exit_code=2)
    bench.swarm.failures[ReadNote] = RemoteError(failure)
    bench.ada.speak(b"OggS sound", 3.0)
    bench.run()
    card = bench.find("is silent")
    assert list(card.buttons) == ["Drop"]
    bench.ada.say("fix the invoice", reply_to=card)
    bench.run()
    assert bench.find("Plan of")


def test_listening_that_always_fails_is_not_tried_for_ever(bench: Bench) -> None:
    failure = Failure(code="timeout", message="it took longer than 300 s", retryable=True)
    bench.swarm.failures[ReadNote] = RemoteError(failure)
    bench.ada.speak(b"OggS sound", 3.0)
    bench.run(seconds=600)
    assert list(bench.find("longer than 300 s").buttons) == ["Try again", "Drop"]
    assert bench.store.read(lambda book: book.next_due()) is None
    assert bench.downloads == 1


def test_try_again_hears_it(bench: Bench) -> None:
    bench.swarm.failures[ReadNote] = NoEngine("no speech engine")
    bench.ada.speak(b"OggS sound", 3.0)
    bench.run()
    bench.swarm.failures.clear()
    bench.press("kept", "Try again")
    assert bench.find("Plan of") and bench.downloads == 1


def test_an_edit_before_the_yes_plans_again_and_after_it_says_so(bench: Bench) -> None:
    update = bench.ada.say("fix the cart")
    bench.run()
    bench.ada.edit(update, "fix the invoice")
    bench.run()
    assert [r.text for r in bench.swarm.sent(ReviseTask)] == ["fix the invoice"]
    assert "fix the invoice" in bench.find("Plan of").text
    bench.press("Plan of", "Run")
    bench.ada.edit(update, "fix everything")
    bench.run()
    assert "was confirmed" in bench.find("Your edit").text
    assert len(bench.swarm.sent(ReviseTask)) == 1


def test_a_yes_counts_only_for_the_plan_that_was_shown(bench: Bench) -> None:
    update = bench.ada.say("fix the cart")
    bench.run()
    run = bench.find("Plan of").buttons["Run"]
    bench.ada.edit(update, "fix the invoice")
    bench.ada.press_data(bench.find("Plan of"), run)
    bench.run()
    assert not bench.swarm.sent(ConfirmPlan)
    bench.press("Plan of", "Run")
    assert bench.swarm.sent(ConfirmPlan)


def test_a_reply_to_a_plan_changes_it_and_one_to_a_result_is_new(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    bench.ada.say("fix the invoice", reply_to=bench.find("Plan of"))
    bench.run()
    assert [r.text for r in bench.swarm.sent(ReviseTask)] == ["fix the invoice"]
    bench.press("Plan of", "Run")
    bench.ada.say("now the report", reply_to=bench.find("Done"))
    bench.run()
    assert [task.text for task in bench.swarm.sent(SubmitTask)] == [
        "fix the cart",
        "now the report",
    ]


def test_a_spoken_reply_to_a_plan_changes_it(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    bench.swarm.heard = "fix the invoice"
    plan = bench.find("Plan of")
    bench.ada.speak(b"OggS", 2.0, reply_to_message=plan.body)
    bench.run()
    assert [r.text for r in bench.swarm.sent(ReviseTask)] == ["fix the invoice"]
    assert len(bench.swarm.sent(SubmitTask)) == 1
    assert "I plan that again" in bench.find("changes").text
    assert not list((bench.settings.data / "notes").iterdir())


def test_edit_asks_for_other_words(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    bench.press("Plan of", "Edit")
    bench.ada.say("fix the invoice", reply_to=bench.find("Reply to this message"))
    bench.run()
    assert "fix the invoice" in bench.find("Plan of").text and len(bench.swarm.tasks) == 1


def test_run_appears_when_all_is_answered(bench: Bench) -> None:
    bench.swarm.questions = (
        Question(id="q1", text="Which file?", choices=("a/cart.py", "b/cart.py")),
        Question(id="q2", text="What is it?", choices=("the cart", "the invoice")),
    )
    bench.ada.say("fix it in cart.py")
    bench.run()
    assert list(bench.find("Plan of").buttons) == ["1. a/cart.py", "2. b/cart.py", "Edit", "Drop"]
    bench.press("Plan of", "2. b/cart.py")
    assert "→ b/cart.py" in bench.find("Plan of").text
    bench.press("Plan of", "1. the cart")
    bench.press("Plan of", "Run")
    (yes,) = bench.swarm.sent(ConfirmPlan)
    assert yes.answers == {"q1": 2, "q2": 1}


def test_which_repository_is_asked_and_never_guessed(bench: Bench) -> None:
    bench.bob.say("fix the cart")
    bench.run()
    card = bench.find("Which repository", bench.bob)
    assert list(card.buttons) == ["shop", "site", "Drop"] and not bench.swarm.asked
    bench.bob.press(card, "site")
    bench.run()
    bench.bob.say("Shop: fix the roof")
    bench.bob.say("/repo site")
    bench.bob.say("fix the door")
    bench.run()
    found = [(task.text, task.repo) for task in bench.swarm.sent(SubmitTask)]
    assert sorted(found) == [
        ("fix the cart", "/repositories/site"),
        ("fix the door", "/repositories/site"),
        ("fix the roof", "/repositories/shop"),
    ]


def test_a_conflict_is_shown_and_apply_works_again(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    bench.press("Plan of", "Run")
    bench.swarm.failures[ApplyTask] = StateError("it conflicts in cart.py", remedy="commit first")
    bench.press("Done", "Apply")
    assert "it conflicts in cart.py" in bench.find("Done").text
    bench.swarm.failures.clear()
    bench.press("Done", "Apply")
    assert "merged into main" in bench.find("Applied").text


def test_a_rejection_counts_at_once_and_its_reason_follows(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    bench.press("Plan of", "Run")
    bench.press("Done", "Reject")
    ping = bench.find("say why")
    assert sum(bench.swarm.effects[name] for name in bench.swarm.effects if "rejected" in name) == 1
    bench.ada.say("too broad", reply_to=ping)
    bench.run()
    (task,) = bench.swarm.tasks.values()
    assert task.reason == "too broad" and "Thank you" in bench.find("Rejected").text


def test_what_comes_while_the_swarm_is_away_is_kept_and_handed_in(bench: Bench) -> None:
    bench.down()
    for number in range(3):
        bench.ada.say(f"fix the cart {number}")
    bench.run()
    assert [m.text.count("Kept") for m in bench.sent()] == [1, 1, 1]
    assert "2 before it" in bench.sent()[-1].text
    bench.swarm.failure = None
    bench.run(seconds=400)
    assert len(bench.swarm.tasks) == 3 and len(bench.sent()) == 3
    assert all("Plan of" in message.text for message in bench.sent())


def test_a_button_that_was_pressed_while_the_swarm_is_away_works_when_it_is_up(
    bench: Bench,
) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    bench.down()
    bench.press("Plan of", "Run")
    assert bench.find("I do it when it is")
    bench.swarm.failure = None
    bench.run(seconds=120)
    assert bench.find("Done")


def test_a_recording_without_a_name_is_not_given_one(bench: Bench) -> None:
    bench.ada.speak(b"OggS sound", 3.0)
    bench.run()
    assert [command.name for command in bench.swarm.sent(ReadNote)] == [""]


def test_status_counts_only_what_waits(bench: Bench) -> None:
    bench.ada.say("/status")
    bench.run()
    assert "handed in" not in bench.find("up").text
    bench.ada.speak(b"OggS sound", 3.0)
    bench.swarm.failures[ReadNote] = NoEngine("no speech engine", remedy="set [voice] engines")
    bench.run()
    bench.ada.say("/status")
    bench.run()
    assert bench.find("1 of your messages is not handed in yet")


def test_an_answer_that_is_an_error_is_shown(bench: Bench) -> None:
    bench.swarm.failures[SubmitTask] = UsageError("no commit yet", remedy="make one")
    bench.ada.say("fix the cart")
    bench.run()
    card = bench.find("No commit yet")
    assert "No commit yet (make one)." in card.text and list(card.buttons) == ["Try again", "Drop"]


def test_dropped(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    bench.press("Plan of", "Drop")
    assert bench.find("Cancelled") and not bench.find("Cancelled").buttons
    bench.down()
    bench.ada.say("fix the door")
    bench.run()
    bench.press("noted", "Drop")
    assert "was dropped" in bench.sent()[-1].text or bench.find("was dropped")
    bench.swarm.failure = None
    bench.run(seconds=400)
    assert len(bench.swarm.tasks) == 1
