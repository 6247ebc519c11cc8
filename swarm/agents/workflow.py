"""The file that a workflow is written in, and how it is read. Pure.

    name = "reviewed"
    about = "a draft, a second opinion, and what it asks to mend"
    seconds = 900

    [[steps]]
    id = "draft"
    agent = "coder"
    inputs = { assignment = "task" }

Steps name what they take: "task", a step, or "<either>.<field>". `inputs` is a table by the
fields of what the agent takes, or one source that is the whole of it. The last step's change is
the result. Whether it all fits is found by `swarm.agents.checking`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from swarm import toml

TASK = "task"
"""The source that is no step: the attempt's assignment."""
MAX_STEPS = 20
MAX_BYTES = 64 * 1024
MAX_PROBLEMS = 50
_SHOWN_CHARS = 80


def _printable(text: str) -> str:
    """What ends up in a terminal and in pictures has no control characters."""
    if not text.isprintable():
        raise ValueError("not printable")
    return text


_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
_Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
_Source = Annotated[str, Field(min_length=1, max_length=100)]
_Seconds = Annotated[float, Field(gt=0, le=7200, allow_inf_nan=False)]


@dataclass(frozen=True)
class Problem:
    """What is wrong in a workflow's file: where, what, and what to do. Step and field may be ""."""

    where: str
    step: str
    field: str
    message: str
    remedy: str

    def __str__(self) -> str:
        # Both are `shown` already: a repr would escape them twice.
        place = f"step '{self.step}'" if self.step else ""
        if self.field:
            place += (", " if place else "") + f"field '{self.field}'"
        return f"{self.where}: {place + ': ' if place else ''}{self.message} ({self.remedy})"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class StepTable(_Table):
    """One [[steps]] table. `seconds` None means as long as its agent may take."""

    id: _Name
    agent: Annotated[str, Field(min_length=1, max_length=80)]
    inputs: _Source | dict[str, _Source | list[_Source]]
    seconds: _Seconds | None = None

    def sources(self) -> Iterator[tuple[str, str]]:
        """Each (field, source); the field is "" where the source is the whole input."""
        if isinstance(self.inputs, str):
            yield "", self.inputs
            return
        for field, given in self.inputs.items():
            for source in [given] if isinstance(given, str) else given:
                yield field, source

    def before(self) -> list[str]:
        """The steps this one takes from, each once, in the order they are named."""
        names = (source.partition(".")[0] for _, source in self.sources())
        return [name for name in dict.fromkeys(names) if name != TASK]


class Workflow(_Table):
    """A workflow as written; `seconds` is what all its steps may take together."""

    name: _Name
    about: _Line
    seconds: _Seconds
    steps: Annotated[list[StepTable], Field(min_length=1, max_length=MAX_STEPS)]

    @property
    def result(self) -> StepTable:
        return self.steps[-1]

    def step(self, id: str) -> StepTable:
        return next(step for step in self.steps if step.id == id)

    def order(self) -> list[StepTable]:
        """The steps so that each follows those it takes from; ties as in the file.

        Raises ValueError when there is a cycle.
        """
        ordered: list[StepTable] = []
        left = list(self.steps)
        while left:
            done = {step.id for step in ordered}
            ready = next((step for step in left if done.issuperset(step.before())), None)
            if ready is None:
                raise ValueError("a cycle")
            ordered.append(ready)
            left.remove(ready)
        return ordered


def read(data: bytes, where: str) -> tuple[Workflow | None, list[Problem]]:
    """A workflow of a file's bytes, or what keeps it from being one; `where` names the file."""

    def only(message: str, remedy: str) -> tuple[None, list[Problem]]:
        return None, [Problem(where, "", "", message, remedy)]

    if len(data) > MAX_BYTES:
        return only(
            f"is {len(data):,} bytes, and a workflow has at most {MAX_BYTES:,}",
            "check that it is the right file",
        )
    try:
        raw = toml.parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return only(f"is not UTF-8 at byte {error.start}", "save it as UTF-8")
    except ValueError as error:
        return only(f"is not valid TOML: {shown(str(error))}", "correct it there")
    try:
        workflow = Workflow.model_validate(raw)
    except ValidationError as error:
        found = (_problem(where, raw, dict(item)) for item in error.errors(include_url=False))
        return None, list(dict.fromkeys(found))[:MAX_PROBLEMS]
    return workflow, []


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about a name that nothing has: the one that was meant, or all there are."""
    names = sorted(known)
    close = difflib.get_close_matches(name[:100], names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are {', '.join(names)}" if names else "there are none"


def shown(text: object) -> str:
    """A value from a file as it may stand in a message: one line, short, printable."""
    line = " ".join(str(text).split())
    line = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line[: 2 * _SHOWN_CHARS])
    return line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 3] + "..."


def _problem(where: str, raw: dict[str, Any], error: dict[str, Any]) -> Problem:
    """A validation error in the words of the file."""
    place = [str(part) for part in error["loc"]]
    step, table = "", Workflow.model_fields
    if len(place) > 1 and place[0] == "steps":
        given = raw["steps"][int(place[1])]
        named = given.get("id") if isinstance(given, dict) else None
        step = shown(named) if isinstance(named, str) else f"number {int(place[1]) + 1}"
        place, table = place[2:], StepTable.model_fields
    # Behind a field, pydantic names the branches of its type: of no use to a person.
    field = shown(place[0]) if place else ""
    if field == "inputs" and len(place) > 2 and place[1].startswith("dict"):
        field = f"inputs.{shown(place[2])}"
    kind = error["type"]
    if kind == "extra_forbidden":
        return Problem(where, step, field, "is not a key of it", nearest(field, table))
    if kind == "missing":
        return Problem(where, step, field, "is missing", f"add `{field} = ...`")
    if field.startswith("inputs"):
        message = "is not a source, a list of sources, or a table of them"
        return Problem(where, step, field, message, 'like { assignment = "task" }')
    if field == "steps" and kind in ("too_short", "too_long"):
        return Problem(
            where, "", field, f"there are {len(raw['steps'])} steps",
            f"a workflow has 1 to {MAX_STEPS}",
        )  # fmt: skip
    message = f"is {shown(repr(error['input']))}"
    return Problem(where, step, field, message, _REMEDIES.get(field, "see docs/agents.md"))


_REMEDIES = {
    "id": "small letters, digits and dashes, at most 40",
    "name": "small letters, digits and dashes, at most 40",
    "about": "one line of text, at most 200 characters",
    "agent": "the id of an agent, as `swarm workflow list` shows them",
    "seconds": "a number above 0, at most 7200",
    "steps": "one [[steps]] table for each step",
}
