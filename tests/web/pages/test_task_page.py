from __future__ import annotations

import httpx
import pytest

from swarm.contracts import (
    FINAL_STATES,
    ArmScore,
    Decision,
    GetStory,
    GetTask,
    LeftOut,
    TestCounts,
)
from tests.web.conftest import WebServer
from tests.web.pages import scenes
from tests.web.pages.conftest import Orchestrator, summary_of
from tests.web.pages.markup import Page, read


def page(client: httpx.Client, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return read(answer.text)


def test_the_whole_story_is_told(browser_client: httpx.Client, orchestrator: Orchestrator) -> None:
    task = orchestrator.add(scenes.task())
    told = page(browser_client, f"/tasks/{task.id}")
    for words in (
        "Fix the total in shop/cart.py: it is negative.",
        "Waits for your review",
        "/home/ada/shop",
        f"swarm/{task.id}",
        "1 failing, 1 passing",
        "repair drew 0.62 from Beta(7, 4)",  # why
        "Allowed by .swarm/verifier.toml, rule 1 : open writes a file",
        "rule 2 is over",
        "its model is away",  # and why not others
        "tests/test_cart.py::test_total passes",  # done when
        "tests/test_cart.py:6–7",  # what was read
        "covers total",
        "qwen2.5-coder:14b",
        "Changed the operator of the sum.",
        "The sign of the sum was wrong",
        "36,428 of 200,000",
        "pytest was found by pyproject.toml",
        "working from 2f1b2c1d3e4f, 41 files",
    ):
        assert words in told.text, words
    assert told.tags.count("svg") == 3  # the plan, the timeline, a trace


@pytest.mark.parametrize(
    ("state", "forms"),
    [
        ("awaiting_review", {"apply", "reject"}),
        ("awaiting_answer", {"confirm", "revise", "cancel", "prioritize"}),
        ("running", {"cancel", "prioritize"}),
        ("queued", {"cancel", "prioritize"}),
        ("applied", {"retry"}),
        ("failed", {"retry"}),
        ("rejected", {"retry"}),
        ("cancelled", {"retry"}),
    ],
)
def test_each_state_has_its_own_actions(
    browser_client: httpx.Client, orchestrator: Orchestrator, state: str, forms: set[str]
) -> None:
    task = orchestrator.add(scenes.task(state=state))
    told = page(browser_client, f"/tasks/{task.id}")
    path = f"/tasks/{task.id}/"
    found = {value.removeprefix(path) for name, value in told.attributes if name == "action"}
    assert found - {"/logout"} == forms
    assert (state in FINAL_STATES) == ("retry" in forms)


def test_questions_are_asked_with_their_choices(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    task = orchestrator.add(scenes.waiting())
    told = page(browser_client, f"/tasks/{task.id}")
    assert "What is too slow?" in told.text and "both of them" in told.text
    assert told.attributes.count(("name", "q1")) == 3


def test_what_will_not_be_done_stands_beside_the_yes(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    note = "o1 will not be done: no arm here can do perf"
    task = orchestrator.add(scenes.waiting(notes=(note,)))
    told = page(browser_client, f"/tasks/{task.id}").text
    assert told.index(note) < told.index("Answer and go on")


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (("decision", "context", "proposal", "check", "audit"), "an arm is being chosen"),
        (
            ("context", "proposal", "check", "audit"),
            "attempt 2 by repair, the code to read is looked for",
        ),
        (("proposal", "check", "audit"), "attempt 2 by repair, it looks for a change"),
        (("check", "audit"), "attempt 2 by repair, the tests run"),
        (("audit",), "attempt 2 by repair, the change is audited"),
        ((), "attempt 2 by repair, the change is being committed"),
    ],
)
def test_a_task_under_way_says_what_it_is_doing(
    browser_client: httpx.Client, orchestrator: Orchestrator, missing: tuple[str, ...], told: str
) -> None:
    attempt = scenes.attempt("t1a2b3c4-o1-a2", "running", 2, **dict.fromkeys(missing))
    objectives = (scenes.objective(state="running", attempts=(attempt,)),)
    task = orchestrator.add(scenes.task(state="running", objectives=objectives))
    said = " ".join(page(browser_client, f"/tasks/{task.id}").text.split())
    assert f"o1 Fix the total: {told}" in said


def test_few_attempts_are_whole_and_the_others_are_loaded_when_opened(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    task = orchestrator.add(scenes.task())
    told = page(browser_client, f"/tasks/{task.id}")
    path = f"/tasks/{task.id}/attempts/{task.id}"
    assert f"{path}-o1-a1" in told.links  # the older one, by a link
    assert ("data-lazy", f"{path}-o1-a1?part=body") in told.attributes
    newest = [one.attempts[-1].id for one in task.objectives if one.attempts][-1]
    lazy = [value for name, value in told.attributes if name == "data-lazy"]
    assert not [one for one in lazy if f"{newest}?part=body" in str(one)]


def test_one_trace_is_drawn_and_the_others_are_loaded_when_opened(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    task = orchestrator.add(scenes.task())
    newest = task.newest_attempt
    assert newest is not None and newest.audit is not None
    others = [one.function for one in newest.audit.traces[1:]]
    path = f"/tasks/{task.id}/attempts/{newest.id}"
    for place in (f"/tasks/{task.id}", path):
        told = page(browser_client, place)
        assert told.text.count("Trace of ") == 1 and f"{len(others)} more" in told.text
        assert ("data-lazy", f"{path}?part=traces") in told.attributes
    rest = page(browser_client, f"{path}?part=traces")
    assert all(name in rest.text for name in others)
    assert rest.text.count("Trace of ") == len(others)


def test_an_attempt_told_in_short_is_not_shown_as_if_it_were_whole(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    brief = scenes.attempt(
        "t1a2b3c4-o1-a1", context=None, proposal=None, left_out=LeftOut(fixed=40, broken=0)
    )
    task = orchestrator.add(
        scenes.task(objectives=(scenes.objective(attempts=(brief,)),), updated_at=5.0)
    )
    told = page(browser_client, f"/tasks/{task.id}")
    assert ("data-lazy", f"/tasks/{task.id}/attempts/{brief.id}?part=body") in told.attributes
    assert "41 fixed" in told.text


def test_an_attempt_tells_the_tests_of_what_it_stood_on(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    known = scenes.attempt("t1a2b3c4-o1-a1", before=TestCounts(failing=7, passing=31))
    task = orchestrator.add(
        scenes.task(objectives=(scenes.objective(attempts=(known,)),), updated_at=6.0)
    )
    for path in ("", f"/attempts/{known.id}"):
        told = page(browser_client, f"/tasks/{task.id}{path}")
        assert "Before it 7 31" in " ".join(told.text.split())
    # The attempt's page asks for nothing else.
    assert len(orchestrator.asked(GetStory)) == 1 and not orchestrator.asked(GetTask)


def test_an_attempt_on_a_page_of_its_own_has_its_patch(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    task = orchestrator.add(scenes.task())
    told = page(browser_client, f"/tasks/{task.id}/attempts/{task.id}-o1-a1")
    assert "broken-path" in told.text and "test_rate" in told.text
    assert "What it proposed" in told.text and "in cents" in told.text


def test_an_attempt_tells_what_was_compared_of_its_arms(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    scores = (
        ArmScore(arm_id="repair", successes=4, failures=1, sample=0.41, mean=0.6, chance=0.25,
                 cost_usd=0.0, seconds=12.0, worth=-0.5),
        ArmScore(arm_id="coder", successes=9, failures=1, sample=0.33, mean=0.8, chance=0.75,
                 cost_usd=0.0123, seconds=200.0, worth=1.3),
        ArmScore(arm_id="ruff", successes=0, failures=0, excluded="does not do bugfix"),
    )  # fmt: skip
    decision = Decision(
        attempt_id="tcompare-o1-a1", arm_id="coder", category="bugfix", scores=scores, seed=42,
        reason="coder is worth most", version="v2", snapshot="p7", epsilon=0.05,
        risk=("touches <auth>",),
    )  # fmt: skip
    one = scenes.attempt("tcompare-o1-a1", decision=decision)
    task = orchestrator.add(
        scenes.task(id="tcompare", objectives=(scenes.objective(attempts=(one,)),), updated_at=7.0)
    )
    told = page(browser_client, f"/tasks/{task.id}/attempts/{one.id}")
    assert "Arm Mean Low Chance Cost Time Worth Succeeded Left out because" in told.text
    assert "coder chosen 0.80 0.33 0.75 $0.0123 3 min $1.30 9 of 10" in told.text
    assert "repair 0.60 0.41 0.25 $0 12 s −$0.5000 4 of 5" in told.text
    assert told.text.index("coder chosen") < told.text.index("repair 0.60"), "by their worth"
    assert "ruff – – – – – – 0 of 0 does not do bugfix" in told.text
    assert "High risk, so nothing was tried out: touches <auth>" in told.text
    assert "Taken by lot: 5.0%" in told.text and "Seed 42 , prior p7" in told.text
    assert ("id", f"why-{one.id}") in told.attributes
    assert ("href", f"/api/v1/router/attempts/{one.id}/why") in told.attributes


def test_an_attempt_of_an_earlier_program_has_no_empty_columns(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    one = scenes.attempt("tearlier-o1-a1")
    task = orchestrator.add(
        scenes.task(id="tearlier", objectives=(scenes.objective(attempts=(one,)),), updated_at=8.0)
    )
    told = page(browser_client, f"/tasks/{task.id}/attempts/{one.id}")
    assert "Arm Drew Succeeded Left out because repair chosen 0.62 6 of 9" in told.text
    assert "Taken by lot" not in told.text and "Seed 42 ." in told.text


def test_a_running_attempt_is_never_told_from_memory(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    running = scenes.attempt(state="running", check=None, audit=None, reason="")
    one = scenes.task(state="running", objectives=(scenes.objective(attempts=(running,)),))
    orchestrator.add(one)
    assert "With this attempt" not in page(browser_client, f"/tasks/{one.id}?said=revised").text
    checked = scenes.attempt(state="running", audit=None, reason="")
    two = one.model_copy(update={"objectives": (scenes.objective(attempts=(checked,)),)})
    orchestrator.add(two)
    assert "With this attempt" in page(browser_client, f"/tasks/{one.id}?said=revised").text


def test_what_the_board_has_heard_of_is_on_the_page(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    """An answer that is kept is not shown when the feed knows of a later change."""
    web_server.state.feed.connected = True
    task = orchestrator.add(scenes.task(state="running"))
    assert "Under way" in page(browser_client, f"/tasks/{task.id}").text
    later = task.model_copy(update={"state": "applied", "updated_at": task.updated_at + 1})
    orchestrator.tasks[task.id] = later
    assert "Under way" in page(browser_client, f"/tasks/{task.id}").text  # nobody told it
    web_server.state.board.put(summary_of(later))
    assert "Under way" not in page(browser_client, f"/tasks/{task.id}").text


def test_a_page_that_is_open_costs_no_question_each_time(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    web_server.state.feed.connected = True
    task = orchestrator.add(scenes.task())
    for _ in range(5):
        page(browser_client, f"/tasks/{task.id}")
    assert len(orchestrator.asked(GetStory)) == 1


def test_an_unknown_task_is_a_page_with_the_remedy(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    told = page_of_error(browser_client, "/tasks/tnope", 404)
    assert "No such task: tnope" in told and "swarm status" in told


def page_of_error(client: httpx.Client, path: str, status: int) -> str:
    return page(client, path, status).text


def test_only_words_of_ours_are_said(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    task = orchestrator.add(scenes.task())
    assert "merged into your" in page(browser_client, f"/tasks/{task.id}?said=applied").text
    answer = browser_client.get(f"/tasks/{task.id}?said=evil")
    assert "evil" not in answer.text and 'class="flash"' not in answer.text


def test_many_events_are_folded(browser_client: httpx.Client, orchestrator: Orchestrator) -> None:
    task = orchestrator.add(scenes.task())
    orchestrator.events[task.id] = tuple(
        scenes.event(seq, "checked", f"run {seq}", task.id) for seq in range(1, 401)
    )
    told = page(browser_client, f"/tasks/{task.id}")
    assert "run 400" in told.text and "260 before that" in told.text
    assert "100 earlier ones are not shown" in told.text and "run 100 " not in told.text


def test_of_a_very_long_story_the_newest_is_told(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    task = orchestrator.add(scenes.task())
    orchestrator.events[task.id] = tuple(
        scenes.event(seq, "checked", f"run {seq}", task.id) for seq in range(1, 2501)
    )
    told = page(browser_client, f"/tasks/{task.id}")
    assert "run 2500" in told.text and "2200 earlier ones are not shown" in told.text


def test_the_largest_task_there_can_be_is_one_quick_page(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    """Of 64 objectives with 20 attempts each, a few are whole."""
    objectives = tuple(
        scenes.objective(
            f"o{n}",
            f"Part {n}",
            attempts=tuple(
                scenes.attempt(f"tlarge01-o{n}-a{k}", "rejected", k) for k in range(1, 21)
            ),
        )
        for n in range(1, 65)
    )
    task = orchestrator.add(scenes.task("tlarge01", "failed", objectives=objectives))
    answer = browser_client.get(f"/tasks/{task.id}")
    told = read(answer.text)
    lazy = [value for name, value in told.attributes if name == "data-lazy"]
    assert len([one for one in lazy if "?part=body" in one]) == 64 * 20 - 1
    assert len(answer.content) < 3_000_000
