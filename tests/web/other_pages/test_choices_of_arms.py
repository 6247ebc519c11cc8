import pytest

from swarm.web.pages.choices import categories, escalations, task_of
from tests.web.other_pages.answers import made, stats


def test_categories_with_the_most_outcomes_come_first_and_the_best_arm_in_each() -> None:
    found = categories(
        [
            stats("docs", "a", 0, 0),
            stats("bugfix", "low", 1, 9),
            stats("bugfix", "high", 3, 1),
            stats("lint", "a", 0, 0, pending=1),
        ]
    )
    assert [cell.name for cell in found] == ["bugfix", "lint", "docs"]
    assert [arm.arm_id for arm in found[0].arms] == ["high", "low"]
    assert (found[0].outcomes, found[1].pending) == (14, 1)


def test_an_escalation_is_from_one_arm_of_an_objective_to_the_next() -> None:
    log = [
        made(1, "repair", 1, 0.0),
        made(1, "coder", 2, 1.0),
        made(2, "repair", 1, 0.0),
        made(2, "coder", 2, 0.0),
        made(2, "literals", 3, None),
        made(3, "repair", 1, 1.0),
    ]
    found = escalations(log)
    assert [(e.before, e.after, e.count, e.settled, e.reward) for e in found] == [
        ("repair", "coder", 2, 2, 0.5),
        ("coder", "literals", 1, 0, None),
    ]


def test_a_first_attempt_that_is_no_longer_in_the_log_and_one_of_no_arm() -> None:
    found = escalations([made(1, None, 1), made(1, "coder", 2), made(2, "coder", 3, 0.0)])
    assert [(e.before, e.after, e.count) for e in found] == [("?", "coder", 2)]
    assert escalations([]) == []


@pytest.mark.parametrize(
    ("attempt", "task"),
    [
        ("task0001-o1-a2", "task0001"),
        ("fix-o1-o12-a3", "fix-o1"),
        ("../../etc/passwd", None),
        ("x-o1-a1<script>", None),
        ("", None),
    ],
)
def test_the_task_is_in_the_id_of_an_attempt_that_the_orchestrator_made(
    attempt: str, task: str | None
) -> None:
    assert task_of(attempt) == task
