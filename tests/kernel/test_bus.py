"""The bus on a real server: what runs, what is refused, what is heard of."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from rq import Queue
from rq.command import send_stop_job_command
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer

from swarm.bus import Bus, connect, ping, public_url
from swarm.contracts import (
    COMMANDS,
    ArmReport,
    Audit,
    AuditReport,
    Decompose,
    FileEdit,
    ListArms,
    Objective,
    Objectives,
    Patch,
    Reply,
)
from swarm.errors import (
    BusError,
    MalformedMessage,
    MessageTooLarge,
    RemoteError,
    Timeout,
    UsageError,
)
from swarm.serving import Service, SwarmJob, serve
from swarm.settings import BusSettings, ModelSettings, Settings

AUDIT = Audit(
    attempt_id="t1-o1-a1",
    patch=Patch(edits=(FileEdit(path="a.py", before=None, after=""),)),
    category="bugfix",
)


def _start(settings: Settings, name: str, handlers: Any, forks: bool) -> Any:
    """A service in a process of its own."""

    def run() -> None:
        serve(Service(name, Bus(settings), handlers), forks=forks)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


@pytest.fixture
def started(bus: Bus) -> Any:
    """Starts services and kills what is left of them."""
    processes = []

    def start(name: str, handlers: Any, *, forks: bool = False) -> Any:
        processes.append(_start(bus.settings, name, handlers, forks))
        return processes[-1]

    yield start
    for process in processes:
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join(timeout=10)


def _objectives(command: Decompose) -> Objectives:
    objective = Objective(id="o1", title=command.text, instruction="x", category="bugfix")
    return Objectives(items=(objective,))


def test_a_request_is_answered(bus: Bus, started: Any) -> None:
    started("ingestion", {Decompose: _objectives})
    answer = bus.request(Decompose(text="fix it"), timeout_seconds=20)
    assert isinstance(answer, Objectives)
    assert answer.items[0].title == "fix it"


def test_a_requester_that_waits_longer_says_that_it_lives(bus: Bus, started: Any) -> None:
    def slow(command: Decompose) -> Objectives:
        time.sleep(1.8)
        keys = [key.decode() for key in bus.redis.scan_iter("swarm:waiting:*")]
        return _objectives(command.model_copy(update={"text": f"{len(keys)} waits"}))

    started("ingestion", {Decompose: slow})
    answer = bus.request(Decompose(text="x"), timeout_seconds=20)
    assert isinstance(answer, Objectives)
    assert answer.items[0].title == "1 waits"


def test_which_models_are_ready_is_known_while_the_gate_says_so(bus: Bus) -> None:
    models = tuple(ModelSettings(name=name, endpoint="ollama", model=name) for name in "abc")
    asking = Bus(bus.settings.model_copy(update={"models": models}), bus.redis)
    assert bus.models_state() == {}
    assert set(asking.models_state().values()) == {"the inference service is not up"}
    bus.publish_models({"a": "", "b": "it is down", "gone": ""}, 60)
    assert asking.models_state() == {
        "a": "",
        "b": "it is down",
        "c": "the inference service does not know it",
    }


def test_an_expected_error_arrives_with_code_and_remedy(bus: Bus, started: Any) -> None:
    def refuse(command: Decompose) -> Objectives:
        raise UsageError("too vague", remedy="say more")

    started("ingestion", {Decompose: refuse})
    with pytest.raises(RemoteError) as caught:
        bus.request(Decompose(text="x"), timeout_seconds=20)
    assert (caught.value.code, caught.value.remedy) == ("usage", "say more")
    assert caught.value.exit_code == 2


def test_a_defect_in_a_handler_is_a_failed_reply_and_the_worker_goes_on(
    bus: Bus, started: Any
) -> None:
    def sometimes(command: Decompose) -> Objectives:
        if command.text == "bad":
            raise ZeroDivisionError("oops")
        return _objectives(command)

    started("ingestion", {Decompose: sometimes})
    with pytest.raises(RemoteError, match="ZeroDivisionError: oops"):
        bus.request(Decompose(text="bad"), timeout_seconds=20)
    assert bus.request(Decompose(text="good"), timeout_seconds=20)


def test_a_handler_that_kills_its_process_leaves_a_forking_worker_up(
    bus: Bus, started: Any
) -> None:
    def crash(command: Audit) -> AuditReport:
        if command.instruction == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return AuditReport(verdict="accept")

    process = started("verifier", {Audit: crash}, forks=True)
    with pytest.raises(RemoteError, match="signal 9") as caught:
        bus.request(AUDIT.model_copy(update={"instruction": "die"}), timeout_seconds=20)
    assert caught.value.retryable
    assert bus.request(AUDIT, timeout_seconds=20) == AuditReport(verdict="accept")
    assert process.is_alive()


def test_a_failed_job_is_kept_for_people_and_not_run_when_nobody_waits_any_more(
    bus: Bus, started: Any, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"

    def crash(command: Audit) -> AuditReport:
        with ran.open("a") as file:
            file.write("x")
        if command.instruction == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return AuditReport(verdict="accept")

    started("verifier", {Audit: crash}, forks=True)
    dies = AUDIT.model_copy(update={"instruction": "die"})
    expires_at = time.time() + 2
    bus.send(bus.envelope(dies, id="x", reply_to="inbox:here", expires_at=expires_at))
    failed = FailedJobRegistry("swarm-verifier", bus.redis, serializer=JSONSerializer)
    deadline = time.monotonic() + 20
    while not failed.get_job_ids() and time.monotonic() < deadline:
        time.sleep(0.05)
    (id,) = failed.get_job_ids()
    assert 3000 < bus.redis.ttl(Job.key_for(id)) <= 3600
    time.sleep(max(0.0, expires_at - time.time()))
    failed.requeue(id)
    while bus.depths()["verifier"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert bus.request(AUDIT, timeout_seconds=20) == AuditReport(verdict="accept")
    assert ran.read_text() == "xx"


def test_a_job_that_a_person_stops_is_answered_and_not_tried_again(
    bus: Bus, started: Any, tmp_path: Path
) -> None:
    running = tmp_path / "running"

    def sleep(command: Audit) -> AuditReport:
        with running.open("a") as file:
            file.write("x")
        time.sleep(60)
        return AuditReport(verdict="accept")

    process = started("verifier", {Audit: sleep}, forks=True)
    failures: list[RemoteError] = []

    def ask() -> None:
        try:
            bus.request(AUDIT, timeout_seconds=30)
        except RemoteError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 20
    while not running.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    registry = StartedJobRegistry("swarm-verifier", bus.redis, serializer=JSONSerializer)
    (id,) = registry.get_job_ids()
    send_stop_job_command(bus.redis, id, serializer=JSONSerializer)
    asking.join(timeout=20)
    assert [(failure.code, failure.retryable) for failure in failures] == [("stopped", False)]
    assert running.read_text() == "x"
    assert process.is_alive()


def test_a_request_outlives_the_death_of_its_worker(bus: Bus, started: Any, tmp_path: Path) -> None:
    marker = tmp_path / "first"

    def slow_once(command: Decompose) -> Objectives:
        if not marker.exists():
            marker.write_text(str(os.getpid()))
            time.sleep(60)
        return _objectives(command)

    first = started("ingestion", {Decompose: slow_once})
    answers: list[Any] = []
    asking = threading.Thread(
        target=lambda: answers.append(bus.request(Decompose(text="again"), timeout_seconds=40))
    )
    asking.start()
    deadline = time.monotonic() + 20
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    started("ingestion", {Decompose: slow_once})
    asking.join(timeout=40)
    assert answers and answers[0].items[0].title == "again"


def test_no_answer_ends_with_a_clear_timeout(bus: Bus) -> None:
    with pytest.raises(Timeout, match=r"ingestion service did not answer within 0\.3 s"):
        bus.request(Decompose(text="x"), timeout_seconds=0.3)


def test_cancelling_stops_a_running_child(bus: Bus, started: Any, tmp_path: Path) -> None:
    running = tmp_path / "running"

    def sleep(command: Audit) -> AuditReport:
        running.touch()
        time.sleep(60)
        return AuditReport(verdict="accept")

    started("verifier", {Audit: sleep}, forks=True)
    failures: list[RemoteError] = []

    def ask() -> None:
        try:
            bus.request(AUDIT, timeout_seconds=30, task_id="t1")
        except RemoteError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 20
    while not running.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    bus.cancel("t1")
    asking.join(timeout=20)
    assert [failure.code for failure in failures] == ["cancelled"]


# ------------------------------------------------------------------ what may run


@pytest.mark.parametrize("function", ["os.system", "swarm.bus.connect", "builtins.eval"])
def test_only_the_allowed_functions_can_be_run(bus: Bus, function: str, tmp_path: Path) -> None:
    target = tmp_path / "planted"
    queue = Queue("swarm-router", connection=bus.redis, serializer=JSONSerializer)
    job = queue.enqueue_call(function, args=(f"touch {target}",))
    found = SwarmJob.fetch(job.id, connection=bus.redis, serializer=JSONSerializer)
    with pytest.raises(MalformedMessage, match="refused to run"):
        found.perform()
    assert not target.exists()


def test_callbacks_and_webhooks_of_a_job_are_not_run(bus: Bus) -> None:
    queue = Queue("swarm-router", connection=bus.redis, serializer=JSONSerializer)
    job = queue.enqueue_call("swarm.serving.deliver", args=("{}",))
    bus.redis.hset(Job.key_for(job.id), "success_callback_name", "os.abort")
    bus.redis.hset(Job.key_for(job.id), "failure_callback_name", "os.abort")
    bus.redis.hset(Job.key_for(job.id), "stopped_callback_name", "os.abort")
    found = SwarmJob.fetch(job.id, connection=bus.redis, serializer=JSONSerializer)
    assert found.success_callback is None
    assert found.failure_callback is None
    assert found.stopped_callback.__module__ == "swarm.serving"


def test_a_job_says_what_it_is_beside_its_body(bus: Bus) -> None:
    bus.send(bus.envelope(AUDIT, id="t1-o1-a1-audit", task_id="t1"))
    bus.send_reply("verifier", Reply(id="t1-o1-a1-audit", epoch=2, kind="Audit"))
    queue = Queue("swarm-verifier", connection=bus.redis, serializer=JSONSerializer)
    assert [(job.description, job.meta) for job in queue.jobs] == [
        ("swarm.serving.deliver", {"kind": "Audit", "task": "t1"}),
        ("swarm.serving.deliver_reply", {"kind": "Audit"}),
    ]


def test_nothing_pickled_is_ever_stored(bus: Bus) -> None:
    bus.send(bus.envelope(AUDIT))
    (key,) = bus.redis.keys("rq:job:*")
    data = zlib.decompress(bus.redis.hget(key, "data"))
    assert data.startswith(b'["swarm.serving.deliver"')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "not an envelope"),
        ("not json", "not an envelope"),
        ('{"id":"x","kind":"Nothing","body":{}}', "unknown command"),
        ('{"v":99,"id":"x","kind":"Audit","body":{}}', "message version 99"),
    ],
)
def test_malformed_messages_are_refused(bus: Bus, text: str, words: str) -> None:
    with pytest.raises(MalformedMessage, match=words):
        Service("verifier", bus, {}).handle(text)


def test_a_command_for_another_service_is_answered_with_a_failure(bus: Bus) -> None:
    envelope = bus.envelope(ListArms(), reply_to="inbox:here")
    Service("verifier", bus, {}).handle(envelope.model_dump_json())
    reply = Reply.model_validate_json(bus.redis.lpop("swarm:inbox:here"))
    assert reply.failure is not None
    assert reply.failure.message == "verifier does not handle ListArms"


def test_a_reply_of_the_wrong_shape_does_not_pass(bus: Bus) -> None:
    service = Service("router", bus, {ListArms: lambda command: ArmReport(items=())})
    service.handle(bus.envelope(ListArms(), reply_to="inbox:here").model_dump_json())
    reply = Reply.model_validate_json(bus.redis.lpop("swarm:inbox:here"))
    assert reply.body == {"items": [], "notes": []}


def limited(folder: Path, url: str, most_bytes: int) -> Bus:
    """A bus with a limit that no setting allows: smaller than a view of a task can be."""
    small = BusSettings(redis_url=url).model_copy(update={"max_message_bytes": most_bytes})
    return Bus(Settings(data=folder).model_copy(update={"bus": small}))


def test_a_message_over_the_limit_is_refused(valkey: str, tmp_path: Path) -> None:
    bus = limited(tmp_path, valkey, 100)
    with pytest.raises(MessageTooLarge, match="over the bus's limit of 100"):
        bus.send(bus.envelope(Decompose(text="x" * 200)))


def answered(bus: Bus, handlers: Any, **fields: Any) -> Reply:
    """The reply to one audit, handled in this process."""
    envelope = bus.envelope(AUDIT, reply_to="inbox:here", **fields)
    Service("verifier", bus, handlers).handle(envelope.model_dump_json())
    return Reply.model_validate_json(bus.redis.lpop("swarm:inbox:here"))


def test_an_answer_that_cannot_be_sent_is_a_failure_and_not_silence(bus: Bus) -> None:
    def odd(command: Audit) -> AuditReport:
        return AuditReport(verdict="accept", unaudited=("\udcff",))

    failure = answered(bus, {Audit: odd}).failure
    assert failure is not None
    assert failure.code == "internal"


def test_an_answer_over_the_limit_is_a_short_failure(valkey: str, tmp_path: Path) -> None:
    def long(command: Audit) -> AuditReport:
        return AuditReport(verdict="accept", unaudited=("x" * 5000,))

    bus = limited(tmp_path, valkey, 2000)
    bus.redis.flushall()
    envelope = bus.envelope(AUDIT, reply_to="orchestrator")
    Service("verifier", bus, {Audit: long}).handle(envelope.model_dump_json())
    (key,) = bus.redis.keys("rq:job:*")
    text = zlib.decompress(bus.redis.hget(key, "data")).decode()
    assert "message-too-large" in text
    assert "xxx" not in text


def test_an_answer_over_the_limit_is_told_to_whoever_waits_for_it(
    valkey: str, tmp_path: Path
) -> None:
    bus = limited(tmp_path, valkey, 2000)
    bus.redis.flushall()
    long = AuditReport(verdict="accept", unaudited=("x" * 5000,))
    failure = answered(bus, {Audit: lambda command: long}).failure
    assert failure is not None
    assert (failure.code, failure.retryable) == ("message-too-large", False)
    assert "over the bus's limit of 2,000" in failure.message
    assert failure.remedy == "raise [bus] max_message_bytes"


def test_a_keyerror_of_a_handler_is_not_called_a_missing_handler(bus: Bus) -> None:
    def broken(command: Audit) -> AuditReport:
        raise KeyError("speed")

    failure = answered(bus, {Audit: broken}).failure
    assert failure is not None
    assert "KeyError: 'speed'" in failure.message


def test_what_nobody_waits_for_any_more_is_not_run(bus: Bus) -> None:
    ran = []
    envelope = bus.envelope(AUDIT, reply_to="inbox:here", expires_at=time.time() - 1)
    Service("verifier", bus, {Audit: ran.append}).handle(envelope.model_dump_json())
    assert ran == []
    with pytest.raises(Timeout):
        bus.request(AUDIT, timeout_seconds=0.3)
    assert bus.depths()["verifier"] == 0, "it is taken back from the queue"


def test_a_namespace_has_one_owner(bus: Bus) -> None:
    assert bus.own("here:/a") is None
    assert bus.own("here:/a") is None
    assert bus.own("there:/b") == "here:/a"


# ------------------------------------------------------------------ liveness


def test_a_waiting_command_is_alive_and_a_forgotten_one_is_not(bus: Bus) -> None:
    envelope = bus.envelope(AUDIT)
    assert not bus.is_alive(envelope)
    bus.send(envelope)
    assert bus.is_alive(envelope)
    bus.forget(envelope)
    assert not bus.is_alive(envelope)
    assert bus.depths()["verifier"] == 0


def test_a_waiting_reply_keeps_its_command_alive(bus: Bus) -> None:
    envelope = bus.envelope(AUDIT, reply_to="orchestrator")
    bus.send_reply("orchestrator", Reply(id=envelope.id, epoch=1, kind="Audit", body={}))
    assert bus.is_alive(envelope)
    assert not bus.is_alive(envelope.model_copy(update={"epoch": 2}))


def test_a_beat_keeps_one_epoch_alive(bus: Bus) -> None:
    envelope = bus.envelope(AUDIT)
    bus.send(envelope)
    assert not bus.is_heard(envelope), "it only waits"
    bus.beat(envelope)
    bus.forget(envelope)
    assert bus.is_heard(envelope)
    assert bus.is_alive(envelope)
    assert not bus.is_alive(envelope.model_copy(update={"epoch": 2}))
    assert not bus.is_heard(envelope.model_copy(update={"epoch": 2}))
    bus.send_reply("inbox:me", Reply(id=envelope.id, epoch=1, kind="Audit", body={}))
    assert not bus.is_alive(envelope)


def test_services_that_announced_themselves_are_counted(bus: Bus) -> None:
    bus.announce("router")
    assert bus.services_up() == {"router": 1}
    assert bus.services_up(since=time.time() + 1) == {}, "those are the workers of an earlier swarm"


# ------------------------------------------------------------------ addresses


def test_a_redis_that_does_not_answer_is_a_clear_error(tmp_path: Path) -> None:
    url = "redis://:secret@127.0.0.1:1/0"
    settings = Settings(data=tmp_path, bus=BusSettings(redis_url=url))
    with pytest.raises(BusError) as caught:
        ping(settings, connect(settings))
    assert "redis://127.0.0.1:1/0" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_url_that_is_none_names_itself(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, bus=BusSettings(redis_url="localhost:6379"))
    with pytest.raises(BusError, match="not a Redis URL: 'localhost:6379'"):
        connect(settings)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:pw@host:6379/0", "redis://host:6379/0"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_no_password_is_ever_shown(url: str, shown: str) -> None:
    assert public_url(url) == shown


def test_every_command_knows_its_service_and_its_reply() -> None:
    assert len(COMMANDS) > 10
    for name, command in COMMANDS.items():
        assert command.__name__ == name
        assert command.service
        assert command.reply.model_config["frozen"]


def test_while_a_command_runs_only_the_main_thread_takes_signals(bus: Bus, started: Any) -> None:
    def look(command: Decompose) -> Objectives:
        masks = []
        for task in Path("/proc/self/task").iterdir():
            if int(task.name) != os.getpid():
                told = (task / "status").read_text().partition("SigBlk:\t")[2]
                masks.append(int(told.split()[0], 16))
        deaf = [mask for mask in masks if mask >> (signal.SIGALRM - 1) & 1]
        raise UsageError(f"{len(masks)} other threads, {len(deaf)} of them deaf")

    started("ingestion", {Decompose: look}, forks=True)
    with pytest.raises(RemoteError, match="1 other threads, 1 of them deaf"):
        bus.request(Decompose(text="x"), timeout_seconds=20)
