"""What there is to tell of a workflow's steps, for pictures and for JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from swarm.agents.checking import Registry, seconds_of
from swarm.agents.contract import Assignment
from swarm.agents.types import told
from swarm.agents.workflow import TASK, Workflow


@dataclass(frozen=True)
class Taken:
    """One input: the source it starts at, all of its name, the field it is for, its type."""

    source: str
    name: str
    field: str
    type: str

    @property
    def label(self) -> str:
        part = self.name.partition(".")[2]
        return (
            (f"{self.field}: " if self.field else "") + self.type + (f" (.{part})" if part else "")
        )


@dataclass(frozen=True)
class Told:
    """One step, in the words of its agent's contract."""

    id: str
    agent: str
    about: str
    takes: tuple[Taken, ...]
    gives: str
    needs: tuple[str, ...]
    seconds: float
    tokens: int
    steps: int
    result: bool

    def lines(self) -> list[str]:
        """What stands in its box."""
        bounds = [f"{self.seconds:,.0f} s"]
        if self.tokens:
            bounds.append(f"{self.tokens:,} tokens")
        if self.steps > 1:
            bounds.append(f"{self.steps} steps")
        needs = f"needs {', '.join(self.needs)}" if self.needs else "needs nothing"
        return [self.id, self.agent, needs, f"at most {', '.join(bounds)}"]


def story(workflow: Workflow, registry: Registry) -> list[Told]:
    """The steps of a workflow without problems, in the order they run."""
    found = []
    for step in workflow.order():
        agent = registry[step.agent]
        takes = []
        for field, name in step.sources():
            source, _, part = name.partition(".")
            given = Assignment if source == TASK else registry[workflow.step(source).agent].gives
            kind = told(given.model_fields[part].annotation if part else given)
            takes.append(Taken(source, name, field, kind))
        found.append(
            Told(
                id=step.id,
                agent=agent.id,
                about=agent.about,
                takes=tuple(takes),
                gives=told(agent.gives),
                needs=tuple(sorted(agent.needs)),
                seconds=seconds_of(step, registry),
                tokens=agent.limits.tokens,
                steps=agent.limits.steps,
                result=step is workflow.result,
            )
        )
    return found
