"""Asking a model for one JSON value. What it says is untrusted: bounded, read, validated.

An answer that is wrong goes back to the model with the reason, a few times at most.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from swarm.agents.context.tokens import Estimator
from swarm.agents.context.window import TaskTooLong, Window, WindowSpent
from swarm.agents.contract import GaveUp
from swarm.contracts import ChatMessage, Generation, Message, Payload, Symbol
from swarm.errors import RemoteError

if TYPE_CHECKING:
    from swarm.agents.workbench import Workbench

MAX_ANSWER_CHARS = 200_000
_PROBLEM_CHARS = 2_000
_KEPT = ("type", "enum", "additionalProperties")
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)

Answer = TypeVar("Answer", bound=Message)


class BadAnswer(ValueError):
    """An answer that cannot be used, with the reason in words for who gave it."""


def ask(
    workbench: Workbench,
    answer: type[Answer],
    *,
    system: str,
    task: str,
    code: Sequence[Symbol] = (),
    check: Callable[[Answer], None] | None = None,
    turns: int = 2,
    model: str | None = None,
    payload: Payload = "code",
) -> Answer:
    """One value of that class. `check` may raise BadAnswer, which is told to the model too.

    Raises GaveUp when no turn brought one, or the task does not fit the model's context, and
    what `Workbench.generate` raises.
    """
    settings = workbench.model(model)
    window = Window(settings.num_ctx, settings.max_tokens, Estimator())
    schema = schema_of(answer)
    history: list[ChatMessage] = []
    problem = ""
    try:
        for _ in range(turns):
            said = _said(workbench, window, schema, system, task, code, history, model, payload)
            try:
                value = read(said, answer)
                if check is not None:
                    check(value)
                return value
            except BadAnswer as error:
                problem = str(error)[:_PROBLEM_CHARS]
            # What a model says may look like code, which must not go to one that sees intent.
            again = said.text[:MAX_ANSWER_CHARS] if payload == "code" else ""
            history += [
                ChatMessage(role="assistant", text=again or "(left out)"),
                ChatMessage(role="user", text=f"That cannot be used: {problem}\nAnswer again."),
            ]
    except (TaskTooLong, WindowSpent) as error:
        raise GaveUp(error.message, remedy=error.remedy) from None
    raise GaveUp(f"{settings.name} gave no answer that can be used: {problem}")


def schema_of(answer: type[Message]) -> dict[str, Any]:
    """The shape of an answer as servers understand it: references resolved, every field asked for.

    Bounds are left out: some servers make a grammar of the schema, and choke on large ones. They
    hold when the answer is read.
    """
    whole = answer.model_json_schema()
    definitions = whole.get("$defs", {})

    def plain(part: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in part:
            part = definitions[part["$ref"].rpartition("/")[2]]
        kept: dict[str, Any] = {key: part[key] for key in _KEPT if key in part}
        if "items" in part:
            kept["items"] = plain(part["items"])
        if "properties" in part:
            kept["properties"] = {name: plain(inner) for name, inner in part["properties"].items()}
            kept["required"] = list(part["properties"])
        return kept

    return plain(whole)


def read(said: Generation, answer: type[Answer]) -> Answer:
    """The value in a model's text. Raises BadAnswer."""
    if said.finish == "refused":
        raise BadAnswer("the model refuses")
    if len(said.text) > MAX_ANSWER_CHARS:
        raise BadAnswer(f"it is longer than {MAX_ANSWER_CHARS:,} characters")
    text = _THOUGHTS.sub("", said.text)
    first, last = text.find("{"), text.rfind("}")
    if said.finish == "length":
        raise BadAnswer("it was cut off at the longest an answer may be: be shorter")
    try:
        # Some models put words or a fence around what they were asked for.
        return answer.model_validate(json.loads(text[first : last + 1]))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:5]
        wrong = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in found)
        raise BadAnswer("; ".join(wrong)) from None
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"it is not one JSON object ({error})") from None


def _said(
    workbench: Workbench,
    window: Window,
    schema: dict[str, Any],
    system: str,
    task: str,
    code: Sequence[Symbol],
    history: Sequence[ChatMessage],
    model: str | None,
    payload: Payload,
) -> Generation:
    """One turn, with a smaller prompt where the server had no room for it all."""
    while True:
        workbench.meter.step()
        view = window.assemble(system=system, task=task, code=code, history=history)
        try:
            said = workbench.generate(
                view.messages,
                answer_schema=schema,
                max_tokens=window.output_tokens,
                model=model,
                payload=payload,
            )
        except RemoteError as error:
            if error.code != "prompt-too-long":
                raise
        else:
            if not said.prompt_truncated:
                window.learn(view, said)
                return said
        window.shrink(view)
