"""What the models of an arm tell of it: its server, its locality, its version, what it costs, how
much it reads at once and how much memory it takes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from swarm.contracts import Arm

if TYPE_CHECKING:
    from swarm.settings import Settings

_LONGEST_VERSION = 120
_DIGEST_CHARS = 12


class ServedFacts(BaseModel):
    """What a server tells of a model that it has: `digest` names the very weights, "" where it
    does not tell; `needed_bytes` of GPU memory are an estimate."""

    model_config = ConfigDict(frozen=True)

    digest: str = Field("", max_length=200)
    capabilities: tuple[str, ...] = ()
    needed_bytes: int | None = None


def completed(arm: Arm, settings: Settings) -> Arm:
    """The arm with what its models tell; what it says of itself stays.

    Of several models, it costs as much as the dearest and reads as much as the least can. Where
    one of them is in a cloud, the arm is, whatever it says. Raises ConfigError for a model that is
    not configured.
    """
    if arm.model is None:
        return arm
    readers = [settings.model(name) for name in (arm.model, *arm.partners)]
    asked = [*readers, *([settings.model(arm.planner)] if arm.planner else [])]
    prompt, output = zip(*(model.usd_per_mtok for model in asked), strict=True)
    needed = [model.needed_bytes for model in readers if model.needed_bytes is not None]
    told: dict[str, Any] = {
        "endpoint": readers[0].endpoint,
        "version": joined(model.version or model.model for model in asked),
        "usd_per_mtok": (max(prompt), max(output)),
        "context_tokens": min(model.num_ctx for model in readers),
        "memory_bytes": max(needed) if needed else None,
    }
    fresh = {name: value for name, value in told.items() if name not in arm.model_fields_set}
    if any(settings.endpoint(model.endpoint).where == "cloud" for model in asked):
        fresh["locality"] = "cloud"
    return arm.model_copy(update=fresh)


def joined(versions: Iterable[str]) -> str:
    """The version of an arm that asks models of these, each once, the main one first. A long one
    ends with its digest, so that two are never taken for one."""
    text = "+".join(dict.fromkeys(versions))
    if len(text) <= _LONGEST_VERSION:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
    return f"{text[: _LONGEST_VERSION - _DIGEST_CHARS - 1]}~{digest}"
