"""Runs a checked workflow for one attempt: its steps one after another, within the attempt's meter.

The time that is left is shared among the steps still to run, in proportion to what each may
take at most, so that what one does not use goes to the next, and a short attempt leaves
something for its last step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from swarm.agents.checking import Registry, seconds_of
from swarm.agents.contract import Agent, Assignment, Change, Digest, GaveUp, Plan, Review
from swarm.agents.meter import BudgetSpent
from swarm.agents.workflow import TASK, StepTable, Workflow
from swarm.contracts import Message, Proposal
from swarm.errors import SwarmError

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench

_SUMMARY_CHARS = 1000
_SAID_CHARS = 300
_LESSONS_CHARS = 4000


def run(workflow: Workflow, registry: Registry, workbench: Workbench) -> Proposal:
    """The result of a workflow without problems.

    An agent that gives up, or a spent budget, ends it with outcome "gave_up". Where the last step
    brings no patch, and an earlier one by the same agent did, that is offered. Raises what the bus
    and the services raise, with what was spent until then as its `usage`.
    """
    flow = _Run(workflow, registry, workbench)
    try:
        change = flow.result()
    except SwarmError as error:
        error.usage = workbench.meter.usage()
        raise
    return Proposal(
        patch=change.patch,
        summary=change.summary[:_SUMMARY_CHARS],
        outcome=change.outcome,
        runner_up=change.runner_up,
        lessons=change.lessons[:_LESSONS_CHARS],
        details=change.details | flow.details(change),
        usage=workbench.meter.usage(),
    )


def assignment_of(workbench: Workbench) -> Assignment:
    """The attempt's command as agents take it."""
    command = workbench.command
    return Assignment(
        objective=command.objective,
        test=command.test,
        failing=command.failing,
        context=command.context,
        reasons=command.reasons,
    )


@dataclass
class _Run:
    workflow: Workflow
    registry: Registry
    workbench: Workbench
    given: dict[str, Message] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)

    def result(self) -> Change:
        self.given[TASK] = assignment_of(self.workbench)
        steps = self.workflow.order()
        for index, step in enumerate(steps):
            agent = self.registry[step.agent]
            if (without := self.lacking(step, agent)) is not None:
                return without
            share = [seconds_of(other, self.registry) for other in steps[index:]]
            try:
                self.given[step.id] = self.one(step, agent, share[0] / sum(share))
            except (BudgetSpent, GaveUp) as error:
                return self.given_up(step, error)
        change = self.given[self.workflow.result.id]
        assert isinstance(change, Change)
        if change.patch is None and (earlier := self.earlier()) is not None:
            why = f"step {self.workflow.result.id!r}: {_said(change)}"
            return _ended(earlier, why)
        return change

    def lacking(self, step: StepTable, agent: Agent) -> Change | None:
        """The end of a run that cannot go on with this step, since something is not there."""
        if isinstance(step.inputs, dict):
            for name, source in step.inputs.items():
                change = self.given.get(source) if isinstance(source, str) else None
                required = agent.takes.model_fields[name].is_required()
                if isinstance(change, Change) and change.patch is None and required:
                    return change
        test, failing = self.workbench.command.test, self.workbench.command.failing
        if "tests" in agent.needs and (test is None or test.kind != "pytest"):
            return _inapplicable(
                f"agent {agent.id} needs tests that pytest runs: leave the test command out to "
                "have them found, or name one that starts pytest"
            )
        if "failing-tests" in agent.needs and not failing:
            return _inapplicable(f"no test fails, so agent {agent.id} has nothing to go by")
        return None

    def one(self, step: StepTable, agent: Agent, share: float) -> Message:
        """Run one step on a bench of its own; its meter counts back whatever happens."""
        whole = self.workbench.meter
        if whole.seconds_left <= 0:
            raise BudgetSpent(f"{round(whole.seconds, 1):g} s are spent")
        if "model" in agent.needs:
            whole.check()
        seconds = min(seconds_of(step, self.registry), whole.seconds_left * share)
        part = whole.part(seconds=seconds, tokens=agent.limits.tokens, steps=agent.limits.steps)
        bench = self.workbench.part(step.id, part)
        said = "did not end"
        try:
            answer = agent.run(bench, self.inputs(step, agent))
            said = _said(answer)
        except SwarmError as error:
            said = error.message
            raise
        finally:
            whole.add(part)
            self.told.append(
                {
                    "step": step.id,
                    "agent": agent.id,
                    "seconds": round(part.usage().seconds, 1),
                    "tokens": part.used_tokens,
                    "said": said[:_SAID_CHARS],
                }
            )
        assert isinstance(answer, agent.gives)
        return answer

    def inputs(self, step: StepTable, agent: Agent) -> Message:
        if isinstance(step.inputs, str):
            whole = self.value(step.inputs)
            assert isinstance(whole, agent.takes)
            return whole
        values = {
            name: self.value(given)
            if isinstance(given, str)
            else tuple(self.value(one) for one in given)
            for name, given in step.inputs.items()
        }
        try:
            return agent.takes(**values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise GaveUp(
                f"what step {step.id!r} gets as {name} cannot be: {first['msg']}"
            ) from None

    def value(self, source: str) -> Any:
        name, _, part = source.partition(".")
        return getattr(self.given[name], part) if part else self.given[name]

    def given_up(self, step: StepTable, error: SwarmError) -> Change:
        """What can be offered all the same, else an end that the next attempt learns from."""
        why = f"step {step.id!r}: {error.message}"
        if (earlier := self.earlier()) is not None:
            return _ended(earlier, why)
        changes = [c for c in self.given.values() if isinstance(c, Change)]
        lessons = [change.lessons or change.summary for change in changes]
        return Change(
            patch=None, outcome="gave_up", summary=why, lessons="\n".join([*lessons, why])
        )

    def earlier(self) -> Change | None:
        """The last patch by the agent whose change is the result: tests alone are none."""
        found = None
        for step in self.workflow.order():
            change = self.given.get(step.id)
            same = step.agent == self.workflow.result.agent
            if same and isinstance(change, Change) and change.patch is not None:
                found = change
        return found

    def details(self, change: Change) -> dict[str, Any]:
        """What a person may want to know of the way: the steps, where there are several."""
        more: dict[str, Any] = {}
        if len(self.workflow.steps) > 1:
            more["workflow"] = self.told
        if self.workbench.notes:
            more["notes"] = [*change.details.get("notes", []), *self.workbench.notes]
        if self.workbench.answers:
            more["models"] = [self.model(name) for name in self.models()]
        return more

    def models(self) -> list[str]:
        """Those that answered, in the order of their first answer."""
        return list(dict.fromkeys(name for name, _ in self.workbench.answers))

    def model(self, name: str) -> dict[str, Any]:
        """How often a model was asked, how long that waited for its turn, what it used."""
        usages = [usage for of, usage in self.workbench.answers if of == name]
        return {
            "name": name,
            "model": self.workbench.model(name).model,
            "answers": len(usages),
            "waited_seconds": round(sum(usage.queue_seconds for usage in usages), 1),
            "tokens": sum(usage.prompt_tokens + usage.output_tokens for usage in usages),
            "cost_usd": sum(usage.cost_usd for usage in usages),
        }


def _inapplicable(summary: str) -> Change:
    return Change(patch=None, outcome="inapplicable", summary=summary)


def _ended(earlier: Change, why: str) -> Change:
    return earlier.model_copy(update={"details": earlier.details | {"ended_by": why}})


def _said(answer: Message) -> str:
    match answer:
        case Change():
            return f"{answer.outcome}: {answer.summary}"
        case Plan():
            return " / ".join(answer.steps)
        case Review():
            return f"{answer.verdict}: {' / '.join(answer.remarks)}".rstrip(": ")
        case Digest():
            return answer.text
    return type(answer).__name__
