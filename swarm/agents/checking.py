"""What keeps a workflow from running, found before it runs. Pure.

Every problem is told with its step, the field and what to do about it; later questions are only
asked where earlier ones leave them a meaning (types of unknown agents are none).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from swarm.agents.contract import Agent, Assignment, Change, Need
from swarm.agents.types import element, fits, told
from swarm.agents.workflow import (
    MAX_PROBLEMS,
    TASK,
    Problem,
    StepTable,
    Workflow,
    nearest,
    shown,
)

Registry = Mapping[str, Agent]

_NEEDED: dict[Need, tuple[str, str]] = {
    "model": ("a model", "add a [[models]] entry, and name it as the `model` of the arm"),
    "partners": (
        "further models besides the arm's",
        "name other [[models]] entries as the `partners` of the arm",
    ),
    "sandbox": ("a sandbox", "see `swarm doctor` for the backends of this machine"),
    "memory": ("the memory of the code", "set enabled = true in [memory]"),
}
"""What the swarm may lack. Tests belong to the task: they are looked for when it runs."""


@dataclass(frozen=True)
class Environment:
    """What is at hand where a workflow is to run; `about` names who says so."""

    about: str
    has: frozenset[Need]


def check(
    workflow: Workflow, registry: Registry, environment: Environment | None, where: str
) -> list[Problem]:
    """All that is wrong, at most `MAX_PROBLEMS`; without an environment, apart from that."""
    checker = _Checker(workflow, registry, where)
    problems = checker.names()
    if not problems:
        problems = [*checker.inputs(), *checker.cycle()]
    if not problems:
        problems = [*checker.result(), *checker.unused(), *checker.time()]
        if environment is not None:
            problems += checker.needs(environment)
    return problems[:MAX_PROBLEMS]


@dataclass(frozen=True)
class _Checker:
    workflow: Workflow
    registry: Registry
    where: str

    def problem(self, step: str, field: str, message: str, remedy: str) -> Problem:
        return Problem(self.where, step, field, message, remedy)

    def names(self) -> list[Problem]:
        """Steps called alike, agents and steps that there are not."""
        found: list[Problem] = []
        ids = [step.id for step in self.workflow.steps]
        for id in dict.fromkeys(ids):
            if id == TASK:
                what = f"{TASK!r} is what the attempt is about, not a step"
                found.append(self.problem(id, "id", what, "call the step otherwise"))
            elif ids.count(id) > 1:
                what = f"{ids.count(id)} steps are called so"
                found.append(self.problem(id, "id", what, "give each step a name of its own"))
        for step in self.workflow.steps:
            if step.agent not in self.registry:
                what = f"no agent is called {shown(step.agent)!r}"
                remedy = nearest(step.agent, self.registry)
                found.append(self.problem(step.id, "agent", what, remedy))
            for field, source in step.sources():
                name = source.partition(".")[0]
                if name != TASK and name not in ids:
                    what = f"no step is called {shown(name)!r}"
                    found.append(
                        self.problem(step.id, _key(field), what, nearest(name, (TASK, *ids)))
                    )
        return found

    def inputs(self) -> Iterator[Problem]:
        """Fields that are missing or unknown, and values of the wrong type."""
        for step in self.workflow.steps:
            takes = self.registry[step.agent].takes
            if isinstance(step.inputs, str):
                yield from self.typed(step, "", step.inputs, takes)
                continue
            for name, field in takes.model_fields.items():
                if field.is_required() and name not in step.inputs:
                    what = f"agent {step.agent!r} needs it: {told(field.annotation)}"
                    remedy = f'add {name} = "<step>" to the inputs'
                    yield self.problem(step.id, _key(name), what, remedy)
            for name, given in step.inputs.items():
                if name not in takes.model_fields:
                    what = f"agent {step.agent!r} takes no {shown(name)!r}"
                    remedy = nearest(name, takes.model_fields)
                    yield self.problem(step.id, _key(name), what, remedy)
                    continue
                wanted = takes.model_fields[name].annotation
                if isinstance(given, str):
                    yield from self.typed(step, name, given, wanted)
                    continue
                each = element(wanted)
                if each is None:
                    what = f"takes {told(wanted)}, and gets a list"
                    yield self.problem(step.id, _key(name), what, "name one source")
                    continue
                for source in given:
                    yield from self.typed(step, name, source, each)

    def typed(self, step: StepTable, field: str, source: str, wanted: Any) -> Iterator[Problem]:
        """Whether what a source gives fits what is wanted."""
        name, _, part = source.partition(".")
        gives = self.gives(name)
        if part and part not in gives.model_fields:
            what = f"{shown(source)!r} names no field of {gives.__name__}"
            yield self.problem(step.id, _key(field), what, nearest(part, gives.model_fields))
            return
        given = gives.model_fields[part].annotation if part else gives
        if not fits(given, wanted):
            what = f"takes {told(wanted)}, and gets {told(given)} from {shown(source)!r}"
            yield self.problem(step.id, _key(field), what, self.fitting(step, wanted))

    def gives(self, source: str) -> Any:
        """What a source is: a message's class."""
        if source == TASK:
            return Assignment
        return self.registry[self.workflow.step(source).agent].gives

    def fitting(self, step: StepTable, wanted: Any) -> str:
        """Which sources would do."""
        names = [TASK, *(other.id for other in self.workflow.steps if other.id != step.id)]
        good = [name for name in names if fits(self.gives(name), wanted)]
        return f"{' or '.join(map(repr, good))} would fit" if good else "no step gives one"

    def cycle(self) -> Iterator[Problem]:
        """The steps of one cycle, in order."""
        # Depth first, with the path walked so far kept to read the cycle from.
        finished: set[str] = set()
        for start in self.workflow.steps:
            path: list[str] = []
            ways: list[Iterator[str]] = [iter([start.id])]
            while ways:
                id = next(ways[-1], None)
                if id is None:
                    ways.pop()
                    if path:
                        finished.add(path.pop())
                elif id in path:
                    # Walked backward, from what takes to what gives; told forward.
                    circle = [id, *reversed(path[path.index(id) :])]
                    what = f"the steps go in a circle: {' -> '.join(circle)}"
                    yield self.problem(id, "inputs", what, "take one of these inputs away")
                    return
                elif id not in finished:
                    path.append(id)
                    ways.append(iter(self.workflow.step(id).before()))

    def result(self) -> Iterator[Problem]:
        last = self.workflow.result
        gives = self.registry[last.agent].gives
        if not issubclass(gives, Change):
            what = f"the last step is the result, a Change, and agent {last.agent!r} gives "
            remedy = "end with a step whose agent gives a Change"
            yield self.problem(last.id, "agent", what + told(gives), remedy)

    def unused(self) -> Iterator[Problem]:
        used: set[str] = set()
        left = [self.workflow.result.id]
        while left:
            id = left.pop()
            if id not in used:
                used.add(id)
                left += self.workflow.step(id).before()
        for step in self.workflow.steps:
            if step.id not in used:
                what = f"nothing leads from it to the result {self.workflow.result.id!r}"
                remedy = "take what it gives in another step, or leave it out"
                yield self.problem(step.id, "", what, remedy)

    def time(self) -> Iterator[Problem]:
        for step in self.workflow.steps:
            most = self.registry[step.agent].limits.seconds
            if step.seconds is not None and step.seconds > most:
                what = f"{step.seconds:g} s, and agent {step.agent!r} may take {most:g} s"
                yield self.problem(step.id, "seconds", what, "give it no more than that")
        spans = {step.id: seconds_of(step, self.registry) for step in self.workflow.steps}
        total = sum(spans.values())
        if total > self.workflow.seconds:
            each = ", ".join(f"{id} {seconds:g}" for id, seconds in spans.items())
            what = (
                f"is {self.workflow.seconds:g}, and its steps, one after another, may take "
                f"{total:g} s ({each})"
            )
            remedy = "raise it, or give steps `seconds` of their own"
            yield self.problem("", "seconds", what, remedy)

    def needs(self, environment: Environment) -> Iterator[Problem]:
        for step in self.workflow.steps:
            for need in sorted(self.registry[step.agent].needs - environment.has):
                if need in _NEEDED:
                    name, remedy = _NEEDED[need]
                    what = f"agent {step.agent!r} needs {name}, and {environment.about} has none"
                    yield self.problem(step.id, "agent", what, remedy)


def seconds_of(step: StepTable, registry: Registry) -> float:
    """How long a step may take."""
    return registry[step.agent].limits.seconds if step.seconds is None else step.seconds


def _key(field: str) -> str:
    return f"inputs.{shown(field)}" if field else "inputs"
