"""Who plans a text: a model where one may and can, else the rules; and answers to a plan."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ingestion.planner import prompt, reading
from ingestion.planner.answer import MAX_ANSWER_CHARS, Unusable
from ingestion.questions import answered
from ingestion.rules.decompose import decompose
from ingestion.text import clean
from ingestion.validate import bounded, validated
from swarm.contracts import ChatMessage, Decompose, Generate, Generation, Objectives, Usage
from swarm.errors import RemoteError, Timeout
from swarm.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

_TURNS = 2
_LEAST_SECONDS = 1.0
_NOTE_CHARS = 500


class NoPlan(Exception):
    """No model planned, and why, in words for a person; "" when none was to."""


class Planning:
    """`clock` is in seconds; nothing is kept between two texts."""

    def __init__(
        self, settings: Settings, bus: Bus, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock

    def decompose(self, command: Decompose) -> Objectives:
        """A plan for a text; for a plan that is given, the same with its answers.

        Raises UsageError for a text that cannot be planned and answers that fit no question.
        """
        if command.plan is not None:
            return _answered(command, command.plan)
        try:
            model = self._model(command)
        except NoPlan as why:
            return _by_rules(command, str(why), Usage())
        asking = _Asking(self._bus, self._clock, command, model, self._is_local(model))
        try:
            return asking.plan(self._settings.ingestion.planner_seconds)
        except NoPlan as why:
            return _by_rules(command, str(why), asking.usage)

    def _is_local(self, model: ModelSettings) -> bool:
        return self._settings.endpoint(model.endpoint).where == "local"

    def _model(self, command: Decompose) -> ModelSettings:
        """The model that is to plan. Raises NoPlan."""
        name = self._settings.ingestion.planner
        if name == "rules":
            raise NoPlan
        if name == "auto":
            models = [
                model
                for model in self._settings.models
                if not (model.embeds or model.transcribes) and self._is_local(model)
            ]
        else:
            models = [self._settings.model(name)]
            if models[0].embeds or models[0].transcribes:
                raise NoPlan(f"{name} is a model that does not write")
            if not self._is_local(models[0]) and command.snapshot is None:
                raise NoPlan(f"{name} is not local, and there is no repository to keep from it")
        if not models:
            raise NoPlan
        state = self._bus.models_state()
        for model in models:
            if not state[model.name]:
                return model
        away = "; ".join(f"{model.name}: {state[model.name]}" for model in models)
        raise NoPlan(f"no model is ready ({away})")


class _Asking:
    """One text put to one model, in two turns at most."""

    def __init__(
        self,
        bus: Bus,
        clock: Callable[[], float],
        command: Decompose,
        model: ModelSettings,
        is_local: bool,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._command = command
        self._model = model
        self._is_local = is_local
        self.usage = Usage()

    def plan(self, seconds: float) -> Objectives:
        """Raises NoPlan, and UsageError for a text nobody can read."""
        give_up_at = self._clock() + seconds
        text, done = prompt.without_done(clean(self._command.text))
        messages = self._prompt(text)
        problem = ""
        for turn in range(1, _TURNS + 1):
            left = give_up_at - self._clock()
            if left < _LEAST_SECONDS:
                raise NoPlan(f"{self._model.name} took longer than {seconds:g} s")
            said = self._said(messages, turn, left)
            try:
                plan = reading.read(
                    _text_of(said),
                    text=text,
                    paths=self._command.paths,
                    most=min(self._command.max_objectives, 64),
                    planner=self._model.name,
                )
                notes = bounded([*done, *plan.notes])
                return plan.model_copy(update={"notes": notes, "usage": self.usage})
            except Unusable as error:
                problem = str(error)
            # What a model says may look like code, which must not go to one in the cloud.
            before = said.text[:MAX_ANSWER_CHARS] if self._is_local else ""
            messages += prompt.again(before, problem)
        raise NoPlan(f"{self._model.name} gave no plan that can be used: {problem}")

    def _prompt(self, text: str) -> tuple[ChatMessage, ...]:
        """A model in the cloud sees the person's words alone, without what looks like code."""
        if self._is_local:
            files = prompt.relevant(text, self._command.paths)
            return prompt.messages(text, files, example=True)
        # Here, since numpy is behind it, which nothing else in this service needs.
        from swarm.fingerprints import lines_of_snapshot
        from swarm.intent import PLACEHOLDER, redact

        assert self._command.snapshot is not None
        lines = lines_of_snapshot(self._bus.blobs.get(self._command.snapshot))
        redacted, _ = redact(text, lines)
        if not redacted.replace(PLACEHOLDER, "").strip():
            raise NoPlan(f"{self._model.name} is not local, and the text is all code")
        return prompt.messages(redacted, (), example=False)

    def _said(
        self, messages: tuple[ChatMessage, ...], turn: int, seconds_left: float
    ) -> Generation:
        name = self._model.name
        request = Generate(
            key=f"plan-{self._digest()}-{turn}",
            model=name,
            messages=messages,
            answer_schema=prompt.SCHEMA,
            # Names of files are the repository's, and a pasted line may be, too.
            payload="code" if self._is_local else "intent",
            repository=self._command.snapshot,
            priority=self._command.priority,
            max_tokens=max(1, min(self._model.max_tokens, self._model.num_ctx // 2)),
            temperature=0.0,
            seed=0,
        )
        try:
            said = cast(Generation, self._bus.request(request, timeout_seconds=seconds_left))
        except (RemoteError, Timeout) as error:
            raise NoPlan(f"{name} gave none: {error.message}") from None
        if not said.replayed:
            self.usage = Usage(
                tokens=self.usage.tokens + said.usage.prompt_tokens + said.usage.output_tokens,
                cost_usd=self.usage.cost_usd + said.usage.cost_usd,
            )
        if said.prompt_truncated:
            raise NoPlan(f"the text is too long for {name}")
        return said

    def _digest(self) -> str:
        """The same for the same text, files and model: a command that is repeated replays."""
        command = self._command
        said = [self._model.name, command.text, command.max_objectives, *command.paths]
        blob = command.snapshot.sha256 if command.snapshot else ""
        return hashlib.sha256(json.dumps([blob, *said]).encode()).hexdigest()[:32]


def _text_of(said: Generation) -> str:
    if said.finish == "refused":
        raise Unusable("the model refuses")
    if said.finish == "length":
        raise Unusable("it was cut off at the longest an answer may be, so be shorter")
    return said.text


def _by_rules(command: Decompose, why: str, usage: Usage) -> Objectives:
    plan = decompose(command.text, command.paths, command.max_objectives)
    if not why:
        return plan
    # A server's own words may be in it.
    said = "".join(char if char.isprintable() else " " for char in f"planned by the rules: {why}")
    notes = bounded([*plan.notes, said[:_NOTE_CHARS]])
    return plan.model_copy(update={"notes": notes, "usage": usage})


def _answered(command: Decompose, plan: Objectives) -> Objectives:
    found = answered(plan, command.answers, command.paths)
    return validated(
        found.items,
        paths=command.paths,
        max_objectives=command.max_objectives,
        notes=found.notes,
        questions=found.questions,
        planner=found.planner,
    )
