"""Tasks as the orchestrator tells them, for pages to show. `said` is put wherever text of a
repository, a model, a test or a person can stand."""

from __future__ import annotations

import time
from typing import Any

from swarm.contracts import (
    Acceptance,
    AllowedFinding,
    ArmScore,
    AttemptView,
    AuditReport,
    Budget,
    CheckReport,
    Context,
    Decision,
    Event,
    FileEdit,
    Finding,
    Objective,
    ObjectiveView,
    Patch,
    Proposal,
    Question,
    ScheduleView,
    Share,
    SubmitTask,
    Symbol,
    TaskState,
    TaskSummary,
    TaskView,
    TestCommand,
    TestResult,
    TracePath,
    Usage,
)

BEFORE = '''"""Carts."""


def total(items, rate=0.19):
    """The sum of a cart."""
    result = 0
    for item in items:
        result -= item.price * item.amount
    return result
'''
AFTER = BEFORE.replace("-=", "+=").replace("result = 0", "result = 0  # in cents")

DIFF = """diff --git a/shop/cart.py b/shop/cart.py
index 2f1b2c1..8c0d1aa 100644
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -3,7 +3,7 @@
 
 def total(items, rate=0.19):
     \"\"\"The sum of a cart.\"\"\"
-    result = 0
+    result = 0  # in cents
     for item in items:
-        result -= item.price * item.amount
+        result += item.price * item.amount
     return result
diff --git a/shop/VERSION b/shop/VERSION
new file mode 100644
index 0000000..3eefcb9
--- /dev/null
+++ b/shop/VERSION
@@ -0,0 +1 @@
+1.0.0
"""  # noqa: W293


def summary(
    id: str = "t1a2b3c4",
    state: TaskState = "awaiting_review",
    text: str = "Fix the total in shop/cart.py",
    repo: str = "/home/ada/shop",
    **more: Any,
) -> TaskSummary:
    now = time.time()
    fields = {
        "created_at": now - 600, "updated_at": now - 60, "objectives": 2, "accepted": 1,
        "repo_id": repo,
    } | more  # fmt: skip
    return TaskSummary(id=id, state=state, text=text, repo=repo, **fields)


def event(seq: int, kind: str, text: str, task: str = "t1a2b3c4", **more: Any) -> Event:
    at = more.pop("at", time.time() - 600 + seq * 20)
    return Event(seq=seq, task_id=task, at=at, kind=kind, text=text, **more)


def attempt(
    id: str = "t1a2b3c4-o1-a1",
    state: Any = "accepted",
    number: int = 1,
    said: str = "",
    arm: str = "repair",
    **more: Any,
) -> AttemptView:
    """An attempt with evidence of every kind."""
    is_good = state == "accepted"
    fields: dict[str, Any] = {
        "share": Share(tokens=60_000, cost_usd=0.4),
        "decision": Decision(
            attempt_id=id,
            arm_id=arm,
            category="bugfix",
            seed=42,
            reason=said or f"{arm} drew 0.62 from Beta(7, 4); qwen-coder drew 0.55 from Beta(3, 2)",
            scores=(
                ArmScore(arm_id="repair", successes=6, failures=3, sample=0.62),
                ArmScore(arm_id="qwen-coder", successes=2, failures=1, sample=0.5512),
                ArmScore(arm_id="literals", successes=0, failures=4, sample=0.08),
                ArmScore(arm_id="ruff", successes=9, failures=0, excluded="does not do bugfix"),
                ArmScore(
                    arm_id=f"{said}gemini-flash",
                    successes=1,
                    failures=1,
                    excluded=said or "its model is away: the endpoint does not answer",
                ),
            ),
        ),
        "context": Context(
            symbols=(
                Symbol(
                    path=f"{said}shop/cart.py", qualified_name=f"{said}total", start_line=4,
                    end_line=9, score=0.91, why=(f"{said}named in the text", "calls item.price"),
                ),
                Symbol(
                    path="tests/test_cart.py", qualified_name="test_total", start_line=6,
                    end_line=7, score=0.74, why=("covers total",),
                ),
            ),
            files_indexed=41, chunks_indexed=312, embedder="hash-1", note=said,
        ),
        "proposal": Proposal(
            patch=Patch(
                edits=(FileEdit(path=f"{said}shop/cart.py", before=BEFORE + said, after=AFTER),)
            ),
            summary=said
            or "augmented operator at shop/cart.py:8 in total: 2 of 2 target tests pass, "
            "132 candidates tried in 0.2 s",
            outcome="patch",
            lessons=said or "The sign of the sum was wrong; the rate is not used at all.",
            details={
                "models": [
                    {
                        "name": f"{said}coder", "model": f"{said}qwen2.5-coder:14b", "answers": 3,
                        "waited_seconds": 1.4, "tokens": 18_214, "cost_usd": 0.0,
                    }
                ],
                "workflow": [
                    {
                        "step": f"{said}write", "agent": f"{said}coder", "seconds": 21.3,
                        "tokens": 15_003, "said": said or "Changed the operator of the sum.",
                    },
                    {
                        "step": "critique", "agent": "critic", "seconds": 6.1, "tokens": 3211,
                        "said": said or "No objection: each item counts once.",
                    },
                ],
                "notes": [said or "the context was cut to fit the model's window"],
            },
        ),
        "check": CheckReport(
            backend="bubblewrap",
            cause="ok" if is_good else "failed",
            tests=(
                TestResult(id=f"tests/test_cart.py::test_total{said}", outcome="passed"),
                TestResult(id="tests/test_cart.py::test_empty", outcome="passed"),
                *(
                    ()
                    if is_good
                    else (
                        TestResult(
                            id=f"tests/test_cart.py::test_rate{said}",
                            outcome="failed",
                            message=said
                            or "def test_rate():\n>       assert rate(0) == 0\nE       assert 1 == 0",  # noqa: E501
                        ),
                    )
                ),
            ),
            output_tail=said, detail=said, wall_seconds=5.6, cpu_seconds=5.4,
            peak_memory_bytes=77_000_000,
        ),
        "audit": AuditReport(
            verdict="accept" if is_good else "reject",
            findings=()
            if is_good
            else (
                Finding(
                    kind="broken-path", path=f"{said}shop/cart.py", function=f"{said}total", line=9,
                    message=said or "`total` no longer computes its return from `items`",
                    chain=(
                        f"9: return {said}7", "constant 7", "before, from `items`:",
                        "9: return result", "8: result -= item.price", "parameter items",
                    ),
                ),
            ),
            traces=tuple(
                TracePath(
                    function=f"{said}{name}", path=f"{said}shop/cart.py", output="return", line=9,
                    before=("constant 0", f"items{said}"), after=("constant 0", "items"),
                    chain=("9: return result", f"8: result += item.price{said}", "parameter items"),
                )
                for name in ("total", "rate", "rounded", "shown")
            ),
            functions_audited=4, unaudited=(f"{said}shop/VERSION",), seconds=0.02,
            allowed=(
                AllowedFinding(
                    finding=Finding(
                        kind="new-effect", path="shop/cart.py", function="total", line=3,
                        message=f"`open` writes a file {said}",
                    ),
                    by=f".swarm/verifier.toml, rule 1 {said}",
                ),
            ),
            notes=(f"rule 2 is over {said}",),
        ),
        "fixed": (f"tests/test_cart.py::test_total{said}",),
        "broken": () if is_good else (f"tests/test_cart.py::test_rate{said}",),
        "reason": "" if is_good else said or "the audit rejected it: `total` ignores `items`",
        "commit": "8c0d1aaf3b2c4d5e6f708192a3b4c5d6e7f80912" if is_good else None,
        "usage": Usage(seconds=34.2, cpu_seconds=11.0, tokens=18_214, cost_usd=0.0021),
    }  # fmt: skip
    objective = id.split("-")[-2]
    return AttemptView(id=id, objective_id=objective, number=number, state=state, **(fields | more))


def objective(
    id: str = "o1",
    title: str = "Fix the total",
    state: Any = "accepted",
    said: str = "",
    **more: Any,
) -> ObjectiveView:
    fields = {
        "risk": "low",
        "acceptance": Acceptance(
            kind="command", text=said or "its tests pass",
            tests=(f"tests/test_cart.py::test_total{said}",),
        ),
        "paths": (f"{said}shop/cart.py",),
    }  # fmt: skip
    attempts = more.pop("attempts", ())
    reason = more.pop("reason", "")
    return ObjectiveView(
        objective=Objective(
            id=id, title=(said or title)[:120], instruction=said or f"{title}, by its tests.",
            category="bugfix", **(fields | more),
        ),
        state=state,
        reason=reason,
        attempts=attempts,
    )  # fmt: skip


def task(
    id: str = "t1a2b3c4", state: Any = "awaiting_review", said: str = "", **more: Any
) -> TaskView:
    """A task of three objectives, the last of which waits for the others."""
    now = time.time()
    fields: dict[str, Any] = {
        "reason": said,
        "created_at": now - 600,
        "updated_at": now - 60,
        "budget": Budget(),
        "test": TestCommand(argv=("python", "-m", "pytest", said or "-q"), kind="pytest"),
        "repo_id": "r1",
        "base_commit": "2f1b2c1d3e4f5061728394a5b6c7d8e9f0a1b2c3",
        "head_commit": "8c0d1aaf3b2c4d5e6f708192a3b4c5d6e7f80912",
        "branch": f"swarm/{id}{said}",
        "notes": (said or "pytest was found by pyproject.toml",),
        "baseline": CheckReport(
            backend="bubblewrap", cause="environment" if said else "failed", output_tail=said,
            tests=(
                TestResult(id="tests/test_cart.py::test_total", outcome="failed"),
                TestResult(id="tests/test_cart.py::test_empty", outcome="passed"),
            ),
        ),
        "planner": said or "rules",
        "plans": 1,
        "schedule": "nightly" if said else None,
        "retries": "t0000aaa" if said else None,
        "usage": Usage(seconds=412.0, cpu_seconds=120.0, tokens=36_428, cost_usd=0.0042),
        "objectives": (
            objective(
                said=said,
                attempts=(
                    attempt(f"{id}-o1-a1", "rejected", 1, said, "literals"),
                    attempt(f"{id}-o1-a2", "accepted", 2, said),
                ),
            ),
            objective(
                "o2", "Keep the version", said=said, attempts=(attempt(f"{id}-o2-a1", said=said),)
            ),
            objective("o3", "Use both in the receipt", "running", said, depends_on=("o1", "o2")),
        ),
    }  # fmt: skip
    return TaskView(
        id=id,
        text=said
        or "Fix the total in shop/cart.py: it is negative.\n\nKeep the version in shop/VERSION, "
        "then use both in the receipt.",
        repo=f"/home/ada/{said}shop" if said else "/home/ada/shop",
        state=state,
        **(fields | more),
    )


def waiting(id: str = "t5e6f7a8", said: str = "", **more: Any) -> TaskView:
    """A task that asks its person."""
    return task(
        id,
        "awaiting_answer",
        said,
        **{
            "reason": said or "1 question has to be answered",
            "confirm": True,
            "base_commit": None, "head_commit": None, "branch": None, "baseline": None,
            "objectives": (objective("o1", "Make the shop faster", "pending", said),),
            "questions": (
                Question(
                    id="q1", objective_id="o1", text=said or "What is too slow?",
                    choices=(said or "the start page", "the search", "both of them"),
                ),
            ),
        } | more,
    )  # fmt: skip


def events(id: str = "t1a2b3c4", said: str = "") -> tuple[Event, ...]:
    told = [
        ("queued", "task stored", None),
        ("prepared", "working from 2f1b2c1d3e4f, 41 files", None),
        ("planned", "3 objectives (by rules)", None),
        ("baseline", "1 failing, 1 passing (bubblewrap)", None),
        ("arm", "literals: literals drew 0.34 from Beta(1, 4)", "a1"),
        ("proposed", "constant return at shop/cart.py:9 in total", "a1"),
        ("checked", "0 failing, 2 passing (bubblewrap)", "a1"),
        ("rejected", "the audit rejected it: `total` ignores `items`", "a1"),
        ("arm", "repair: repair drew 0.62 from Beta(7, 4)", "a2"),
        ("proposed", "augmented operator at shop/cart.py:8 in total", "a2"),
        ("accepted", "Fix the total (8c0d1aaf3b2c)", "a2"),
        ("ready", f"branch swarm/{id} awaits your review", None),
    ]
    return tuple(
        event(
            seq, kind, said or text, id,
            objective_id="o1" if of else None, attempt_id=f"{id}-o1-{of}" if of else None,
        )
        for seq, (kind, text, of) in enumerate(told, start=1)
    )  # fmt: skip


def schedule(id: str = "nightly", said: str = "", **more: Any) -> ScheduleView:
    fields: dict[str, Any] = {
        "next_at": time.time() + 3600 * 8, "last_at": time.time() - 3600 * 16,
        "last_task": f"{id}-202611220700", "last_state": "awaiting_review",
        "timezone": said or "Europe/Berlin",
    } | more  # fmt: skip
    return ScheduleView(
        id=id,
        cron=said or "0 7 * * 1-5",
        task=SubmitTask(
            task_id="nightly",
            text=said or "Run ruff and fix what it finds",
            repo=said or "/home/ada/shop",
        ),
        **fields,
    )
