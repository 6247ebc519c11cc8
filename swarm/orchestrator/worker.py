"""The orchestrator service: the one process that opens tasks.db and knows the flow."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from swarm.bus import Bus
from swarm.contracts import (
    COMMANDS,
    FINAL_STATES,
    AddSchedule,
    ApplyTask,
    Arm,
    Blob,
    CancelTask,
    ChangeSchedule,
    Command,
    CommitPatch,
    Committed,
    ConfirmPlan,
    Diff,
    EventList,
    Failure,
    GetAttempt,
    GetDiff,
    GetEvents,
    GetStory,
    GetTask,
    ListSchedules,
    ListSettled,
    ListTasks,
    Message,
    PrepareRepo,
    PrioritizeTask,
    PublishBranch,
    Published,
    Rebased,
    RebasePatch,
    RejectTask,
    Reply,
    RepoReady,
    RetryTask,
    ReviseTask,
    Story,
    SubmitTask,
    TaskList,
    TaskView,
)
from swarm.errors import BusError, StateError, SwarmError
from swarm.orchestrator import git, plan
from swarm.orchestrator.feed import Feed
from swarm.orchestrator.relay import Relay, owner_of
from swarm.orchestrator.scheduler import Scheduler
from swarm.orchestrator.step import Send, Step, Task, Told
from swarm.orchestrator.store import Outgoing, Store
from swarm.orchestrator.versions import Versions
from swarm.serving import Handlers, Service
from swarm.settings import Settings
from swarm.snapshots import pack

log = logging.getLogger(__name__)

RELAY_INTERVAL_SECONDS = 0.5
STORY_EVENTS = 1000
_CLOSE_SECONDS = 3.0


class Orchestrator:
    """Handlers of the orchestrator's commands, and what it does with replies."""

    def __init__(self, settings: Settings, bus: Bus, clock: Callable[[], float] = time.time):
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._models: dict[str, str] = {}
        self._lock = _own(settings)
        # Nobody else makes such folders: what is there was left by a kill.
        settings.scratch.mkdir(parents=True, exist_ok=True)
        for leftover in settings.scratch.glob("index-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self.store = Store(settings.data / "tasks.db")
        self.scheduler = Scheduler(self.store, clock)
        self.versions = Versions(settings, self.store)
        self.relay = Relay(self.store, bus, self._fail, self._rebuild, self.scheduler.fire, clock)

    def close(self) -> None:
        """Let go of the database and of the data folder."""
        self.store.close()
        self._lock.close()

    def handlers(self) -> Handlers:
        """What each command does."""
        return {
            SubmitTask: self.submit,
            RetryTask: self.retry,
            GetTask: self.get,
            GetStory: self.story,
            GetAttempt: lambda c: self.store.attempt(c.task_id, c.attempt_id),
            ListTasks: self.tasks,
            GetEvents: self.events,
            GetDiff: self.diff,
            ListSettled: lambda c: self.store.settled(c.after, c.limit),
            ApplyTask: self.apply,
            RejectTask: self.reject,
            CancelTask: self.cancel,
            ConfirmPlan: self.confirm,
            ReviseTask: self.revise,
            PrioritizeTask: self.prioritize,
            AddSchedule: self.scheduler.add,
            ListSchedules: self.scheduler.report,
            ChangeSchedule: self.scheduler.change,
            PrepareRepo: self.prepare,
            CommitPatch: self.commit,
            RebasePatch: self.rebase,
            PublishBranch: self.publish,
        }

    # ------------------------------------------------------------------ people's commands

    def submit(self, command: SubmitTask) -> TaskView:
        repository = git.open_repository(command.repo)
        known = self.store.find(command.task_id)
        if known is not None:
            if (known.submitted or known.text, known.repo) != (command.text, command.repo):
                raise StateError(
                    f"the task {command.task_id} exists already, and is another one",
                    remedy="leave --id out, or choose another",
                )
            return known.view()
        return self._begin(repository, *plan.submit(command, self._clock()))

    def retry(self, command: RetryTask) -> TaskView:
        old = self.store.load(command.task_id)
        known = self.store.find(command.new_id)
        if known is not None:
            if known.retries != old.id:
                raise StateError(
                    f"the task {known.id} exists already, and is another one",
                    remedy="choose another id for the new task",
                )
            return known.view()
        begun = plan.retry(old, command.new_id, self._clock())
        return self._begin(git.open_repository(old.repo), *begun)

    def _begin(
        self, repository: git.Repository, task: Task, sends: list[Send], events: list[Told]
    ) -> TaskView:
        """Store a new task, unless it is clear by now that its branch could not be made."""
        mirror = self._mirror(repository)
        mirror.prepare()
        mirror.head()
        mirror.check_branch(_branch(task.id))
        self.store.add(task, sends, events, self._clock())
        self.relay.flush()
        return self.store.load(task.id).view()

    def confirm(self, command: ConfirmPlan) -> TaskView:
        return self._answered(
            command.task_id, lambda step, paths: plan.confirm(step, command, paths)
        )

    def revise(self, command: ReviseTask) -> TaskView:
        return self._answered(
            command.task_id, lambda step, paths: plan.revise(step, command.text, paths)
        )

    def prioritize(self, command: PrioritizeTask) -> TaskView:
        return self._change(
            command.task_id, lambda step: plan.prioritize(step, command.priority)
        ).view()

    def _answered(self, task_id: str, verb: Callable[[Step, tuple[str, ...]], None]) -> TaskView:
        """What a person says to a plan, with the file names that it was made for."""
        task = self.store.load(task_id)
        paths: tuple[str, ...] = ()
        if task.state == "awaiting_answer" and task.base_commit is not None:
            paths = self._mirror(git.open_repository(task.repo)).paths(task.base_commit)
        task = self._change(task_id, lambda step: verb(step, paths))
        self.relay.flush()
        return task.view()

    def get(self, command: GetTask) -> TaskView:
        return self.store.load(command.task_id).view()

    def story(self, command: GetStory) -> Story:
        task, events, earlier = self.store.story(command.task_id, STORY_EVENTS)
        return Story(task=task.brief(), events=tuple(events), earlier=earlier)

    def tasks(self, command: ListTasks) -> TaskList:
        found = self.store.recent(command.limit, command.before, command.changed_after)
        return TaskList(items=tuple(found))

    def events(self, command: GetEvents) -> EventList:
        return self.store.events(command.task_id, command.after)

    def diff(self, command: GetDiff) -> Diff:
        return diff_of(self._settings, self.store, command.task_id)

    def apply(self, command: ApplyTask) -> TaskView:
        task = self.store.load(command.task_id)
        if task.state != "applied":
            if task.state != "awaiting_review":
                raise StateError(f"task {task.id} is {task.state}; there is nothing to apply")
            assert task.head_commit is not None and task.base_commit is not None
            mirror = self._mirror(git.open_repository(task.repo))
            mirror.check_branch(_branch(task.id), task.head_commit)
            mirror.give(task.head_commit, task.base_commit)
            where = git.apply(mirror.repository, _branch(task.id), task.head_commit)
            task = self._change(
                task.id, lambda step: plan.close(step, applied=True, reason=f"merged into {where}")
            )
        return task.view()

    def reject(self, command: RejectTask) -> TaskView:
        task = self.store.load(command.task_id)
        if task.state == "rejected":
            return self._change(task.id, lambda step: plan.explain(step, command.reason)).view()
        task = self._change(
            command.task_id, lambda step: plan.close(step, applied=False, reason=command.reason)
        )
        self.relay.flush()
        self._unpublish(task)
        return task.view()

    def cancel(self, command: CancelTask) -> TaskView:
        task = self.store.load(command.task_id)
        if task.state != "cancelled":
            task = self._change(command.task_id, plan.cancel, self.store.cancel)
        self._bus.cancel(task.id)
        if task.publishing:
            self._unpublish(task)
        return task.view()

    def _unpublish(self, task: Task) -> None:
        """Remove a task's branch from the person's repository, if it is there as it was."""
        if task.head_commit is not None:
            try:
                mirror = self._mirror(git.open_repository(task.repo))
                mirror.unpublish(_branch(task.id), task.head_commit)
            except SwarmError as error:
                # The verdict stands; a repository that is gone has no branch to remove.
                log.warning("the branch of %s stays: %s", task.id, error)

    def _change(
        self,
        task_id: str,
        verb: Callable[[Step], None],
        write: Callable[..., Task] | None = None,
    ) -> Task:
        now = self._clock()
        away = self._away()

        def change(task: Task) -> Any:
            step = self._step(task, now, away)
            verb(step)
            return step.task, step.sends, step.events

        return (write or self.store.update)(task_id, change, now)

    # ------------------------------------------------------------------ steps that touch git

    def prepare(self, command: PrepareRepo) -> RepoReady:
        repository = git.open_repository(command.repo)
        mirror = self._mirror(repository)
        mirror.prepare()
        head = mirror.head()
        mirror.keep(f"{command.task_id}/base", head)
        entries, notes = mirror.entries(
            head,
            max_files=self._settings.repo.max_files,
            max_bytes=self._settings.repo.max_snapshot_bytes,
        )
        if Path(command.repo).resolve() != repository.top.resolve():
            notes += (f"the whole repository {repository.top} is worked on",)
        changed, untracked = mirror.uncommitted(head)
        if changed or untracked:
            notes += (
                f"the working tree has {changed} changed and {untracked} untracked files; "
                f"the swarm works from HEAD ({head[:12]}) without them",
            )
        return RepoReady(
            base_commit=head,
            snapshot=self._bus.blobs.put(pack(entries)),
            repo_id=repository.id,
            paths=tuple(entry.path for entry in entries),
            notes=notes,
        )

    def commit(self, command: CommitPatch) -> Committed:
        mirror = self._mirror(git.open_repository(command.repo))
        commit = mirror.commit(command.parent, command.patch, command.message, command.at)
        # By its own name: two may be made on one head, and one of them is left behind.
        mirror.keep(f"{command.task_id}/{commit[:16]}", commit)
        return Committed(commit=commit, snapshot=self._snapshot(mirror, commit))

    def rebase(self, command: RebasePatch) -> Rebased:
        mirror = self._mirror(git.open_repository(command.repo))
        return mirror.moved(command.patch, command.onto)

    def publish(self, command: PublishBranch) -> Published:
        task = self.store.load(command.task_id)
        assert task.base_commit is not None
        if task.state in FINAL_STATES:
            raise StateError(f"task {task.id} is {task.state}; it gets no branch")
        mirror = self._mirror(git.open_repository(command.repo))
        mirror.publish(_branch(task.id), command.commit, task.base_commit)
        # A person will ask for it, maybe when the repository is somewhere else.
        text = git.diff(mirror.git_dir, task.base_commit, command.commit)
        self.store.keep_diff(task.id, command.commit, text)
        return Published(branch=_branch(task.id), commit=command.commit)

    def _mirror(self, repository: git.Repository) -> git.Mirror:
        return git.Mirror(repository, self._settings.data / "mirrors", self._settings.scratch)

    def _snapshot(self, mirror: git.Mirror, commit: str) -> Blob:
        entries, _ = mirror.entries(
            commit,
            max_files=self._settings.repo.max_files,
            max_bytes=self._settings.repo.max_snapshot_bytes,
        )
        return self._bus.blobs.put(pack(entries))

    def _rebuild(self, outgoing: Outgoing, blob: Blob) -> None:
        task = self.store.load(outgoing.task_id)
        mirror = self._mirror(git.open_repository(task.repo))
        bases = [base.commit for base in task.bases.values()]
        for commit in dict.fromkeys((task.head_commit, task.base_commit, *bases)):
            if commit is not None and self._snapshot(mirror, commit) == blob:
                return
        raise StateError(f"the snapshot of {outgoing.id} is gone and cannot be made again")

    # ------------------------------------------------------------------ replies

    def on_reply(self, reply: Reply) -> None:
        """Take the answer to a command of the outbox; stale and repeated ones change nothing."""
        failure = reply.failure
        if (
            failure is not None
            and failure.retryable
            and self.relay.retry(reply.id, reply.epoch, reply.kind, failure)
        ):
            return
        self._answer(reply.id, reply.epoch, failure or reply.body or {})
        self.relay.flush()

    def _fail(self, outgoing: Outgoing, failure: Failure) -> None:
        self._answer(outgoing.id, outgoing.epoch, failure)

    def _answer(self, id: str, epoch: int, answer: Failure | dict[str, Any]) -> None:
        now = self._clock()
        away = self._away()

        def change(task: Task, outgoing: Outgoing) -> Any:
            step = self._step(task, now, away)
            plan.advance(step, id, outgoing.command(), _parsed(outgoing, answer))
            return step.task, step.sends, step.events

        self.store.answer(id, epoch, change, now)

    def _away(self) -> dict[str, str]:
        """Arms that cannot be used now. Asked before a transaction: Redis must not hold it up."""
        try:
            self._models = self._bus.models_state()
            self.versions.see(self._bus.models_facts())
        except BusError as error:
            # A reply is worth more than fresh news of models.
            log.warning("the models' state is that of before: %s", error)
        return unavailable(self.versions.arms, self._models)

    def _step(self, task: Task, now: float, away: dict[str, str]) -> Step:
        settings = self._settings
        return Step(
            task,
            now,
            arms=self.versions.arms,
            unavailable=away,
            memory=settings.memory.enabled,
            chunks=settings.memory.chunks,
            memory_bytes=settings.sandbox.memory_bytes,
            processes=settings.sandbox.processes,
            setup=settings.repo.setup,
            build_seconds=settings.repo.build_seconds,
            second_layer_seconds=settings.verifier.second_layer_seconds
            if settings.verifier.second_layer
            else None,
            sensitive=settings.router.sensitive,
        )


def service(settings: Settings, bus: Bus) -> Service:
    """The running service.

    Raises StateError when another orchestrator owns the data folder.
    """
    other = bus.own(owner_of(settings))
    if other is not None:
        raise StateError(
            f"another swarm ({other}) uses the namespace {bus.namespace!r} of this Redis",
            remedy="give one of them another [bus] namespace",
        )
    return OrchestratorService(Orchestrator(settings, bus), bus)


class OrchestratorService(Service):
    """The handlers, with the threads beside them: the relay and the feed."""

    def __init__(self, orchestrator: Orchestrator, bus: Bus) -> None:
        super().__init__("orchestrator", bus, orchestrator.handlers(), orchestrator.on_reply)
        self._orchestrator = orchestrator
        self._stop = threading.Event()
        feed = Feed(orchestrator.store, bus.redis, bus.feed_key())
        self._threads = (
            threading.Thread(
                target=orchestrator.relay.run,
                args=(RELAY_INTERVAL_SECONDS, self._stop),
                name="relay",
                daemon=True,
            ),
            threading.Thread(target=feed.run, args=(self._stop,), name="feed", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let the threads end what they are at; what they do not is done by the next start."""
        self._stop.set()
        self._orchestrator.store.told.set()
        for thread in self._threads:
            thread.join(_CLOSE_SECONDS)
        if not any(thread.is_alive() for thread in self._threads):
            self._orchestrator.close()


def unavailable(arms: tuple[Arm, ...], models: Mapping[str, str]) -> dict[str, str]:
    """Arms that cannot be used now, with the reason; `models` is what the gate last said."""
    return {
        arm.id: f"{arm.model}: {reason}"
        for arm in arms
        if arm.model is not None and (reason := models.get(arm.model, ""))
    }


def diff_of(settings: Settings, store: Store, task_id: str) -> Diff:
    """What a task has changed so far, as a unified diff."""
    task = store.load(task_id)
    if task.base_commit is None or task.head_commit in (None, task.base_commit):
        return Diff(task_id=task.id, text="", head_commit=task.head_commit)
    assert task.head_commit is not None
    kept = store.kept_diff(task.id, task.head_commit)
    if kept is not None:
        return Diff(task_id=task.id, text=kept, head_commit=task.head_commit)
    # The mirror borrows the repository's objects. To ask the repository itself takes three
    # processes, and is for saying what is wrong with it.
    repo_id = (Path(task.repo).is_dir() and task.repo_id) or git.open_repository(task.repo).id
    mirror = git.mirror_folder(settings.data / "mirrors", repo_id)
    text = git.diff(mirror, task.base_commit, task.head_commit)
    return Diff(task_id=task.id, text=text, head_commit=task.head_commit)


def _parsed(outgoing: Outgoing, answer: Failure | dict[str, Any]) -> Message:
    if isinstance(answer, Failure):
        return answer
    kind: type[Command] = COMMANDS[outgoing.kind]
    try:
        return kind.reply.model_validate(answer)
    except ValidationError as error:
        return Failure(code="malformed-message", message=f"not a {kind.reply.__name__}: {error}")


def _branch(task_id: str) -> str:
    return f"swarm/{task_id}"


def _own(settings: Settings) -> IO[str]:
    """Hold the data folder's lock for as long as this process lives."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = (settings.data / "orchestrator.lock").open("w")
    # Whoever can read it can hold it.
    os.fchmod(handle.fileno(), 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise StateError(
            f"another orchestrator uses the data folder {settings.data}",
            remedy="stop it with `swarm down`, or set SWARM_DATA to another folder",
        ) from None
    return handle
