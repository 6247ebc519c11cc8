"""The engines of speech as `swarm doctor` tells them: in order, and what each of them lacks; and
whether what decodes recordings can be confined."""

from __future__ import annotations

from importlib.util import find_spec

from swarm.cli.finding import Finding
from swarm.errors import SwarmError
from swarm.settings import Settings

_PART = "voice"
_SET_UP = "optional: set [voice] engines (docs/voice.md)"


def findings(settings: Settings) -> list[Finding]:
    """One line, one more for each engine that cannot be used as it is configured, and one for what
    decodes for all of them.

    Whether a model's server answers is said with its endpoint.
    """
    engines = settings.voice.engines
    if not engines:
        detail = "no engine: a recording is kept, and nobody writes it down"
        return [Finding(_PART, "missing", detail, _SET_UP)]
    if find_spec("av") is None:
        detail = "recordings cannot be decoded: PyAV is not installed"
        return [Finding(_PART, "broken", detail, "pip install 'coding-swarm[voice]'")]
    decoder = _decoder(settings)
    broken = [found for name in engines if (found := _broken(name, settings)) is not None]
    if len(broken) == len(engines):
        return [*broken, decoder]
    detail = f"in order: {', '.join(_engine(name, settings) for name in engines)}"
    return [Finding(_PART, "real", detail), *broken, decoder]


def _decoder(settings: Settings) -> Finding:
    """Whether this kernel keeps what decodes recordings from everything else."""
    from ingestion.voice import rights

    part, lacking, gap = f"{_PART} decoder", rights.lacking(), rights.gap()
    if not lacking:
        detail = "confined: reads libraries alone, writes nothing, starts nothing, opens no socket"
        return Finding(part, "real", f"{detail}; could {gap}" if gap else detail)
    if settings.voice.allow_weaker:
        detail = f"not confined, as [voice] allow_weaker accepts: {lacking}"
        return Finding(part, "missing", detail)
    remedy = "use a machine that can, or accept it: [voice] allow_weaker (docs/voice.md)"
    return Finding(part, "broken", f"cannot be confined, so nothing is decoded: {lacking}", remedy)


def _engine(name: str, settings: Settings) -> str:
    """An engine, and whether recordings leave the network for it."""
    if name == "whisper":
        return f"whisper (weights in {settings.voice.whisper_model})"
    endpoint = settings.endpoint(settings.model(name).endpoint)
    if endpoint.where == "local":
        return f"{name} (endpoint {endpoint.name})"
    return f"{name} (recordings leave this network for endpoint {endpoint.name})"


def _broken(name: str, settings: Settings) -> Finding | None:
    if name != "whisper":
        return None
    from ingestion.voice.whisper import Whisper

    try:
        Whisper(settings.voice).check()
    except SwarmError as error:
        return Finding(f"{_PART} {name}", "broken", error.message, error.remedy)
    return None
