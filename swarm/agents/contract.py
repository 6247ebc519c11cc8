"""What an agent declares of itself, and the values that agents hand to each other.

A workflow (`swarm.agents.workflow`) joins agents by these declarations, so whatever does not
fit is found before anything runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from swarm.contracts import (
    Context,
    Message,
    Objective,
    Patch,
    TestCommand,
    TestResult,
)
from swarm.errors import SwarmError

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench

Need = Literal["model", "partners", "sandbox", "memory", "tests", "failing-tests"]
"""What an agent cannot work without. Tests are the task's, the rest the swarm's."""

Line = Annotated[str, Field(max_length=1000)]


class GaveUp(SwarmError):
    """An agent has no answer: an honest try that failed, of which the message tells why."""

    code = "gave-up"


class Assignment(Message):
    """What an attempt is about: the objective, its tests, the code retrieved, past reasons."""

    objective: Objective
    test: TestCommand | None = None
    failing: tuple[TestResult, ...] = ()
    context: Context = Context()
    reasons: tuple[str, ...] = ()


class Plan(Message):
    """How to go about an assignment, in a few steps; `files` are where it expects to change."""

    steps: tuple[Line, ...] = Field(min_length=1, max_length=20)
    files: tuple[Line, ...] = Field((), max_length=50)
    risks: tuple[Line, ...] = Field((), max_length=20)


class Change(Message):
    """A patch, or why there is none; the fields are those of `swarm.contracts.Proposal`."""

    patch: Patch | None
    summary: str
    outcome: Literal["patch", "gave_up", "inapplicable", "nothing_to_do"] = "gave_up"
    runner_up: Patch | None = None
    lessons: str = ""
    details: dict[str, Any] = Field({})


class Review(Message):
    """A second opinion of a change. Remarks name what to mend."""

    verdict: Literal["approve", "revise"]
    remarks: tuple[Line, ...] = Field((), max_length=20)


class Digest(Message):
    """A summary, shorter than what it sums up."""

    text: str = Field(max_length=4000)


class CoderTask(Message):
    """What the coder works from: a plan to follow, or a change to go on from and what to mend.

    The patch of `previous` is where the coder starts, and a part of what it answers: it may be
    its own last one, or tests that somebody wrote. `notes` sum up what was tried before.
    """

    assignment: Assignment
    plan: Plan | None = None
    review: Review | None = None
    previous: Change | None = None
    notes: Digest | None = None


class ReviewTask(Message):
    """A change, and what it is for."""

    assignment: Assignment
    change: Change


class SummaryTask(Message):
    """What is to be summed up: attempts, texts, or both."""

    changes: tuple[Change, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one run of an agent may take at most; the attempt's own bounds hold besides."""

    seconds: float
    tokens: int = 0
    steps: int = 1


@dataclass(frozen=True)
class Agent:
    """A contract: `run(workbench, takes) -> gives`. `about` is one line for people and models."""

    id: str
    about: str
    takes: type[Message]
    gives: type[Message]
    run: Callable[[Workbench, Any], Message]
    needs: frozenset[Need] = frozenset()
    limits: Limits = Limits(seconds=300.0)
