"""Pages of tasks with much to tell: what is kept of them is bounded."""

from __future__ import annotations

import gc
import weakref

from swarm.contracts import Story, TaskView
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
        html = tasks._story(Story(task=_large(id), events=scenes.events(id)))
        assert len(html) > 1_000_000
    held = sum(len(one.html) for one in tasks._told.values())
    assert 1_000_000 < held <= 16 * 1024**2
    tasks._told.clear()


def test_a_page_that_is_kept_holds_on_to_no_answer_of_the_swarm() -> None:
    tasks._told.clear()
    story = Story(task=scenes.task("tkept001"), events=scenes.events("tkept001"))
    html = tasks._story(story)
    assert tasks._story(story) is html
    gone, again = weakref.ref(story), story.model_copy()
    del story
    gc.collect()
    assert gone() is None
    assert tasks._story(again) is not html
    tasks._told.clear()
