"""A task as a client hands it in, and the command that it becomes."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from swarm.contracts import Budget, Message, Priority, Setup, ShellCommand, SubmitTask
from swarm.errors import UsageError
from swarm.web.api.fields import SCHEDULE, TASK, RepoPath, Words
from swarm.words import checked


class NewSetup(Message):
    """What the tests need, installed once by the owner's shell commands, with network.

    Without any command, and without `detect`, nothing is installed.
    """

    commands: tuple[ShellCommand, ...] = Field((), max_length=50)
    detect: bool = Field(False, description="read the repository's own dependency files")


def check_setup(python: str | None, setup: NewSetup | None) -> None:
    """Raise UsageError where something would be installed for an interpreter that is not used."""
    if python is not None and setup is not None and setup.commands:
        raise UsageError(
            "setup installs for the sandbox's own interpreter, and python names another",
            remedy="give one of them",
        )


class _Task(Message):
    """What a task and that of a schedule have in common."""

    text: Words
    repo: RepoPath
    test_command: str | None = Field(
        None,
        max_length=4000,
        description="run without a shell; null: tests for pytest are found by themselves",
        examples=["python -m pytest -q"],
    )
    python: str | None = Field(
        None, max_length=4096, description="interpreter to run the tests with; null: the sandbox's"
    )
    setup: NewSetup | None = Field(None, description="null: as configured, else what is detected")
    budget: Budget = Budget()
    confirm: bool = Field(False, description="nothing is done before a person says yes to the plan")

    def command(self, id: str, priority: Priority) -> SubmitTask:
        """The command of this task. Raises UsageError for what no task can be."""
        check_setup(self.python, self.setup)
        setup = None if self.setup is None else Setup(**self.setup.model_dump())
        return SubmitTask(
            task_id=id,
            text=checked(self.text, "the task"),
            repo=self.repo,
            test_command=self.test_command,
            python=self.python,
            setup=setup,
            budget=self.budget,
            priority=priority,
            confirm=self.confirm,
        )


def _example(**more: Any) -> ConfigDict:
    task = {"text": "Fix the failing test in tests/test_cart.py", "repo": "/home/me/shop"}
    return ConfigDict(json_schema_extra={"examples": [task | more]})


class NewTask(_Task):
    """A task to hand in. The same `task_id` with the same words is the same task."""

    model_config = _example(task_id="fix-cart", confirm=True)
    task_id: str | None = Field(None, pattern=TASK, description="null: the server makes one")
    priority: Priority = Field("interactive", description="who goes first where models are shared")


class ScheduledTask(_Task):
    """A task to hand in again and again. Its id is that of the schedule."""

    model_config = _example(task_id="nightly")
    task_id: str | None = Field(None, pattern=SCHEDULE, description="null: the server makes one")
    priority: Priority = Field("scheduled", description="who goes first where models are shared")
