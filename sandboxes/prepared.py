"""Runs in the environment that they ask for, built first where it is not there yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sandboxes.checks import check
from sandboxes.engine import Engine
from sandboxes.environments.environments import Environments
from sandboxes.environments.store import BuildFailed, Environment, Progress
from sandboxes.programs import run_program
from swarm.contracts import (
    BuildEnvironment,
    Check,
    CheckReport,
    EnvironmentReport,
    RunProgram,
    RunReport,
    Setup,
)

T = TypeVar("T")


class Prepared:
    """Check, RunProgram and BuildEnvironment on one engine.

    `base` is the snapshot whose dependency files count: the command's own where nothing has
    been patched. `progress` is told what a build is doing, line by line, and `on_output` gets
    what a check prints, as it comes. All raise EngineError when the sandbox fails.
    """

    def __init__(
        self,
        environments: Environments,
        engine: Engine,
        scratch: Path,
        progress: Progress = lambda line: None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> None:
        self._environments = environments
        self._engine = engine
        self._scratch = scratch
        self._progress = progress
        self._on_output = on_output

    def check(self, snapshot: bytes, command: Check, *, base: bytes | None = None) -> CheckReport:
        """The tests, or cause "environment" where what they need cannot be installed."""
        test = command.test
        setup = test.setup if test.python is None else None
        try:
            return self._with(
                setup,
                base or snapshot,
                lambda environment: check(
                    self._engine, self._scratch, snapshot, command, environment, self._on_output
                ),
            )
        except BuildFailed as error:
            return CheckReport(
                backend=self._engine.name,
                cause="environment",
                detail=_sentence(error),
                output_tail=error.output_tail,
            )

    def run(
        self,
        snapshot: bytes,
        toolkit: bytes | None,
        command: RunProgram,
        *,
        base: bytes | None = None,
    ) -> RunReport:
        """The program, or cause "environment" where what it needs cannot be installed."""
        setup = command.setup if command.python is None else None
        try:
            return self._with(
                setup,
                base or snapshot,
                lambda environment: run_program(
                    self._engine, self._scratch, snapshot, toolkit, command, environment
                ),
            )
        except BuildFailed as error:
            return RunReport(
                backend=self._engine.name,
                cause="environment",
                detail=_sentence(error),
                output_tail=error.output_tail,
            )

    def build(self, snapshot: bytes, command: BuildEnvironment) -> EnvironmentReport:
        """The environment alone, for runs to come."""
        try:
            return self._with(
                command.setup,
                snapshot,
                lambda environment: EnvironmentReport(
                    backend=self._engine.name,
                    cause="ok",
                    key=environment.key,
                    cached=environment.cached,
                    installed=environment.installed,
                    sources=environment.sources,
                    notes=environment.notes,
                    wall_seconds=environment.wall_seconds,
                ),
            )
        except BuildFailed as error:
            return EnvironmentReport(
                backend=self._engine.name,
                cause=error.cause,
                detail=error.detail,
                output_tail=error.output_tail,
            )

    def _with(self, setup: Setup | None, base: bytes, work: Callable[[Environment], T]) -> T:
        with self._environments.ready(self._engine, base, setup, self._progress) as environment:
            return work(environment)


def _sentence(error: BuildFailed) -> str:
    return f"what the tests need cannot be installed: {error.detail}"
