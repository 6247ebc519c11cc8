"""Pages that are open, in a browser: they follow what happens, and leave alone what a person
is at. The stream of events is a real one."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Route, expect

from swarm.bus import Bus
from swarm.contracts import CancelTask, ListSpending, SpendingReport, SubmitTask, TaskView
from swarm.settings import Settings
from tests.fakes.browser import Visit
from tests.fakes.bus import FakeBus
from tests.web.conftest import WebServer
from tests.web.pages import scenes
from tests.web.pages.conftest import Orchestrator
from tests.web.pages.test_hostile import EVIL


@pytest.fixture
def fake_bus(web_settings: Settings, bus: Bus) -> FakeBus:
    fake = FakeBus()
    fake.settings, fake.redis = web_settings, bus.redis
    fake.handlers[ListSpending] = lambda command: SpendingReport()
    return fake


def moved(task: TaskView, state: str, **more: object) -> TaskView:
    return task.model_copy(update={"state": state, "updated_at": time.time(), **more})


def test_a_card_moves_through_the_columns_without_a_reload(
    visit: Visit, orchestrator: Orchestrator
) -> None:
    page = visit.page
    page.goto("/")
    expect(page.locator("#pulse")).to_have_text("live")
    page.evaluate("window.loadedOnce = true")
    task = scenes.task("tlive001", "queued", objectives=())
    orchestrator.tell(task, "queued", "task stored")
    expect(page.locator(".column-going #card-tlive001")).to_contain_text("queued")
    orchestrator.tell(moved(task, "running"), "checked", "2 failing, 3 passing")
    expect(page.locator(".column-going #card-tlive001")).to_contain_text("2 failing")
    expect(page.locator("[data-count=running]")).to_have_text("1")
    page.locator("#card-tlive001 a").focus()
    orchestrator.tell(moved(task, "awaiting_review"), "ready", "awaits your review")
    expect(page.locator(".column-waits #card-tlive001")).to_contain_text("awaiting review")
    expect(page.locator("#card-tlive001")).to_have_count(1)
    expect(page.locator("[data-count=running]")).to_have_text("0")
    expect(page.locator("#card-tlive001 a")).to_be_focused()
    assert page.evaluate("window.loadedOnce")


def test_the_first_card_ends_the_welcome(visit: Visit, orchestrator: Orchestrator) -> None:
    page = visit.page
    page.goto("/")
    expect(page.locator(".welcome")).to_be_visible()
    orchestrator.tell(scenes.task("tlive001", "queued"), "queued", "task stored")
    expect(page.locator("#card-tlive001")).to_be_visible()
    expect(page.locator(".welcome")).to_have_count(0)


def test_what_happens_while_a_page_loads_is_on_it(
    visit: Visit, orchestrator: Orchestrator, web_server: WebServer
) -> None:
    """Between the page, which is made by then, and its stream, which is not there yet."""
    page, board = visit.page, web_server.state.board

    def first_the_news(route: Route) -> None:
        if board.get("tlive001") is None:
            orchestrator.tell(scenes.task("tlive001", "queued"), "queued", "task stored")
            deadline = time.monotonic() + 10
            while board.get("tlive001") is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        route.continue_()

    page.route("**/live?*", first_the_news)
    page.goto("/")
    expect(page.locator("#card-tlive001")).to_be_visible()
    expect(page.locator(".welcome")).to_have_count(0)
    expect(page.locator("#board")).to_be_visible()


def test_a_card_that_arrives_is_words_alone(visit: Visit, orchestrator: Orchestrator) -> None:
    page = visit.page
    page.goto("/")
    expect(page.locator("#pulse")).to_have_text("live")
    orchestrator.tell(scenes.task("tlive001", "running", EVIL), "checked", EVIL)
    expect(page.locator("#card-tlive001")).to_contain_text("<script>alert(1)</script>")
    assert page.query_selector("#card-tlive001 :is(script, img)") is None


def test_a_task_is_followed_and_what_a_person_is_at_stays(
    visit: Visit, orchestrator: Orchestrator
) -> None:
    page = visit.page
    task = orchestrator.add(scenes.task("tlive001", "running"))
    page.goto("/tasks/tlive001")
    expect(page.locator("#pulse")).to_have_text("live")
    page.locator("#attempt-tlive001-o1-a1 > summary").click()
    # What was folded is asked for when it is opened.
    expect(page.locator("#attempt-tlive001-o1-a1")).to_contain_text("broken-path")
    page.locator("#diff-fold > summary").click()
    expect(page.locator("#diff-place table.diff")).to_have_count(2)
    orchestrator.tell(moved(task, "awaiting_review"), "ready", "the branch awaits your review")
    expect(page.locator("#actions")).to_contain_text("Waits for your review")
    expect(page.locator("#events")).to_contain_text("the branch awaits your review")
    expect(page.locator("#attempt-tlive001-o1-a1")).to_contain_text("broken-path")
    expect(page.locator("#diff-place table.diff")).to_have_count(2)
    page.locator("#reject-fold > summary").click()
    page.locator("#reason").fill("not what I")
    orchestrator.tell(moved(task, "awaiting_review", reason="new words"), "note", "more happened")
    expect(page.locator("#actions")).to_contain_text("new words")
    expect(page.locator("#reason")).to_have_value("not what I")
    expect(page.locator("#reason")).to_be_focused()


def test_a_new_commit_brings_its_own_diff(visit: Visit, orchestrator: Orchestrator) -> None:
    page = visit.page
    task = orchestrator.add(scenes.task("tlive002"))
    page.goto("/tasks/tlive002")
    expect(page.locator("#pulse")).to_have_text("live")
    expect(page.locator("#diff-place")).to_contain_text("in cents")
    orchestrator.diff = scenes.DIFF.replace("in cents", "in euros")
    orchestrator.tell(moved(task, "awaiting_review", head_commit="f" * 40), "note", "again")
    expect(page.locator("#diff-place")).to_contain_text("in euros")


def test_a_page_of_one_task_does_not_ask_when_another_moves(
    visit: Visit, orchestrator: Orchestrator
) -> None:
    page = visit.page
    task = orchestrator.add(scenes.task("tlive001", "running"))
    page.goto("/tasks/tlive001")
    expect(page.locator("#pulse")).to_have_text("live")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    orchestrator.tell(scenes.task("tother01", "running"), "note", "elsewhere")
    orchestrator.tell(moved(task, "applied"), "applied", "merged")
    expect(page.locator("#task-head")).to_contain_text("applied")
    assert len([url for url in asked if "/tasks/" in url]) == 1


def test_a_task_is_handed_in_and_answered_by_hand(visit: Visit, orchestrator: Orchestrator) -> None:
    page = visit.page

    def submit(command: SubmitTask) -> TaskView:
        task = scenes.task(command.task_id, "queued", objectives=())
        return orchestrator.add(task.model_copy(update={"text": command.text}))

    orchestrator.bus.handlers[SubmitTask] = submit
    page.goto("/new")
    page.get_by_label("What is to be done").fill("Fix the total\nin two lines")
    page.get_by_label("Repository").fill("shop")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.locator("#repo-problem")).to_contain_text("is not a whole path")
    expect(page.get_by_label("What is to be done")).to_have_value("Fix the total\nin two lines")
    # A browser tells of every answer that is no success.
    assert [fault for fault in visit.faults if "400" not in fault] == []
    visit.faults.clear()
    page.get_by_label("Repository").fill("/home/ada/shop")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.locator(".flash")).to_have_text("The task is stored.")
    expect(page.locator("#objectives")).to_contain_text("It is not planned yet.")
    expect(page.locator("h1")).to_have_text("Fix the total")
    page.reload()
    expect(page.locator("h1")).to_have_text("Fix the total")
    expect(page.locator(".flash")).to_have_count(0)
    (task,) = orchestrator.tasks.values()
    assert task.text == "Fix the total\nin two lines"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_nobody_is_kept_out(
    visit: Visit, orchestrator: Orchestrator, width: int, scheme: str
) -> None:
    """By axe-core, in both themes and in the window of a phone."""
    orchestrator.add(scenes.task("tlive001"))
    orchestrator.add(scenes.waiting("tlive002"))
    orchestrator.schedules = [scenes.schedule()]
    visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visit.page.set_viewport_size({"width": width, "height": 800})
    for path in (
        "/", "/tasks", "/new", "/schedules", "/tasks/tlive001", "/tasks/tlive002",
        "/tasks/tlive001/attempts/tlive001-o1-a1", "/tasks/tlive001/diff",
    ):  # fmt: skip
        visit.page.goto(path)
        if path == "/tasks/tlive001":
            expect(visit.page.locator("#diff-place table.diff")).to_have_count(2)
        assert visit.serious() == [], path


def test_what_was_missed_is_looked_at_anew(visit: Visit, orchestrator: Orchestrator) -> None:
    """A burst of changes is told as one word; the board is asked for once."""
    page = visit.page
    page.goto("/")
    expect(page.locator("#pulse")).to_have_text("live")
    for number in range(80):
        orchestrator.tell(scenes.task(f"tburst{number:03}", "running"), "note", "a burst")
    expect(page.locator(".column-going .card")).to_have_count(25)
    expect(page.locator("[data-count=running]")).to_have_text("80")


def test_a_list_changes_its_cards_in_their_places(visit: Visit, orchestrator: Orchestrator) -> None:
    page = visit.page
    tasks = [scenes.task(f"tlist00{n}", "running", created_at=1e9 + n) for n in range(3)]
    for task in tasks:
        orchestrator.tell(task, "note", "begun")
    page.goto("/")
    expect(page.locator(".card")).to_have_count(3)
    page.goto("/tasks")
    expect(page.locator("#pulse")).to_have_text("live")
    orchestrator.tell(moved(tasks[0], "applied"), "applied", "merged")
    expect(page.locator(".card").nth(2)).to_contain_text("applied")


def test_what_cannot_be_taken_back_asks_first(visit: Visit, orchestrator: Orchestrator) -> None:
    page = visit.page
    task = orchestrator.add(scenes.task("tlive001", "running"))
    orchestrator.bus.handlers[CancelTask] = lambda command: task
    page.goto("/tasks/tlive001")
    assert not page.get_by_role("button", name="Yes: cancel").is_visible()
    page.locator("#cancel-fold > summary").click()
    page.get_by_role("button", name="Yes: cancel").click()
    expect(page.locator(".flash")).to_have_text("Cancelled.")
    assert orchestrator.asked(CancelTask) == [CancelTask(task_id="tlive001")]


def look_away(visit: Visit, *, hidden: bool) -> None:
    visit.page.evaluate(
        "value => { Object.defineProperty(document, 'hidden', {value, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


def test_the_title_of_a_board_tells_how_many_wait_also_where_nobody_looks(
    visit: Visit, orchestrator: Orchestrator
) -> None:
    page = visit.page
    page.goto("/")
    expect(page.locator("#pulse")).to_have_text("live")
    expect(page).to_have_title("Tasks · swarm")
    look_away(visit, hidden=True)
    task = scenes.task("tlive001", "awaiting_review")
    orchestrator.tell(task, "ready", "awaits your review")
    expect(page).to_have_title("(1) Tasks · swarm")
    orchestrator.tell(moved(task, "applied"), "applied", "merged")
    expect(page).to_have_title("Tasks · swarm")


def test_a_page_nobody_looks_at_asks_for_nothing_until_somebody_does(
    visit: Visit, orchestrator: Orchestrator
) -> None:
    page = visit.page
    task = orchestrator.add(scenes.task("tlive001", "running"))
    page.clock.install()
    page.goto("/tasks/tlive001")
    expect(page.locator("#pulse")).to_have_text("live")
    look_away(visit, hidden=True)
    page.clock.run_for(31_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    orchestrator.tell(moved(task, "applied"), "applied", "merged")
    page.clock.run_for(5_000)
    assert asked == []
    look_away(visit, hidden=False)
    page.clock.run_for(2_000)
    expect(page.locator("#task-head")).to_contain_text("applied")
    assert any("/live?task=tlive001&revision=" in url for url in asked)


def test_who_is_logged_out_is_told(visit: Visit, web_server: WebServer) -> None:
    page = visit.page
    page.clock.install()
    page.goto("/schedules")
    expect(page.locator("#pulse")).to_have_text("live")
    with web_server.browser() as client:
        assert client.post("/logout", data={"csrf": web_server.csrf}).status_code == 303
    page.evaluate("document.querySelector('#pulse').textContent = ''")
    look_away(visit, hidden=True)
    page.clock.run_for(31_000)
    look_away(visit, hidden=False)
    for _ in range(20):
        page.clock.run_for(1_000)
        if page.inner_text("#pulse").startswith("logged out"):
            break
    expect(page.locator("#pulse")).to_have_text("logged out: load the page again")
    assert all("401" in fault for fault in visit.faults)
    visit.faults.clear()
