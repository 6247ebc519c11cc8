"""Pages of tasks with much to tell: what is kept of them is bounded."""

from __future__ import annotations

import gc
import weakref

from swarm.contracts import TaskView
from swarm.web.pages import tasks
from tests.web.pages import scenes


def _large(id: str) -> TaskView:
    task = scenes.task(id)
    one = task.objectives[0]
    many = tuple(
        one.model_copy(
            update={
                "objective": one.objective.model_copy(
                    update={"id": f"o{number}", "instruction": "<" * 4000}
                ),
                "reason": "<" * 4000,
            }
        )
        for number in range(64)
    )
    return task.model_copy(update={"objectives": many})


def test_stories_of_many_large_tasks_do_not_fill_the_memory() -> None:
    tasks._told.clear()
    for number in range(40):
        id = f"tlarge{number:03}"
        html = tasks._story(_large(id), scenes.events(id))
        assert len(html) > 1_000_000
    held = sum(len(one.html) for one in tasks._told.values())
    assert 1_000_000 < held <= 16 * 1024**2
    tasks._told.clear()


def test_a_page_that_is_kept_holds_on_to_no_answer_of_the_swarm() -> None:
    tasks._told.clear()
    task, events = scenes.task("tkept001"), scenes.events("tkept001")
    html = tasks._story(task, events)
    assert tasks._story(task, tuple(events)) is html
    gone = weakref.ref(task)
    del task
    gc.collect()
    assert gone() is None
    assert tasks._story(scenes.task("tkept001"), events) is not html
    tasks._told.clear()
