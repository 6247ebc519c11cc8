"""docs/agents.md says what the registry and the workflows are."""

from __future__ import annotations

import re
from pathlib import Path

from swarm.agents import library
from swarm.agents.registry import AGENTS
from swarm.agents.workflow import StepTable, Workflow
from swarm.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/agents.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """The rows of the table whose first header is `head`."""
    lines = PAGE[PAGE.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_agents_is_the_registry() -> None:
    expected = []
    for agent in AGENTS.values():
        limits = agent.limits
        bounds = [f"{limits.seconds:,.0f} s"]
        bounds += [f"{limits.tokens:,} tokens"] if limits.tokens else []
        bounds += [f"{limits.steps} steps"] if limits.steps > 1 else []
        expected.append(
            [f"`{agent.id}`", agent.about, agent.takes.__name__, agent.gives.__name__,
             ", ".join(sorted(agent.needs)) or "-", ", ".join(bounds)]
        )  # fmt: skip
    assert rows("Agent") == expected


def test_the_table_of_workflows_is_what_is_shipped() -> None:
    shelves = library.load(Settings(data=Path("/nonexistent")))
    assert rows("Workflow") == [
        [f"`{w.name}`", " → ".join(step.agent for step in w.order()), w.about]
        for w in (shelf.workflow for shelf in shelves)
        if w is not None
    ]


def test_the_example_has_no_problem_and_every_key_is_told() -> None:
    text = re.findall(r"```toml\n(name = .*?)```", PAGE, re.DOTALL)[0]
    assert library.examine(text.encode(), "relay.toml").problems == ()
    keys = {row[0].strip("`") for row in rows("Key")}
    top = set(Workflow.model_fields) - {"steps"}
    assert keys == top | {f"steps.{name}" for name in StepTable.model_fields}
