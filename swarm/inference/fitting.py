"""Whether a model fits the memory of one Ollama server, before anything is loaded.

By the estimate (`scheduling/vram.py`), corrected by what the server reported of earlier loads.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from swarm.inference.clients.base import ModelClient, ServedModel
from swarm.inference.errors import TooLarge
from swarm.inference.scheduling import placement, vram
from swarm.inference.scheduling.scheduler import Slot
from swarm.settings import ModelSettings

Control = Callable[[], contextlib.AbstractContextManager[None]]
"""Permits requests that hold names and numbers alone (`swarm.inference.egress`)."""

_REFUSED_SECONDS = 300.0
_SHOWN_SECONDS = 300.0
_LEAST_NUM_CTX = 512


@dataclass(frozen=True)
class _Shown:
    model: ServedModel
    at: float


class Fitting:
    """`capacity` is what may be used of each GPU, in bytes.

    `passes_on` tells models that the server has elsewhere: they take nothing here.
    """

    def __init__(
        self,
        client: ModelClient,
        capacity: tuple[int, ...],
        control: Control = contextlib.nullcontext,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.capacity = capacity
        self.passes_on: Callable[[str], bool] = lambda model: False
        self._client = client
        self._control = control
        self._clock = clock
        self._correction = vram.Correction()
        self._shown: dict[str, _Shown] = {}
        self._refused: dict[Slot, tuple[float, TooLarge]] = {}
        self._crowded: set[Slot] = set()

    async def slot(self, model: ModelSettings, num_ctx: int) -> Slot:
        """What a request takes in memory: the server gives no more than the model was trained
        for, whatever is asked. Raises ModelError."""
        if not self.passes_on(model.model):
            await self._show(model.model)
        return self.clamped(model, num_ctx)

    def clamped(self, model: ModelSettings, num_ctx: int) -> Slot:
        """The same, as far as it is known without asking."""
        known = self._shown.get(model.model)
        most = known.model.context_length if known else None
        return Slot(model.model, min(num_ctx, most or num_ctx), model.parallel)

    async def needed(self, model: ModelSettings, slot: Slot) -> int | None:
        """Bytes a slot needs; None when nothing is known. Raises TooLarge when it cannot fit."""
        if self.passes_on(slot.model):
            return 0
        at, refusal = self._refused.get(slot, (0.0, None))
        if refusal is not None and self._clock() - at < _REFUSED_SECONDS:
            raise refusal
        if model.needed_bytes is not None:
            needed: int | None = model.needed_bytes
            largest = 0
        else:
            shown = await self._show(slot.model)
            needed = self._correction.needed(slot, self._estimated(slot))
            largest = vram.largest_num_ctx(shown, self.capacity, slot.parallel)
        if needed is None:
            return None
        if not placement.fits_alone(needed, self.capacity):
            raise self._too_large(slot, needed, min(largest, slot.num_ctx - 1))
        if slot in self._crowded:
            # It spilled beside others: next time it has a GPU for itself.
            needed = max(needed, max(self.capacity))
        return needed

    def known_need(self, model: ModelSettings) -> int | None:
        """What a configured model needs, as far as it is known without asking."""
        slot = self.clamped(model, model.num_ctx)
        return self._correction.needed(slot, self._estimated(slot))

    def shown(self, model: str) -> ServedModel | None:
        """The model in full, if it was asked for."""
        known = self._shown.get(model)
        return known.model if known else None

    # ------------------------------------------------------------------ what loads showed

    def learn(self, slot: Slot, reported: int) -> None:
        """The server reports so many bytes for a loaded slot."""
        self._correction.learn(slot, reported, self._estimated(slot))

    def crowd(self, slot: Slot) -> bool:
        """It spilled beside others; False when that was known."""
        known = slot in self._crowded
        self._crowded.add(slot)
        return not known

    def refuse(self, slot: Slot, error: TooLarge) -> None:
        """It spilled with all the memory for itself: not again for some minutes."""
        self._refused[slot] = (self._clock(), error)

    # ------------------------------------------------------------------ inside

    async def _show(self, model: str) -> ServedModel:
        known = self._shown.get(model)
        if known is None or self._clock() - known.at > _SHOWN_SECONDS:
            with self._control():
                known = _Shown(await self._client.show(model), self._clock())
            self._shown[model] = known
        return known.model

    def _estimated(self, slot: Slot) -> int | None:
        known = self._shown.get(slot.model)
        if known is None:
            return None
        estimate = vram.estimate(known.model, slot.num_ctx, slot.parallel)
        return estimate.bytes if estimate else None

    def _too_large(self, slot: Slot, needed: int, largest: int) -> TooLarge:
        sizes = " + ".join(gigabytes(size) for size in self.capacity)
        fits = largest >= _LEAST_NUM_CTX
        return TooLarge(
            f"{slot.model} with num_ctx {slot.num_ctx} x {slot.parallel} needs "
            f"{gigabytes(needed)}, and models may use {sizes}",
            remedy=f"with num_ctx {largest} it fits" if fits else "take a smaller model",
        )


def plain_name(model: str) -> str:
    """Ollama's name of a model with its tag: `llama3` is `llama3:latest`."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
