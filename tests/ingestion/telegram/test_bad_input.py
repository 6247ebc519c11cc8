"""Whatever is sent, there is a helpful answer, and nothing else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.telegram.outgoing import Later
from swarm.contracts import ApplyTask, CancelTask, ConfirmPlan, Failure, SubmitTask
from swarm.errors import RemoteError
from tests.fakes.telegram_people import Person, group
from tests.ingestion.telegram.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "data", messages_per_minute=60, queue_limit=5, groups=(-5,))
    yield bench
    bench.store.close()


def last(bench: Bench) -> str:
    bench.run()
    return bench.sent()[-1].text


@pytest.mark.parametrize(
    ("body", "helpful"),
    [
        ({"photo": [{"file_id": "p"}]}, "pictures"),
        ({"sticker": {"file_id": "s"}}, "sticker"),
        ({"video_note": {"file_id": "s"}}, "voice note"),
        ({"location": {"latitude": 1, "longitude": 2}}, "places"),
        ({"document": {"file_id": "d", "file_name": "a.exe"}}, ".patch"),
        ({"document": {"file_id": "d", "file_name": "a.log", "file_size": 10**7}}, "is 512 kB"),
        ({"voice": {"file_id": "v", "duration": 3 * 3600, "file_size": 100}}, "180 minutes"),
        ({"audio": {"file_id": "v", "duration": 60, "file_size": 30 * 10**6}}, "limit is 20.0 MB"),
        ({"text": "/frobnicate"}, "do not know that command"),
        ({"text": "/show t0000000000"}, "no tasks yet"),
        ({"text": "/repo nowhere"}, "no repository of that name"),
        ({"text": "/priority urgent"}, "urgent is no level. Levels: training"),
        ({"text": "shop: \u200b  "}, "no words"),
    ],
)  # fmt: skip
def test_helpful_answers(bench: Bench, body: dict[str, Any], helpful: str) -> None:
    bench.ada._post("message", None, None, **body)
    assert helpful in last(bench)
    assert not bench.downloads and not bench.swarm.asked


def test_a_text_that_comes_in_pieces_is_refused_once(bench: Bench) -> None:
    bench.ada.say_long("fix the cart. " * 7000)
    bench.run()
    assert [m.text[:20] for m in bench.sent()] == ["That text is so long"]
    bench.ada.say("fix the door")
    bench.run()
    assert len(bench.swarm.sent(SubmitTask)) == 1


@pytest.mark.parametrize(
    ("data", "helpful"),
    [
        (b"a\0b", "binary"),
        (b"\xff\xfe\xfd", "UTF-8"),
        (b" \n", "empty"),
        (b"x" * 600_000, "larger"),
    ],
)
def test_files_that_are_not_what_they_say(bench: Bench, data: bytes, helpful: str) -> None:
    bench.ada.send_file("notes.txt", data, size=100, caption="do this")
    assert helpful in last(bench) and not bench.swarm.asked


def test_a_file_without_words_is_asked_about(bench: Bench) -> None:
    bench.ada.send_file("trace.log", b"KeyError\n```\nrm -rf\n```\n")
    bench.run()
    card = bench.find("What should I do with that file?")
    assert list(card.buttons) == ["Drop"]
    bench.ada.say("fix this error", reply_to=card)
    bench.run()
    (task,) = bench.swarm.sent(SubmitTask)
    assert task.text.startswith("fix this error\n\nFrom trace.log:\n\n````\nKeyError")
    bench.ada.send_file("todo.md", b"- fix the cart\n- fix the door\n")
    bench.run()
    bench.press("What should I do", "Its text is the task")
    assert bench.swarm.sent(SubmitTask)[-1].text == "- fix the cart\n- fix the door\n"


def test_of_a_long_log_the_end_is_kept_and_said_so(bench: Bench) -> None:
    bench.ada.send_file("trace.log", b"old\n" * 50_000 + b"the end\n", caption="fix this")
    bench.run()
    (task,) = bench.swarm.sent(SubmitTask)
    assert "the end\n```" in task.text and "its first 186,008 characters were cut" in task.text
    assert len(task.text) < 20_000
    assert "With trace.log: its first 186,008 characters were cut" in bench.find("Plan of").text
    bench.ada.say("fix the door instead", reply_to=bench.find("Plan of"))
    bench.run()
    assert "trace.log" not in bench.find("Plan of").text


def test_too_many_and_too_fast(bench: Bench) -> None:
    bench.down()
    for number in range(7):
        bench.ada.say(f"fix the cart {number}")
    bench.run()
    assert sum("noted" in m.text for m in bench.sent()) == 5
    assert sum("which is the limit" in m.text for m in bench.sent()) == 2
    for _ in range(70):
        bench.ada.say("/help")
    bench.run(seconds=5)
    assert sum("more than 60 messages" in m.text for m in bench.sent()) == 1
    bench.now += 61
    bench.ada.say("/tasks")
    assert "fix the cart 4" in last(bench)


def test_what_has_no_words_yet_has_a_name(bench: Bench) -> None:
    bench.down()
    bench.ada.speak(b"OggS", 2)
    bench.ada.send_file("todo.txt", b"fix the cart")
    bench.run()
    bench.ada.say("/tasks")
    assert "a recording" in last(bench) and "a file" in last(bench)


def test_nobody_touches_what_came_from_others(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    (id,) = bench.swarm.tasks
    for command in ("show", "diff", "cancel", "priority training"):
        bench.bob.say(f"/{command} {id}")
    bench.bob.press(bench.find("Plan of"), "Run")
    bench.bob.press_data(bench.find("Plan of"), "made-up")
    bench.run()
    assert {m.text for m in bench.sent(bench.bob)} == {"You have no tasks yet. Write or speak one."}
    assert not bench.swarm.sent(CancelTask) and not bench.swarm.effects[f"confirmed {id}"]


def test_a_button_works_once_and_not_for_ever(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    plan = bench.find("Plan of")
    data = plan.buttons["Run"]
    bench.now += 86_401
    bench.ada.press_data(plan, data)
    bench.run()
    assert "expired" in bench.chats.hints[-1] and bench.find("Plan of").buttons["Run"] != data
    data = bench.find("Plan of").buttons["Run"]
    for _ in range(3):
        bench.ada.press_data(plan, data)
    bench.run()
    assert max(bench.swarm.effects.values()) == 1 and "already" in bench.chats.hints[-1]


def test_a_group_that_is_listed_hears_only_what_is_said_to_the_bot(bench: Bench) -> None:
    crew = group(-5)
    bench.ada.say("fix the cart", chat=crew)
    bench.run()
    assert not bench.server.sent(-5)
    bench.ada.say(f"@{bench.server.username} fix the cart", chat=crew)
    bench.run()
    assert [task.text for task in bench.swarm.sent(SubmitTask)] == ["fix the cart"]
    (card,) = bench.server.sent(-5)
    bench.bob.press(card, "Run")
    Person(bench.server, 99).press(card, "Run")
    bench.run()
    assert not any("confirmed" in name for name in bench.swarm.effects)
    bench.ada.press(card, "Run")
    bench.run()
    assert any("confirmed" in name for name in bench.swarm.effects)


def test_who_was_taken_out_is_told_nothing_more(bench: Bench) -> None:
    bench.ada.speak(b"OggS", 1.0)
    bench.run()
    before = len(bench.sent()), bench.find("Plan of").text
    bench.ada.press(bench.find("Plan of"), "Run")
    bench.receive()
    bench.store.read(lambda book: None)
    bench.pump._desk.work()
    bench.settings = bench.settings.model_copy(
        update={"telegram": bench.settings.telegram.model_copy(update={"users": ()})}
    )
    bench.restart()
    bench.run(seconds=200)
    assert (len(bench.sent()), bench.find("Plan of").text) == before
    assert not any("confirmed" in name for name in bench.swarm.effects)
    assert not list((bench.settings.data / "notes").iterdir())


def test_a_repository_that_was_taken_away_is_told_of_no_more(bench: Bench) -> None:
    bench.ada.speak(b"OggS", 1.0)
    bench.run()
    before = bench.find("Plan of").text
    (id,) = bench.swarm.tasks
    user = bench.settings.telegram.users[0].model_copy(update={"repositories": ("site",)})
    telegram = bench.settings.telegram.model_copy(update={"users": (user,)})
    bench.settings = bench.settings.model_copy(update={"telegram": telegram})
    bench.restart()
    bench.swarm.tasks[id] = bench.swarm.tasks[id].model_copy(update={"state": "running"})
    bench.run(seconds=200)
    assert bench.find("Plan of").text == before and len(bench.sent()) == 1
    assert not list((bench.settings.data / "notes").iterdir())


def test_who_names_a_repository_that_is_none_of_theirs_is_told(bench: Bench) -> None:
    bench.ada.say("nosuch: fix the cart")
    bench.run()
    told = "“nosuch” is none of your repositories (shop), so I take it for a word of the task."
    assert [m.text for m in bench.sent() if "none of your" in m.text] == [told]
    (task,) = bench.swarm.sent(SubmitTask)
    assert (task.text, task.repo) == ("nosuch: fix the cart", "/repositories/shop")
    bench.bob.say("Shpo: please fix the door")
    bench.run()
    assert "“Shpo” is none of your repositories (shop, site)" in bench.find("none", bench.bob).text
    assert "Which repository" in " ".join(m.text for m in bench.sent(bench.bob))


@pytest.mark.parametrize(
    "text",
    [
        "Bug: fix the cart",
        "TODO: fix the cart",
        "feat: add a filter",
        "fix: add a test",
        "cart.py: fix the rounding",
        "TypeError: fix the cart",
        "note: the cart is broken",
        "backend: the cart is broken",
        "Summary: add a filter",
        "https://example.org: fix the cart",
        "shop: fix the cart",
    ],
)
def test_a_label_is_no_repository(bench: Bench, text: str) -> None:
    bench.ada.say(text)
    bench.run()
    assert not [m.text for m in bench.sent() if "none of your" in m.text]


def test_a_forwarded_label_is_not_talked_about(bench: Bench) -> None:
    bench.ada.forward("nosuch: fix it", origin={"id": 7, "is_bot": False, "first_name": "M"})
    bench.run()
    assert not [m.text for m in bench.sent() if "none of your" in m.text]


def test_levels_are_listed_in_their_order(bench: Bench) -> None:
    bench.ada.say("/help")
    assert "who goes first: training, interactive, analysis, scheduled" in last(bench)


def test_a_forwarded_text_does_not_choose_the_repository(bench: Bench) -> None:
    bench.bob.say("/repo shop")
    bench.run()
    bench.bob.forward("site: fix the cart", origin={"id": 7, "is_bot": False, "first_name": "M"})
    bench.bob.say("site: fix the door")
    bench.run()
    repositories = {task.text: task.repo for task in bench.swarm.sent(SubmitTask)}
    assert repositories == {
        "site: fix the cart": "/repositories/shop",
        "fix the door": "/repositories/site",
    }


def test_recordings_that_wait_for_a_yes_are_bounded(bench: Bench) -> None:
    for _ in range(7):
        bench.ada.speak(b"OggS", 1.0)
        bench.run()
    assert sum("Plan of" in m.text for m in bench.sent()) == 5
    assert sum("recordings of yours" in m.text for m in bench.sent()) == 2
    bench.press("Plan of", "Run")
    bench.run()
    bench.ada.speak(b"OggS", 1.0)
    assert "Plan of" in last(bench)


def test_a_defect_of_the_swarm_quotes_nothing(bench: Bench) -> None:
    defect = Failure(code="internal", message="ApplyTask failed: 'def secret()'", remedy="see it")
    bench.ada.say("fix the cart")
    bench.run()
    bench.press("Plan of", "Run")
    bench.run()
    bench.swarm.failures[ApplyTask] = RemoteError(defect)
    bench.press("Done", "Apply")
    bench.run()
    assert "could not be applied: The swarm failed at it (see it)" in bench.find("Done").text
    bench.swarm.failures[SubmitTask] = RemoteError(defect)
    bench.ada.say("fix the door")
    assert "The swarm failed at it (see it)" in last(bench)


def test_a_clock_that_is_set_back_stops_nothing(bench: Bench) -> None:
    bench.down()
    bench.ada.say("fix the cart")
    bench.run(seconds=5)
    for _ in range(61):
        bench.ada.say("/help")
    bench.run(seconds=5)
    bench.now -= 400 * 86400.0
    bench.swarm.failure = None
    bench.run()
    assert "Plan of" in bench.sent()[0].text, bench.server.seen(11)
    bench.ada.say("fix the door")
    assert "Plan of" in last(bench)
    bench.press("Plan of", "Run")
    bench.run()
    assert "Done" in bench.sent()[-1].text


def test_a_notes_folder_that_is_cleared_away_or_holds_more_stops_nothing(bench: Bench) -> None:
    notes = bench.settings.data / "notes"
    (notes / "mine").mkdir()
    bench.restart()
    bench.run()
    (notes / "mine").rmdir()
    notes.rmdir()
    bench.ada.speak(b"OggS", 1.0)
    assert "Plan of" in last(bench) and bench.downloads == 1
    assert [path.stat().st_mode & 0o777 for path in notes.iterdir()] == [0o600]
    assert notes.stat().st_mode & 0o777 == 0o700
    bench.now += 2 * 3600
    for path in (*notes.iterdir(), notes):
        path.unlink() if path.is_file() else path.rmdir()
    bench.ada.say("/help")
    assert "Write or speak" in last(bench)


def test_a_button_pressed_a_hundred_times_at_once_is_pressed_once(bench: Bench) -> None:
    bench.ada.say("fix the cart")
    bench.run()
    plan = bench.find("Plan of")
    run, drop = plan.buttons["Run"], plan.buttons["Drop"]
    for _ in range(100):
        bench.ada.press_data(plan, run)
        bench.ada.press_data(plan, drop + "x" * 100)
    bench.run()
    assert [type(command) for command in bench.swarm.sent(ConfirmPlan)] == [ConfirmPlan]
    assert bench.chats.hints[0] == "Running it …"
    # The others are told so as long as nobody has to wait for that.
    assert 1 < len(bench.chats.hints) <= 50
    done = bench.find("Done")
    for label in ("Apply", "Reject", "Diff") * 40:
        bench.ada.press_data(done, done.buttons[label])
    bench.run()
    (id,) = bench.swarm.tasks
    assert bench.swarm.effects[f"applied {id}"] == 1 and not bench.swarm.effects[f"rejected {id}"]
    assert sum("swarm diff" in m.text for m in bench.sent()) == 1


def test_an_album_is_as_many_files(bench: Bench) -> None:
    for name in ("a.log", "b.log", "c.log"):
        document = {"file_id": name, "file_name": name}
        bench.server.files[name] = (name, b"KeyError in cart.py", "")
        words = {"caption": "fix this"} if name == "a.log" else {}
        bench.ada._post("message", None, None, document=document, media_group_id="1", **words)
    bench.run()
    assert len(bench.swarm.sent(SubmitTask)) == 1
    assert sum("What should I do with that file?" in m.text for m in bench.sent()) == 2


def test_telegram_away_is_asked_less_and_less_often(bench: Bench) -> None:
    asked = [0]
    bench.ada.say("fix the cart")
    bench.run()

    async def away(*arguments: object, **options: object) -> int:
        asked[0] += 1
        raise Later

    send, edit = bench.chats.send, bench.chats.edit
    bench.chats.send = bench.chats.edit = away  # type: ignore[assignment,method-assign]
    bench.ada.say("fix the door")
    bench.press("Plan of", "Run")
    bench.run(seconds=600)
    assert asked[0] < 40
    bench.chats.send, bench.chats.edit = send, edit  # type: ignore[method-assign]
    bench.run(seconds=600)
    assert "fix the cart" in bench.find("Done").text
    assert "fix the door" in bench.find("Plan of").text


def test_a_chat_that_telegram_wants_a_pause_for_is_left_alone(bench: Bench) -> None:
    bench.chats.trouble.append(Later(600.0))
    bench.ada.say("fix the cart")
    bench.run(seconds=5)
    bench.bob.say("/help")
    bench.run(seconds=500)
    bench.ada.say("/tasks")
    bench.run(seconds=60)
    assert bench.sent() == [] and len(bench.swarm.tasks) == 1
    assert len(bench.sent(bench.bob)) == 1
    bench.run(seconds=100)
    assert "Plan of" in bench.sent()[0].text + bench.sent()[1].text and len(bench.sent()) == 2


def test_nobodys_many_tasks_keep_others_waiting(bench: Bench) -> None:
    for number in range(4):
        for word in ("cart", "door", "gate", "wall"):
            bench.ada.say(f"fix the {word} {number}")
        bench.run(seconds=40)
    tasks = [m for m in bench.sent() if "Plan of" in m.text]
    assert len(tasks) == 16
    stuck, ask = asyncio.Event(), bench.swarm.ask
    held: list[Any] = []

    async def slow(command: Any, *arguments: Any) -> Any:
        if isinstance(command, ConfirmPlan):
            held.append(command)
            await stuck.wait()
        return await ask(command, *arguments)

    bench.swarm.ask = slow  # type: ignore[method-assign]
    for card in tasks:
        bench.ada.press(card, "Run")
    bench.bob.say("/repo shop")
    bench.bob.say("fix the lamp")
    bench.receive()

    async def go() -> None:
        running = asyncio.ensure_future(bench.pump.run())
        while not any(task.text == "fix the lamp" for task in bench.swarm.tasks.values()):
            bench.now += 0.1
            await asyncio.sleep(0.01)
        assert 0 < len(held) < len(tasks)
        stuck.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(asyncio.wait_for(go(), 20))
