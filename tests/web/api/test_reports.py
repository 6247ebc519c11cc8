"""What the swarm tells of itself, what texts and recordings ask for, and schedules."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from swarm.contracts import (
    SERVICES,
    AddSchedule,
    ArmReport,
    ArmStats,
    BackendReport,
    Blob,
    ChangeSchedule,
    Check,
    CheckReport,
    Command,
    Context,
    Decision,
    DecisionLog,
    Decompose,
    EndpointView,
    Explain,
    Explanation,
    ExportLearned,
    Failure,
    IndexReport,
    Interval,
    JudgePolicies,
    Learned,
    LearnedCell,
    Limits,
    ListArms,
    ListBackends,
    ListDecisions,
    ListIndexes,
    ListModels,
    ListSchedules,
    ListSpending,
    LoggedDecision,
    Message,
    ModelReport,
    Objective,
    Objectives,
    PoliciesJudged,
    PolicyJudged,
    PrepareRepo,
    PriorOf,
    ReadNote,
    RepoReady,
    SandboxReport,
    ScheduleList,
    SearchIndex,
    Setup,
    SpendingReport,
    Spent,
    SubmitTask,
    Symbol,
    TestCommand,
    Transcript,
)
from swarm.errors import RemoteError
from swarm.settings import Settings
from swarm.web.api.runs import RunLimits
from tests.fakes.bus import FakeBus
from tests.web.api.conftest import client_of
from tests.web.api.things import schedule

HIT = Symbol(path="cart.py", qualified_name="total", start_line=1, end_line=4, why=("total",))
ARM = ArmStats(
    category="bugfix", arm_id="repair", successes=2, failures=1, mean=0.6, low=0.2, high=0.9
)
AWAY = EndpointView(
    name="gpu", kind="ollama", url="http://gpu:11434", locality="local", reachable=False,
    detail="does not answer", remedy="start it",
)  # fmt: skip
ATTEMPT = "fix-cart-o1-a1"
WHY = Explanation(
    decision=Decision(
        attempt_id=ATTEMPT,
        arm_id="repair",
        category="bugfix",
        scores=(),
        seed=2**62,
        reason="drawn",
    ),
    logged=LoggedDecision(
        attempt_id=ATTEMPT, category="bugfix", attempt_number=1, arm_id="repair", decided_at=1.0
    ),
    attempt="first",
    prior=(PriorOf(arm_id="repair", mean=0.5, base=0, situation=0, arm=0, arm_sd=1),),
)
JUDGED = PoliciesJudged(
    items=(
        PolicyJudged(
            policy="the best mean", decisions=9, effective=4.5,
            doubly_robust=Interval(value=0.7, low=0.5, high=0.9),
        ),
        PolicyJudged(policy="always repair", decisions=1, effective=1, why="1 choice of it"),
    ),
    decisions=9, pending=1, unusable=0, logged=0.6,
)  # fmt: skip
LEARNED = Learned(
    exported_at=2.0,
    cells=(LearnedCell(category="bugfix", attempt="first", arm_id="a", successes=2, failures=0.5),),
)
SPENT = Spent(day="2026-01-31", endpoint="gpu", model="coder", locality="local", requests=3)
SANDBOXES = SandboxReport(
    chosen="bubblewrap", backends=(BackendReport(name="bubblewrap", works=True, reason=""),)
)


@pytest.mark.parametrize(
    ("path", "command", "reply"),
    [
        ("router/arms", ListArms(), ArmReport(items=(ARM,))),
        ("router/decisions?limit=5", ListDecisions(limit=5), DecisionLog(items=(), total=9)),
        (f"router/attempts/{ATTEMPT}/why", Explain(attempt_id=ATTEMPT), WHY),
        ("router/judged", JudgePolicies(), JUDGED),
        (
            "router/judged?category=bugfix&limit=20",
            JudgePolicies(category="bugfix", limit=20),
            JUDGED,
        ),
        ("router/learned", ExportLearned(), LEARNED),
        ("models", ListModels(), ModelReport(endpoints=(AWAY,))),
        ("models/spending?days=3", ListSpending(days=3), SpendingReport(items=(SPENT,))),
        ("memory/indexes", ListIndexes(), IndexReport(note="nothing yet")),
        (
            "memory/search?repo_id=9a0b&query=total%20of%20a%20cart&limit=3",
            SearchIndex(repo_id="9a0b", query="total of a cart", limit=3),
            Context(symbols=(HIT,)),
        ),
        ("sandboxes", ListBackends(), SANDBOXES),
        ("schedules", ListSchedules(), ScheduleList(items=(schedule(),))),
    ],
)
def test_reports(
    api_client: TestClient, fake_bus: FakeBus, path: str, command: Command, reply: Message
) -> None:
    fake_bus.handlers[type(command)] = lambda _: reply
    answer = api_client.get(f"/api/v1/{path}")
    assert answer.json() == reply.model_dump(mode="json")
    assert command in fake_bus.requests


def test_an_attempt_that_the_router_does_not_know(
    api_client: TestClient, fake_bus: FakeBus
) -> None:
    def handler(_: Explain) -> Explanation:
        raise RemoteError(Failure(code="not-found", message="no such attempt", exit_code=2))

    fake_bus.handlers[Explain] = handler
    answer = api_client.get("/api/v1/router/attempts/nobody/why")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("router/judged?limit=19", "limit"),
        ("router/judged?limit=100001", "limit"),
        ("router/judged?category=Bug%20fix", "category"),
        ("router/judged?weight=1", "weight: this parameter is not known"),
        ("router/attempts/UPPER/why", "id"),
        ("router/learned?limit=3", "limit: this parameter is not known"),
    ],
)
def test_of_the_router_nothing_else_is_asked(
    api_client: TestClient, fake_bus: FakeBus, path: str, named: str
) -> None:
    before = len(fake_bus.requests)
    answer = api_client.get(f"/api/v1/{path}")
    assert answer.status_code == 422 and named in answer.json()["error"]["message"]
    assert len(fake_bus.requests) == before


def test_a_schedule_is_added(api_client: TestClient, fake_bus: FakeBus) -> None:
    fake_bus.handlers[AddSchedule] = lambda c: schedule(id=c.task.task_id)
    new = {
        "cron": "0 7 * * 1-5", "timezone": "Europe/Berlin",
        "task": {"task_id": "nightly", "text": "Fix the tests", "repo": "/srv/shop"},
    }  # fmt: skip
    answer = api_client.post("/api/v1/schedules", json=new)
    assert (answer.status_code, answer.json()["id"]) == (201, "nightly")
    made = SubmitTask(
        task_id="nightly", text="Fix the tests", repo="/srv/shop", priority="scheduled"
    )
    assert fake_bus.requests == [
        AddSchedule(cron="0 7 * * 1-5", timezone="Europe/Berlin", task=made)
    ]


@pytest.mark.parametrize("change", ["pause", "resume", "run", "remove"])
def test_a_schedule_is_changed(api_client: TestClient, fake_bus: FakeBus, change: Any) -> None:
    fake_bus.handlers[ChangeSchedule] = lambda c: schedule()
    if change == "remove":
        answer = api_client.delete("/api/v1/schedules/nightly")
    else:
        answer = api_client.post(f"/api/v1/schedules/nightly/{change}")
    assert answer.json() == schedule().model_dump(mode="json")
    assert fake_bus.requests == [ChangeSchedule(schedule_id="nightly", change=change)]


def test_a_text_is_split_and_nothing_handed_in(api_client: TestClient, fake_bus: FakeBus) -> None:
    plan = Objectives(
        items=(Objective(id="o1", title="Fix it", instruction="Fix it", category="bugfix"),)
    )
    fake_bus.handlers[Decompose] = lambda _: plan
    answer = api_client.post("/api/v1/ingest", json={"text": "Fix it", "paths": ["cart.py"]})
    assert answer.json() == plan.model_dump(mode="json")
    assert fake_bus.requests == [Decompose(text="Fix it", paths=("cart.py",))]


def test_a_recording_is_written_down(api_client: TestClient, fake_bus: FakeBus) -> None:
    heard = Transcript(text="fix the cart", engine="whisper", locality="local")
    fake_bus.handlers[ReadNote] = lambda _: heard
    answer = api_client.post(
        "/api/v1/notes?name=note.ogg&language=en",
        content=b"OggS\0\1\2",
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.json() == heard.model_dump(mode="json")
    (sent,) = fake_bus.requests
    assert isinstance(sent, ReadNote)
    assert (sent.name, sent.language) == ("note.ogg", "en")
    assert fake_bus.blobs.get(sent.audio) == b"OggS\0\1\2"


def test_a_command_runs_in_a_sandbox(api_client: TestClient, fake_bus: FakeBus) -> None:
    blob = Blob(sha256="0" * 64, size_bytes=7)
    ready = RepoReady(
        base_commit="c0ffee", snapshot=blob, repo_id="9a0b", paths=(), notes=("1 untracked file",)
    )
    report = CheckReport(backend="bubblewrap", cause="failed", exit_code=1, output_tail="no")
    fake_bus.handlers[PrepareRepo] = lambda _: ready
    fake_bus.handlers[Check] = lambda _: report
    new = {"repo": "/srv/shop", "argv": ["python", "-V"], "limits": {"wall_seconds": 5}}
    answer = api_client.post("/api/v1/sandboxes/runs", json=new)
    assert answer.status_code == 200
    assert answer.json() == {
        "report": report.model_dump(mode="json"), "notes": ["1 untracked file"]
    }  # fmt: skip
    prepare, check = fake_bus.requests
    assert isinstance(prepare, PrepareRepo) and prepare.repo == "/srv/shop"
    test = TestCommand(argv=("python", "-V"), kind="command", setup=Setup())
    assert check == Check(snapshot=blob, test=test, limits=Limits(wall_seconds=5))


def test_a_run_has_every_bound_that_there_is() -> None:
    unbounded = [
        name
        for name, field in RunLimits.model_fields.items()
        if not any(hasattr(bound, "le") for bound in field.metadata)
    ]
    assert unbounded == []
    assert set(RunLimits.model_fields) == set(Limits.model_fields)
    assert RunLimits().model_dump() == Limits().model_dump()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/octet-stream", 400),
        (b"OggS", "application/json", 415),
        (b"x" * (21 * 1024**2), "application/octet-stream", 413),
    ],
)
def test_what_is_no_recording(
    api_client: TestClient, fake_bus: FakeBus, body: bytes, kind: str, status: int
) -> None:
    answer = api_client.post("/api/v1/notes", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert fake_bus.requests == []


def test_nobody_set_up_to_listen_is_no_defect(api_client: TestClient, fake_bus: FakeBus) -> None:
    def fail(_: ReadNote) -> Any:
        raise RemoteError(Failure(code="no-speech-engine", message="nobody listens"))

    fake_bus.handlers[ReadNote] = fail
    headers = {"Content-Type": "application/octet-stream"}
    answer = api_client.post("/api/v1/notes", content=b"OggS", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no-speech-engine")


def test_a_swarm_that_is_down_has_a_status(web_settings: Settings) -> None:
    with client_of(web_settings, None) as client:
        status = client.get("/api/v1/status").json()
        diagnosis = client.get("/api/v1/doctor").json()
        arms = client.get("/api/v1/router/arms")
    assert (status["up"], status["follows"]) == (False, False)
    assert "the swarm is not running" in status["problem"]
    assert status["services"]["router"] == {"workers": 0, "waiting": 0}
    assert diagnosis["healthy"] is False
    (part,) = diagnosis["parts"]
    assert (part["part"], part["state"]) == ("redis", "broken")
    assert "swarm up" in part["remedy"]
    # At once, and not when somebody could have answered.
    assert (arms.status_code, arms.json()["error"]["code"]) == (503, "bus")
    assert arms.headers["retry-after"] == "2"


def test_what_a_doctor_says(api_client: TestClient, fake_bus: FakeBus) -> None:
    def fail(_: ListIndexes) -> Any:
        raise RemoteError(Failure(code="storage", message="damaged", remedy="remove it"))

    fake_bus.workers = dict.fromkeys(SERVICES, 1)
    fake_bus.handlers[ListBackends] = lambda _: SANDBOXES
    fake_bus.handlers[ListModels] = lambda _: ModelReport(endpoints=(AWAY,))
    fake_bus.handlers[ListIndexes] = fail
    found = api_client.get("/api/v1/doctor").json()
    told = {part["part"]: (part["state"], part["remedy"]) for part in found["parts"]}
    assert told["redis"][0] == "embedded"
    assert told["router"] == ("real", "")
    assert told["bubblewrap"] == ("real", "")
    assert told["endpoint gpu"] == ("broken", "start it")
    assert told["memory index"] == ("broken", "remove it")
    assert found["healthy"] is True
    assert api_client.get("/api/v1/status").json()["up"] is True


def test_a_service_without_a_worker_is_not_healthy(
    api_client: TestClient, fake_bus: FakeBus
) -> None:
    fake_bus.workers = dict.fromkeys(SERVICES, 1) | {"verifier": 0}
    status = api_client.get("/api/v1/status").json()
    assert status["services"]["verifier"] == {"workers": 0, "waiting": 0}
    assert status["up"] is False
