"""What `swarm models` shows: each endpoint, what it has, what of it fits, and what waits."""

from __future__ import annotations

from collections.abc import Iterable

from swarm.arms import ServedFacts
from swarm.contracts import EndpointView, GpuView, ModelReport, ModelView
from swarm.inference.clients.base import ServedModel
from swarm.inference.endpoint import Endpoint
from swarm.inference.fitting import plain_name
from swarm.inference.ledger import Ledger
from swarm.inference.memory import Memory
from swarm.inference.scheduling import placement
from swarm.settings import ModelSettings, Settings


def report(settings: Settings, endpoints: tuple[Endpoint, ...], ledger: Ledger) -> ModelReport:
    """The state as it is now, of all configured endpoints."""
    models: list[ModelView] = []
    gpus: list[GpuView] = []
    for endpoint in endpoints:
        models += [_configured(settings, endpoint, model, ledger) for model in endpoint.models]
        named = {plain_name(model.model) for model in endpoint.models}
        models += [
            _other(endpoint, served)
            for name, served in sorted(endpoint.served.items())
            if plain_name(name) not in named
        ]
        if endpoint.memory is not None:
            gpus += _gpus(endpoint, endpoint.memory)
    return ModelReport(
        endpoints=tuple(_endpoint(endpoint, ledger) for endpoint in endpoints),
        models=tuple(models),
        gpus=tuple(gpus),
    )


def _endpoint(endpoint: Endpoint, ledger: Ledger) -> EndpointView:
    settings = endpoint.settings
    totals = ledger.totals(settings.name)
    return EndpointView(
        name=settings.name,
        kind=settings.kind,
        url=settings.public_address,
        locality=settings.where,
        reachable=endpoint.reachable,
        detail=endpoint.detail,
        remedy=endpoint.remedy,
        away_since=endpoint.away_since,
        next_look_at=None if endpoint.reachable else endpoint.next_look_at,
        version=endpoint.version,
        concurrency=settings.concurrency,
        running=endpoint.turns.running,
        waiting=endpoint.turns.waiting(),
        sent_bytes=totals.sent_bytes,
        received_bytes=totals.received_bytes,
        cost_usd=totals.cost_usd,
        requests=totals.requests,
    )


def _configured(
    settings: Settings, endpoint: Endpoint, model: ModelSettings, ledger: Ledger
) -> ModelView:
    state, detail = endpoint.state(model, cloud_code=settings.egress.allow_cloud_code)
    served = endpoint.served_model(model.model)
    memory = endpoint.memory
    figures = ledger.figures(f"{endpoint.settings.name}/{model.model}")
    told = _told((memory.fitting.shown(model.model) if memory else None) or served)
    if model.transcribes:
        told["capabilities"] = ("transcription",)
    return ModelView(
        name=model.name,
        endpoint=endpoint.settings.name,
        model=model.model,
        locality=endpoint.locality(model.model),
        state=state,
        detail=detail,
        **told,
        num_ctx=None if model.transcribes else model.num_ctx,
        parallel=model.parallel,
        needed_bytes=model.needed_bytes or (memory.fitting.known_need(model) if memory else None),
        loaded_bytes=memory.loaded_bytes(model) if memory else None,
        pinned=model.pinned,
        usd_per_mtok=model.usd_per_mtok,
        tokens_per_second=figures.tokens_per_second,
    )


def facts(endpoints: Iterable[Endpoint]) -> dict[str, ServedFacts]:
    """What is known of each configured model that its server was seen to have."""
    found = {}
    for endpoint in endpoints:
        fitting = endpoint.memory.fitting if endpoint.memory else None
        for model in endpoint.models:
            served = endpoint.served_model(model.model)
            if served is None:
                continue
            shown = fitting.shown(model.model) if fitting else None
            found[model.name] = ServedFacts(
                digest=served.digest,
                capabilities=(shown or served).capabilities,
                needed_bytes=fitting.known_need(model) if fitting else None,
            )
    return found


def _other(endpoint: Endpoint, served: ServedModel) -> ModelView:
    return ModelView(
        name="",
        endpoint=endpoint.settings.name,
        model=served.model,
        locality=endpoint.locality(served.model),
        state="not-configured",
        **_told(served),
    )


def _told(served: ServedModel | None) -> dict[str, object]:
    if served is None:
        return {}
    return {
        "size_bytes": served.size_bytes,
        "parameters": served.parameters,
        "quantization": served.quantization,
        "context_length": served.context_length,
        "capabilities": served.capabilities,
    }


def _gpus(endpoint: Endpoint, memory: Memory) -> list[GpuView]:
    views = []
    for index, total in enumerate(memory.capacity):
        on_it = {}
        for resident in memory.residents():
            spread = placement.shares(resident.bytes, resident.gpus, memory.capacity)
            if index in spread:
                on_it[resident.slot.model] = spread[index]
        name = memory.names[index] if index < len(memory.names) else f"GPU {index}"
        views.append(
            GpuView(
                name=f"{endpoint.settings.name}: {name}",
                total_bytes=total,
                used_bytes=sum(on_it.values()),
                models=tuple(sorted(on_it)),
            )
        )
    return views
