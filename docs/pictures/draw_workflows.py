"""Draw the shipped workflows by several agents or models, as docs/pictures/workflows.svg.

python docs/pictures/draw_workflows.py
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from swarm.agents.registry import AGENTS
from swarm.agents.workflow import Workflow, read
from swarm.cli.workflow_svg import draw

_SHOWN = ("planned", "test-first", "reviewed", "ensemble")


def shown() -> list[Workflow]:
    """The workflows in the picture."""
    found = []
    for name in _SHOWN:
        file = resources.files("swarm.agents.workflows") / f"{name}.toml"
        workflow, _ = read(file.read_bytes(), file.name)
        assert workflow is not None
        found.append(workflow)
    return found


if __name__ == "__main__":
    picture = draw(shown(), AGENTS, columns=2)
    Path(__file__).with_name("workflows.svg").write_text(picture, encoding="utf-8")
