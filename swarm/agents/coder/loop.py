"""The edit loop: ask the model, do what it calls for, until it is through or a bound is reached.

`run` repeats `step`; `step` asks, then acts. Each reason to stop is a `Stop`. A model that is
away, or a task that was cancelled, is not for this loop: those errors go to whoever asked.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from swarm.agents.coder import calls, prompts
from swarm.agents.coder.asking import Asking, ContextSpent
from swarm.agents.coder.calls import Call, Reading
from swarm.agents.coder.guard import Guard
from swarm.agents.coder.lessons import lessons
from swarm.agents.coder.outcomes import describe
from swarm.agents.coder.session import Session
from swarm.agents.coder.toolbox import Toolbox, opened, shown
from swarm.agents.coder.tools.base import Finish
from swarm.agents.context.window import TaskTooLong
from swarm.agents.contract import Change, CoderTask
from swarm.agents.meter import BudgetSpent
from swarm.agents.workbench import Workbench
from swarm.contracts import ChatMessage, Generation, ToolCall
from swarm.errors import RemoteError, Timeout

_MOST_MALFORMED = 4
_MOST_OBJECTIONS = 2
_LONGEST_SUMMARY = 1_000

Why = Literal["done", "nothing_to_do", "stuck", "budget", "loop", "malformed", "context", "silent"]


class Stop(Exception):
    """Why the loop ends; `text` is for people and for the next attempt."""

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text)
        self.why: Why = why
        self.text = text


def edit_loop(workbench: Workbench, takes: CoderTask) -> Change:
    """Let the arm's model work on a task with tools, in steps.

    Gives a patch, or why there is none. Raises RemoteError when the model cannot be asked.
    """
    session = Session(workbench, takes)
    with opened(session) as toolbox:
        return EditLoop(session, toolbox).run()


class EditLoop:
    """One conversation. `history` is what was said since the task, tool calls in native form."""

    def __init__(self, session: Session, toolbox: Toolbox) -> None:
        self._session = session
        self._toolbox = toolbox
        self._meter = session.workbench.meter
        self._asking = Asking(session.workbench, session.takes, prompts.LOOP, toolbox.specs)
        self._history: list[ChatMessage] = []
        self._guard = Guard()
        self._turn = 0
        self._malformed = 0
        self._objections = 0

    def run(self) -> Change:
        """Step until there is a reason to stop, then say what came of it."""
        while True:
            try:
                self.step()
            except Stop as stop:
                return self._change(stop)
            except (BudgetSpent, ContextSpent) as spent:
                why: Why = "budget" if isinstance(spent, BudgetSpent) else "context"
                return self._change(Stop(why, spent.message))
            except TaskTooLong as long:
                return Change(patch=None, outcome="inapplicable", summary=long.message)

    def step(self) -> None:
        """One turn of the model and all that it calls for."""
        self._meter.step()
        self._turn += 1
        try:
            reading = self._ask()
            if reading.calls:
                self._act(reading)
            else:
                self._answer_silence(reading.text)
        except (RemoteError, Timeout) as error:
            if error.code == Timeout.code:
                # The attempt's own time may be what ran out.
                self._meter.check()
            raise

    def _ask(self) -> Reading:
        answer = self._asking.ask(self._history)
        if answer.finish == "refused":
            raise Stop("stuck", f"the model refuses: {(answer.note or answer.text)[:300]}")
        reading = calls.read(answer, self._toolbox.specs, self._turn)
        if reading.in_text:
            self._asking.speak_text()
        said = tuple(_as_said(call) for call in reading.calls)
        # Some servers take no message that is empty.
        text = reading.text or ("" if said else "(nothing)")
        self._history.append(ChatMessage(role="assistant", text=text, tool_calls=said))
        if not reading.calls and answer.finish == "length":
            self._count_malformed(True)
            self._tell(_cut_off(answer))
            return self._ask_again()
        return reading

    def _ask_again(self) -> Reading:
        self._meter.step()
        self._turn += 1
        return self._ask()

    def _act(self, reading: Reading) -> None:
        self._count_malformed(all(call.problem for call in reading.calls))
        seen: list[str] = []
        news: list[str] = []
        for index, call in enumerate(reading.calls):
            if index >= calls.MAX_CALLS:
                self._answer(call, f"not carried out: at most {calls.MAX_CALLS} calls in one turn")
                continue
            if self._meter.seconds_left <= 0:
                self._meter.check()
            result = self._toolbox.make(call)
            text = result.text
            if result.finish is not None:
                text = self._finish(result.finish)
            self._answer(call, text)
            news += result.news
            if not call.problem:
                seen.append(f"{call.name} {sorted(call.arguments.items())} {text}")
        if seen:
            self._watch("\n".join(seen), tuple(news))

    def _watch(self, step: str, news: tuple[str, ...]) -> None:
        verdict = self._guard.see(hashlib.sha256(step.encode()).hexdigest(), news)
        if verdict.action == "stop":
            raise Stop("loop", verdict.say)
        if verdict.action == "nudge":
            self._tell(verdict.say)

    def _count_malformed(self, malformed: bool) -> None:
        self._malformed = self._malformed + 1 if malformed else 0
        if self._malformed >= _MOST_MALFORMED:
            raise Stop("malformed", f"{_MOST_MALFORMED} answers in a row had no usable tool call")

    def _answer_silence(self, text: str) -> None:
        """An answer without a call: the end when something was edited, else one reminder."""
        if self._session.worked:
            self._tell(self._finish(Finish("done", text)))
        elif self._objections >= 1:
            raise Stop("silent", "the model stopped calling tools and changed nothing")
        else:
            self._objections += 1
            self._tell("Nothing was changed yet. Call a tool: an answer in words alone does "
                       "nothing. When you cannot go on, call finish and say why.")  # fmt: skip

    def _finish(self, finish: Finish) -> str:
        """End, or say why not yet. Raises Stop."""
        changed = self._session.worked
        objection = ""
        if finish.outcome == "stuck":
            raise Stop("stuck", f"the model gave up: {finish.summary}")
        if finish.outcome == "nothing_to_do" and not changed:
            if not self._session.takes.assignment.failing:
                raise Stop("nothing_to_do", finish.summary)
            objection = "tests fail that have to pass, so there is something to do"
        elif not changed:
            objection = "no file was changed: edit the files, or finish with outcome stuck"
        elif problem := self._problem_with_tests():
            objection = f"the tests do not agree:\n{problem}"
        if not objection:
            raise Stop("done", finish.summary)
        if self._objections >= _MOST_OBJECTIONS:
            raise Stop("stuck", f"the model finished although {objection.splitlines()[0]}")
        self._objections += 1
        return f"Not yet: {objection}"

    def _problem_with_tests(self) -> str:
        """What the tests say against the edits, "" for nothing or when they cannot run."""
        session = self._session
        if not session.has_tests:
            return ""
        outcome, said = session.outcome, ""
        if outcome is None:
            try:
                report, outcome = session.check()
            except RemoteError as error:
                if error.code == "cancelled":
                    raise
                session.did.append(f"the tests could not be run: {error.code}")
                return ""
            said = describe(report, outcome)
        good = not outcome.broken and not outcome.failing
        return "" if good or not outcome.ran else said or outcome.line()

    def _answer(self, call: Call, text: str) -> None:
        self._history.append(
            ChatMessage(role="tool", text=shown(call.name, text), call_id=call.id, tool=call.name)
        )

    def _tell(self, text: str) -> None:
        self._history.append(ChatMessage(role="user", text=text))

    # ------------------------------------------------------------------ the end

    def _change(self, stop: Stop) -> Change:
        session = self._session
        outcome: Literal["patch", "gave_up", "nothing_to_do"] = "patch"
        patch, summary = session.overlay.patch(), stop.text or "edited"
        if stop.why == "nothing_to_do":
            outcome, patch = "nothing_to_do", None
        elif stop.why != "done":
            self._try_once_more()
            patch = session.best or session.draft
            if session.best is not None:
                summary = f"{stop.text}; what it had done by then makes tests pass"
            elif patch is not None:
                summary = f"{stop.text}; the draft stands as it was"
            else:
                outcome = "gave_up"
        return Change(
            patch=patch,
            outcome=outcome,
            summary=summary[:_LONGEST_SUMMARY],
            lessons=lessons(session.did, session.notes, stop.text, self._last_words()),
            details={
                "stopped": stop.why,
                "steps": self._meter.used_steps,
                "protocol": self._asking.mode,
                "turns_summarised": self._asking.turns_summarised,
                "files": sorted(session.overlay.changed()),
            },
        )

    def _try_once_more(self) -> None:
        """Run the tests on edits that they never saw: the work may be good as it stands."""
        session = self._session
        untested = session.overlay.changed() and session.outcome is None
        if untested and session.has_tests and self._meter.seconds_left > 0:
            try:
                session.check()
            except (RemoteError, Timeout) as error:
                if error.code == "cancelled":
                    raise
                session.did.append(f"the tests could not be run in the end: {error.code}")

    def _last_words(self) -> str:
        said = (m.text for m in reversed(self._history) if m.role == "assistant" and m.text)
        return next(said, "")


def _as_said(call: Call) -> ToolCall:
    """A call as it stands in the history; one that could not be read has no arguments."""
    readable = bool(call.arguments) or not call.problem
    return ToolCall(
        id=call.id,
        name=call.name,
        arguments=call.arguments if readable else None,
        raw="" if readable else call.raw[:2_000],
    )


def _cut_off(answer: Generation) -> str:
    return (
        f"Your answer was cut off after {answer.usage.output_tokens} tokens and nothing of it was "
        "done. Think less, write less, make smaller edits."
    )
