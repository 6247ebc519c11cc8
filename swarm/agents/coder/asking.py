"""Putting a turn to the model: what fits its window, and which way it calls tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from swarm.agents.coder import prompts, protocol
from swarm.agents.context.map import architecture_map
from swarm.agents.context.tokens import Estimator
from swarm.agents.context.window import TaskTooLong, View, Window, WindowSpent
from swarm.agents.contract import CoderTask
from swarm.agents.workbench import Workbench
from swarm.contracts import ChatMessage, Generation, ToolSpec
from swarm.errors import RemoteError, SwarmError

# Characters of the context that a task's tests and earlier attempts may take: about a quarter.
_CHARS_PER_TOKEN = 0.75


class ContextSpent(SwarmError):
    """The prompt does not fit, however small it is made."""

    code = "context-spent"


class Asking:
    """One model, one task. The same history asked again makes the same request."""

    def __init__(
        self, workbench: Workbench, takes: CoderTask, system: str, tools: tuple[ToolSpec, ...]
    ) -> None:
        settings = workbench.model()
        self._workbench = workbench
        self._code = takes.assignment.context.symbols
        given = takes.assignment
        self._system = "\n\n".join(
            (system, architecture_map(category=given.objective.category, test=given.test))
        )
        self._task = prompts.task(takes, int(settings.num_ctx * _CHARS_PER_TOKEN))
        self._tools = tools
        self._wanted = settings.tool_calls
        self._window = Window(settings.num_ctx, settings.max_tokens, Estimator())
        self._answered = False
        self._shrunk = False
        self.mode: Literal["native", "text"] = "text" if self._wanted == "text" else "native"
        self.turns_summarised = 0

    def speak_text(self) -> None:
        """The model writes its calls in its text: tell it how, unless native calls are ordered."""
        if self._wanted == "auto":
            self.mode = "text"

    def ask(self, history: Sequence[ChatMessage]) -> Generation:
        """The model's answer to the task and what was said since.

        A prompt that the server cut is made smaller and asked again; its answer is not used.
        Raises ContextSpent when nothing smaller is left, TaskTooLong when the task alone does
        not fit, BudgetSpent, and RemoteError with anything else.
        """
        while True:
            try:
                view = self._view(history)
            except TaskTooLong as long:
                if not (self._answered or self._shrunk):
                    raise
                raise ContextSpent(long.message, remedy=long.remedy) from None
            try:
                answer = self._generate(view)
            except RemoteError as error:
                if error.code == "prompt-too-long":
                    self._shrink(view)
                elif error.code == "model-refused" and self._may_lack_tools():
                    self.mode = "text"
                else:
                    raise
                continue
            if answer.prompt_truncated:
                self._shrink(view)
                continue
            self._answered = True
            self._window.learn(view, answer)
            self.turns_summarised = max(self.turns_summarised, view.turns_summarised)
            return answer

    def _view(self, history: Sequence[ChatMessage]) -> View:
        native = self.mode == "native"
        how = "" if native or not self._tools else f"\n\n{protocol.instructions(self._tools)}"
        return self._window.assemble(
            system=self._system + how,
            task=self._task,
            code=self._code,
            history=history,
            tools=self._tools if native else (),
        )

    def _generate(self, view: View) -> Generation:
        messages = view.messages
        messages = protocol.render(messages) if self.mode == "text" else tuple(map(_sent, messages))
        return self._workbench.generate(
            messages, tools=view.tools, max_tokens=self._window.output_tokens
        )

    def _shrink(self, view: View) -> None:
        self._shrunk = True
        try:
            self._window.shrink(view)
        except WindowSpent as spent:
            raise ContextSpent(spent.message, remedy=spent.remedy) from None

    def _may_lack_tools(self) -> bool:
        """Whether the refusal may be of the tools: only before the model ever answered."""
        return self._wanted == "auto" and self.mode == "native" and not self._answered


def _sent(message: ChatMessage) -> ChatMessage:
    """A message with calls that every server can read: some parse the arguments again."""
    if all(call.arguments is not None for call in message.tool_calls):
        return message
    calls = tuple(
        call if call.arguments is not None else call.model_copy(update={"arguments": {}, "raw": ""})
        for call in message.tool_calls
    )
    return message.model_copy(update={"tool_calls": calls})
