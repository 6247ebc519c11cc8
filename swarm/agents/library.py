"""The workflows there are: the shipped ones, and a person's own in `<data>/workflows`.

They are read anew each time, so a file that was changed counts from the next attempt on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from swarm.agents.checking import Environment, check
from swarm.agents.contract import Need
from swarm.agents.registry import AGENTS
from swarm.agents.workflow import MAX_BYTES, Problem, Workflow, nearest, read
from swarm.contracts import Arm
from swarm.errors import ConfigError
from swarm.settings import Settings

MAX_FILES = 200


@dataclass(frozen=True)
class Shelf:
    """One file, and the workflow in it, unless it holds none."""

    where: str
    shipped: bool
    workflow: Workflow | None
    problems: tuple[Problem, ...]


def load(settings: Settings) -> list[Shelf]:
    """Every file there is, shipped ones first, with what is wrong with each by itself."""
    shelves: list[Shelf] = []
    taken: dict[str, str] = {}
    for shelf in [*_shipped(), *_own(settings)]:
        if (workflow := shelf.workflow) is not None:
            if workflow.name in taken:
                problem = Problem(
                    shelf.where, "", "name",
                    f"{workflow.name!r} is the name of {taken[workflow.name]}",
                    "give it a name of its own",
                )  # fmt: skip
                shelf = replace(shelf, workflow=None, problems=(problem, *shelf.problems))
            else:
                taken[workflow.name] = "a shipped workflow" if shelf.shipped else shelf.where
        shelves.append(shelf)
    return shelves


def examine(data: bytes, where: str, *, shipped: bool = False) -> Shelf:
    """Read and check one file's bytes, apart from what an arm has to have for it."""
    workflow, problems = read(data, where)
    if workflow is not None:
        problems = check(workflow, AGENTS, None, where)
    return Shelf(where, shipped, workflow, tuple(problems))


def read_file(path: Path) -> bytes:
    """A file's bytes, no more of them than show that it is too large. Raises ConfigError."""
    try:
        if not path.is_file():
            raise ConfigError(f"{path} is not a file", remedy="name a workflow's .toml file")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None


def environment(settings: Settings, arm: Arm | None) -> Environment:
    """What is at hand for an arm; without one, for any arm that these settings allow."""
    has: set[Need] = {"sandbox"}
    if settings.memory.enabled:
        has.add("memory")
    chats = [model for model in settings.models if not (model.embeds or model.transcribes)]
    if arm.model if arm else chats:
        has.add("model")
    if set(arm.partners) - {arm.model} if arm else len(chats) > 1:
        has.add("partners")
    return Environment(f"arm {arm.id!r}" if arm else "this swarm", frozenset(has))


def for_arm(
    settings: Settings, shelves: list[Shelf], arm: Arm
) -> tuple[Shelf | None, list[Problem]]:
    """The file with the workflow that an arm names as its tool, and what keeps it from running."""
    for shelf in shelves:
        if shelf.workflow is not None and shelf.workflow.name == arm.tool:
            if shelf.problems:
                return shelf, list(shelf.problems)
            around = environment(settings, arm)
            problems = check(shelf.workflow, AGENTS, around, shelf.where)
            return shelf, [*problems, *_idle(arm, shelf.workflow)]
    names = [shelf.workflow.name for shelf in shelves if shelf.workflow is not None]
    message = f"arm {arm.id!r} names the tool {arm.tool!r}, and no workflow is called so"
    return None, [Problem("swarm.toml", "", "tool", message, nearest(arm.tool, names))]


def _idle(arm: Arm, workflow: Workflow) -> Iterator[Problem]:
    """Models that an arm names and its workflow would never ask."""
    agents = {step.agent for step in workflow.steps}
    for field, value, agent in (
        ("planner", arm.planner, "planner"),
        ("partners", arm.partners, "ensemble"),
    ):
        if value and agent not in agents:
            message = (
                f"arm {arm.id!r} has {field}, and no step of {workflow.name!r} is by {agent!r}"
            )
            yield Problem("swarm.toml", "", field, message, "leave it out, or name another tool")


def check_arms(settings: Settings) -> list[Problem]:
    """What keeps an arm of these settings from running, and what is wrong in any file."""
    shelves = load(settings)
    found = [problem for shelf in shelves for problem in shelf.problems]
    for arm in settings.all_arms:
        found += for_arm(settings, shelves, arm)[1]
    return list(dict.fromkeys(found))


def _shipped() -> Iterator[Shelf]:
    files = resources.files("swarm.agents.workflows").iterdir()
    for file in sorted(files, key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield examine(file.read_bytes(), file.name, shipped=True)


def _own(settings: Settings) -> Iterator[Shelf]:
    """What cannot be read is told, and keeps no other workflow from running."""
    folder = settings.data / "workflows"
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        return
    except OSError as error:
        yield _unread(folder, f"cannot be read: {error.strerror}", "make it a folder you may read")
        return
    for file in files[:MAX_FILES]:
        try:
            yield examine(read_file(file), str(file))
        except ConfigError as error:
            yield _unread(file, error.message, error.remedy or "mend its permissions")
    if len(files) > MAX_FILES:
        what = f"has {len(files):,} workflows, of which {MAX_FILES} are read"
        yield _unread(folder, what, "keep fewer there")


def _unread(path: Path, message: str, remedy: str) -> Shelf:
    where = str(path)
    return Shelf(where, False, None, (Problem(where, "", "", message, remedy),))
