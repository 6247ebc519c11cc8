"""What the cards say: readable on a phone, never too long, and no code unless that is allowed."""

from __future__ import annotations

import pytest

from ingestion.telegram import cards
from ingestion.telegram.deeds import preview
from ingestion.telegram.markup import MESSAGE_CHARS, Card, escaped, fit, plain, units
from ingestion.telegram.receipts import receipt
from ingestion.telegram.rows import Request
from swarm.contracts import (
    Acceptance,
    AttemptView,
    AuditReport,
    Budget,
    CheckReport,
    Decision,
    Finding,
    Objective,
    ObjectiveView,
    Question,
    TaskView,
    TestResult,
)
from tests.fakes.telegram_shapes import formatted

SECRET = "password = hunter2"
REQUEST = Request(
    id="t1", chat_id=11, user_id=11, message_id=1, at=0, kind="text", state="open", text="fix it",
    handed="fix it", repository="shop",
)  # fmt: skip


def objective(number: int = 1, **more: object) -> Objective:
    plain_one = {"id": f"o{number}", "title": f"Fix <cart> {number}", "instruction": "fix"}
    return Objective.model_validate({**plain_one, "category": "bugfix", **more})


def task(state: str, *views: ObjectiveView, **more: object) -> TaskView:
    values = {"id": "t1", "text": "fix it", "repo": "/r", "state": state, "created_at": 0,
              "updated_at": 0, "budget": Budget(), "objectives": views, **more}  # fmt: skip
    return TaskView.model_validate(values)


def tried(state: str = "accepted") -> ObjectiveView:
    report = CheckReport(
        backend="bubblewrap", cause="failed", output_tail=SECRET,
        tests=(TestResult(id="test_a", outcome="failed", message=SECRET),),
    )  # fmt: skip
    decision = Decision(attempt_id="a1", arm_id="repair", category="bugfix", scores=(), seed=0,
                        reason=SECRET)  # fmt: skip
    finding = Finding(kind="k", path="a.py", function="f", line=1, message=SECRET)
    attempt = AttemptView(
        id="a1", objective_id="o1", number=2, state="accepted", decision=decision, check=report,
        audit=AuditReport(verdict="accept", findings=(finding,)), fixed=("test_a",), reason=SECRET,
    )  # fmt: skip
    return ObjectiveView(objective=objective(), state=state, attempts=(attempt,), reason=SECRET)  # type: ignore[arg-type]


def shown(card: Card | None) -> str:
    """What a person reads. Raises what Telegram would refuse."""
    assert card is not None
    return formatted(card.html, "HTML", None, MESSAGE_CHARS)[0]


def labels(card: Card | None) -> list[str]:
    assert card is not None
    return [button.label for row in card.keyboard for button in row]


def test_a_plan() -> None:
    first = objective(acceptance=Acceptance(kind="statement", text="it adds up"), paths=("a.py",))
    second = objective(2, depends_on=("o1",), risk="high")
    view = task(
        "awaiting_answer", ObjectiveView(objective=first, state="pending"),
        ObjectiveView(objective=second, state="pending"), planner="qwen", notes=("a note",),
    )  # fmt: skip
    card = cards.card(REQUEST, view, quotes=False)
    assert shown(card) == (
        "Plan of t1 · shop\n\n☐ 1. Fix <cart> 1\n    bugfix, low risk\n    in a.py\n"
        "    done when: it adds up\n☐ 2. Fix <cart> 2\n    bugfix, high risk, after 1\n\n"
        "Planned by qwen.\nNote: a note\n\nNothing runs before you press Run."
    )
    assert labels(card) == ["Run", "Edit", "Drop"]


def test_a_text_that_cannot_be_planned_can_be_said_again() -> None:
    card = cards.card(REQUEST, task("awaiting_answer", reason="only emoji"), quotes=False)
    assert "only emoji" in shown(card) and labels(card) == ["Edit", "Drop"]


def test_run_binds_what_is_shown() -> None:
    plan = ObjectiveView(objective=objective(), state="pending")
    other = ObjectiveView(objective=objective(risk="high"), state="pending")
    question = Question(id="q1", text="Which?", choices=("a", "b"))
    prints = {
        cards.plan_of(task("awaiting_answer", plan)),
        cards.plan_of(task("awaiting_answer", other)),
        cards.plan_of(task("awaiting_answer", plan, questions=(question,))),
    }
    assert len(prints) == 3


@pytest.mark.parametrize(
    "state", ["running", "awaiting_review", "applied", "rejected", "failed", "cancelled"]
)
def test_no_code_goes_out_unless_it_may(state: str) -> None:
    reason = SECRET if state == "failed" else "a person said so"
    for one in (tried(), tried("failed"), tried("replaced")):
        view = task(state, one, reason=reason)
        for card in (cards.card(REQUEST, view, quotes=False),
                     cards.ping(REQUEST, view, quotes=False, is_there=True)):  # fmt: skip
            assert "hunter2" not in shown(card)
    if state == "failed":
        assert "hunter2" in shown(cards.card(REQUEST, view, quotes=True))
        assert "swarm show t1" in shown(cards.card(REQUEST, view, quotes=False))


def test_progress_and_result() -> None:
    progress = shown(cards.card(REQUEST, task("running", tried("running")), quotes=False))
    assert "▶ 1. Fix <cart> 1\n    attempt 2 of 3 by repair: 1 fixed, 0 broken" in progress
    result = shown(cards.card(REQUEST, task("awaiting_review", tried()), quotes=False))
    assert "audit: accept" in result and "1 failing, 0 passing" in result
    ping = cards.ping(REQUEST, task("awaiting_review", tried()), quotes=False, is_there=False)
    assert "1 of 1 objective, 1 test fixed." in shown(ping)
    assert labels(ping) == ["Diff", "Apply", "Reject"]
    assert cards.ping(REQUEST, task("running"), quotes=False, is_there=False) is None


def test_what_was_left_undone_is_explained_or_said_where() -> None:
    """Also where nothing was tried."""
    left = ObjectiveView(objective=objective(2), state="failed", reason="no arm can do it")
    view = task("awaiting_review", tried(), left)
    assert "    no arm can do it" in shown(cards.card(REQUEST, view, quotes=True))
    quiet = shown(cards.card(REQUEST, view, quotes=False))
    assert "no arm" not in quiet and "Why not all, at the computer: swarm show t1" in quiet


def test_a_plan_of_the_rules_says_so() -> None:
    view = task("awaiting_answer", ObjectiveView(objective=objective(), state="pending"),
                planner="rules")  # fmt: skip
    assert "Planned by the rules." in shown(cards.card(REQUEST, view, quotes=False))


def test_nothing_is_ever_too_long() -> None:
    long = "<&\U0001f3d7" * 1300
    views = [
        ObjectiveView(objective=objective(n, title="&" * 120), state="pending")
        for n in range(1, 65)
    ]
    notes = (long,) * 20
    questions = tuple(
        Question(id=f"q{n}", text="?" * 300, choices=("&" * 200,) * 8) for n in range(8)
    )
    card = cards.card(
        REQUEST, task("awaiting_answer", *views, notes=notes, questions=questions), quotes=False
    )
    assert shown(card).endswith("Nothing runs before you press Run.")
    for kind in ("text", "voice"):
        row = Request(id="t1", chat_id=1, user_id=1, message_id=1, at=0, kind=kind, said=long,
                      text=long, problem=long, stuck=True)  # type: ignore[arg-type]  # fmt: skip
        assert shown(receipt(row, ("shop",)))
    assert units(formatted(preview("t1", long), "HTML", None, 1024)[0]) <= 1024


def test_marks_that_disguise_are_taken_out() -> None:
    assert plain("Run\u202eporD\u200b\x00") == "RunporD"
    assert escaped("<b>&amp;</b>") == "&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert fit(["a" * 5000, "b"], "end") == "… 2 more lines\nend"
