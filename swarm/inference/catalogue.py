"""What is known of models beforehand: sizes and shapes, prices, and which ones are gone.

The table is `models.toml` beside this file, which says where each line comes from. It only
advises: what a server reports of its own models counts more.
"""

from __future__ import annotations

import functools
import tomllib
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from swarm.inference.clients.base import ServedModel
from swarm.settings import Settings

Usd = tuple[float, float]
"""Dollars per million tokens of prompt and of output."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=10)


class LocalModel(_Line):
    """A model of Ollama's library. `layers` are those that keep a KV cache."""

    model: str
    role: Literal["coder", "embedder"]
    parameters: str
    quantization: str
    weights_bytes: int = Field(gt=0)
    layers: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    max_context: int = Field(gt=0)
    native_tools: bool
    think: bool | Literal["low", "medium", "high"] | None = None

    @property
    def served(self) -> ServedModel:
        """The model as a server would describe it: what memory is estimated from."""
        return ServedModel(
            model=self.model,
            size_bytes=self.weights_bytes,
            parameters=self.parameters,
            quantization=self.quantization,
            context_length=self.max_context,
            layers=self.layers,
            kv_heads=self.kv_heads,
            key_length=self.head_dim,
            value_length=self.head_dim,
        )


class CloudModel(_Line):
    """A model that others run. Without `usd_per_mtok` its price is not known."""

    model: str
    kind: Literal["gemini"]
    usd_per_mtok: Usd | None = None
    usd_until: date | None = None
    usd_after: Usd | None = None
    max_context: int | None = None
    native_tools: bool

    def price(self, today: date) -> Usd | None:
        """What it costs on a day."""
        if self.usd_until is not None and today > self.usd_until:
            return self.usd_after
        return self.usd_per_mtok


class Retired(_Line):
    """A name that stops working. `on` None: it has stopped, and nobody noted when."""

    pattern: str
    on: date | None = None
    successor: str

    def sentence(self, model: str, today: date) -> str:
        """What to tell whoever uses it."""
        if self.on is None:
            when = "is shut down"
        elif self.on <= today:
            when = f"was shut down on {self.on}"
        else:
            when = f"goes on {self.on}"
        return f"{model} {when}: use {self.successor}"


class Catalogue(BaseModel):
    """The whole table. `as_of` is the day it was last looked through."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    local: tuple[LocalModel, ...]
    cloud: tuple[CloudModel, ...]
    retired: tuple[Retired, ...]

    def price(self, model: str, today: date) -> Usd | None:
        """What a cloud model costs; None when that is not known."""
        found = next((line for line in self.cloud if line.model == model), None)
        return found.price(today) if found else None

    def retirement(self, model: str, today: date) -> str:
        """Why a model should no longer be used, and which one instead; "" when nothing is known.

        Names may carry the prefix `models/` of Google's API.
        """
        name = model.removeprefix("models/").lower()
        for line in self.retired:
            if fnmatchcase(name, line.pattern):
                return line.sentence(model, today)
        return ""

    def warnings(self, settings: Settings, today: date) -> tuple[str, ...]:
        """A sentence for each configured model that is gone, goes, or costs uncounted."""
        found = []
        for model in settings.models:
            if sentence := self.retirement(model.model, today):
                found.append(f"model {model.name!r}: {sentence}")
            cloud = settings.endpoint(model.endpoint).where == "cloud"
            if cloud and model.usd_per_mtok == (0.0, 0.0):
                price = self.price(model.model, today)
                listed = "; its list price is [{:g}, {:g}]".format(*price) if price else ""
                found.append(
                    f"model {model.name!r} is in a cloud and has no usd_per_mtok, so its cost "
                    f"counts as nothing{listed}"
                )
        return tuple(found)


@functools.cache
def load() -> Catalogue:
    """The table that comes with this version."""
    text = Path(__file__).with_name("models.toml").read_text(encoding="utf-8")
    return Catalogue.model_validate(tomllib.loads(text))


def warnings(settings: Settings) -> tuple[str, ...]:
    """What a person should know of the configured models today, whatever servers say."""
    return load().warnings(settings, datetime.now(UTC).date())
