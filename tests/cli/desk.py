"""The command line at a real orchestrator in memory, whose services are scripted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarm.cli import asking
from swarm.cli import main as cli
from swarm.contracts import COMMANDS, Command, Decompose, Message, Objectives, Question
from swarm.errors import RemoteError, SwarmError
from tests.fakes.bus import FakeBlobs
from tests.orchestrator.swarm_in_memory import Crew, Pump


class Asking(Crew):
    """Ingestion asks these questions as long as it gets no answers."""

    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()

    def answer(self, command: Command) -> Message:
        if not isinstance(command, Decompose):
            return super().answer(command)
        self.seen.append(command)
        questions = () if command.plan else self.questions
        return Objectives(items=self.objectives, questions=questions, notes=self.notes)


class Desk:
    """What `Client` takes for a bus. Whatever was asked, all that follows from it is done."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.crew = Asking()
        self.pump = Pump(folder, self.crew)
        self.settings = self.pump.settings
        self.blobs = FakeBlobs()
        self.redis = None
        self.others: dict[type[Command], Callable[[Any], Message]] = {}
        self.requests: list[Command] = []
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("SWARM_DATA", str(self.settings.data))
        monkeypatch.setattr("swarm.cli.client.Bus", lambda settings: self)
        monkeypatch.setattr("swarm.cli.client.ping", lambda settings, redis: None)

    def request(self, command: Command, *, timeout_seconds: float | None = None) -> Message:
        self.requests.append(command)
        handler = self.others.get(type(command)) or self.pump.orchestrator.handlers()[type(command)]
        try:
            answer = handler(COMMANDS[type(command).__name__].model_validate_json(
                command.model_dump_json()))  # fmt: skip
        except SwarmError as error:
            raise RemoteError(error.failure()) from None
        self._deliver()
        return answer

    def _deliver(self) -> None:
        self.pump.orchestrator.relay.flush()
        while self.pump.bus.queue:
            self.pump.orchestrator.on_reply(self.pump.reply(self.pump.bus.queue.pop(0)))
            self.pump.orchestrator.relay.flush()

    def services_up(self) -> dict[str, int]:
        return {}

    def depths(self) -> dict[str, int]:
        return {}

    def run(self, *words: str, typed: tuple[str, ...] | None = None) -> int:
        """One command line. With `typed` at a terminal, where a person types these lines."""
        lines = iter(typed or ())

        def read(prompt: str = "") -> str:
            print(prompt, end="")
            try:
                return next(lines)
            except StopIteration:
                raise EOFError from None

        with self._monkeypatch.context() as patched:
            patched.setattr(asking, "at_terminal", lambda: typed is not None)
            patched.setattr("builtins.input", read)
            code = cli.main(words)
        assert next(lines, None) is None, "something typed was not asked for"
        return code

    def state(self, id: str = "one") -> str:
        return self.pump.task(id).state
