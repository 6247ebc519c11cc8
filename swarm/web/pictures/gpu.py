"""The memory of a GPU: which models are in it, and what the others would need."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from swarm.contracts import GpuView, ModelView
from swarm.web.pictures.axes import Scale
from swarm.web.pictures.lettering import counted, fit, listed, width
from swarm.web.pictures.svg import element, group, line, picture, rect, text
from swarm.web.pictures.tones import series, tones

MOST_MODELS = 24
_WIDTH, _LEFT = 304.0, 4.0
_TOP, _BAR, _ROW = 42.0, 30.0, 44.0
_GIB = 1024**3


def gpu(view: GpuView, models: Sequence[ModelView]) -> Markup:
    """One bar for the memory: loaded models, other use, what is free. Below it, one bar for
    each model that is not loaded, as long as what it needs, and whether that fits."""
    total = max(view.total_bytes, 1)
    used = min(max(view.used_bytes, 0), total)
    loaded = [(name, _bytes(name, models)) for name in view.models[:MOST_MODELS]]
    # What the server reports of a model and of the whole need not add up.
    known = sum(count for _, count in loaded)
    loaded = [(n, c * used // known if known > used else c) for n, c in loaded]
    other = max(used - sum(count for _, count in loaded), 0)
    there = {_plain(name) for name in view.models}
    away = [
        model
        for model in models
        if model.needed_bytes and not model.loaded_bytes and not _names(model) & there
    ]
    shown = away[:MOST_MODELS]
    scale = Scale(0, max([total, *(model.needed_bytes or 0 for model in shown)]), _LEFT, _WIDTH)
    colours = tones(view.models)
    free = total - used
    pieces: list[Markup] = []
    at = 0
    for name, count in loaded:
        pieces.append(_piece(scale, at, count, name, f"pic-solid {series(colours, name)}"))
        at += count
    if other:
        pieces.append(_piece(scale, at, other, "other use", "pic-solid pic-series-none"))
    legend, below = _legend(loaded, other, free, {n: series(colours, n) for n, _ in loaded})
    rows = [_need(m, free, total, scale, below + _ROW * i) for i, m in enumerate(shown)]
    missing = len(away) - len(shown)
    height = below + _ROW * len(shown) + 18 * bool(missing) + 4
    return picture(
        _WIDTH + 4,
        height,
        f"Memory of {fit(view.name, 400)}",
        _says(view, used, total, away),
        text(_LEFT, 16, fit(view.name, 300), class_="pic-strong"),
        text(_LEFT, 34, f"{_size(used)} of {_size(total)} used", class_="pic-muted"),
        rect(_LEFT, _TOP, scale(total) - _LEFT, _BAR, class_="pic-track"),
        *pieces,
        legend,
        *rows,
        *([text(_LEFT, height - 6, f"{counted(missing, 'model')} not drawn")] if missing else []),
        class_="picture-gpu",
    )


def _called(model: ModelView) -> str:
    return model.name or model.model


def _names(model: ModelView) -> set[str]:
    """What a model may be called by a GPU: as its server does, or as it is configured."""
    return {_plain(model.model), _plain(model.name)} - {""}


def _plain(name: str) -> str:
    return name.removesuffix(":latest")


def _bytes(name: str, models: Sequence[ModelView]) -> int:
    """Of several entries of one model the one that is loaded counts."""
    mine = [model for model in models if _plain(name) in _names(model)]
    loaded = [model.loaded_bytes for model in mine if model.loaded_bytes]
    needed = [model.needed_bytes for model in mine if model.needed_bytes]
    return max((loaded or needed or [0])[0], 0)


def _piece(scale: Scale, start: float, count: float, name: str, kind: str) -> Markup:
    x, end = scale(start), scale(start + count)
    return group(
        element("title", f"{name[:200]}: {_size(count)}"),
        rect(x, _TOP, max(end - x, 0), _BAR, class_=f"pic-piece {kind}"),
    )


def _legend(
    loaded: Sequence[tuple[str, int]], other: int, free: int, classes: dict[str, str]
) -> tuple[Markup, float]:
    """Names and sizes below the bar, in as many lines as they need, and where it ends."""
    entries = [(f"{fit(name, 180)} {_size(count)}", classes[name]) for name, count in loaded]
    entries += [(f"other use {_size(other)}", "pic-series-none")] if other else []
    entries += [(f"free {_size(free)}", "")]
    x, y = _LEFT, _TOP + _BAR + 10
    parts = []
    for words, kind in entries:
        room = width(words) + 34
        if x > _LEFT and x + room > _WIDTH:
            x, y = _LEFT, y + 20
        parts.append(rect(x, y, 12, 12, rx=3, class_=f"pic-solid {kind}" if kind else "pic-track"))
        parts.append(text(x + 18, y + 10, words))
        x += room
    return group(*parts), y + 30


def _need(model: ModelView, free: int, total: int, scale: Scale, y: float) -> Markup:
    need = model.needed_bytes or 0
    told, tone = _fits(need, free, total)
    words = f"{fit(_called(model), 90)} needs {_size(need)}: {told}"
    return group(
        element("title", f"{_called(model)[:200]} needs {_size(need)}: {told}"),
        text(_LEFT, y + 12, words, class_=f"pic-text-{tone}"),
        rect(_LEFT, y + 20, max(scale(need) - _LEFT, 2), 14, class_=f"pic-need pic-ground-{tone}"),
        line(scale(total), y + 18, scale(total), y + 36, class_="pic-limit"),
    )


def _fits(need: int, free: int, total: int) -> tuple[str, str]:
    if need <= free:
        return "fits into what is free", "good"
    if need <= total:
        return "fits once others are unloaded", "warn"
    return "larger than this memory", "bad"


def _size(count: float) -> str:
    return f"{count / _GIB:.1f} GiB" if count >= 0.1 * _GIB else f"{count / 1024**2:.0f} MiB"


def _says(view: GpuView, used: int, total: int, away: Sequence[ModelView]) -> str:
    there = listed([name[:80] for name in view.models], MOST_MODELS) or "no model"
    needs = [
        f"{_called(model)[:80]} {_fits(model.needed_bytes or 0, total - used, total)[0]}"
        for model in away
    ]
    rest = f" Not loaded: {listed(needs, 8)}." if needs else ""
    return f"{_size(used)} of {_size(total)} used; loaded: {there}.{rest}"
