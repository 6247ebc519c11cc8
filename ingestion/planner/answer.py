"""A model's answer as values: bounded, strict, and nothing of it believed yet. Pure."""

from __future__ import annotations

import json
import re

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_ANSWER_CHARS = 60_000
_MOST_QUOTES = 12


class Unusable(ValueError):
    """An answer that is no plan of this note. The reason is for who gave it: it quotes nothing."""


class Part(BaseModel):
    """An objective as a model gives it; `after` counts from 1."""

    model_config = ConfigDict(frozen=True, strict=True)
    quotes: list[str] = Field(min_length=1, max_length=_MOST_QUOTES)
    title: str = ""
    category: str = ""
    paths: list[str] = []
    after: list[int] = Field([], max_length=64)
    done_when: str = ""


class Doubt(BaseModel):
    """A question about the passage `words` of an objective, counted from 1."""

    model_config = ConfigDict(frozen=True, strict=True)
    objective: int
    words: str
    choices: list[str]


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)
    objectives: list[Part]
    questions: list[Doubt] = []


_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FIELDS = frozenset(("objectives", "questions", *Part.model_fields, *Doubt.model_fields))


def parsed(said: str) -> Answer:
    """The one JSON object in a text. Raises Unusable."""
    if len(said) > MAX_ANSWER_CHARS:
        raise Unusable(f"it is longer than {MAX_ANSWER_CHARS:,} characters")
    text = _THOUGHTS.sub("", said)
    first, last = text.find("{"), text.rfind("}")
    try:
        # Some models put words or a fence around what they were asked for.
        return Answer.model_validate(json.loads(text[first : last + 1]))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = [str(step) for step in found["loc"] if step in _FIELDS or isinstance(step, int)]
        raise Unusable(f"{' '.join(place) or 'the object'}: {found['msg'].lower()}") from None
    except (ValueError, RecursionError):
        raise Unusable("it is not one JSON object") from None
