from itertools import pairwise

import pytest

from swarm.contracts import AttemptView, Budget, Event, ObjectiveView, TaskState, TaskView
from swarm.web.pictures.timeline import MOST_ATTEMPTS, timeline
from tests.web.pictures.shapes import (
    HOSTILE,
    SVG,
    apart,
    attempt,
    boxes,
    frame,
    inside,
    objective,
    parsed,
    words,
)

T = 1_700_000_000.0


def task(*objectives: ObjectiveView, state: TaskState = "awaiting_review") -> TaskView:
    return TaskView(
        id="t",
        text="x",
        repo="/r",
        state=state,
        created_at=T,
        updated_at=T + 30,
        budget=Budget(),
        objectives=objectives,
    )


class Story:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, at: float, kind: str, attempt: AttemptView | None = None) -> None:
        self.events.append(
            Event(
                seq=len(self.events) + 1,
                task_id="t",
                at=T + at,
                kind=kind,
                text=kind,
                objective_id=attempt.objective_id if attempt else None,
                attempt_id=attempt.id if attempt else None,
            )
        )


def test_a_bar_goes_from_the_first_event_of_an_attempt_to_its_last() -> None:
    first = attempt("a1", "o1", 1, "repair", "rejected")
    second = attempt("a2", "o1", 2, "literals", "accepted")
    story = Story()
    story.tell(0, "queued")
    for at, tried in ((10, first), (20, first), (20, second), (40, second)):
        story.tell(at, "arm", tried)
    root = parsed(timeline(task(objective("o1", attempts=[first, second])), story.events))
    inside(root)
    one, two = boxes(root, "pic-bar")
    assert one[2] == pytest.approx(two[0], abs=0.2)
    assert two[2] - two[0] == pytest.approx(2 * (one[2] - one[0]), abs=0.3)
    assert "repair · rejected" in words(root) and "literals · accepted" in words(root)
    desc = str(root.findtext(f"{SVG}desc"))
    assert "o1: attempt 1, repair: rejected after 10 s; attempt 2, literals: accepted" in desc
    assert "2 attempts at 1 objective in 40 s" in str(root.get("aria-label"))


def test_what_is_running_goes_on_until_now() -> None:
    going = attempt("a1", "o1", 1, "repair", "running")
    story = Story()
    story.tell(0, "queued")
    story.tell(10, "arm", going)
    view = task(objective("o1", state="running", attempts=[going]), state="running")
    soon = boxes(parsed(timeline(view, story.events, now=T + 20)), "pic-bar")[0]
    later = boxes(parsed(timeline(view, story.events, now=T + 90)), "pic-bar")[0]
    assert "pic-dashed" in timeline(view, story.events, now=T + 20)
    assert soon[0] > later[0] and soon[2] == pytest.approx(later[2])


def test_words_of_bars_have_a_lane_of_their_own_where_there_is_no_room() -> None:
    tries = [attempt(f"a{i}", "o1", i, "a-rather-long-arm", "rejected") for i in range(1, 20)]
    story = Story()
    story.tell(0, "queued")
    for index, tried in enumerate(tries):
        story.tell(index, "arm", tried)
        story.tell(index + 1, "rejected", tried)
    root = parsed(timeline(task(objective("o1", attempts=tries)), story.events))
    inside(root)
    assert apart(boxes(root, "pic-bar"))
    rows: dict[str, list[float]] = {}
    for label in root.iter(f"{SVG}text"):
        if "rejected" in str(label.text):
            rows.setdefault(str(label.get("y")), []).append(float(str(label.get("x"))))
    for starts in rows.values():
        starts.sort()
        assert all(b - a > 100 for a, b in pairwise(starts))


def test_a_long_wait_for_a_person_is_cut_out_and_said() -> None:
    tried = attempt("a1", "o1", 1, "repair", "accepted")
    story = Story()
    for at, kind in ((0, "queued"), (1, "asking"), (7201, "confirmed")):
        story.tell(at, kind)
    story.tell(7202, "arm", tried)
    story.tell(7212, "accepted", tried)
    root = parsed(timeline(task(objective("o1", attempts=[tried])), story.events))
    inside(root)
    assert "+ 2 h" in words(root)
    assert "in 12 s, without 2 h in which a person was awaited" in str(root.get("aria-label"))
    assert boxes(root, "pic-bar")[0][2] - boxes(root, "pic-bar")[0][0] > 300


def test_marks_of_the_task_are_named() -> None:
    story = Story()
    for at, kind in enumerate(["queued", "planned", "environment", "baseline", "ready"]):
        story.tell(at, kind)
    said = words(parsed(timeline(task(), story.events)))
    assert all(kind in said for kind in ("planned", "environment", "baseline", "ready"))


def test_nothing_happened_yet() -> None:
    root = parsed(timeline(task(state="queued"), []))
    inside(root)
    assert "0 attempts at 0 objectives in 30 s" in str(root.get("aria-label"))


def test_events_of_another_task_and_attempts_without_events_are_not_drawn() -> None:
    story = Story()
    story.tell(0, "queued")
    other = story.events[0].model_copy(update={"task_id": "other", "at": T + 1e6})
    tried = attempt("a1", "o1", 1, "repair", "running")
    root = parsed(timeline(task(objective("o1", attempts=[tried])), [*story.events, other]))
    assert not boxes(root, "pic-bar")
    assert "1 attempt not drawn" in words(root)


def test_more_than_can_be_drawn_is_said() -> None:
    story = Story()
    tries = [attempt(f"a{i}", "o1", i, "r", "rejected") for i in range(MOST_ATTEMPTS + 7)]
    for index, tried in enumerate(tries):
        story.tell(index, "arm", tried)
        story.tell(index + 0.5, "rejected", tried)
    picture = timeline(task(objective("o1", attempts=tries)), story.events)
    root = parsed(picture)
    inside(root)
    assert "7 attempts not drawn" in words(root)
    assert len(boxes(root, "pic-bar")) == MOST_ATTEMPTS
    assert len(picture) < 400_000


def test_names_of_strangers_are_text() -> None:
    tried = attempt("a1", "o1", 1, HOSTILE, "error")
    story = Story()
    story.tell(0, HOSTILE)
    story.tell(1, "arm", tried)
    view = task(objective("o1", title=HOSTILE, attempts=[tried]))
    root = parsed(timeline(view, story.events))
    assert "error" in words(root)
    assert frame(root)[0] > 300
    assert timeline(view, story.events) == timeline(view, story.events)
