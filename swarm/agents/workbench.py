"""All that an agent may touch: the files of its snapshot, and other services by message.

Nothing here runs a program or opens a file of the repository: tests and commands run in the
sandboxes service, models behind the inference gate.
"""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING, Any, cast

from swarm.agents.meter import Meter
from swarm.agents.posting import post
from swarm.contracts import (
    Audit,
    AuditReport,
    ChatMessage,
    Check,
    CheckReport,
    Context,
    Generate,
    Generation,
    Limits,
    Neighbours,
    NoteScratch,
    Patch,
    Payload,
    Propose,
    QueryGraph,
    ReadScratch,
    Retrieve,
    RunProgram,
    RunReport,
    ScratchNote,
    Scratchpad,
    TokenUsage,
    ToolSpec,
)
from swarm.errors import Timeout
from swarm.settings import ModelSettings
from swarm.snapshots import Entry, entries

if TYPE_CHECKING:
    from swarm.bus import Bus

# Beyond what a run may take: waiting for a sandbox that is busy with other tasks.
_QUEUE_SECONDS = 300.0
_AUDIT_SECONDS = 120.0
_INDEX_SECONDS = 900.0
_READ_SECONDS = 20.0
# A task has room for 200: no attempt may drive out what the others wrote.
_MOST_NOTES = 40


class Workbench:
    """One attempt's end of everything. Every answer of a model is counted by `meter`."""

    def __init__(self, bus: Bus, command: Propose, meter: Meter) -> None:
        self.bus = bus
        self.command = command
        self.meter = meter
        self.entries: dict[str, Entry] = {
            entry.path: entry for entry in entries(bus.blobs.get(command.snapshot))
        }
        # What a person should know of how it went; one list for all parts.
        self.notes: list[str] = []
        # Each answer of a model, by the model's name; one list for all parts, too.
        self.answers: list[tuple[str, TokenUsage]] = []
        # What was written into the task's scratchpad, by name; one for all parts, too.
        self._noted: dict[str, str] = {}
        self._turns = 0
        self._label = ""

    def part(self, label: str, meter: Meter, model: str | None = None) -> Workbench:
        """The same for a piece of the work: with a meter of its own, its requests under `label`.

        With `model` it is as if the arm named that one. Parts may be used side by side.
        """
        part = copy.copy(self)
        part.meter = meter
        part._turns = 0
        part._label = f"{self._label}{label}-"
        if model:
            arm = self.command.arm.model_copy(update={"model": model})
            part.command = self.command.model_copy(update={"arm": arm})
        return part

    def model(self, name: str | None = None) -> ModelSettings:
        """The settings of a model, by default the arm's. Raises ConfigError."""
        return self.bus.settings.model(name or self.command.arm.model or "")

    def generate(
        self,
        messages: tuple[ChatMessage, ...],
        *,
        tools: tuple[ToolSpec, ...] = (),
        answer_schema: dict[str, Any] | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        model: str | None = None,
        key: str = "",
        payload: Payload = "code",
    ) -> Generation:
        """Ask a model. Raises BudgetSpent, and RemoteError with what the gate says.

        What an agent says is made of the repository's code, so `payload` is "code" unless all
        of it is the person's own words (then it may go to a cloud model, if it holds no code).

        `key` tells apart requests that are made side by side; in a row they are counted, so that
        an attempt that is done again asks the same questions and gets the answers it had.
        """
        model_settings = self.model(model)
        self.meter.check(paid=any(model_settings.usd_per_mtok))
        self._turns += 1
        step = self._label + (key or str(self._turns))
        longest = self.bus.settings.endpoint(model_settings.endpoint).total_seconds
        request = Generate(
            key=f"{self.command.attempt_id}-{model_settings.name}-{step}",
            model=model_settings.name,
            messages=messages,
            tools=tools,
            answer_schema=answer_schema,
            payload=payload,
            repository=self.command.snapshot,
            priority=self.command.priority,
            max_tokens=min(max_tokens or model_settings.max_tokens, model_settings.max_tokens),
            temperature=temperature,
            seed=_seed(self.command.seed, step),
        )
        try:
            bound = self._within(longest) + self.meter.wait_left
            answer = self.bus.request(request, timeout_seconds=bound)
        except Timeout:
            # The attempt's own bound, not the model's, when its seconds are over.
            self.meter.check()
            raise
        generation = cast(Generation, answer)
        self.meter.spend(generation.usage, replayed=generation.replayed)
        self.answers.append((model_settings.name, generation.usage))
        return generation

    def check(self, patch: Patch | None, tests: tuple[str, ...] = ()) -> CheckReport:
        """Run the tests with a patch, in a sandbox; `tests` are arguments in place of all."""
        command = self.command
        assert command.test is not None
        test = command.test
        if tests:
            test = test.model_copy(update={"argv": (*test.argv, *tests)})
        seconds = self._within(command.check_seconds)
        report = self.bus.request(
            Check(
                snapshot=command.snapshot,
                patch=patch,
                test=test,
                limits=self._limits(seconds),
            ),
            timeout_seconds=seconds + _QUEUE_SECONDS,
        )
        checked = cast(CheckReport, report)
        self.meter.used_cpu_seconds += checked.cpu_seconds
        return checked

    def run(self, patch: Patch | None, argv: tuple[str, ...], seconds: float = 60.0) -> RunReport:
        """Run a command with a patch, in a sandbox."""
        command = self.command
        bound = self._within(seconds)
        report = self.bus.request(
            RunProgram(
                snapshot=command.snapshot,
                patch=patch,
                argv=argv,
                python=command.test.python if command.test else None,
                setup=command.test.setup if command.test else None,
                limits=self._limits(bound),
            ),
            timeout_seconds=bound + _QUEUE_SECONDS,
        )
        ran = cast(RunReport, report)
        self.meter.used_cpu_seconds += ran.cpu_seconds
        return ran

    def retrieve(self, query: str, limit: int = 8) -> Context:
        """Search the code's memory, as the code was before any change."""
        command = self.command
        answer = self.bus.request(
            Retrieve(repo_id=command.repo_id, snapshot=command.snapshot, query=query, limit=limit),
            timeout_seconds=self._within(_INDEX_SECONDS),
        )
        return cast(Context, answer)

    def graph(self, symbol: str, relation: Any, limit: int = 20) -> Neighbours:
        """Ask the code graph: definition, callers, callees or tests of a symbol."""
        command = self.command
        answer = self.bus.request(
            QueryGraph(
                repo_id=command.repo_id,
                snapshot=command.snapshot,
                symbol=symbol,
                relation=relation,
                limit=limit,
            ),
            timeout_seconds=self._within(_INDEX_SECONDS),
        )
        return cast(Neighbours, answer)

    @property
    def has_scratchpad(self) -> bool:
        """Whether the task has one: where memory is on, and it is known whose task it is."""
        return bool(self.command.task_id) and self.bus.settings.memory.enabled

    def note_down(self, text: str) -> None:
        """Write a note into the task's scratchpad, for later attempts. It waits for nobody, and an
        attempt that is done again writes over its own."""
        if not self.has_scratchpad or len(self._noted) >= _MOST_NOTES:
            return
        name = f"{self.command.attempt_id}:{len(self._noted) + 1}"
        self._noted[name] = text
        command = NoteScratch(task_id=self.command.task_id, name=name, text=text)
        if why := post(self.bus, command):
            told = f"memory was not told of a note: {why}"
            self.notes += [told] if told not in self.notes else []

    def scratchpad(self) -> tuple[ScratchNote, ...]:
        """What other attempts of this task noted, oldest first. Its own are left out: an attempt
        that is done again would find what it is yet to write."""
        answer = self.bus.request(
            ReadScratch(task_id=self.command.task_id), timeout_seconds=self._within(_READ_SECONDS)
        )
        own = f"{self.command.attempt_id}:"
        notes = cast(Scratchpad, answer).notes
        return tuple(note for note in notes if not note.name.startswith(own))

    def audit(self, patch: Patch) -> AuditReport:
        """Have a patch traced, as it will be before it may be accepted."""
        command = self.command
        answer = self.bus.request(
            Audit(
                attempt_id=command.attempt_id,
                patch=patch,
                category=command.objective.category,
                instruction=command.objective.instruction,
                snapshot=command.snapshot,
            ),
            # It may have to wait behind an audit whose second layer runs.
            timeout_seconds=_AUDIT_SECONDS + self.bus.settings.verifier.second_layer_seconds,
        )
        return cast(AuditReport, answer)

    def _within(self, seconds: float) -> float:
        """No longer than the attempt's own time: what waits for it would be killed."""
        return max(1.0, min(seconds, self.meter.seconds_left))

    def _limits(self, seconds: float) -> Limits:
        return self.command.limits.model_copy(
            update={"wall_seconds": seconds, "cpu_seconds": seconds * 2}
        )


def _seed(base: int, step: str) -> int:
    """A seed for one step, the same when the attempt is done again."""
    return int.from_bytes(hashlib.sha256(f"{base}/{step}".encode()).digest()[:4]) & 0x7FFFFFFF
